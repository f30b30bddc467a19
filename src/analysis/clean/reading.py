"""What reading a delivery gives: clean, quarantined and duplicate rows, and the ledger of every line."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from src.analysis import tables, vocabulary
from src.analysis.clean.ordered import write_incidents
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
RECORD_CLASSES = ("clean", "duplicate", "quarantined")


class Told:
    """Rows that say of single records what became of them, in the order of deliveries, sheets and lines."""

    def __init__(self, names: list[str]) -> None:
        self.rows: dict[str, list] = {name: [] for name in names}
        self.at: list[tuple] = []

    def __len__(self) -> int:
        return len(self.at)

    def add(self, at: tuple, row: dict) -> None:
        """Add a row; `at` is its place in the order."""
        self.at.append(at)
        for name, values in self.rows.items():
            values.append(row[name])

    def frame(self) -> pd.DataFrame:
        """Return the rows in order."""
        order = sorted(range(len(self.at)), key=self.at.__getitem__)
        rows = {name: [values[n] for n in order] for name, values in self.rows.items()}
        return pd.DataFrame(rows, dtype=None if order else object)


@dataclass(frozen=True)
class Reading:
    """One table read from one or more deliveries.

    `clean`: one row is one record, shaped as the table. `quarantined`: one row is one record set aside whole, with
    file, sheet, line, column, value, reason (English and Chinese), its code and the raw cells. `duplicates`: one row is
    one record that repeats another or was superseded, with the line it repeats. `ledger`: one row per file × sheet ×
    class; `counted` is `lines` (physical lines) or `records`. `columns`: each delivered header and our column, empty
    where it was left out. `warnings`: sentences. `rows` holds the clean ones, those of incidents on disk.
    """

    table: str
    rows: pd.DataFrame | Spool
    quarantined: pd.DataFrame
    duplicates: pd.DataFrame
    ledger: pd.DataFrame
    columns: pd.DataFrame
    warnings: list[str]

    @cached_property
    def clean(self) -> pd.DataFrame:
        """Return the clean rows in the order of deliveries and lines."""
        rows = self.rows if isinstance(self.rows, pd.DataFrame) else self.rows.frame()
        return tables.check(rows, self.table)

    def write(self, path: Path, register: pd.DataFrame) -> None:
        """Write the clean rows as Parquet; incidents by place, in the order of the register, and time."""
        if isinstance(self.rows, pd.DataFrame):
            self.clean.to_parquet(path, index=False)
        else:
            write_incidents(self.rows, path, register)

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
