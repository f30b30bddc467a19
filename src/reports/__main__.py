"""The commands of reports: `python -m src.reports report | new | compare | verify | …`; imports stay inside."""

import argparse
import importlib
import os
from collections.abc import Callable
from pathlib import Path

from src.codebook.command_line import ACCEPT, Commands, start
from src.reports.context import COMPARE


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    commands = Commands("Pages from the notebooks, and what keeps them coming.")
    add_arguments(commands.add("report", _main_of("run.run"), "run the notebooks and publish their pages"))
    text = "write a notebook of your own that runs as it stands"
    commands.add("new", _main_of("context.notebooks"), text)("name", metavar="NAME")
    text = "set two kept runs side by side, figure by figure"
    add = commands.add("compare", _main_of("run.compare"), text)
    add("runs", nargs=2, metavar="RUN", help="such as 12 or 000012-20261130-083000; the index lists them")
    add("--audience", default="internal", help="internal or public")
    add("--out", metavar="DIR", help="where the pages are; by default reports/")
    text = "make a page again from what it says it was made from, and compare"
    commands.add("verify", _main_of("run.compare", "verify"), text)("page", metavar="PAGE")
    add = commands.add("doctor", _main_of("run.doctor"), "check what a run needs, and say the cure for what is missing")
    add("--pages", action="store_true", help="only say whether the pages are up to date; silent where they are")
    text = "print a systemd service and timer, and a cron line, for this checkout"
    add = commands.add("schedule", _main_of("run.schedule"), text)
    add("--to", type=Path, metavar="DIR", help="write them into a folder instead")
    return commands.run(arguments)


def _main_of(module: str, command: str = "main") -> Callable[[argparse.Namespace], int]:
    """Return what runs a command: a function of a module that is imported only then."""
    return lambda options: getattr(importlib.import_module(f"src.reports.{module}"), command)(options)


def add_arguments(add: Callable) -> None:
    """Add the options of `report`, each with `add`."""
    add("notebooks", nargs="*", metavar="NOTEBOOK", help="03, 03_incident_trends or a file; all by default")
    add("--area", help="district, streets, communities, all, or a name such as 布吉街道 or 布吉街道/龙岭社区")
    add("--lang", help="zh, en or zh,en; by default both for the district and zh for the rest")
    periods = "such as 2021-03, 2021Q1 or 2021-01/2021-09; by default January to the last whole month"
    add("--period", default="", help=periods)
    add("--compare", default="previous_year", help=", ".join(COMPARE))
    add("--audience", default="internal", help="internal, or public: small counts below the district are not told")
    cores = os.cpu_count() or 1
    add("-p", dest="own", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
        help="a parameter that a notebook has itself; typed by its default")  # fmt: skip
    add("--jobs", type=int, default=cores, metavar="N", help="reports made at the same time; by default one a core")
    engines = "stock is a Jupyter kernel for each; forked, the default on Linux, gives the same, faster"
    add("--engine", choices=("forked", "stock"), help=engines)
    add("--cluster", metavar="ADDRESS", help="have a dask.distributed scheduler's workers make the reports: tcp://…")
    add("--out", metavar="DIR", help="where the pages go; by default reports/")
    add("--raw", metavar="DIR", help="the folder of the deliveries and their sources.yml; by default data/raw/")
    add("--processed", metavar="DIR", help="where the clean tables go; by default data/processed/")
    add("--accept", action="store_true", help=ACCEPT)
    add("--keep", type=int, default=10, metavar="N", help="how many runs stay, with their pages and logs")
    add("--complete", action="store_true", help="publish only when all who are expected have delivered; else exit 5")
    add("--late", action="store_true", help="with --complete: publish all the same, with a note who is missing")
    add("--notify", metavar="COMMAND", help="a shell command that is given what the run came to, as text on its input")
    waited = "how long to wait for another run; by default not at all"
    add("--wait", type=float, default=0, metavar="MINUTES", help=waited)
    add("--pdf", action="store_true", help="print each page to PDF as well, where Chromium is installed")
    add("--docx", action="store_true", help="write each page as an editable Word briefing beside it as well")
    add("--force", action="store_true", help="make reports anew that have not changed")


if __name__ == "__main__":
    start(main)
