"""What loading deliveries gives: clean, quarantined and duplicate rows, and the ledger of every line."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from src.codebook import tables
from src.codebook.periods import HOLDS
from src.ingest.cleaning.issue import explained
from src.ingest.cleaning.personal import mask_cell
from src.ingest.layout.lines import CLASSES
from src.ingest.parquet import write_parquet
from src.ingest.rowstore import RowStore

_TEXT, _LINE, _CELLS = pa.string(), pa.int64(), pa.list_(pa.string())
QUARANTINED = pa.schema({
    "file": _TEXT, "sheet": _TEXT, "line": _LINE, "column": _TEXT, "value": _TEXT, "reason": _TEXT, "reason_zh": _TEXT,
    "code": _TEXT, "cells": _CELLS,
})  # fmt: skip
DUPLICATES = pa.schema({
    "file": _TEXT, "sheet": _TEXT, "line": _LINE, "repeats_file": _TEXT, "repeats_sheet": _TEXT, "repeats_line": _LINE,
    "code": _TEXT, "reason": _TEXT, "reason_zh": _TEXT, "cells": _CELLS,
})  # fmt: skip
OF_REPEATS = pa.schema([field for field in DUPLICATES if not field.name.startswith("reason")])
COLUMNS = ["file", "sheet", "header", "column"]
LEDGER = ["file", "sheet", "counted", "class", "count"]
RECORD_CLASSES = ("clean", "duplicate", "quarantined")
ROWS_TOLD = 50_000  # duplicates whose reasons are made together: there may be millions
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
    issues: pa.Table
    repeats: pa.Table
    ledger: pd.DataFrame
    columns: pd.DataFrame
    warnings: list[str]

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
        return _frame([self.issues], QUARANTINED.names)

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """Return the records that repeat another or were superseded."""
        return _frame([*self.told_duplicates()], DUPLICATES.names)

    def told_duplicates(self) -> Iterator[pa.Table]:
        """Yield the duplicates with their reasons, some at a time."""
        for start in range(0, len(self.repeats), ROWS_TOLD):
            rows = self.repeats.slice(start, ROWS_TOLD)
            columns = dict(zip(rows.column_names, rows.columns, strict=True))
            where = zip(*(rows[f"repeats_{name}"].to_pylist() for name in ("file", "sheet", "line")), strict=True)
            others = [standing_at(*place) for place in where]
            words = {code: explained(code, other="\0") for code in rows["code"].unique().to_pylist()}
            codes = rows["code"].to_pylist()
            for name in ("reason", "reason_zh"):
                texts = [words[code][name].replace("\0", other) for code, other in zip(codes, others, strict=True)]
                columns[name] = pa.array(texts, pa.string())
            yield pa.table(columns).select(DUPLICATES.names)

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


def _frame(parts: list[pa.Table], names: list[str]) -> pd.DataFrame:
    columns = {name: [cell for rows in parts for cell in rows[name].to_pylist()] for name in names}
    return pd.DataFrame(columns, dtype=None if any(map(len, parts)) else object)


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


def files_without_records(ledger: pd.DataFrame) -> list[str]:
    """Return the files of which nothing is a record: they hold headers and totals alone."""
    return records_by(ledger, ["file"]).query("delivered == 0")["file"].tolist()


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
