"""What follows from several cells of a row, asked of the rules once for each distinct combination."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from src.ingest.cleaning.derive import incident_follows
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.places import Places
from src.ingest.cleaning.record import Record
from src.ingest.columns.delimited import NotPlain
from src.ingest.columns.distinct import EPOCH, MICROSECOND, PRECISIONS, Distinct
from src.ingest.columns.plain import FOLLOWED, FOLLOWING, PLACE

COMBINED_BITS = 15  # of each of up to four numbers


class Combinations:
    """The rules that look at several columns; `distinct` numbers the cells of each column that a text has."""

    def __init__(self, distinct: dict[str, Distinct], constants: dict[str, Any], places: Places) -> None:
        self.distinct, self.constants, self.places = distinct, constants, places
        self.follow = Distinct(self._follows, lambda _, meaning: meaning is None)
        self.place = Distinct(self._resolves, lambda _, meaning: meaning is None)
        self.changes = np.array([(day - EPOCH.date()) // MICROSECOND for day in places.changes], np.int64)

    def combined(self, distinct: Distinct, parts: list[np.ndarray | None], odd: np.ndarray) -> np.ndarray:
        """Number the distinct combinations of parts by what a rule makes of them; mark odd those that it refuses."""
        key = np.zeros(len(odd), np.int64)
        for part in parts:
            key <<= COMBINED_BITS
            if part is not None:
                if part.max() >= (1 << COMBINED_BITS) - 1:
                    raise NotPlain("too many distinct places, kinds or counts")
                key += part + 1
        key[odd] = -1
        back, keys = pd.factorize(key)
        asked = keys >= 0
        numbers, refused = np.zeros(len(keys), np.int32), ~asked
        numbers[asked] = distinct.number_each([_parts_of(int(one), len(parts)) for one in keys[asked]])
        refused[asked] = distinct.facts[0][numbers[asked]] == 1
        odd |= refused[back]
        return numbers[back]

    def _meaning(self, name: str, number: int) -> Any:
        return self.distinct[name].meanings[number] if number >= 0 else self.constants.get(name)

    def _follows(self, combo: tuple[int, ...]) -> tuple | None:
        """Return kind, group, count, precision as the rule completes them; nothing where it refuses or lacks one."""
        stated = {name: self._meaning(name, number) for name, number in zip(FOLLOWING, combo, strict=False)}
        stated = {name: value for name, value in stated.items() if value is not None}
        reported = {"reported_at": (dt.datetime(2020, 1, 1), PRECISIONS[combo[-1]])}
        record = Record("", "", 0, [], self.constants | stated | reported)
        try:
            incident_follows(record, None)
        except CellError:
            return None
        found = tuple(record.values.get(name) for name in FOLLOWED)
        return None if None in found or found[-1] != PRECISIONS[combo[-1]] else found

    def _resolves(self, combo: tuple[int, int, int]) -> tuple | None:
        street, community, period = combo
        stated = [self._meaning(name, number) or "" for name, number in zip(PLACE, (street, community), strict=True)]
        try:
            return self.places.resolve(*stated, "", self._day_in(period))
        except CellError:
            return None

    def _day_in(self, period: int) -> dt.date:
        """Return a day of a period in which the register stays as it is; the first ends with its first change."""
        changes = self.places.changes or [EPOCH.date()]
        return changes[period - 1] if period > 0 else changes[0] - dt.timedelta(days=1)


def _parts_of(key: int, count: int) -> tuple[int, ...]:
    """Return the numbers that a key was combined of; -1 for a part that the delivery does not have."""
    least = (1 << COMBINED_BITS) - 1
    return tuple((key >> COMBINED_BITS * place & least) - 1 for place in reversed(range(count)))
