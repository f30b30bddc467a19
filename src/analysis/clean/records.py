"""Laid-out lines → records: every cell read, every record clean or set aside with its reason."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from src.analysis import tables, vocabulary
from src.analysis.clean.dates import DateGrammar, NotADate, read_hour
from src.analysis.clean.places import Places
from src.analysis.clean.sources import Source
from src.analysis.clean.values import CellReader, Unreadable
from src.analysis.ingest import Block, Grid, Line, UnreadableFile, as_text

NUMERIC = ("count", "money", "number")
PLACE_COLUMNS = ("street", "community")


@dataclass
class Record:
    """One record: where it stands, its raw cells, its values, and what is wrong with it."""

    file: str
    sheet: str
    line: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str, Unreadable]] = field(default_factory=list)
    received: dt.date | None = None
    order: int = 0

    def refuse(self, column: str, value: object, reason: str, /, **words: Any) -> None:
        """Note a problem with a column of this record."""
        self.problems.append((column, as_text(value), Unreadable(reason, **words)))


class BlockReader:
    """Reads the records of one block of a delivery."""

    def __init__(self, grid: Grid, block: Block, source: Source, places: Places | None, today: dt.date) -> None:
        self.grid, self.block, self.source, self.places = grid, block, source, places
        self.columns = tables.columns(source.table)
        dates = source.dates
        formats = dates.get("format", ())
        self.grammar = DateGrammar(
            dates.get("calendar", "gregorian"),
            dates.get("century"),
            (formats,) if isinstance(formats, str) else tuple(formats),
            grid.epoch_1904,
        )
        latest = dt.datetime.combine((source.received or today) + dt.timedelta(days=1), dt.time())
        self.readers = {
            position: CellReader(
                self.columns[header.column], self.grammar, header.factor, source.values.get(header.column, {}), latest
            )
            for position, header in block.headers.items()
            if header.column in self.columns
        }
        self.helpers = {
            header.column: p
            for p, header in block.headers.items()
            if header.column in ("address", "occurred_hour", "month")
        }
        if source.place_from:
            self.helpers["address"] = self._position(source.place_from)
        self.month = (
            CellReader(self.columns["reported_at"], self.grammar, latest=latest) if "month" in self.helpers else None
        )
        self.needed = [name for name, column in self.columns.items() if column.required]
        self.key_cells = {name: self._position(name) for name in source.key if name not in self.columns}
        self.width = max((*block.headers, *block.unknown), default=-1) + 1
        self.constants = {
            name: CellReader(self.columns[name], self.grammar).read(value)
            for name, value in source.constants.items()
            if name in self.columns
        }

    def _position(self, words: str) -> int:
        """Return where a delivered column stands that `sources.yml` names by its own header."""
        known = {p: h.words for p, h in self.block.headers.items()} | self.block.unknown
        for position, header in known.items():
            if vocabulary.fold(header) == vocabulary.fold(words):
                return position
        raise UnreadableFile(
            self.grid.file, vocabulary.both("named_column_missing", column=words, found="、".join(known.values()))
        )

    def records(self) -> Iterator[Record]:
        """Yield one record for each line of data."""
        for line in self.block.data:
            cells = self.block.cells(line)
            if not line.problem and not any(as_text(cell).strip() for cell in cells) and not line.broken:
                continue
            yield self._record(line)

    def _record(self, line: Line) -> Record:
        record = Record(
            self.grid.file,
            self.grid.sheet,
            line.number,
            [as_text(cell) for cell in self.block.cells(line)],
            received=self.source.received,
        )
        if line.problem:
            record.refuse("", "", line.problem)
            return record
        if self.grid.ragged and not self._fits(line, record):
            return record
        record.values |= self.constants
        record.values |= {f"key:{name}": as_text(line.cells[position]) for name, position in self.key_cells.items()}
        for position, reader in self.readers.items():
            cell = line.cells[position] if position < len(line.cells) else ""
            self._read_cell(record, line, position, reader, cell)
        if not record.problems:
            self._complete(record, line)
        return record

    def _fits(self, line: Line, record: Record) -> bool:
        """A line of text with more or fewer cells than its header cannot be told apart; empty cells at the end are harmless."""
        found = len(line.cells)
        while found > self.width and not as_text(line.cells[found - 1]).strip():
            found -= 1
        if found > self.width and self.block.last >= len(line.cells):
            record.refuse("", line.cells[self.width], "too_many_cells", found=found, expected=self.width)
        elif len(line.cells) < self.width:
            record.refuse("", "", "too_few_cells", found=len(line.cells), expected=self.width)
        return not record.problems

    def _read_cell(self, record: Record, line: Line, position: int, reader: CellReader, cell: object) -> None:
        name = reader.column.name
        if position in line.broken:
            what = line.broken[position]
            return record.refuse(name, what, "uncalculated" if what == "=?" else "error_cell", value=what)
        if position in line.merged and reader.column.type in NUMERIC and as_text(cell).strip():
            return record.refuse(name, cell, "merged_number")
        value = reader.read(cell)
        if isinstance(value, Unreadable):
            return record.problems.append((name, as_text(cell), value))
        if value is not None or name not in record.values:
            record.values[name] = value

    def _complete(self, record: Record, line: Line) -> None:
        """Fill what follows from the cells: precision, place, group; then see that what is needed is there."""
        values = record.values
        try:
            if self.source.table == "incidents":
                self._complete_incident(record, line)
            for name, column in self.columns.items():
                if column.type in ("date", "time") and isinstance(values.get(name), tuple):
                    values[name] = values[name][0]
            if self.places is not None and "street" in self.columns:
                self._place(record, line)
        except Unreadable as problem:
            column = problem.words.pop("column", "group" if problem.reason == "group_unknown" else "community")
            record.problems.append((column, as_text(values.get(column) or ""), problem))
            return
        for name in self.needed:
            if values.get(name) is None:
                record.refuse(name, "", "missing_required", column=name)
        _contradictions(record)

    def _complete_incident(self, record: Record, line: Line) -> None:
        values = record.values
        if self.month and values.get("reported_at") is None:
            found = self.month.read(line.cells[self.helpers["month"]])
            if isinstance(found, Unreadable):
                raise found
            values["reported_at"] = found and (found[0].replace(day=1), "month")
        if "occurred_hour" in self.helpers:
            self._add_hour(values, line.cells[self.helpers["occurred_hour"]])
        if values.get("reported_at") is not None:
            values["precision"] = values["reported_at"][1]
        if values.get("incident_count") is None and values.get("precision") != "month":
            values["incident_count"] = 1
        kind = vocabulary.current().kinds.get(values.get("kind") or "", {})
        if values.get("group") is None and kind:
            if "group" not in kind:
                raise Unreadable("group_unknown")
            values["group"] = kind["group"]

    def _add_hour(self, values: dict, cell: object) -> None:
        """Add the hour of an hour range to the day that it belongs to; a time range without a day says nothing."""
        if not as_text(cell).strip():
            return
        try:
            hour = read_hour(cell)
        except NotADate as error:
            raise Unreadable(error.reason, column="occurred_at") from None
        for name in ("occurred_at", "reported_at"):
            if values.get(name) is not None and values[name][1] == "day":
                values[name] = (values[name][0].replace(hour=hour), "hour")

    def _place(self, record: Record, line: Line) -> None:
        values = record.values
        address = as_text(line.cells[self.helpers["address"]]) if "address" in self.helpers else ""
        when = next(
            (values[name] for name in ("reported_at", "started_on", "opened_on") if values.get(name) is not None), None
        )
        values["street"], values["community"] = self.places.resolve(
            values.get("street") or "", values.get("community") or "", address, when.date() if when else None
        )


def _contradictions(record: Record) -> None:
    """Refuse what cannot be true together; days are compared where either side has no time of day."""
    values = record.values
    happened, received = values.get("occurred_at"), values.get("reported_at")
    if happened is not None and received is not None and happened.date() > received.date():
        record.refuse("occurred_at", happened, "occurred_after_report", other=received)
    started, ended = values.get("started_on"), values.get("ended_on")
    if started is not None and ended is not None and ended < started:
        record.refuse("ended_on", f"{ended:%Y-%m-%d}", "ended_before_start", other=f"{started:%Y-%m-%d}")
    counted = values.get("residents_count")
    if values.get("residents_took_part") is False and counted and not math.isnan(counted):
        record.refuse("residents_took_part", False, "residents_contradict", other=counted)
