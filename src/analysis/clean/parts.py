"""What each delivery gave besides plain rows: records, lines by class, columns, warnings."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from src.analysis import tables
from src.analysis.clean.columns.repeats import Again
from src.analysis.clean.reading import QUARANTINED, Told, why
from src.analysis.clean.records import BlockReader, Record


@dataclass
class Part:
    """One delivery: its lines by class, records in order, which were set aside, and texts on the fast way."""

    number: int
    lines: dict[tuple[str, str], Counter] = field(default_factory=lambda: defaultdict(Counter))
    records: list[Record] = field(default_factory=list)
    set_aside: Told = field(default_factory=lambda: Told(QUARANTINED))
    texts: dict[tuple[str, str], Again] = field(default_factory=dict)
    columns: list[tuple] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    totalled: list[BlockReader] = field(default_factory=list)

    def add(self, records: Iterable[Record]) -> None:
        """Add records in their order; of those that are set aside only what is told of them is kept."""
        for record in records:
            record.part = self.number
            if record.problems:
                self.set_aside.add(record, why(record))
            else:
                self.records.append(record)


def frame_of(records: list[Record], table: str) -> pd.DataFrame:
    """Return clean records as the clean table has them."""
    values = {name: [record.values.get(name) for record in records] for name in tables.columns(table)}
    values |= {f"source_{part}": [getattr(record, part) for record in records] for part in ("file", "sheet", "line")}
    return tables.frame(table, values)
