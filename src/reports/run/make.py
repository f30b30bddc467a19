"""One report: its notebook run, proved whole, and rendered as a page below a folder.

A run that merely ended proves nothing: notebook and page are looked at.
"""

import contextlib
import json
import os
import re
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from lxml import etree
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from papermill.parameterize import parameterize_notebook

from src.codebook import vocabulary
from src.ingest.folders import keep_private, replace_file
from src.reports.context.notebooks import read_content
from src.reports.outputs import PICTURES, SHORTEST_ALT
from src.reports.page.content import content_of, manifest_of, typed
from src.reports.page.page import figures_bytes, render_page
from src.reports.page.workbook import workbook_bytes
from src.reports.run.plan import CELL_SECONDS, Outcome, PlannedPage

LAST_CELL = "from src.reports.report import close_report; close_report()"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
LARGEST_KB = 700
REMOTE = re.compile(r"^\s*(?:[a-z][a-z+.-]*:)?//|^\s*(?:https?|ftp|file):", re.IGNORECASE)
ADDRESSES = etree.XPath("//@src | //@href | //@srcset | //@poster | //@data | //@action | //@background")
# What a cell draws is named by its title, or hidden where words stand beside it; anything else is a chart.
CHARTS = etree.XPath("//img | //svg[not(ancestor::td) or not(title or @aria-hidden)]")
STYLES = etree.XPath("//@style | //style/text()")
LOADING = etree.XPath("//script | //iframe | //object | //embed | //link | //base | //form")
REMOTE_CSS = re.compile(r"url\(\s*[\"']?\s*(?!data:)([^)]+)|@import\s+(\S+)", re.IGNORECASE)
# Errors whose message is made for readers: it stands alone, without the name of an exception.
SPEAKING = ("ParameterError", "Stopped")


def make(report: PlannedPage, folder: Path, docx: bool, heard: Callable[[Any], object] | None = None) -> Outcome:
    """Make one report; what goes wrong is in the outcome, never raised.

    With `heard`, which is told of the notebook and of each cell that has run, its cells run in this process; else in a
    kernel.
    """
    outcome, notebook, started = Outcome(report), None, time.monotonic()
    try:
        (folder / report.page).parent.mkdir(parents=True, exist_ok=True)
        notebook = as_run(report.notebook.path, report.given)
        os.environ[PICTURES] = "svg,png" if docx else "svg"
        if heard:
            from src.reports.run.cells import run_cells

            run_cells(notebook, heard)
        else:
            run_in_kernel(notebook)
        outcome.faults = list(faults_of_run(notebook))
        if not outcome.faults:
            _write(outcome, notebook, folder, docx, time.monotonic() - started)
    except Exception as error:  # one report never stops the others
        outcome.faults = outcome.faults or [f"{type(error).__name__}: {error}"[:300]]
        outcome.traceback = traceback.format_exc()
    if outcome.faults and notebook:
        errors = [output for cell in notebook.cells for output in cell.get("outputs", []) if "traceback" in output]
        outcome.traceback = outcome.traceback or strip_ansi(
            "\n".join(line for error in errors for line in error.traceback)
        )
        with contextlib.suppress(OSError, UnicodeError):  # its folder is gone, the disk is full, it holds no text
            keep(notebook, report, folder)
    outcome.seconds = time.monotonic() - started
    return outcome


def as_run(path: Path, given: dict[str, Any]) -> NotebookNode:
    """Return a notebook with its parameters and a last cell of the run's own: where the numbers come from."""
    content = read_content(path)
    cells = [*content["cells"], new_code_cell(LAST_CELL, id="last")]
    whole = {**content, "cells": cells, "metadata": {**KERNEL, "papermill": {}}}
    notebook = nbformat.reads(json.dumps(whole), as_version=4)  # a source may be a list of its lines
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])  # papermill looks for them
    return parameterize_notebook(notebook, given, kernel_name="python3", language="python")


def run_in_kernel(notebook: NotebookNode) -> None:
    """Run the cells of a notebook in a kernel of its own, until one fails."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    with contextlib.suppress(CellExecutionError):  # it stands in the cell
        NotebookClient(notebook, kernel_name="python3", timeout=CELL_SECONDS).execute()


def keep(notebook: NotebookNode, report: PlannedPage, folder: Path) -> None:
    """Leave a notebook that failed where its page would be, with whatever the cell at fault had in hand."""
    path = (folder / report.page).with_suffix(".ipynb")
    keep_private(path)
    nbformat.write(notebook, path)


def _write(outcome: Outcome, notebook: NotebookNode, folder: Path, docx: bool, seconds: float) -> None:
    report, path = outcome.report, folder / outcome.report.page
    made = {
        "notebook": report.notebook.name,
        "workbook": path.with_suffix(".xlsx").name,
        "inputs": report.inputs,
        "fingerprint": report.fingerprint,
        "seconds": round(seconds, 1),
    }
    content = content_of(notebook, made)
    html = render_page(content)
    outcome.faults = list(faults_of_page(html))
    if outcome.faults:
        return
    path.with_suffix(".xlsx").write_bytes(workbook_bytes(content))
    if figures := figures_bytes(content):
        path.with_suffix(".zip").write_bytes(figures)
    if docx:
        from src.reports.page.briefing import briefing_bytes

        path.with_suffix(".docx").write_bytes(briefing_bytes(content))
    # Whole or not at all: a later page may lead here as to an earlier version.
    replace_file(path, lambda half: half.write_text(html, encoding="utf-8"))
    outcome.manifest = content.manifest
    outcome.opening = {"headline": content.opening["sentence"], "figures": content.opening["figures"]}


def faults_of_run(notebook: NotebookNode) -> Iterator[str]:
    """Yield what is wrong with an executed notebook: an error, a cell not run, a chart that was lost on the way."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for number, cell in enumerate(code, 1):
        for error in (output for output in cell.outputs if output.output_type == "error"):
            message = f"{error.ename}: {error.evalue}"[:300]
            speaks = error.ename in SPEAKING
            yield error.evalue if speaks else vocabulary.both("proof_error", cell=number, error=message)
            return
    for number, cell in enumerate(code, 1):
        if cell.execution_count is None:
            yield vocabulary.both("proof_not_run", cell=number)
            return
    if (manifest := manifest_of(notebook)) is None:
        yield vocabulary.both("proof_no_manifest")
        return
    figures = [block for block in typed(notebook) if block["block"] == "figure"]
    if len(figures) < (shown := manifest["figures"]):
        yield vocabulary.both("proof_figures", promised=shown, found=len(figures))


def faults_of_page(page: str) -> Iterator[str]:
    """Yield what a page must not be: a chart without alt text, a reference to anywhere else, too large."""
    tree = etree.HTML(page)
    for number, image in enumerate(CHARTS(tree), 1):
        if len((image.get("alt") or image.get("aria-label") or "").strip()) < SHORTEST_ALT:
            yield vocabulary.both("proof_alt", figure=number)
    for address in _addresses(tree):
        yield vocabulary.both("proof_remote", address=address[:120])
    if (size := len(page.encode()) // 1000) > LARGEST_KB:
        yield vocabulary.both("proof_too_large", kb=size, limit=LARGEST_KB)


def _addresses(tree: Any) -> Iterator[str]:
    yield from filter(REMOTE.match, ADDRESSES(tree))
    for found in REMOTE_CSS.finditer(" ".join(STYLES(tree))):
        yield found[1] or found[2]
    for element in LOADING(tree):
        yield f"<{element.tag}>"
