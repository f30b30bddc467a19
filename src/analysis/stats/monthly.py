"""Counts by month, and how much more than Poisson counts they vary: the phi of intervals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from src.analysis.stats.counts import columns_of, months_of, totals_by_month
from src.analysis.stats.delivery import groups_affected, not_delivered
from src.analysis.stats.intervals import exact_limits
from src.codebook import vocabulary
from src.codebook.periods import Period
from src.codebook.vocabulary import threshold


def dispersions(
    incidents: pd.DataFrame, by: str | list[str] | None = None, missing: pd.DataFrame | None = None
) -> pd.Series:
    """Return how much more than Poisson counts the monthly counts of each group of `by` vary (1: no more).

    Months that are `missing` (`not_delivered`) take no part: of their own source, and with streets in `by` of their own
    street. Where they would take most of the degrees of freedom, they count as they were delivered: phi is then larger.
    """
    names = columns_of(by)
    wide = totals_by_month(incidents, names)
    if wide.empty:  # there is no incident, or none of them states what `by` names
        return pd.Series(dtype="float64")
    if missing is None or missing.empty:
        return dispersion_of_each(wide)
    gaps = pd.DataFrame(False, wide.index, wide.columns)
    for month, own in zip(missing["month"], groups_affected(missing, incidents, names, wide.columns), strict=True):
        gaps.loc[gaps.index == month, own] = True
    freedom = (12 - 1) * (pd.Series(wide.index.year).value_counts().eq(12).sum() - 1)
    few = gaps.sum() > threshold("most_freedom_missing") * freedom
    return dispersion_of_each(wide.mask(gaps & ~few))


def dispersion(
    incidents: pd.DataFrame, by: str | list[str] | None = None, missing: pd.DataFrame | None = None
) -> float | pd.Series:
    """By how much more than chance do monthly counts vary: the phi of intervals, 1 where it is no more?

    Of all incidents a number, with `by` one for each group, of its own months (year × month table of whole years; 1 for
    under two). `missing`: see `not_delivered`. Give it the rows of all years, not those of one period.

    >>> round(dispersion(incidents[incidents["kind"].eq("drugs")]), 2)
    1.03
    """
    found = dispersions(incidents, by, not_delivered(incidents, missing))
    return found if by else float(found.get(0, 1.0))


def dispersion_of_each(monthly: pd.DataFrame, months: int = 1) -> pd.Series:
    """Return how much more than Poisson counts each column of counts by month varies, beyond year and month of year.

    Pearson's chi-square over its degrees of freedom in the multiplicative year × month table of whole years (the table
    of sums is its fit). A missing count is a month that was not delivered: it is filled with its own fit until that
    stands still, and takes no part. At least 1; 1 for under two whole years. The months are in their order;
    `months`: how many are taken together (3: quarters).
    """
    years, held = np.unique(pd.DatetimeIndex(monthly.index).year, return_counts=True)
    whole = years[held == 12]
    tables = monthly[monthly.index.year.isin(whole)].to_numpy(float).T.reshape(monthly.shape[1], len(whole), 12)
    tables = tables.reshape(*tables.shape[:2], 12 // months, months).sum(axis=3)
    return pd.Series(_dispersion(tables), monthly.columns, dtype="float64")


def _dispersion(tables: np.ndarray) -> np.ndarray:
    """Return the dispersion of each year × month table."""
    absent = np.isnan(tables)
    counts = np.where(absent, 0.0, tables)
    for _ in range(50 if absent.any() else 0):
        counts = np.where(absent, _fitted(counts), counts)
    fitted = _fitted(counts)
    known = (fitted > 0) & ~absent
    apart = np.divide((counts - fitted) ** 2, fitted, out=np.zeros_like(fitted), where=known)
    freedom = (tables.shape[1] - 1) * (tables.shape[2] - 1) - absent.sum(axis=(1, 2))
    phi = apart.sum(axis=(1, 2)) / np.maximum(freedom, 1)
    return np.where(freedom > 0, np.maximum(phi, 1.0), 1.0)


def _fitted(tables: np.ndarray) -> np.ndarray:
    """Return what years and months of the year make of each table: the product of its sums over its total."""
    by_year, by_month = tables.sum(axis=2, keepdims=True), tables.sum(axis=1, keepdims=True)
    return by_year * by_month / np.maximum(by_year.sum(axis=1, keepdims=True), 1e-300)


def monthly_counts(
    incidents: pd.DataFrame, by: str | list[str] | None = None, months: str | Period | None = None
) -> pd.DataFrame:
    """How many incidents were received in each month?

    One row is one month of one group of `by`; months without an incident hold 0. Columns: by, `month`, `estimate` (the
    count), `lower`, `upper` (quasi-Poisson, 95 %: how far such a month moves by itself), `lower_exact`, `upper_exact`
    (Poisson). `months`: the window to fill, by default from the first to the last month in the data.

    >>> monthly_counts(incidents, "group").loc[0, ["group", "estimate"]].to_dict()
    {'group': 'criminal', 'estimate': 1407}
    """
    names, every = columns_of(by), months_of(incidents, months)
    wide = totals_by_month(incidents, names).reindex(every, fill_value=0)
    phi = dispersion_of_each(wide)
    groups = wide.columns.repeat(len(every))
    table = groups.to_frame(index=False) if names else pd.DataFrame(index=range(len(every)))
    table["month"], table["estimate"] = np.tile(every, len(wide.columns)), wide.to_numpy().T.ravel()
    spread = np.sqrt(phi.to_numpy().repeat(len(every)))
    count = table["estimate"].to_numpy("float64")
    lower, upper = exact_limits(count)
    return table.astype({"estimate": "int64"}).assign(
        lower=np.maximum(count - (count - lower) * spread, 0),
        upper=count + (upper - count) * spread,
        lower_exact=lower,
        upper_exact=upper,
    )[[*names, "month", "estimate", "lower", "upper", "lower_exact", "upper_exact"]]


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


def month_series(incidents: pd.DataFrame, months: Period, incomplete: Sequence[pd.Timestamp] = ()) -> pd.Series:
    """How many incidents has each month, where it is complete?

    One entry is one month of `months`; `incomplete` ones are missing, and cut off at the end.
    """
    counts = monthly_counts(incidents, months=months).set_index("month")["estimate"].astype("float64")
    known = counts.mask(counts.index.isin(list(incomplete)))
    return known[: known.last_valid_index()]
