"""Incidents from long texts, column by column: what is plainly data is read by its distinct cells, the rest carefully.

There is one set of rules. The same `CellReader`, `Places`, `incident_follows` and grammar read each distinct cell, and
each distinct combination of cells that a rule looks at, once. A row is taken only where every one of them is content;
all other lines, and the head of the file, make up a small grid that goes the careful way.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from src.ingest.cleaning.places import Places
from src.ingest.cleaning.records import BlockReader
from src.ingest.columns import hashes
from src.ingest.columns.combined import Combinations
from src.ingest.columns.delimited import Block, Delimited, NotPlain
from src.ingest.columns.distinct import NONE, PRECISIONS, Distinct, Moments, coded
from src.ingest.columns.plain import FOLLOWED, FOLLOWING, ID, OCCURRED, PLACE, REPORTED, TABLE, Plain
from src.ingest.columns.plainness import EMPTY, UNREAD, Marks, first_filled, odd_lines, read_ids
from src.ingest.columns.repeats import Again
from src.ingest.columns.sheet import Sheet
from src.ingest.columns.suitable import only_reader, parts_to_read
from src.ingest.layout.headers import HeaderWords
from src.ingest.layout.lines import Layout, lay_out
from src.ingest.readers.grid import Grid, Line, UnreadableFile
from src.ingest.sources import Source, given_by

DAY = 86_400_000_000  # microseconds


@dataclass
class FastText:
    """One text or sheet on the fast way; raises `NotPlain` where it has to go the careful way."""

    text: Delimited | Sheet
    words: HeaderWords
    source: Source
    places: Places
    today: dt.date
    after_header: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        layout = lay_out(self.text.grid, self.words)
        self.reader = self.reader_of(layout)
        self.classes, self.last = layout.classes, self.text.grid.lines[-1].number
        if self.text.width < self.reader.width:
            raise NotPlain("most lines have fewer cells than the header")
        readers = self.reader.readers
        self.at = {header.column: p for p, header in self.reader.block.headers.items() if p in readers}
        self.known = {*self.reader.block.headers, *self.reader.block.unknown}
        self.marks = Marks(self.words)
        timed = [name for name in (REPORTED, OCCURRED) if name in self.at]
        self._refuse_headers_as_dates(timed)
        self.moments = {name: Moments(readers[self.at[name]], self.marks.of) for name in timed}
        if not any(readers[self.at[name]].stated for name in timed):
            self.moments = dict.fromkeys(timed, self.moments[REPORTED])  # the same cells mean the same
        self.distinct = {
            name: Distinct(readers[self.at[name]].read, self.marks.of, self._depends_on_day)
            for name in self.at
            if name not in (ID, *timed)
        }
        self.coded = {self.at[name] for name in self.distinct}
        self.rules = Combinations(self.distinct, self.reader.constants, self.places)

    def _refuse_headers_as_dates(self, timed: list[str]) -> None:
        words = [word for word in self.words.columns if any(c.isdigit() for c in word)]
        for name in timed:
            if any(isinstance(self.reader.readers[self.at[name]].read(word), tuple) for word in words):
                raise NotPlain("a header reads as a date")

    def _depends_on_day(self, cell: str, meaning: Any) -> int:
        return int(isinstance(meaning, str) and self.places.depends_on_day(meaning))

    def read(self) -> Iterator[tuple[Plain | None, list[Line], list[Line]]]:
        """Yield the plain rows of each block, its lines that are not plainly data, and those that are, but odd."""
        for block in self.text.blocks(self.coded):
            yield self._block(block) if len(block.lines) else (None, block.aside, [])

    def _block(self, block: Block) -> tuple[Plain, list[Line], list[Line]]:
        marks, numbers, moments, exact, odd, unmarked, ids = {}, {}, {}, {}, block.odd, 0, None
        for position, cells in enumerate(block.columns):
            header = self.reader.block.headers.get(position)
            name = header.column if position in self.reader.readers else ""
            if name == ID:
                ids, marks[position] = read_ids(cells, self.reader.readers[position], self.marks)
            elif name in self.moments:
                moments[name], exact[name], marks[position] = self.moments[name].read(cells)
            elif name:
                numbers[name] = self.distinct[name].number(cells)
                marks[position] = self.distinct[name].facts[0][numbers[name]]
            elif position not in self.known or len(first_filled(marks, sorted(marks), 3)) == len(marks):
                marks[position] = self._unread(cells)
            else:
                unmarked += 1
        seen, header = odd_lines(marks, self.reader.block.naming, self.marks.least, unmarked)
        odd |= seen
        odd[1:] |= header[:-1]  # a header may have a second line
        odd[0] |= self.after_header
        self.after_header = header[-1]
        for position in range(len(block.columns)):
            if position not in self.known:
                odd |= marks[position] & EMPTY == 0
        doubtful = np.flatnonzero(odd)
        for position in self.reader.readers:
            odd |= marks[position] & UNREAD != 0
        odd |= (exact[REPORTED] == PRECISIONS.index("month")) | (moments[REPORTED] == NONE)
        if OCCURRED in moments:
            later = np.flatnonzero(moments[OCCURRED] > moments[REPORTED])
            odd[later] |= moments[OCCURRED][later] // DAY > moments[REPORTED][later] // DAY
        parts = [*(numbers.get(name) for name in FOLLOWING), exact[REPORTED]]
        numbers["follow"] = self.rules.combined(self.rules.follow, parts, odd)
        numbers["place"] = self.rules.combined(self.rules.place, self._place_parts(numbers, moments), odd)
        kept = np.flatnonzero(~odd)
        if ids is not None:
            ids = ids.take(pa.array(kept))
        plain = Plain(
            block.lines[kept], hashes.of_rows(ids, block.columns, kept), ids,
            {name: values[kept] for name, values in moments.items()}, self._coded(numbers, kept),
        )  # fmt: skip
        aside = sorted([*block.aside, *self.text.lines(block, doubtful)], key=lambda line: line.number)
        odd[doubtful] = False
        return plain, aside, self.text.lines(block, np.flatnonzero(odd))

    def _unread(self, cells: pa.Array) -> np.ndarray:
        """Return the marks of a column that is not read, without keeping its cells."""
        distinct, numbers = coded(cells)
        return np.array([self.marks.of(cell) for cell in distinct], np.uint8)[numbers]

    def _place_parts(self, numbers: dict, moments: dict) -> list[np.ndarray | None]:
        street, community = numbers.get("street"), numbers.get("community")
        if community is None:
            return [street, community, None]
        dated = np.flatnonzero(self.distinct["community"].facts[1][community])
        period = np.zeros(len(community), np.int64)
        period[dated] = np.searchsorted(self.rules.changes, moments[REPORTED][dated], side="right")
        return [street, community, period]

    def _coded(self, numbers: dict[str, np.ndarray], kept: np.ndarray) -> dict[str, tuple[np.ndarray, list]]:
        """Return the numbers of the kept rows, and the meanings, of each column that is neither id nor time."""
        meanings = {name: distinct.meanings for name, distinct in self.distinct.items()}
        meanings |= {"follow": self.rules.follow.meanings, "place": self.rules.place.meanings}
        constants = {name: (np.zeros(len(kept), np.int32), [value]) for name, value in self.reader.constants.items()}
        found = {name: (values[kept], meanings[name]) for name, values in numbers.items()}
        return {name: told for name, told in (constants | found).items() if name not in (*PLACE, *FOLLOWED)}

    def again(self) -> Again:
        """Return what makes records of its plain rows where they may repeat others."""
        names = [*{*self.reader.constants, *self.at, *FOLLOWED, *PLACE}]
        return Again(self.text, self.source, self.reader.constants, names)

    def rest(self, leftover: list[Line]) -> Layout:
        """Return the layout of lines that go the careful way, below the head of the file."""
        return lay_out(replace(self.text.grid, lines=[*self.text.grid.lines, *leftover]), self.words)

    def reader_of(self, layout: Layout) -> BlockReader:
        """Return the reader of the one table of a layout; raises `NotPlain` where it has another."""
        return only_reader(layout, self.source, self.places, self.today)


def fast_texts(path: Path, source: Source, places: Places | None, today: dt.date) -> list[FastText | Layout]:
    """Return the texts and sheets of a delivery where all of it can go the fast way; nothing where any cannot.

    A sheet without a table, such as one of instructions, stands in it as its layout.
    """
    if source.table != TABLE or places is None or source.sheets:
        return []
    words = HeaderWords(source.table, source.columns, given_by(source))
    found: list[FastText | Layout] = []
    try:
        for part in parts_to_read(path, words, source.encoding):
            if isinstance(part, Grid):
                found.append(lay_out(part, words))
                if found[-1].blocks:
                    return []
            else:
                found.append(FastText(part, words, source, places, today))
    except (NotPlain, UnreadableFile):
        return []  # the careful way says what is wrong
    return found if any(isinstance(part, FastText) for part in found) else []
