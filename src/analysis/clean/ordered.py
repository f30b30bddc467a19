"""The clean incidents of a spool → Parquet in the order in which they are asked for."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from src.analysis import tables
from src.analysis.clean.plain import ID, PLACE, REPORTED
from src.analysis.clean.spool import TABLE, Spool, frame_of

ROWS_IN_GROUP = 10_000  # of one place: the least that is read where a period is asked for


def write_incidents(spool: Spool, path: Path) -> None:
    """Write the clean table as Parquet: by place in the order of the register, then by time.

    A group of rows is of one place, so that those of an area or a period come without reading the rest.
    """
    schema = pa.Schema.from_pandas(tables.frame(TABLE, {}), preserve_index=False)
    plain = (ID, *spool.times, "source_line")
    options = {"store_schema": False, "use_dictionary": [name for name in schema.names if name not in plain]}
    options["write_statistics"] = [*PLACE, REPORTED]  # by which rows are asked for
    some = [spool.schema.empty_table()]
    with pyarrow.parquet.ParquetWriter(path, spool.decoded(some[0]).schema, **options) as writer:
        for places in spool.some_places():
            rows = spool.rows(places)
            some.append(rows.take(_with_every_value(spool, rows)))
            rank = spool.rank(rows["place"].to_numpy())
            order = np.lexsort([*spool.position(rows), rows[REPORTED].cast(pa.int64()).to_numpy(), rank])
            rows = spool.decoded(rows.take(pa.array(order)))
            for start, end in pairwise(np.flatnonzero(np.diff(rank[order], prepend=-1, append=-1))):
                writer.write_table(rows.slice(start, end - start), ROWS_IN_GROUP)
        tables.check(frame_of(spool.decoded(pa.concat_tables(some))), TABLE)
        writer.add_key_value_metadata(schema.metadata)


def _with_every_value(spool: Spool, rows: pa.Table) -> pa.Array:
    """Return the places of a few rows among which every value of every column that is coded stands."""
    found = []
    for name in spool.columns:
        first = np.full(len(spool.codes[name]), -1)
        first[rows[name].to_numpy()] = np.arange(len(rows))
        found.append(first[first >= 0])
    found += (np.flatnonzero(rows[name].is_null().to_numpy())[:1] for name in (ID, *spool.times))
    return pa.array(np.unique(np.concatenate(found)))
