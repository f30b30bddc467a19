"""One number with its interval, and the questions that every estimate has to answer first."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from src.codebook import vocabulary


@dataclass(frozen=True)
class Estimate:
    """A number with the limits between which such a number moves by itself; `p` where a test goes with it."""

    estimate: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")
    p: float | None = None
    n: float | None = None
    note: str = ""


def told_by(estimates: Iterable[Estimate]) -> dict[str, np.ndarray]:
    """Return the columns `estimate`, `lower`, `upper` of a table with a row for each estimate."""
    estimates = list(estimates)
    return {name: np.array([getattr(one, name) for one in estimates]) for name in ("estimate", "lower", "upper")}


def whole_count(name: str, value: float) -> int:
    """Return a count; raises `ValueError` naming it where it is negative or not whole."""
    if value != value or value < 0 or value != int(value):
        raise ValueError(vocabulary.both("not_a_count", name=name, value=value))
    return int(value)


def series_of(given: pd.Series | pd.DataFrame) -> pd.Series:
    """Return counts in the order of time of a series, or of a table with one row a `month` and its `estimate`.

    Raises `ValueError` for another table, and for several rows a month.
    """
    if isinstance(given, pd.Series):
        return given
    if {"month", "estimate"} - set(given):
        raise ValueError(vocabulary.both("series_no_table"))
    series = given.set_index("month")["estimate"]
    if not series.index.is_unique:
        raise ValueError(vocabulary.both("series_several", name="series"))
    return series


def level(confidence: float) -> float:
    """Return the share left out by an interval; raises `ValueError` for what is not between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(vocabulary.both("confidence_impossible", value=confidence))
    return 1 - confidence


def survive_many(p: pd.Series, false_discovery: float = 0.05) -> pd.Series:
    """Return which of many p hold when looked at together: at most 5 % of those marked are expected to be chance.

    Benjamini & Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289-300. A missing p is no test.
    """
    from scipy.stats import false_discovery_control

    tested = p.notna()
    held = tested.copy()
    if tested.any():
        held[tested] = false_discovery_control(p[tested]) <= false_discovery
    return held
