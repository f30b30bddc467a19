"""A delivered file's bytes → grids, and every line's class; nothing is interpreted here."""

from collections.abc import Iterator
from pathlib import Path

from src.analysis.ingest.blocks import Block
from src.analysis.ingest.files import parts_of
from src.analysis.ingest.grid import Grid, Line, UnreadableFile, as_text
from src.analysis.ingest.headers import Header, HeaderWords
from src.analysis.ingest.layout import Layout, lay_out

__all__ = [
    "Block", "Grid", "Header", "HeaderWords", "Layout", "Line", "UnreadableFile", "as_text", "lay_out", "read_grids",
]  # fmt: skip


def read_grids(path: Path, words: HeaderWords, encoding: str | None = None) -> Iterator[Grid]:
    """Yield every sheet of a delivered file, archives unpacked; raises `UnreadableFile`."""
    from src.analysis.ingest.markup import read_html, read_opendocument, read_spreadsheetml
    from src.analysis.ingest.old_workbook import read_old_workbook
    from src.analysis.ingest.text import read_text
    from src.analysis.ingest.workbook import read_workbook

    readers = {
        "xlsx": read_workbook, "xls": read_old_workbook, "ods": read_opendocument, "html": read_html,
        "spreadsheetml": read_spreadsheetml,
    }  # fmt: skip
    for name, kind, content in parts_of(path):
        if kind == "text":
            yield read_text(name, content, words.count, encoding)
        else:
            yield from readers[kind](name, content)
