"""The clean incidents of a spool → Parquet in the order in which they are asked for."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from src.codebook import tables
from src.ingest.columns.plain import ID, PLACE, REPORTED, TABLE, frame_of
from src.ingest.columns.spool import Spool

ROWS_IN_GROUP = 20_000  # of one place: the least that is read where a period is asked for


def write_incidents(spool: Spool, path: Path) -> None:
    """Write the clean table as Parquet: by place in the order of the register, then by time.

    A group of rows is of one place, so that those of an area or a period come without reading the rest.
    """
    schema = pa.Schema.from_pandas(tables.frame(TABLE, {}), preserve_index=False)
    numbers = (*spool.times, "source_line")
    coded = [name for name in schema.names if name not in (ID, *numbers)]
    options = {"store_schema": False, "use_dictionary": coded, "write_batch_size": ROWS_IN_GROUP}
    options["write_statistics"] = [*PLACE, REPORTED]  # by which rows are asked for
    options["column_encoding"] = dict.fromkeys(numbers, "DELTA_BINARY_PACKED")  # smaller than compressed, and sooner
    options["compression"] = {name: "none" if name in numbers else "snappy" for name in schema.names}
    some, seen = [spool.schema.empty_table()], {}
    with pyarrow.parquet.ParquetWriter(path, spool.decoded(some[0]).schema, **options) as writer:
        for places in spool.some_places():
            some.append(_write_some(spool, places, writer, seen))
        tables.check(frame_of(spool.decoded(pa.concat_tables(some))), TABLE)
        writer.add_key_value_metadata(schema.metadata)


def _write_some(spool: Spool, places: int, writer: pyarrow.parquet.ParquetWriter, seen: dict) -> pa.Table:
    """Write the rows of a few places; return some of them with every value that was not seen before."""
    rows = spool.rows(places)
    rank = spool.rank(rows["place"].to_numpy())
    order = spool.order_of(rows, rank, rows[REPORTED].cast(pa.int64()).to_numpy())
    rows, rank = rows.take(order), rank[order]
    some, decoded = rows.take(_with_every_value(spool, rows, seen)), spool.decoded(rows)
    del rows
    for start, end in pairwise(np.flatnonzero(np.diff(rank, prepend=-1, append=-1))):
        writer.write_table(decoded.slice(start, end - start), ROWS_IN_GROUP)
    return some


def _with_every_value(spool: Spool, rows: pa.Table, seen: dict[str, np.ndarray]) -> np.ndarray:
    """Return the places of a few rows among which every value of every column that is coded stands, but those seen."""
    found = [np.zeros(0, np.int64)]
    for name, codes in spool.codes.items():
        known = seen.setdefault(name, np.zeros(len(codes), bool))
        if not known.all():
            new = np.flatnonzero(~known[rows[name].to_numpy()])
            values, first = np.unique(rows[name].to_numpy()[new], return_index=True)
            known[values] = True
            found.append(new[first])
    lacking = [name for name in (ID, *spool.times) if rows[name].null_count]
    found += [np.flatnonzero(rows[name].is_null().to_numpy())[:1] for name in lacking]
    return np.unique(np.concatenate(found))
