"""What each delivery gave, plain rows and records, and how both become one table in the order of the deliveries."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import pandas as pd

from src.analysis import tables
from src.analysis.clean import hashes
from src.analysis.clean.fast import FastText
from src.analysis.clean.plain import Plain, frame_of
from src.analysis.clean.records import BlockReader, Record


@dataclass
class Part:
    """One delivery: its lines by class, records in order, plain rows, columns, warnings, and tables with totals."""

    lines: dict[tuple[str, str], Counter] = field(default_factory=lambda: defaultdict(Counter))
    records: list[Record] = field(default_factory=list)
    plain: list[Plain] = field(default_factory=list)
    columns: list[tuple] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    totalled: list[BlockReader] = field(default_factory=list)

    def add_plain(self, plain: list[Plain], twice: list[Record]) -> None:
        """Add what the fast way read: plain rows, and rows that may repeat others, as records."""
        self.plain = plain
        order = {place: number for number, place in enumerate(self.lines)}
        self.records = sorted([*self.records, *twice], key=lambda r: (order[r.file, r.sheet], r.line))
        for rows in plain:
            self.lines[rows.file, rows.sheet]["data"] += len(rows)
        for record in twice:
            self.lines[record.file, record.sheet]["data"] += 1


def seen_again(fast: Iterable[list[FastText]], careful: list[list[Record]]) -> np.ndarray:
    """Return the numbers of keys and lines that more than one record may have."""
    texts = [text for several in fast for text in several if isinstance(text, FastText)]
    found = [numbers for text in texts for numbers in (text.hashes, text.head_hashes)]
    return hashes.repeated([*found, *(hashes.of_records(records) for records in careful)] if found else [])


def events_of(parts: list[Part], records: list[Record]) -> list[Record]:
    """Return records that stand for the plain rows where delivered counts might overlap them."""
    if not any(record.values.get("precision") == "month" for record in records):
        return []
    events = {}
    for part in parts:
        for rows in part.plain:
            months = rows.moments["reported_at"].astype("datetime64[us]").astype("datetime64[M]")
            seen = pd.DataFrame(
                {n: rows.column(n).to_pandas() for n in ("group", "street", "community")} | {"month": months}
            )
            for group, street, community, month in seen.drop_duplicates().astype(object).to_numpy():
                place = [None if pd.isna(name) else name for name in (street, community)]
                values = {"group": group, "street": place[0], "community": place[1], "precision": "day"}
                key = (group, *place, month)
                events[key] = Record(
                    rows.file, "", 0, [], values | {"reported_at": pd.Timestamp(month).to_pydatetime()}
                )
    return list(events.values())


def clean_rows(parts: list[Part], table: str, clean: set[int]) -> pd.DataFrame:
    """Return the clean rows of all parts, by delivery and line."""
    frames = []
    for plain, several in groupby(parts, key=lambda part: bool(part.plain)):
        for one in [[part] for part in several] if plain else [list(several)]:
            frames.append(_of_records([r for part in one for r in part.records if id(r) in clean], table))
            if plain:
                both = pd.concat([frames.pop(), frame_of(one[0].plain, table)], ignore_index=True)
                order = {place: number for number, place in enumerate(one[0].lines)}
                place = pd.MultiIndex.from_frame(both[["source_file", "source_sheet"]]).map(order)
                order = np.lexsort([both["source_line"], place])
                frames.append(both.take(order))
    frames = [frame for frame in frames if len(frame)] or [_of_records([], table)]
    return frames[0].reset_index(drop=True) if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _of_records(records: list[Record], table: str) -> pd.DataFrame:
    values = {name: [record.values.get(name) for record in records] for name in tables.columns(table)}
    values |= {f"source_{part}": [getattr(record, part) for record in records] for part in ("file", "sheet", "line")}
    return tables.frame(table, values)
