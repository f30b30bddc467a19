"""The clean rows of a store → Parquet in the order in which they are asked for."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from src.codebook import tables
from src.ingest.cleaning.values import NONE
from src.ingest.rowstore import PLACE, Rows, RowStore, frame_of, runs

ROWS_IN_GROUP = 20_000  # of one place: the least that is read where a period is asked for


def write_parquet(store: RowStore, path: Path) -> None:
    """Write the clean table: incidents by place in the order of the register, then by time.

    A group of rows is of one place, so that those of an area or a period come without reading the rest.
    """
    if not store.ranks:
        tables.check(store.frame(), store.table).to_parquet(path, index=False)
        return
    schema = pa.Schema.from_pandas(tables.frame(store.table, {}), preserve_index=False)
    numbers = (*store.times, "source_line")
    options = {
        "store_schema": False, "write_batch_size": ROWS_IN_GROUP, "write_statistics": [*PLACE, "reported_at"],
        "use_dictionary": [name for name in schema.names if name not in (*store.texts, *numbers)],
        "column_encoding": dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),  # smaller than compressed, and sooner
        "compression": {name: "none" if name in numbers else "snappy" for name in schema.names},
    }  # fmt: skip
    some = [empty := store.decoded(store.rows([]))]
    seen = {name: np.zeros(len(values), bool) for name, values in store.values.items()}
    with pq.ParquetWriter(path, empty.schema, **options) as writer, ThreadPoolExecutor(1) as pool:
        written = None
        for rows, rank in store.in_order():
            decoded = store.decoded(rows)
            some.append(decoded.take(_with_new_values(store, rows, seen)))
            if written:  # the ones before, while these were put in order
                written.result()
            written = pool.submit(_write_places, writer, decoded, rank)
            del rows, rank, decoded
        if written:
            written.result()
        tables.check(frame_of(pa.concat_tables(some), store.table), store.table)
        writer.add_key_value_metadata(schema.metadata)


def _write_places(writer: pq.ParquetWriter, rows: pa.Table, rank: np.ndarray) -> None:
    for start, end in runs(rank):
        writer.write_table(rows.slice(start, end - start), ROWS_IN_GROUP)


def _with_new_values(store: RowStore, rows: Rows, seen: dict[str, np.ndarray]) -> np.ndarray:
    """Return a few rows among which every value stands that was not seen before, and a null of each column."""
    found = [np.flatnonzero(rows[name] == NONE)[:1] for name in store.times]
    found += [np.flatnonzero(rows[name].is_null())[:1] for name in store.texts]
    for name, known in seen.items():
        if not known.all():
            new = np.flatnonzero(~known[rows[name]])  # -1, for none, is the last
            values, first = np.unique(rows[name][new], return_index=True)
            known[values] = True
            found.append(new[first])
    return np.unique(np.concatenate(found))
