"""One delivery → what it holds: rows in a store, rows set aside, the classes of its lines, what is odd about it."""

import contextlib
import ctypes
import datetime as dt
import gc
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.codebook import vocabulary
from src.codebook.messages import printable
from src.ingest.batch import Batch
from src.ingest.cleaning.clean import Cleaner
from src.ingest.cleaning.numbers import SURVEYED_LINES
from src.ingest.cleaning.personal import mask
from src.ingest.cleaning.places import Places
from src.ingest.cleaning.table import TableReader
from src.ingest.deduplicate import keys_of
from src.ingest.layout.blocks import Block, header_of, require_columns, without_header, words_of
from src.ingest.layout.headers import HeaderWords, is_sum
from src.ingest.layout.lines import Classifier, Walk
from src.ingest.readers.blocks import LongText
from src.ingest.readers.grid import HEAD_LINES, Line, UnreadableFile
from src.ingest.readers.sheets import Sheet, sheets_of
from src.ingest.result import DeliveredTable, FileResult
from src.ingest.rowstore import RowStore
from src.ingest.sources import Source

WITHOUT_PLACES = ("communities", "published_figures")
LINES_NAMED = 5  # by a warning


@dataclass(frozen=True)
class Task:
    """One delivery that is to be read: its file, and all that is needed to read it."""

    path: Path
    source: Source
    register: pd.DataFrame | None
    today: dt.date

    @cached_property
    def places(self) -> Places | None:
        """The register, asked by name; nothing for tables whose places are not looked up."""
        if self.register is None or self.source.table in WITHOUT_PLACES:
            return None
        return Places(self.register)


class _TooSlow(BaseException):
    """Reading takes too long; no reader that repairs what it can takes this for a fault of the file."""


@contextlib.contextmanager
def _deadline(file: str) -> Iterator[None]:
    """Refuse a file that takes longer to read than any honest one, in whatever thread and on whatever system."""
    minutes, reading = vocabulary.threshold("delivery_minutes"), ctypes.c_ulong(threading.get_ident())
    came: list = []

    def interrupt(raised: Any) -> None:
        came.append(raised)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(reading, raised)

    timer = threading.Timer(60 * minutes, interrupt, [ctypes.py_object(_TooSlow)])
    timer.daemon = True
    try:
        try:
            timer.start()
            yield
        finally:
            timer.cancel()
            timer.join()
            if came and not isinstance(sys.exception(), _TooSlow):  # it came with the last line of the file
                interrupt(None)  # never for nothing: what has been asked to look for it once looks at every step
    except _TooSlow:
        raise UnreadableFile.because(file, "delivery_too_slow", minutes=minutes) from None


@contextlib.contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Keep the collector from walking millions of cells, which have no cycles: a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read_delivery(task: Task) -> FileResult:
    """Return what one delivery holds; raises `UnreadableFile`, also where it takes longer than `delivery_minutes`."""
    if printable(task.path.name) != task.path.name:
        raise UnreadableFile.because(task.path.name, "file_name_unprintable")
    with _deadline(task.path.name), no_search_for_cycles():
        return _read(task)


def _read(task: Task) -> FileResult:
    source, heads, is_read = task.source, [], False
    result = FileResult(RowStore(source.table, task.register))
    words = words_of(source)
    for sheet in sheets_of(task.path, words, source.encoding):
        grid, is_named = sheet.grid, sheet.grid.sheet in source.sheets
        heads.append(grid)
        if grid.hidden and not is_named:
            result.warnings.append(vocabulary.both("hidden_sheet", file=grid.file, sheet=grid.sheet))
        elif is_named or not source.sheets:
            is_read |= _SheetReader(task, result, sheet, words).read()
    if not is_read:
        raise without_header(heads, source, task.path.name)
    return result


