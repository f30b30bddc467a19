"""Worlds in which nothing special happens, and the same with a change planted: counts by month, days, projects."""

from collections.abc import Callable
from itertools import accumulate

import numpy as np
import pandas as pd

from src.codebook import vocabulary

YEARS = 4
MONTHS = pd.date_range("2018-01-01", periods=12 * YEARS, freq="MS")
SEASON = 0.15 * np.sin(2 * np.pi * np.arange(12) / 12)


def _years(rng: np.random.Generator, areas: int, spread: float | np.ndarray) -> np.ndarray:
    """Levels of years that wander: each year's logarithm is the last one's and a step."""
    return np.repeat(np.cumsum(rng.normal(0, spread, (YEARS, areas)), axis=0), 12, axis=0)


def _hanging_together(rng: np.random.Generator, means: np.ndarray, rho: float) -> np.ndarray:
    """Months that hang together (AR 1), as wide as counts of dispersion 3."""
    steps = rng.normal(0, np.sqrt(2 / means), (len(MONTHS), len(means)))
    return np.array(list(accumulate(steps, lambda last, step: rho * last + np.sqrt(1 - rho**2) * step)))


def _trend() -> np.ndarray:
    """A fall that goes on through all years."""
    return np.arange(len(MONTHS))[:, None] / 12 * np.log(0.92)


# Each: (logarithms about the mean by month and area, dispersion), of a generator and the areas' means.
WORLDS: dict[str, Callable[[np.random.Generator, np.ndarray], tuple[np.ndarray | float, float]]] = {
    "months independent, Poisson": lambda rng, m: (0.0, 1.0),
    "months independent, φ 2": lambda rng, m: (0.0, 2.0),
    "months independent, φ 3": lambda rng, m: (0.0, 3.0),
    "months hang together, ρ .3": lambda rng, m: (_hanging_together(rng, m, 0.3), 1.0),
    "months hang together, ρ .5": lambda rng, m: (_hanging_together(rng, m, 0.5), 1.0),
    "months hang together, ρ .7": lambda rng, m: (_hanging_together(rng, m, 0.7), 1.0),
    "years wander, sd 3 %": lambda rng, m: (_years(rng, len(m), 0.03), 2.0),
    "years wander, sd 5 %": lambda rng, m: (_years(rng, len(m), 0.05), 2.0),
    "years wander, sd 8 %": lambda rng, m: (_years(rng, len(m), 0.08), 2.0),
    "years wander unequally, sd 1–10 %": lambda rng, m: (_years(rng, len(m), rng.uniform(0.01, 0.10, len(m))), 2.0),
    "years wander, sd 5 %, and months hang together, ρ .5": lambda rng, m: (
        _years(rng, len(m), 0.05) + _hanging_together(rng, m, 0.5),
        1.0,
    ),
    "a trend of −8 % a year": lambda rng, m: (_trend(), 2.0),
    "a trend of −8 % a year, and years wander, sd 3 %": lambda rng, m: (_trend() + _years(rng, len(m), 0.03), 2.0),
    "seasons drift": lambda rng, m: (np.cumsum(rng.normal(0, 0.02, (YEARS, 12)), axis=0).reshape(-1, 1), 2.0),
    "shocks shared by all": lambda rng, m: (rng.normal(0, 0.05, (len(MONTHS), 1)), 2.0),
}


def monthly(rng: np.random.Generator, world: str, means: np.ndarray, change: np.ndarray | float = 0.0) -> np.ndarray:
    """Return counts by month (rows) and area; `change`: of the last year, relative."""
    about, phi = WORLDS[world](rng, means)
    logs = np.broadcast_to(about, (len(MONTHS), len(means))) + np.tile(SEASON, YEARS)[:, None]
    expected = means * np.exp(logs)
    expected[-12:] *= 1 + np.asarray(change)
    return scattered(rng, expected, phi)


def scattered(rng: np.random.Generator, expected: np.ndarray, phi: float) -> np.ndarray:
    """Return Poisson counts, or negative binomial ones with `phi` times their variance."""
    return rng.poisson(rng.gamma(expected / (phi - 1), phi - 1) if phi > 1 else expected)


def incidents(counts: np.ndarray, by: str = "street") -> pd.DataFrame:
    """Return counts by month and area as clean incidents, the areas being streets, communities or kinds."""
    months, areas = counts.shape
    kinds = list(vocabulary.current().kinds)
    at = np.tile(np.arange(areas), months)
    return pd.DataFrame(
        {
            "reported_at": np.repeat(MONTHS[:months], areas),
            "street": [f"街道{n:02}" for n in (at if by == "street" else at % 11 if by == "community" else at * 0)],
            "community": [f"社区{n:03}" for n in (at if by == "community" else at * 0)],
            "group": "criminal",
            "kind": [kinds[n] for n in at] if by == "kind" else "theft",
            "incident_count": counts.ravel(),
        }
    )


# Each: (starts by street, log spread of a street's walk by month, log trend of the treated a month, log change after).
EFFECT_WORLDS = {
    "shocks of communities alone": (False, 0.0, 0.0, 0.0),
    "shocks by street": (False, 0.03, 0.0, 0.0),
    "shocks and starts by street": (True, 0.03, 0.0, 0.0),
    "communities with projects on a trend": (False, 0.01, -0.01, 0.0),
    "more incidents after starts": (False, 0.01, 0.0, 0.2),
    "starts after a chance peak": (False, 0.01, 0.0, 0.0),
}


def programme(
    rng: np.random.Generator, world: str, effect: float = 0.0, share: float = 0.55
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return incidents of three years in 110 communities of 11 streets, and the projects of a share of them."""
    by_street, walk, trend, after = EFFECT_WORLDS[world]
    months, street = np.arange(36), np.repeat(np.arange(11), 10)
    first = rng.integers(24, 31, 11)[street] + rng.integers(0, 3, 110) if by_street else rng.integers(24, 33, 110)
    treated = np.isin(street, rng.permutation(11)[:6]) if by_street else rng.random(110) < share
    since = months[:, None] - np.where(treated, first, 99)
    logs = np.cumsum(rng.normal(0, walk, (36, 11)), axis=0)[:, street] + np.tile(SEASON, 3)[:, None]
    logs = logs + trend * treated * months[:, None] + (after + effect) * np.clip((since + 1) / 3, 0, 1)
    if world == "starts after a chance peak":
        logs = logs + 0.25 * ((since >= -3) & (since < 0))
    level = rng.lognormal(np.log(60), 0.5, 110)
    parts = []
    for kind, group, expected in (
        ("theft", "criminal", level * np.exp(logs)),
        ("traffic_accident", "traffic", level / 2),
    ):
        counts = scattered(rng, np.broadcast_to(expected, logs.shape), 2.0)
        at = {"street": [f"街道{n:02}" for n in street] * 36, "community": [f"社区{n:03}" for n in range(110)] * 36}
        day = np.repeat(pd.date_range("2019-01-01", periods=36, freq="ME"), 110)
        parts.append(
            pd.DataFrame({"reported_at": day, **at, "group": group, "kind": kind, "incident_count": counts.ravel()})
        )
    rows = pd.concat(parts, ignore_index=True)
    run = np.flatnonzero(treated)
    starts = [pd.Timestamp("2019-01-01") + pd.DateOffset(months=int(first[n])) for n in run]
    projects = pd.DataFrame({"street": [f"街道{n:02}" for n in street[run]], "community": [f"社区{n:03}" for n in run]})
    return rows, projects.assign(field="public_security", started_on=starts, status="running")
