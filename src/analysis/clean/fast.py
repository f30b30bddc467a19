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

from src.analysis.clean import hashes
from src.analysis.clean.combined import FOLLOWING, PLACE, Combinations
from src.analysis.clean.delimited import Delimited, NotPlain
from src.analysis.clean.distinct import BAD, NONE, PRECISIONS, Distinct, Moments, coded
from src.analysis.clean.keys import Keys
from src.analysis.clean.places import Places
from src.analysis.clean.plain import Plain
from src.analysis.clean.plainness import EMPTY, NOTHING, UNREAD, Marks, first_filled, odd_lines, plain_ids
from src.analysis.clean.records import Record
from src.analysis.clean.sheet import Sheet
from src.analysis.clean.sources import Source, given_by
from src.analysis.clean.suitable import only_reader, parts_to_read
from src.analysis.clean.unreadable import Unreadable
from src.analysis.ingest import Grid, HeaderWords, Layout, Line, UnreadableFile, lay_out

DAY = 86_400_000_000  # microseconds
ID, REPORTED, OCCURRED = "incident_id", "reported_at", "occurred_at"


@dataclass
class FastText:
    """One text or sheet on the fast way; raises `NotPlain` where it has to go the careful way."""

    text: Delimited | Sheet
    words: HeaderWords
    source: Source
    places: Places
    today: dt.date
    hashes: np.ndarray = field(init=False)
    head_hashes: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        layout = lay_out(self.text.grid, self.words)
        self.reader = only_reader(self.text.grid, layout, self.source, self.places, self.today)
        self.at = {header.column: p for p, header in self.reader.block.headers.items() if p in self.reader.readers}
        self.known = {*self.reader.block.headers, *self.reader.block.unknown}
        self.naming = self.reader.block.naming
        self.marks = Marks(self.words)
        self._prepare()
        self.keys = Keys(self.reader.readers.get(self.at.get(ID)))
        self.hashes = self.keys.hashes(self.text, self.at.get(ID), self.coded())
        head = only_reader(self.text.grid, layout, self.source, self.places, self.today).records()
        self.head_hashes = hashes.of_records(list(head))

    def coded(self) -> set[int]:
        """Return the positions of columns with few distinct cells."""
        return {p for name, p in self.at.items() if name not in (ID, REPORTED, OCCURRED)}

    def _prepare(self) -> None:
        readers = self.reader.readers
        names = [name for name in self.at if name not in (ID, REPORTED, OCCURRED)]
        self.moments = {name: Moments(readers[self.at[name]]) for name in (REPORTED, OCCURRED) if name in self.at}
        self.distinct = {name: Distinct(readers[self.at[name]].read, self.marks.of) for name in names}
        if "community" in names:
            self.distinct["community"] = Distinct(
                readers[self.at["community"]].read, self.marks.of, self._depends_on_day
            )
        self.rules = Combinations(self.distinct, self.reader.constants, self.places)
        words = [word for word in self.words.columns if any(c.isdigit() for c in word)]
        for name in self.moments:
            if any(isinstance(readers[self.at[name]].read(word), tuple) for word in words):
                raise NotPlain("a header reads as a date")

    def _depends_on_day(self, cell: str, meaning: Any) -> int:
        return int(isinstance(meaning, str) and self.places._depends_on_day(meaning))

    def read(self, repeated: np.ndarray, leftover: list[Line]) -> Iterator[tuple[Plain, list[Record]]]:
        """Yield the plain rows of each block, and as records those whose key or line is among the repeated ones.

        Lines that are not plainly data are added to `leftover`.
        """
        done = 0
        for first, columns in self.text.blocks(self.coded()):
            plain, odd = self._block(first, columns)
            leftover += self.text.lines(first, columns, np.flatnonzero(odd))
            again = np.isin(self.hashes[done : done + len(odd)], repeated)
            done += len(odd)
            twice = np.flatnonzero(again & ~odd)
            if not len(twice):
                yield plain, []
                continue
            records = self._records(plain.rows(np.flatnonzero(again[~odd])), self.text.lines(first, columns, twice))
            yield plain.rows(np.flatnonzero(~again[~odd])), records

    def _block(self, first: int, columns: list[pa.Array]) -> tuple[Plain, np.ndarray]:
        marks, numbers, moments, precision, ids = {}, {}, {}, None, None
        unmarked = 0
        for position, cells in enumerate(columns):
            name = self.reader.block.headers[position].column if position in self.reader.readers else ""
            if name == ID:
                ids, marks[position] = self._ids(cells)
            elif name in self.moments:
                moments[name], exact = self.moments[name].read(cells)
                precision = exact if name == REPORTED else precision
                marks[position] = np.where(moments[name] == BAD, UNREAD, np.where(moments[name] == NONE, NOTHING, 0))
            elif name:
                numbers[name] = self.distinct[name].number(cells)
                marks[position] = self.distinct[name].facts[0][numbers[name]]
            elif position not in self.known or len(first_filled(marks, sorted(marks), 3)) == len(marks):
                marks[position] = self._unread(cells)
            else:
                unmarked += 1
        odd, header = odd_lines(marks, self.naming, self.marks.least, unmarked)
        odd |= self.text.seen_as_odd(len(odd))
        odd[1:] |= header[:-1]  # a header may have a second line
        if header[-1:].any():
            raise NotPlain("a header at the end of a block")
        for position in self.reader.readers:
            odd |= marks[position] & UNREAD != 0
        for position in range(len(columns)):
            if position not in self.known:
                odd |= marks[position] & EMPTY == 0
        odd |= (precision == PRECISIONS.index("month")) | (moments[REPORTED] == NONE)
        if OCCURRED in moments:
            both = (moments[OCCURRED] > BAD) & (moments[REPORTED] > BAD)
            odd |= both & (moments[OCCURRED] // DAY > moments[REPORTED] // DAY)
        numbers |= {"precision": precision}
        followed = self.rules.combined(self.rules.follow, [numbers.get(name) for name in FOLLOWING] + [precision], odd)
        placed = self.rules.combined(self.rules.place, self._place_parts(numbers, moments), odd)
        kept = np.flatnonzero(~odd)
        plain = self._plain(first, kept, numbers, followed, placed)
        plain.ids = None if ids is None else ids.take(pa.array(kept))
        plain.moments = {name: values[kept] for name, values in moments.items()}
        return plain, odd

    def _ids(self, cells: pa.Array) -> tuple[pa.Array, np.ndarray]:
        marks = np.zeros(len(cells), np.int64)
        others = np.flatnonzero(~plain_ids(cells))
        if len(others):
            reader = self.reader.readers[self.at[ID]]
            unusual = cells.take(pa.array(others)).to_pylist()
            marks[others] = [self.marks.of(cell, reader.read(cell)) for cell in unusual]
        return self.keys.read(cells), marks

    def _unread(self, cells: pa.Array) -> np.ndarray:
        """Return the marks of a column that is not read, without keeping its cells."""
        distinct, numbers = coded(cells)
        return np.array([self.marks.of(cell) for cell in distinct], np.int64)[numbers]

    def _place_parts(self, numbers: dict, moments: dict) -> list[np.ndarray | None]:
        street, community = numbers.get("street"), numbers.get("community")
        if community is None:
            return [street, community, None]
        dated = self.distinct["community"].facts[1][community] == 1
        day = moments[REPORTED] // DAY
        return [street, community, np.where(dated & (moments[REPORTED] > BAD), day, 0)]

    def _plain(self, first: int, kept: np.ndarray, numbers: dict, followed: np.ndarray, placed: np.ndarray) -> Plain:
        found = {name: values[kept] for name, values in numbers.items()}
        meanings = {name: distinct.meanings for name, distinct in self.distinct.items()}
        meanings["precision"] = list(PRECISIONS)
        for names, rule, number in ((FOLLOWING, self.rules.follow, followed), (PLACE, self.rules.place, placed)):
            for position, name in enumerate(names):
                found[name] = number[kept]
                meanings[name] = [meaning and meaning[position] for meaning in rule.meanings]
        for name, value in self.reader.constants.items():
            if name not in found:
                found[name], meanings[name] = np.zeros(len(kept), np.int64), [value]
        for name, values in meanings.items():
            meanings[name] = [None if isinstance(value, Unreadable) else value for value in values]
        return Plain(self.text.grid.file, self.text.grid.sheet, kept + first, found, meanings)

    def _records(self, plain: Plain, lines: list[Line]) -> list[Record]:
        """Return plain rows as the records that the careful way would have made of them."""
        names = {*self.reader.constants, *self.at, "precision", *FOLLOWING, "street", "community"}
        values = {name: plain.column(name).to_pylist() for name in names}
        records = []
        for number, line in enumerate(lines):
            record = self.reader._new(line)
            record.values = {name: values[name][number] for name in names}
            if record.values.get(ID) is not None:
                record.key = (self.source.publisher, record.values[ID])
            records.append(record)
        return records

    def rest(self, leftover: list[Line]) -> tuple[Grid, Layout]:
        """Return the lines that go the careful way, with the head of the file, as a grid and its layout."""
        aside = sorted(leftover, key=lambda line: line.number)
        grid = replace(self.text.grid, lines=[*self.text.grid.lines, *aside])
        layout = lay_out(grid, self.words)
        only_reader(grid, layout, self.source, self.places, self.today)
        return grid, layout


def fast_texts(
    path: Path, source: Source, table: str, places: Places | None, today: dt.date
) -> list[FastText | tuple[Grid, Layout]]:
    """Return the texts and sheets of a delivery where all of it can go the fast way; nothing where any cannot.

    A sheet without a table, such as one of instructions, stands in it with its layout.
    """
    if table != "incidents" or places is None or source.sheets:
        return []
    words = HeaderWords(table, source.columns, given_by(source))
    found: list[FastText | tuple[Grid, Layout]] = []
    try:
        for part in parts_to_read(path, words, source.encoding):
            if isinstance(part, Grid):
                found.append((part, lay_out(part, words)))
                if found[-1][1].blocks:
                    return []
            else:
                found.append(FastText(part, words, source, places, today))
    except (NotPlain, UnreadableFile):
        return []  # the careful way says what is wrong
    return found if any(isinstance(part, FastText) for part in found) else []
