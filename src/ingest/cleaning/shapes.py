"""Columns of texts nearly all of which differ, read by their shapes: office numbers that read as themselves, and times
whose days and times of day are read once each."""

import datetime as dt
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import vocabulary
from src.ingest.batch import TextColumn, digits_of
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.values import BAD, DAY_US, EPOCH, MICROSECOND, PRECISIONS, Texts, Times
from src.ingest.readers.grid import as_text

PLAIN_ID = re.compile(r"(?:[A-Za-z][A-Za-z_/-]*)?0{1,15}(?:[A-DF-Za-df-z_/-]0{1,15})*")
DAY = re.compile(r"0000(?:[-/.]0{1,2}[-/.]0{1,2}|年0{1,2}月0{1,2}日)")
TIME = re.compile(r"0{1,2}:0{1,2}(?::0{1,2})?|0{1,2}时0{1,2}分")
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
    """Reads a column of times: `day time` texts by their figures, all others one by one."""

    def __init__(self, reader: CellReader) -> None:
        self.reader, grammar, column = reader, reader.grammar, reader.column
        self.by_figures = grammar.calendar == "gregorian" and not (reader.stated or grammar.formats)
        self.first_year, last = int(vocabulary.threshold("earliest_year")), dt.datetime(2101, 1, 1) - MICROSECOND
        if reader.latest and not column.may_be_future:
            last = reader.latest
        elif reader.latest and column.years_ahead:
            last = dt.datetime(reader.latest.year + column.years_ahead + 1, 1, 1) - MICROSECOND
        self.last = (last - EPOCH) // MICROSECOND

    def read(self, column: TextColumn) -> tuple[Times, list[CellIssue]]:
        """Return times, and which cells are none."""
        times = Times(np.full(len(column.texts), BAD), np.zeros(len(column.texts), np.uint8))
        for day, time, rows, places in _halves_of(column) if self.by_figures else ():
            middle = len(day.encode())
            days, clock = _days(places[:middle], day, self.first_year), _clock(places[middle + 1 :], time)
            is_good = (days != BAD) & (clock != BAD) & (days + clock <= self.last)
            times.when[rows] = np.where(is_good, days + clock, BAD)
            if rounded := self.reader.notation.rounded:
                on_the_hour = np.where(clock, PRECISIONS.index("hour"), PRECISIONS.index(rounded))
                times.exact[rows] = np.where(clock % HOUR_US, 0, on_the_hour)
        return times, self._read_whole(column, times)

    def _read_whole(self, column: TextColumn, times: Times) -> list[CellIssue]:
        """Read what the figures do not tell, in place."""
        rows = np.flatnonzero(times.when == BAD)
        which, distinct = pd.factorize(np.array(column.cells(rows), object), use_na_sentinel=False)
        meanings = [self.reader.read(cell) for cell in distinct]
        found = Times.of(which, meanings)
        times.when[rows], times.exact[rows] = found.when, found.exact
        bad = [number for number, meaning in enumerate(meanings) if isinstance(meaning, CellError)]
        return [(rows[which == number], as_text(distinct[number]), meanings[number]) for number in bad]


def _figures(places: np.ndarray, shape: str) -> list[np.ndarray]:
    """Return the numbers in texts of one shape, in their order."""
    runs = re.finditer(b"0+", shape.encode())
    return [digits_of(places[slice(*run.span())], run[0]).astype(np.int64) for run in runs]


def _days(places: np.ndarray, shape: str, first_year: int) -> np.ndarray:
    """Return days in microseconds; BAD where there is no such day, or it lies before a year."""
    year, month, day = _figures(places, shape)
    months = ((year - 1970) * 12 + month - 1).view("M8[M]")
    days = months.astype("M8[D]") + (day - 1)
    is_good = (year >= first_year) & (month >= 1) & (month <= 12) & (days.astype("M8[M]") == months)
    return np.where(is_good, days.astype(np.int64) * DAY_US, BAD)


def _clock(places: np.ndarray, shape: str) -> np.ndarray:
    """Return times of day in microseconds; BAD where there is no such time, or it is the 24:00 of a day."""
    hour, minute, second = [*_figures(places, shape), np.int64(0)][:3]
    is_good = (hour < 24) & (minute < 60) & (second < 60)
    return np.where(is_good, hour * HOUR_US + (minute * 60 + second) * 1_000_000, BAD)


def _halves_of(column: TextColumn) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Yield the shapes of day and time, the rows and the bytes of texts that are a day, a space and a time."""
    halves = [shape.partition(" ") for shape in column.shapes[0]]
    fit = [bool(DAY.fullmatch(day) and TIME.fullmatch(time)) for day, _, time in halves]
    for number, rows, places in column.by_shape(fit.__getitem__):
        day, _, time = halves[number]
        yield day, time, rows, places
