"""The class of each line of a batch: only rows that may be anything else than data go through the walk one by one."""

import re
from collections import defaultdict
from functools import partial

import numpy as np

from src.ingest.batch import Batch, Column, TextColumn
from src.ingest.layout.blocks import Block
from src.ingest.layout.headers import HeaderWords
from src.ingest.layout.lines import LINES_BELOW, Walk
from src.ingest.readers.grid import Line, as_text

# Numbers, dates and office ids, by their shape: they can be no header, total or note, as `_plain_is_data` makes sure.
PLAIN = re.compile(r"(?:[A-Za-z][A-Za-z_./+-]*)?0[0A-Za-z_./:+ -]*|0000年0{1,2}月0{1,2}日(?: [0时分:]+)?", re.ASCII)
EMPTY, HEADER, TOTAL, NOTE, WHOLE = (1 << bit for bit in range(5))
Owned = dict[int, np.ndarray]
"""Which rows of a batch are the data of which block, by its number in `Walk.done`."""


class Classifier:
    """Goes down the batches below the first header of a sheet."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.words = walk, walk.words
        self.plain_is_data = _plain_is_data(self.words)
        self.begun = 0  # lines at the top of the next batch that belong to a header already seen

    def data(self, batch: Batch, following: Batch | None) -> list[tuple[Block, np.ndarray]]:
        """Class the lines of a batch; return each block that has data in it, and a mask of these rows."""
        owned: Owned = defaultdict(lambda: np.zeros(len(batch), bool))
        start, count = self.begun, len(batch)
        while start < len(batch):
            blocks, end = self.walk.blocks, min(start + count, len(batch))
            start = self._until_other_header(batch, start, end, following, owned)
            count = 2 * count if self.walk.blocks is blocks else LINES_BELOW  # else each table looks at all that follow
        self.begun = start - len(batch)
        return [(self.walk.done[number], mask) for number, mask in sorted(owned.items()) if mask.any()]

    def _until_other_header(self, batch: Batch, start: int, end: int, following: Batch | None, owned: Owned) -> int:
        """Class rows until a header opens other blocks, or to an end; return the row to go on with."""
        walk, blocks, go_on = self.walk, self.walk.blocks, end
        flagged = self._may_be_no_data(batch if end - start == len(batch) else batch.take(np.arange(start, end)))
        rows = start + np.flatnonzero(flagged)
        lines, at = batch.lines_at(rows), 0
        while at < len(lines):
            line, row = lines[at], int(rows[at])
            if height := walk.header_at(line, partial(self._below, batch, row, 1, following)):
                below = self._below(batch, row, LINES_BELOW, following)
                walk.open([line, *below[: height - 1]], lambda below=below, height=height: below[height - 1 :])
                go_on = max(go_on, row + height)
            else:
                walk.enter(line)
            at += height or 1
            if walk.blocks is not blocks:
                end, go_on = row, row + height
                break
        plain = ~flagged[: end - start]
        owned[walk.done.index(blocks[0])][start:end] |= plain
        walk.classes["data"] += int(plain.sum())
        row_of = {id(line): row for line, row in zip(lines, rows.tolist(), strict=True)}
        for number, block in enumerate(walk.done):
            for line in block.data:
                owned[number][row_of[id(line)]] = True
            block.data = []
        return go_on

    def _below(self, batch: Batch, row: int, count: int, following: Batch | None) -> list[Line]:
        """Return some lines below a row, those of the next batch among them."""
        lines = batch.lines_at(np.arange(row + 1, min(row + 1 + count, len(batch))))
        if len(lines) < count and following is not None:
            lines += following.lines_at(np.arange(min(count - len(lines), len(following))))
        return lines

    def _may_be_no_data(self, batch: Batch) -> np.ndarray:
        """Return the rows that have to be looked at one by one; all where tables stand side by side."""
        if len(self.walk.blocks) > 1 or self.walk.is_other(self.walk.blocks[0]):
            return np.ones(len(batch), bool)
        block, count = self.walk.blocks[0], len(batch)
        counts, known = block.holds_counts(self.words), {*block.headers, *block.unknown}
        flagged, none_filled = np.zeros(count, bool), np.ones(count, bool)
        flagged[list(batch.odd)] = True
        filled, heads = np.zeros(count, np.int16), np.zeros(count, bool)
        for position, column in enumerate(batch.columns):
            marks = self._marks(column)
            if marks is None:  # plain data in every row
                filled += 1
                none_filled[:] = False
                flagged |= position not in known and block.first <= position < block.last
                continue
            here = marks & EMPTY == 0
            if position not in known and block.first <= position < block.last:
                flagged |= here
            flagged |= none_filled & here & (marks & (TOTAL | NOTE) != 0)
            if position in block.naming:
                flagged |= marks & (TOTAL | WHOLE * counts) != 0
            heads |= (marks & HEADER != 0) & (filled < 3)
            none_filled &= ~here
            filled += here
        flagged |= none_filled | heads
        flagged[1:] |= heads[:-1]
        return flagged

    def _marks(self, column: Column | TextColumn) -> np.ndarray | None:
        """Return the marks of each row's cell; nothing where none has any."""
        if isinstance(column, Column):
            marks = np.array(column.dictionary.answers("mark", self._mark), np.uint8)
            return marks[column.codes] if marks.any() else None
        shapes, codes = column.shapes
        doubtful = np.array([not (self.plain_is_data and PLAIN.fullmatch(shape)) for shape in shapes], bool)
        if not doubtful.any():
            return None
        marks, rows = np.zeros(len(codes), np.uint8), np.flatnonzero(doubtful[codes])
        marks[rows] = [self._mark(cell) for cell in column.cells(rows)]
        return marks

    def _mark(self, cell: object) -> int:
        """Return what the walk would see in a cell."""
        text, words = as_text(cell).strip(), self.words
        if not text:
            return EMPTY
        return (
            HEADER * bool(words.match(text)) | TOTAL * words.is_total(text) | NOTE * words.is_note(text)
            | WHOLE * words.is_whole(text)
        )  # fmt: skip


def _plain_is_data(words: HeaderWords) -> bool:
    """Return whether no word that this table knows looks like a number, a date or an office's id."""
    zeros = (re.sub("[0-9]", "0", word) for word in (*words.columns, *words.total, *words.note, *words.whole))
    begins = (word[:1] for word in (*words.note, *words.total_endings))
    return not any(map(PLAIN.fullmatch, zeros)) and not any(c.isascii() and c.isalnum() for c in begins)
