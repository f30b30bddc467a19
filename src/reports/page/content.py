"""What an executed notebook says, block by block in one language; page, workbook and briefing are made from it."""

import base64
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode, from_dict

from src.ingest.cleaning.cells import CONTROL
from src.reports.context.notebooks import TITLE, in_language, speaks, title_of
from src.reports.outputs import BLOCK
from src.reports.tables import Table

HEADING = re.compile(r"(#+) [^\n]*(.*)", re.DOTALL)  # how deep it is, and what text follows it in its cell
HIDDEN = "remove-output"  # a cell with this tag shows in JupyterLab alone what it shows
TAKEN = ("main", "manifest", "history")  # by pages, and by Excel
LONGEST_NAME = 28  # and a number: a sheet has room for 31
EPOCH = (1980, 1, 1, 0, 0, 0)  # of the files of an archive
Block = dict[str, Any]  # `block` names its kind: prose, output (of no kind of ours), and those of `outputs`


@dataclass(frozen=True)
class Content:
    """What a page says: its title, its manifest, what it opens with, and its blocks in order."""

    title: str
    manifest: dict[str, Any]
    opening: Block
    blocks: list[Block]

    @property
    def lang(self) -> str:
        """Return the language of the page."""
        return self.manifest["parameters"]["lang"]

    @property
    def tables(self) -> list[Table]:
        """Return the tables in the order of the page."""
        return [Table.read(block["table"]) for block in (self.opening, *self.blocks) if block.get("table")]


def typed(notebook: NotebookNode) -> list[Block]:
    """Return the blocks of our own kinds that the cells of a notebook showed, in order."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data[BLOCK] for output in outputs if BLOCK in output.get("data", {})]


def manifest_of(notebook: NotebookNode) -> dict[str, Any] | None:
    """Return the manifest that the runner's last cell left, or nothing where it was not reached."""
    found = [block["manifest"] for block in typed(notebook) if block["block"] == "provenance"]
    return found[-1] if found else None


def content_of(notebook: NotebookNode, extra: dict[str, Any] | None = None) -> Content:
    """Return what an executed notebook says; `extra` goes into its manifest."""
    notebook = from_dict(_printable(notebook))
    manifest = (manifest_of(notebook) or {}) | (extra or {})
    lang = manifest["parameters"]["lang"]
    empty = {"block": "headline", "title": "", "sentence": "", "figures": [], "findings": []}
    opening = {block["block"]: block for block in typed(notebook)}.get("headline", empty)
    blocks = [block for cell in notebook.cells if speaks(cell, lang) for block in _of_cell(cell, lang)]
    _name([opening, *blocks])
    return Content(opening["title"] or title_of(notebook, lang), manifest, opening, _without_empty_sections(blocks))


def _without_empty_sections(blocks: list[Block]) -> list[Block]:
    """Return the blocks without headings under which an area has nothing."""
    kept: list[Block] = []
    for block in reversed(blocks):
        opened, after = (HEADING.match(one.get("source", "").strip()) for one in (block, kept[-1] if kept else {}))
        is_empty = not kept or (after and len(after[1]) <= len(opened[1])) if opened and not opened[2] else False
        if not is_empty and block.get("source", "-").strip():
            kept.append(block)
    return kept[::-1]


def _name(blocks: Iterable[Block]) -> None:
    """Give each chart and table a name of its own, which stays from month to month: anchor, file and sheet have it."""
    taken = {*TAKEN}
    for block in blocks:
        table = block.get("table")
        if table or block["block"] == "figure":
            stated = re.sub(r"\W+", "_", table["name"] if table else block["method"])
            base = stated[:LONGEST_NAME].strip("_") or "figure"
            others = (f"{base}_{number}" for number in range(2, len(taken) + 3))
            block["name"] = next(name for name in (base, *others) if name.lower() not in taken)
            taken.add(block["name"].lower())
            if table:
                table["name"] = block["name"]


def _printable(thing: Any) -> Any:
    """Return what an output holds without what neither XML nor a page can hold, as a cell of a delivery is cleaned."""
    if isinstance(thing, dict):
        return {name: _printable(value) for name, value in thing.items()}
    if isinstance(thing, list):
        return [_printable(value) for value in thing]
    return CONTROL.sub("\ufffd", thing) if isinstance(thing, str) else thing


def _of_cell(cell: NotebookNode, lang: str) -> Iterator[Block]:
    if cell.cell_type == "markdown":
        yield {"block": "prose", "source": TITLE.sub("", in_language(cell.source, lang), count=1)}
    if cell.cell_type != "code" or HIDDEN in cell.metadata.get("tags", []):
        return
    for output in cell.outputs:
        data = output.get("data", {})
        block = data.get(BLOCK, {"block": "output", "output": output})
        if block["block"] not in ("headline", "notes", "provenance"):
            png = base64.b64decode(data.get("image/png", ""))
            yield {**block, "png": png, "svg": data.get("image/svg+xml", "")}


def archive(files: dict[str, bytes]) -> bytes:
    """Return a zip of files by name; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
