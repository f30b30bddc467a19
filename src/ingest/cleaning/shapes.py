"""Columns of texts nearly all of which differ, read by their shapes: office numbers that read as themselves, and times
whose days and times of day are read once each."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import vocabulary
from src.ingest.batch import TextColumn, digits_of
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.values import BAD, EPOCH, MICROSECOND, Texts, Times, micros, precision_of
from src.ingest.readers.grid import as_text

PLAIN_ID = re.compile(r"(?:[A-Za-z][A-Za-z_/-]*)?0{1,15}(?:[A-DF-Za-df-z_/-]0{1,15})*")
DAY = re.compile(r"0000(?:[-/.]0{1,2}[-/.]0{1,2}|年0{1,2}月0{1,2}日)")
TIME = re.compile(r"0{1,2}:0{1,2}(?::0{1,2})?|0{1,2}时0{1,2}分")
LEAST = 1 << 61  # no sum of a good and a bad half reaches it

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
    """Reads a column of times: `day time` texts by their halves, all others whole."""

    def __init__(self, reader: CellReader) -> None:
        self.reader, grammar = reader, reader.grammar
        self.first_day = f"{int(vocabulary.threshold('earliest_year'))}-01-01"
        self.by_halves = grammar.calendar == "gregorian" and not (reader.stated or grammar.formats)
        self._known: dict[tuple[str, str], dict[int, tuple[int, int]]] = {}  # halves that were seen, by their shape

    def read(self, column: TextColumn) -> tuple[Times, list[CellIssue]]:
        """Return times, and which cells are none."""
        count = len(column.texts)
        when, exact = np.full(count, BAD), np.zeros(count, np.uint8)
        if self.by_halves:
            start = micros(self.reader.read(self.first_day))
            for day, time, rows, places in _halves_of(column):
                middle = len(day.encode())
                days, _ = self._half("", day, places[:middle])
                times, exact[rows] = self._half(f"{self.first_day} ", time, places[middle + 1 :])
                when[rows] = days + times - start
            when[when < -LEAST] = BAD
            if self.reader.latest and not self.reader.column.may_be_future:
                when[when > (self.reader.latest - EPOCH) // MICROSECOND] = BAD
        times = Times(when, exact)
        return times, self._read_whole(column, times)

    def _read_whole(self, column: TextColumn, times: Times) -> list[CellIssue]:
        """Read what the halves do not tell, in place."""
        rows = np.flatnonzero(times.when == BAD)
        which, distinct = pd.factorize(np.array(column.cells(rows), object), use_na_sentinel=False)
        meanings = [self.reader.read(cell) for cell in distinct]
        found = Times.of(which, meanings)
        times.when[rows], times.exact[rows] = found.when, found.exact
        bad = [number for number, meaning in enumerate(meanings) if isinstance(meaning, CellError)]
        return [(rows[which == number], as_text(distinct[number]), meanings[number]) for number in bad]

    def _half(self, before: str, shape: str, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return times and precisions of texts of one shape, each distinct one read with what stands before it."""
        which, distinct = pd.factorize(digits_of(places, shape.encode()))
        known, digits = self._known.setdefault((before, shape), {}), shape.count("0")
        written = shape.replace("0", "{}")
        for number in set(distinct.tolist()).difference(known):
            meaning = self.reader.read(before + written.format(*f"{number:0{digits}}"))
            known[number] = max(micros(meaning), 1 - 2 * LEAST), precision_of(meaning)
        when, exact = np.array([known[number] for number in distinct.tolist()], np.int64).reshape(-1, 2).T
        return when[which], exact.astype(np.uint8)[which]


def _halves_of(column: TextColumn) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Yield the shapes of day and time, the rows and the bytes of texts that are a day, a space and a time."""
    halves = [shape.partition(" ") for shape in column.shapes[0]]
    fit = [bool(DAY.fullmatch(day) and TIME.fullmatch(time)) for day, _, time in halves]
    for number, rows, places in column.by_shape(fit.__getitem__):
        day, _, time = halves[number]
        yield day, time, rows, places
