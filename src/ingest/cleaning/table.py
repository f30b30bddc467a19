"""How the columns of one delivered table are read: by which reader, with which helpers, key, months and constants."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import tables, vocabulary
from src.ingest.batch import Batch, CellError, TextColumn
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import DateGrammar
from src.ingest.cleaning.numbers import cells_at, leaves_out_empty_cells
from src.ingest.cleaning.places import Places
from src.ingest.cleaning.values import A_DAY, BAD, DAY_US, EPOCH, MICROSECOND, PRECISIONS, Texts, Times
from src.ingest.layout.blocks import Block, shown, words_of
from src.ingest.layout.headers import BRACKETS, months_in, split_kind
from src.ingest.readers.grid import Grid, Line, UnreadableFile, as_text
from src.ingest.sources import Source

NUMERIC = ("count", "money", "number")
HELPERS = ("address", "occurred_hour", "month")


class TableReader:
    """Knows what each column of a block is read as; raises `UnreadableFile` where `sources.yml` does not fit it."""

    def __init__(
        self, grid: Grid, block: Block, source: Source, places: Places | None, today: dt.date, first: Sequence[Line]
    ) -> None:
        self.grid, self.block, self.source, self.places = grid, block, source, places
        self.columns = tables.columns(source.table)
        self.ids = [name for name in tables.key(source.table) if self.columns[name].type == "id"]  # nearly all distinct
        self.required = [name for name, column in self.columns.items() if column.required]
        self.grammar = DateGrammar(**source.grammar, epoch_1904=grid.epoch_1904)
        self.latest = dt.datetime.combine((source.received or today) + dt.timedelta(days=1), dt.time())
        self.readers = {
            position: self._reader(header.column, header.unit)
            for position, header in block.headers.items()
            if header.column in self.columns
        }
        self.helpers = {h.column: p for p, h in block.headers.items() if h.column in HELPERS}
        if source.place_from:
            self.helpers["address"] = self._position(source.place_from)
        self.month = self._reader("reported_at") if "month" in self.helpers else None
        self.key = {
            name: None if name in self.columns else self._position(name)
            for name in source.key or tables.key(source.table)
        }
        kinds = {header: self._constant("kind", kind) for header, kind in source.kinds.items()}
        if source.periods:
            self.wide = month_columns(grid.file, block, source.periods, kinds)
        else:
            self.wide = {self._position(header): {"kind": kind} for header, kind in kinds.items()}
        self.date_parts = {name: [*map(self._position, headers)] for name, headers in source.date_parts.items()}
        self.dates = {name: self._reader(name) for name in self.date_parts}
        self.counts = self._reader("incident_count", self._unit_of_counts()) if source.periods or source.kinds else None
        self.width = max((*block.headers, *block.unknown), default=-1) + 1
        self.leaves_out_empty = bool(grid.delimiter) and leaves_out_empty_cells(first, self.width)
        given = self.source.constants.keys() | ({"street", "community"} if "address" in self.helpers else set())
        self.filled_down = [p for p in written_once(block, first) if block.headers[p].column not in given]
        for position, reader in self.readers.items():
            reader.survey(cells_at(first, [position]))
        if self.counts:
            self.counts.survey(cells_at(first, self.wide))
        self.constants = {name: self._constant(name, value) for name, value in source.constants.items()}

    def __getstate__(self) -> dict:
        return vars(self) | {"places": None}  # all rows have been read where it goes to another process

    def _reader(self, column: str, unit: str = "") -> CellReader:
        stated, numbers = self.source.values.get(column, {}), self.source.numbers
        return CellReader(self.columns[column], self.grammar, unit, stated, self.latest, numbers)

    def _unit_of_counts(self) -> str:
        """Return the unit of the counts of months or kinds: in the brackets of their headers, or above the table."""
        names = self.block.names()
        inside = [text for p in self.wide for text in BRACKETS.findall(names[p])]
        return words_of(self.source).unit("incident_count", [*map(vocabulary.fold, inside)]) or self.block.unit

    def _constant(self, name: str, value: object) -> object:
        read = self._reader(name).read(value)
        if isinstance(read, CellError):
            raise UnreadableFile.because(self.grid.file, "constant_unreadable", column=name, value=value)
        return read

    def beside(self, position: int) -> int | None:
        """Return the column of communities beside a street's; nothing for another column, or without a register."""
        named = {header.column: at for at, header in self.block.headers.items()}
        is_street = self.block.headers[position].column == "street" and self.places is not None
        return named.get("community") if is_street else None

    def _position(self, words: str) -> int:
        """Return where a delivered column stands that `sources.yml` names by its own header."""
        known = {p: h.words for p, h in self.block.headers.items()} | self.block.unknown
        for position, header in known.items():
            if vocabulary.fold(header) == vocabulary.fold(words):
                return position
        raise UnreadableFile.because(self.grid.file, "named_column_missing", column=words, found=shown(known.values()))

    @property
    def numeric(self) -> dict[int, CellReader]:
        """Return the readers of the columns that hold numbers, those of months among them."""
        found = {p: reader for p, reader in self.readers.items() if reader.column.type in NUMERIC}
        return found | dict.fromkeys(self.wide, self.counts)

    def cells(self, line: Line) -> list[str]:
        """Return the cells of a line within the table as they were delivered."""
        return [*map(as_text, self.block.cells(line))]

    def without_zone(self) -> dict[str, str]:
        """Return the columns with a time that states its offset, and such a time, where no zone is stated."""
        found = {reader.name: reader.notation.offset for reader in self.readers.values() if reader.notation.offset}
        return {} if self.grammar.zone else found

    def width_error(self, line: Line) -> tuple[str, CellError] | None:
        """Return what is wrong with a line of text that has more or fewer cells than its header.

        Empty cells at the end are harmless.
        """
        found = len(line.cells)
        while found > self.width and not as_text(line.cells[found - 1]).strip():
            found -= 1
        if found > self.width and self.block.last >= len(line.cells):
            error = CellError("too_many_cells", found=found, expected=self.width)
            return as_text(line.cells[self.width]), error
        if len(line.cells) < self.width and not self.leaves_out_empty:
            return "", CellError("too_few_cells", found=len(line.cells), expected=self.width)
        return None


