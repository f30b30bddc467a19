"""One place against another (weighted displacement difference), and one start without any control (interruption)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from src.analysis.stats.counts import series_of
from src.analysis.stats.intervals import counted, left_out
from src.codebook import vocabulary

Pair = Sequence[int]


def weighted_displacement_difference(
    control: Pair,
    treated: Pair,
    displaced_control: Pair | None = None,
    displaced_treated: Pair | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """How many incidents fewer than in a comparison area, with what moved next door counted in?

    Each argument is `[before, after]` in incidents; the displaced ones are the rings around the areas. One row is one
    `part`: treated, and with rings displaced and total. Columns: `estimate` (change in the treated minus change in the
    control; below 0 is fewer), `se`, `lower`, `upper`, `z`, `p`, `n` (all incidents in it), `flag` (`too_few` where one
    of its counts is below the threshold). Wheeler & Ratcliffe, Crime Science 7 (2018) 11.

    >>> int(weighted_displacement_difference([20, 20], [20, 10]).loc[0, "estimate"])
    -10
    """
    if (displaced_control is None) != (displaced_treated is None):
        raise ValueError(vocabulary.both("displaced_alone"))
    parts = {"treated": [_pair("control", control), _pair("treated", treated)]}
    if displaced_control is not None and displaced_treated is not None:
        ring = [_pair("displaced_control", displaced_control), _pair("displaced_treated", displaced_treated)]
        parts |= {"displaced": ring, "total": parts["treated"] + ring}
    return pd.DataFrame([{"part": part, **_difference(pairs, confidence)} for part, pairs in parts.items()])


def _pair(name: str, counts: Pair) -> list[int]:
    if len(counts) != 2:
        raise ValueError(vocabulary.both("pair_impossible", name=name, counts=str(list(counts))))
    return [int(counted(name, count)[0]) for count in counts]


def _difference(pairs: list[list[int]], confidence: float) -> dict:
    from scipy.stats import norm

    signs = [-1, 1] * (len(pairs) // 2)
    estimate = sum(sign * (after - before) for sign, (before, after) in zip(signs, pairs, strict=True))
    total = sum(map(sum, pairs))
    se = float(np.sqrt(total))  # each count has its own number for variance
    z = estimate / se if se else np.nan
    half = norm.isf(left_out(confidence) / 2) * se
    few = min(map(sum, pairs)) < vocabulary.threshold("min_count_for_percent")
    found = {"estimate": estimate, "se": se, "lower": estimate - half, "upper": estimate + half, "z": z}
    return {**found, "p": float(2 * norm.sf(abs(z))), "n": total, "flag": "too_few" if few else ""}


def interrupted_series(
    series: pd.Series | pd.DataFrame,
    start: str | pd.Timestamp | int,
    population: pd.Series | None = None,
    *,
    slope: bool = True,
    harmonics: int = 2,
) -> pd.DataFrame:
    """Did a series change its level, or its direction, at a start that everyone shared? A description, not an effect.

    `series`: counts in the order of time (`series_of`); `start`: the first entry of its index that is after. One row is
    one `term`: step (level), slope (change of direction), time (per entry, before). Columns: `estimate`, `se`, `lower`,
    `upper` (log points), `p`, `n`, `phi` (dispersion), `lag_1` (autocorrelation of residuals; far from 0, the interval
    is too narrow). Quasi-Poisson with harmonics of the year (Lopez Bernal, Cummins & Gasparrini, International Journal
    of Epidemiology 46 (2017) 348-355). Raises `ValueError` for negative counts, or a start with nothing on either side.
    """
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools import add_constant

    series = series_of(series)
    count = counted("series", series)
    after = (series.index >= (pd.Timestamp(start) if isinstance(start, str) else start)).astype("float64")
    if after.all() or not after.any():
        raise ValueError(vocabulary.both("start_outside", start=start))
    time = np.arange(1, len(count) + 1, dtype="float64")
    terms = {"step": after, **({"slope": after * (time - time[after > 0][0])} if slope else {}), "time": time}
    month = series.index.month if isinstance(series.index, pd.DatetimeIndex) else time
    waves = {
        f"{f.__name__}{k}": f(2 * np.pi * k * month / 12) for k in range(1, harmonics + 1) for f in (np.sin, np.cos)
    }
    design = add_constant(pd.DataFrame({**terms, **waves}))
    offset = None if population is None else np.log(np.asarray(population, "float64"))
    model = GLM(count, design, family=Poisson(), offset=offset).fit(scale="X2")
    limits = model.conf_int()
    found = {"estimate": model.params, "se": model.bse, "lower": limits[0], "upper": limits[1], "p": model.pvalues}
    left = model.resid_pearson - model.resid_pearson.mean()
    lag_1 = float((left[1:] * left[:-1]).sum() / (left**2).sum())
    table = pd.DataFrame(found).loc[list(terms)].rename_axis("term").reset_index()
    return table.assign(n=len(count), phi=float(model.scale), lag_1=lag_1)
