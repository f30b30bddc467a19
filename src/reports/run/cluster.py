"""`report --cluster`: whole reports made by the workers of a dask.distributed scheduler, proved there, published here.

A worker is handed the deliveries, the clean tables and the notebook.
"""

import dataclasses
import multiprocessing
import os
import tempfile
from pathlib import Path

from src.codebook import paths, vocabulary
from src.ingest import store
from src.ingest.folders import keep_private
from src.ingest.parallel import Cluster, Files, home, one_at_a_time, own_folder, packed, unpacked
from src.reports.run import engine
from src.reports.run.make import Outcome, make
from src.reports.run.plan import Report


class Makers:
    """The workers of a cluster, who have the deliveries and clean tables."""

    def __init__(self, cluster: Cluster) -> None:
        folders = {"raw": paths.raw(), "processed": paths.processed(), "quarantine": paths.quarantine()}
        self.cluster, self.data = cluster, cluster.give({name: packed(folder) for name, folder in folders.items()})

    def make(self, report: Report, run: Path, engine_name: str) -> Outcome:
        """Have one report made, and put its files below `run`; what goes wrong is in the outcome."""
        notebook = report.notebook.path.read_bytes()
        asked = (self.data, store.build().fingerprint, report, notebook, engine_name)
        try:
            outcome, files = self.cluster.call(_make_there, *asked)
        except Exception as error:  # the last worker died, or none could take it
            return Outcome(report, faults=[vocabulary.both("cluster_failed", cause=f"{type(error).__name__}: {error}")])
        unpacked(files, run)
        for failed in run.rglob("*.ipynb"):
            keep_private(failed)
        return dataclasses.replace(outcome, report=report)


def _make_there(data: dict[str, Files], fingerprint: str, report: Report, notebook: bytes, chosen: str) -> tuple:
    """Make one report on a worker, in the worker's own folder; return its outcome and its files."""
    with one_at_a_time:
        for variable in ("ANALYSIS_RAW", "ANALYSIS_PROCESSED"):
            os.environ.pop(variable, None)
        os.environ["ANALYSIS_DATA"] = str(home(fingerprint[:16], data))
        if (built := store.build().fingerprint) != fingerprint:
            differ = f"its tables are {built[:8]}, not {fingerprint[:8]}"
            raise RuntimeError(f"the worker's code or packages differ ({differ})")
        scratch = Path(tempfile.mkdtemp(dir=own_folder()))
        path = scratch / "notebook" / report.notebook.path.name
        unpacked({path.name: notebook}, path.parent)
        there = dataclasses.replace(report, notebook=dataclasses.replace(report.notebook, path=path))
        # A worker under a nanny may not have children of its own; one started with --no-nanny may.
        if multiprocessing.current_process().daemon or not engine.available():
            chosen = "stock"
        return make(there, scratch / "made", chosen), packed(scratch / "made")
