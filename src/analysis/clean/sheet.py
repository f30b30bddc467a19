"""A sheet that was read already → columns for the fast way: texts in Arrow, others by their distinct cells."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from src.analysis.clean import delimited
from src.analysis.clean.delimited import Block, NotPlain
from src.analysis.ingest import Grid, Line


class Cells:
    """A column of cells of any type: its distinct cells, told apart by type as well, and which of them each row has."""

    def __init__(self, dictionary: list, indices: np.ndarray) -> None:
        self.dictionary, self.indices = dictionary, indices

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, rows: pa.Array) -> "Cells":
        """Return the cells of some rows."""
        return Cells(self.dictionary, self.indices[rows.to_numpy()])

    def to_pylist(self) -> list:
        """Return the cells."""
        return [self.dictionary[number] for number in self.indices]


def column_of(cells: list) -> pa.Array | Cells:
    """Return a column as text where each cell is one, else as distinct cells."""
    if all(type(cell) is str for cell in cells):
        try:
            return pa.array(cells, pa.string())
        except UnicodeEncodeError:
            raise NotPlain("a broken character") from None
    numbers: dict[Any, int] = {}
    keys = [cell if type(cell) is str else (type(cell), cell) for cell in cells]
    indices = np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), np.int64, len(keys))
    return Cells([key if type(key) is str else key[1] for key in numbers], indices)


@dataclass
class Sheet:
    """A long sheet on the fast way: its head as a grid of its own, the rest by columns."""

    whole: Grid

    def __post_init__(self) -> None:
        lines = self.whole.lines
        self.grid = replace(self.whole, lines=lines[: delimited.HEAD_LINES])
        self.below = lines[delimited.HEAD_LINES :]
        widths = {len(line.cells) for line in lines}
        self.width = max(widths)
        if not self.below or len(widths) != 1 or any(line.problem or line.span > 1 for line in lines):
            raise NotPlain("short, or its lines are not of one width")
        if [line.number for line in self.below[:: max(len(self.below) - 1, 1)]] != self._expected():
            raise NotPlain("lines are missing")
        self.odd = np.array([bool(line.broken or line.merged) for line in self.below])

    def _expected(self) -> list[int]:
        first = self.below[0].number
        return [first, first + len(self.below) - 1][: len(self.below)]

    def blocks(self, dictionaries: set[int]) -> Iterator[Block]:
        """Yield the one block there is."""
        columns = [column_of(list(cells)) for cells in zip(*(line.cells for line in self.below), strict=True)]
        yield Block(self.below[0].number + np.arange(len(self.below)), columns, self.odd.copy())

    def lines(self, block: Block, rows: np.ndarray) -> list[Line]:
        """Return some of its lines."""
        return [self.below[row] for row in rows]

    def again(self, numbers: np.ndarray) -> list[Line]:
        """Return some lines by their numbers."""
        return [self.below[number - self.below[0].number] for number in numbers]

    def cells(self, lines: list[Line]) -> list[list]:
        """Return the cells of lines."""
        return [line.cells for line in lines]
