"""One delivery → its part of a reading: carefully line by line, or by columns where it is plain."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from src.codebook import vocabulary
from src.ingest.cleaning.findings import findings, is_beside
from src.ingest.cleaning.needed import header_of, require_columns, without_header, words_of
from src.ingest.cleaning.places import Places
from src.ingest.cleaning.record import Record
from src.ingest.cleaning.records import BlockReader
from src.ingest.columns.fast import FastText
from src.ingest.columns.repeats import Again
from src.ingest.columns.spool import Spool
from src.ingest.layout.lines import Layout, lay_out
from src.ingest.readers import read_grids
from src.ingest.readers.grid import Line
from src.ingest.reading import QUARANTINED, Told, why
from src.ingest.sources import Source

ASIDE_AT_ONCE = 5_000
WITHOUT_PLACES = ("communities", "published_figures")


@dataclass(frozen=True)
class Task:
    """One delivery that is to be read: its number and file, and all that is needed to read it."""

    number: int
    path: Path
    source: Source
    register: pd.DataFrame | None
    today: dt.date

    @cached_property
    def places(self) -> Places | None:
        """The register, asked by name; nothing for tables whose places are not looked up."""
        if self.register is None or self.source.table in WITHOUT_PLACES:
            return None
        return Places(self.register)


@dataclass
class Part:
    """One delivery: its lines by class, records in order, which were set aside, and texts on the fast way."""

    number: int
    lines: dict[tuple[str, str], Counter] = field(default_factory=lambda: defaultdict(Counter))
    records: list[Record] = field(default_factory=list)
    set_aside: Told = field(default_factory=lambda: Told(QUARANTINED))
    texts: dict[tuple[str, str], Again] = field(default_factory=dict)
    columns: list[tuple] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    totalled: list[BlockReader] = field(default_factory=list)

    def add(self, records: Iterable[Record]) -> None:
        """Add records in their order; of those that are set aside only what is told of them is kept."""
        for record in records:
            record.part = self.number
            if record.problems:
                self.set_aside.add(record, why(record))
            else:
                self.records.append(record)


def carefully(task: Task) -> Part:
    """Read a delivery line by line."""
    words = words_of(task.source)
    return _part(task, [lay_out(grid, words) for grid in read_grids(task.path, words, task.source.encoding)])


def plainly(task: Task, texts: list[FastText | Layout], spool: Spool) -> Part:
    """Read a delivery by the columns of its texts and sheets, plain rows into the spool; raises `NotPlain`."""
    layouts, aside = [], {}
    for text in texts:
        if isinstance(text, Layout):
            layouts.append(text)
            continue
        place = text.text.grid.place
        aside[place] = Aside(text, task.number)
        for plain, lines, data in text.read():
            aside[place].add(lines, data)
            if plain is not None:
                spool.add((task.number, *place), plain)
        aside[place].read()
        layouts.append(text.rest([]))
    part = _part(task, layouts, aside)
    part.texts = {place: lines.text.again() for place, lines in aside.items()}
    return part


class Aside:
    """The lines of a text that go the careful way, some at a time: their records, and what else is told of them."""

    def __init__(self, text: FastText, number: int) -> None:
        self.text, self.lines, self.data = text, [], []
        self.classes: Counter = Counter()
        self.beside: list[Line] = []
        self.found = Part(number)

    def add(self, lines: list[Line], data: list[Line]) -> None:
        """Add further lines, and such as are data whatever stands around them."""
        self.lines += lines
        self.data += data
        if len(self.lines) + len(self.data) >= ASIDE_AT_ONCE:
            self.read()

    def read(self) -> None:
        """Read the lines that were added; their layout is that of the head with them below it."""
        layout = self.text.rest(self.lines)
        self.classes += layout.classes - self.text.classes + Counter(data=len(self.data))
        reader = self.text.reader_of(layout)
        below = (line for line in reader.block.data if line.number > self.text.last)
        reader.block.data = sorted([*below, *self.data], key=lambda line: line.number)
        self.found.add(reader.records())
        self.beside += (line for line in reader.block.data if is_beside(reader.block, line))
        self.lines, self.data = [], []


def _part(task: Task, read: list[Layout], aside: dict[tuple[str, str], Aside] | None = None) -> Part:
    part = Part(task.number)
    for layout in _chosen(read, task.source, task.path.name, part.warnings):
        grid = layout.grid
        part.lines[grid.place] += layout.classes
        assert sum(layout.classes.values()) == sum(line.span for line in grid.lines), f"{grid.file}: lines lost"
        below = (aside or {}).get(grid.place)
        for block in layout.blocks:
            reader = BlockReader(grid, block, task.source, task.places, task.today)
            part.add(reader.records())
            if below:
                part.lines[grid.place] += below.classes
                part.records += below.found.records
                part.set_aside.add_all(below.found.set_aside)
                block.data += below.beside
            part.columns += _columns_of(reader)
            part.warnings += findings(reader)
            part.totalled += [reader] if block.totals else []
    return part


def _columns_of(reader: BlockReader) -> list[tuple]:
    """Return file and sheet of each column, its header, and our column that it is read into, if any."""
    block = reader.block
    wide = dict.fromkeys(reader.kinds, "incident_count") | {p: n for n, parts in reader.parts.items() for p in parts}
    wide |= dict.fromkeys(reader.months.columns, "incident_count")
    matched = {p: (h.words, wide.get(p, h.column.strip("-*"))) for p, h in block.headers.items()}
    others = {p: (words, wide.get(p, "")) for p, words in block.unknown.items()}
    return [(*reader.grid.place, *found) for _, found in sorted((matched | others).items())]


def _chosen(read: list[Layout], source: Source, file: str, warnings: list[str]) -> list[Layout]:
    """Return the sheets to read: those named, else the visible ones with a header; raises where there is none."""
    chosen = []
    for layout in read:
        grid = layout.grid
        named = grid.sheet in source.sheets
        if grid.hidden and not named:
            warnings.append(vocabulary.both("hidden_sheet", file=grid.file, sheet=grid.sheet))
        elif source.sheets and not named:
            continue
        elif layout.blocks:
            require_columns(layout.blocks, source, grid.file)
            for block in layout.aside:
                found = header_of(block)
                warnings.append(vocabulary.both("table_aside", file=grid.file, sheet=grid.sheet or "-", found=found))
            chosen.append(layout)
        else:
            warnings.append(vocabulary.both("sheet_without_header", file=grid.file, sheet=grid.sheet))
    if not chosen:
        raise without_header(read, source, file)
    return chosen
