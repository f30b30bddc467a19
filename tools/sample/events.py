"""Monthly counts of the synthetic district → single incidents: day, hour, kind, micro-place, channel."""

import numpy as np
import pandas as pd


def events(rng, given, group, stated, counts, months, days, communities) -> pd.DataFrame:
    """Spread counts over days, hours, kinds, micro-places and channels: one row is one incident."""
    row, month = np.nonzero(counts)
    times = counts[row, month]
    row, month = np.repeat(row, times), np.repeat(month, times)
    reported = _days_drawn(rng, month, months, days)
    year = months.year.to_numpy()[month]
    kind = _kinds_drawn(rng, stated["kinds"], given["kind_trend_2021"], year)
    petition = group == "petition"
    lag = _lag_days(rng, given["lag"]["petitions" if petition else "incidents"], len(row), petition=petition)
    clock = np.zeros(len(row), "int64") if petition else _minutes_drawn(rng, given["hours"], len(row))
    when = reported + clock.astype("timedelta64[m]")
    earlier = when - lag.astype("timedelta64[D]")
    occurred = np.where(
        lag > 0,
        earlier.astype("datetime64[D]") + _minutes_drawn(rng, given["hours"], len(row)).astype("timedelta64[m]"),
        when,
    )
    occurred = np.minimum(occurred, when)
    frame = pd.DataFrame(
        {"reported_at": when.astype("datetime64[us]"), "occurred_at": occurred.astype("datetime64[us]")}
    )
    frame["precision"] = "day" if petition else "minute"
    if petition:
        frame["occurred_at"] = pd.NaT
    for name in ("street", "community"):
        frame[name] = communities[name].to_numpy()[row]
    frame["grid"] = _grids_drawn(rng, given["micro_places"], communities, row, year)
    frame["group"] = group if group != "criminal_security" else _criminal_or_not(rng, given["criminal_share"], kind)
    frame["kind"] = kind
    channels = given["channels"]["petitions" if petition else "incidents"]
    frame["channel"] = rng.choice(list(channels), len(row), p=list(channels.values()))
    stated_petitions = given["petitions"]
    frame["repeat"] = pd.array(
        rng.random(len(row)) < stated_petitions["repeat"] if petition else [None] * len(row), dtype="boolean"
    )
    people = rng.geometric(1 / (1 + stated_petitions["people_extra_mean"]), len(row))
    frame["people_count"] = pd.array(people if petition else [None] * len(row), dtype="Int64")
    return frame


def _days_drawn(rng, month: np.ndarray, months: pd.PeriodIndex, days: pd.Series) -> np.ndarray:
    """Draw a day for each incident, within its month, by how busy the days are."""
    numbers = days.index.to_period("M")
    drawn = np.empty(len(month), "datetime64[D]")
    for position, one in enumerate(months):
        weights = days[numbers == one]
        chosen = np.flatnonzero(month == position)
        drawn[chosen] = rng.choice(weights.index.to_numpy(), len(chosen), p=(weights / weights.sum()).to_numpy())
    return drawn


def _kinds_drawn(rng, shares: dict, trend: dict, year: np.ndarray) -> np.ndarray:
    kinds = np.array(list(shares))
    drawn = np.empty(len(year), kinds.dtype)
    for one in np.unique(year):
        weights = np.array([share * np.exp(trend.get(kind, 0) if one == 2021 else 0) for kind, share in shares.items()])
        here = np.flatnonzero(year == one)
        drawn[here] = rng.choice(kinds, len(here), p=weights / weights.sum())
    return drawn


def _criminal_or_not(rng, share: dict, kind: np.ndarray) -> np.ndarray:
    chance = pd.Series(kind).map(share).to_numpy()
    return np.where(rng.random(len(kind)) < chance, "criminal", "public_security")


def _lag_days(rng, stated: dict, size: int, *, petition: bool) -> np.ndarray:
    if petition:
        return np.minimum(
            np.round(rng.lognormal(np.log(stated["median"]), stated["sigma"], size)), stated["cap"]
        ).astype("int64")
    late = np.minimum(1 + rng.geometric(1 / stated["mean_beyond"], size), stated["cap"])
    draw = rng.random(size)
    return np.where(draw < stated["same_day"], 0, np.where(draw < stated["same_day"] + stated["next_day"], 1, late))


def _minutes_drawn(rng, stated: dict, size: int) -> np.ndarray:
    hours = np.arange(24)
    weights = stated["base"] + sum(
        height * np.exp(-0.5 * ((hours - middle) / width) ** 2) for middle, width, height in stated["bumps"]
    )
    return rng.choice(hours, size, p=weights / weights.sum()) * 60 + rng.integers(0, 60, size)


def _grids_drawn(rng, stated: dict, communities: pd.DataFrame, row: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Draw a micro-place within each community; the weights stay much the same over the years."""
    number = stated["n"]
    fixed = np.random.default_rng(7).lognormal(0, stated["sigma"], (len(communities), number))
    code = communities["community_code"].str[6:].to_numpy()
    drawn = np.empty(len(row), "int64")
    for one in np.unique(year):
        weights = fixed * np.random.default_rng(int(one)).lognormal(0, stated["yearly_sigma"], fixed.shape)
        bounds = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
        here = np.flatnonzero(year == one)
        drawn[here] = (rng.random(len(here))[:, None] > bounds[row[here], :-1]).sum(axis=1)
    return np.char.add(np.char.add(code[row].astype("U6"), "-"), np.char.zfill((drawn + 1).astype("U2"), 2))
