"""Incidents counted: by month, against another period, by area, as bulletins print them; and how sure a change is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from src.analysis.stats.estimate import Estimate, level, whole_count
from src.analysis.stats.proportions import columns_of
from src.codebook import vocabulary
from src.codebook.periods import Period, parse_period

Window = str | int | Period | Sequence[str | int | Period]
HEADLINE = "criminal_and_public_security"  # the roll-up that pages open with
COUNTED = ["reported_at", "street", "community", "group", "kind", "incident_count"]  # what counting asks of an incident


def roll_up_mask(incidents: pd.DataFrame, code: str) -> pd.Series:
    """Return which incidents belong to a roll-up of the vocabulary (刑事治安, 两抢一盗 …)."""
    rule = vocabulary.current().roll_ups[code]
    mask = incidents["group"].isin(rule["groups"])
    if "kinds" in rule:
        mask &= incidents["kind"].isin(rule["kinds"])
    return mask & ~incidents["kind"].isin(rule.get("without_kinds", []))


def windows_of(window: Window) -> list[Period]:
    """Return the periods that a window means; several are averaged."""
    several = isinstance(window, Sequence) and not isinstance(window, str)
    return [parse_period(one) for one in (window if several else [window])]


def in_window(incidents: pd.DataFrame, window: Window) -> pd.Series:
    """Return which incidents were received within a window."""
    when = incidents["reported_at"]
    mask = pd.Series(False, index=incidents.index)
    for period in windows_of(window):
        first, after = pd.Timestamp(period.first_day), pd.Timestamp(period.last_day) + pd.Timedelta(days=1)
        mask |= (when >= first) & (when < after)
    return mask


def totals(incidents: pd.DataFrame, by: str | list[str] | None = None) -> pd.Series:
    """Return the number of incidents in each group of `by`; a roll-up counts an incident in each that it belongs to."""
    names = columns_of(by)
    if {"month", "quarter"} & set(names):
        when = incidents["reported_at"]
        begun = {"month": when.to_numpy("datetime64[M]").astype(when.dtype)} if "month" in names else {}
        begun |= {"quarter": when.dt.to_period("Q").dt.to_timestamp()} if "quarter" in names else {}
        incidents = incidents.assign(**begun)
    if not names:
        return pd.Series([incidents["incident_count"].sum()])
    if "roll_up" not in names:
        return _summed(incidents, names)
    # Summed by group and kind first, not stated or not: what belongs to which roll-up is then asked of few rows.
    finest = list(dict.fromkeys([*(name for name in names if name != "roll_up"), "group", "kind"]))
    summed = _summed(incidents, finest, dropna=False).reset_index()
    held = np.column_stack([roll_up_mask(summed, code) for code in vocabulary.current().roll_ups])
    row, code = np.nonzero(held)
    parts = summed.iloc[row].assign(roll_up=np.array(list(vocabulary.current().roll_ups))[code])
    return _summed(parts, names)


def _summed(incidents: pd.DataFrame, names: list[str], dropna: bool = True) -> pd.Series:
    grouped = incidents.groupby(names, sort=False, observed=True, dropna=dropna)
    return grouped["incident_count"].sum().astype("int64")


def exact_limits(count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact (Garwood 1936) limits of a Poisson count; 0 has a finite upper limit."""
    from scipy.special import (
        gammaincinv,  # half a chi-square quantile; `chi2.ppf` of one number takes fifty times as long
    )

    tail = level(confidence) / 2
    return float(gammaincinv(count, tail)) if count else 0.0, float(gammaincinv(count + 1, 1 - tail))


def dispersion(monthly: pd.Series) -> float:
    """Return how much more monthly counts vary than Poisson counts, once year and month of the year are allowed for.

    Pearson's chi-square over its degrees of freedom in the multiplicative year × month table of whole years (the table
    of sums is its fit). A missing count is a month that was not delivered: it is filled with its own fit until that
    stands still, and takes no part. At least 1; 1 for under two whole years.
    """
    return float(dispersion_of_each(monthly.to_frame()).iloc[0])


def dispersion_of_each(monthly: pd.DataFrame) -> pd.Series:
    """Return the `dispersion` of each column of counts by month; the months are in their order."""
    years, months = np.unique(pd.DatetimeIndex(monthly.index).year, return_counts=True)
    whole = years[months == 12]
    tables = monthly[monthly.index.year.isin(whole)].to_numpy(float).T.reshape(monthly.shape[1], len(whole), 12)
    return pd.Series([_dispersion(table) for table in tables], monthly.columns, dtype="float64")


