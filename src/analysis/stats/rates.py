"""Incidents per 10,000 people, with the denominator named; which areas stand out, and fair rates of small ones."""

from collections.abc import Collection
from numbers import Real

import numpy as np
import pandas as pd

from src.analysis.stats.counts import PLACE, Window, columns_of, in_window, months_of, totals
from src.analysis.stats.delivery import not_delivered
from src.analysis.stats.funnel import funnel
from src.analysis.stats.intervals import left_out, rate_interval
from src.analysis.stats.monthly import dispersions
from src.codebook import vocabulary

PER = 10_000


def incident_rate(
    incidents: pd.DataFrame,
    communities: pd.DataFrame,
    by: str | list[str] | None = None,
    phi: float | str = "auto",
    incomplete: Collection[str] = (),
    period: Window | None = None,
) -> pd.DataFrame:
    """How many incidents per 10,000 people, and which areas are clearly above or below all together?

    Of the incidents of a `period`, else of all that are given. `phi`: how much more than Poisson such counts vary; by
    default the `dispersion` of each area's own months, for which the incidents of two whole years are needed.
    `incomplete`: streets that did not deliver part of it: their areas are held against nothing, and count in no mean.
    One row is one area of the register, those without an incident among them. Columns: `by`, `x` (incidents), `n`
    (people), `estimate` (per 10,000), `lower`, `upper` (Byar, exact below 10 incidents, widened by phi), `overall` (all
    incidents, also those whose place is not stated, over all people), `note` (the denominator: kind and year, such as
    `resident 2022`), `flag`: `above` or `below` as the `funnel` has it, all areas looked at together, widened by phi
    and for how far areas differ anyway, `incomplete`, `no_population`, or empty.

    >>> rates = incident_rate(incidents, communities, "street", period="2021")
    >>> rates.loc[0, "street"], int(rates.loc[0, "x"])
    ('平湖街道', 3462)
    """
    names = columns_of(by)
    if unknown := [name for name in names if name not in PLACE]:
        raise ValueError(vocabulary.both("people_not_by", by=unknown[0]))
    if phi != "auto" and (not isinstance(phi, Real) or not phi >= 1):
        raise ValueError(vocabulary.both("phi_impossible", phi=phi))
    table = _people(communities, names)
    spread = _dispersion_of(table, incidents, names) if phi == "auto" else np.full(len(table), float(phi))
    incidents = incidents if period is None else incidents[in_window(incidents, period)]
    if names and len(incidents):
        table = table.join(totals(incidents, names).rename("x"), on=names).fillna({"x": 0}).astype({"x": "int64"})
    else:
        table = table.assign(x=int(incidents["incident_count"].sum()))
    found = rate_interval(table["x"], table["n"], PER)
    estimate, wider = found["estimate"], np.sqrt(spread)
    lower = np.maximum(estimate - (estimate - found["lower"]) * wider, 0)
    table = table.assign(estimate=estimate, lower=lower, upper=estimate + (found["upper"] - estimate) * wider)
    partly = table["street"].isin(list(incomplete)) if "street" in table else pd.Series(False, index=table.index)
    known = table["n"].gt(0) & ~partly
    unplaced = _delivered(incidents, incomplete) - table.loc[~partly, "x"].sum()
    whole = (table.loc[known, "x"].sum() + unplaced) / table.loc[known, "n"].sum() if known.any() else np.nan
    flag = pd.Series(np.select([known, table["n"].gt(0)], ["", "incomplete"], "no_population"), index=table.index)
    if known.sum() > 1 and whole > 0:
        sizes = pd.DataFrame({"x": table["x"] / spread, "n": table["n"] * whole / spread})
        flag[known] = funnel(sizes[known], "x", "n", "ratio")["flag"]
    return table.assign(overall=PER * whole, flag=flag)[
        [*names, "x", "n", "estimate", "lower", "upper", "overall", "note", "flag"]
    ]


