"""Reports made in processes of their own, each forked from one that has everything imported already.

What Jupyter does in a new kernel (1.3 s to start, 1.2 s of imports), a child of the standard library's fork server does
in some 0.04 s: it runs the cells, proves them whole and writes the page. A crash or a time-out becomes an error in the
cell. Linux only; elsewhere a kernel does the work.
"""

import contextlib
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from src.ingest import parallel
from src.reports.run import plan
from src.reports.run.plan import Outcome, PlannedPage

NAME = "forked"
PRELOADED = "src.reports.run.preload"


def available() -> bool:
    """Return whether processes can be forked safely here."""
    return sys.platform == "linux"


def start_server(
    period: str = "", compare: str = "previous_year", audience: str = "internal", levels: Sequence[str] = ()
) -> None:
    """Start the fork server, which imports in the background what notebooks need and works out what they share.

    `levels` are those of whose places many reports are to be made.
    """
    from multiprocessing import forkserver  # where there is one

    multiprocessing.get_context("forkserver").set_forkserver_preload([PRELOADED])
    given = {"period": period, "compare": compare, "audience": audience, "levels": levels}
    os.environ[parallel.IN_COMMON] = json.dumps(given)
    forkserver.ensure_running()


def make_one(report: PlannedPage, folder: Path, engine: str | None = None, *, docx: bool = False) -> Outcome:
    """Make one report below a folder, with `docx` its briefing; what goes wrong is in the outcome, never raised."""
    if (engine or NAME) != NAME or not available():
        return _make(report, folder, docx)
    start_server()
    heard: list[Any] = []
    try:
        return parallel.apart(_make, report, folder, docx, heard=heard.append, seconds=plan.CELL_SECONDS)
    except parallel.Died as died:
        return _outcome_of(died, report, folder, heard)


def _make(report: PlannedPage, folder: Path, docx: bool, heard: Callable[[Any], object] | None = None) -> Outcome:
    from src.reports.run.make import make

    return make(report, folder, docx, heard)


def left_by(died: parallel.Died, heard: list[Any]) -> Any:
    """Return the notebook of a process that died, by what it said (`run_cells`): the error in the cell that ran.

    Nothing where no cell was running.
    """
    from nbformat.v4 import new_output

    from src.reports.run.shell import takes_part

    notebook, *done = heard or [None]
    for number, cell in done:
        notebook.cells[number] = cell
    for cell in notebook.cells if notebook else ():
        if takes_part(cell) and cell.execution_count is None:
            name, message = "DeadKernelError" if died.cause else "CellTimeoutError", str(died)
            cell.outputs = [new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])]
            return notebook
    return None


def _outcome_of(died: parallel.Died, report: PlannedPage, folder: Path, heard: list[Any]) -> Outcome:
    outcome = Outcome(report, faults=[str(died)], traceback=str(died))
    if notebook := left_by(died, heard):
        from src.reports.run import make, proof

        outcome.faults = list(proof.faults_of_run(notebook))
        with contextlib.suppress(OSError):  # its folder is gone, or the disk is full
            make.keep(notebook, report, folder)
    return outcome
