"""A long sheet of a workbook → columns for the fast way: texts in Arrow, others by their distinct cells."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from src.ingest.columns import delimited
from src.ingest.columns.delimited import Block, NotPlain
from src.ingest.readers.condensed import Column, condensed, width_of
from src.ingest.readers.grid import Grid, Line, as_text
from src.ingest.readers.workbook import read_workbook

NOTHING = Line(0, [""])  # an empty cell at the end of those that were read


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


def sheets_of(name: str, content: bytes) -> Iterator["Sheet | Grid"]:
    """Yield each sheet of a workbook, short and hidden ones as grids; raises `NotPlain`."""
    try:
        small, bodies = condensed(name, content, delimited.HEAD_LINES)
    except Exception as error:  # a damaged package fails in as many ways as there are parts
        raise NotPlain(str(error)) from None
    for grid in read_workbook(name, small if bodies else content):
        if grid.hidden or (grid.part not in bodies and len(grid.lines) <= delimited.HEAD_LINES):
            yield grid
        elif grid.part in bodies:
            yield Sheet(grid, bodies[grid.part])
        else:
            raise NotPlain("long, and not written as common programs do")


class Sheet:
    """A long sheet on the fast way: its head as a grid of its own, the rest by columns.

    `condensed`: the sheet with the cells that had to be read below its head, in the order of the columns of `body`.
    """

    def __init__(self, condensed: Grid, body: dict[int, Column]) -> None:
        head, lines, wide = delimited.HEAD_LINES, condensed.lines, width_of(body)
        least = len(lines[0].cells)
        self.width, self.first = 1 + max([least - 1, *body]), head + 1
        self.broken: dict[int, dict[int, str]] = defaultdict(dict)
        read_all = [(line.cells[p], line.broken.get(p)) for line in lines[head:] for p in range(wide)]
        if len(read_all) <= sum(column.texts.null_count for column in body.values()):
            raise NotPlain("cells are missing")
        answers = iter(read_all)
        columns, count = {}, 0
        for position, column in body.items():
            read = [next(answers) for _ in range(column.texts.null_count)]
            unread = np.flatnonzero(column.texts.is_null())
            filled = np.arange(len(column.texts)) > 0
            filled[unread] = [bool(broken or type(cell) is not str or cell.strip()) for cell, broken in read]
            count = max(count, 1 + np.flatnonzero(filled[column.indices]).max(initial=-1))
            columns[position] = column_of(column, [cell for cell, _ in read])
            if position >= least and not any(columns[position].to_pylist()):
                raise NotPlain("a column that may hold nothing at all")
            broken = {number: what for number, (_, what) in zip(unread, read, strict=True) if what}
            for row in np.flatnonzero(np.isin(column.indices, list(broken))):
                self.broken[row][position] = broken[column.indices[row]]
        if not count:
            raise NotPlain("short")
        kept, nothing = pa.array(np.arange(count)), pa.array([""] * count).dictionary_encode()
        self.columns = [columns[p].take(kept) if p in columns else nothing for p in range(self.width)]
        lines = [replace(line, cells=line.cells + [""] * (self.width - len(line.cells))) for line in lines[:head]]
        self.grid = replace(condensed, lines=lines)

    def blocks(self, dictionaries: set[int]) -> Iterator[Block]:
        """Yield the one block there is; `dictionaries` are the positions to be read as distinct values."""
        columns = [
            column.cast(pa.string()) if isinstance(column, pa.Array) and position not in dictionaries else column
            for position, column in enumerate(self.columns)
        ]
        odd = np.zeros(len(columns[0]), bool)
        odd[list(self.broken)] = True
        yield Block(self.first + np.arange(len(odd)), columns, odd)

    def lines(self, block: Block, rows: np.ndarray) -> list[Line]:
        """Return some of its lines."""
        cells = zip(*(column.take(pa.array(rows)).to_pylist() for column in self.columns), strict=True)
        return [
            Line(self.first + int(row), list(line), broken=self.broken.get(row, {}))
            for row, line in zip(rows, cells, strict=True)
        ]

    def again(self, numbers: np.ndarray) -> Iterator[pa.ListArray]:
        """Yield the cells of some lines by their numbers, as texts."""
        lines = self.lines(None, numbers - self.first)
        yield pa.array([list(map(as_text, line.cells)) for line in lines], pa.list_(pa.string()))


def column_of(column: Column, read: list) -> pa.Array | Cells:
    """Return a column, the cells that were read among its texts, as text where each cell is one, else as `Cells`."""
    texts = column.texts
    if all(type(cell) is str for cell in read):
        distinct = pc.replace_with_mask(texts, texts.is_null(), pa.array(read, pa.string())).dictionary_encode()
        indices = distinct.indices.take(pa.array(column.indices))
        return pa.DictionaryArray.from_arrays(indices, distinct.dictionary)
    numbers: dict[Any, int] = {}
    others = iter(read)
    cells = [next(others) if text is None else text for text in texts.to_pylist()]
    keys = [cell if type(cell) is str else (type(cell), cell) for cell in cells]
    which = np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), np.int64, len(keys))
    return Cells([key if type(key) is str else key[1] for key in numbers], which[column.indices])
