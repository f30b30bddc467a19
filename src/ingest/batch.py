"""Delivered rows by columns: each column is its distinct cells and which of them each row has, or, where nearly all of
them differ (office numbers, times), texts. And the issues of rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import vocabulary
from src.ingest.readers.grid import Line, as_text

DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
MOST_DISTINCT = 1_000_000  # cells of a column: with more it is read as texts from there on
PRIME, SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)


class Dictionary:
    """The distinct cells of one column of a sheet in the order in which they came; it only grows."""

    def __init__(self) -> None:
        self.cells: list = []
        self._codes: dict = {}
        self._answers: dict[Any, list] = {}

    def __len__(self) -> int:
        return len(self.cells)

    def __getstate__(self) -> dict:
        return vars(self) | {"_answers": {}}  # who asked is known by its identity, in this process alone

    def encode(self, cells: list) -> np.ndarray:
        """Return the code of each cell, new ones numbered on; equal cells of two types are two."""
        keys = cells if {*map(type, cells)} == {str} else [c if type(c) is str else (type(c), c) for c in cells]
        codes = list(map(self._codes.get, keys))
        if None in codes:
            for key, cell in zip(keys, cells, strict=True):
                if key not in self._codes:
                    self._codes[key] = len(self.cells)
                    self.cells.append(cell)
            codes = list(map(self._codes.get, keys))
        return np.array(codes, np.int32)

    def answers(self, question: Any, ask: Callable[[Any], Any]) -> list:
        """Return the answer for each distinct cell, asked once for each; the list only grows, as the cells do."""
        known = self._answers.setdefault(question, [])
        known += map(ask, self.cells[len(known) :])
        return known


@dataclass
class Column:
    """Rows as the codes of their cells in the dictionary of the whole sheet."""

    dictionary: Dictionary
    codes: np.ndarray

    def cell(self, row: int) -> object:
        """Return the cell of a row."""
        return self.dictionary.cells[self.codes[row]]

    def cells(self, rows: np.ndarray) -> list:
        """Return the cells of some rows."""
        return [self.dictionary.cells[code] for code in self.codes[rows].tolist()]

    def take(self, rows: np.ndarray) -> "Column":
        """Return some rows."""
        return Column(self.dictionary, self.codes[rows])

    def encoded(self) -> "Column":
        """Return itself."""
        return self

    def asked(self, question: Any, ask: Callable[[Any], Any], dtype: type) -> np.ndarray:
        """Return the answer for each row; each distinct cell is asked once."""
        return np.array(self.dictionary.answers(question, ask), dtype)[self.codes]

    def empty(self) -> np.ndarray:
        """Return which rows have nothing in the column."""
        return self.asked("empty", lambda cell: not as_text(cell), bool)

    def hashes(self) -> np.ndarray:
        """Return a number for each row; equal texts have equal ones."""
        return hashes_of(np.array(self.dictionary.answers("text", as_text), object))[self.codes]


@dataclass
class TextColumn:
    """Rows as texts. Texts that differ by their digits alone share a pattern, in which each digit is a 0."""

    texts: pa.Array

    def cells(self, rows: np.ndarray) -> list:
        """Return the cells of some rows."""
        return self.texts.take(pa.array(rows)).to_pylist()

    def take(self, rows: np.ndarray) -> "TextColumn":
        """Return some rows."""
        return TextColumn(self.texts.take(pa.array(rows)))

    def encoded(self) -> Column:
        """Return the rows as codes of a dictionary of their own."""
        dictionary, found = Dictionary(), self.texts.dictionary_encode()
        codes = dictionary.encode(found.dictionary.to_pylist())
        return Column(dictionary, codes[found.indices.to_numpy(zero_copy_only=False)])

    def empty(self) -> np.ndarray:
        """Return which rows have nothing in the column."""
        return pa.compute.equal(self.texts, "").to_numpy(zero_copy_only=False)

    @cached_property
    def digit_patterns(self) -> tuple[list[str], np.ndarray]:
        """Return the distinct patterns and which of them each text has."""
        _, offsets, letters = self.texts.buffers()
        if letters is None:  # all texts are empty
            return [""], np.zeros(len(self.texts), np.int32)
        zeros = pa.py_buffer(letters.to_pybytes().translate(DIGITS_TO_ZERO))
        found = pa.StringArray.from_buffers(len(self.texts), offsets, zeros, offset=self.texts.offset)
        found = found.dictionary_encode()
        return found.dictionary.to_pylist(), found.indices.to_numpy()

    def hashes(self) -> np.ndarray:
        """Return a number for each row; equal texts have equal ones."""
        return hashes_of(self.texts.to_numpy(zero_copy_only=False))


def hashes_of(texts: np.ndarray) -> np.ndarray:
    """Return a number for each text."""
    return pd.util.hash_array(texts, categorize=False)


def hash_of(text: str) -> np.uint64:
    """Return a number for one text."""
    return hashes_of(np.array([text], object))[0]


def mixed(numbers: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return numbers that tell pairs of numbers apart."""
    numbers = (numbers ^ others) * PRIME
    return numbers ^ (numbers >> SHIFT)


