"""What `report` can be told; kept apart, so that `--help` loads nothing."""

import os
from collections.abc import Callable

from src.codebook.command_line import ACCEPT
from src.reports.context import COMPARE


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
