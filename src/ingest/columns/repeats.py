"""Plain rows that repeat others: found, told and dropped by columns; made into records where that is not enough."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from src.ingest.cleaning.record import Record
from src.ingest.columns.delimited import Delimited
from src.ingest.columns.distinct import NONE
from src.ingest.columns.order import order_by
from src.ingest.columns.plain import ID
from src.ingest.columns.sheet import Sheet
from src.ingest.columns.spool import Spool
from src.ingest.reading import Told
from src.ingest.sources import Source

COMPARED = -1  # instead of the row that stands for it: records have to be compared


@dataclass
class Again:
    """What is needed of a text or sheet once it has been read the fast way; its rows have the columns `names`."""

    text: Delimited | Sheet
    source: Source
    constants: dict[str, Any]
    names: list[str]

    def records(self, values: dict[str, list], lines: np.ndarray, raw: list[list[str]]) -> list[Record]:
        """Return plain rows, their cells read again, as the records that the careful way would have made of them."""
        columns, grid = [values[name] for name in self.names], self.text.grid
        records = []
        for number, cells, *told in zip(lines.tolist(), raw, *columns, strict=True):
            stated = self.constants | dict(zip(self.names, told, strict=True))
            record = Record(*grid.place, number, cells, stated, received=self.source.received)
            if stated.get(ID) is not None:
                record.key = (self.source.publisher, stated[ID])
            records.append(record)
        return records


def standing_of(rows: pa.Table, texts: list[Again], told: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each row the one that stands for it, which is itself where it repeats none, or `COMPARED`.

    `rows` are ordered as delivered; `texts` are those of their origins; `told` are the numbers that tell rows apart
    which cannot repeat one another. All of one key stand aside for the first of the latest delivery. Records have to
    be compared where there is no key, where one (`others`) may have it too, and where a delivery contradicts itself.
    """
    origin, ids = rows["origin"].to_numpy(), rows[ID].combine_chunks().dictionary_encode().indices
    publisher = _numbered(text.source.publisher for text in texts)[origin]
    received = np.array([text.source.received.toordinal() if text.source.received else 0 for text in texts])[origin]
    key = ids.fill_null(-1).to_numpy().astype(np.int64) * (1 + publisher.max(initial=0)) + publisher
    order = order_by(key, received.max(initial=0) - received)
    begins = np.append(True, np.diff(key[order]) != 0)
    group = np.cumsum(begins) - 1
    standing = np.empty(len(rows), np.int64)
    standing[order] = order[begins][group]
    unclear = pc.or_(ids.is_null(), pc.is_in(pa.array(told), pa.array(others))).to_numpy(zero_copy_only=False)
    unclear = unclear | ~alike(rows, texts, standing) & (received == received[standing])
    standing[order[(np.bincount(group, unclear[order]) > 0)[group]]] = COMPARED
    return standing


def alike(rows: pa.Table, texts: list[Again], others: np.ndarray) -> np.ndarray:
    """Return whether each row states the same as another one of them, under the same columns."""
    stated = _numbered(frozenset(text.names) for text in texts)[rows["origin"].to_numpy()]
    same = stated == stated[others]
    for name in rows.column_names:
        if name not in ("origin", "line", ID):
            values = rows[name].cast(pa.int64()).fill_null(NONE).to_numpy()
            same &= values == values[others]
    return same


def _numbered(values: Iterable) -> np.ndarray:
    seen: dict = {}
    return np.array([seen.setdefault(value, len(seen)) for value in values])


def told_of(
    rows: pa.Table, standing: np.ndarray, texts: list[Again], spool: Spool, repeated: Told
) -> tuple[dict, dict[int, list[str]]]:
    """Tell of the rows that repeat another; return their lines by origin, and the cells of those to be compared.

    The rows are in the order of their origins and lines; each text is read again once.
    """
    lines, origins = rows["line"].to_numpy(), rows["origin"].to_numpy()
    files, sheets = (pa.array([origin[part] for origin in spool.origins], pa.string()) for part in (1, 2))
    gone: dict[tuple, list[np.ndarray]] = defaultdict(list)
    cells_of: dict[int, list[str]] = {}
    same = alike(rows, texts, standing)
    wanted = np.flatnonzero(standing != np.arange(len(rows)))
    for origin, number in spool.origins.items():
        left = wanted[slice(*np.searchsorted(origins[wanted], [number, number + 1]))]
        for cells in texts[number].text.again(lines[left]) if len(left) else ():
            some, left = np.split(left, [len(cells)])
            clear = standing[some] != COMPARED
            cells_of |= zip(some[~clear].tolist(), cells.filter(pa.array(~clear)).to_pylist(), strict=True)
            if not clear.any():
                continue
            here, other = some[clear], standing[some[clear]]
            gone[origin].append(lines[here])
            repeated.add_columns(origin, {
                "line": lines[here].astype(np.int64), "repeats_file": files.take(pa.array(origins[other])),
                "repeats_sheet": sheets.take(pa.array(origins[other])), "repeats_line": lines[other].astype(np.int64),
                "code": np.where(same[here], "repeated", "revised"), "cells": cells.filter(pa.array(clear)),
            })  # fmt: skip
    return gone, cells_of
