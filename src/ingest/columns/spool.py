"""Clean incidents on disk, in blocks by place: memory stays flat however many there are.

Each value of a column is kept once for all blocks; the rows hold its number. What tells repeats apart stays in memory,
four bytes for a row.
"""

import tempfile
import weakref
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import tables
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.record import Origin, Record
from src.ingest.columns.distinct import NONE
from src.ingest.columns.order import order_by, ranks
from src.ingest.columns.plain import FOLLOWED, ID, PLACE, TABLE, TOGETHER, Plain, frame_of

PLACES_TOGETHER = 6
IN_MEMORY_BYTES = 16 << 20
FEW = 10  # bits: by the others nearly all rows that repeat none are seen not to
KINDS = {"str": pa.string(), "boolean": pa.bool_(), "Int64": pa.int64(), "datetime64[us]": pa.timestamp("us")}


@dataclass
class Batch:
    """Rows of one text and a few places: where they lie, how many, and until that is done what tells repeats apart."""

    origin: int
    places: int
    at: int
    size: int
    count: int
    schema: pa.Schema
    hashes: np.ndarray | None


class Spool:
    """Takes plain rows and clean records of incidents, and gives them back."""

    def __init__(self, register: pd.DataFrame | None) -> None:
        self.ranks = {} if register is None else ranks(register)
        self.kinds = {name: KINDS[column.dtype] for name, column in tables.columns(TABLE).items()}
        self.times = [name for name, kind in self.kinds.items() if kind == KINDS["datetime64[us]"]]
        single = [name for name in self.kinds if name not in (ID, *self.times, *PLACE, *FOLLOWED)]
        self.columns = TOGETHER | {name: (name,) for name in single}
        self.codes: dict[str, dict] = {name: {} for name in self.columns}
        self._told: dict[tuple[int, str], np.ndarray] = {}
        self.schema = pa.schema([
            ("origin", pa.int16()), ("line", pa.int32()), (ID, pa.string()),
            *((name, pa.timestamp("us")) for name in self.times), *((name, pa.int16()) for name in self.columns),
        ])  # fmt: skip
        self.origins: dict[Origin, int] = {}
        self.order: dict[Origin, int] = {}  # of deliveries and their sheets, when all are known
        self.batches: list[Batch] = []
        self.gone: dict[int, np.ndarray] = {}
        self.file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 (open as long as its rows are asked for)
        weakref.finalize(self, self.file.close)

    def __len__(self) -> int:
        return sum(self.counts().values())

    def add(self, origin: Origin, plain: Plain) -> None:
        """Add plain rows of one text."""
        number = self.origins.setdefault(origin, len(self.origins))
        codes = {name: self._codes(number, name, *plain.coded[name]) for name in self.columns if name in plain.coded}
        moments = {name: _with_nulls(when, when == NONE).cast(self.kinds[name]) for name, when in plain.moments.items()}
        self._put(number, {"line": plain.lines, ID: plain.ids, **moments, **codes}, plain.hashes)

    def add_records(self, origin: Origin, records: list[Record]) -> None:
        """Add records that were read carefully and are clean, and that repeat no plain row."""
        number, values = self.origins.setdefault(origin, len(self.origins)), {}
        for name, parts in self.columns.items():
            meanings = zip(*([record.values.get(part) for record in records] for part in parts), strict=True)
            values[name] = np.array([self._code(name, m if name in TOGETHER else m[0]) for m in meanings], np.int32)
        for name in (ID, *self.times):
            values[name] = pa.array([record.values.get(name) for record in records], self.kinds[name])
        values["line"] = np.array([record.line for record in records], np.int64)
        self._put(number, values, np.zeros(len(records), np.uint32))

    def _put(self, origin: int, values: dict, hashes: np.ndarray) -> None:
        """Write rows, those of a few places together; a column that is not given holds nothing."""
        count = len(hashes)
        columns = {name: pa.nulls(count, kind) for name, kind in self.kinds.items() if name in (ID, *self.times)}
        columns |= {
            name: np.full(count, self._code(name, None), np.int32) for name in self.columns if name not in values
        }
        columns |= {name: given for name, given in values.items() if given is not None}
        columns["origin"] = np.full(count, origin)
        columns |= {name: _narrow(columns[name]) for name in ("origin", "line", *self.columns)}
        places = self.rank(columns["place"]) // PLACES_TOGETHER
        order = np.argsort(places.astype(np.uint16), kind="stable")
        rows = pa.record_batch({name: columns[name].take(order) for name in self.schema.names})
        places, hashes = places[order], hashes[order]
        cuts = np.flatnonzero(np.diff(places, prepend=-1, append=-1))
        for start, end in pairwise(cuts):
            content = rows.slice(start, end - start).serialize()
            at = self.file.seek(0, 2)
            self.file.write(content)
            here = int(places[start])
            self.batches.append(Batch(origin, here, at, content.size, end - start, rows.schema, hashes[start:end]))

    def rank(self, codes: np.ndarray) -> np.ndarray:
        """Return where the register has the place of each row; last where it has none."""
        return np.array([self.ranks.get(place, len(self.ranks)) for place in self.codes["place"]], np.int32).take(codes)

    def _code(self, name: str, meaning: object) -> int:
        meaning = None if isinstance(meaning, CellError) else meaning  # which no row has that is kept
        return self.codes[name].setdefault(meaning, len(self.codes[name]))

    def _codes(self, origin: int, name: str, numbers: np.ndarray, meanings: list) -> np.ndarray:
        """Return the codes of a text's own numbers of meanings."""
        known = self._told.get((origin, name), np.zeros(0, np.int32))
        new = [self._code(name, meaning) for meaning in meanings[len(known) :]]
        self._told[origin, name] = np.concatenate([known, np.array(new, np.int32)])
        return self._told[origin, name].take(numbers)

    def _lookup(self, name: str, part: int) -> tuple[np.ndarray, list]:
        """Return for each code the number of one part's value, -1 for none, and the values."""
        values: dict = {}
        told = [meaning[part] if isinstance(meaning, tuple) else meaning for meaning in self.codes[name]]
        numbers = [-1 if value is None else values.setdefault(value, len(values)) for value in told]
        return _narrow(np.array(numbers, np.int64)), list(values)

    def forget(self, delivery: int) -> None:
        """Take back the rows of a delivery."""
        ours = {number for origin, number in self.origins.items() if origin[0] == delivery}
        self.origins = {origin: number for origin, number in self.origins.items() if number not in ours}
        self.batches = [batch for batch in self.batches if batch.origin not in ours]
        self._told = {at: told for at, told in self._told.items() if at[0] not in ours}

    def drop(self, origin: Origin, lines: np.ndarray) -> None:
        """Leave out some rows of a text from here on."""
        gone = self.gone[self.origins[origin]] = np.zeros(lines.max() + 2, bool)  # the last stands for all beyond
        gone[lines] = True

    def counts(self) -> dict[Origin, int]:
        """Return how many rows each text has."""
        found, origins = dict.fromkeys(self.origins, 0), list(self.origins)
        for batch in self.batches:
            found[origins[batch.origin]] += batch.count
        return {origin: n - int(np.sum(self.gone.get(self.origins[origin], 0))) for origin, n in found.items() if n}

    def _rows(self, batch: Batch) -> pa.RecordBatch:
        self.file.seek(batch.at)
        return pa.ipc.read_record_batch(pa.py_buffer(self.file.read(batch.size)), batch.schema)

    def twice(self, repeated: np.ndarray) -> tuple[np.ndarray, pa.Table]:
        """Return the rows whose numbers are among the repeated ones, a few others, and their numbers.

        It is asked before any row is dropped.
        """
        hashes, rows = [np.zeros(0, np.uint32)], []
        likely = np.zeros(1 << 32 - FEW, bool)
        likely[repeated >> FEW] = True
        for batch in self.batches if len(repeated) else ():
            which = np.flatnonzero(likely[batch.hashes >> FEW])
            if len(which):
                hashes.append(batch.hashes[which])
                rows.append(self._rows(batch).take(which))
        return np.concatenate(hashes), self._together(rows)

    def settled(self) -> None:
        """Let go of what tells repeats apart."""
        for batch in self.batches:
            batch.hashes = None
        pa.default_memory_pool().release_unused()

    def rows(self, places: int | None = None) -> pa.Table:
        """Return the rows of a few places, or of all."""
        return self._together([self._rows(batch) for batch in self.batches if places in (None, batch.places)])

    def _together(self, batches: list[pa.RecordBatch]) -> pa.Table:
        rows = [self.schema.empty_table(), *(pa.Table.from_batches([batch]) for batch in batches)]
        return pa.concat_tables(rows, promote_options="permissive").combine_chunks()

    def some_places(self) -> list[int]:
        """Return the numbers by which rows of a few places are asked for, in order."""
        return sorted({batch.places for batch in self.batches})

    def decoded(self, rows: pa.Table) -> pa.Table:
        """Return rows as the clean table has them; texts that repeat are dictionaries."""
        columns = {ID: rows[ID], **{name: rows[name] for name in self.times}}
        for name, parts in self.columns.items():
            codes = rows[name].to_numpy()
            for part, column in enumerate(parts):
                numbers, values = self._lookup(name, part)
                columns[column] = _taken(numbers.take(codes), pa.array(values, self.kinds[column]))
        origins = rows["origin"].to_numpy()
        for part, column in ((1, "source_file"), (2, "source_sheet")):
            names = [origin[part] for origin in self.origins]
            values = list(dict.fromkeys(names))  # each once: Parquet pads a dictionary that repeats with stray bytes
            numbers = _narrow(np.array([*map(values.index, names)], np.int64)).take(origins)
            columns[column] = _taken(numbers, pa.array(values, pa.string()))
        columns["source_line"] = rows["line"].cast(pa.int64())
        return pa.table({name: columns[name] for name in (*self.kinds, *tables.SOURCE)})

    def values(self, rows: pa.Table) -> dict[str, list]:
        """Return rows as the values that records have of them."""
        found = {ID: rows[ID].to_pylist()} | {
            name: rows[name].to_numpy().astype(object).tolist() for name in self.times
        }
        for name, parts in self.columns.items():
            for part, column in enumerate(parts):
                numbers, values = self._lookup(name, part)
                found[column] = np.array([*values, None], object)[numbers[rows[name].to_numpy()]].tolist()
        return found

    def frame(self) -> pd.DataFrame:
        """Return the clean table in the order of deliveries and lines."""
        rows = self.rows()
        return frame_of(self.decoded(rows.take(self.order_of(rows))))

    def order_of(self, rows: pa.Table, *keys: np.ndarray) -> np.ndarray:
        """Return those of some rows that are left, ordered by keys, the most important first, then as delivered."""
        lines, origins = rows["line"].to_numpy(), rows["origin"].to_numpy()
        ranks = np.array([self.order[origin] for origin in self.origins], np.int32)
        order = order_by(*keys, ranks[origins], lines)
        for origin, gone in self.gone.items():
            order = order[~((origins == origin) & gone.take(lines, mode="clip"))[order]]
        return order


def _narrow(numbers: np.ndarray) -> np.ndarray:
    return numbers.astype(np.int16 if numbers.max(initial=0) < 1 << 15 else np.int32)


def _with_nulls(numbers: np.ndarray, none: np.ndarray) -> pa.Array:
    return pa.array(numbers, mask=none if none.any() else None)


def _taken(numbers: np.ndarray, values: pa.Array) -> pa.Array:
    indices = _with_nulls(numbers, numbers < 0)
    if values.type == pa.string():
        return pa.DictionaryArray.from_arrays(indices, values, safe=False)
    return values.take(indices)
