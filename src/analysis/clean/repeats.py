"""Plain rows of a text that repeat one of its own in everything but the line: found by columns, without records."""

import numpy as np
import pyarrow as pa

from src.analysis.clean.plain import ID


def first_of(rows: pa.Table, told: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each row the first that is like it, or -1 where records have to be compared.

    `rows` are ordered as delivered; `told` are the numbers that tell rows apart which cannot repeat one another. All
    with one such number have to be alike and to have an office's number, and no record (`others`) may have it too.
    """
    order = np.argsort(told, kind="stable")
    begins = np.append(True, told[order][1:] != told[order][:-1])
    group = np.cumsum(begins) - 1
    unlike = np.isin(told, others) | rows[ID].is_null().to_numpy()
    for name in rows.column_names:
        if name != "line":
            values = rows[name].combine_chunks().dictionary_encode(null_encoding="encode").indices.to_numpy()
            unlike[order] |= np.append(False, values[order][1:] != values[order][:-1]) & ~begins
    compared = np.bincount(group, unlike[order]) > 0
    first = np.empty(len(rows), np.int64)
    first[order] = np.where(compared[group], -1, order[begins][group])
    return first
