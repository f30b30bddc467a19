"""Plain rows of a text: the numbers of their values and what each number means, until they become a table."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from src.analysis import tables
from src.analysis.clean.distinct import NONE


@dataclass
class Plain:
    """Plain rows of one text: their lines, and for each column the numbers of its values, or the values themselves."""

    file: str
    sheet: str
    lines: np.ndarray
    numbers: dict[str, np.ndarray]
    meanings: dict[str, list]
    ids: pa.Array | None = None
    moments: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> pa.Array:
        """Return the values of a column of the clean table."""
        if name == "incident_id" and self.ids is not None:
            return self.ids
        if name in self.moments:
            moments = self.moments[name]
            return pa.array(moments, pa.timestamp("us"), mask=moments == NONE)
        if name not in self.numbers:
            return pa.nulls(len(self))
        return pa.array(self.meanings[name]).take(pa.array(self.numbers[name]))

    def rows(self, which: np.ndarray) -> "Plain":
        """Return the rows at some positions."""
        ids = None if self.ids is None else self.ids.take(pa.array(which))
        numbers = {name: values[which] for name, values in self.numbers.items()}
        moments = {name: values[which] for name, values in self.moments.items()}
        return Plain(self.file, self.sheet, self.lines[which], numbers, self.meanings, ids, moments)


def frame_of(plain: list[Plain], table: str) -> pd.DataFrame:
    """Return plain rows as the clean table has them."""
    columns = {}
    for name, column in tables.columns(table).items():
        columns[name] = _series([rows.column(name) for rows in plain], column.dtype)
    columns["source_file"] = pd.Series(np.repeat([rows.file for rows in plain], list(map(len, plain))), dtype="str")
    columns["source_sheet"] = pd.Series(np.repeat([rows.sheet for rows in plain], list(map(len, plain))), dtype="str")
    columns["source_line"] = pd.Series(np.concatenate([rows.lines for rows in plain]), dtype="int64")
    return pd.DataFrame(columns)


def _series(arrays: list[pa.Array], dtype: str) -> pd.Series:
    kinds = {"str": pa.string(), "boolean": pa.bool_(), "Int64": pa.int64(), "datetime64[us]": pa.timestamp("us")}
    together = pa.chunked_array([array.cast(kinds[dtype]) for array in arrays], kinds[dtype])
    known = pd.api.types.pandas_dtype(dtype)
    if hasattr(known, "__from_arrow__"):
        return pd.Series(known.__from_arrow__(together))
    return together.to_pandas().astype(dtype)
