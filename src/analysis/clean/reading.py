"""What reading a delivery gives: clean, quarantined and duplicate rows, and the ledger of every line."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from src.analysis import tables, vocabulary
from src.analysis.clean.ordered import write_incidents
from src.analysis.clean.records import Record
from src.analysis.clean.spool import Spool
from src.analysis.ingest.layout import CLASSES

QUARANTINED = ["file", "sheet", "line", "column", "value", "reason", "reason_zh", "code", "cells"]
DUPLICATES = [
    "file",
    "sheet",
    "line",
    "repeats_file",
    "repeats_sheet",
    "repeats_line",
    "code",
    "reason",
    "reason_zh",
    "cells",
]
COLUMNS = ["file", "sheet", "header", "column"]
LEDGER = ["file", "sheet", "counted", "class", "count"]
TOLD_AT_ONCE = 2_000
RECORD_CLASSES = ("clean", "duplicate", "quarantined")


class Told:
    """Rows that say of single records what became of them; kept in Arrow, which takes a third of the memory."""

    def __init__(self, names: list[str]) -> None:
        kinds = {"line": pa.int64(), "repeats_line": pa.int64(), "cells": pa.list_(pa.string())}
        self.schema = pa.schema([("part", pa.int32()), *((name, kinds.get(name, pa.string())) for name in names)])
        self.batches: list[pa.RecordBatch] = []
        self.latest: list[dict] = []

    def __len__(self) -> int:
        return sum(map(len, self.batches)) + len(self.latest)

    def add(self, record: Record, row: dict) -> None:
        """Add what became of a record."""
        self.latest.append({"part": record.part} | row)
        if len(self.latest) >= TOLD_AT_ONCE:
            self._put_away()

    def _put_away(self) -> None:
        self.batches.append(pa.RecordBatch.from_pylist(self.latest, self.schema))
        self.latest = []

    def add_all(self, other: "Told") -> None:
        """Add the rows of another."""
        other._put_away()
        self.batches += other.batches

    def counts(self) -> Counter:
        """Return how many rows each file and sheet has."""
        self._put_away()
        return Counter(
            place for b in self.batches for place in zip(b["file"].to_pylist(), b["sheet"].to_pylist(), strict=True)
        )

    def frame(self, order: dict[tuple, int]) -> pd.DataFrame:
        """Return the rows by delivery and sheet, as ordered, and line."""
        self._put_away()
        rows = pa.Table.from_batches(self.batches, self.schema)
        at = [
            order[origin]
            for origin in zip(*(rows[name].to_pylist() for name in ("part", "file", "sheet")), strict=True)
        ]
        rows = rows.drop(["part"]).take(pa.array(np.lexsort([rows["line"].to_numpy(), at])))
        columns = {name: rows[name].to_pylist() for name in rows.column_names}
        return pd.DataFrame(columns, dtype=None if len(rows) else object)


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
        return self.set_aside.frame(self.order)

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """Return the records that repeat another or were superseded."""
        return self.repeats.frame(self.order)

    def write(self, path: Path) -> None:
        """Write the clean rows as Parquet; incidents by place, in the order of the register, and time."""
        if isinstance(self.rows, pd.DataFrame):
            self.clean.to_parquet(path, index=False)
        else:
            write_incidents(self.rows, path)

    @property
    def quarantined_pct(self) -> float:
        """Return the share of records that were set aside."""
        records = self.ledger[self.ledger["counted"].eq("records")]
        set_aside = records.loc[records["class"].eq("quarantined"), "count"].sum()
        return 100 * set_aside / max(records["count"].sum(), 1)


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


def explained(code: str, **words: object) -> dict[str, str]:
    """Return a reason's code with its sentence in both languages."""
    return {
        "code": code,
        "reason": vocabulary.sentence(code, "en", **words),
        "reason_zh": vocabulary.sentence(code, "zh", **words),
    }


def why(record: Record) -> dict:
    """Return the row that says why a record was set aside."""
    column, value, problem = record.problems[0]
    at = {"file": record.file, "sheet": record.sheet, "line": record.line, "column": column, "value": value}
    words = {"value": value, "column": column, **problem.words}
    return at | explained(problem.reason, **words) | {"cells": record.cells}
