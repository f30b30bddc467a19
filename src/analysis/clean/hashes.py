"""Numbers that tell rows apart which cannot repeat one another; equal rows have equal numbers, whatever the file."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from src.analysis.clean.records import Record
from src.analysis.clean.sheet import Cells
from src.analysis.ingest import as_text

PRIME = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(29)


def of_cells(cells: pa.Array) -> np.ndarray:
    """Return a 64-bit number for each text."""
    if isinstance(cells, Cells):
        return of_cells(pa.array(list(map(as_text, cells.dictionary)), pa.string()))[cells.indices]
    if isinstance(cells, pa.DictionaryArray):
        return of_cells(cells.dictionary)[cells.indices.to_numpy(zero_copy_only=False)]
    if not len(cells):
        return np.zeros(0, np.uint64)
    offsets = np.frombuffer(cells.buffers()[1], np.int32)[cells.offset : cells.offset + len(cells) + 1]
    data = np.frombuffer(cells.buffers()[2] or b"", np.uint8)
    lengths = np.diff(offsets)
    found = np.empty(len(cells), np.uint64)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        padded = np.zeros((len(rows), -(-max(int(length), 1) // 8) * 8), np.uint8)
        if length:
            padded[:, :length] = data[offsets[rows][:, None] + np.arange(length)]
        found[rows] = _mixed(padded.view(np.uint64), int(length))
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


def of_records(records: list[Record]) -> np.ndarray:
    """Return the numbers of records that were read carefully: of their key's last part, else of their line."""
    keyed = [str(record.key[-1]) for record in records if record.key]
    by_width: dict[int, list[list[str]]] = defaultdict(list)
    for record in records:
        if not record.key:
            by_width[len(record.cells)].append(record.cells)
    lines = [of_lines([pa.array(c, pa.string()) for c in zip(*rows, strict=True)]) for rows in by_width.values()]
    return np.concatenate([of_cells(pa.array(keyed, pa.string())), *(found for found in lines if found is not None)])


def repeated(numbers: list[np.ndarray]) -> np.ndarray:
    """Return the numbers that occur more than once, in order."""
    together = np.sort(np.concatenate([*numbers, np.zeros(0, np.uint64)]))
    return np.unique(together[1:][together[1:] == together[:-1]])
