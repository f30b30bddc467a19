"""The values of a batch by column, and the rules that look at several of them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from src.ingest.batch import TextColumn, factorize
from src.ingest.cleaning.issue import CellError

EPOCH, MICROSECOND = dt.datetime(1970, 1, 1), dt.timedelta(microseconds=1)
DAY_US = 86_400_000_000
NONE, BAD = np.iinfo(np.int64).min, np.iinfo(np.int64).min + 1  # times that are none: nothing stated, not understood
PRECISIONS = ("minute", "hour", "day", "month")


@dataclass
class Values:
    """What the cells of a batch mean: a column is codes of meanings, or times with their precision, or texts."""

    count: int
    coded: dict[str, tuple[np.ndarray, list]] = field(default_factory=dict)
    times: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    texts: dict[str, TextColumn] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the columns that there are."""
        return [*self.coded, *self.times, *self.texts]

    def missing(self, name: str) -> np.ndarray:
        """Return which rows have no value in a column."""
        if name in self.times:
            return self.times[name][0] == NONE
        if name in self.texts:
            return self.texts[name].texts.is_null().to_numpy(zero_copy_only=False)
        return self.mask(name, lambda meaning: meaning is None)

    def mask(self, name: str, holds: Callable[[Any], bool]) -> np.ndarray:
        """Return for which rows something holds of the meaning that they have in a coded column."""
        codes, meanings = self.coded.get(name, (np.zeros(self.count, np.int32), [None]))
        return np.fromiter(map(holds, meanings), bool, len(meanings))[codes]

    def value(self, name: str, row: int) -> Any:
        """Return the value of a column in a row; nothing where there is none, or none that can be understood."""
        if name in self.times:
            when = int(self.times[name][0][row])
            return None if when <= BAD else time_of(when)
        if name in self.texts:
            return self.texts[name].texts[row].as_py()
        codes, meanings = self.coded.get(name, (None, None))
        found = None if codes is None else meanings[int(codes[row])]
        return None if isinstance(found, CellError) else found

    def hashes(self, name: str) -> np.ndarray:
        """Return a number for the value of a column in each row; equal values have equal ones."""
        if name in self.texts:
            return self.texts[name].hashes()
        if name in self.times:
            return self.times[name][0].view(np.uint64)
        codes, meanings = self.coded.get(name, (np.zeros(self.count, np.int32), [None]))
        texts = ["" if meaning is None else str(meaning) for meaning in meanings]
        return TextColumn(pa.array(texts, pa.string())).hashes()[codes]

    def fill_time(self, name: str, when: Any) -> None:
        """Put a time where none is stated."""
        stated, exact = self.times.get(name, (np.full(self.count, NONE), np.zeros(self.count, np.uint8)))
        none = stated == NONE
        self.times[name] = np.where(none, micros(when), stated), np.where(none, precision_of(when), exact)


def micros(meaning: Any) -> int:
    """Return what a date or time reads as, in microseconds."""
    return NONE if meaning is None else BAD if isinstance(meaning, CellError) else (meaning[0] - EPOCH) // MICROSECOND


def time_of(when: int) -> dt.datetime:
    """Return the time of microseconds."""
    return EPOCH + when * MICROSECOND


def precision_of(meaning: Any) -> int:
    """Return the number of a time's precision."""
    return PRECISIONS.index(meaning[1]) if isinstance(meaning, tuple) else 0


def times_of(codes: np.ndarray, meanings: list) -> tuple[np.ndarray, np.ndarray]:
    """Return the time of each row and its precision, by the codes of what its cells mean."""
    which, distinct = factorize(codes)
    found = [meanings[code] for code in distinct.tolist()]
    return np.array([*map(micros, found)], np.int64)[which], np.array([*map(precision_of, found)], np.uint8)[which]


class Rule:
    """A rule that looks at several columns, asked once for each distinct combination of their codes in a sheet."""

    def __init__(self, *names: str) -> None:
        self.values: dict[str, list] = {name: [] for name in names}
        self.errors: list[CellError | None] = []
        self._seen: dict[int, dict[tuple, int]] = defaultdict(dict)

    def codes(self, parts: list[np.ndarray], ask: Callable[[int], dict]) -> np.ndarray:
        """Return which answer each row has; `ask` is given one row for each combination that is new."""
        numbers = np.zeros(len(parts[0]), np.int64)
        for level, part in enumerate(parts):
            width = int(part.max(initial=0)) + 1
            is_last = level == len(parts) - 1
            which, distinct = (pd.factorize if is_last else factorize)(numbers * width + part)
            keys, seen = zip(*divmod(distinct, width), strict=True), self._seen[level]
            numbers = np.array([seen.setdefault(key, len(seen)) for key in keys], np.int64)[which]
        new = np.flatnonzero(numbers >= len(self.errors))
        for row in new[np.unique(numbers[new], return_index=True)[1]].tolist():
            try:
                found, error = ask(row), None
            except CellError as refused:
                found, error = {}, refused.kept()
            self.errors.append(error)
            for name, values in self.values.items():
                values.append(found.get(name))
        return numbers

    def refused(self, codes: np.ndarray) -> np.ndarray:
        """Return the rows that the rule refuses, by their codes."""
        refused = np.fromiter((error is not None for error in self.errors), bool, len(self.errors))
        return np.flatnonzero(refused[codes])
