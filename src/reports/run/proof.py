"""Whether an executed notebook and its page are whole; a run that merely ended proves nothing."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from nbformat import NotebookNode

from src.codebook import vocabulary
from src.reports.outputs import SHORTEST_ALT
from src.reports.page.content import manifest_of, typed

LARGEST_KB = 700
REMOTE = re.compile(r"^\s*(?:[a-z][a-z+.-]*:)?//|^\s*(?:https?|ftp|file):", re.IGNORECASE)
ADDRESSES = etree.XPath("//@src | //@href | //@srcset | //@poster | //@data | //@action | //@background")
# What a cell draws is named by its title, or hidden where words stand beside it; anything else is a chart.
CHARTS = etree.XPath("//img | //svg[not(ancestor::td) or not(title or @aria-hidden)]")
STYLES = etree.XPath("//@style | //style/text()")
LOADING = etree.XPath("//script | //iframe | //object | //embed | //link | //base | //form")
REMOTE_CSS = re.compile(r"url\(\s*[\"']?\s*(?!data:)([^)]+)|@import\s+(\S+)", re.IGNORECASE)


def faults_of_run(notebook: NotebookNode) -> Iterator[str]:
    """Yield what is wrong with an executed notebook: an error, a cell not run, a chart that was lost on the way."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for number, cell in enumerate(code, 1):
        failed = [output for output in cell.outputs if output.output_type == "error"]
        if failed:
            message = failed[0].evalue if failed[0].ename in SPEAKING else f"{failed[0].ename}: {failed[0].evalue}"
            yield (
                message
                if failed[0].ename in SPEAKING
                else vocabulary.both("proof_error", cell=number, error=message[:300])
            )
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


# Errors whose message is made for readers: it stands alone, without the name of an exception.
SPEAKING = ("ParameterError", "Stopped")


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
