"""What identifies the rows of a text: the office's numbers, and for a row without one its whole line."""

import numpy as np
import pyarrow as pa

from src.analysis.clean import hashes
from src.analysis.clean.delimited import Delimited
from src.analysis.clean.plainness import plain_ids
from src.analysis.clean.unreadable import Unreadable
from src.analysis.clean.values import CellReader


class Keys:
    """Reads the office's numbers by their column's reader, which a text may lack."""

    def __init__(self, reader: CellReader | None) -> None:
        self.reader = reader

    def hashes(self, text: Delimited, at: int | None, coded: set[int]) -> np.ndarray:
        """Return the number of each row's key, which is its line where it has none."""
        found = [np.zeros(0, np.uint64)]
        if at is not None:
            for _, (ids,) in text.blocks(set(), only=at):
                keys = self.read(ids)
                if keys.null_count:
                    break
                found.append(hashes.of_cells(keys))
            else:
                return np.concatenate(found)
        found = [np.zeros(0, np.uint64)]
        for _, columns in text.blocks(coded):
            found.append(hashes.of_lines(columns))
            if at is not None:
                keys = self.read(columns[at])
                keyed = np.flatnonzero(keys.is_valid())
                found[-1][keyed] = hashes.of_cells(keys.take(pa.array(keyed)))
        return np.concatenate(found)

    def read(self, ids: pa.Array) -> pa.Array:
        """Return what the office's numbers read as; null for none."""
        others = np.flatnonzero(~plain_ids(ids))
        if not len(others):
            return ids
        values = np.array(ids.to_pylist(), object)
        read = [self.reader.read(text) for text in values[others]]
        values[others] = [None if isinstance(value, Unreadable) else value for value in read]
        self.reader._seen.clear()
        return pa.array(values, pa.string())
