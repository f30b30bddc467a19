"""A grid's lines → blocks with a header, and a class for every physical line. Nothing is interpreted yet.

Classes: `title`, `header`, `repeated_header`, `blank`, `total`, `note`, `continuation` (the further physical lines of
a record), `data`. Several tables in a sheet, one below another or side by side, are blocks of their own.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from src.codebook import vocabulary
from src.ingest.batch import Batch, Column, TextColumn
from src.ingest.layout.blocks import Block, blocks_of, with_units
from src.ingest.layout.headers import ALONE, RULE, HeaderWords, is_month
from src.ingest.readers.grid import Line, as_text

CLASSES = ("title", "header", "repeated_header", "blank", "total", "note", "continuation", "data")
NUMBER = re.compile(r"[\d.-]*\d[\d.-]*")
DAY = re.compile(r"\d{2,4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}(?!\d)|\d{1,2}:\d\d")
LINES_BELOW = 200  # of a header, by which tables side by side are told from one


class Walk:
    """Goes down the lines of a sheet and keeps which blocks are open, which there were, and the classes counted."""

    def __init__(self, words: HeaderWords) -> None:
        self.words = words
        self.blocks: list[Block] = []
        self.done: list[Block] = []
        self.classes: Counter = Counter()
        self._header: list[list[str]] = []

    def begin(self, lines: list[Line]) -> int:
        """Find the first header among the first lines of a sheet; return where the lines below it begin."""
        position, height = _find_header(lines, self.words) or (0, 0)
        if height:
            below = lines[position + height : position + height + LINES_BELOW]
            self.open(lines[position : position + height], lambda: below, lines[:position])
            for line in lines[:position]:
                self.enter(line, above=True)
        return position + height

    def fitting(self) -> list[Block]:
        """Return the blocks of the table that is asked for; where none is, the first: what it lacks can be said."""
        return [block for block in self.done if not self.is_other(block)] or self.done[:1]

    def is_other(self, block: Block) -> bool:
        """Return whether a block is another table: none of its own columns is kept, or it lacks more than half."""
        return not block.width(self.words) or 2 * len(self.words.missing(block.columns())) > len(self.words.at_least)

    def count(self, name: str, lines: list[Line]) -> None:
        """Count lines of a class."""
        for line in lines:
            self.classes[name] += 1
            self.classes["continuation"] += line.span - 1

    def open(self, header: list[Line], below: Callable[[], list[Line]], above: Iterable[Line] = ()) -> None:
        """Open the blocks of header lines, unless they repeat those that are open."""
        texts = [line.texts for line in header]
        if texts == self._header[: len(texts)]:  # its units stand below the first alone
            self.count("repeated_header", header)
            return
        units = self.words.stated_units(as_text(cell) for line in [*above, *header] for cell in line.cells)
        found = blocks_of(header, self.words, below())
        found = [with_units(block, [] if self.done else units, self.words) for block in found]
        same = [b.headers for b in found] == [b.headers for b in self.blocks]
        self.count("repeated_header" if same else "header", header)
        if not same:
            self.blocks, self._header = found, texts
            self.done += found

    def header_at(self, line: Line, below: Callable[[], list[Line]]) -> int:
        """Return the height of a header that begins at a later line, or 0: most of its cells are known headers."""
        cells = [text for text in line.texts if text]
        if line.problem or not any(self.words.match(cell) for cell in cells[:3]) or any(map(_is_day, cells)):
            return 0
        width = max(block.width(self.words) for block in self.blocks)
        least = 1 if width == 1 else max(int(vocabulary.threshold("header_min_columns")), min(width, 3) - 1)
        if self.words.count(cells) < max(least, len({c for c in cells if c.strip()}) * 0.5):
            return 0
        following = below()[:2]
        height = 2 if any(self.words.count(line.cells) >= least for line in following[:1]) else 1
        return height + any(self.words.is_units(line.texts) for line in following[height - 1 : height])

    def enter(self, line: Line, *, above: bool = False) -> None:
        """Put a line in its class, and a record or total in its block(s); a short line above the header is a title."""
        if line.problem:
            self.count("data", [line])
            next((b for b in reversed(self.done) if not self.is_other(b)), self.done[0]).data.append(line)
            return
        names = set()
        for block in self.blocks:
            cells = block.texts(line)
            name = "blank" if not any(cells) and not line.broken else _class_of(cells, line.texts, block, self.words)
            if above and name != "blank" and len(set(cells) - {""}) < max(3, (block.width(self.words) + 1) // 2):
                name = "title"
            elif name != "blank" and (self.is_other(block) or block.is_band(line, self.words)):
                name = "note"
            elif name in ("data", "total"):
                (block.data if name == "data" else block.totals).append(line)
            names.add(name)
        self.count(next(name for name in ("data", "total", "note", "title", "blank") if name in names), [line])


def _find_header(lines: list[Line], words: HeaderWords) -> tuple[int, int] | None:
    """Return where the first header begins and its height: the earliest line with half of the most known headers.

    One known header is enough where nothing else is needed, since constants and other keys give the rest.
    """
    searched = range(min(len(lines), int(vocabulary.threshold("header_rows_searched"))))
    counts = {(p, h): _known(lines[p : p + h], words) for p in searched for h in (1, 2, 3) if p + h <= len(lines)}
    levels = {at: n for at, n in counts.items() if n and (at[1] == 1 or _adds_a_level(counts, *at))}
    most = max(levels.values(), default=0)
    least = max(int(vocabulary.threshold("header_min_columns")), most / 2)
    if most == 1:
        least, levels = 1, {(p, h): 1 for p, h in levels if _is_enough(lines[p], words)}
    first = min((p for (p, _), n in levels.items() if n >= least), default=-1)
    heights = {h: n for (p, h), n in levels.items() if p == first}
    position, height = first, max(heights, key=heights.__getitem__, default=0)
    while height and position > 0 and _is_tied(lines[position - 1 : position + 1]):
        position, height = position - 1, height + 1
    while height and _is_tied(lines[position + height - 1 : position + height + 1]):
        height += 1
    height += bool(height) and any(words.is_units(line.texts) for line in lines[position + height :][:1])
    return (position, height) if height else None


def _is_enough(line: Line, words: HeaderWords) -> bool:
    """Return whether a header names all that its table needs beside what the source gives."""
    return any(not words.missing(block.columns()) for block in blocks_of([line], words))


def _is_tied(lines: list[Line]) -> bool:
    """Return whether a merge makes one of two lines."""
    both = frozenset.intersection(*(line.merged for line in lines)) if len(lines) == 2 else ()
    return any(lines[0].texts[position] == lines[1].texts[position] for position in both)


def _known(lines: list[Line], words: HeaderWords) -> int:
    """Return how many columns several lines name as one header; none where a line of data is among them."""
    if any(line.problem for line in lines):
        return 0
    if len(lines) > 1 and not all(_no_number(text) for line in lines for text in line.texts):
        return 0
    if len(lines) > 1 and any(len(set(line.texts) - {""}) < 2 for line in lines):
        return 0
    blocks = blocks_of(lines, words)
    named = [position for block in blocks for position in block.headers] if len(lines) > 1 else []
    others = (_is_no_header([line.texts[p] for line in lines if p < len(line.texts)], words) for p in named)
    return 0 if sum(others) > 1 else sum(block.width(words) for block in blocks)


def _is_no_header(texts: list[str], words: HeaderWords) -> bool:
    """Return whether what stands below a known header says something else: a record does, in most of its columns."""
    levels = [text for text in dict.fromkeys(texts) if text]
    is_known = [bool(words.match(text)) or is_month(text) for text in levels]
    return True in is_known and False in is_known[is_known.index(True) :]


def _adds_a_level(counts: dict[tuple[int, int], int], position: int, height: int) -> bool:
    """Return whether lines name more columns together than without the first or the last of them."""
    parts = [(position, height - 1), (position + 1, height - 1)]
    return counts.get((position, height), 0) > max(counts.get(part, 0) for part in parts)


def _no_number(text: str) -> bool:
    return len(text) > 30 or not (NUMBER.fullmatch(text) or _is_day(text))


def _is_day(text: str) -> bool:
    """Return whether a cell is a day or a time, and no header: a month may head a column."""
    return bool(DAY.match(text)) and not is_month(text)


def _class_of(cells: list[str], texts: list[str], block: Block, words: HeaderWords) -> str:
    """Return `data`, unless what should name the record is a total's word or the whole, or it begins as a note does."""
    filled = [cell for cell in cells if cell]
    if not filled:
        return "data"
    if all(map(RULE.fullmatch, filled)):
        return "note"
    named = [texts[p] for p in block.naming if p < len(texts)]
    whole = any(words.is_whole(texts[p]) for p in block.places if p < len(texts)) and block.holds_counts(words)
    is_record = len(named) == len(block.naming) and len(set(named)) > 1 and all(named)  # whatever its remark says
    is_record = is_record and not any(map(words.is_total, named))
    total = whole or (not is_record and any(map(words.is_total, [*named, filled[0]])))
    if not total and (is_record or not words.is_note(filled[0])):
        return "data"
    keys = [texts[p] for p in block.keys if p < len(texts)]
    has_key = any(key and not words.is_total(key) for key in keys)
    distinct = len(set(filled))
    if total and (not has_key or distinct <= 2):
        return "total"
    if words.is_note(filled[0]) and (distinct <= 3 or not has_key):
        return "note"
    return "data"


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
        for below in (1, 2):  # a second line of a header, and its units
            flagged[below:] |= heads[:-below]
        return flagged

    def _marks(self, column: Column | TextColumn) -> np.ndarray:
        """Return the marks of each row's cell."""
        if isinstance(column, Column):
            return column.asked("mark", self._mark, np.uint8)
        patterns, codes = column.digit_patterns
        doubtful = np.array([not (self.plain_is_data and PLAIN.fullmatch(pattern)) for pattern in patterns], bool)
        marks, rows = np.zeros(len(codes), np.uint8), np.flatnonzero(doubtful[codes])
        marks[rows] = [self._mark(cell) for cell in column.cells(rows)]
        return marks

    def _mark(self, cell: object) -> int:
        """Return what the walk would see in a cell."""
        text, words = as_text(cell).strip(), self.words
        if not text:
            return EMPTY
        note = words.is_note(text) or bool(RULE.fullmatch(text) or ALONE.match(text))
        heads, total = bool(words.match(text)), words.is_total(text)
        return HEADER * heads | TOTAL * total | NOTE * note | WHOLE * words.is_whole(text)


def _plain_is_data(words: HeaderWords) -> bool:
    """Return whether no word that this table knows looks like a number, a date or an office's id."""
    zeros = (re.sub("[0-9]", "0", word) for word in (*words.columns, *words.total, *words.note, *words.whole))
    begins = (word[:1] for word in (*words.note, *words.total_endings))
    return not any(map(PLAIN.fullmatch, zeros)) and not any(c.isascii() and c.isalnum() for c in begins)
