"""What reading a delivery gives: clean, quarantined and duplicate rows, and the ledger of every line."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from src.codebook import tables, vocabulary
from src.ingest.cleaning.record import Origin, Record
from src.ingest.columns.ordered import write_incidents
from src.ingest.columns.spool import Spool
from src.ingest.layout.lines import CLASSES

QUARANTINED = ["file", "sheet", "line", "column", "value", "reason", "reason_zh", "code", "cells"]
REPEATS = ["repeats_file", "repeats_sheet", "repeats_line"]
DUPLICATES = ["file", "sheet", "line", *REPEATS, "code", "reason", "reason_zh", "cells"]
KINDS = {"line": pa.int64(), "repeats_line": pa.int64(), "cells": pa.list_(pa.string())}
"""Of the columns above that are not texts."""
COLUMNS = ["file", "sheet", "header", "column"]
LEDGER = ["file", "sheet", "counted", "class", "count"]
TOLD_AT_ONCE = 2_000
RECORD_CLASSES = ("clean", "duplicate", "quarantined")


class Told:
    """Rows that say of records what became of them, by their texts; kept in Arrow, which takes a third of the memory.

    A repeat has no reason of its own here: it is told of the rows when they are asked for.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        later = {"file", "sheet", *(("reason", "reason_zh") if "repeats_line" in names else ())}
        self.schema = pa.schema([(name, KINDS.get(name, pa.string())) for name in names if name not in later])
        self.batches: dict[Origin, list[pa.RecordBatch]] = defaultdict(list)
        self.latest: dict[Origin, list[dict]] = defaultdict(list)
        self.waiting = 0

    def __len__(self) -> int:
        return self.counts().total()

    def add(self, record: Record, row: dict) -> None:
        """Add what became of a record."""
        self.latest[record.origin].append(row)
        self.waiting += 1
        if self.waiting >= TOLD_AT_ONCE:
            self._put_away()

    def add_columns(self, origin: Origin, columns: dict) -> None:
        """Add what became of several records of one text."""
        self.batches[origin].append(pa.record_batch(columns, schema=self.schema))

    def _put_away(self) -> None:
        for origin, rows in self.latest.items():
            self.batches[origin].append(pa.RecordBatch.from_pylist(rows, self.schema))
        self.latest.clear()
        self.waiting = 0

    def add_all(self, other: "Told") -> None:
        """Add the rows of another."""
        other._put_away()
        for origin, batches in other.batches.items():
            self.batches[origin] += batches

    def counts(self) -> Counter:
        """Return how many rows each file and sheet has."""
        self._put_away()
        found: Counter = Counter()
        for origin, batches in self.batches.items():
            found[origin[1:]] += sum(map(len, batches))
        return found

    def tables(self, order: dict[Origin, int]) -> Iterator[pa.Table]:
        """Yield the rows of each delivery and sheet, as ordered, by line."""
        self._put_away()
        for origin in sorted(self.batches, key=order.__getitem__):
            rows = pa.Table.from_batches(self.batches[origin])
            lines = rows["line"].to_numpy()
            if np.any(lines[1:] < lines[:-1]):
                rows = rows.take(pa.array(np.argsort(lines, kind="stable")))
            columns = dict(zip(rows.column_names, rows.columns, strict=True))
            columns |= {name: pa.repeat(origin[place], len(rows)) for place, name in ((1, "file"), (2, "sheet"))}
            yield pa.table(columns if "reason" in columns else columns | _reasons(columns)).select(self.names)


