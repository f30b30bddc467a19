"""By what tables are grouped, and in which order their rows come."""

import numpy as np
import pandas as pd

from src.codebook import vocabulary

PLACE = ["street", "community"]


def columns_of(by: str | list[str] | None) -> list[str]:
    """Return the columns that `by` groups by; a community is always named with its street."""
    names = [by] if isinstance(by, str) else list(by or [])
    return list(dict.fromkeys(column for name in names for column in (PLACE if name == "community" else [name])))


def in_order(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Put codes in the order of their list and months in time; places keep the order in which they come."""
    words = vocabulary.current()
    lists = {**words.codes, "kind": words.kinds, "roll_up": words.roll_ups}
    places = {name: {code: place for place, code in enumerate(lists[name])} for name in names if name in lists}
    ordered = [name for name in names if name in places or name in ("month", "quarter")]
    keys = [table[name].map(places[name]) if name in places else table[name] for name in ordered]
    return (table.iloc[np.lexsort(keys[::-1])] if keys else table).reset_index(drop=True)
