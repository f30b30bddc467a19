"""What is a fair rate for a small area? Rates drawn towards the rate of all areas, the more the less they rest on."""

import numpy as np
import pandas as pd

from src.analysis.stats.intervals import left_out
from src.codebook import vocabulary


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