def monthly_rates(
    incidents: pd.DataFrame, communities: pd.DataFrame, period: Window, missing: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How did the months of each street run, per 10,000 people, beside the same months of the year before?

    One row is one street of the register and one month of the period. Columns: `street`, `month`, `x` (incidents), `n`
    (people), `estimate` (per 10,000) and `reference` (of the same month a year before); all missing where a street did
    not deliver the month (`missing`, `not_delivered`) or, of the year before, where the incidents begin later.

    >>> monthly_rates(incidents, communities, "2021").loc[0, ["street", "x"]].to_dict()
    {'street': '平湖街道', 'x': 298.0}
    """
    people = _people(communities, ["street"]).set_index("street")["n"]
    months, gaps = months_of(incidents, period), not_delivered(incidents, missing)
    every = months.union(months - pd.DateOffset(years=1))
    counts = totals(incidents, ["street", "month"]).unstack("month", fill_value=0)
    counts = counts.reindex(index=people.index, columns=every, fill_value=0).astype("float64")
    for street, month in zip(gaps["street"], gaps["month"], strict=True):
        if street in counts.index and month in counts:
            counts.loc[street, month] = np.nan
    counts.loc[:, every < months_of(incidents).min()] = np.nan
    rates = PER * counts.div(people.where(people.gt(0)), axis=0)
    before = rates[months - pd.DateOffset(years=1)]
    table = pd.DataFrame({"street": people.index.repeat(len(months)), "month": np.tile(months, len(people))})
    table["x"], table["n"] = counts[months].to_numpy().ravel(), people.repeat(len(months)).to_numpy()
    return table.assign(estimate=rates[months].to_numpy().ravel(), reference=before.to_numpy().ravel())


def _dispersion_of(areas: pd.DataFrame, incidents: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return the dispersion of each area; 1 where it has no incident."""
    if incidents.empty:
        return np.ones(len(areas))
    found = dispersions(incidents, names, not_delivered(incidents))
    keys = pd.MultiIndex.from_frame(areas[names]) if len(names) > 1 else areas[names[0]] if names else [0]
    return found.reindex(keys).fillna(1.0).to_numpy()


def observed_to_expected(
    incidents: pd.DataFrame, communities: pd.DataFrame, by: str = "community", incomplete: Collection[str] = ()
) -> pd.DataFrame:
    """Which areas have more or fewer incidents than their population would have them?

    One row is one area with a population; columns as `funnel` of the kind "ratio", `n` being the incidents expected
    from the population at the rate of all areas; those of `incomplete` streets are left out. Empty without populations
    or incidents.
    """
    rates = incident_rate(incidents, communities, by, 1, incomplete)
    rates = rates[rates["n"].gt(0) & rates["overall"].gt(0) & rates["flag"].ne("incomplete")]
    expected = rates[columns_of(by)].assign(x=rates["x"], n=rates["n"] * rates["overall"] / PER)
    return funnel(expected, "x", "n", "ratio").reset_index(drop=True)


def _delivered(incidents: pd.DataFrame, incomplete: Collection[str]) -> int:
    """Return the incidents of the streets that delivered all of it, and of none."""
    there = ~incidents["street"].isin(list(incomplete)) if len(incomplete) else slice(None)
    return int(incidents.loc[there, "incident_count"].sum())


def _people(communities: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return people by area; missing where any community of the area states none."""
    stated = communities[["population_kind", "population_year"]].dropna().drop_duplicates()
    note = ";".join(f"{row.population_kind} {row.population_year}" for row in stated.itertuples())
    if not names:
        return pd.DataFrame({"n": [communities["population"].sum(min_count=len(communities))], "note": note})
    grouped = communities.groupby(names, sort=False)["population"]
    people = grouped.sum(min_count=1).where(grouped.count().eq(grouped.size()))
    return people.rename("n").astype("float64").reset_index().assign(note=note)


def shrunken_rates(events: pd.Series, base: pd.Series, phi: float = 1.0, confidence: float = 0.95) -> pd.DataFrame:
    """What rate would each area have if chance were taken out of it?

    Empirical Bayes after Marshall (Applied Statistics 40, 1991, 283-294): the mean of a gamma prior with the mean and
    the variance of all areas, and of what the area shows. `phi`: how much more than Poisson the events vary.

    One row is one area, in the order and under the index of `events`. Columns: `x` (events), `n` (base: people, or
    events of an earlier period), `raw` (x / n), `estimate` (shrunken), `lower`, `upper` (limits of that gamma; missing
    where areas differ by no more than chance and all are given the rate of all), `weight` (of the area's own rate, 0
    to 1), `flag` (`no_base`: no base or a missing one, no estimate). Raises `ValueError` for negative events.

    >>> shrunken_rates(pd.Series([0, 30]), pd.Series([100, 1000]))["estimate"].round(4).tolist()
    [0.025, 0.0286]
    """
    from scipy.stats import gamma

    if (events < 0).any():
        raise ValueError(vocabulary.both("not_a_count", name="events", value=events.min()))
    x, n = events.astype("float64"), base.reindex(events.index).astype("float64")
    known = n.gt(0) & x.notna()
    x, n = x[known] / phi, n[known] / phi
    table = pd.DataFrame({"x": events, "n": base.reindex(events.index)})
    if not known.any():
        return table.assign(
            **dict.fromkeys(("raw", "estimate", "lower", "upper", "weight"), np.nan),
            flag=np.where(known, "", "no_base"),
        )
    overall = x.sum() / n.sum()
    between = max((n * (x / n - overall) ** 2).sum() / n.sum() - overall / n.mean(), 0.0)
    weight = between / (between + overall / n) if overall else n * 0.0
    found = pd.DataFrame({"raw": x / n, "weight": weight, "estimate": weight * x / n + (1 - weight) * overall})
    if between > 0:
        posterior = gamma(overall**2 / between + x, scale=1 / (overall / between + n))
        tail = left_out(confidence) / 2
        limits = {"lower": posterior.ppf(tail), "upper": posterior.isf(tail)}
    else:
        limits = {"lower": np.nan, "upper": np.nan}
    found = found.assign(**limits).reindex(table.index)
    order = ["x", "n", "raw", "estimate", "lower", "upper", "weight"]
    return table.join(found)[order].assign(flag=np.where(known, "", "no_base"))
