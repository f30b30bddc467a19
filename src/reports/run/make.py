"""One report: its notebook run in the scratch folder, proved whole, and rendered as a page."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import papermill
from nbformat.v4 import new_code_cell
from papermill.exceptions import PapermillExecutionError

from src.ingest.folders import keep_private, replace_file
from src.reports.context.notebooks import read_content
from src.reports.outputs import PICTURES
from src.reports.page.content import content_of
from src.reports.page.page import Page, render_page
from src.reports.page.workbook import workbook_bytes
from src.reports.run import proof
from src.reports.run.plan import PlannedPage

CELL_SECONDS = 900  # a cell that takes longer hangs
LAST_CELL = "from src.reports.report import close_report; close_report()"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}


@dataclass
class Outcome:
    """What became of one report: its page, or the reason in plain words and, for the log, the traceback."""

    report: PlannedPage
    page: Page | None = None
    faults: list[str] = field(default_factory=list)
    traceback: str = ""
    seconds: float = 0.0


def make(report: PlannedPage, scratch: Path, engine: str, *, docx: bool = False) -> Outcome:
    """Make one report below `scratch`, with `docx` its briefing; what goes wrong is in the outcome, never raised."""
    outcome = Outcome(report)
    started = time.monotonic()
    try:
        _make(outcome, scratch, engine, docx)
    except Exception as error:  # one report never stops the others
        import traceback

        outcome.faults = outcome.faults or [f"{type(error).__name__}: {error}"[:300]]
        outcome.traceback = outcome.traceback or traceback.format_exc()
    outcome.page = None if outcome.faults else outcome.page
    outcome.seconds = time.monotonic() - started
    return outcome


def _as_run(path: Path) -> nbformat.NotebookNode:
    """Return a notebook with a last cell of the run's own, which shows where the numbers come from."""
    content = read_content(path)
    cells = [*content["cells"], new_code_cell(LAST_CELL, id="last")]
    return nbformat.from_dict({**content, "cells": cells, "metadata": content.get("metadata", {}) | KERNEL})


def _make(outcome: Outcome, scratch: Path, engine: str, docx: bool) -> None:
    report, started = outcome.report, time.monotonic()
    executed = scratch / report.area.slug / f"{report.stem}.{report.lang}.ipynb"
    executed.parent.mkdir(parents=True, exist_ok=True)
    os.environ[PICTURES] = "svg,png" if docx else "svg"
    keep_private(executed)  # it stays where it fails, with whatever the cell at fault had in hand
    try:
        notebook = papermill.execute_notebook(
            _as_run(report.notebook.path),
            str(executed).replace("{", "{{").replace("}", "}}"),  # papermill fills in what it takes for a parameter
            report.given,
            engine_name=None if engine == "stock" else engine,
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            execution_timeout=CELL_SECONDS,
        )
    except PapermillExecutionError as error:
        outcome.traceback = str(error)
        notebook = nbformat.read(executed, as_version=4)
    notebook.cells = [
        cell for cell in notebook.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]
    outcome.faults = list(proof.faults_of_run(notebook))
    if outcome.faults:
        return
    made = {
        "notebook": report.notebook.name,
        "workbook": f"{report.stem}.{report.lang}.xlsx",
        "inputs": report.inputs,
        "fingerprint": report.fingerprint,
        "seconds": round(time.monotonic() - started, 1),
    }
    content = content_of(notebook, made)
    outcome.page = render_page(content, f"{report.area.slug}_{report.stem}")
    outcome.faults = list(proof.faults_of_page(outcome.page.html))
    if not outcome.faults:
        executed.unlink()
        executed.with_suffix(".xlsx").write_bytes(workbook_bytes(content))
        if docx:
            from src.reports.page.briefing import briefing_bytes

            executed.with_suffix(".docx").write_bytes(briefing_bytes(content))
        html = outcome.page.html  # whole or not at all: a later page may lead here as to an earlier version
        replace_file(executed.with_suffix(".html"), lambda path: path.write_text(html, encoding="utf-8"))
