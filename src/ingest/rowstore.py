"""Clean rows on disk, in segments by place: memory stays flat however many there are.

Each value of a column is kept once; the rows hold its number. Half of each row's key stays in memory, four bytes. A
segment is the rows of one batch that lie in one bucket of places; a row is known by its segment and its place in it.
"""

import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import tables
from src.ingest.batch import CellError
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
        held = dict.fromkeys(self.texts, pa.string()) | dict.fromkeys(self.times, pa.int64())
        fixed = [("line", pa.int32()), ("key", pa.uint64())]
        self.schema = pa.schema([*fixed, *((name, held.get(name, pa.int32())) for name in self.kinds)])
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

    def add(self, origin: int, lines: np.ndarray, keys: np.ndarray, values: Values, keep: np.ndarray) -> None:
        """Add the rows of a batch that are clean."""
        columns: Rows = {"line": lines.astype(np.int32), "key": keys}
        for name in self.kinds:
            if name in self.texts:
                columns[name] = values[name].texts if name in values else pa.nulls(len(lines))
            elif name in self.times:
                columns[name] = values[name].when if name in values else np.full(len(lines), NONE)
            else:
                columns[name] = self._numbers(name, values[name]) if name in values else np.full(len(lines), -1)
        buckets = (self._rank(columns) // PLACES_TOGETHER).astype(np.uint16)
        rows = np.flatnonzero(keep)
        rows = rows[np.argsort(buckets[rows], kind="stable")]
        batch, buckets = pa.record_batch(taken(columns, rows)), buckets[rows].astype(int)
        for start, end in runs(buckets):
            self._write(batch.slice(start, end - start), origin, int(buckets[start]))

    def _write(self, rows: pa.RecordBatch, origin: int, bucket: int) -> None:
        content = rows.cast(self.schema).serialize()
        at = self.file.seek(0, 2)
        self.file.write(content)
        hashes = (rows["key"].to_numpy() >> np.uint64(32)).astype(np.uint32)
        self.segments.append(Segment(origin, bucket, at, content.size, len(rows), hashes))

    def add_all(self, other: "RowStore") -> None:
        """Add the rows of another store."""
        numbers = {}
        for name, values in other.values.items():
            numbers[name] = np.array([self._number(name, value) for value in values], np.int32)  # the first is none
        for segment in other.segments:
            rows = other._read(segment)
            for at, name in enumerate(rows.schema.names):
                if name in numbers:
                    rows = rows.set_column(at, name, pa.array(numbers[name][rows[name].to_numpy() + 1]))
            self._write(rows, segment.origin + len(self.origins), segment.bucket)
        self.origins += other.origins

    def _number(self, name: str, value: object) -> int:
        return self.values[name].setdefault(value, len(self.values[name]) - 1)

    def _numbers(self, name: str, column: Coded) -> np.ndarray:
        """Return the numbers of values in this store, -1 for none; lists of meanings only grow, and are known by it."""
        meanings = column.meanings
        _, known = self._known.get((name, id(meanings)), (meanings, np.zeros(0, np.int32)))
        if len(known) < len(meanings):
            stated = (None if isinstance(m, CellError) else m for m in meanings[len(known) :])  # which no row has
            new = [self._number(name, meaning) for meaning in stated]
            known = np.concatenate([known, np.array(new, np.int32)])
            self._known[name, id(meanings)] = meanings, known
        return known[column.codes]

    def _rank(self, rows: Rows) -> np.ndarray:
        """Return where the register has the place of each row; last where it has none."""
        if not self.ranks:
            return np.zeros(len(rows["line"]), np.int32)
        streets, communities = (list(self.values[name]) for name in PLACE)
        table = [[self.ranks.get((s, c), len(self.ranks)) for c in communities] for s in streets]
        return np.array(table, np.int32)[rows["street"] + 1, rows["community"] + 1]

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
            some = [s.hashes[(s.hashes >= least) & (s.hashes < beyond)] for s in self.segments]
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
        return pa.ipc.read_record_batch(pa.py_buffer(self.file.read(segment.size)), self.schema)

    def rows(self, segments: list[Segment], which: list[np.ndarray] | None = None) -> Rows:
        """Return the rows of some segments that are left, or some of them."""
        batches = []
        for number, segment in enumerate(segments):
            rows = self._read(segment)
            if which is not None or len(segment.dropped):
                left = np.delete(np.arange(segment.count), segment.dropped) if which is None else which[number]
                rows = rows.take(pa.array(left))
            batches.append(rows)
        found = pa.Table.from_batches(batches, self.schema)
        rows: Rows = {name: found[name].to_numpy() for name in found.column_names if name not in self.texts}
        rows |= {name: found[name].combine_chunks() for name in self.texts}
        return rows | {"origin": np.repeat(np.array([s.origin for s in segments], int), [*map(len, batches)])}

    def buckets(self) -> Iterator[Rows]:
        """Yield the rows of each bucket of places, in the order of places."""
        for _, segments in groupby(sorted(self.segments, key=lambda s: s.bucket), key=lambda s: s.bucket):
            yield self.rows([*segments])

    def in_order(self) -> Iterator[tuple[Rows, np.ndarray]]:
        """Yield the same in the order of places, then time; and the rank of their places."""
        for rows in self.buckets():
            rows["rank"] = self._rank(rows)
            del rows["key"]
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
            named = pa.array([origin[part] for origin in self.origins], pa.string()).dictionary_encode()
            columns[name] = named.take(pa.array(rows["origin"]))
        columns["source_line"] = pa.array(rows["line"].astype(np.int64))
        return pa.table({name: columns[name] for name in (*self.kinds, *tables.SOURCE)})

    def frame(self) -> pd.DataFrame:
        """Return the clean table in the order of deliveries and lines."""
        rows = self.rows(self.segments)
        return frame_of(self.decoded(ordered(rows, rows["origin"], rows["line"])), self.table)


def _ranks(register: pd.DataFrame) -> dict[tuple, int]:
    """Return the order of places: by street, its communities as the register has them, then the street alone."""
    streets = register.groupby("street", sort=False)["community"]
    places = [(street, name) for street, names in streets for name in [*names.unique(), None]]
    return {place: number for number, place in enumerate(places)}


def runs(numbers: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield where each run of equal numbers, none of them negative, begins and ends."""
    return pairwise(np.flatnonzero(np.diff(numbers, prepend=-1, append=-1)).tolist())


def ordered(rows: Rows, *keys: np.ndarray) -> Rows:
    """Order rows by whole numbers."""
    return taken(rows, np.lexsort(keys[::-1]))


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
