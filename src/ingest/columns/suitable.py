"""Which deliveries can go the fast way: one table of incidents, and no column that needs another one."""

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from src.codebook import tables, vocabulary
from src.ingest.cleaning.findings import number_in
from src.ingest.cleaning.places import Places
from src.ingest.cleaning.records import NUMERIC, BlockReader
from src.ingest.columns.delimited import Delimited, NotPlain, open_delimited
from src.ingest.columns.sheet import Sheet, sheets_of
from src.ingest.layout.headers import HeaderWords
from src.ingest.layout.lines import Layout
from src.ingest.readers.files import MEGABYTE, kind_of, parts_of
from src.ingest.readers.grid import Grid
from src.ingest.sources import Source


@dataclass
class Opener:
    """Opens a text: a file, or one in an archive, which is taken out of it again in another process."""

    path: Path
    member: str = ""
    content: bytes = field(default=b"", repr=False)

    def __call__(self) -> BinaryIO:
        """Open it."""
        if self.member and not self.content:
            self.content = next(content for name, _, content in parts_of(self.path) if name == self.member)
        return io.BytesIO(self.content) if self.member else self.path.open("rb")

    def __getstate__(self) -> dict:
        return vars(self) | {"content": b""}


def only_reader(layout: Layout, source: Source, places: Places, today: dt.date) -> BlockReader:
    """Return the reader of the one table of a layout; raises `NotPlain` where there is more than the fast way knows."""
    if len(layout.blocks) != 1 or layout.aside:
        raise NotPlain("no table, or several")
    block = layout.blocks[0]
    reader = BlockReader(layout.grid, block, source, places, today)
    numeric = {p: cells for p, cells in reader.readers.items() if cells.column.type in NUMERIC}
    if any(number_in(cells, line, p) for line in block.totals for p, cells in numeric.items()):
        raise NotPlain("a total that its lines have to add up to")
    columns = [header.column for header in block.headers.values() if header.column in reader.columns]
    if (
        len(columns) != len(set(columns))
        or "reported_at" not in columns
        or source.periods
        or source.key
        or reader.helpers
    ):
        raise NotPlain("columns that need more than their own cell")
    if sorted([*block.headers, *block.unknown]) != list(range(reader.width)) or set(columns) & set(reader.constants):
        raise NotPlain("a column without a header, or a constant beside its column")
    constant = {name: reader.columns[name].type for name in source.constants}
    if "incident_id" in constant or {"date", "time"} & {*constant.values()}:
        raise NotPlain("a constant date or number")
    if tables.key(source.table) != ["incident_id"]:
        raise NotPlain("another key")
    return reader


def parts_to_read(path: Path, words: HeaderWords, encoding: str | None) -> Iterator[Delimited | Sheet | Grid]:
    """Yield each text and sheet of a delivery; a text that is no archive is never read into memory whole.

    A sheet without a table comes as the grid it is. Raises `NotPlain` for files of other kinds.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        raise NotPlain("cannot be opened") from None
    if path.stat().st_size > vocabulary.threshold("max_file_mb") * MEGABYTE:
        raise NotPlain("too large")
    packed = head.startswith((b"PK", b"\x1f\x8b"))
    if not packed and kind_of(head) == "text":
        yield open_delimited(path.name, Opener(path), words.count, encoding)
        return
    if not packed:
        raise NotPlain("neither text nor workbook")
    for name, kind, content in parts_of(path):
        if kind == "text":
            yield open_delimited(name, Opener(path, name, content), words.count, encoding)
        elif kind == "xlsx":
            yield from sheets_of(name, content)
        else:
            raise NotPlain("neither text nor workbook")
