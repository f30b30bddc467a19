"""`report --cluster`: whole reports made by the workers of a dask.distributed scheduler, proved there, published here.

A worker needs the same code and packages. It is handed the deliveries, the clean tables and the notebook, and keeps
them in its own folder. A report whose worker dies is made by another one.
"""

import dataclasses
import multiprocessing
import os
import tempfile
from pathlib import Path

from src.analysis import paths, store, vocabulary
from src.analysis.report import engine
from src.analysis.report.make import Outcome, make
from src.analysis.report.parameters import ParameterError
from src.analysis.report.plan import Report

Files = dict[str, bytes]


class Cluster:
    """An existing scheduler, by its address; raises `ParameterError` where it cannot be used."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client

            self.client = Client(address, timeout=10)
        except ImportError:
            raise ParameterError(vocabulary.both("cluster_not_installed")) from None
        except (OSError, ValueError) as error:
            raise ParameterError(vocabulary.both("cluster_unreachable", address=address, cause=error)) from None
        if not self.client.nthreads():
            raise ParameterError(vocabulary.both("cluster_empty", address=address))
        folders = {"raw": paths.raw(), "processed": paths.processed(), "quarantine": paths.quarantine()}
        packed = {name: _packed(folder) for name, folder in folders.items()}
        self.data = self.client.scatter(packed, broadcast=True, hash=False)  # on each, so that one may die

    @property
    def width(self) -> int:
        """Return how many reports can be made at the same time."""
        return sum(self.client.nthreads().values())

    def make(self, report: Report, run: Path, engine_name: str) -> Outcome:
        """Have one report made, and put its files below `run`; what goes wrong is in the outcome."""
        notebook = report.notebook.path.read_bytes()
        asked = (self.data, store.build().fingerprint, report, notebook, engine_name)
        try:
            outcome, files = self.client.submit(_make_there, *asked, pure=False).result()
        except Exception as error:  # the last worker died, or none could take it
            return Outcome(report, faults=[vocabulary.both("cluster_failed", cause=f"{type(error).__name__}: {error}")])
        _unpacked(files, run)
        return dataclasses.replace(outcome, report=report)


def _make_there(data: dict[str, Files], fingerprint: str, report: Report, notebook: bytes, chosen: str) -> tuple:
    """Make one report on a worker, in the worker's own folder; return its outcome and its files."""
    from distributed import get_worker

    own = Path(get_worker().local_directory)
    home = own / fingerprint[:16]
    if not home.is_dir():
        fresh = Path(tempfile.mkdtemp(dir=own))
        for name, files in data.items():
            _unpacked(files, fresh / name)
        try:
            fresh.rename(home)
        except OSError:  # another thread of this worker was first
            assert home.is_dir()
    os.environ["ANALYSIS_DATA"] = str(home)
    if (built := store.build().fingerprint) != fingerprint:
        raise RuntimeError(f"the worker's code or packages differ (its tables are {built[:8]}, not {fingerprint[:8]})")
    scratch = Path(tempfile.mkdtemp(dir=own))
    path = scratch / "notebook" / report.notebook.path.name
    _unpacked({path.name: notebook}, path.parent)
    there = dataclasses.replace(report, notebook=dataclasses.replace(report.notebook, path=path))
    # A worker under a nanny may not have children of its own; one started with --no-nanny may.
    if multiprocessing.current_process().daemon or not engine.available():
        chosen = "stock"
    return make(there, scratch / "made", chosen), _packed(scratch / "made")


def _packed(folder: Path) -> Files:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _unpacked(files: Files, folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
