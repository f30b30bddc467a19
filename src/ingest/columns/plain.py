"""Plain rows of one block: which meaning each column has, until they become a table."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import tables

TABLE = "incidents"
ID, REPORTED, OCCURRED = "incident_id", "reported_at", "occurred_at"
FOLLOWING = ("kind", "group", "incident_count")  # with the precision, what `incident_follows` looks at
FOLLOWED = (*FOLLOWING, "precision")
PLACE = ("street", "community")
TOGETHER = {"place": PLACE, "follow": FOLLOWED}
"""Columns that one rule fills together: their meanings are tuples."""


@dataclass
class Plain:
    """Plain rows of one block: their lines, what tells repeats apart, times, and the numbers of their meanings."""

    lines: np.ndarray
    hashes: np.ndarray
    ids: pa.Array | None
    moments: dict[str, np.ndarray]
    coded: dict[str, tuple[np.ndarray, list]]


def frame_of(rows: pa.Table) -> pd.DataFrame:
    """Return decoded rows in the types of the clean table."""
    dtypes = tables.SOURCE | {name: column.dtype for name, column in tables.columns(TABLE).items()}
    return pd.DataFrame({name: _series(rows[name], dtypes[name]) for name in rows.column_names})


def _series(column: pa.ChunkedArray, dtype: str) -> pd.Series:
    column = column.cast(pa.string()) if dtype == "str" else column
    known = pd.api.types.pandas_dtype(dtype)
    return pd.Series(
        known.__from_arrow__(column) if hasattr(known, "__from_arrow__") else column.to_pandas(), dtype=dtype
    )
