"""One record of a delivery, and why something delivered cannot be understood."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from src.ingest.readers.grid import as_text

Origin = tuple[int, str, str]
"""The number of a delivery, a file and a sheet of it."""


class Unreadable(ValueError):
    """What is delivered cannot be understood: a reason of `sentences_clean.yml` and the words it needs."""

    def __init__(self, reason: str, /, **words: Any) -> None:
        super().__init__(reason)
        self.reason, self.words = reason, words

    def kept(self) -> "Unreadable":
        """Return it without the frames that it was raised in, which would keep all that they hold."""
        self.__traceback__ = self.__context__ = None
        return self


@dataclass
class Record:
    """One record: where it stands, its raw cells, its values, what identifies it and what is wrong with it."""

    file: str
    sheet: str
    line: int
    raw: list
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str, Unreadable]] = field(default_factory=list)
    received: dt.date | None = None
    key: tuple | None = None
    part: int = 0  # the number of its delivery
    helpers: dict[str, object] = field(default_factory=dict)

    @property
    def origin(self) -> Origin:
        """The number of its delivery, its file and sheet."""
        return self.part, self.file, self.sheet

    @property
    def cells(self) -> list[str]:
        """Its cells as they were delivered."""
        return [as_text(cell) for cell in self.raw]

    def refuse(self, column: str, value: object, reason: str, /, **words: Any) -> None:
        """Note a problem with a column of this record."""
        self.problems.append((column, as_text(value), Unreadable(reason, **words)))