def written_once(block: Block, first: Sequence[Line]) -> list[int]:
    """Return the columns of places that stand in the first of several lines and are left empty in the others of it.

    Where each line names its place, one comes again or few are empty. A street alone may be all that a line says.
    """
    lines, found = [line for line in first if not line.problem and len(line.cells) > max(block.places, default=0)], []
    for position in sorted(block.places, key=lambda p: block.headers[p].column, reverse=True):
        texts = [line.texts[position] for line in lines]
        filled = [text for text in texts if text]
        is_once = len(set(filled)) == len(filled) and len(texts) >= 2 * len(filled) and len(texts) > 2
        states_more = block.headers[position].column == "community" and any(
            not text and line.texts[p] for p in block.places for text, line in zip(texts, lines, strict=True)
        )
        if any(texts[:1]) and is_once and not states_more:
            found.append(position)
    return found


def numbers_in(batch: Batch, position: int, reader: CellReader, none: float = 0.0) -> np.ndarray:
    """Return what a column of a batch states as numbers; `none` for nothing, or nothing that can be read."""
    column = batch.columns[position].encoded()
    return column.asked(("number", id(reader), none), lambda cell: number_of(cell, reader, none), float)


def number_of(cell: object, reader: CellReader, none: float = 0.0) -> float:
    """Return what a cell states as a number; `none` for nothing, or nothing that can be read."""
    meaning = reader.read(cell)
    return none if meaning is None or isinstance(meaning, CellError) else float(meaning)


