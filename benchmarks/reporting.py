"""Reports of communities: this project's engine, and what people do otherwise."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat

from benchmarks.measure import ROOT

NOTEBOOK = ROOT / "notebooks" / "03_incident_trends.ipynb"


def communities(folder: Path) -> dict:
    """Trends of every community in Chinese."""
    return reported(folder, ["03", "--area", "communities", "--lang", "zh"])


def month(folder: Path) -> dict:
    """A full month: participation and trends of every area, all notebooks of the district in two languages."""
    return reported(folder, ["02", "03", "--area", "all"], ["--area", "district", "--lang", "zh,en"])


def stock(folder: Path, count: Path) -> dict:
    """`papermill`, then `jupyter nbconvert`, for each of the first communities."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, area in enumerate(_communities(int(str(count)))):
        executed = folder / f"{number}.ipynb"
        given = ["-p", "area", area, "-p", "lang", "zh"]
        _call("-m", "papermill", str(NOTEBOOK), str(executed), *given, "-k", "python3")
        _call("-m", "nbconvert", "--to", "html", "--no-input", str(executed))
    return _pages(folder)


def empty(folder: Path, count: Path) -> dict:
    """So many notebooks with one empty cell, one after the other, by the forked engine."""
    from src.ingest.parallel import apart
    from src.reports.run import engine
    from src.reports.run.cells import run_cells

    empty_one = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("None")])
    times = []
    engine.start_server()
    for _ in range(int(str(count)) + 1):
        started = time.perf_counter()
        apart(run_cells, empty_one, heard=id, seconds=60)
        times.append(time.perf_counter() - started)
    return {"reports": int(str(count)), "seconds_each": sum(times[1:]) / len(times[1:])}  # the first starts the server


def reported(folder: Path, *commands: list[str]) -> dict:
    """Return which pages runs of `report` leave in a folder, their peak of memory and the CPU time of all processes."""
    with _watched() as (peak, used):
        for command in commands:
            _call("-m", "src.reports", "report", *command, "--out", str(folder))
    return _pages(folder) | {"peak_mb": max(peak), "cpu": sum(used.values())}


@contextlib.contextmanager
def _watched() -> Iterator[tuple[list[float], dict[int, float]]]:
    """Note twice a second what all processes under this one hold, shared pages counted once, and what they have used.

    A run and its fork server say what their ended children used; those that live are left out.
    """
    import psutil

    peak, used, ended = [0.0], {}, threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            held = 0
            for run in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    for process in (run, *run.children()):
                        used[process.pid] = sum(process.cpu_times()[:4])
                    held += sum(process.memory_full_info().pss for process in (run, *run.children(recursive=True)))
            peak.append(held / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak, used
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
