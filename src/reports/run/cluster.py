"""`report --cluster`: whole reports made by the workers of a dask.distributed scheduler, proved there, published here.

A worker is handed the deliveries, the clean tables and the notebook.
"""

import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

from src.codebook import paths, vocabulary
from src.ingest.folders import keep_private
from src.ingest.parallel import Cluster, packed, unpacked
from src.reports.run import engine
from src.reports.run.plan import Outcome, PlannedPage


class Makers:
    """The workers of a cluster, who have the deliveries and clean tables."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        folders = (paths.raw, paths.processed, paths.quarantine, paths.released)
        cluster.share(**{folder.__name__: packed(folder()) for folder in folders})

    def make(self, report: PlannedPage, run: Path, *, docx: bool = False) -> Outcome:
        """Have one report made, and put its files below `run`; what goes wrong is in the outcome."""
        notebook = {report.notebook.path.name: report.notebook.path.read_bytes()}
        try:
            outcome, files = self.cluster.call(_make_there, (report, docx), notebook)
        except Exception as error:  # the last worker died, or none could take it
            return Outcome(report, faults=[vocabulary.both("cluster_failed", cause=f"{type(error).__name__}: {error}")])
        unpacked(files, run)
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
    return engine.make_one(there, own / "made", chosen, docx=docx)
