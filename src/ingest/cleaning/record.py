"""One record of a delivery."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from src.ingest.cleaning.issue import CellError
from src.ingest.readers.grid import as_text

Origin = tuple[int, str, str]
"""The number of a delivery, a file and a sheet of it."""

Unreadable = CellError  # until all modules say so


@dataclass
class Record:
    """One record: where it stands, its raw cells, its values, what identifies it and what is wrong with it."""

    file: str
    sheet: str
    line: int
    raw: list
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str, CellError]] = field(default_factory=list)
    received: dt.date | None = None
    key: tuple | None = None
    part: int = 0  # the number of its delivery
    column: int | None = None  # of a wide table, where its number stands
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
        self.problems.append((column, as_text(value), CellError(reason, **words)))
