"""Laid-out lines → records: every cell read, every record clean or set aside with its reason."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from src.analysis import tables, vocabulary
from src.analysis.clean.dates import DateGrammar
from src.analysis.clean.follows import contradictions, incident_follows, without_precision
from src.analysis.clean.periods import month_columns
from src.analysis.clean.places import Places
from src.analysis.clean.sources import Source
from src.analysis.clean.values import CellReader, Unreadable
from src.analysis.ingest import Block, Grid, Line, UnreadableFile, as_text

NUMERIC = ("count", "money", "number")
HELPERS = ("address", "occurred_hour", "month")


@dataclass
class Record:
    """One record: where it stands, its raw cells, its values, what identifies it and what is wrong with it."""

    file: str
    sheet: str
    line: int
    raw: list
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str, Unreadable]] = field(default_factory=list)
    received: dt.date | None = None
    key: tuple | None = None
    helpers: dict[str, object] = field(default_factory=dict)

    @property
    def cells(self) -> list[str]:
        """Its cells as they were delivered."""
        return [as_text(cell) for cell in self.raw]

    def refuse(self, column: str, value: object, reason: str, /, **words: Any) -> None:
        """Note a problem with a column of this record."""
        self.problems.append((column, as_text(value), Unreadable(reason, **words)))


class BlockReader:
    """Reads the records of one block of a delivery."""

    def __init__(self, grid: Grid, block: Block, source: Source, places: Places | None, today: dt.date) -> None:
        self.grid, self.block, self.source, self.places = grid, block, source, places
        self.columns = tables.columns(source.table)
        self.grammar = _grammar(source, grid.epoch_1904)
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
        self.months = month_columns(grid, block, source)
        self.width = max((*block.headers, *block.unknown), default=-1) + 1
        self.constants = {name: self._constant(name, value) for name, value in source.constants.items()}

    def _reader(self, column: str, unit: str = "") -> CellReader:
        return CellReader(self.columns[column], self.grammar, unit, self.source.values.get(column, {}), self.latest)

    def _constant(self, name: str, value: object) -> object:
        read = self._reader(name).read(value)
        if isinstance(read, Unreadable):
            raise UnreadableFile(self.grid.file, vocabulary.both("constant_unreadable", column=name, value=value))
        return read

    def _position(self, words: str) -> int:
        """Return where a delivered column stands that `sources.yml` names by its own header."""
        known = {p: h.words for p, h in self.block.headers.items()} | self.block.unknown
        for position, header in known.items():
            if vocabulary.fold(header) == vocabulary.fold(words):
                return position
        found = "、".join(known.values())
        raise UnreadableFile(self.grid.file, vocabulary.both("named_column_missing", column=words, found=found))

    def records(self) -> Iterator[Record]:
        """Yield the records of each line of data: one, or one per month of a wide table."""
        for line in self.block.data:
            if line.problem or line.broken or any(self.block.texts(line)):
                yield from self._of_line(line)

    def _of_line(self, line: Line) -> Iterator[Record]:
        record = self._new(line)
        if line.problem:
            record.refuse("", "", line.problem)
        elif self.grid.ragged:
            self._check_width(line, record)
        if record.problems or not self.months:
            yield self._read(record, line)
            return
        for position, month in self.months.items():
            record = self._new(line)
            record.values["reported_at"] = (month, "month")
            self._read_cell(record, line, position, self._reader("incident_count"))
            if record.problems or record.values["incident_count"] is not None:
                yield self._read(record, line)

    def _new(self, line: Line) -> Record:
        record = Record(self.grid.file, self.grid.sheet, line.number, self.block.cells(line), dict(self.constants))
        record.received = self.source.received
        return record

    def _read(self, record: Record, line: Line) -> Record:
        if record.problems:
            return record
        for position, reader in self.readers.items():
            self._read_cell(record, line, position, reader)
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
        elif len(line.cells) < self.width:
            record.refuse("", "", "too_few_cells", found=len(line.cells), expected=self.width)

    def _read_cell(self, record: Record, line: Line, position: int, reader: CellReader) -> None:
        name, cell = reader.column.name, _cell(line, position)
        if position in line.broken:
            what = line.broken[position]
            record.refuse(name, what, "uncalculated" if what == "=?" else "error_cell")
            return
        if position in line.merged and reader.column.type in NUMERIC and as_text(cell).strip():
            record.refuse(name, cell, "merged_number")
            return
        value = reader.read(cell)
        if isinstance(value, Unreadable):
            record.problems.append((name, as_text(cell), value))
        elif value is not None or name not in record.values:
            record.values[name] = value

    def _complete(self, record: Record) -> None:
        """Fill what follows from the cells: precision, group, place; then see that what is needed is there."""
        try:
            if self.source.table == "incidents":
                incident_follows(record, self.month)
            without_precision(record, self.columns)
            if self.places is not None and "street" in self.columns:
                self._place(record)
        except Unreadable as problem:
            column = problem.words.get("column", "")
            value = record.values.get(column) or record.helpers.get(column) or ""
            record.problems.append((column, as_text(value), problem))
            return
        for column in self.columns.values():
            if column.required and record.values.get(column.name) is None:
                record.refuse(column.name, "", "missing_required")
        contradictions(record)

    def _place(self, record: Record) -> None:
        values = record.values
        when = next((values[name] for name in ("reported_at", "started_on", "opened_on") if values.get(name)), None)
        values["street"], values["community"] = self.places.resolve(
            values.get("street") or "",
            values.get("community") or "",
            as_text(record.helpers.get("address", "")),
            when.date() if when else None,
        )


def _grammar(source: Source, epoch_1904: bool) -> DateGrammar:
    stated = source.dates.get("format", ())
    formats = (stated,) if isinstance(stated, str) else tuple(stated)
    return DateGrammar(source.dates.get("calendar", "gregorian"), source.dates.get("century"), formats, epoch_1904)


def _cell(line: Line, position: int) -> object:
    return line.cells[position] if position < len(line.cells) else ""
