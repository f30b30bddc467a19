"""Columns of texts nearly all of which differ, read by their shapes: office numbers that read as themselves, and times
whose days and times of day are read once each."""

import datetime as dt
import re

import numpy as np
import pandas as pd
import pyarrow as pa

from src.ingest.batch import TextColumn
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.values import A_DAY, BAD, DAY_US, EPOCH, MICROSECOND, PRECISIONS, Texts, Times
from src.ingest.readers.grid import as_text

PLAIN_ID = re.compile(r"(?:[A-Za-z][A-Za-z_/-]*)?0{1,15}(?:[A-DF-Za-df-z_/-]0{1,15})*")
DAY_AND_TIME = re.compile(
    r"0000(?:[-/.]0{1,2}[-/.]0{1,2}|年0{1,2}月0{1,2}日) (?:0{1,2}:0{1,2}(?::0{1,2})?|0{1,2}时0{1,2}分)"
)
CLOCK = re.compile("[:时]")
HOUR_US = 3_600_000_000

CellIssue = tuple[np.ndarray, str, CellError]
"""Rows, what their cells say, and why it cannot be understood."""


def read_ids(column: TextColumn, reader: CellReader) -> tuple[Texts, list[CellIssue]]:
    """Return the identifiers of a column, and which cells are none; those of a plain shape are not looked at."""
    shapes, codes = column.shapes
    odd = np.array([bool(reader.stated) or not PLAIN_ID.fullmatch(shape) for shape in shapes], bool)
    if not odd.any():
        found = Texts(column.texts)
        found.shapes = column.shapes
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

    def __init__(self, reader: CellReader) -> None:
        self.reader, grammar, column = reader, reader.grammar, reader.column
        self.by_halves = grammar.calendar == "gregorian" and not (reader.stated or grammar.formats)
        self.halves: dict[str, int] = {}
        last = dt.datetime(2101, 1, 1) - MICROSECOND
        if reader.latest and not column.may_be_future:
            last = reader.latest
        elif reader.latest and column.years_ahead:
            last = dt.datetime(reader.latest.year + column.years_ahead + 1, 1, 1) - MICROSECOND
        self.last = (last - EPOCH) // MICROSECOND

    def read(self, column: TextColumn) -> tuple[Times, list[CellIssue]]:
        """Return times, and which cells are none."""
        times = Times(np.full(len(column.texts), BAD), np.zeros(len(column.texts), np.uint8))
        shapes, codes = column.shapes
        fits = np.array([self.by_halves and bool(DAY_AND_TIME.fullmatch(shape)) for shape in shapes], bool)
        rows = np.flatnonzero(fits[codes])
        halves = pa.compute.split_pattern(column.texts.take(pa.array(rows)), " ").flatten().dictionary_encode()
        read = np.array([*map(self._half, halves.dictionary.to_pylist())], np.int64)
        days, clock = read[halves.indices.to_numpy()].reshape(-1, 2).T
        is_good = (days != BAD) & (clock != BAD) & (days + clock <= self.last)
        times.when[rows] = np.where(is_good, days + clock, BAD)
        if rounded := self.reader.notation.rounded:
            on_the_hour = np.where(clock, PRECISIONS.index("hour"), PRECISIONS.index(rounded))
            times.exact[rows] = np.where(clock % HOUR_US, 0, on_the_hour)
        return times, self._read_whole(column, times)

    def _half(self, text: str) -> int:
        """Return a day, or a time of day, in microseconds, read once; BAD where there is none, or it is the 24:00."""
        if text not in self.halves:
            is_clock = CLOCK.search(text)
            try:
                when, _ = self.reader.grammar.read(f"{A_DAY.date()} {text}" if is_clock else text)
                found = (when - (A_DAY if is_clock else EPOCH)) // MICROSECOND
            except CellError:
                found = BAD
            self.halves[text] = BAD if is_clock and found >= DAY_US else found
        return self.halves[text]

    def _read_whole(self, column: TextColumn, times: Times) -> list[CellIssue]:
        """Read what the figures do not tell, in place."""
        rows = np.flatnonzero(times.when == BAD)
        which, distinct = pd.factorize(np.array(column.cells(rows), object), use_na_sentinel=False)
        meanings = [self.reader.read(cell) for cell in distinct]
        found = Times.of(which, meanings)
        times.when[rows], times.exact[rows] = found.when, found.exact
        bad = [number for number, meaning in enumerate(meanings) if isinstance(meaning, CellError)]
        return [(rows[which == number], as_text(distinct[number]), meanings[number]) for number in bad]
