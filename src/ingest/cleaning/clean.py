"""A batch → values and issues: each distinct cell, and each distinct combination that a rule looks at, is read once."""

import datetime as dt
from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from src.ingest.batch import Batch, CellError, Column, Dictionary, Issues, TextColumn
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import joined
from src.ingest.cleaning.table import NUMERIC, CellIssue, TableReader, TimeReader, numbers_in, read_ids
from src.ingest.cleaning.values import (
    A_DAY,
    BAD,
    DAY_US,
    EPOCH,
    MICROSECOND,
    NONE,
    SHOWN,
    Coded,
    Rule,
    Texts,
    Times,
    Values,
    complete_incident,
    contradictions,
)
from src.ingest.readers.grid import as_text


class Cleaner:
    """Cleans the rows of one table, batch by batch."""

    def __init__(self, table: TableReader) -> None:
        self.table, self.source = table, table.source
        halves: dict[str, int] = {}
        self.times = {p: TimeReader(reader, halves) for p, reader in table.readers.items() if reader.is_time}
        self.stray_lines: list[int] = []  # lines with something in a column without a header
        self.elsewhere: list[int] = []  # lines whose address names no place of the register, where that is allowed
        self.above: dict[int, object] = {}  # what stood last in a column that states it once for the lines below
        self.filled: list[int] = []  # lines that it was filled into
        self.counts = Dictionary()  # of a wide table: the same codes for all its columns
        stated = [*table.wide.values()]  # of each count by its header: its month, or its kind
        self.stated = {name: [one[name] for one in stated] for name in (stated[0] if stated else ())}
        self._new_rules()
        changes = [] if table.places is None else table.places.changes
        self.changes = np.array([(dt.datetime.combine(d, dt.time()) - EPOCH) // MICROSECOND for d in changes], np.int64)

    def _new_rules(self) -> None:
        self.follow = Rule("group", "incident_count", "precision", "reported_at", "occurred_at")
        self.place = Rule("street", "community", "elsewhere")
        self.date_rules = {name: Rule("text", "time") for name in self.table.date_parts}

    def clean(self, batch: Batch) -> tuple[Batch, Values, Issues]:
        """Return the records of a batch, what they state, and why some are set aside.

        A line of a wide table is a record for each month or kind of which it states a count.
        """
        table = self.table
        coded = [p for p, reader in table.readers.items() if not (reader.is_time or reader.name in table.ids)]
        asked = [*coded, *table.helpers.values(), *table.wide, *chain(*table.date_parts.values())]
        if any(isinstance(batch.columns[position], TextColumn) for position in asked):
            self._new_rules()  # the codes of such a column are those of this batch alone
        issues, values = self._line_issues(batch), Values(len(batch))
        filled = {position: self._filled_down(batch, position) for position in table.filled_down}
        if table.wide:
            rows, values, issues = self._unpivoted(batch, issues)
            batch, filled = batch.take(rows), {position: column.take(rows) for position, column in filled.items()}
        for position, reader in table.readers.items():
            self._check_cells(batch, position, reader, issues)
            self._read(filled.get(position, batch.columns[position]), position, values, issues)
        for name, positions in table.date_parts.items():
            self._read_parts(batch, name, positions, values, issues)
        for name, constant in table.constants.items():
            column = self._column(name, np.zeros(len(batch), np.int32), [constant])
            values[name] = values[name].filled(column) if name in values else column
        for name, position in table.helpers.items():
            column = batch.columns[position].encoded()
            values[name] = Coded(column.codes, column.dictionary.cells)
        if self.source.table == "incidents":
            self._complete_incidents(values, issues)
        elif self.source.table == "communities" and "street" in values:
            values.setdefault("community", values["street"])
        elif self.source.table == "projects":
            self._complete_projects(values)
        if table.places is not None and "street" in table.columns:
            self._resolve_places(batch.lines, values, issues)
        for name in table.required:
            issues.add(np.flatnonzero(values[name].missing()), name, "", CellError("missing_required"))
        self._refuse_contradictions(values, issues)
        return batch, values, issues

    # Lines

    def _line_issues(self, batch: Batch) -> Issues:
        """Return the issues of lines that cannot be read or are not as wide as the header; note cells beside it."""
        issues, table, last = Issues(len(batch)), self.table, self.table.block.last
        known = {*table.block.headers, *table.block.unknown}
        beside = {*range(table.block.first, min(last, len(batch.columns)))} - known
        filled = (np.flatnonzero(~column.empty()) for p, column in enumerate(batch.columns) if p in beside)
        rows = sorted({*batch.odd}.union(*filled))
        for row, line in zip(rows, batch.lines_at(np.array(rows, np.int64)), strict=True):
            if line.problem:
                issues.add_one(row, "", "", CellError(line.problem))
                continue
            if table.grid.delimiter and (wrong := table.width_error(line)):
                issues.add_one(row, "", *wrong)
            if any(text for p, text in enumerate(line.texts[:last]) if p in beside or p >= table.width):
                self.stray_lines.append(line.number)
        return issues

    @staticmethod
    def _check_cells(batch: Batch, position: int, reader: CellReader, issues: Issues, first: int = 0) -> None:
        """Refuse cells that hold an error, and numbers that are merged over several cells."""
        for row, line in batch.odd.items():
            cell = as_text(line.cells[position]) if position < len(line.cells) else ""
            if position in line.broken:
                what = line.broken[position]
                error = CellError("uncalculated" if what == "=?" else "error_cell")
                issues.add_one(first + row, reader.name, as_text(what), error)
            elif position in line.merged and reader.column.type in NUMERIC and cell.strip():
                issues.add_one(first + row, reader.name, cell, CellError("merged_number"))

    def _filled_down(self, batch: Batch, position: int) -> Column:
        """Return a column with what stands once in it in all lines that it is of; not where a line names its place."""
        column = batch.columns[position].encoded()
        is_empty = column.asked("blank", lambda cell: not as_text(cell).strip(), bool)
        is_empty[[row for row, line in batch.odd.items() if line.problem]] = True
        at = np.maximum.accumulate(np.where(is_empty, -1, np.arange(len(batch))))
        above = column.dictionary.encode([self.above.get(position, "")])
        last = Column(column.dictionary, np.where(at < 0, above, column.codes[at]))
        self.above[position] = last.cell(-1)
        if (beside := self.table.beside(position)) is not None:
            places = self.table.places
            is_empty &= ~batch.columns[beside].encoded().asked("placed", lambda cell: places.knows(as_text(cell)), bool)
        self.filled += batch.lines[is_empty].tolist()
        return Column(column.dictionary, np.where(is_empty, last.codes, column.codes))

    # Cells

    def _read(self, column: Column | TextColumn, position: int, values: Values, issues: Issues) -> None:
        """Read a column: distinct cells once each, times and identifiers by their shape."""
        reader = self.table.readers[position]
        if isinstance(column, TextColumn) and reader.is_time:
            values[reader.name], found = self.times[position].read(column)
        elif isinstance(column, TextColumn) and reader.name in self.table.ids:
            values[reader.name], found = read_ids(column, reader)
        else:
            column, constant = column.encoded(), self.table.constants.get(reader.name)

            def read(cell: object) -> Any:
                return constant if (meaning := reader.read(cell)) is None else meaning

            meanings = column.dictionary.answers(("meaning", id(reader)), read)
            found = _cell_issues(column, meanings)
            values[reader.name] = self._column(reader.name, column.codes, meanings)
        for rows, cell, error in found:
            issues.add(rows, reader.name, cell, error)

    def _column(self, name: str, codes: np.ndarray, meanings: list) -> Coded | Times | Texts:
        """Return a column of the kind that its values are kept in."""
        if self.table.columns[name].type in ("date", "time"):
            return Times.of(codes, meanings)
        if name in self.table.ids:
            texts = [None if isinstance(meaning, CellError) else meaning for meaning in meanings]
            return Texts(pa.array(texts, pa.string()).take(pa.array(codes)))
        return Coded(codes, meanings)

    def _read_parts(self, batch: Batch, name: str, positions: list[int], values: Values, issues: Issues) -> None:
        """Read a date that several columns state together."""
        rule, reader = self.date_rules[name], self.table.dates[name]
        self._check_cells(batch, positions[0], reader, issues)
        columns = [batch.columns[position].encoded() for position in positions]

        def ask(row: int) -> dict:
            text = joined([column.cell(row) for column in columns], self.table.grammar.century)
            return {"text": text, "time": reader.read(text)}

        codes = rule.codes([column.codes for column in columns], ask)
        stated = Times.of(codes, rule.values["time"])
        for row in np.flatnonzero((stated.when == BAD) & ~issues.rows).tolist():
            issues.add_one(row, name, as_text(rule.values["text"][codes[row]]), rule.values["time"][codes[row]])
        values[name] = stated.filled(values[name]) if name in values else stated

    # Rules

    @staticmethod
    def _apply(rule: Rule, codes: np.ndarray, values: Values, issues: Issues) -> None:
        """Refuse the rows that a rule refuses; the value told is the row's own."""
        rows = rule.refused(codes)
        for row in rows[~issues.rows[rows]].tolist():
            error = rule.errors[codes[row]]
            column = error.words.get("column", "")
            issues.add_one(row, column, as_text(values[column].value(row) or ""), error)

    def _complete_incidents(self, values: Values, issues: Issues) -> None:
        """Fill precision, count and group, and what a month or an hour in a column of its own adds to the times."""
        helpers = [name for name in ("occurred_hour", "month") if name in self.table.helpers]
        timed = ["reported_at", "occurred_at"] if helpers else ["reported_at"]
        none = Times.of(np.zeros(values.count, np.int32), [None])
        times = {name: values.get(name, none) for name in timed}
        names = [name for name in ("kind", "group", "incident_count") if name in values]
        seen = {name: values[name] for name in names} | times | {"incident_id": values["incident_id"]}

        def ask(row: int) -> dict:
            stated = {name: column.seen(row) for name, column in seen.items()}
            # A line with a number of its own, or of which sources.yml says so, is one incident.
            stated["incident_id"] = stated["incident_id"] or self.source.rows == "incidents"
            complete_incident(stated, {name: values[name].value(row) for name in helpers}, self.table.month)
            return stated

        columns = [*seen.values(), *(values[name] for name in helpers)]
        codes = self.follow.codes([column.codes for column in columns], ask)
        self._apply(self.follow, codes, values, issues)
        for name in ("group", "incident_count", "precision"):
            values[name] = Coded(codes, self.follow.values[name])
        for name in timed if helpers else ():  # the answer moves the day, or is the time where none was stated
            answers = [answer or None for answer in self.follow.values[name]]
            if name in values or any(answers):
                moved, stated = Times.of(codes, answers), times[name]
                when = np.where(
                    stated.when <= BAD, moved.when, stated.when + moved.when - (A_DAY - EPOCH) // MICROSECOND
                )
                values[name] = Times(when, moved.exact)

    @staticmethod
    def _complete_projects(values: Values) -> None:
        """Fill the flags of who took part that a project leaves open though it says how many, or what kinds.

        Only where the delivery has a column for the flag: else every project that states it would state a yes.
        """
        for flag, (shown, _) in SHOWN.items():
            if flag in values:
                stated, is_open = values[flag], values[flag].missing()
                is_open &= values[shown].holds(lambda found: bool(found) and not isinstance(found, CellError))
                values[flag] = Coded(np.where(is_open, len(stated.meanings), stated.codes), [*stated.meanings, True])

    def _resolve_places(self, lines: np.ndarray, values: Values, issues: Issues) -> None:
        when = np.full(values.count, NONE)
        for name in ("opened_on", "started_on", "reported_at"):
            if name in values:
                when = np.where(values[name].when > BAD, values[name].when, when)
        day = Times(when, when)
        period = np.searchsorted(self.changes, when, side="right") * 2 + day.missing()
        names = [name for name in ("street", "community", "address") if name in values]

        def ask(row: int) -> dict:
            street, community, address = (values[name].value(row) for name in ("street", "community", "address"))
            on = day.value(row)
            try:
                found = self.table.places.resolve(street or "", community or "", as_text(address), on and on.date())
            except CellError as error:
                if error.code != "no_place_in_address" or not self.source.place_optional:
                    raise
                return {"elsewhere": True}
            return dict(zip(("street", "community"), found, strict=True))

        codes = self.place.codes([*(values[name].codes for name in names), period], ask)
        self._apply(self.place, codes, values, issues)
        elsewhere = Coded(codes, self.place.values["elsewhere"]).holds(bool)
        self.elsewhere += lines[elsewhere & ~issues.rows].tolist()
        values |= {name: Coded(codes, self.place.values[name]) for name in ("street", "community")}

    @staticmethod
    def _refuse_contradictions(values: Values, issues: Issues) -> None:
        """Ask the rules about the few rows that may contradict themselves."""
        suspect = np.zeros(values.count, bool)
        for first, second, unit in (("occurred_at", "reported_at", DAY_US), ("started_on", "ended_on", 1)):
            if first in values and second in values:
                a, b = values[first].when, values[second].when
                rows = np.flatnonzero((a > b) & (b > BAD))
                suspect[rows] = a[rows] // unit > b[rows] // unit
        for flag in SHOWN:
            suspect |= values[flag].holds(lambda meaning: meaning is False)
        for row in np.flatnonzero(suspect & ~issues.rows).tolist():
            for found in contradictions({name: column.value(row) for name, column in values.items()}):
                issues.add_one(row, *found)

    # Wide tables

    def _unpivoted(self, batch: Batch, lines: Issues) -> tuple[np.ndarray, Values, Issues]:
        """Return the row of each count that a line states, one month or kind after another, values and issues.

        A line that cannot be read is one.
        """
        wide, count, reader = self.table.wide, len(batch), self.table.counts
        every = np.tile(np.arange(count), len(wide))
        issues, counts = lines.take(every), []
        for number, position in enumerate(wide):
            self._check_cells(batch, position, reader, issues, number * count)
            column = batch.columns[position].encoded()
            meanings = column.dictionary.answers(("meaning", id(reader)), reader.read)
            for rows, cell, error in _cell_issues(column, meanings):
                issues.add(number * count + rows, "incident_count", cell, error)
            counts.append(numbers_in(batch, position, reader, np.nan))
        counts = np.concatenate(counts)
        is_kept = np.where(lines.rows[every], np.arange(len(every)) < count, issues.rows | ~np.isnan(counts))
        kept = np.flatnonzero(is_kept)
        distinct, codes = np.unique(counts[kept], return_inverse=True)
        codes = self.counts.encode([None if np.isnan(number) else int(number) for number in distinct])[codes]
        values = Values(len(kept))
        values["incident_count"] = Coded(codes, self.counts.cells)
        for name, meanings in self.stated.items():
            values[name] = self._column(name, (kept // count).astype(np.int32), meanings)
        return every[kept], values, issues.take(kept)


def _cell_issues(column: Column, meanings: list) -> Iterator[CellIssue]:
    """Yield the rows of each distinct cell that cannot be understood."""
    if any(bad := [isinstance(meaning, CellError) for meaning in meanings]):
        rows = np.flatnonzero(np.array(bad)[column.codes])
        for code in np.unique(column.codes[rows]).tolist():
            yield rows[column.codes[rows] == code], as_text(column.dictionary.cells[code]), meanings[code]