def month_columns(file: str, block: Block, periods: dict, kinds: dict[str, str]) -> dict[int, dict[str, Any]]:
    """Return the columns of a block that are months, and what each states of its counts.

    `kinds`: what headers name beside a month, if each kind has its own months, and the kind. Raises `UnreadableFile`
    where a month is given twice, or a sum over months stands in place of some of them.
    """
    own = {position: header.words for position, header in block.headers.items() if header.column == "*"}
    headers = dict(sorted({**block.unknown, **own}.items()))
    if not kinds:
        return _months(file, headers, periods)
    columns = {}
    parts = {position: split_kind(words, kinds) for position, words in headers.items()}
    for header, kind in kinds.items():
        of_kind = {position: rest for position, (named, rest) in parts.items() if named == header}
        if not of_kind:
            raise UnreadableFile.because(file, "named_column_missing", column=header, found=shown(headers.values()))
        columns |= {p: stated | {"kind": kind} for p, stated in _months(file, of_kind, periods).items()}
    return columns


def _months(file: str, headers: dict[int, str], periods: dict) -> dict[int, dict[str, Any]]:
    """Return the columns of single months among the headers of one kind."""
    single, sums = (_columns(file, headers, periods, what) for what in ("month", "sum"))
    if not single or any((year, month) not in single for year, last in sums for month in range(1, last + 1)):
        raise UnreadableFile.because(file, "no_months", found=shown(headers.values()))
    return {position: {"reported_at": (dt.datetime(*at, 1), "month")} for at, position in single.items()}


def _columns(file: str, headers: dict[int, str], periods: dict, wanted: str) -> dict[tuple[int, int], int]:
    """Return the positions by (year, month) of headers that mean a `month`, or a `sum` from January on."""
    stated = {vocabulary.fold(header): _stated(str(month)) for header, month in periods.get("months", {}).items()}
    found: dict[tuple[int, int], int] = {}
    bare: list[int] = []  # months whose year is that of all
    for position, words in headers.items():
        if vocabulary.fold(words) in stated:
            meant = stated[vocabulary.fold(words)] if wanted == "month" else None
        else:
            meant = months_in(words, wanted)
        if meant and meant[1] in range(1, 13):
            at = meant[0] or periods["year"], meant[1]
            is_bare = not meant[0] and vocabulary.fold(words) not in stated
            bare += [meant[1]] if is_bare else []
            if at in found:
                raise UnreadableFile.because(file, "month_twice", found=[headers[found[at]], words])
            found[at] = position
    if wanted == "month" and sorted(bare) not in (bare, bare[::-1]):
        raise UnreadableFile.because(file, "months_of_two_years", found=bare, year=periods["year"] - 1)
    return found


def _stated(month: str) -> tuple[int | None, int]:
    """Return year (None: that of all) and month of a column as `sources.yml` states it: 3, 2021-03."""
    year, _, number = month.rpartition("-")
    return int(year) if year else None, int(number)


PLAIN_ID = re.compile(r"(?:[A-Za-z][A-Za-z_/-]*)?0{1,15}(?:[A-DF-Za-df-z_/-]0{1,15})*")
DAY_AND_TIME = re.compile(
    r"0000(?:[-/.]0{1,2}[-/.]0{1,2}|年0{1,2}月0{1,2}日) (?:0{1,2}:0{1,2}(?::0{1,2})?|0{1,2}时0{1,2}分)"
)
CLOCK_MARK = re.compile("[:时]")
HOUR_US = 3_600_000_000

CellIssue = tuple[np.ndarray, str, CellError]
"""Rows, what their cells say, and why it cannot be understood."""


