"""The synthetic district: communities, projects and incidents drawn by `calibration.json`, as clean tables.

The published totals hold exactly, by the time received; everything else is drawn. Which effect a project has is planted
(`truth`) and differs by variant: `effect`, `placebo` (none), `rtm_trap` (none, but projects start after a chance peak).
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from src.codebook import vocabulary
from src.ingest.cleaning.places import packaged_register
from tools.sample.events import events
from tools.sample.projects import draw_projects

VARIANTS = ("effect", "placebo", "rtm_trap")
HERE = Path(__file__).parent


@dataclass(frozen=True)
class World:
    """The drawn tables, shaped as the clean ones without source columns, and the effect that was planted."""

    communities: pd.DataFrame
    projects: pd.DataFrame
    incidents: pd.DataFrame
    demonstration_sites: pd.DataFrame
    truth: dict[str, float]


@lru_cache(maxsize=1)
def calibration() -> dict:
    """Return the numbers that the sample is drawn by."""
    return json.loads((HERE / "calibration.json").read_text(encoding="utf-8"))


def draw_world(variant: str = "effect", seed: int | None = None, scale: float = 1.0) -> World:
    """Draw a district; the same seed gives the same district. `scale` multiplies incidents.

    Raises `ValueError` for an unknown variant, and for a scale that is not above 0.
    """
    if not 0 < scale < np.inf:
        raise ValueError(vocabulary.both("scale_impossible", scale=scale))
    if variant not in VARIANTS:
        raise ValueError(vocabulary.both("not_known", name="variant", value=variant, allowed=", ".join(VARIANTS)))
    given = calibration()
    rng = np.random.default_rng(given["seed"] if seed is None else seed)
    communities, rate = _draw_communities(rng, given)
    projects = draw_projects(rng, given["projects"], communities, rate, pd.Timestamp(given["snapshot"]))
    truth = {field: value if variant == "effect" else 0.0 for field, value in given["truth"]["log_effect"].items()}
    incidents = _draw_incidents(rng, given, communities, rate, projects, truth, variant, scale)
    sites = _draw_sites(rng)
    return World(communities, projects, incidents, sites, truth)


def _draw_communities(rng: np.random.Generator, given: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the register of 2021 with synthetic populations, and each community's expected rate and trend."""
    rows = packaged_register().replace("", None)
    rows = rows[rows["valid_from"].isna()].reset_index(drop=True)
    stated = given["communities"]
    size = rng.lognormal(0, stated["population_sigma"], len(rows))
    published = rows["street"].map(given["street_population"])
    share = size / pd.Series(size).groupby(rows["street"]).transform("sum")
    rows["population"] = _rounded(published * share, rows["street"], published)
    rows["floating_share"] = rng.beta(*stated["floating"], len(rows)).round(3)
    village = rng.random(len(rows)) < stated["urban_village_share"]
    rows["urban_village_share"] = np.where(village, rng.beta(5, 2, len(rows)), rng.beta(1, 7, len(rows))).round(3)
    risk = rng.normal(0, stated["risk_sigma"], len(rows)) + stated["urban_village_log_risk"] * village
    street = rows["street"].map({s: rng.normal(0, stated["street_sd"]) for s in rows["street"].unique()})
    rate = pd.DataFrame({"log_rate": np.log(rows["population"].astype(float)) + risk + street})
    rate["trend"] = rng.normal(0, stated["trend_sd"], len(rows))
    return rows, rate


def _rounded(values: pd.Series, street: pd.Series, published: pd.Series) -> pd.Series:
    """Round so that each street keeps its published sum: the largest remainders go up."""
    whole = np.floor(values)
    rank = (values - whole).groupby(street).rank(ascending=False, method="first")
    short = published - whole.groupby(street).transform("sum")
    return (whole + rank.le(short)).astype("int64")


def day_factors(given: dict) -> pd.Series:
    """Return how busy each day is: season, Spring Festival, COVID, weekday."""
    days = pd.date_range(given["first_month"], pd.Period(given["last_month"], "M").end_time.normalize())
    annual, feast = given["annual"], given["spring_festival"]
    factor = np.exp(annual["amplitude"] * np.cos(2 * np.pi * (days.day_of_year - annual["peak_day"]) / 365.25))
    factor = pd.Series(factor * np.take(given["weekday"], days.day_of_week), index=days)
    for date in pd.to_datetime(feast["dates"]):
        away = (days - date).days
        inner, outer = feast["inner"], feast["outer"]
        factor[(away >= outer[0]) & (away <= outer[1]) & ~((away >= inner[0]) & (away <= inner[1]))] *= outer[2]
        factor[(away >= inner[0]) & (away <= inner[1])] *= inner[2]
    for first, last, value in given["covid"]:
        factor[first:last] *= value
    return factor


