"""A finished page read back: its headings, sentences, pictures and whole tables, for what goes with the page."""

import base64
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from src.reports.html import RUNS, column_label

WORDS = etree.XPath("string()")  # all text within an element


@dataclass
class Table:
    """A table as the page shows it (`shown`, texts, perhaps cut short) and whole (`rows`, as its CSV has them)."""

    caption: str
    heads: list[str]
    numeric: list[bool]
    shown: list[list[str]]
    behind: bool  # the data of a chart, which the page keeps folded
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """One part of a page in its order; `kind`: heading, key, item, finding, title, text, caption, picture, table."""

    kind: str
    text: str = ""
    level: int = 0
    png: bytes = b""
    table: Table | None = None


@dataclass(frozen=True)
class Content:
    """What a page says: its title, its manifest, and its blocks."""

    title: str
    manifest: dict[str, Any]
    blocks: list[Block]

    @property
    def lang(self) -> str:
        """Return the language of the page."""
        return self.manifest["parameters"]["lang"]

    @property
    def tables(self) -> list[Table]:
        """Return the tables in the order of the page."""
        return [block.table for block in self.blocks if block.table is not None]


def read_page(page: str) -> Content:
    """Return what a page of ours says; nothing in it is interpreted again."""
    tree = etree.HTML(page)
    manifest = json.loads(WORDS(tree.find(".//*[@id='manifest']")))
    return Content(_text(tree.find(".//h1")), manifest, list(_blocks(tree.find(".//main"))))


def _blocks(parent: Any, behind: bool = False) -> Iterator[Block]:
    table = None
    for element in parent:
        names = (element.get("class") or "").split()
        if element.tag in ("h2", "h3", "h4"):
            yield Block("heading", _text(element), level=int(element.tag[1]) - 1)
        elif element.tag == "img":
            yield Block("picture", element.get("alt"), png=base64.b64decode(element.get("src").partition(",")[2]))
        elif "table" in names:
            table = _table(element, behind)
            yield Block("table", table.caption, table=table)
        elif "csv" in names and table is not None and element.get("href").startswith("data:"):
            data = base64.b64decode(element.get("href").partition(",")[2]).decode("utf-8-sig")
            names, *rows = csv.reader(io.StringIO(data))
            kept = _positions(table.heads, names)
            table.rows = [[_as_it_was(row[position]) for position in kept] for row in rows]
        elif element.tag in ("p", "li") and not {"workbook", "cut"} & set(names):
            found = next((name for name in names if name in ("key", "title", "caption", "finding")), "text")
            if found == "caption":  # what leads from the page to elsewhere says nothing on paper
                etree.strip_elements(element, "a", with_tail=False)
            yield Block("item" if element.tag == "li" else found, _text(element))
        elif element.tag in ("section", "div", "figure", "figcaption", "details", "ol", "ul"):
            yield from _blocks(element, behind or element.tag == "details")


def _table(element: Any, behind: bool) -> Table:
    heads = element.findall(".//thead//th")
    shown = [[_text(cell) for cell in row] for row in element.findall(".//tbody/tr")]
    numeric = ["t" not in (head.get("class") or "").split() for head in heads]
    return Table(_text(element.find(".//caption")), [_text(head) for head in heads], numeric, shown, behind)


def _positions(heads: list[str], names: list[str]) -> list[int]:
    """Return where the columns of a page stand among those of its download, which has some more between them."""
    columns = iter(enumerate(names))
    return [next(position for position, name in columns if name == head) for head in heads]


def _as_it_was(cell: str) -> str:
    """Take off the apostrophe that keeps a text from running as a formula in a CSV."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in RUNS else cell


def _text(element: Any) -> str:
    return " ".join(WORDS(element).split())


def labels(names: tuple[str, ...], lang: str) -> dict[str, str]:
    """Return which column a label stands for, for some columns."""
    return {column_label(name, lang): name for name in names}
