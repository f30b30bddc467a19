"""A delivered file → the grids of its sheets, by the reader of its kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from src.ingest.readers.files import parts_of
from src.ingest.readers.grid import Grid

if TYPE_CHECKING:
    from src.ingest.layout.headers import HeaderWords


def read_grids(path: Path, words: "HeaderWords", encoding: str | None = None) -> Iterator[Grid]:
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
