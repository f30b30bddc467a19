"""Incidents per 10,000 people, with the denominator named, and which areas stand out."""

import numpy as np
import pandas as pd

from src.analysis.stats.counts import rate_interval, totals
from src.analysis.stats.funnel import funnel
from src.analysis.stats.proportions import columns_of

PER = 10_000


def incident_rate(incidents: pd.DataFrame, communities: pd.DataFrame, by: str | list[str] | None) -> pd.DataFrame:
    """How many incidents per 10,000 people, and which areas clearly stand out?

    One row is one area of the register, those without an incident among them. Columns: `by`, `x` (incidents), `n`
    (people), `estimate` (per 10,000), `lower`, `upper` (Byar, exact below 10 incidents), `overall` (all areas
    together), `note` (the denominator: kind and year, such as `resident 2022`), `flag`: `above` or `below` beyond the
    99.8 % funnel widened for overdispersion, `no_population`, or empty. Incidents without a place are not counted.
    """
    names = columns_of(by)
    people = _people(communities, names)
    counted = totals(incidents, names) if names and len(incidents) else pd.Series(dtype="int64")
    if names:
        table = people.join(counted.rename("x"), on=names) if len(counted) else people.assign(x=0)
    else:
        table = people.assign(x=int(incidents["incident_count"].sum()))
    table = table.fillna({"x": 0}).astype({"x": "int64"})
    found = [rate_interval(x, n, PER) for x, n in zip(table["x"], table["n"], strict=True)]
    table = table.assign(**{name: [getattr(e, name) for e in found] for name in ("estimate", "lower", "upper")})
    known = table["n"].gt(0)
    whole = table.loc[known, "x"].sum() / table.loc[known, "n"].sum() if known.any() else np.nan
    flag = pd.Series(np.where(known, "", "no_population"), index=table.index)
    if known.sum() > 1 and whole > 0:
        expected = table.loc[known, ["x"]].assign(expected=table.loc[known, "n"] * whole)
        flag[known] = funnel(expected, "x", "expected", "ratio")["flag"]
    return table.assign(overall=PER * whole, flag=flag)[
        [*names, "x", "n", "estimate", "lower", "upper", "overall", "note", "flag"]
    ]


def _people(communities: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return people by area; missing where any community of the area states none."""
    stated = communities[["population_kind", "population_year"]].dropna().drop_duplicates()
    note = ";".join(f"{row.population_kind} {row.population_year}" for row in stated.itertuples())
    if not names:
        return pd.DataFrame({"n": [communities["population"].sum(min_count=len(communities))], "note": note})
    grouped = communities.groupby(names, sort=False)["population"]
    people = grouped.sum(min_count=1).where(grouped.count().eq(grouped.size()))
    return people.rename("n").astype("float64").reset_index().assign(note=note)
