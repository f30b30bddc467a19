"""Clean rows on disk, in segments by place: memory stays flat however many there are.

Each value of a column is kept once; the rows hold its number. What tells repeats apart stays in memory, four bytes a
row. A segment is the rows of one batch that lie in one bucket of places; a row is known by its segment and its place
in it.
"""

import tempfile
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import tables
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.values import NONE, Coded, Values

PLACES_TOGETHER, IN_MEMORY_BYTES = 3, 16 << 20
FEW_BITS = 10  # by the other bits of a hash nearly all rows that repeat none are seen not to
HASHES_AT_ONCE = 4_000_000
KINDS = {
    "str": pa.string(), "boolean": pa.bool_(), "Int64": pa.int64(), "int64": pa.int64(), "float64": pa.float64(),
    "datetime64[us]": pa.timestamp("us"),
}  # fmt: skip
PLACE = ("street", "community")
Rows = dict[str, Any]
"""Rows by column: numbers of values, microseconds, Arrow texts; and `origin`, the number of the table they are from."""


@dataclass
class Segment:
    """Some rows on disk: of one table of a sheet, and of one bucket of places."""

    origin: int
    bucket: int
    at: int
    size: int
    count: int
    schema: pa.Schema
    hashes: np.ndarray | None
    dropped: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


