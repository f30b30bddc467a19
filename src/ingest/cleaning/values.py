"""The values of a batch by column, and the rules that look at several: what follows, what cannot be true together."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import vocabulary
from src.ingest.batch import CellError, TextColumn, hashes_of
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import plainly
from src.ingest.readers.grid import as_text

EPOCH, MICROSECOND = dt.datetime(1970, 1, 1), dt.timedelta(microseconds=1)
DAY_US = 86_400_000_000
NONE, BAD = np.iinfo(np.int64).min, np.iinfo(np.int64).min + 1  # times that are none: nothing stated, not understood
PRECISIONS = ("minute", "hour", "day", "month")
HOUR = re.compile(r"\s*(\d{1,2})\s*(?:[:时点~—–-].*)?")
A_DAY = dt.datetime(2020, 1, 1)  # stands for a time of which a rule looks at the precision alone


class Values(dict):
    """What the cells of a batch mean, by column: `Coded`, `Times` or, of identifiers, `Texts`.

    All kinds have the same methods, and a column that there is not holds nothing.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def __missing__(self, name: str) -> "Coded":
        return Coded(np.zeros(self.count, np.int32), [None])


@dataclass
class Coded:
    """Values of which there are few: the code of each row, and what each code means."""

    codes: np.ndarray
    meanings: list

    def holds(self, test: Callable[[Any], bool]) -> np.ndarray:
        """Return for which rows something holds of what they mean."""
        return np.fromiter(map(test, self.meanings), bool, len(self.meanings))[self.codes]

    def missing(self) -> np.ndarray:
        """Return which rows have no value."""
        return self.holds(lambda meaning: meaning is None)

    def value(self, row: int) -> Any:
        """Return the value of a row; nothing where there is none, or none that can be understood."""
        found = self.meanings[self.codes[row]]
        return None if isinstance(found, CellError) else found

    seen = value

    def hashes(self) -> np.ndarray:
        """Return a number for each row; equal values have equal ones."""
        texts = ["" if meaning is None else str(meaning) for meaning in self.meanings]
        return hashes_of(np.array(texts, object))[self.codes]

    def filled(self, _: "Coded") -> "Coded":
        """Return itself: its cells were read as what fills them."""
        return self


@dataclass
class Times:
    """Days and times in microseconds, and the number of the precision of each."""

    when: np.ndarray
    exact: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, meanings: list) -> "Times":
        """Return the times of rows by the codes of what their cells mean."""
        which, distinct = pd.factorize(codes)
        found = [meanings[code] for code in distinct.tolist()]
        when, exact = np.array([*map(micros, found)], np.int64), np.array([*map(precision_of, found)], np.uint8)
        return cls(when[which], exact[which])

    def missing(self) -> np.ndarray:
        """Return which rows have no value."""
        return self.when == NONE

    def value(self, row: int) -> dt.datetime | None:
        """Return the value of a row; nothing where there is none, or none that can be understood."""
        return None if self.when[row] <= BAD else EPOCH + int(self.when[row]) * MICROSECOND

    def hashes(self) -> np.ndarray:
        """Return a number for each row; equal values have equal ones."""
        return self.when.view(np.uint64)

    def filled(self, other: "Times") -> "Times":
        """Return the column with what another one has where it has nothing."""
        return Times(*(np.where(self.missing(), b, a) for a, b in ((self.when, other.when), (self.exact, other.exact))))

    @property
    def codes(self) -> np.ndarray:
        """Return what a rule looks at, as numbers."""
        return self.exact.astype(np.int64) * 2 + (self.when <= BAD)

    def seen(self, row: int) -> tuple[dt.datetime, str] | None:
        """Return what a rule looks at in a row."""
        return None if self.when[row] <= BAD else (A_DAY, PRECISIONS[self.exact[row]])