@dataclass
class Batch:
    """Some rows of one sheet: their physical lines, their cells by column.

    What only a few rows have is held by row: `odd` lines are ragged, damaged, merged, broken or run over several lines.
    """

    lines: np.ndarray
    columns: list[Column | TextColumn]
    odd: dict[int, Line] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    def lines_at(self, rows: np.ndarray) -> list[Line]:
        """Return some rows as lines with all their cells."""
        cells = zip(*(column.cells(rows) for column in self.columns), strict=True)
        whole = zip(rows.tolist(), self.lines[rows].tolist(), cells, strict=True)
        return [self.odd.get(row) or Line(number, list(line)) for row, number, line in whole]

    def keep(self, mask: np.ndarray) -> "Batch":
        """Return the rows of a mask."""
        return self if mask.all() else self.take(np.flatnonzero(mask))

    def take(self, rows: np.ndarray) -> "Batch":
        """Return some rows, some of them more than once."""
        odd = np.flatnonzero(np.isin(rows, [*self.odd])) if self.odd else ()
        columns = [column.take(rows) for column in self.columns]
        return Batch(self.lines[rows], columns, {int(row): self.odd[int(rows[row])] for row in odd})


class BatchMaker:
    """Makes the batches of one sheet: the dictionaries of its columns are those of all its batches."""

    def __init__(self, width: int) -> None:
        self.width, self.dictionaries = width, [Dictionary() for _ in range(width)]
        self.texts: set[int] = set()  # positions of columns whose cells are nearly all distinct

    def fit(self, width: int, texts: set[int]) -> None:
        """Make batches at least as wide as a header, some columns of which are texts."""
        self.dictionaries += [Dictionary() for _ in range(self.width, width)]
        self.width, self.texts = len(self.dictionaries), self.texts | texts

    def of_arrow(self, lines: np.ndarray, arrays: list[pa.Array]) -> Batch:
        """Make a batch of parsed columns: texts, or dictionaries of the block alone."""
        columns: list[Column | TextColumn] = []
        for known, array in zip(self.dictionaries, arrays, strict=False):  # it may be wider by now
            if isinstance(array, pa.DictionaryArray):
                codes = known.encode(array.dictionary.to_pylist())
                columns.append(Column(known, codes[array.indices.to_numpy(zero_copy_only=False)]))
            else:
                columns.append(TextColumn(array))
        self._read_crowded_as_texts()
        return Batch(lines, columns)

    def of_lines(self, lines: list[Line]) -> Batch:
        """Make a batch of lines."""
        odd = {
            row: line for row, line in enumerate(lines)
            if line.problem or line.span > 1 or line.merged or line.broken or len(line.cells) != self.width
        }  # fmt: skip
        return self.of_rows(np.array([line.number for line in lines], np.int64), [line.cells for line in lines], odd)

    def of_rows(self, numbers: np.ndarray, rows: list[list], odd: dict[int, Line]) -> Batch:
        """Make a batch of the cells of lines, a few of which are odd."""
        width, nothing = self.width, [""] * self.width
        if {*map(len, rows)} != {width}:
            rows = [(cells + nothing)[:width] for cells in rows]
        by_column = zip(*rows, strict=True) if rows else ([] for _ in range(width))
        columns: list[Column | TextColumn] = []
        for position, (known, cells) in enumerate(zip(self.dictionaries, by_column, strict=True)):
            if position in self.texts and {*map(type, cells)} <= {str}:
                columns.append(TextColumn(pa.array(cells, pa.string())))
            else:
                columns.append(Column(known, known.encode(cells)))
        self._read_crowded_as_texts()
        return Batch(numbers, columns, odd)

    def widened(self, batch: Batch) -> Batch:
        """Return a batch with a column for each that there is by now."""
        return batch if len(batch.columns) == self.width else self.of_lines(batch.lines_at(np.arange(len(batch))))

    def _read_crowded_as_texts(self) -> None:
        """Have columns with very many distinct cells read as texts from here on: dictionaries are held in memory."""
        self.texts |= {position for position, known in enumerate(self.dictionaries) if len(known) > MOST_DISTINCT}


class CellError(ValueError):
    """A cell, or several together, cannot be understood: the code of its sentence, and the words it needs."""

    def __init__(self, code: str, /, **words: Any) -> None:
        super().__init__(code)
        self.code, self.words = code, words

    def kept(self) -> "CellError":
        """Return it without the frames that it was raised in, which would keep all that they hold."""
        self.__traceback__ = self.__context__ = None
        return self


@dataclass(frozen=True)
class Issue:
    """Why rows are set aside: the column and the value that are wrong, the code of the reason and its words."""

    column: str
    value: str
    code: str
    words: dict[str, Any]


class Issues:
    """The first issue of each row of a batch."""

    def __init__(self, count: int) -> None:
        self._reason = np.full(count, -1, np.int32)
        self._reasons: list[Issue] = []

    def take(self, rows: np.ndarray) -> "Issues":
        """Return the issues of some rows, to which others can be added."""
        other = Issues(0)
        other._reason, other._reasons = self._reason[rows], list(self._reasons)
        return other

    @property
    def rows(self) -> np.ndarray:
        """Return which rows have one."""
        return self._reason >= 0

    def add(self, rows: np.ndarray, column: str, value: str, error: CellError) -> None:
        """Note an issue with rows, those that have one already left out."""
        new = rows[self._reason[rows] < 0]
        if len(new):
            self._reason[new] = len(self._reasons)
            self._reasons.append(Issue(column, value, error.code, error.words))

    def add_one(self, row: int, column: str, value: str, error: CellError) -> None:
        """Note an issue with one row, if it has none."""
        self.add(np.array([row]), column, value, error)

    def of(self, rows: np.ndarray) -> list[Issue]:
        """Return the issues of rows that have one."""
        return [self._reasons[number] for number in self._reason[rows].tolist()]


def explained(code: str, **words: Any) -> dict[str, str]:
    """Return a reason's code with its sentence in both languages."""
    return {
        "code": code,
        "reason": vocabulary.sentence(code, "en", **words),
        "reason_zh": vocabulary.sentence(code, "zh", **words),
    }