@dataclass(frozen=True)
class Reading:
    """One table read from one or more deliveries.

    `clean`: one row is one record, shaped as the table. `quarantined`: one row is one record set aside whole, with
    file, sheet, line, column, value, reason (English and Chinese), its code and the raw cells. `duplicates`: one row is
    one record that repeats another or was superseded, with the line it repeats. `ledger`: one row per file × sheet ×
    class; `counted` is `lines` (physical lines) or `records`. `columns`: each delivered header and our column, empty
    where it was left out. `warnings`: sentences. The first three are made when they are asked for, of `rows` (those of
    incidents on disk), `set_aside` and `repeats`; `order` is that of deliveries and sheets.
    """

    table: str
    rows: pd.DataFrame | Spool
    set_aside: Told
    repeats: Told
    order: dict[tuple, int]
    ledger: pd.DataFrame
    columns: pd.DataFrame
    warnings: list[str]

    @cached_property
    def clean(self) -> pd.DataFrame:
        """Return the clean rows in the order of deliveries and lines."""
        rows = self.rows if isinstance(self.rows, pd.DataFrame) else self.rows.frame()
        return tables.check(rows, self.table)

    @cached_property
    def quarantined(self) -> pd.DataFrame:
        """Return the records that were set aside."""
        return _frame(self.told("quarantined"), QUARANTINED)

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """Return the records that repeat another or were superseded."""
        return _frame(self.told("duplicates"), DUPLICATES)

    def told(self, name: str) -> Iterator[pa.Table]:
        """Yield what `quarantined` or `duplicates` holds, one text after another: there may be millions of rows."""
        return (self.set_aside if name == "quarantined" else self.repeats).tables(self.order)

    def write(self, path: Path) -> None:
        """Write the clean rows as Parquet; incidents by place, in the order of the register, and time."""
        if isinstance(self.rows, pd.DataFrame):
            self.clean.to_parquet(path, index=False)
        else:
            write_incidents(self.rows, path)

    @property
    def quarantined_pct(self) -> float:
        """Return the share of records that were set aside."""
        return quarantined_pct(self.ledger)


def ledger_of(lines: dict[tuple[str, str], Counter], records: dict[tuple[str, str], Counter]) -> pd.DataFrame:
    """Return the ledger from the classes of lines and of records by (file, sheet)."""
    rows = [
        (file, sheet, counted, name, counts[name])
        for counted, found, names in (("lines", lines, CLASSES), ("records", records, RECORD_CLASSES))
        for (file, sheet), counts in found.items()
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
    records = ledger[ledger["counted"].eq("records")].groupby("class")["count"].sum()
    return 100 * records.get("quarantined", 0) / max(records.sum(), 1)


def files_without_records(ledger: pd.DataFrame) -> list[str]:
    """Return the files of which nothing is a record: they hold headers and totals alone."""
    records = ledger[ledger["counted"].eq("records")].groupby("file", sort=False)["count"].sum()
    return records.index[records.eq(0)].tolist()


def explained(code: str, **words: object) -> dict[str, str]:
    """Return a reason's code with its sentence in both languages."""
    return {
        "code": code,
        "reason": vocabulary.sentence(code, "en", **words),
        "reason_zh": vocabulary.sentence(code, "zh", **words),
    }


def _reasons(repeats: dict[str, pa.ChunkedArray]) -> dict[str, pa.Array]:
    """Return the reasons of repeats in both languages, as `explained` tells each."""
    codes = pc.unique(repeats["code"])
    which = pc.index_in(repeats["code"], codes)
    sheet = pc.binary_join_element_wise("[", repeats["repeats_sheet"], "]", "")
    sheet = pc.if_else(pc.equal(repeats["repeats_sheet"], ""), "", sheet)
    line = repeats["repeats_line"].cast(pa.string())
    other, found = pc.binary_join_element_wise(repeats["repeats_file"], sheet, ":", line, ""), {}
    for name in ("reason", "reason_zh"):
        around = [explained(code, other="\0")[name].split("\0") for code in codes.to_pylist()]
        before, after = (pa.array(part, pa.string()).take(which) for part in zip(*around, strict=True))
        found[name] = pc.binary_join_element_wise(before, other, after, "")
    return found


def _frame(told: Iterator[pa.Table], names: list[str]) -> pd.DataFrame:
    rows = list(told)
    columns = {name: [cell for some in rows for cell in some[name].to_pylist()] for name in names}
    return pd.DataFrame(columns, dtype=None if rows else object)


def why(record: Record) -> dict:
    """Return the row that says why a record was set aside."""
    column, value, problem = record.problems[0]
    at = {"file": record.file, "sheet": record.sheet, "line": record.line, "column": column, "value": value}
    words = {"value": value, "column": column, **problem.words}
    return at | explained(problem.reason, **words) | {"cells": record.cells}
