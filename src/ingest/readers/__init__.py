"""A delivered file's bytes → grids, and every line's class; nothing is interpreted here."""

from collections.abc import Iterator
from pathlib import Path

from src.ingest.layout.blocks import Block
from src.ingest.layout.headers import Header, HeaderWords
from src.ingest.layout.lines import Layout, lay_out
from src.ingest.readers.files import parts_of
from src.ingest.readers.grid import Grid, Line, UnreadableFile, as_text

__all__ = [
    "Block", "Grid", "Header", "HeaderWords", "Layout", "Line", "UnreadableFile", "as_text", "lay_out", "read_grids",
]  # fmt: skip


def read_grids(path: Path, words: HeaderWords, encoding: str | None = None) -> Iterator[Grid]:
    """Yield every sheet of a delivered file, archives unpacked; raises `UnreadableFile`."""
    from src.ingest.readers.text import read_text

    for name, kind, content in parts_of(path):
        if kind == "text":
            yield read_text(name, content, words.count, encoding)
        else:
            yield from grids_in(name, kind, content)


def grids_in(name: str, kind: str, content: bytes) -> list[Grid]:
    """Return the sheets of a workbook or page; raises `UnreadableFile`."""
    from src.ingest.readers.markup import read_html, read_opendocument, read_spreadsheetml
    from src.ingest.readers.old_workbook import read_old_workbook
    from src.ingest.readers.workbook import read_workbook

    readers = {
        "xlsx": read_workbook, "xls": read_old_workbook, "ods": read_opendocument, "html": read_html,
        "spreadsheetml": read_spreadsheetml,
    }  # fmt: skip
    return readers[kind](name, content)
