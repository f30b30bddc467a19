"""The cells of one column, each distinct one read once by the one reader there is; rows hold the numbers of cells."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import vocabulary
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.issue import CellError
from src.ingest.columns.delimited import NotPlain
from src.ingest.columns.shapes import by_shape, numbers_of
from src.ingest.columns.sheet import Cells

MOST_DISTINCT = 1_000_000  # beyond it, memory would grow with the file
DIGIT = re.compile("[0-9]")
DAY = re.compile(r"\d{4}(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日)", re.ASCII)
TIME = re.compile(r"\d{1,2}:\d{1,2}(?::\d{1,2})?|\d{1,2}时\d{1,2}分", re.ASCII)
MICROSECOND = dt.timedelta(microseconds=1)
EPOCH = dt.datetime(1970, 1, 1)
NONE, BAD = np.iinfo(np.int64).min, np.iinfo(np.int64).min + 1  # moments that are none: nothing stated, not understood
NO_HALF = BAD // 2  # two of them are still a moment that is none


def coded(cells: pa.Array | Cells) -> tuple[list, np.ndarray]:
    """Return the distinct cells of a column and which of them each row has."""
    if isinstance(cells, Cells):
        return cells.dictionary, cells.indices
    if not isinstance(cells, pa.DictionaryArray):
        cells = cells.dictionary_encode()
    return cells.dictionary.to_pylist(), cells.indices.to_numpy(zero_copy_only=False)


class Distinct:
    """Numbers the distinct cells of a column, and keeps for each a meaning and facts as numbers."""

    def __init__(
        self, meaning: Callable[[Any], Any], *facts: Callable[[Any, Any], int], dtype: type = np.uint8
    ) -> None:
        self.meaning, self._facts = meaning, facts
        self._numbers: dict[Any, int] = {}
        self.meanings: list = []
        self.facts = [np.zeros(0, dtype) for _ in facts]

    def number(self, cells: pa.Array) -> np.ndarray:
        """Return the number of each cell of a column."""
        distinct, rows = coded(cells)
        return self.number_each(distinct, typed=isinstance(cells, Cells)).take(rows)

    def number_each(self, cells: list, *, typed: bool = False) -> np.ndarray:
        """Return the numbers of distinct cells; those that are not all texts are told apart by type as well."""
        keys = [cell if isinstance(cell, str) else (type(cell), cell) for cell in cells] if typed else cells
        found = list(map(self._numbers.get, keys))
        if None in found:
            self._add([(keys[place], cells[place]) for place, number in enumerate(found) if number is None])
            found = list(map(self._numbers.get, keys))
        return np.array(found, np.int32)

    def _add(self, new: list[tuple]) -> None:
        for key, cell in new:
            self._numbers[key] = len(self._numbers)
            self.meanings.append(self.meaning(cell))
        if len(self._numbers) > MOST_DISTINCT:
            raise NotPlain("too many distinct cells in a column")
        told = [(cell, meaning) for (_, cell), meaning in zip(new, self.meanings[-len(new) :], strict=True)]
        for place, (fact, known) in enumerate(zip(self._facts, self.facts, strict=True)):
            more = np.array([fact(*both) for both in told], known.dtype)
            self.facts[place] = np.concatenate([known, more])


class Moments:
    """A column of dates and times: the days and the times of day of `day time` cells are read apart.

    The grammar reads both halves of such a cell independently of each other, so the sum of two distinct readings is
    the reading of the cell. Every other cell is read whole.
    """

    def __init__(self, reader: CellReader, marks: Callable[[Any, Any], int]) -> None:
        self.whole = Distinct(reader.read, _microseconds, _precision, marks, dtype=np.int64)
        self.halves: dict[str, Distinct] = {}
        self.reader, self.first = reader, f"{int(vocabulary.threshold('earliest_year'))}-01-01"
        self.start = _microseconds("", reader.read(self.first))
        self.by_halves = not (reader.stated or reader.grammar.formats) and reader.grammar.calendar == "gregorian"
        self.latest = (
            _microseconds("", (reader.latest, "")) if reader.latest and not reader.column.may_be_future else None
        )

    def read(self, cells: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return each cell's moment in microseconds (`NONE`: nothing, `BAD`: not understood), precision and marks.

        Marks are asked of what is read whole: what is read by halves is a date and nothing else.
        """
        if isinstance(cells, Cells) and self.by_halves:
            return tuple(told[cells.indices] for told in self._of_any_type(cells.dictionary))
        when, precision, marks = np.full(len(cells), BAD), *np.zeros((2, len(cells)), np.uint8)
        if self.by_halves:
            for rows, places in by_shape(cells):
                day, _, time = bytes(places[:, 0]).decode().partition(" ")
                if DAY.fullmatch(day) and TIME.fullmatch(time):
                    middle = len(day.encode())
                    days, _ = self._half("", day, places[:middle])
                    times, precision[rows] = self._half(f"{self.first} ", time, places[middle + 1 :])
                    when[rows] = days + times - self.start
            when[when < NO_HALF // 2] = BAD
            if self.latest is not None:
                when[when > self.latest] = BAD
        rest = np.flatnonzero(when == BAD)
        if len(rest):
            numbers = self.whole.number(cells.take(pa.array(rest)))
            when[rest], precision[rest], marks[rest] = (facts[numbers] for facts in self.whole.facts)
        return when, precision, marks

    def _half(self, before: str, shape: str, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return moments and precisions of texts of one shape, each read with what stands before it."""
        shape, length = DIGIT.subn("{}", shape)
        if shape not in self.halves:
            self.halves[shape] = Distinct(
                lambda number: self.reader.read(before + shape.format(*f"{number:0{length}}")),
                lambda _, meaning: max(_microseconds("", meaning), NO_HALF), _precision, dtype=np.int64,
            )  # fmt: skip
        which, distinct = pd.factorize(numbers_of(places))
        numbers = self.halves[shape].number_each(distinct.tolist())
        when, precision = (facts.take(numbers) for facts in self.halves[shape].facts)
        return when.take(which), precision.astype(np.uint8).take(which)

    def _of_any_type(self, cells: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what distinct cells of a sheet say; those of type date as texts that read as they do."""
        texts = pa.array(map(_as_written, cells), pa.string())
        others = np.flatnonzero(texts.is_null())
        told = self.read(texts.fill_null(""))
        numbers = self.whole.number_each([cells[place] for place in others], typed=True)
        for known, facts in zip(told, self.whole.facts, strict=True):
            known[others] = facts[numbers]
        return told


def _as_written(cell: Any) -> str | None:
    """Return a text, and for a date the text that reads as it does; nothing for any other cell."""
    if isinstance(cell, dt.date) and not (getattr(cell, "microsecond", 0) or getattr(cell, "tzinfo", None)):
        return str(cell).removesuffix(" 00:00:00")
    return cell if isinstance(cell, str) else None


PRECISIONS = ("minute", "hour", "day", "month")


def _microseconds(_: Any, meaning: Any) -> int:
    if meaning is None:
        return NONE
    if isinstance(meaning, CellError):
        return BAD
    return (meaning[0] - EPOCH) // MICROSECOND


def _precision(_: Any, meaning: Any) -> int:
    return PRECISIONS.index(meaning[1]) if isinstance(meaning, tuple) else 0
