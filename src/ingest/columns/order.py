"""In which order rows are kept: places as the register has them, and many rows by several numbers."""

import numpy as np
import pandas as pd

from src.ingest.columns.plain import PLACE


def ranks(register: pd.DataFrame) -> dict[tuple, int]:
    """Return the order of places: by street, its communities as the register has them, then the street alone."""
    streets: dict[str, dict] = {}
    for street, community in zip(*(register[part] for part in PLACE), strict=True):
        streets.setdefault(street, {})[street, community] = None
    order = [place for street, places in streets.items() for place in [*places, (street, None)]]
    return {place: number for number, place in enumerate(order)}


def order_by(*keys: np.ndarray) -> np.ndarray:
    """Return the order by whole numbers, sixteen bits of them at a time: those are counted, not compared."""
    parts = []
    for key in reversed(keys):
        above = key - key.min(initial=np.iinfo(key.dtype).max)
        while not parts or above.any():
            parts.append(above.astype(np.uint16))
            above = above >> 16
    return np.lexsort(parts)
