"""How incidents come: by which channel petitions, on which weekday and at which hour."""

import numpy as np
import pandas as pd

from src.analysis.stats.counts import Window, groups_of, in_window, windows_of
from src.analysis.stats.groups import columns_of

LEAST_A_DAY = 5  # with fewer a day the F of `uneven_days` is no F


def petitions_by_channel(incidents: pd.DataFrame, by: str | list[str] | None = None) -> pd.DataFrame:
    """By which channel do petitions come, and how many repeat an earlier one?

    One row is one channel (missing: not stated) of one group of `by`, such as a month, a street or a column of one's
    own. Columns: `by`, `channel`, `x` (repeated), `first` (not repeated), `n` (all, also those that do not say),
    `estimate` (share repeated among those that say), `people_count`. Missing where none says.

    >>> petitions_by_channel(incidents).loc[0, ["channel", "n"]].to_dict()
    {'channel': 'online', 'n': 15984}
    """
    rows = incidents[incidents["group"].eq("petition")]
    names = [*(name for name in columns_of(by) if name != "channel"), "channel"]
    code, groups = groups_of(rows, names, stated=False)
    counted = rows.assign(
        x=rows["incident_count"].where(rows["repeat"].fillna(False).astype(bool), 0),
        stated=rows["incident_count"].where(rows["repeat"].notna(), 0),
    ).groupby(code)
    table = groups.to_frame(index=False).join(counted[["x", "stated", "incident_count"]].sum())
    table["people_count"] = counted["people_count"].sum(min_count=1).astype("Int64")
    table = table.rename(columns={"incident_count": "n"})
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


def busiest(table: pd.DataFrame, by: str, width: int = 1) -> pd.Series:
    """Which part of the day or week (`weekday_hours`) has most, and more than chance gives?

    `width` neighbours of one column, at midnight and on Sunday joined to the first. Returns `start`, `x`, `share` of
    all, `even` (their share if incidents came evenly), `low_start`, `low_x` and `low_share` of the part with least, and
    `p`: the binomial chance that any such part has as many (Bonferroni over all of them).
    """
    from scipy.stats import binom

    counts = table.groupby(by)[["x", "n"]].sum()
    x, n = (sum(np.roll(counts[name], -step) for step in range(width)) for name in ("x", "n"))
    total, even = counts["x"].sum(), n / counts["n"].sum()
    most, least = int(np.argmax(x / n)), int(np.argmin(x / n))
    p = min(1.0, len(counts) * binom.sf(x[most] - 1, total, even[most]))
    parts = {"start": most, "x": x[most], "share": x[most] / max(total, 1), "even": even[most]}
    return pd.Series(
        parts | {"low_start": least, "low_x": x[least], "low_share": x[least] / max(total, 1), "p": p}, dtype=object
    )


def uneven_days(days: pd.Series) -> float:
    """Return the p that the days of the week are alike, of counts by day (an entry is one day, in their order).

    A week × weekday table of whole weeks: F = X² / 6 / φ, X² of the sums by weekday against equal ones, φ how much more
    than Poisson the days vary beside weeks and weekdays, with 6 and 6 (weeks - 1) degrees of freedom. Missing under two
    weeks and under 5 incidents a day.
    """
    from scipy.stats import f

    weeks = len(days) // 7
    table = days.to_numpy(float)[: 7 * weeks].reshape(weeks, 7)
    if weeks < 2 or table.mean() < LEAST_A_DAY:
        return np.nan
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    apart = np.divide((table - expected) ** 2, expected, out=np.zeros_like(table), where=expected > 0)
    phi = max(apart.sum() / (6 * (weeks - 1)), 1.0)
    by_day, even = table.sum(axis=0), table.sum() / 7
    return float(f.sf(((by_day - even) ** 2 / even).sum() / 6 / phi, 6, 6 * (weeks - 1)))
