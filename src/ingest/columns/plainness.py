"""What shows that a line is nothing but data: no header, total, note or blank line, as the layout would find it."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from src.codebook import vocabulary
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.issue import CellError
from src.ingest.columns.delimited import NotPlain
from src.ingest.columns.sheet import Cells
from src.ingest.layout.headers import HeaderWords
from src.ingest.readers.grid import as_text

EMPTY, UNREAD, NOTHING, HEADER, TOTAL, NOTE = (1 << n for n in range(6))
# An office's number that reads as itself and can be none of the vocabulary's words, as `Marks` makes sure.
PLAIN_ID = r"^(?:[A-Za-z][A-Za-z_./+-]*)?[0-9][0-9A-Za-z_./+-]*$"


class Marks:
    """Tells of a cell, once for each distinct one, what the layout would see in it."""

    def __init__(self, words: HeaderWords) -> None:
        self.words = words
        self.least = int(vocabulary.threshold("header_min_columns"))
        known = [*words.columns, *words.total, *words.total_endings, *words.note]
        if any(any(c.isdigit() for c in word) and word.isascii() for word in known):
            raise NotPlain("the vocabulary has words with digits, which numbers and dates could be")
        if any(word[:1].isascii() and word[:1].isalnum() for word in words.note):
            raise NotPlain("the vocabulary has notes that begin as numbers do")
        if any(self.of(mark) & (HEADER | TOTAL | NOTE) for mark in vocabulary.current().marks["missing"]):
            raise NotPlain("the vocabulary has marks for nothing that mean something else too")

    def of(self, cell: str, meaning: Any = "") -> int:
        """Return the marks of one cell; `meaning` is what its column's reader says."""
        text = as_text(cell).strip()
        found = EMPTY if not text else 0
        found |= UNREAD if isinstance(meaning, CellError) else 0
        found |= NOTHING if meaning is None else 0
        found |= HEADER if text and self.words.match(text) else 0
        found |= TOTAL if self.words.is_total(text) else 0
        return found | (NOTE if text and self.words.is_note(text) else 0)


def read_ids(cells: pa.Array, reader: CellReader, marks: Marks) -> tuple[pa.Array, np.ndarray]:
    """Return what the office's numbers read as, null for none, and the marks of their cells."""
    found = np.zeros(len(cells), np.uint8)
    others = np.flatnonzero(~_plain_ids(cells))
    if not len(others):
        return cells, found
    values = np.array(cells.to_pylist(), object)
    read = [reader.read(cell) for cell in values[others]]
    found[others] = [marks.of(cell, value) for cell, value in zip(values[others], read, strict=True)]
    values[others] = [None if isinstance(value, CellError) else value for value in read]
    reader._seen.clear()
    return pa.array(values, pa.string()), found


def _plain_ids(cells: pa.Array) -> np.ndarray:
    """Return which cells are office numbers that read as themselves."""
    if isinstance(cells, Cells):
        return np.zeros(len(cells), bool)
    plain = pc.and_not(pc.ascii_is_alnum(cells), pc.ascii_is_alpha(cells))  # at least one digit, which is quickly seen
    if not pc.all(plain).as_py():
        plain = pc.match_substring_regex(cells, PLAIN_ID)
    return plain.to_numpy(zero_copy_only=False)


def odd_lines(
    marks: dict[int, np.ndarray], naming: list[int], least: int, unmarked: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows may be another thing than data, and which may begin a header.

    `marks` are those of the columns by position; `unmarked` columns stand further right and were not looked at.
    """
    positions = sorted(marks)
    odd = _any(marks, naming, TOTAL) | _any(marks, first_filled(marks, positions, 1), TOTAL | NOTE)
    odd |= np.logical_and.reduce([marks[position] & (EMPTY | NOTHING) != 0 for position in positions])
    header = _any(marks, first_filled(marks, positions, 3), HEADER)
    if header.any():
        header &= sum((marks[position] & HEADER != 0).astype(np.int64) for position in positions) + unmarked >= least
    return odd | header, header


def _any(marks: dict[int, np.ndarray], positions: list[int], mark: int) -> np.ndarray:
    return np.logical_or.reduce([marks[position] & mark != 0 for position in positions])


def first_filled(marks: dict[int, np.ndarray], positions: list[int], count: int) -> list[int]:
    """Return the positions among which the first filled cells of every row are."""
    always = 0
    for number, position in enumerate(positions):
        always += not (marks[position] & (EMPTY | NOTHING)).any()
        if always == count:
            return positions[: number + 1]
    return positions
