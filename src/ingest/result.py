"""What loading deliveries gives: clean, quarantined and duplicate rows, and the ledger of every line."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from src.codebook import tables
from src.ingest.cleaning.issue import explained
from src.ingest.layout.lines import CLASSES
from src.ingest.parquet import write_parquet
from src.ingest.rowstore import RowStore

QUARANTINED = ["file", "sheet", "line", "column", "value", "reason", "reason_zh", "code", "cells"]
DUPLICATES = [
    "file", "sheet", "line", "repeats_file", "repeats_sheet", "repeats_line", "code", "reason", "reason_zh", "cells",
]  # fmt: skip
KINDS = {"line": pa.int64(), "repeats_line": pa.int64(), "cells": pa.list_(pa.string())}
"""Of the columns above that are not texts."""
COLUMNS = ["file", "sheet", "header", "column"]
LEDGER = ["file", "sheet", "counted", "class", "count"]
RECORD_CLASSES = ("clean", "duplicate", "quarantined")
Place = tuple[str, str]
"""File and sheet."""


@dataclass(frozen=True, repr=False)
class LoadResult:
    """One table loaded from one or more deliveries.

    `clean`: one row is one record, shaped as the table. `quarantined`: one row is one record set aside whole, with
    file, sheet, line, column, value, reason (English and Chinese), its code and the raw cells. `duplicates`: one row is
    one record that repeats another or was superseded, with the line it repeats. `ledger`: one row per file × sheet ×
    class; `counted` is `lines` (physical lines) or `records`. `columns`: each delivered header and our column, empty
    where it was left out. `warnings`: sentences. The first three are made when they are asked for.
    """

    table: str
    store: RowStore
    issues: dict[Place, pa.Table]
    repeats: dict[Place, pa.Table]
    ledger: pd.DataFrame
    columns: pd.DataFrame
    warnings: list[str]

    def __repr__(self) -> str:
        counts = self.ledger[self.ledger["counted"].eq("records")].groupby("class")["count"].sum()
        said = ", ".join(f"{counts.get(name, 0):,} {name}" for name in RECORD_CLASSES)
        return f"<LoadResult {self.table}: {said}; {len(self.warnings)} warnings>"

    @cached_property
    def clean(self) -> pd.DataFrame:
        """Return the clean rows in the order of deliveries and lines."""
        return tables.check(self.store.frame(), self.table)

    @cached_property
    def quarantined(self) -> pd.DataFrame:
        """Return the records that were set aside."""
        return _frame(self.by_sheet("quarantined"), QUARANTINED)

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """Return the records that repeat another or were superseded."""
        return _frame(self.by_sheet("duplicates"), DUPLICATES)

    def by_sheet(self, name: str) -> Iterator[pa.Table]:
        """Yield what `quarantined` or `duplicates` holds, one sheet after another: there may be millions of rows."""
        names = QUARANTINED if name == "quarantined" else DUPLICATES
        for (file, sheet), rows in (self.issues if name == "quarantined" else self.repeats).items():
            columns = dict(zip(rows.column_names, rows.columns, strict=True))
            columns |= {"file": pa.repeat(file, len(rows)), "sheet": pa.repeat(sheet, len(rows))}
            yield pa.table(columns if "reason" in columns else columns | _reasons(columns)).select(names)

    def write(self, path: Path) -> None:
        """Write the clean rows as Parquet; incidents by place, in the order of the register, and time."""
        write_parquet(self.store, path)

    @property
    def quarantined_pct(self) -> float:
        """Return the share of records that were set aside."""
        return quarantined_pct(self.ledger)


def _reasons(repeats: dict[str, pa.ChunkedArray]) -> dict[str, pa.Array]:
    """Return the reasons of repeats in both languages, as `explained` words each."""
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


def _frame(tables_of_sheets: Iterator[pa.Table], names: list[str]) -> pd.DataFrame:
    rows = list(tables_of_sheets)
    columns = {name: [cell for some in rows for cell in some[name].to_pylist()] for name in names}
    return pd.DataFrame(columns, dtype=None if rows else object)


def ledger_of(lines: dict[Place, Counter], records: dict[Place, Counter]) -> pd.DataFrame:
    """Return the ledger from the classes of lines and of records by file and sheet."""
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
    records = records_by(ledger, ["counted"])
    return 100 * records["quarantined"].sum() / max(records["delivered"].sum(), 1)


def files_without_records(ledger: pd.DataFrame) -> list[str]:
    """Return the files of which nothing is a record: they hold headers and totals alone."""
    return records_by(ledger, ["file"]).query("delivered == 0")["file"].tolist()