class RowStore:
    """Takes the clean rows of batches, gives back those that may repeat others, and all that are left in order."""

    def __init__(self, table: str, register: pd.DataFrame | None) -> None:
        columns = tables.columns(table)
        self.table, self.kinds = table, {name: KINDS[column.dtype] for name, column in columns.items()}
        self.texts = [name for name in tables.key(table) if columns[name].type == "id"]  # nearly all are distinct
        self.times = [name for name, column in columns.items() if column.type in ("date", "time")]
        self.coded = [name for name in columns if name not in (*self.texts, *self.times)]
        self.values: dict[str, dict] = {name: {None: -1} for name in self.coded}
        self.ranks = {} if table != "incidents" or register is None else _ranks(register)
        self.origins: list[tuple[str, str]] = []  # file and sheet of each table that rows are from
        self.segments: list[Segment] = []
        self._known: dict[tuple[str, int], tuple[list, np.ndarray]] = {}  # of a list of meanings the number of each
        self._open()

    def _open(self, content: bytes = b"") -> None:
        self.file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 (open as long as rows are asked for)
        self.file.write(content)
        weakref.finalize(self, self.file.close)

    def __getstate__(self) -> dict:
        self.file.seek(0)
        return vars(self) | {"file": self.file.read(), "_known": {}}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state)
        self._open(state["file"])

    def add(self, origin: int, lines: np.ndarray, values: Values, keys: np.ndarray, keep: np.ndarray) -> None:
        """Add the rows of a batch that are clean."""
        rows = np.flatnonzero(keep)
        codes = {name: self._codes(name, values[name]) for name in self.coded if name in values}
        nothing = np.full(len(keep), -1, np.int16)
        buckets = self._rank(*(codes.get(name, nothing) for name in PLACE)) // PLACES_TOGETHER
        buckets = buckets.astype(np.uint16)[rows]
        order = np.argsort(buckets, kind="stable")
        rows, buckets = rows[order], buckets[order]
        columns: Rows = {"line": lines.astype(np.int32)[rows], "key": keys[rows]}
        for name in self.kinds:
            if name in codes:
                columns[name] = codes[name][rows]
            elif name in values:
                columns[name] = values[name].when[rows] if name in self.times else values[name].take(rows).texts
        hashes = (columns["key"] >> np.uint64(32)).astype(np.uint32)
        batch = pa.record_batch(columns)
        for start, end in pairwise(np.flatnonzero(np.diff(buckets.astype(np.int32), prepend=-1, append=-1)).tolist()):
            self._write(batch.slice(start, end - start), origin, int(buckets[start]), hashes[start:end])

    def _write(self, rows: pa.RecordBatch, origin: int, bucket: int, hashes: np.ndarray) -> None:
        content = rows.serialize()
        at = self.file.seek(0, 2)
        self.file.write(content)
        self.segments.append(Segment(origin, bucket, at, content.size, len(rows), rows.schema, hashes))

    def add_all(self, other: "RowStore") -> None:
        """Add the rows of another store."""
        offset, numbers = len(self.origins), {}
        for name, values in other.values.items():
            numbers[name] = np.array([self._number(name, value) for value in values], np.int32)  # the first is none
        for segment in other.segments:
            batch = other._read(segment)
            columns = {name: batch[name] for name in batch.schema.names}
            columns |= {name: numbers[name][np.asarray(batch[name]) + 1] for name in numbers if name in columns}
            rows = pa.record_batch({name: _narrow(cells) for name, cells in columns.items()})
            self._write(rows, segment.origin + offset, segment.bucket, segment.hashes)
        self.origins += other.origins

    def _number(self, name: str, value: object) -> int:
        return self.values[name].setdefault(value, len(self.values[name]) - 1)

    def _codes(self, name: str, column: Coded) -> np.ndarray:
        """Return the numbers of values in this store, -1 for none; lists of meanings only grow, and are known by it."""
        meanings = column.meanings
        _, known = self._known.get((name, id(meanings)), (meanings, np.zeros(0, np.int16)))
        if len(known) < len(meanings):
            new = [self._number(name, _value(meaning)) for meaning in meanings[len(known) :]]
            known = _narrow(np.concatenate([known, np.array(new, np.int32)]))
            self._known[name, id(meanings)] = meanings, known
        return known[column.codes]

    def _rank(self, street: np.ndarray, community: np.ndarray) -> np.ndarray:
        """Return where the register has the place of each row; last where it has none."""
        if not self.ranks:
            return np.zeros(len(street), np.int32)
        streets, communities = (list(self.values[name]) for name in PLACE)
        table = [[self.ranks.get((s, c), len(self.ranks)) for c in communities] for s in streets]
        return np.array(table, np.int32)[street + 1, community + 1]

    def listed(self, name: str) -> list:
        """Return the values of a column by their numbers; the last, -1, is none."""
        return [*list(self.values[name])[1:], None]

    def counts(self) -> Counter:
        """Return how many rows each table has."""
        found: Counter = Counter()
        for segment in self.segments:
            found[segment.origin] += segment.count - len(segment.dropped)
        return found

    def lines(self, origins: list[int]) -> np.ndarray:
        """Return the lines of the rows of some tables that are left."""
        return self.rows([segment for segment in self.segments if segment.origin in origins])["line"]

    def __len__(self) -> int:
        return self.counts().total()

    # Repeats

    def may_repeat(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the segments that have rows whose hash another row has too, and a few others, and which rows.

        It is asked once: what tells rows apart is let go of.
        """
        likely = np.zeros(1 << 32 - FEW_BITS, bool)
        parts = 1 + sum(segment.count for segment in self.segments) // HASHES_AT_ONCE
        for least, beyond in pairwise(part * 2**32 // parts for part in range(parts + 1)):
            some = [
                s.hashes if parts == 1 else s.hashes[(s.hashes >= least) & (s.hashes < beyond)] for s in self.segments
            ]
            hashes = np.sort(np.concatenate([np.zeros(0, np.uint32), *some]))
            likely[hashes[1:][hashes[1:] == hashes[:-1]] >> FEW_BITS] = True
        for number, segment in enumerate(self.segments):
            which = np.setdiff1d(np.flatnonzero(likely[segment.hashes >> FEW_BITS]), segment.dropped)
            segment.hashes = None
            if len(which):
                yield number, which

    def drop(self, segments: np.ndarray, places: np.ndarray) -> None:
        """Leave out rows from here on."""
        for number in np.unique(segments).tolist():
            segment = self.segments[number]
            segment.dropped = np.union1d(segment.dropped, places[segments == number])

    # Rows

    def _read(self, segment: Segment) -> pa.RecordBatch:
        self.file.seek(segment.at)
        return pa.ipc.read_record_batch(pa.py_buffer(self.file.read(segment.size)), segment.schema)

    def rows(self, segments: list[Segment], which: list[np.ndarray] | None = None) -> Rows:
        """Return the rows of some segments that are left, or some of them."""
        batches, origins = [], [np.zeros(0, np.int32)]
        for number, segment in enumerate(segments):
            batch = self._read(segment)
            if which is not None:
                batch = batch.take(pa.array(which[number]))
            batches.append(batch)
            origins.append(np.full(len(batch), segment.origin, np.int32))
        rows: Rows = {"origin": np.concatenate(origins)}
        for name in ("line", "key", *self.kinds):
            parts = [b[name] if name in b.schema.names else self._nothing(name, len(b)) for b in batches]
            if name in self.texts:
                rows[name] = pa.concat_arrays([pa.nulls(0, pa.string()), *parts])
            else:
                rows[name] = np.concatenate([self._nothing(name, 0), *map(np.asarray, parts)])
        if which is not None:
            return rows
        begins = np.cumsum([0, *(segment.count for segment in segments)])
        gone = [begin + segment.dropped for begin, segment in zip(begins, segments, strict=False)]
        return taken(rows, np.delete(np.arange(begins[-1]), np.concatenate(gone))) if any(map(len, gone)) else rows

    def _nothing(self, name: str, count: int) -> np.ndarray | pa.Array:
        if name in self.texts:
            return pa.nulls(count, pa.string())
        if name == "key":
            return np.zeros(count, np.uint64)
        return np.full(count, NONE) if name in self.times else np.full(count, -1, np.int16)

    def buckets(self) -> Iterator[tuple[Rows, np.ndarray]]:
        """Yield the rows of each bucket of places, in the order of places, then time; and the rank of their places."""
        by_bucket = defaultdict(list)
        for segment in self.segments:
            by_bucket[segment.bucket].append(segment)
        for bucket in sorted(by_bucket):
            rows = self.rows(by_bucket[bucket])
            rows["rank"] = self._rank(rows["street"], rows["community"])
            rows = ordered(rows, rows["rank"], rows["reported_at"], rows["origin"], rows["line"])
            yield rows, rows.pop("rank")

    def decoded(self, rows: Rows) -> pa.Table:
        """Return rows as the clean table has them; texts that repeat are dictionaries."""
        columns: dict[str, pa.Array] = {}
        for name, kind in self.kinds.items():
            if name in self.texts:
                columns[name] = rows[name]
            elif name in self.times:
                columns[name] = _with_nulls(rows[name], rows[name] == NONE).cast(kind)
            else:
                columns[name] = _taken(rows[name], self.listed(name)[:-1], kind)
        for part, name in enumerate(("source_file", "source_sheet")):
            named = [origin[part] for origin in self.origins]
            values = list(dict.fromkeys(named))
            numbers = np.array(list(map(values.index, named)), np.int16)
            columns[name] = _taken(numbers[rows["origin"]], values, pa.string())
        columns["source_line"] = pa.array(rows["line"].astype(np.int64))
        return pa.table({name: columns[name] for name in (*self.kinds, *tables.SOURCE)})

    def value(self, rows: Rows, row: int, name: str) -> Any:
        """Return one value; that of a time as microseconds."""
        if name not in self.kinds:
            return None
        cell = rows[name][row]
        return cell.as_py() if name in self.texts else int(cell) if name in self.times else self.listed(name)[cell]

    def frame(self) -> pd.DataFrame:
        """Return the clean table in the order of deliveries and lines."""
        rows = self.rows(self.segments)
        return frame_of(self.decoded(ordered(rows, rows["origin"], rows["line"])), self.table)


def _value(meaning: object) -> object:
    return None if isinstance(meaning, CellError) else meaning  # which no row has that is kept


def _narrow(cells: np.ndarray | pa.Array) -> np.ndarray | pa.Array:
    is_wide = isinstance(cells, np.ndarray) and cells.dtype == np.int32
    return cells.astype(np.int16) if is_wide and cells.max(initial=0) < 1 << 15 else cells


def _ranks(register: pd.DataFrame) -> dict[tuple, int]:
    """Return the order of places: by street, its communities as the register has them, then the street alone."""
    streets: dict[str, dict] = {}
    for street, community in zip(*(register[part] for part in PLACE), strict=True):
        streets.setdefault(street, {})[street, community] = None
    order = [place for street, places in streets.items() for place in [*places, (street, None)]]
    return {place: number for number, place in enumerate(order)}


def ordered(rows: Rows, *keys: np.ndarray) -> Rows:
    """Order rows by whole numbers, sixteen bits of them at a time: those are counted, not compared."""
    parts: list[np.ndarray] = []
    for key in reversed(keys):
        above = key - key.min(initial=np.iinfo(key.dtype).max)
        while not parts or above.any():
            parts.append(above.astype(np.uint16))
            above = above >> 16
    return taken(rows, np.lexsort(parts))


def taken(rows: Rows, which: np.ndarray) -> Rows:
    """Return some rows by their places."""
    return {name: cells.take(pa.array(which) if isinstance(cells, pa.Array) else which) for name, cells in rows.items()}


def _with_nulls(numbers: np.ndarray, none: np.ndarray) -> pa.Array:
    return pa.array(numbers, mask=none if none.any() else None)


def _taken(codes: np.ndarray, values: list, kind: pa.DataType) -> pa.Array:
    indices = _with_nulls(codes, codes < 0)
    if kind == pa.string():
        return pa.DictionaryArray.from_arrays(indices, pa.array(values, kind), safe=False)
    return pa.array(values, kind).take(indices)


def frame_of(rows: pa.Table, table: str) -> pd.DataFrame:
    """Return rows of a clean table as a frame in its types."""
    dtypes = tables.SOURCE | {name: column.dtype for name, column in tables.columns(table).items()}
    schema = pa.schema([(name, KINDS[dtypes[name]]) for name in rows.column_names])
    with_nulls = {KINDS[dtype]: pd.api.types.pandas_dtype(dtype) for dtype in ("str", "boolean", "Int64")}
    return rows.cast(schema).to_pandas(types_mapper=with_nulls.get).astype({n: dtypes[n] for n in rows.column_names})
