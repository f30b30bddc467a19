"""What follows from several cells of a row, asked of the rules once for each distinct combination."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from src.analysis.clean.delimited import NotPlain
from src.analysis.clean.distinct import PRECISIONS, Distinct
from src.analysis.clean.follows import incident_follows
from src.analysis.clean.places import Places
from src.analysis.clean.plain import FOLLOWED, FOLLOWING, PLACE
from src.analysis.clean.records import Record
from src.analysis.clean.unreadable import Unreadable

COMBINED_BITS = 15  # of each of up to four numbers


class Combinations:
    """The rules that look at several columns; `distinct` numbers the cells of each column that a text has."""

    def __init__(self, distinct: dict[str, Distinct], constants: dict[str, Any], places: Places) -> None:
        self.distinct, self.constants, self.places = distinct, constants, places
        self.follow = Distinct(self._follows, lambda _, meaning: meaning is None)
        self.place = Distinct(self._resolves, lambda _, meaning: meaning is None)

    def combined(self, distinct: Distinct, parts: list[np.ndarray | None], odd: np.ndarray) -> np.ndarray:
        """Number the distinct combinations of parts by what a rule makes of them; mark odd those that it refuses."""
        wanted = np.flatnonzero(~odd)
        given = [
            np.zeros(len(wanted), np.int64) - 1 if part is None else part[wanted].astype(np.int64) for part in parts
        ]
        key = np.zeros(len(wanted), np.int64)
        for part in given:
            if len(part) and not -1 <= part.min() <= part.max() < (1 << COMBINED_BITS) - 1:
                raise NotPlain("too many distinct places, kinds or counts")
            key = (key << COMBINED_BITS) + part + 1
        back, distinct_keys = pd.factorize(key)
        combos = [_parts_of(int(one), len(given)) for one in distinct_keys]
        numbers = distinct.number_each(combos)
        found = np.zeros(len(odd), np.int32)
        found[wanted] = numbers[back]
        odd[wanted] |= distinct.facts[0][found[wanted]] == 1
        return found

    def _meaning(self, name: str, number: int) -> Any:
        return self.distinct[name].meanings[number] if number >= 0 else self.constants.get(name)

    def _record(self, values: dict) -> Record:
        return Record("", "", 0, [], {**self.constants, **values})

    def _follows(self, combo: tuple[int, ...]) -> tuple | None:
        """Return kind, group, count, precision as the rule completes them; nothing where it refuses or lacks one."""
        stated = {name: self._meaning(name, number) for name, number in zip(FOLLOWING, combo, strict=False)}
        record = self._record({name: value for name, value in stated.items() if value is not None})
        record.values["reported_at"] = (dt.datetime(2020, 1, 1), PRECISIONS[combo[-1]])
        try:
            incident_follows(record, None)
        except Unreadable:
            return None
        found = tuple(record.values.get(name) for name in FOLLOWED)
        return None if None in found or found[-1] != PRECISIONS[combo[-1]] else found

    def _resolves(self, combo: tuple[int, int, int]) -> tuple | None:
        street, community, day = combo
        stated = [self._meaning(name, number) or "" for name, number in zip(PLACE, (street, community), strict=True)]
        try:
            return self.places.resolve(*stated, "", dt.date(1970, 1, 1) + dt.timedelta(days=max(day, 0)))
        except Unreadable:
            return None


def _parts_of(key: int, count: int) -> tuple[int, ...]:
    """Return the numbers that a key was combined of; -1 for a part that the delivery does not have."""
    least = (1 << COMBINED_BITS) - 1
    return tuple((key >> COMBINED_BITS * place & least) - 1 for place in reversed(range(count)))
