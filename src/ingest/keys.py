"""What tells the rows of one table apart: what its key states, else its whole line."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from src.ingest.batch import Batch, TextColumn, hash_of, mixed
from src.ingest.cleaning.table import TableReader
from src.ingest.cleaning.values import Values
from src.ingest.readers.grid import Line, as_text


class Keys:
    """The key of one table's rows; that of a count of a month has the month as a part."""

    def __init__(self, table: TableReader) -> None:
        self.publisher, self.key, self.block = table.source.publisher, table.key, table.block
        self.by_kind = bool(table.kinds)  # a column for each, which is a part of the key

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the clean columns that identify a row; none where a delivered column beside them does."""
        return () if any(position is not None for position in self.key.values()) else tuple(self.key)

    def of_line(self, line: Line, value: Callable[[str], Any]) -> tuple:
        """Return what identifies a row, and whether its key states it: else it is the whole line."""
        cells = line.cells
        stated = [
            value(name) if position is None else as_text(cells[position]) if position < len(cells) else ""
            for name, position in self.key.items()
        ]
        part = value("reported_at") if value("precision") == "month" else None, value("kind") if self.by_kind else None
        if stated and None not in stated:
            return (self.publisher, *stated, *part), True
        return ("line", *self.cells(line), *part), False

    def cells(self, line: Line) -> list[str]:
        """Return the cells of a line within the table as they were delivered."""
        return [cell if type(cell) is str else as_text(cell) for cell in self.block.cells(line)]

    def hashes(self, batch: Batch, values: Values) -> np.ndarray:
        """Return a number for each row; rows that may repeat one another have the same one."""
        hashes, stated = np.full(len(batch), hash_of(self.publisher)), np.ones(len(batch), bool)
        for name, position in self.key.items():
            if position is None:
                stated &= ~values.missing(name)
            if stated.any():
                part = _value_hashes(values, name) if position is None else batch.columns[position].hashes()
                hashes = mixed(part, hashes)
        if not stated.all():
            hashes[~stated] = self._line_hashes(batch, ~stated)
        month = values.mask("precision", lambda meaning: meaning == "month")
        if month.any():
            hashes = np.where(month, mixed(values.times["reported_at"][0].view(np.uint64), hashes), hashes)
        return hashes

    def _line_hashes(self, batch: Batch, mask: np.ndarray) -> np.ndarray:
        """Return numbers of whole lines; empty cells count for nothing, so that their number does not either."""
        hashes = np.zeros(int(mask.sum()), np.uint64)
        for position, column in enumerate(batch.columns):
            if self.block.first <= position < self.block.last:
                cells = column.keep(mask)
                found = mixed(cells.hashes(), np.uint64(position - self.block.first))
                hashes += np.where(cells.empty(), np.uint64(0), found)
        return hashes


def _value_hashes(values: Values, name: str) -> np.ndarray:
    if name in values.texts:
        return values.texts[name].hashes()
    if name in values.times:
        return values.times[name][0].view(np.uint64)
    codes, meanings = values.coded[name]
    texts = ["" if meaning is None else str(meaning) for meaning in meanings]
    return TextColumn(pa.array(texts, pa.string())).hashes()[codes]
