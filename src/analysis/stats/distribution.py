"""How incidents are spread: over channels, weekdays and hours, and over places, more than chance would have it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from src.analysis.stats.counts import (
    By,
    Window,
    columns_of,
    dispersion_of_tables,
    in_window,
    keyed,
    window_totals,
    windows_of,
)
from src.analysis.stats.delivery import dispersions
from src.codebook import vocabulary

__all__ = ["concentration", "hotspot_persistence", "lorenz_curve", "petitions_by_channel", "weekday_hours"]

LEAST_A_DAY = 5  # with fewer a day the F of `uneven_days` is no F


def petitions_by_channel(incidents: pd.DataFrame, by: By = None) -> pd.DataFrame:
    """By which channel do petitions come, and how many repeat an earlier one?

    One row is one channel (missing: not stated) of one group of `by`, such as a month, a street or a column of one's
    own. Columns: `by`, `channel`, `x` (repeated), `first` (not repeated), `n` (all, also those that do not say),
    `estimate` (share repeated among those that say), `people_count`. Missing where none says.

    >>> petitions_by_channel(incidents).loc[0, ["channel", "n"]].to_dict()
    {'channel': 'online', 'n': 15984}
    """
    rows = incidents[incidents["group"].eq("petition")]
    names = [*(name for name in columns_of(by) if name != "channel"), "channel"]
    count = rows["incident_count"]
    counted = keyed(rows, names, "people_count").assign(
        x=count.where(rows["repeat"].fillna(False).astype(bool), 0),
        stated=count.where(rows["repeat"].notna(), 0),
        n=count,
    )
    table = counted.groupby(names, sort=False, dropna=False).sum(min_count=1).reset_index()
    table = table.astype({"x": "int64", "stated": "int64", "n": "int64", "people_count": "Int64"})
    order = [True] * (len(names) - 1) + [False]
    table = table.sort_values([*names[:-1], "n"], ascending=order, kind="stable", ignore_index=True)
    stated = table["stated"].where(table["stated"] > 0).astype("Int64")
    x = table["x"].where(stated.notna()).astype("Int64")
    table = table.assign(x=x, first=stated - x, estimate=(x / stated).astype("float64"))
    return table[[*names, "x", "first", "n", "estimate", "people_count"]]


def weekday_hours(incidents: pd.DataFrame, period: Window) -> pd.DataFrame:
    """On which weekday, at which hour do incidents happen?

    One row is one `weekday` (0 Monday) and `hour`. Columns: `x` (incidents), `n` (days), `estimate` (mean in that
    hour), `p` (that the days of the week are alike, beside how much days vary anyway; the same in every row, missing
    under 5 incidents a day; `uneven_days`). By `occurred_at`, else `reported_at`; only records that state a time of
    day, never delivered counts.

    >>> len(weekday_hours(incidents, "2021"))
    168
    """
    rows = incidents[in_window(incidents, period) & incidents["precision"].isin(["minute", "hour"])]
    moment = rows["occurred_at"].fillna(rows["reported_at"])
    when = moment.dt
    counted = rows.groupby([when.day_of_week.rename("weekday"), when.hour.rename("hour")])["incident_count"].sum()
    every = pd.MultiIndex.from_product([range(7), range(24)], names=["weekday", "hour"])
    table = counted.reindex(every, fill_value=0).astype("int64").rename("x").reset_index()
    spans = [pd.date_range(window.first_day, window.last_day) for window in windows_of(period)]
    table["n"] = np.maximum(sum(np.bincount(span.day_of_week, minlength=7) for span in spans), 1)[table["weekday"]]
    by_day = rows.groupby(moment.dt.normalize())["incident_count"].sum()
    mondays = [span[span.day_of_week.argmin() :] for span in spans]
    whole = [by_day.reindex(span[: len(span) // 7 * 7], fill_value=0) for span in mondays]
    return table.assign(estimate=table["x"] / table["n"], p=uneven_days(pd.concat(whole)))


def busiest(table: pd.DataFrame, by: str, widths: Sequence[int] = (1,)) -> pd.Series:
    """Which part of the day or week (`weekday_hours`) has most, and more than chance gives?

    A part is as many neighbours of one column as one of `widths`, at midnight and on Sunday joined to the first: that
    with the largest likelihood ratio against an even spread (scan statistic: Kulldorff, Communications in Statistics 26
    (1997) 1481-1496). Returns `start`, `width`, `x`, `share` of all, `even` (their share if incidents came evenly),
    `low_start`, `low_x` and `low_share` of the part with least of that width, and `p`: the binomial chance that any
    such part has as many (Bonferroni over all of them).
    """
    counts = table.groupby(by)[["x", "n"]].sum()
    total, best = counts["x"].sum(), (-1.0,)
    for width in widths:
        x, n = (sum(np.roll(counts[name], -step) for step in range(width)) for name in ("x", "n"))
        most, even = int(np.argmax(x / n)), n / counts["n"].sum()
        share = x[most] / max(total, 1)
        apart = float(scipy.special.rel_entr([share, 1 - share], [even[most], 1 - even[most]]).sum())
        best = max(best, (apart, width, most, int(np.argmin(x / n)), x, even), key=lambda part: part[0])
    _, width, most, least, x, even = best
    p = min(1.0, len(widths) * len(counts) * scipy.stats.binom.sf(x[most] - 1, total, even[most]))
    found = {"start": most, "width": width, "x": x[most], "share": x[most] / max(total, 1), "even": even[most], "p": p}
    found |= {"low_start": least, "low_x": x[least], "low_share": x[least] / max(total, 1)}
    return pd.Series(found, dtype=object)


def uneven_days(days: pd.Series) -> float:
    """Return the p that the days of the week are alike, of counts by day (an entry is one day, in their order).

    A week × weekday table of whole weeks: F = X² / 6 / φ, X² of the sums by weekday against equal ones, φ how much more
    than Poisson the days vary beside weeks and weekdays, with 6 and 6 (weeks - 1) degrees of freedom. Missing under two
    weeks and under 5 incidents a day.
    """
    weeks = len(days) // 7
    table = days.to_numpy(float)[: 7 * weeks].reshape(weeks, 7)
    if weeks < 2 or table.mean() < LEAST_A_DAY:
        return np.nan
    phi = float(dispersion_of_tables(table[None])[0])
    by_day, even = table.sum(axis=0), table.sum() / 7
    return float(scipy.stats.f.sf(((by_day - even) ** 2 / even).sum() / 6 / phi, 6, 6 * (weeks - 1)))


DRAWS, TURNS, SEED = 999, 199, 20210101
MEASURED = ("hit", "estimate", "left_expected", "p")


def concentration(counts: Sequence[int], draws: int = DRAWS) -> pd.DataFrame:
    """How unevenly do incidents spread over places, compared with chance alone?

    One row. Columns: `x` (incidents), `n` (places), `gini` (uncorrected), `estimate` (generalised Gini, which allows
    for more places than incidents: Bernasco and Steenbeek, Journal of Quantitative Criminology 33 (2017) 451-467),
    `lower`, `upper` (where 95 % of it lies if incidents fell on equal places by chance), `p` (that chance gives as
    much), `half` (the fewest places that hold half of all). No incident at all: numbers missing, flag `too_few`.
    """
    values = _counts(counts)
    total, places = int(values.sum()), len(values)
    row = {"x": total, "n": places, "gini": np.nan, "estimate": np.nan, "lower": np.nan, "upper": np.nan, "p": np.nan}
    if not total or places < 2:
        return pd.DataFrame([row | {"half": 0, "flag": "too_few"}])
    chance = _generalised_gini(_drawn(total, places, draws))
    found = _generalised_gini(values)
    running = np.cumsum(np.sort(values)[::-1])
    row |= {"gini": _gini(values), "estimate": found, "p": float((1 + (chance >= found).sum()) / (draws + 1))}
    row["lower"], row["upper"] = np.quantile(chance, [0.025, 0.975])
    return pd.DataFrame([row | {"half": int(np.searchsorted(running, total / 2) + 1), "flag": ""}])


def lorenz_curve(counts: Sequence[int], draws: int = DRAWS) -> pd.DataFrame:
    """What share of all incidents do the k places with most of them hold, and what would chance give?

    One row is one number of places. Columns: `places` (k), `share_of_places`, `x` (incidents of the k-th), `estimate`
    (cumulative share), `lower`, `upper` (95 % of what chance gives for k places). Empty without an incident.
    """
    values = np.sort(_counts(counts))[::-1]
    total, places = int(values.sum()), len(values)
    if not total:
        return pd.DataFrame(columns=["places", "share_of_places", "x", "estimate", "lower", "upper"])
    chance = np.cumsum(np.sort(_drawn(total, places, draws), axis=1)[:, ::-1], axis=1) / total
    lower, upper = np.quantile(chance, [0.025, 0.975], axis=0)
    rank = np.arange(1, places + 1)
    held = {"x": values.astype("int64"), "estimate": np.cumsum(values) / total, "lower": lower, "upper": upper}
    return pd.DataFrame({"places": rank, "share_of_places": rank / places, **held})


def hotspot_persistence(
    incidents: pd.DataFrame,
    first: Window,
    second: Window,
    by: str = "community",
    top: float = 0.1,
    places: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Do the places that had most in one period have most in the next?

    One row is one place with incidents in either period, and any other of `places` (the register), most in the first
    period first. Columns: `by`, `reference`, `current` (incidents of the first and second), `hot_before`, `hot_now`
    (among the `top` share of places; ties with the last one stay out), `hit` (cumulative share of the second period),
    `estimate` (PAI of the places so far: hit over their share of places; Chainey, Tompson and Uhlig 2008),
    `left_expected` (how many would leave if no place had changed but for chance: two periods drawn from the shares of
    both, negative binomial with the median dispersion of places, 199 times), `p` (of as many leaving; both the same in
    all rows), `flag` (`stayed`, `left`, `new` or empty). Incidents without a place are not counted.
    """
    names = columns_of(by)
    windows = ["reference", "current"]
    table = window_totals(incidents, (first, second), names).set_axis(windows, axis=1)
    if places is not None:
        every = places[names].drop_duplicates().set_index(names).index
        table = table.reindex(table.index.union(every, sort=False))
    table = table.fillna(0).astype("int64").rename_axis(names).reset_index()
    table = table.sort_values("reference", ascending=False, kind="stable", ignore_index=True)
    if table.empty or not table["current"].sum():
        return table.assign(hot_before=False, hot_now=False, **dict.fromkeys(MEASURED, np.nan), flag="too_few")
    hit = table["current"].cumsum() / table["current"].sum()
    count = max(1, round(top * len(table)))
    before, now = (pd.Series(_hot(table[name].to_numpy(), count), table.index) for name in windows)
    phi = dispersions(incidents, names).median()
    chance = _turnover(table["reference"], table["current"], count, phi, int((before & ~now).sum()))
    flag = np.select([before & now, before & ~now, ~before & now], ["stayed", "left", "new"], "")
    accuracy = hit / ((table.index + 1) / len(table))
    return table.assign(hot_before=before, hot_now=now, hit=hit, estimate=accuracy, **chance, flag=flag)


