"""The commands of reports: `python -m src.reports report | new | compare | verify | …`; imports stay inside."""

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path

from src.codebook.command_line import Commands, start
from src.reports.run.options import add_arguments


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    commands = Commands("Pages from the notebooks, and what keeps them coming.")
    add_arguments(commands.add("report", _main_of("run"), "run the notebooks and publish their pages"))
    commands.add("new", _main_of("new"), "write a notebook of your own that runs as it stands")("name", metavar="NAME")
    text = "set two kept runs side by side, figure by figure"
    add = commands.add("compare", _main_of("compare"), text)
    add("runs", nargs=2, metavar="RUN", help="such as 12 or 000012-20261130-083000; the index lists them")
    add("--audience", default="internal", help="internal or public")
    add("--out", metavar="DIR", help="where the pages are; by default reports/")
    text = "make a page again from what it says it was made from, and compare"
    commands.add("verify", _main_of("verify"), text)("page", metavar="PAGE")
    add = commands.add("doctor", _main_of("doctor"), "check what a run needs, and say the cure for what is missing")
    add("--pages", action="store_true", help="only say whether the pages are up to date; silent where they are")
    text = "print a systemd service and timer, and a cron line, for this checkout"
    add = commands.add("schedule", _main_of("schedule"), text)
    add("--to", type=Path, metavar="DIR", help="write them into a folder instead")
    return commands.run(arguments)


def _main_of(module: str) -> Callable[[argparse.Namespace], int]:
    """Return what runs a command that has a module of its own in `run/`, imported only then."""
    return lambda options: importlib.import_module(f"src.reports.run.{module}").main(options)


if __name__ == "__main__":
    start(main)
