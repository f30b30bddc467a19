"""What each delivery gave besides plain rows: records, lines by class, columns, warnings."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pandas as pd

from src.analysis import tables
from src.analysis.clean.fast import FastText
from src.analysis.clean.records import BlockReader, Record


@dataclass
class Part:
    """One delivery: its lines by class, records in order, texts on the fast way, columns, warnings, totals."""

    number: int
    lines: dict[tuple[str, str], Counter] = field(default_factory=lambda: defaultdict(Counter))
    records: list[Record] = field(default_factory=list)
    texts: dict[tuple[str, str], FastText] = field(default_factory=dict)
    columns: list[tuple] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    totalled: list[BlockReader] = field(default_factory=list)


def frame_of(records: list[Record], table: str) -> pd.DataFrame:
    """Return clean records as the clean table has them."""
    values = {name: [record.values.get(name) for record in records] for name in tables.columns(table)}
    values |= {f"source_{part}": [getattr(record, part) for record in records] for part in ("file", "sheet", "line")}
    return tables.frame(table, values)
