"""What reading a delivery gives: clean, quarantined and duplicate rows, and the ledger of every line."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from src.analysis import vocabulary
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


@dataclass(frozen=True)
class Reading:
    """One table read from one or more deliveries.

    `clean`: one row is one record, shaped as the table. `quarantined`: one row is one record set aside whole, with
    file, sheet, line, column, value, reason (English and Chinese), its code and the raw cells. `duplicates`: one row is
    one record that repeats another or was superseded, with the line it repeats. `ledger`: one row per file × sheet ×
    class; `counted` is `lines` (physical lines) or `records`. `columns`: each delivered header and our column, empty
    where it was left out. `warnings`: sentences.
    """

    table: str
    clean: pd.DataFrame
    quarantined: pd.DataFrame
    duplicates: pd.DataFrame
    ledger: pd.DataFrame
    columns: pd.DataFrame
    warnings: list[str]

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