def _draw_incidents(rng, given, communities, rate, projects, truth, variant, scale) -> pd.DataFrame:
    days = day_factors(given)
    months = days.groupby(days.index.to_period("M")).sum()
    drawn = []
    for group, stated in given["types"].items():
        expected = _expected(given, group, stated, rate, months, scale)
        expected *= _treatment(given, stated["field"], communities, projects, months.index, truth, variant)
        counts = _counts(rng, stated, expected, months.index, scale)
        drawn.append(events(rng, given, group, stated, counts, months.index, days, communities))
    incidents = pd.concat(drawn, ignore_index=True).sort_values(
        ["reported_at", "kind", "grid"], ignore_index=True, kind="stable"
    )
    number = incidents.groupby([incidents["group"].eq("petition"), incidents["reported_at"].dt.year]).cumcount() + 1
    prefix = np.where(incidents["group"].eq("petition"), "XF", "JQ")
    incidents["incident_id"] = (
        prefix + incidents["reported_at"].dt.year.astype("str") + number.astype("str").str.zfill(6)
    )
    incidents["incident_count"] = 1
    return incidents


def _expected(given, group, stated, rate, months, scale) -> np.ndarray:
    """Return expected counts by community and month, before effects; January to September 2020 sums as stated."""
    level = given["petition_level" if group == "petition" else "year_level"]
    year = months.index.year.to_numpy()
    by_month = np.log(months.to_numpy()) + np.array([level[str(y)] for y in year])
    log = rate["log_rate"].to_numpy()[:, None] + by_month + rate["trend"].to_numpy()[:, None] * (year - 2020)
    expected = np.exp(log - log.max())
    window = (year == 2020) & (months.index.month <= 9)
    expected *= scale * stated["q13_2020"] / expected[:, window].sum()
    if exact := stated.get("q13_exact"):
        # The common change of 2021 that makes its window fit; inside the window the total is exact anyway.
        later = (year == 2021) & (months.index.month <= 9)
        expected[:, year == 2021] *= exact["2021"] * scale / expected[:, later].sum()
    return expected


def _treatment(given, field, communities, projects, months, truth, variant) -> np.ndarray:
    """Return the factor that projects of a field (or the chance peak before them) put on each community and month."""
    factor = np.ones((len(communities), len(months)))
    if field is None:
        return factor
    first = projects[projects["field"].eq(field)].groupby(["street", "community"])["started_on"].min()
    place = pd.MultiIndex.from_frame(communities[["street", "community"]])
    ramp, trap = given["truth"]["ramp"], given["truth"]["trap"]
    for row, start in enumerate(first.reindex(place)):
        if pd.isna(start):
            continue
        begin = months.get_loc(start.to_period("M"))
        for later in range(begin, len(months)):
            factor[row, later] = np.exp(truth[field] * ramp[min(later - begin, len(ramp) - 1)])
        if variant == "rtm_trap":
            factor[row, max(begin - trap["months_before"], 0) : begin] *= trap["factor"]
    return factor


def _counts(rng, stated, expected, months, scale) -> np.ndarray:
    """Draw counts with gamma frailty; within a headline window all cells share its exact total (multinomial)."""
    alpha = stated["alpha"]
    mean = expected * rng.gamma(1 / alpha, alpha, expected.shape)
    counts = rng.poisson(mean)
    for year, total in stated.get("q13_exact", {}).items():
        window = (months.year == int(year)) & (months.month <= 9)
        share = mean[:, window] / mean[:, window].sum()
        counts[:, window] = rng.multinomial(round(total * scale), share.ravel()).reshape(share.shape)
    return counts


def _draw_sites(rng) -> pd.DataFrame:
    """Return the 16 demonstration points, all within Longling as the press of 2020 has them."""
    names = json.loads((HERE / "phrases.json").read_text(encoding="utf-8"))["sites"]
    months = pd.date_range("2019-06", "2021-03", freq="MS")
    opened = months[np.sort(rng.choice(len(months), len(names), replace=True))] + pd.to_timedelta(
        rng.integers(0, 27, len(names)), unit="D"
    )
    return pd.DataFrame({"site": names, "street": "布吉街道", "community": "龙岭社区", "opened_on": opened})
