"""Why something delivered cannot be understood, and which row is set aside for it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from src.codebook import vocabulary


class CellError(ValueError):
    """A cell, or several together, cannot be understood: the code of its sentence, and the words it needs."""

    def __init__(self, code: str, /, **words: Any) -> None:
        super().__init__(code)
        self.code, self.words = code, words

    def kept(self) -> "CellError":
        """Return it without the frames that it was raised in, which would keep all that they hold."""
        self.__traceback__ = self.__context__ = None
        return self


@dataclass(frozen=True)
class Issue:
    """Why rows are set aside: the column and the value that are wrong, the code of the reason and its words."""

    column: str
    value: str
    code: str
    words: dict[str, Any]


class Issues:
    """The first issue of each row of a batch."""

    def __init__(self, count: int) -> None:
        self._reason = np.full(count, -1, np.int32)
        self._reasons: list[Issue] = []

    def take(self, rows: np.ndarray) -> "Issues":
        """Return the issues of some rows, to which others can be added."""
        other = Issues(0)
        other._reason, other._reasons = self._reason[rows], list(self._reasons)
        return other

    @property
    def rows(self) -> np.ndarray:
        """Return which rows have one."""
        return self._reason >= 0

    def add(self, rows: np.ndarray, column: str, value: str, error: CellError) -> None:
        """Note an issue with rows, those that have one already left out."""
        new = rows[self._reason[rows] < 0]
        if len(new):
            self._reason[new] = len(self._reasons)
            self._reasons.append(Issue(column, value, error.code, error.words))

    def add_one(self, row: int, column: str, value: str, error: CellError) -> None:
        """Note an issue with one row, if it has none."""
        self.add(np.array([row]), column, value, error)

    def of(self, rows: np.ndarray) -> list[Issue]:
        """Return the issues of rows that have one."""
        return [self._reasons[number] for number in self._reason[rows].tolist()]


def explained(code: str, **words: Any) -> dict[str, str]:
    """Return a reason's code with its sentence in both languages."""
    return {
        "code": code,
        "reason": vocabulary.sentence(code, "en", **words),
        "reason_zh": vocabulary.sentence(code, "zh", **words),
    }