class _SheetReader:
    """Reads one sheet into a result."""

    def __init__(self, task: Task, result: FileResult, sheet: Sheet | LongText, words: HeaderWords) -> None:
        self.task, self.result, self.sheet, self.grid = task, result, sheet, sheet.grid
        self.walk = Walk(words)
        self.origins: dict[Block, int] = {}  # of each block the number of its table

    def read(self) -> bool:
        """Read the sheet; return whether it has a header that is known."""
        start, walk = self.walk.begin(self.sheet.head), self.walk
        if not walk.done:
            width = max((p + 1 for line in self.sheet.head for p, text in enumerate(line.texts) if text), default=0)
            if self.result.tables and width == self.result.tables[-1].cleaner.table.width > 1:
                raise UnreadableFile.because(self.grid.file, "sheet_goes_on", sheet=self.grid.sheet)
            self._warn("sheet_without_header", sheet=self.grid.sheet)
            return False
        ours = [block for block in walk.done if not walk.is_other(block)]
        if ours and self.grid.delimiter and self.sheet.line_count >= HEAD_LINES:  # a long text is not read for nothing
            require_columns(ours, self.task.source, self.grid.file)
        self._fit(walk.done)
        for block in walk.done:
            lines, block.data = block.data, []
            if lines and not walk.is_other(block):  # records above the header
                self._clean(self._origin_of(block, self.sheet.head), self.sheet.maker.of_lines(lines))
        classifier, below = Classifier(walk), self.sheet.head[start:]
        first = [self.sheet.maker.of_lines(below)] if below else []
        for batch, following in pairwise(chain(first, self.sheet.batches(), [None])):
            for block, rows in classifier.data(batch, following):
                if not walk.is_other(block):
                    origin = self._origin_of(block, batch.lines_at(np.flatnonzero(rows)[:SURVEYED_LINES]))
                    self._clean(origin, self.sheet.maker.widened(batch).keep(rows))
        assert sum(walk.classes.values()) == self.sheet.line_count, f"{self.grid.file}: lines lost"
        fitting = walk.fitting()
        require_columns(fitting, self.task.source, self.grid.file)
        if self.grid.hidden_rows:
            self._warn("hidden_rows", sheet=self.grid.sheet, count=self.grid.hidden_rows)
        self.result.lines[self.grid.place] += walk.classes
        for block in (block for block in walk.done if block not in fitting):
            self._warn("table_aside", sheet=self.grid.sheet or "-", found=header_of(block))
        for block in fitting:
            self._finish(self.result.tables[self._origin_of(block)])
        return True

    def _warn(self, key: str, **words: object) -> None:
        self.result.warnings.append(vocabulary.both(key, file=self.grid.file, **words))

    def _fit(self, blocks: list[Block]) -> None:
        """Make the batches as wide as headers are; identifiers and times, nearly all distinct, are read as texts."""
        store, headers = self.result.store, [item for block in blocks for item in block.headers.items()]
        texts = {position for position, header in headers if header.column in (*store.texts, *store.times)}
        width = max((position + 1 for block in blocks for position in (*block.headers, *block.unknown)), default=0)
        self.sheet.maker.fit(width, texts)

    def _origin_of(self, block: Block, first: Sequence[Line] = ()) -> int:
        """Return the number of a block's table, which is made when its first rows come: they show how it is written."""
        if block not in self.origins:
            self.origins[block] = len(self.result.tables)
            try:
                table = TableReader(self.grid, block, self.task.source, self.task.places, self.task.today, first)
            except UnreadableFile:
                require_columns(self.walk.fitting(), self.task.source, self.grid.file)  # which is said first
                raise
            self._fit([block])
            self.result.tables.append(DeliveredTable(self.sheet, Cleaner(table)))
            self.result.store.origins.append(self.grid.place)
        return self.origins[block]

    def _clean(self, origin: int, batch: Batch) -> None:
        delivered, store = self.result.tables[origin], self.result.store
        delivered.keep(batch)
        records, values, issues = delivered.cleaner.clean(batch)
        bad, table = issues.rows, delivered.cleaner.table
        if bad.any():
            rows = np.flatnonzero(bad)
            cells = map(table.cells, records.lines_at(rows))
            self.result.quarantine(origin, records.lines[rows], cells, issues.of(rows))
        store.add(origin, records.lines, keys_of(table, records, values), values, ~bad)
        delivered.names |= values.keys() & store.kinds.keys()
        self.result.record_count += len(records)

    def _finish(self, delivered: DeliveredTable) -> None:
        """Add a table's columns, and what it leaves unread."""
        cleaner, table = delivered.cleaner, delivered.cleaner.table
        unknown = table.block.unknown
        self.result.columns += columns_of(table)
        left_out = {position: words for position, words in unknown.items() if position not in table.wide}
        if left_out := [mask(words) for words in left_out.values() if not (table.wide and is_sum(words))]:
            self._warn("unknown_columns", columns=left_out)
        for column, written in table.without_zone().items():
            self._warn("times_with_offset", column=column, value=written)
        if cleaner.filled:
            self._warn("filled_down", count=len(lines := sorted({*cleaner.filled})), lines=some(lines))
        if cleaner.stray_lines:
            self._warn("cells_beside_table", lines=some(cleaner.stray_lines))
        if cleaner.elsewhere:
            self._warn("places_elsewhere", count=len(cleaner.elsewhere), lines=some(cleaner.elsewhere))


def columns_of(table: TableReader) -> list[tuple]:
    """Return file and sheet of each column, its header, and our column that it is read into, if any."""
    block = table.block
    read = dict.fromkeys(table.wide, "incident_count") | {p: n for n, parts in table.date_parts.items() for p in parts}
    known = {p: (header.words, read.get(p, header.column.strip("-*"))) for p, header in block.headers.items()}
    others = {p: (words, read.get(p, "")) for p, words in block.unknown.items()}
    return [(*table.grid.place, *found) for _, found in sorted((known | others).items())]


def some(lines: list[int]) -> list[int | str]:
    """Return the first of some lines, as a warning names them."""
    return lines[:LINES_NAMED] + (["…"] if len(lines) > LINES_NAMED else [])
