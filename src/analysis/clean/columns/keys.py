"""What identifies the rows of a text: the office's numbers, and for a row without one its whole line."""

import numpy as np
import pyarrow as pa

from src.analysis.clean.columns import hashes
from src.analysis.clean.columns.plainness import Marks, plain_ids
from src.analysis.clean.unreadable import Unreadable
from src.analysis.clean.values import CellReader


class Keys:
    """Reads the office's numbers by their column's reader."""

    def __init__(self, reader: CellReader, marks: Marks) -> None:
        self.reader, self.marks = reader, marks

    def read(self, cells: pa.Array) -> tuple[pa.Array, np.ndarray]:
        """Return what the office's numbers read as, null for none, and the marks of their cells."""
        marks = np.zeros(len(cells), np.uint8)
        others = np.flatnonzero(~plain_ids(cells))
        if not len(others):
            return cells, marks
        values = np.array(cells.to_pylist(), object)
        read = [self.reader.read(cell) for cell in values[others]]
        marks[others] = [self.marks.of(cell, value) for cell, value in zip(values[others], read, strict=True)]
        values[others] = [None if isinstance(value, Unreadable) else value for value in read]
        self.reader._seen.clear()
        return pa.array(values, pa.string()), marks


def numbers_of(ids: pa.Array | None, columns: list[pa.Array], rows: np.ndarray) -> np.ndarray:
    """Return a number for some rows: of their key, or of their line where they have none."""
    if ids is not None and not ids.null_count:
        return hashes.kept(hashes.of_cells(ids))
    found = hashes.of_lines([column.take(pa.array(rows)) for column in columns])
    if ids is not None:
        keyed = np.flatnonzero(ids.is_valid())
        found[keyed] = hashes.of_cells(ids.take(pa.array(keyed)))
    return hashes.kept(found)