def _hot(counts: np.ndarray, most: int) -> np.ndarray:
    """Return which places are among so many with most; ties with the next stay out. Places lie along the last axis."""
    if counts.shape[-1] <= most:
        return np.ones(counts.shape, bool)
    return counts > np.sort(counts, axis=-1)[..., [-most - 1]]


def _turnover(first: pd.Series, second: pd.Series, most: int, phi: float, left: int) -> dict[str, float]:
    """Return how many hot places would leave by chance, and how often as many as did."""
    rng, both = np.random.default_rng(SEED), (first + second).to_numpy(float)
    hot = []
    for total in (first.sum(), second.sum()):
        mean = np.broadcast_to(total * both / both.sum(), (TURNS, len(both)))
        wild = rng.gamma(mean / (phi - 1), phi - 1) if phi > 1 else mean
        hot.append(_hot(rng.poisson(wild), most))
    gone = (hot[0] & ~hot[1]).sum(axis=1)
    return {"left_expected": float(gone.mean()), "p": float((1 + (gone >= left).sum()) / (TURNS + 1))}


def _counts(counts: Sequence[int]) -> np.ndarray:
    values = np.asarray(counts)
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        raise ValueError(vocabulary.both("counts_no_list"))
    if len(wrong := values[(values < 0) | np.isnan(values)]):
        raise ValueError(vocabulary.both("not_a_count", name="counts", value=wrong[0]))
    return values


def _drawn(total: int, places: int, draws: int) -> np.ndarray:
    """Return counts as chance puts them: the same total on equal places (a Poisson process given its total)."""
    return np.random.default_rng(SEED).multinomial(total, np.full(places, 1 / places), size=draws)


def _gini(values: np.ndarray) -> np.ndarray:
    """Return the Gini coefficient of places along the last axis."""
    places = values.shape[-1]
    weighted = (2 * np.arange(1, places + 1) - places - 1) * np.sort(values)
    return weighted.sum(axis=-1) / values.sum(axis=-1) / places


def _generalised_gini(values: np.ndarray) -> np.ndarray:
    return 1 - np.maximum(values.shape[-1] / values.sum(axis=-1), 1) * (1 - _gini(values))
