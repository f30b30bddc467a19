"""Incidents counted: in windows, by group, by roll-up, by month; by what tables are grouped, in which order."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from src.analysis.stats.intervals import exact_limits
from src.codebook import vocabulary
from src.codebook.periods import Period, parse_period

__all__ = ["in_category", "monthly_counts"]

PLACE = ["street", "community"]
By = str | list[str] | None
Window = str | int | Period | Sequence[str | int | Period]


def columns_of(by: By) -> list[str]:
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


HEADLINE = "criminal_and_public_security"  # the roll-up that pages open with
COUNTED = ["reported_at", "street", "community", "group", "kind", "incident_count"]  # what counting asks of an incident


def roll_up_mask(incidents: pd.DataFrame, code: str) -> pd.Series:
    """Return which incidents belong to a roll-up of the vocabulary (刑事治安, 两抢一盗 …)."""
    rule = vocabulary.current().roll_ups[code]
    mask = incidents["group"].isin(rule["groups"])
    if "kinds" in rule:
        mask &= incidents["kind"].isin(rule["kinds"])
    if "without_kinds" in rule:
        mask &= ~incidents["kind"].isin(rule["without_kinds"])
    return mask


def in_category(incidents: pd.DataFrame, code: str) -> pd.DataFrame:
    """Return the incidents of one roll-up of the vocabulary, by its code or its name (刑事治安警情, 两抢一盗).

    Raises `ValueError` for another one, with those there are.

    >>> in_category(incidents, "两抢一盗")["kind"].unique().tolist()
    ['theft']
    """
    roll_ups = vocabulary.current().roll_ups
    named = {name: one for one, rule in roll_ups.items() for name in (one, rule["zh"], rule["en"])}
    if code not in named:
        raise ValueError(vocabulary.both("not_known", name="code", value=code, allowed=", ".join(roll_ups)))
    return incidents[roll_up_mask(incidents, named[code])]


def windows_of(window: Window) -> list[Period]:
    """Return the periods that a window means; several are averaged."""
    several = isinstance(window, Sequence) and not isinstance(window, str)
    return [parse_period(one) for one in (window if several else [window])]


def in_window(incidents: pd.DataFrame, window: Window) -> pd.Series:
    """Return which incidents were received within a window."""
    when, mask = incidents["reported_at"].to_numpy("datetime64[us]"), np.zeros(len(incidents), bool)
    for period in windows_of(window):
        first, last = (np.datetime64(day, "D") for day in (period.first_day, period.last_day))
        mask |= (when >= first) & (when < last + 1)
    return pd.Series(mask, incidents.index)


def totals(incidents: pd.DataFrame, by: By = None, of: str = "incident_count", *, stated: bool = True) -> pd.Series:
    """Return the number of incidents in each group of `by`; a roll-up counts an incident in each that it belongs to.

    `of`: the column that is summed; `stated`: without rows that lack one of `by`.
    """
    names = columns_of(by)
    if not names:
        return pd.Series([incidents[of].sum()])
    if "roll_up" in names:
        incidents = _by_roll_up(incidents, names, of)
    groups = incidents[of].groupby([_key(incidents, name) for name in names], sort=False, dropna=stated)
    return groups.sum().astype("int64").rename_axis(names)


def _by_roll_up(incidents: pd.DataFrame, names: list[str], of: str) -> pd.DataFrame:
    """Return rows with their `roll_up`, once for each that they belong to, summed by group and kind."""
    finest = list(dict.fromkeys([*(name for name in names if name != "roll_up"), "group", "kind"]))
    rows = totals(incidents, finest, of, stated=False).reset_index()
    codes = np.array(list(vocabulary.current().roll_ups))
    row, place = np.nonzero(np.column_stack([roll_up_mask(rows, one) for one in codes]))
    return rows.iloc[row].assign(roll_up=codes[place])


def keyed(incidents: pd.DataFrame, names: list[str], *columns: str) -> pd.DataFrame:
    """Return some columns of incidents beside what they are grouped by, months and quarters among it."""
    return incidents[list(columns)].assign(**{name: _key(incidents, name) for name in names})


def _key(incidents: pd.DataFrame, name: str) -> pd.Series | pd.DatetimeIndex:
    """Return what rows are grouped by: a column, or the first day of the month or quarter they were received in."""
    if name in incidents or name not in ("month", "quarter"):
        return incidents[name]
    months = incidents["reported_at"].to_numpy("datetime64[M]")
    if name == "quarter":
        months = months.astype("int64") // 3 * 3
    return pd.DatetimeIndex(months.astype("datetime64[M]").astype(incidents["reported_at"].dtype))


def counted_by_month(incidents: pd.DataFrame) -> pd.DataFrame:
    """Return incidents as one row for each month, place and kind, on its first day: fewer rows with the same counts."""
    rows = incidents.assign(reported_at=_key(incidents, "month").astype("datetime64[us]"))
    names = [name for name in COUNTED if name in incidents and name != "incident_count"]
    counted = totals(rows, names, stated=False).reset_index()
    counted.attrs = incidents.attrs
    return counted


def window_totals(
    incidents: pd.DataFrame, windows: Sequence[Window], names: list[str], *, stated: bool = True
) -> pd.DataFrame:
    """Return the number of incidents of each window (a column, by its number) in each group of `names` (rows)."""
    rows = incidents[incidents.columns.intersection([*names, "reported_at", "group", "kind", "incident_count"])]
    each = [totals(rows[in_window(rows, window)], names, stated=stated) for window in windows]
    return pd.concat(each, axis=1, keys=range(len(windows))).fillna(0).astype("int64")


def totals_by_month(incidents: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the number of incidents of each month from the first to the last (rows) and group of `names` (columns)."""
    counted = totals(incidents, [*names, "month"])
    wide = counted.unstack("month", fill_value=0, sort=False).T if names else counted.to_frame(0)
    return wide.reindex(months_of(incidents).astype("datetime64[us]"), fill_value=0)


def months_of(incidents: pd.DataFrame, months: str | Period | None = None) -> pd.DatetimeIndex:
    """Return the first days of the months of a window, by default from the first to the last month in the data."""
    if months is not None:
        period = windows_of(months)[0]
        return pd.date_range(period.first_day.replace(day=1), period.last_day, freq="MS")
    when = incidents["reported_at"]
    if when.empty:
        return pd.DatetimeIndex([])
    return pd.date_range(when.min().to_period("M").to_timestamp(), when.max(), freq="MS")


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
    return pd.Series(dispersion_of_tables(tables), monthly.columns, dtype="float64")


def dispersion_of_tables(tables: np.ndarray) -> np.ndarray:
    """Return the dispersion of each two-way table, such as year × month."""
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


def monthly_counts(incidents: pd.DataFrame, by: By = None, months: str | Period | None = None) -> pd.DataFrame:
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