def _dispersion(table: np.ndarray) -> float:
    """Return the dispersion of one year × month table."""
    absent = np.isnan(table)
    table = np.where(absent, 0.0, table)
    if len(table) < 2 or table.sum() == 0:
        return 1.0
    fitted = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    for _ in range(50 if absent.any() else 0):
        table[absent] = fitted[absent]
        fitted = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    known = (fitted > 0) & ~absent
    chi_square = ((table - fitted)[known] ** 2 / fitted[known]).sum()
    freedom = (len(table) - 1) * (12 - 1) - absent.sum()
    return float(max(1.0, chi_square / freedom)) if freedom > 0 else 1.0


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
    names = columns_of(by)
    counted = totals(incidents, [*names, "month"])
    every = months_of(incidents, months)
    wide = (counted.unstack(names) if names else counted.to_frame()).reindex(every, fill_value=0).fillna(0)
    phi = dispersion_of_each(wide)
    long = wide.rename_axis("month").T.stack() if names else wide.iloc[:, 0].rename_axis("month")
    table = long.rename("estimate").reset_index()
    spread = np.sqrt(phi.to_numpy().repeat(len(every)))
    count = table["estimate"].to_numpy(float)
    values, place = np.unique(count, return_inverse=True)
    limits = np.array([exact_limits(value) for value in values]).reshape(-1, 2)[place]
    table = table.astype({"estimate": "int64"})
    return table.assign(
        lower=np.maximum(count - (count - limits[:, 0]) * spread, 0),
        upper=count + (limits[:, 1] - count) * spread,
        lower_exact=limits[:, 0],
        upper_exact=limits[:, 1],
    )[[*names, "month", "estimate", "lower", "upper", "lower_exact", "upper_exact"]]


def months_of(incidents: pd.DataFrame, months: str | Period | None = None) -> pd.DatetimeIndex:
    """Return the first days of the months of a window, by default from the first to the last month in the data."""
    if months is not None:
        period = windows_of(months)[0]
        return pd.date_range(period.first_day.replace(day=1), period.last_day, freq="MS")
    when = incidents["reported_at"]
    if when.empty:
        return pd.DatetimeIndex([])
    return pd.date_range(when.min().to_period("M").to_timestamp(), when.max(), freq="MS")


def count_ratio(current: float, past: float, confidence: float = 0.95, phi: float = 1.0, spans: float = 1) -> Estimate:
    """How many times the past count is the current one, beyond what counts do by themselves?

    The exact conditional interval (Clopper-Pearson on current / (current + past)) where `phi` is 1; with overdispersion
    the interval on the log scale with variance phi (1/current + 1/past). `past` may be the sum of `spans` like periods,
    or over `spans` times the exposure. No past: estimate missing. `p`: two-sided, of no change.

    >>> round(count_ratio(14354, 19437).estimate - 1, 4)
    -0.2615
    """
    from scipy.special import ndtr, ndtri
    from scipy.stats import binomtest

    current, past = whole_count("current", current), whole_count("past", past)
    if past == 0:
        return Estimate(n=current, note="no_past")
    if phi > 1 and current > 0:
        z, spread = -ndtri(level(confidence) / 2), np.sqrt(phi * (1 / current + 1 / past))
        middle = np.log(current * spans / past)
        p = 2 * ndtr(-abs(middle) / spread)
        ends = (float(np.exp(middle + step)) for step in (0.0, -z * spread, z * spread))
        return Estimate(*ends, p=float(p), n=current + past)
    p = binomtest(current, current + past, 1 / (1 + spans)).pvalue
    lower, upper = exact_ratio_limits(current, past, confidence, spans)
    return Estimate(current * spans / past, lower, upper, p=float(p), n=current + past)


def exact_ratio_limits(current: int, past: int, confidence: float = 0.95, spans: float = 1) -> tuple[float, float]:
    """Return the limits of `count_ratio` without overdispersion; missing without a past."""
    from scipy.special import betaincinv

    if past == 0:
        return float("nan"), float("nan")
    tail = level(confidence) / 2  # by beta quantiles: scipy's `proportion_ci` searches for them five times as long
    low = betaincinv(current, past + 1, tail) if current else 0.0
    high = betaincinv(current + 1, past, 1 - tail)
    return float(spans * low / (1 - low)), float(spans * high / (1 - high))


def poisson_e_test(current: int, past: int, exposure: float = 1.0) -> Estimate:
    """Do two counts differ more than chance would have them? The E-test of Krishnamoorthy and Thomson (2004).

    `estimate` is the difference, `p` two-sided; the limits are those of 2 (√current - √past) turned back.
    `exposure`: that of the current over that of the past (28/31 of February after January); `p` of one rate.

    >>> round(poisson_e_test(6, 2).p, 3)
    0.175
    """
    from scipy.stats import poisson_means_test

    current, past = whole_count("current", current), whole_count("past", past)
    p = 1.0 if current == past * exposure else float(poisson_means_test(current, exposure, past, 1).pvalue)
    half = 1.96 * np.sqrt(current + past)
    return Estimate(current - past, current - past - half, current - past + half, p=p, n=current + past)


def rate_interval(events: int, population: float, per: float = 10_000, confidence: float = 0.95) -> Estimate:
    """How many incidents per `per` people, and between which limits? Byar's limits, exact below 10 events (PHE).

    A missing or zero population gives a flagged estimate without a number.

    >>> round(rate_interval(20, 100, per=100).lower, 2)
    12.21
    """
    from scipy.stats import norm

    events = whole_count("events", events)
    if not population or population != population or population < 0:
        return Estimate(n=population, note="no_population")
    if events < 10:
        lower, upper = exact_limits(events, confidence)
    else:
        z = norm.isf(level(confidence) / 2)
        lower = events * (1 - 1 / (9 * events) - z / (3 * np.sqrt(events))) ** 3
        upper = (events + 1) * (1 - 1 / (9 * (events + 1)) + z / (3 * np.sqrt(events + 1))) ** 3
    scale = per / population
    return Estimate(events * scale, float(lower * scale), float(upper * scale), n=population)
