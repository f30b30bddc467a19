"""A batch → values and issues: each distinct cell, and each distinct combination that a rule looks at, is read once."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from src.ingest.batch import Batch, Column, Dictionary, TextColumn
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.date_parts import joined
from src.ingest.cleaning.derive import (
    SHOWN,
    complete_incident,
    complete_project,
    contradictions,
    month_count,
)  # fmt: skip
from src.ingest.cleaning.issue import CellError, Issues
from src.ingest.cleaning.shapes import CellIssue, TimeReader, read_ids
from src.ingest.cleaning.table import NUMERIC, TableReader, Wide, numbers_in
from src.ingest.cleaning.values import (
    BAD,
    DAY_US,
    EPOCH,
    MICROSECOND,
    NONE,
    PRECISIONS,
    Rule,
    Values,
    micros,
    time_of,
    times_of,
)  # fmt: skip
from src.ingest.readers.grid import as_text

A_DAY = dt.datetime(2020, 1, 1)  # stands for a time of which a rule looks at the precision alone


@dataclass
class Cleaned:
    """The rows of a batch as records: which of its rows are one, what they state, why some are set aside."""

    records: np.ndarray
    values: Values
    issues: Issues


class Cleaner:
    """Cleans the rows of one table, batch by batch."""

    def __init__(self, table: TableReader) -> None:
        self.table, self.source = table, table.source
        halves: dict[tuple, dict] = {}
        self.times = {p: TimeReader(reader, halves) for p, reader in table.readers.items() if _is_time(reader)}
        self.beside: list[int] = []  # lines with something in a column without a header
        self.elsewhere: list[int] = []  # lines whose address names no place of the register, where that is allowed
        self.sums_differ: dict[int, list[int]] = {position: [] for position in table.months.sums}
        self.wide_counts, self.wide_kinds = Dictionary(), Dictionary()
        self._new_rules()
        changes = [] if table.places is None else table.places.changes
        self.changes = np.array([(dt.datetime.combine(d, dt.time()) - EPOCH) // MICROSECOND for d in changes], np.int64)

    def _new_rules(self) -> None:
        self.follow = Rule("group", "incident_count", "precision", "reported_at", "occurred_at")
        self.flags = Rule(*SHOWN)
        self.place = Rule("street", "community", "elsewhere")
        self.count_rules = {position: Rule("incident_count") for position in self.table.wide}
        self.date_rules = {name: Rule("text", "time") for name in self.table.date_parts}

    def clean(self, batch: Batch) -> Iterator[Cleaned]:
        """Clean a batch; a wide one once for each of its months or kinds."""
        coded = [p for p, reader in self.table.readers.items() if not (_is_time(reader) or reader.column.type == "id")]
        asked = [*coded, *self.table.helpers.values(), *self.table.wide, *chain(*self.table.date_parts.values())]
        if any(isinstance(batch.columns[position], TextColumn) for position in asked):
            self._new_rules()  # the codes of such a column are those of this batch alone
        issues = self._line_issues(batch)
        if self.table.wide:
            yield from self._clean_wide(batch, issues)
            return
        values = Values(len(batch))
        self._clean(batch, values, issues)
        yield Cleaned(np.ones(len(batch), bool), values, issues)

    def _clean(self, batch: Batch, values: Values, issues: Issues) -> None:
        for position, reader in self.table.readers.items():
            self._check_cells(batch, position, reader, issues)
            self._read(batch.columns[position], position, reader, values, issues)
        for name, positions in self.table.date_parts.items():
            self._read_parts(batch, name, positions, values, issues)
        for name, constant in self.table.constants.items():
            self._fill(values, name, constant)
        helpers = {name: batch.columns[position].encoded() for name, position in self.table.helpers.items()}
        if self.source.table == "incidents":
            self._complete_incidents(values, helpers, issues)
        elif self.source.table == "communities" and "street" in values.coded:
            values.coded.setdefault("community", values.coded["street"])
        elif self.source.table == "projects":
            self._complete_projects(values)
        if self.table.places is not None and "street" in self.table.columns:
            self._resolve_places(batch.lines, values, helpers, issues)
        for name in self.table.required:
            issues.add(np.flatnonzero(values.missing(name)), name, "", CellError("missing_required"))
        self._refuse_contradictions(values, issues)

    # Lines

    def _line_issues(self, batch: Batch) -> Issues:
        """Return the issues of lines that cannot be read or are not as wide as the header; note cells beside it."""
        issues, table, last = Issues(len(batch)), self.table, self.table.block.last
        beside = {*table.beside, *range(table.width, min(last, len(batch.columns)))}
        filled = (self._filled_rows(batch, position).tolist() for position in beside if position < len(batch.columns))
        rows = sorted({*batch.odd}.union(*filled))
        for row, line in zip(rows, batch.lines_at(np.array(rows, np.int64)), strict=True):
            if line.problem:
                issues.add_one(row, "", "", CellError(line.problem))
                continue
            if table.grid.delimiter and (wrong := table.width_error(line)):
                issues.add_one(row, "", *wrong)
            if any(text for p, text in enumerate(line.texts[:last]) if p in beside or p >= table.width):
                self.beside.append(line.number)
        return issues

    @staticmethod
    def _filled_rows(batch: Batch, position: int) -> np.ndarray:
        column = batch.columns[position].encoded()
        filled = column.dictionary.answers("filled", lambda cell: bool(as_text(cell).strip()))
        return np.flatnonzero(np.array(filled, bool)[column.codes])

    @staticmethod
    def _check_cells(batch: Batch, position: int, reader: CellReader, issues: Issues) -> None:
        """Refuse cells that hold an error, and numbers that are merged over several lines."""
        for row, line in batch.odd.items():
            cell = as_text(line.cells[position]) if position < len(line.cells) else ""
            if position in line.broken:
                what = line.broken[position]
                error = CellError("uncalculated" if what == "=?" else "error_cell")
                issues.add_one(row, reader.name, as_text(what), error)
            elif position in line.merged and reader.column.type in NUMERIC and cell.strip():
                issues.add_one(row, reader.name, cell, CellError("merged_number"))

    # Cells

    def _read(
        self, column: Column | TextColumn, position: int, reader: CellReader, values: Values, issues: Issues
    ) -> None:
        """Read a column: distinct cells once each, times and identifiers by their shape."""
        name, found = reader.name, []
        if isinstance(column, TextColumn) and reader.column.type == "id":
            values.texts[name], found = read_ids(column, reader)
        elif isinstance(column, TextColumn) and _is_time(reader):
            *values.times[name], found = self.times[position].read(column)
        else:
            column = column.encoded()
            meanings = column.dictionary.answers(("meaning", id(reader)), self._reading(reader))
            found = _cell_issues(column, meanings)
            if _is_time(reader):
                values.times[name] = times_of(column.codes, meanings)
            else:
                values.coded[name] = column.codes, meanings
        for rows, cell, error in found:
            issues.add(rows, name, cell, error)

    def _reading(self, reader: CellReader) -> Callable[[object], Any]:
        """Return what reads a cell; where nothing is stated, a constant is meant."""
        constant = self.table.constants.get(reader.name)

        def read(cell: object) -> Any:
            meaning = reader.read(cell)
            return constant if meaning is None else meaning

        return reader.read if constant is None else read

    def _read_parts(self, batch: Batch, name: str, positions: list[int], values: Values, issues: Issues) -> None:
        """Read a date that several columns state together."""
        rule, reader = self.date_rules[name], self.table.dates[name]
        self._check_cells(batch, positions[0], reader, issues)
        columns = [batch.columns[position].encoded() for position in positions]

        def ask(row: int) -> dict:
            text = joined([_cell(column, row) for column in columns], self.table.grammar.century)
            return {"text": text, "time": reader.read(text)}

        codes = rule.codes([column.codes for column in columns], ask)
        when, exact = times_of(codes, rule.values["time"])
        for row in np.flatnonzero((when == BAD) & ~issues.rows).tolist():
            issues.add_one(row, name, as_text(rule.values["text"][codes[row]]), rule.values["time"][codes[row]])
        before, precise = values.times.get(name, (when, exact))
        values.times[name] = np.where(when == NONE, before, when), np.where(when == NONE, precise, exact)

    def _fill(self, values: Values, name: str, constant: Any) -> None:
        """Put a constant where nothing is stated; the cells of coded columns mean it already."""
        if isinstance(constant, tuple):
            values.fill_time(name, constant)
        elif name in values.texts:
            values.texts[name] = TextColumn(values.texts[name].texts.fill_null(constant))
        else:
            values.coded.setdefault(name, (np.zeros(values.count, np.int32), [constant]))

    # Rules

    def _apply(self, rule: Rule, codes: np.ndarray, values: Values, helpers: dict[str, Column], issues: Issues) -> None:
        """Refuse the rows that a rule refuses; the value told is the row's own."""
        rows = rule.refused(codes)
        for row in rows[~issues.rows[rows]].tolist():
            error = rule.errors[codes[row]]
            column = error.words.get("column", "")
            helper = _cell(helpers[column], row) if column in helpers else ""
            issues.add_one(row, column, as_text(values.value(column, row) or helper or ""), error)

    def _complete_incidents(self, values: Values, helpers: dict[str, Column], issues: Issues) -> None:
        """Fill precision, count and group, and what a month or an hour in a column of its own adds to the times."""
        names = [name for name in ("kind", "group", "incident_count") if name in values.coded]
        helpers = {name: column for name, column in helpers.items() if name != "address"}
        timed = ["reported_at", "occurred_at"] if helpers else ["reported_at"]
        none = np.full(values.count, NONE), np.zeros(values.count, np.uint8)
        times = {name: values.times.get(name, none) for name in timed}
        lacking = {name: when <= BAD for name, (when, _) in times.items()}
        # A line with a number of its own, or of which sources.yml says so, is one incident.
        has_id = ~values.missing("incident_id") | (self.source.rows == "incidents")

        def ask(row: int) -> dict:
            stated = {name: values.value(name, row) for name in names} | {"incident_id": bool(has_id[row])}
            stated |= {n: (A_DAY, PRECISIONS[exact[row]]) for n, (_, exact) in times.items() if not lacking[n][row]}
            complete_incident(stated, {name: _cell(column, row) for name, column in helpers.items()}, self.table.month)
            return stated

        parts = [values.coded[name][0] for name in names]
        parts += [exact.astype(np.int64) * 2 + lacking[name] for name, (_, exact) in times.items()]
        codes = self.follow.codes(
            [*parts, has_id.astype(np.int64), *(column.codes for column in helpers.values())], ask
        )
        self._apply(self.follow, codes, values, helpers, issues)
        for name in ("group", "incident_count", "precision"):
            values.coded[name] = codes, self.follow.values[name]
        for name in timed if helpers else ():  # the answer moves the day, or is the time where none was stated
            answers = [answer or None for answer in self.follow.values[name]]
            if name in values.times or any(answers):
                moved, exact = times_of(codes, answers)
                when = np.where(lacking[name], moved, times[name][0] + moved - micros((A_DAY, "")))
                values.times[name] = when, exact

    def _complete_projects(self, values: Values) -> None:
        names = [name for flag, (shown, _) in SHOWN.items() for name in (flag, shown) if name in values.coded]

        def ask(row: int) -> dict:
            stated = {name: values.value(name, row) for name in names}
            complete_project(stated)
            return stated

        if names:
            codes = self.flags.codes([values.coded[name][0] for name in names], ask)
            values.coded |= {name: (codes, self.flags.values[name]) for name in SHOWN if name in names}

    def _resolve_places(self, lines: np.ndarray, values: Values, helpers: dict[str, Column], issues: Issues) -> None:
        when = np.full(values.count, NONE)
        for name in ("opened_on", "started_on", "reported_at"):
            if name in values.times:
                when = np.where(values.times[name][0] > BAD, values.times[name][0], when)
        period = np.searchsorted(self.changes, when, side="right") * 2 + (when == NONE)
        parts = [values.coded[name][0] for name in ("street", "community") if name in values.coded]
        parts += [helpers["address"].codes] if "address" in helpers else []

        def ask(row: int) -> dict:
            text = as_text(_cell(helpers["address"], row)) if "address" in helpers else ""
            day = None if when[row] == NONE else time_of(int(when[row])).date()
            stated = [values.value(name, row) or "" for name in ("street", "community")]
            try:
                return dict(zip(("street", "community"), self.table.places.resolve(*stated, text, day), strict=True))
            except CellError as error:
                if error.code != "no_place_in_address" or not self.source.place_optional:
                    raise
                return {"elsewhere": True}

        codes = self.place.codes([*parts, period], ask)
        self._apply(self.place, codes, values, helpers, issues)
        elsewhere = np.fromiter(map(bool, self.place.values["elsewhere"]), bool, len(self.place.errors))
        self.elsewhere += lines[elsewhere[codes] & ~issues.rows].tolist()
        values.coded |= {name: (codes, self.place.values[name]) for name in ("street", "community")}

    def _refuse_contradictions(self, values: Values, issues: Issues) -> None:
        """Ask the rules about the few rows that may contradict themselves."""
        suspect = np.zeros(values.count, bool)
        for first, second, unit in (("occurred_at", "reported_at", DAY_US), ("started_on", "ended_on", 1)):
            if first in values.times and second in values.times:
                a, b = values.times[first][0], values.times[second][0]
                rows = np.flatnonzero((a > b) & (b > BAD))
                suspect[rows] = a[rows] // unit > b[rows] // unit
        for flag in SHOWN:
            suspect |= values.mask(flag, lambda meaning: meaning is False)
        for row in np.flatnonzero(suspect & ~issues.rows).tolist():
            for found in contradictions({name: values.value(name, row) for name in values.names()}):
                issues.add_one(row, *found)

    # Wide tables

    def _clean_wide(self, batch: Batch, lines: Issues) -> Iterator[Cleaned]:
        """Clean a wide batch, once for each column of counts; a row whose line cannot be read is one record."""
        wide = self.table.wide
        columns = [self._count(batch, position, wide[position], lines) for position in wide]
        falls = np.logical_or.reduce([falls for *_, falls in columns])  # which of the sums is wrong cannot be told
        self._compare_sums(batch)
        for which, (values, issues, _) in enumerate(columns):
            stated = issues.rows | ~values.missing("incident_count")
            for row in np.flatnonzero(falls & ~values.missing("incident_count")).tolist():
                count = as_text(values.value("incident_count", row))
                issues.add_one(row, "incident_count", count, CellError("sum_falls"))
            self._clean(batch, values, issues)
            yield Cleaned(np.where(lines.rows, which == 0, stated), values, issues)

    def _count(self, batch: Batch, position: int, wide: Wide, lines: Issues) -> tuple[Values, Issues, np.ndarray]:
        """Return the counts of one column, their issues, and the rows whose sums fall from one month to the next."""
        values, issues, counts, rule = Values(len(batch)), lines.copy(), self.table.counts, self.count_rules[position]
        self._check_cells(batch, position, counts, issues)
        columns = [batch.columns[p].encoded() for p in (position, *wide.before)]
        is_merged = np.zeros(len(batch), np.int64)
        is_merged[[row for row, line in batch.odd.items() if line.merged.intersection(wide.before)]] = 1

        def ask(row: int) -> dict:
            stated, *earlier = (counts.read(_cell(column, row)) for column in columns)
            return {"incident_count": month_count(stated, [None] * len(earlier) if is_merged[row] else earlier)}

        codes = rule.codes([*(column.codes for column in columns), is_merged], ask)
        for row in rule.refused(codes).tolist():
            cell = _cell(columns[0], row)
            meaning = counts.read(cell)
            value = cell if isinstance(meaning, CellError) else meaning
            issues.add_one(row, "incident_count", as_text(value), rule.errors[codes[row]])
        known = self.wide_counts.encode(rule.values["incident_count"])  # the same codes for all columns
        values.coded["incident_count"] = known[codes], self.wide_counts.cells
        for name, value in wide.stated.items():
            if isinstance(value, tuple):
                values.fill_time(name, value)
            else:
                kinds = self.wide_kinds.encode([value])
                values.coded[name] = np.full(len(batch), kinds[0], np.int32), self.wide_kinds.cells
        falling = np.array([error is not None and error.code == "sum_falls" for error in rule.errors], bool)
        return values, issues, falling[codes]

    def _compare_sums(self, batch: Batch) -> None:
        """Note the lines of a wide table in which a total is not the sum of its months."""
        for position, months in self.table.months.sums.items():
            stated, *counts = (numbers_in(batch, p, self.table.counts) for p in (position, *months))
            rows = np.flatnonzero((stated != 0) & (stated != sum(counts)))
            self.sums_differ[position] += batch.lines[rows].tolist()


def _is_time(reader: CellReader) -> bool:
    return reader.column.type in ("date", "time")


def _cell(column: Column, row: int) -> object:
    return column.dictionary.cells[column.codes[row]]


def _cell_issues(column: Column, meanings: list) -> Iterator[CellIssue]:
    """Yield the rows of each distinct cell that cannot be understood."""
    bad = np.fromiter((isinstance(meaning, CellError) for meaning in meanings), bool, len(meanings))
    if bad.any():
        rows = np.flatnonzero(bad[column.codes])
        codes = column.codes[rows]
        for code in np.unique(codes).tolist():
            yield rows[codes == code], as_text(column.dictionary.cells[code]), meanings[code]
