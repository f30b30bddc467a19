"""How the columns of one delivered table are read: by which reader, with which helpers, key, months and constants."""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from src.codebook import tables, vocabulary
from src.ingest.batch import Batch
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import DateGrammar
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.months import Wide, month_columns
from src.ingest.cleaning.needed import shown, words_of
from src.ingest.cleaning.places import Places
from src.ingest.cleaning.survey import cells_at, leaves_out_empty_cells
from src.ingest.layout.blocks import Block
from src.ingest.layout.months import BRACKETS
from src.ingest.readers.grid import Grid, Line, UnreadableFile, as_text
from src.ingest.sources import Source

NUMERIC = ("count", "money", "number")
HELPERS = ("address", "occurred_hour", "month")


class TableReader:
    """Knows what each column of a block is read as; raises `UnreadableFile` where `sources.yml` does not fit it."""

    def __init__(
        self, grid: Grid, block: Block, source: Source, places: Places | None, today: dt.date, first: Sequence[Line]
    ) -> None:
        self.grid, self.block, self.source, self.places = grid, block, source, places
        self.columns = tables.columns(source.table)
        self.ids = [name for name in tables.key(source.table) if self.columns[name].type == "id"]  # nearly all distinct
        self.required = [name for name, column in self.columns.items() if column.required]
        self.grammar = DateGrammar(**source.grammar, epoch_1904=grid.epoch_1904)
        self.latest = dt.datetime.combine((source.received or today) + dt.timedelta(days=1), dt.time())
        self.readers = {
            position: self._reader(header.column, header.unit)
            for position, header in block.headers.items()
            if header.column in self.columns
        }
        self.helpers = {h.column: p for p, h in block.headers.items() if h.column in HELPERS}
        if source.place_from:
            self.helpers["address"] = self._position(source.place_from)
        self.month = self._reader("reported_at") if "month" in self.helpers else None
        self.key = {
            name: None if name in self.columns else self._position(name)
            for name in source.key or tables.key(source.table)
        }
        kinds = {header: self._constant("kind", kind) for header, kind in source.kinds.items()}
        if source.periods:
            self.wide, self.sums = month_columns(grid.file, block, source.periods, kinds)
        else:
            self.wide, self.sums = {self._position(header): Wide({"kind": kind}) for header, kind in kinds.items()}, {}
        self.counted = [*self.wide, *self.sums]
        self.date_parts = {name: [*map(self._position, headers)] for name, headers in source.date_parts.items()}
        self.dates = {name: self._reader(name) for name in self.date_parts}
        self.counts = self._reader("incident_count", self._unit_of_counts()) if source.periods or source.kinds else None
        self.width = max((*block.headers, *block.unknown), default=-1) + 1
        self.leaves_out_empty = bool(grid.delimiter) and leaves_out_empty_cells(first, self.width)
        for position, reader in self.readers.items():
            reader.survey(cells_at(first, [position]))
        if self.counts:
            self.counts.survey(cells_at(first, self.counted))
        self.constants = {name: self._constant(name, value) for name, value in source.constants.items()}

    def __getstate__(self) -> dict:
        return vars(self) | {"places": None}  # all rows have been read where it goes to another process

    def _reader(self, column: str, unit: str = "") -> CellReader:
        stated, numbers = self.source.values.get(column, {}), self.source.numbers
        return CellReader(self.columns[column], self.grammar, unit, stated, self.latest, numbers)

    def _unit_of_counts(self) -> str:
        """Return the unit of the counts of months or kinds: in the brackets of their headers, or above the table."""
        names = self.block.names()
        inside = [text for p in self.counted for text in BRACKETS.findall(names[p])]
        return words_of(self.source).unit("incident_count", [*map(vocabulary.fold, inside)]) or self.block.unit

    def _constant(self, name: str, value: object) -> object:
        read = self._reader(name).read(value)
        if isinstance(read, CellError):
            raise UnreadableFile.because(self.grid.file, "constant_unreadable", column=name, value=value)
        return read

    def _position(self, words: str) -> int:
        """Return where a delivered column stands that `sources.yml` names by its own header."""
        known = {p: h.words for p, h in self.block.headers.items()} | self.block.unknown
        for position, header in known.items():
            if vocabulary.fold(header) == vocabulary.fold(words):
                return position
        raise UnreadableFile.because(self.grid.file, "named_column_missing", column=words, found=shown(known.values()))

    @property
    def stated_by_headers(self) -> list[str]:
        """Return what the headers of a wide table state of each count: its month, or its kind."""
        return list(next(iter(self.wide.values()), Wide({})).stated)

    @property
    def numeric(self) -> dict[int, CellReader]:
        """Return the readers of the columns that hold numbers, those of months among them."""
        found = {p: reader for p, reader in self.readers.items() if reader.column.type in NUMERIC}
        return found | dict.fromkeys(self.counted, self.counts)

    @property
    def beside(self) -> list[int]:
        """Return the positions within the table that have no header."""
        known = {*self.block.headers, *self.block.unknown}
        return [position for position in range(self.block.first, self.width) if position not in known]

    def cells(self, line: Line) -> list[str]:
        """Return the cells of a line within the table as they were delivered."""
        return [*map(as_text, self.block.cells(line))]

    def width_error(self, line: Line) -> tuple[str, CellError] | None:
        """Return what is wrong with a line of text that has more or fewer cells than its header.

        Empty cells at the end are harmless.
        """
        found = len(line.cells)
        while found > self.width and not as_text(line.cells[found - 1]).strip():
            found -= 1
        if found > self.width and self.block.last >= len(line.cells):
            error = CellError("too_many_cells", found=found, expected=self.width)
            return as_text(line.cells[self.width]), error
        if len(line.cells) < self.width and not self.leaves_out_empty:
            return "", CellError("too_few_cells", found=len(line.cells), expected=self.width)
        return None


def numbers_in(batch: Batch, position: int, reader: CellReader) -> np.ndarray:
    """Return what a column of a batch states as numbers; 0 for none, or none that can be read."""
    return batch.columns[position].encoded().asked(("number", id(reader)), lambda cell: number_of(cell, reader), float)


def number_of(cell: object, reader: CellReader) -> float:
    """Return what a cell states as a number; 0 for none, or none that can be read."""
    meaning = reader.read(cell)
    return 0.0 if meaning is None or isinstance(meaning, CellError) else float(meaning)
