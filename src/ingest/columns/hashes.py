"""Numbers that tell rows apart which cannot repeat one another; equal rows have equal numbers, whatever the file."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pyarrow as pa

from src.ingest.cleaning.record import Record
from src.ingest.columns.shapes import by_length
from src.ingest.columns.sheet import Cells
from src.ingest.readers.grid import as_text

PRIME = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(29)


def of_cells(cells: pa.Array) -> np.ndarray:
    """Return a 64-bit number for each text."""
    if isinstance(cells, Cells):
        return of_cells(pa.array(list(map(as_text, cells.dictionary)), pa.string()))[cells.indices]
    if isinstance(cells, pa.DictionaryArray):
        return of_cells(cells.dictionary)[cells.indices.to_numpy(zero_copy_only=False)]
    found = np.empty(len(cells), np.uint64)
    for rows, letters in by_length(cells):
        length = letters.shape[1]
        padded = np.zeros((len(rows), -(-max(length, 1) // 8) * 8), np.uint8)
        padded[:, :length] = letters
        found[rows] = _mixed(padded.view(np.uint64), length)
    return found


def _mixed(words: np.ndarray, length: int) -> np.ndarray:
    mixed = np.full(len(words), length, np.uint64) * PRIME
    for word in words.T:
        mixed = (mixed ^ word) * PRIME
        mixed ^= mixed >> SHIFT
    return mixed


def of_lines(columns: Iterable[pa.Array]) -> np.ndarray:
    """Return a number for each whole line."""
    mixed = None
    for cells in columns:
        numbers = of_cells(cells)
        mixed = numbers if mixed is None else (mixed * PRIME ^ numbers) + (mixed >> SHIFT)
    return mixed


def of_rows(ids: pa.Array | None, columns: list[pa.Array], rows: np.ndarray) -> np.ndarray:
    """Return a number for some rows: of their key, or of their line where they have none."""
    if ids is not None and not ids.null_count:
        return kept(of_cells(ids))
    found = of_lines([column.take(pa.array(rows)) for column in columns])
    if ids is not None:
        keyed = np.flatnonzero(ids.is_valid())
        found[keyed] = of_cells(ids.take(pa.array(keyed)))
    return kept(found)


def of_records(records: list[Record]) -> np.ndarray:
    """Return the numbers of records that were read carefully: of their key's last part, else of their line."""
    found = np.zeros(len(records), np.uint64)
    keyed = [number for number, record in enumerate(records) if record.key]
    found[keyed] = of_cells(pa.array([str(records[number].key[-1]) for number in keyed], pa.string()))
    by_width: dict[int, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        if not record.key:
            by_width[len(record.raw)].append(number)
    for width, several in by_width.items():
        cells = [records[number].cells for number in several]
        columns = [pa.array([line[place] for line in cells], pa.string()) for place in range(width)]
        found[several] = of_lines(columns) if columns else 0
    return found


def kept(numbers: np.ndarray) -> np.ndarray:
    """Return the half of each number that is kept for every row; by chance few rows have the same."""
    return (numbers >> np.uint64(32)).astype(np.uint32)


def repeated(numbers: list[np.ndarray]) -> np.ndarray:
    """Return the kept numbers that occur more than once, in order; a part of them at a time, to spare memory."""
    found, parts = [np.zeros(0, np.uint32)], 1 + sum(map(len, numbers)) // 4_000_000
    edges = [part * 2**32 // parts for part in range(parts + 1)]
    for least, beyond in pairwise(edges):
        within = numbers if parts == 1 else [n[(n >= least) & (n < beyond)] for n in numbers]
        some = np.sort(np.concatenate([*within, found[0]]))
        again = some[1:][some[1:] == some[:-1]]
        found.append(again[np.diff(again, prepend=again[:1] + np.uint32(1)) != 0])
    return np.concatenate(found)