class Texts(TextColumn):
    """Identifiers, nearly all distinct: a rule sees whether there is one."""

    def missing(self) -> np.ndarray:
        """Return which rows have no value."""
        return self.texts.is_null().to_numpy(zero_copy_only=False)

    def value(self, row: int) -> str | None:
        """Return the value of a row; nothing where there is none, or none that can be understood."""
        return self.texts[row].as_py()

    def filled(self, other: "Texts") -> "Texts":
        """Return the column with what another one has where it has nothing."""
        return Texts(pa.compute.coalesce(self.texts, other.texts))

    @property
    def codes(self) -> np.ndarray:
        """Return what a rule looks at, as numbers."""
        return (~self.missing()).astype(np.int64)

    def seen(self, row: int) -> bool:
        """Return what a rule looks at in a row."""
        return self.texts[row].is_valid


def micros(meaning: Any) -> int:
    """Return what a date or time reads as, in microseconds."""
    return NONE if meaning is None else BAD if isinstance(meaning, CellError) else (meaning[0] - EPOCH) // MICROSECOND


def precision_of(meaning: Any) -> int:
    """Return the number of a time's precision."""
    return PRECISIONS.index(meaning[1]) if isinstance(meaning, tuple) else 0


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
            which, distinct = pd.factorize(numbers * width + part)
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


# A flag of a project, the column that shows it to be true, and what is wrong where it is stated not to be.
SHOWN = {
    "residents_took_part": ("residents_count", "residents_contradict"),
    "organisations_took_part": ("organisation_kinds", "organisations_contradict"),
}


def complete_incident(values: dict[str, Any], helpers: dict[str, object], month: CellReader | None) -> None:
    """Fill an incident's precision, its count of 1, its group; raises `CellError` where that cannot be told.

    Times are pairs of a time and its precision; `helpers` are cells that belong to no column of the table, such as the
    hour in one of its own, or the month, which `month` reads.
    """
    if month is not None and values.get("reported_at") is None:
        found = month.read(helpers["month"])
        if isinstance(found, CellError):
            raise CellError(found.code, column="month", **found.words)
        values["reported_at"] = found and (found[0].replace(day=1), "month")
    if as_text(helpers.get("occurred_hour", "")).strip():
        _add_hour(values, helpers["occurred_hour"])
    if values.get("reported_at") is not None:
        values["precision"] = values["reported_at"][1]
    event = values.get("incident_id") and "incident_count" not in values  # it has a number of its own: it is one
    if values.get("incident_count") is None and (event or values.get("precision") != "month"):
        values["incident_count"] = 1
    kind = vocabulary.current().kinds.get(values.get("kind") or "", {})
    if values.get("group") is None and kind:
        if "group" not in kind:
            raise CellError("group_unknown", column="group")
        values["group"] = kind["group"]


def _add_hour(values: dict, cell: object) -> None:
    """Add the hour that a column of its own states to the day that it belongs to."""
    hour = read_hour(cell)
    name = "occurred_at" if values.get("occurred_at") is not None else "reported_at"
    if values.get(name) is not None and values[name][1] == "day":
        values[name] = (values[name][0].replace(hour=hour), "hour")


def read_hour(cell: object) -> int:
    """Return the hour that an hour range begins with (`16~18` → 16, `下午3点` → 15); raises `CellError`."""
    if isinstance(cell, (dt.time, dt.datetime)):
        return cell.hour
    match = HOUR.fullmatch(plainly(vocabulary.normal(as_text(cell)))[0])
    if not match or int(match[1]) > 24:
        raise CellError("not_an_hour", column="occurred_hour")
    return int(match[1]) % 24


def contradictions(values: dict[str, Any]) -> Iterator[tuple[str, str, CellError]]:
    """Yield column, value and reason of what cannot be true together.

    Times are compared by day, since either may lack its time of day.
    """
    happened, received = values.get("occurred_at"), values.get("reported_at")
    if happened and received and happened.date() > received.date():
        yield "occurred_at", as_text(happened), CellError("occurred_after_report", other=received)
    started, ended = values.get("started_on"), values.get("ended_on")
    if started and ended and ended < started:
        yield "ended_on", f"{ended:%Y-%m-%d}", CellError("ended_before_start", other=f"{started:%Y-%m-%d}")
    for flag, (shown, code) in SHOWN.items():
        if values.get(flag) is False and values.get(shown):
            yield flag, "否", CellError(code, other=values[shown])
