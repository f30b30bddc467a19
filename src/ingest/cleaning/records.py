"""Laid-out lines → records: every cell read, every record clean or set aside with its reason."""

import datetime as dt
from collections.abc import Iterator

from src.codebook import tables, vocabulary
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.date_parts import joined
from src.ingest.cleaning.dates import DateGrammar
from src.ingest.cleaning.derive import (
    contradictions,
    incident_follows,
    project_follows,
    register_follows,
    without_precision,
)
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.months import month_columns
from src.ingest.cleaning.needed import shown
from src.ingest.cleaning.places import Places
from src.ingest.cleaning.record import Record
from src.ingest.cleaning.survey import cells_at, leaves_out_empty_cells
from src.ingest.layout.blocks import Block
from src.ingest.readers.grid import Grid, Line, UnreadableFile, as_text
from src.ingest.sources import Source

NUMERIC = ("count", "money", "number")
HELPERS = ("address", "occurred_hour", "month")


class BlockReader:
    """Reads the records of one block of a delivery."""

    def __init__(self, grid: Grid, block: Block, source: Source, places: Places | None, today: dt.date) -> None:
        self.grid, self.block, self.source, self.places = grid, block, source, places
        self.columns = tables.columns(source.table)
        self.dated = [name for name, column in self.columns.items() if column.type in ("date", "time")]
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
        self.months = month_columns(grid.file, block, source)
        self.kinds = {self._position(header): kind for header, kind in source.kinds.items()}
        self.parts = {name: [*map(self._position, headers)] for name, headers in source.date_parts.items()}
        self.dates = {name: self._reader(name) for name in self.parts}
        self.counts = self._reader("incident_count") if source.periods or source.kinds else None
        self.elsewhere: list[int] = []  # lines whose address names no place of the register, where that is allowed
        self.width = max((*block.headers, *block.unknown), default=-1) + 1
        self.leaves_out_empty = bool(grid.delimiter) and leaves_out_empty_cells(grid.lines, self.width)
        for position, reader in self.readers.items():
            reader.survey(cells_at(grid.lines, [position]))
        if self.counts:
            self.counts.survey(cells_at(grid.lines, self.months.positions))
        self.constants = {name: self._constant(name, value) for name, value in source.constants.items()}

    def __getstate__(self) -> dict:
        return vars(self) | {"places": None}  # all records have been read where it goes to another process

    def _reader(self, column: str, unit: str = "") -> CellReader:
        stated, numbers = self.source.values.get(column, {}), self.source.numbers
        return CellReader(self.columns[column], self.grammar, unit, stated, self.latest, numbers)

    def _constant(self, name: str, value: object) -> object:
        read = self._reader(name).read(value)
        if isinstance(read, CellError):
            raise UnreadableFile(self.grid.file, vocabulary.both("constant_unreadable", column=name, value=value))
        return read

    def _position(self, words: str) -> int:
        """Return where a delivered column stands that `sources.yml` names by its own header."""
        known = {p: h.words for p, h in self.block.headers.items()} | self.block.unknown
        for position, header in known.items():
            if vocabulary.fold(header) == vocabulary.fold(words):
                return position
        found = shown(known.values())
        raise UnreadableFile(self.grid.file, vocabulary.both("named_column_missing", column=words, found=found))

    def records(self) -> Iterator[Record]:
        """Yield the records of each line of data: one, or one per month or kind of a wide table."""
        for line in self.block.data:
            if line.problem or line.broken or any(self.block.texts(line)):
                yield from self._of_line(line)

    def _of_line(self, line: Line) -> Iterator[Record]:
        record = self._new(line)
        if line.problem:
            record.refuse("", "", line.problem)
        elif self.grid.delimiter:
            self._check_width(line, record)
        if record.problems or not (self.months.columns or self.kinds):
            yield self._read(record, line)
            return
        wide = [self._of_month(line, position, *told) for position, told in self.months.columns.items()]
        wide += [
            self._of_column(line, position, kind=self._constant("kind", kind)) for position, kind in self.kinds.items()
        ]
        found = [r for r in wide if r.problems or r.values["incident_count"] is not None]
        falls = any(problem.code == "sum_falls" for record in found for *_, problem in record.problems)
        for record in found:
            if falls and not record.problems:  # which of the sums is wrong cannot be told
                record.refuse("incident_count", record.values["incident_count"], "sum_falls")
            yield self._read(record, line)

    def _of_month(self, line: Line, position: int, month: dt.datetime, before: tuple[int, ...]) -> Record:
        record = self._of_column(line, position, reported_at=(month, "month"))
        if before and record.values.get("incident_count") is not None:
            self._take_off(record, line, before)
        return record

    def _of_column(self, line: Line, position: int, **values: object) -> Record:
        """Return the record of one cell of a wide table, of which its header states more."""
        record = self._new(line)
        record.values |= values
        record.column = position
        self._enter(record, line, position, self.counts, _cell(line, position))
        return record

    def _take_off(self, record: Record, line: Line, before: tuple[int, ...]) -> None:
        """Turn a sum since January into its last month, where all that has to be taken off is known."""
        earlier = [None if p in line.merged else self.counts.read(_cell(line, p)) for p in before]
        stated = record.values["incident_count"]
        if not all(isinstance(count, int) for count in earlier):
            record.refuse("incident_count", stated, "sum_without_earlier")
        elif stated < sum(earlier):
            record.refuse("incident_count", stated, "sum_falls")
        record.values["incident_count"] = None if record.problems else stated - sum(earlier)

    def _new(self, line: Line) -> Record:
        record = Record(*self.grid.place, line.number, self.block.cells(line), dict(self.constants))
        record.received = self.source.received
        return record

    def _read(self, record: Record, line: Line) -> Record:
        if record.problems:
            return record
        cells = line.cells
        for position, reader in self.readers.items():
            self._enter(record, line, position, reader, cells[position] if position < len(cells) else "")
        for name, positions in self.parts.items():
            text = joined([_cell(line, position) for position in positions], self.grammar.century)
            self._enter(record, line, positions[0], self.dates[name], text)
        record.helpers = {name: _cell(line, position) for name, position in self.helpers.items()}
        if not record.problems:
            self._complete(record)
        stated = [record.values.get(n) if p is None else as_text(_cell(line, p)) for n, p in self.key.items()]
        if stated and None not in stated:
            record.key = (self.source.publisher, *stated)
        return record

    def _check_width(self, line: Line, record: Record) -> None:
        """Refuse a line of text with more or fewer cells than its header; empty cells at the end are harmless."""
        found = len(line.cells)
        while found > self.width and not as_text(line.cells[found - 1]).strip():
            found -= 1
        if found > self.width and self.block.last >= len(line.cells):
            record.refuse("", line.cells[self.width], "too_many_cells", found=found, expected=self.width)
        elif len(line.cells) < self.width and not self.leaves_out_empty:
            record.refuse("", "", "too_few_cells", found=len(line.cells), expected=self.width)

    def _enter(self, record: Record, line: Line, position: int, reader: CellReader, cell: object) -> None:
        """Read one cell into the record, or note why it cannot be."""
        if position in line.broken:
            what = line.broken[position]
            record.refuse(reader.name, what, "uncalculated" if what == "=?" else "error_cell")
        elif position in line.merged and reader.column.type in NUMERIC and as_text(cell).strip():
            record.refuse(reader.name, cell, "merged_number")
        else:
            value = reader.read(cell)
            if isinstance(value, CellError):
                record.problems.append((reader.name, as_text(cell), value))
            elif value is not None or reader.name not in record.values:
                record.values[reader.name] = value

    def _complete(self, record: Record) -> None:
        """Fill what follows from the cells: precision, group, place; then see that what is needed is there."""
        try:
            if self.source.table == "incidents":
                incident_follows(record, self.month)
            elif self.source.table == "projects":
                project_follows(record)
            elif self.source.table == "communities":
                register_follows(record)
            without_precision(record, self.dated)
            if self.places is not None and "street" in self.columns:
                self._place(record)
        except CellError as problem:
            column = problem.words.get("column", "")
            value = record.values.get(column) or record.helpers.get(column) or ""
            record.problems.append((column, as_text(value), problem.kept()))
            return
        for name in self.required:
            if record.values.get(name) is None:
                record.refuse(name, "", "missing_required")
        contradictions(record)

    def _place(self, record: Record) -> None:
        values = record.values
        when = next((values[name] for name in ("reported_at", "started_on", "opened_on") if values.get(name)), None)
        address = as_text(record.helpers.get("address", ""))
        asked = values.get("street") or "", values.get("community") or "", address, when.date() if when else None
        try:
            values["street"], values["community"] = self.places.resolve(*asked)
        except CellError as problem:
            if problem.code != "no_place_in_address" or not self.source.place_optional:
                raise
            values["street"], values["community"] = None, None
            self.elsewhere.append(record.line)


def _cell(line: Line, position: int) -> object:
    return line.cells[position] if position < len(line.cells) else ""