def read_ids(column: TextColumn, reader: CellReader) -> tuple[Texts, list[CellIssue]]:
    """Return the identifiers of a column, and which cells are none; those of a plain pattern are not looked at."""
    patterns, codes = column.digit_patterns
    odd = np.array([bool(reader.stated) or not PLAIN_ID.fullmatch(pattern) for pattern in patterns], bool)
    if not odd.any():
        found = Texts(column.texts)
        found.digit_patterns = column.digit_patterns
        return found, []
    rows, texts, issues = np.flatnonzero(odd[codes]), np.array(column.texts.to_pylist(), object), []
    for row, cell in zip(rows.tolist(), column.cells(rows), strict=True):
        meaning = reader.read(cell)
        if isinstance(meaning, CellError):
            issues.append((np.array([row]), as_text(cell), meaning))
        texts[row] = None if isinstance(meaning, CellError) else meaning
    return Texts(pa.array(texts, pa.string())), issues


class TimeReader:
    """Reads a column of times: `day time` texts by their halves, all others one by one."""

    def __init__(self, reader: CellReader, halves: dict[str, int]) -> None:
        self.reader, grammar, column = reader, reader.grammar, reader.column
        self.by_halves = grammar.calendar == "gregorian" and not (reader.stated or grammar.formats)
        self.halves = halves  # of all columns: days, and times of day, each read once
        last = dt.datetime(2101, 1, 1) - MICROSECOND
        if reader.latest and not column.may_be_future:
            last = reader.latest
        elif reader.latest and column.years_ahead:
            last = dt.datetime(reader.latest.year + column.years_ahead + 1, 1, 1) - MICROSECOND
        self.last = (last - EPOCH) // MICROSECOND

    def read(self, column: TextColumn) -> tuple[Times, list[CellIssue]]:
        """Return times, and which cells are none."""
        times = Times(np.full(len(column.texts), BAD), np.zeros(len(column.texts), np.uint8))
        patterns, codes = column.digit_patterns
        fits = np.array([self.by_halves and bool(DAY_AND_TIME.fullmatch(pattern)) for pattern in patterns], bool)
        rows = np.flatnonzero(fits[codes])
        texts = column.texts if len(rows) == len(codes) else column.texts.take(pa.array(rows))
        halves = pa.compute.split_pattern(texts, " ").flatten().dictionary_encode()
        distinct = halves.dictionary.to_pylist()
        self.halves |= {text: self._half(text) for text in distinct if text not in self.halves}
        read = np.array([*map(self.halves.__getitem__, distinct)], np.int64)
        days, clock = read[halves.indices.to_numpy()].reshape(-1, 2).T
        is_good = (days != BAD) & (clock != BAD) & (days + clock <= self.last)
        times.when[rows] = np.where(is_good, days + clock, BAD)
        if rounded := self.reader.notation.rounded:
            on_the_hour = np.where(clock, PRECISIONS.index("hour"), PRECISIONS.index(rounded))
            times.exact[rows] = np.where(clock % HOUR_US, 0, on_the_hour)
        return times, self._read_whole(column, times)

    def _half(self, text: str) -> int:
        """Return a day, or a time of day, in microseconds; BAD where there is none, or it is the 24:00 of a day."""
        is_clock = CLOCK_MARK.search(text)
        try:
            when, _ = self.reader.grammar.read(f"{A_DAY.date()} {text}" if is_clock else text)
        except CellError:
            return BAD
        found = (when - (A_DAY if is_clock else EPOCH)) // MICROSECOND
        return BAD if is_clock and found >= DAY_US else found

    def _read_whole(self, column: TextColumn, times: Times) -> list[CellIssue]:
        """Read what the figures do not tell, in place."""
        rows = np.flatnonzero(times.when == BAD)
        which, distinct = pd.factorize(np.array(column.cells(rows), object), use_na_sentinel=False)
        meanings = [self.reader.read(cell) for cell in distinct]
        found = Times.of(which, meanings)
        times.when[rows], times.exact[rows] = found.when, found.exact
        bad = [number for number, meaning in enumerate(meanings) if isinstance(meaning, CellError)]
        return [(rows[which == number], as_text(distinct[number]), meanings[number]) for number in bad]
