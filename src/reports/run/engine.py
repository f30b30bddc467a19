"""Many reports at a time, each in a process of its own or by the workers of a dask.distributed scheduler.

What Jupyter does in a new kernel (1.3 s to start, 1.2 s of imports), a child of the standard library's fork server does
in some 0.04 s: it runs the cells, proves them whole and writes the page. A crash or a time-out becomes an error in the
cell. Linux only; elsewhere a kernel does the work. A worker is handed deliveries, clean tables and notebook.
"""

import contextlib
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

from src.codebook import paths, vocabulary
from src.codebook.periods import now
from src.ingest import parallel
from src.ingest.folders import keep_private
from src.reports.run import plan
from src.reports.run.plan import Outcome, PlannedPage

NAME = "forked"
PRELOADED = "src.reports.run.preload"
Maker = Callable[[PlannedPage, Path], Outcome]


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

    from src.reports.run.cells import takes_part

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
        from src.reports.run import make

        outcome.faults = list(make.faults_of_run(notebook))
        with contextlib.suppress(OSError):  # its folder is gone, or the disk is full
            make.keep(notebook, report, folder)
    return outcome


class Makers:
    """The workers of a cluster, who have the deliveries and clean tables."""

    def __init__(self, cluster: parallel.Cluster) -> None:
        self.cluster = cluster
        folders = (paths.raw, paths.processed, paths.quarantine, paths.released)
        cluster.share(**{folder.__name__: parallel.packed(folder()) for folder in folders})

    def make(self, report: PlannedPage, run: Path, *, docx: bool = False) -> Outcome:
        """Have one report made, and put its files below `run`; what goes wrong is in the outcome."""
        notebook = {report.notebook.path.name: report.notebook.path.read_bytes()}
        try:
            outcome, files = self.cluster.call(_make_there, (report, docx), notebook)
        except Exception as error:  # the last worker died, or none could take it
            return Outcome(report, faults=[vocabulary.both("cluster_failed", cause=f"{type(error).__name__}: {error}")])
        parallel.unpacked(files, run)
        for name in files:
            if name.endswith(".ipynb"):
                keep_private(run / name)
        return replace(outcome, report=report)


def _make_there(task: tuple[PlannedPage, bool], common: Path, own: Path) -> Outcome:
    report, docx = task
    for variable in ("ANALYSIS_RAW", "ANALYSIS_PROCESSED"):
        os.environ.pop(variable, None)
    os.environ["ANALYSIS_DATA"] = str(common)
    there = replace(report, notebook=replace(report.notebook, path=own / report.notebook.path.name))
    # A worker under a nanny may not have children of its own; one started with --no-nanny may.
    chosen = "stock" if multiprocessing.current_process().daemon else None
    return make_one(there, own / "made", chosen, docx=docx)


def make_all(due: Sequence[PlannedPage], run: Path, jobs: int, maker: Maker) -> list[Outcome]:
    """Make reports below a run's folder, some at a time; return their outcomes in the order of the plan.

    An interruption ends their processes, then goes on. A terminal shows how far they are.
    """
    from tqdm import tqdm

    with ThreadPoolExecutor(min(jobs, len(due))) as pool:
        futures = [pool.submit(maker, report, run) for report in due]
        try:
            tqdm.monitor_interval = 0
            for future in tqdm(as_completed(futures), total=len(futures), unit="report", leave=False, disable=None):
                _tell(future.result(), run / "log.txt")
        except KeyboardInterrupt:
            _end(futures)
            raise
    return [future.result() for future in futures]


def _tell(outcome: Outcome, log: Path) -> None:
    report = outcome.report
    message = vocabulary.both("log_failed" if outcome.faults else "log_made", page=report.page, seconds=outcome.seconds)
    lines = [f"{now():%Y-%m-%d %H:%M:%S} {message}"]
    if outcome.faults:
        title, reason = report.notebook.titles[report.lang], outcome.faults[0]
        words = {"title": title, "area": report.area.label_zh, "reason": reason}
        print(vocabulary.sentence("run_failed", "zh", **words), file=sys.stderr)
        lines += [*outcome.faults, outcome.traceback]
    with contextlib.suppress(OSError), log.open("a", encoding="utf-8", errors="replace") as file:  # it stops nothing
        file.writelines(f"{line}\n" for line in lines)


def _end(futures: list[Future]) -> None:
    """End every process that this one started, until no report is under way."""
    import psutil

    for future in futures:
        future.cancel()
    while not all(future.done() for future in futures):
        for process in psutil.Process().children(recursive=True):
            process.kill()
        wait(futures, timeout=0.2)
