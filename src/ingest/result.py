"""What deliveries give: a table of one sheet, single deliveries, all of them with the ledger; the Parquet file."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from src.codebook import tables
from src.codebook.periods import HOLDS
from src.ingest.batch import Batch, Issue, explained
from src.ingest.cleaning.clean import Cleaner
from src.ingest.cleaning.personal import mask_cell
from src.ingest.cleaning.values import NONE
from src.ingest.layout.lines import CLASSES
from src.ingest.readers.blocks import LongText
from src.ingest.readers.sheets import Sheet
from src.ingest.rowstore import PLACE, Rows, RowStore, frame_of, runs

ROWS_IN_GROUP = 20_000  # of one place: the least that is read where a period is asked for


def write_parquet(store: RowStore, path: Path) -> None:
    """Write the clean table: incidents by place in the order of the register, then by time.

    A group of rows is of one place, so that those of an area or a period come without reading the rest.
    """
    if not store.ranks:
        tables.check(store.frame(), store.table).to_parquet(path, index=False)
        return
    schema = pa.Schema.from_pandas(tables.frame(store.table, {}), preserve_index=False)
    numbers = (*store.times, "source_line")
    options = {
        "store_schema": False, "write_batch_size": ROWS_IN_GROUP, "write_statistics": [*PLACE, "reported_at"],
        "use_dictionary": [name for name in schema.names if name not in (*store.texts, *numbers)],
        "column_encoding": dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),  # smaller than compressed, and sooner
        "compression": {name: "none" if name in numbers else "snappy" for name in schema.names},
    }  # fmt: skip
    some = [empty := store.decoded(store.rows([]))]
    seen = {name: np.zeros(len(values), bool) for name, values in store.values.items()}
    with pq.ParquetWriter(path, empty.schema, **options) as writer, ThreadPoolExecutor(1) as pool:
        written = None
        for rows, rank in store.in_order():
            decoded = store.decoded(rows)
            some.append(decoded.take(_with_new_values(store, rows, seen)))
            if written:  # the ones before, while these were put in order
                written.result()
            written = pool.submit(_write_places, writer, decoded, rank)
            del rows, rank, decoded
        if written:
            written.result()
        tables.check(frame_of(pa.concat_tables(some), store.table), store.table)
        writer.add_key_value_metadata(schema.metadata)


def _write_places(writer: pq.ParquetWriter, rows: pa.Table, rank: np.ndarray) -> None:
    for start, end in runs(rank):
        writer.write_table(rows.slice(start, end - start), ROWS_IN_GROUP)


def _with_new_values(store: RowStore, rows: Rows, seen: dict[str, np.ndarray]) -> np.ndarray:
    """Return a few rows among which every value stands that was not seen before, and a null of each column."""
    found = [np.flatnonzero(rows[name] == NONE)[:1] for name in store.times]
    found += [np.flatnonzero(rows[name].is_null())[:1] for name in store.texts]
    for name, known in seen.items():
        if not known.all():
            new = np.flatnonzero(~known[rows[name]])  # -1, for none, is the last
            values, first = np.unique(rows[name][new], return_index=True)
            known[values] = True
            found.append(new[first])
    return np.unique(np.concatenate(found))


_TEXT, _LINE, _CELLS = pa.string(), pa.int64(), pa.list_(pa.string())
QUARANTINED = pa.schema({
    "file": _TEXT, "sheet": _TEXT, "line": _LINE, "column": _TEXT, "value": _TEXT, "reason": _TEXT, "reason_zh": _TEXT,
    "code": _TEXT, "cells": _CELLS,
})  # fmt: skip
DUPLICATES = pa.schema({
    "file": _TEXT, "sheet": _TEXT, "line": _LINE, "repeats_file": _TEXT, "repeats_sheet": _TEXT, "repeats_line": _LINE,
    "code": _TEXT, "reason": _TEXT, "reason_zh": _TEXT, "cells": _CELLS,
})  # fmt: skip
COLUMNS = ["file", "sheet", "header", "column"]
LEDGER = ["file", "sheet", "counted", "class", "count"]
MOST_SUMMED = 200_000  # lines of a table that its totals are held against
RECORD_CLASSES = ("clean", "duplicate", "quarantined")
Place = tuple[str, str]
"""File and sheet."""


@dataclass
class DeliveredTable:
    """A table that rows are from: its sheet, which is asked again for lines; how it was cleaned; its columns."""

    sheet: Sheet | LongText
    cleaner: Cleaner
    names: set[str] = field(default_factory=set)  # the clean columns that it states
    lines: list[Batch] | None = field(default_factory=list)  # that totals are held against

    @property
    def place(self) -> tuple[str, str]:
        """Its file and sheet."""
        return self.sheet.grid.place

    @property
    def received(self) -> dt.date:
        """When it was received; the first of all days where that is not stated."""
        return self.cleaner.source.received or dt.date.min

    def keep(self, batch: Batch) -> None:
        """Keep lines to hold totals against; none where there are more of them than in any table with totals."""
        if self.lines is not None:
            self.lines.append(batch)
            if sum(map(len, self.lines)) > MOST_SUMMED:
                self.lines = None


def cells_again(rows: Rows, which: np.ndarray, tables: list[DeliveredTable]) -> Iterator[tuple[int, list[str]]]:
    """Read the lines of some rows again; yield a row and the cells of its line."""
    at: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, origin, line in zip(
        which.tolist(), rows["origin"][which].tolist(), rows["line"][which].tolist(), strict=True
    ):
        at[id(tables[origin].sheet)][line].append(row)
    for sheet in {id(table.sheet): table.sheet for table in tables}.values():
        for line in sheet.lines_at(sorted(at[id(sheet)])):
            for row in at[id(sheet)][line.number]:
                yield row, tables[rows["origin"][row]].cleaner.table.cells(line)


@dataclass
class FileResult:
    """What deliveries gave: rows in the store, tables, rows set aside by table, line classes, columns, warnings."""

    store: RowStore
    tables: list[DeliveredTable] = field(default_factory=list)
    issues: list[pa.RecordBatch] = field(default_factory=list)
    lines: dict[Place, Counter] = field(default_factory=lambda: defaultdict(Counter))
    columns: list[tuple] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    record_count: int = 0

    def quarantine(self, origin: int, lines: Iterable[int], cells: Iterable[list[str]], issues: list[Issue]) -> None:
        """Add rows of a table that are set aside: number and cells of their lines, what is wrong in both languages."""
        reasons: dict[int, dict] = {}
        for issue in issues:
            if id(issue) not in reasons:
                words = {"value": issue.value, "column": issue.column}
                reasons[id(issue)] = words | explained(issue.code, **words | issue.words)
        file, sheet = self.store.origins[origin]
        rows = [
            {"file": file, "sheet": sheet, "line": line, "cells": its, **reasons[id(issue)]}
            for line, its, issue in zip(lines, cells, issues, strict=True)
        ]
        self.issues.append(pa.RecordBatch.from_pylist(rows, QUARANTINED))

    def add_all(self, other: "FileResult") -> None:
        """Add what another delivery gave."""
        self.store.add_all(other.store)
        self.tables += other.tables
        self.issues += other.issues
        for place, classes in other.lines.items():
            self.lines[place] += classes
        self.columns += other.columns
        self.warnings += other.warnings
        self.record_count += other.record_count


@dataclass(frozen=True, repr=False)
class LoadResult:
    """One table loaded from one or more deliveries.

    `clean`: one row is one record, shaped as the table. `quarantined`: one row is one record set aside whole, with
    file, sheet, line, column, value, reason (English and Chinese), its code and the raw cells. `duplicates`: one row is
    one record that repeats another or was superseded, with the line it repeats. `ledger`: one row per file × sheet ×
    class; `counted` is `lines` (physical lines) or `records`. `columns`: each delivered header and our column, empty
    where it was left out. `warnings`: sentences. `lacks_zone`: times state an offset, the entry no zone. The first
    three are made when they are asked for.
    """

    table: str
    store: RowStore
    issues: pa.Table
    repeats: pa.Table
    ledger: pd.DataFrame
    columns: pd.DataFrame
    warnings: list[str]
    lacks_zone: bool = False

    def __repr__(self) -> str:
        counts = self.ledger[self.ledger["counted"].eq("records")].groupby("class")["count"].sum()
        counted = ", ".join(f"{counts.get(name, 0):,} {name}" for name in RECORD_CLASSES)
        return f"<LoadResult {self.table}: {counted}; {len(self.warnings)} warnings>"

    @cached_property
    def clean(self) -> pd.DataFrame:
        """Return the clean rows in the order of deliveries and lines."""
        rows = tables.check(self.store.frame(), self.table)
        if self.table == "incidents" and len(rows):
            days = rows["reported_at"]
            rows.attrs[HOLDS] = f"{days.min().date()}/{days.max().date()}"
        return rows

    @cached_property
    def quarantined(self) -> pd.DataFrame:
        """Return the records that were set aside."""
        return _frame(self.issues)

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """Return the records that repeat another or were superseded."""
        return _frame(self.repeats)

    def write(self, path: Path) -> None:
        """Write the clean rows as Parquet; incidents by place, in the order of the register, and time."""
        write_parquet(self.store, path)

    @property
    def quarantined_pct(self) -> float:
        """Return the share of records that were set aside."""
        return quarantined_pct(self.ledger)


def standing_at(file: str, sheet: str, line: int) -> str:
    """Return where a line stands as people write it: file, sheet, line."""
    return f"{file}[{sheet}]:{line}" if sheet else f"{file}:{line}"


def _frame(rows: pa.Table) -> pd.DataFrame:
    return pd.DataFrame(rows.to_pydict(), dtype=None if len(rows) else object)


def ledger_of(lines: dict[Place, Counter], store: RowStore, issues: pa.Table, repeats: pa.Table) -> pd.DataFrame:
    """Return the ledger: of each file and sheet the classes of its lines and of its records."""
    records: dict[Place, Counter] = {place: Counter() for place in store.origins}
    for origin, count in store.counts().items():
        records[store.origins[origin]]["clean"] += count
    for name, rows in (("duplicate", repeats), ("quarantined", issues)):
        for place in zip(rows["file"].to_pylist(), rows["sheet"].to_pylist(), strict=True):
            records[place][name] += 1
    rows = [
        (*place, counted, name, counts[name])
        for counted, found, names in (("lines", lines, CLASSES), ("records", records, RECORD_CLASSES))
        for place, counts in found.items()
        for name in names
        if counts[name] or name in ("data", "clean")
    ]
    return pd.DataFrame(rows, columns=LEDGER)


def records_by(ledger: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the records of a ledger by columns of it: delivered, clean, duplicate, quarantined."""
    records = ledger[ledger["counted"].eq("records")]
    wide = records.pivot_table(
        index=names, columns="class", values="count", aggfunc="sum", fill_value=0, sort=False
    ).reindex(columns=RECORD_CLASSES, fill_value=0)
    wide.insert(0, "delivered", wide.sum(axis=1))
    return wide.reset_index()


def quarantined_pct(ledger: pd.DataFrame) -> float:
    """Return the share of a ledger's records that were set aside."""
    records = records_by(ledger, ["counted"])
    return 100 * records["quarantined"].sum() / max(records["delivered"].sum(), 1)


def where(row: Mapping[str, Any]) -> str:
    """Return where a record that was set aside stands, with the cell that is wrong: `a.csv:3 street “东街”`."""
    value = f" “{mask_cell(str(row['value']))}”" if row["value"] else ""
    return f"{row['file']}:{row['line']} {row['column']}{value}".rstrip()


def commonest(issues: pa.Table, file: str) -> dict[str, dict[str, Any]]:
    """Return the reason that most records of a delivered file were set aside for, as sentences say it by language."""
    rows = issues.drop_columns("cells").to_pandas()
    rows = rows[rows["file"].str.split("/").str[0] == file]
    alike = rows.groupby(["code", "column"])["line"].transform("size")
    first = rows[alike.eq(alike.max())].iloc[0]
    reasons = {"zh": first["reason_zh"], "en": first["reason"]}
    return {
        lang: {"count": int(alike.max()), "reason": reason, "first": where(first)} for lang, reason in reasons.items()
    }
