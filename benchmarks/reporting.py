"""Reports of communities: this project's engine, what people do otherwise, and the floor of drawing the charts."""

import contextlib
import functools
import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat

from benchmarks.measure import ROOT
from src.reports.context.notebooks import notebooks
from src.reports.run.plan import PlannedPage, plan

NOTEBOOK = ROOT / "notebooks" / "03_incident_trends.ipynb"


def communities(folder: Path) -> dict:
    """Trends of every community in Chinese."""
    return _reported(folder, ["03", "--area", "communities", "--lang", "zh"])


def month(folder: Path) -> dict:
    """A full month: participation and trends of every area, all notebooks of the district in two languages."""
    return _reported(folder, ["02", "03", "--area", "all"], ["--area", "district", "--lang", "zh,en"])


def stock(folder: Path, count: Path) -> dict:
    """`papermill`, then `jupyter nbconvert`, for each of the first communities."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, area in enumerate(_communities(int(str(count)))):
        executed = folder / f"{number}.ipynb"
        given = ["-p", "area", area, "-p", "lang", "zh"]
        _call("-m", "papermill", str(NOTEBOOK), str(executed), *given, "-k", "python3")
        _call("-m", "nbconvert", "--to", "html", "--no-input", str(executed))
    return _pages(folder)


def charts(folder: Path, count: Path) -> dict:
    """Only the charts of some communities, scaled up to all."""
    return _drawn([report for report in _planned("03", "communities") if report.given["lang"] == "zh"], count)


def charts_of_month(folder: Path, count: Path) -> dict:
    """Only the charts of a full month: of some communities, scaled up to all."""
    every = [*_planned("02", "all"), *_planned("03", "all"), *_planned("", "district", "zh,en")]
    return _drawn(list({report.page: report for report in every}.values()), count)


def _planned(notebook: str, area: str, langs: str = "") -> list[PlannedPage]:
    found = notebooks((notebook,) if notebook else ())
    return plan(found, area, langs.split(",") if langs else ())


def _drawn(reports: list[PlannedPage], count: Path) -> dict:
    """Return the processor time of the plot functions and of drawing alone, tables loaded, everything warm."""
    from src.reports import show
    from src.reports.run import preload

    assert preload.IMPORTED  # as in the fork server
    inside = [report for report in reports if report.area.level == "community"]
    chosen = inside[:: max(len(inside) // int(str(count)), 1)]  # of every notebook and street
    scale = len(inside) / len(chosen)
    clock = _Clock()
    present = show.present
    show.present = lambda plot, *given, **named: present(clock.timed(plot), *given, **named)
    show.picture = clock.timed(show.picture)
    for report in reports[:1] + chosen[:1]:  # fills the caches
        _run_cells(report)
    used = {}
    for group, scaled in (([r for r in reports if r not in inside], 1), (chosen, scale)):
        clock.used = 0.0
        for report in group:
            _run_cells(report)
        used[len(used)] = clock.used * scaled
    return {"reports": len(reports), "calls": clock.calls, "charts_cpu": sum(used.values())}


class _Clock:
    """Adds up the processor time of some functions."""

    def __init__(self) -> None:
        self.used, self.calls = 0.0, 0

    def timed(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def run(*given: object, **named: object) -> object:
            started = time.process_time()
            try:
                return function(*given, **named)
            finally:
                self.used, self.calls = self.used + time.process_time() - started, self.calls + 1

        return run


def _run_cells(report: PlannedPage) -> None:
    namespace: dict = {}
    cells = [cell.source for cell in nbformat.read(report.notebook.path, 4).cells if cell.cell_type == "code"]
    for number, source in enumerate(cells):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(source, namespace)
        if number == 0:
            namespace |= report.given


def empty(folder: Path, count: Path) -> dict:
    """So many notebooks with one empty cell, one after the other, by the forked engine."""
    from src.ingest.parallel import apart
    from src.reports.run import engine
    from src.reports.run.shell import run_cells

    empty_one = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("None")])
    times = []
    engine.start_server()
    for _ in range(int(str(count)) + 1):
        started = time.perf_counter()
        apart(run_cells, empty_one, heard=id, seconds=60)
        times.append(time.perf_counter() - started)
    return {"reports": int(str(count)), "seconds_each": sum(times[1:]) / len(times[1:])}  # the first starts the server


def _reported(folder: Path, *commands: list[str]) -> dict:
    with _memory() as peak:
        for command in commands:
            _call("-m", "src.reports", "report", *command, "--out", str(folder))
    return _pages(folder) | {"peak_mb": max(peak)}


@contextlib.contextmanager
def _memory() -> Iterator[list[float]]:
    """Note every second what all processes under this one hold, shared pages counted once."""
    import psutil

    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(1):
            held = 0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    held += process.memory_full_info().pss
            peak.append(held / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _pages(folder: Path) -> dict:
    pages = [page for page in folder.rglob("*.html") if page.parent != folder or page.stem.isdigit()]
    pages = [page for page in pages if "runs" not in page.relative_to(folder).parts]
    return {"reports": len(pages), "page_kb": sum(page.stat().st_size for page in pages) / 1024 / len(pages)}


def _call(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-2000:]}")


def _communities(count: int) -> list[str]:
    from src.analysis.areas import areas
    from src.analysis.loading import load_communities

    return [area.address for area in areas(load_communities()) if area.level == "community"][:count]
