"""Plain rows of one block: which meaning each column has, until they become a table."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

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
