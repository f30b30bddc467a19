"""Control limits of individual points (XmR): which are special, and which vary around an unchanged level."""

import warnings
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from src.analysis.stats.monthly import series_of
from src.codebook import vocabulary

RUN = 7  # points on one side, or in one direction (NHS England, Making Data Count)
SCREEN = 3.267  # a moving range beyond this many means is left out of the mean, once (Nelson 1982)
EMPTY = {"mean": np.nan, "lower": np.nan, "upper": np.nan, "mean_moving_range": np.nan, "note": "", "flag": ""}
LIMIT = 2.66  # 3 / 1.128 as usually printed (Wheeler)


def xmr(
    series: pd.Series | pd.DataFrame,
    baseline: int | None = None,
    rebase: Sequence[object] = (),
    screen: bool = True,
) -> pd.DataFrame:
    """Which points are special, and which are common variation around an unchanged level?

    `series`: points in the order of time (`series_of`). `baseline`: how many points at the start fix the limits (12 or
    more say something); without it all do. `rebase`: labels of the index from which on limits are set anew; nothing is
    ever rebased by itself. `screen`: whether an outlying moving range is left out of their mean. One row is one point.
    Columns: the index, `estimate` (the point), `mean`, `lower`, `upper` (mean ± 2.66 mean moving ranges),
    `mean_moving_range`, `note` (rules broken: `outside`, `one_side`, `trend`, `two_of_three`; several with a
    semicolon), `flag` (`high`, `low` or empty). Missing points stay missing and break no rule. A monthly series with a
    season in it warns: adjust it first.
    """
    series = series_of(series)
    if _seasonal(series):
        warnings.warn("xmr: the series has a season; its limits would be too wide. Adjust it first.", stacklevel=3)
    starts = [0, *sorted(series.index.get_loc(label) for label in rebase), len(series)]
    stretches = [series.iloc[a:b] for a, b in pairwise(starts) if b > a]
    parts = [_stretch(part, baseline, screen) for part in stretches]
    return pd.concat(parts).rename_axis(series.index.name or "point").reset_index()


def _stretch(series: pd.Series, baseline: int | None, screen: bool) -> pd.DataFrame:
    known = series.dropna().astype("float64")
    if known.empty:
        return series.astype("float64").to_frame("estimate").assign(**EMPTY)
    if baseline is not None and not 2 <= baseline <= len(known):
        raise ValueError(vocabulary.both("baseline_impossible", baseline=baseline, points=len(known)))
    base = known.iloc[:baseline]
    ranges = base.diff().abs().dropna()
    if screen and len(ranges):
        ranges = ranges[ranges <= SCREEN * ranges.mean()]
    middle, spread = base.mean(), LIMIT * (ranges.mean() if len(ranges) else np.nan)
    table = pd.DataFrame(
        {
            "estimate": series.astype("float64"), "mean": middle, "lower": middle - spread, "upper": middle + spread,
            "mean_moving_range": spread / LIMIT, "note": "", "flag": "",
        }
    )  # fmt: skip
    broken = _rules(known.to_numpy(), middle, spread)
    notes = [";".join(name for name, hit in broken.items() if hit[i]) for i in range(len(known))]
    table.loc[known.index, "note"] = notes
    side = np.where(known > middle, "high", "low")
    table.loc[known.index, "flag"] = np.where([bool(note) for note in notes], side, "")
    return table


def _seasonal(series: pd.Series) -> bool:
    """Return whether months of the year differ by more than chance (Kruskal-Wallis on ratios to a yearly mean)."""
    known = series.dropna()
    if not isinstance(series.index, pd.DatetimeIndex) or len(known) < 36 or known.nunique() < 3:
        return False
    from scipy.stats import kruskal

    level = known.rolling(12, center=True, min_periods=6).mean()
    ratios = (known / level.where(level > 0)).dropna()
    groups = [part.to_numpy() for _, part in ratios.groupby(ratios.index.month)]
    return len(groups) == 12 and bool(kruskal(*groups).pvalue < 0.001)


def _rules(values: np.ndarray, middle: float, spread: float) -> dict[str, np.ndarray]:
    """Return, for each rule, which points break it; every point of a run or trend counts."""
    side = np.sign(values - middle)
    outside = np.abs(values - middle) > spread
    near = (np.abs(values - middle) > spread * 2 / 3) & ~outside
    moving = _together(np.diff(values), RUN - 1, RUN - 1)  # from one point to the next: both are part of it
    return {
        "outside": outside,
        "one_side": _together(side, RUN, RUN),
        "trend": np.append(moving, False) | np.append(False, moving),
        "two_of_three": _together(near * side, 3, 2),
    }


def _together(signs: np.ndarray, length: int, least: int) -> np.ndarray:
    """Return which entries are among at least `least` of one sign other than 0 within `length` in a row."""
    hit = np.zeros(len(signs), bool)
    for of_it in (signs > 0, signs < 0):
        for start in range(len(signs) - length + 1):
            window = slice(start, start + length)
            if of_it[window].sum() >= least:
                hit[window] |= of_it[window]
    return hit
