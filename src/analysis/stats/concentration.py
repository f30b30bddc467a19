"""How concentrated are incidents, more than chance would make them; and do last year's hot spots hold?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from src.analysis.stats.counts import Window, in_window, totals
from src.analysis.stats.dispersion import dispersions
from src.analysis.stats.groups import columns_of
from src.codebook import vocabulary

DRAWS, TURNS, SEED = 999, 199, 20210101
NOT_DRAWN = {"left_expected": np.nan, "p": np.nan}


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
    chance = np.array([_generalised_gini(drawn) for drawn in _drawn(total, places, draws)])
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
    return pd.DataFrame(
        {
            "places": rank, "share_of_places": rank / places, "x": values.astype("int64"),
            "estimate": np.cumsum(values) / total, "lower": lower, "upper": upper,
        }
    )  # fmt: skip


def prediction_accuracy(
    observed: Sequence[float], predicted: Sequence[float], area: Sequence[float] | None = None
) -> pd.DataFrame:
    """How much better than their size do the places chosen catch what happened (PAI; Chainey, Tompson and Uhlig 2008)?

    One row is one place, the highest `predicted` first. Columns: `predicted`, `observed`, `hit` (cumulative share of
    what was observed), `area` (cumulative share), `estimate` (PAI: hit over area; 1 is no better than chance).
    """
    size = np.ones(len(observed)) if area is None else np.asarray(area, float)
    table = pd.DataFrame({"predicted": list(predicted), "observed": list(observed), "area": size})
    table = table.sort_values("predicted", ascending=False, kind="stable")
    hit = table["observed"].cumsum() / table["observed"].sum()
    share = table["area"].cumsum() / table["area"].sum()
    return table.assign(hit=hit, area=share, estimate=hit / share)[["predicted", "observed", "hit", "area", "estimate"]]


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
    period first. Columns: `by`, `reference`,
    `current` (incidents of the first and second), `hot_before`, `hot_now` (among the `top` share of places; ties with
    the last one stay out), `hit` (cumulative share of the second period), `estimate` (PAI of the places so far),
    `left_expected` (how many would leave if no place had changed but for chance: two periods drawn from the shares of
    both, negative binomial with the median dispersion of places, 199 times), `p` (of as many leaving; both the same in
    all rows), `flag` (`stayed`, `left`, `new` or empty). Incidents without a place are not counted.
    """
    names = columns_of(by)
    windows = {"reference": first, "current": second}
    counted = {name: totals(incidents[in_window(incidents, window)], names) for name, window in windows.items()}
    table = pd.concat(counted, axis=1)
    if places is not None:
        every = places[names].drop_duplicates().set_index(names).index
        table = table.reindex(table.index.union(every, sort=False))
    table = table.fillna(0).astype("int64").rename_axis(names).reset_index()
    table = table.sort_values("reference", ascending=False, kind="stable", ignore_index=True)
    if table.empty or not table["current"].sum():
        return table.assign(hot_before=False, hot_now=False, hit=np.nan, estimate=np.nan, **NOT_DRAWN, flag="too_few")
    scored = prediction_accuracy(table["current"], table["reference"])
    count = max(1, round(top * len(table)))
    before, now = (pd.Series(_hot(table[name].to_numpy(), count), table.index) for name in windows)
    phi = dispersions(incidents, names).median()
    chance = _turnover(table["reference"], table["current"], count, phi, int((before & ~now).sum()))
    flag = np.select([before & now, before & ~now, ~before & now], ["stayed", "left", "new"], "")
    hits = {"hit": scored["hit"], "estimate": scored["estimate"], **chance}
    return table.assign(hot_before=before, hot_now=now, **hits, flag=flag)


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


def _gini(values: np.ndarray) -> float:
    rank, share = np.arange(1, len(values) + 1), np.sort(values) / values.sum()
    return float(((2 * rank - len(values) - 1) * share).sum() / len(values))


def _generalised_gini(values: np.ndarray) -> float:
    total, places = values.sum(), len(values)
    weighted = 2 * (np.arange(1, places + 1) * np.sort(values) / total).sum() - places - 1
    return float(max(1 / total, 1 / places) * weighted - max(places / total, 1) + 1)
