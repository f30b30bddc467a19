"""How often is a sentence of the pages false, and what does it find? On the functions that pages call, in drawn worlds.

`./run bench calibration` writes docs/calibration.md and the short tables of the methods pages; seeded. `--draws` times
as many draws as each question states.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks import worlds
from src.analysis.stats.coverage import coverage_gap
from src.analysis.stats.distribution import hotspot_persistence, uneven_days
from src.analysis.stats.effect import programme_effect
from src.analysis.stats.effect_checks import effect_study
from src.analysis.stats.rates import funnel
from src.analysis.stats.time_series import special_months
from src.analysis.stats.verdicts import change_verdicts

Draw = Callable[[np.random.Generator], bool]


class Question(NamedTuple):
    """A sentence in one world: how often it is said (`says`), how often it may be where it is false."""

    sentence: str
    world: str
    says: Draw
    draws: int
    promise: float | None = None  # the most where it is false; None: what it finds, or no promise
    holds: str = ""  # false, finds, covers

    def rate(self, times: float = 1.0) -> tuple[float, int]:
        """Return how often it is said, and in how many draws; the same in every process."""
        rng = np.random.default_rng(zlib.crc32(f"{self.sentence} {self.world}".encode()))
        draws = max(int(self.draws * times), 1)
        return float(np.mean([self.says(rng) for _ in range(draws)])), draws


FAMILIES = {
    "district": (None, 1, 1500),
    "street": ("street", 11, 150),
    "kind": ("kind", 24, 60),
    "community": ("community", 111, 15),
}
FALLING = {"district": 1500, "street": 150, "kind": 150}  # incidents a month of the one that falls
NAMES = {
    "district": "of the district",
    "street": "of any street",
    "kind": "of any kind",
    "community": "of any community",
}


def questions() -> Iterator[Question]:
    """Yield every question, in the order of the page."""
    for family in FAMILIES:
        promise = 0.05 if family == "kind" else 0.07
        for world in worlds.WORLDS:
            yield Question(
                f"unlike earlier years, {NAMES[family]}", world, _change(family, world), 300, promise, "false"
            )
    for world in ("months independent, φ 3", "years wander, sd 5 %"):
        for fall in (0.1, 0.2, 0.3):
            for family in ("district", "street", "kind"):
                of = f"{NAMES[family].replace('any', 'one')} ({FALLING[family]} a month)"
                said = f"unlike earlier years, {of}, a fall of {fall:.0%}"
                yield Question(said, world, _change(family, world, fall), 150, None, "finds")
    for world in worlds.WORLDS:
        independent = world.startswith("months independent")
        level_1 = _change("district", world, level="more_than_months")
        yield Question(
            "beyond monthly variation, of the district", world, level_1, 300, 0.07 if independent else None, "false"
        )
    for world in worlds.WORLDS:
        promise = None if world == "seasons drift" else 0.07
        yield Question("a special month in four years", world, _special(world), 300, promise, "false")
    for rise in (0.2, 0.3):
        yield Question(
            f"a special month, one of +{rise:.0%}",
            "months independent, φ 3",
            _special("months independent, φ 3", rise),
            200,
            None,
            "finds",
        )
    for phi in (1.5, 2.0, 3.0, 5.0):
        yield Question("days of the week differ (1 %)", f"daily φ {phi:g}", _weekdays(phi), 1000, 0.02, "false")
    for phi in (1.0, 3.0):
        yield Question("hot spots moved", f"no place changed, φ {phi:g}", _hot_spots(phi), 200, 0.07, "false")
    for demand in (167, 40, 20):
        yield Question(
            "any cell with fewer or more projects than demand",
            f"{demand} incidents a cell",
            _coverage(demand),
            100,
            0.05,
            "false",
        )
    for places in (11, 111):
        for spread in (0.0, 0.2, 0.4):
            yield Question(
                f"any of {places} areas clearly above or below",
                f"log-normal spread {spread:.0%}",
                _funnel(places, spread),
                300,
                0.05,
                "false",
            )
    for world in worlds.EFFECT_WORLDS:
        yield Question("the word effect", world, _effect(world), 150, 0.03, "false")
    for world in ("shocks of communities alone", "shocks and starts by street"):
        for effect in (-0.12, -0.20, -0.30):
            yield Question(f"the word effect, planted {effect:.2f}", world, _effect(world, effect), 100, None, "finds")
    for share, places in ((0.55, "60"), (0.36, "40")):
        name = f"the interval of the effect holds −0.20, some {places} communities with a project"
        for world in ("shocks of communities alone", "shocks by street"):
            yield Question(name, world, _covers(world, share), 200, None, "covers")


def _change(family: str, world: str, fall: float = 0.0, level: str = "unlike_earlier_years") -> Draw:
    by, areas, mean = FAMILIES[family]

    def says(rng: np.random.Generator) -> bool:
        spread = {"street": 0.4, "kind": 1.0, "community": 0.5}.get(family, 0.0)
        means = mean * rng.lognormal(-(spread**2) / 2, spread, areas)
        means[0] = FALLING[family] if fall else mean
        counts = worlds.monthly(rng, world, means, np.where(np.arange(areas) == 0, -fall, 0.0))
        table = change_verdicts(worlds.incidents(counts, by or "street"), "2021", by)
        levels = [level, "unlike_earlier_years"]
        return bool(table["flag"].isin(levels).iloc[0] if fall else table["flag"].isin(levels).any())

    return says


def _special(world: str, rise: float = 0.0) -> Draw:
    def says(rng: np.random.Generator) -> bool:
        counts = pd.Series(worlds.monthly(rng, world, np.array([1500.0]))[:, 0], worlds.MONTHS)
        counts.iloc[30] = int(counts.iloc[30] * (1 + rise))
        flags = special_months(counts)["flag"].isin(["high", "low"])
        return bool(flags.iloc[30] if rise else flags.any())

    return says


def _weekdays(phi: float) -> Draw:
    return lambda rng: uneven_days(pd.Series(worlds.scattered(rng, np.full(39 * 7, 50.0), phi))) < 0.01


def _hot_spots(phi: float) -> Draw:
    def says(rng: np.random.Generator) -> bool:
        counts = worlds.scattered(rng, np.tile(rng.lognormal(np.log(15), 0.5, 111), (24, 1)), phi)
        return bool(hotspot_persistence(worlds.incidents(counts, "community"), "2018", "2019")["p"].iloc[0] <= 0.05)

    return says


def _coverage(demand: int) -> Draw:
    kinds = {"public_security": "theft", "traffic": "traffic_accident", "environment": "noise"}

    def says(rng: np.random.Generator) -> bool:
        parts, run = [], []
        for field, kind in kinds.items():
            means = demand / 12 * rng.lognormal(0, 0.5, 111)
            rows = worlds.incidents(worlds.scattered(rng, np.tile(means, (24, 1)), 2.0), "community").assign(kind=kind)
            parts.append(rows)
            chosen = rng.choice(111, 90, p=means / means.sum())
            places = rows.drop_duplicates("community").iloc[chosen][["street", "community"]]
            run.append(places.assign(field=field))
        gap = coverage_gap(pd.concat(parts), pd.concat(run), period="2019")
        return bool(gap["flag"].isin(["under", "over"]).any())

    return says


def _funnel(places: int, spread: float) -> Draw:
    def says(rng: np.random.Generator) -> bool:
        expected = rng.lognormal(np.log(100), 0.6, places)
        x = rng.poisson(expected * rng.lognormal(-(spread**2) / 2, spread, places))
        table = pd.DataFrame({"x": x, "n": expected * x.sum() / expected.sum()})
        return bool(funnel(table, "x", "n", "ratio")["flag"].ne("").any())

    return says


def _effect(world: str, effect: float = 0.0) -> Draw:
    def says(rng: np.random.Generator) -> bool:
        tables = worlds.programme(rng, world, effect)
        fell = programme_effect(*tables, "public_security")["upper"].iloc[0] < 0  # else no check decides any more
        return bool(fell) and effect_study(*tables, "public_security").reasons == []

    return says


def _covers(world: str, share: float, effect: float = -0.20) -> Draw:
    def says(rng: np.random.Generator) -> bool:
        while True:  # under ten communities with a project nothing is estimated
            row = programme_effect(*worlds.programme(rng, world, effect, share), "public_security").iloc[0]
            if row["flag"] != "too_few":
                return bool(row["lower"] <= effect <= row["upper"])

    return says


def calibration(times: float = 1.0) -> pd.DataFrame:
    """Return how often each sentence is said in each world, with its standard error."""
    rows = []
    for question in questions():
        rate, draws = question.rate(times)
        error = float(np.sqrt(max(rate, 1 / draws) * max(1 - rate, 1 / draws) / draws))
        rows.append((question.holds, question.sentence, question.world, rate, error, draws, question.promise))
        print(f"{question.sentence} | {question.world} | {rate:.1%} ± {error:.1%}", flush=True)
    return pd.DataFrame(rows, columns=["holds", "sentence", "world", "rate", "error", "draws", "promise"])
