"""What is said of a change: is it more than months scatter, and is it unlike the changes of earlier years?

The one place that judges changes of counts; formulas, simulations and promises: docs/methods, `change_verdicts`.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from src.analysis.stats.changes import dispersions
from src.analysis.stats.comparable import comparable_windows, not_delivered
from src.analysis.stats.counts import Window, dispersion_of_each, in_window, totals, totals_by_month
from src.analysis.stats.groups import columns_of, in_order
from src.analysis.stats.intervals import adjust
from src.codebook.periods import HOLDS, Period, parse_period
from src.codebook.vocabulary import threshold

POWER = 0.80
MEDIAN_OF_SQUARE = 0.4549  # of a chi-square with one degree of freedom
CAP = 9  # squared changes count for at most as many of their variances
PRIOR = ((12, 6), (30, 8), (np.inf, 16))  # so many earlier changes are all areas together worth: up to how many areas


def change_verdicts(
    incidents: pd.DataFrame,
    current: Window,
    by: str | list[str] | None = None,
    missing: pd.DataFrame | None = None,
    earlier_totals: Sequence[float] = (),
) -> pd.DataFrame:
    """Is the change on the same months a year earlier more than months scatter, and is it unlike earlier years?

    `incidents`: of all years that are known, and of all areas or kinds that are looked at (`by`), which are judged as
    one family. Without `by` all together, as a district is. One row is one group. Columns: `current`, `reference`,
    `estimate` (relative change), `lower`, `upper` (Student's t, 95 %), `p` (months scatter as much; of all together the
    larger of months and quarters), `p_adjusted` (Holm over the family), `detectable` (the least fall that this finds
    with 80 %), `earlier` (changes of earlier years, oldest first), `p_unlike` (an ordinary year changes as much; Holm),
    `ordinary_lower`, `ordinary_upper` (95 % of ordinary years, by the earlier changes), `detectable_unlike`, `flag`:
    `unlike_earlier_years`, `more_than_months` or empty, `too_few` where either count is under 20, `note`:
    `too_few_years` where the second question has no answer (of all together under four years, of areas under three).

    Where nothing special happens, even one false `unlike_earlier_years` on a page and family has a chance of 5 %; that
    of `more_than_months` holds where months are independent, and says nothing of the cause. `earlier_totals`: totals of
    the same months in years before the data, oldest first, registered beforehand. `missing`: see `not_delivered`.

    >>> row = change_verdicts(in_category(incidents, "刑事治安警情"), "2021-01/2021-09").iloc[0]
    >>> f"{row['estimate']:.2%}", row["flag"]
    ('-26.15%', 'more_than_months')
    """
    names, now = columns_of(by), parse_period(current)
    missing = not_delivered(incidents, missing)
    windows = _years(incidents, now)
    compared, _ = comparable_windows(incidents, now, windows[:-1], missing)
    counted = [totals(compared[in_window(compared, window)], names) for window in windows]
    table = pd.concat(counted, axis=1, keys=range(len(windows))).fillna(0.0)
    counts = np.column_stack([np.broadcast_to(earlier_totals, (len(table), len(earlier_totals))), table.to_numpy()])
    found = _judged(counts, *_spread(incidents, names, missing, table.index))
    keys = {name: table.index.get_level_values(name) for name in names}
    return in_order(pd.DataFrame({**keys, **found}), names)


def _years(incidents: pd.DataFrame, now: Period) -> list[Period]:
    """Return the same months of every year that the incidents tell of whole, oldest first."""
    held = incidents.attrs.get(HOLDS)
    first = parse_period(held).first_day if held else incidents["reported_at"].min().date()
    windows = [now, now.previous_year()]
    while windows[-1].previous_year().first_day >= first.replace(day=1):
        windows.append(windows[-1].previous_year())
    return windows[::-1]


def _spread(
    incidents: pd.DataFrame, names: list[str], missing: pd.DataFrame, groups: pd.Index
) -> tuple[list[np.ndarray], list[int]]:
    """Return the dispersion of each group and its degrees of freedom, by months; of all together by quarters too."""
    phi = dispersions(incidents, names, missing).reindex(groups).fillna(1.0).to_numpy()
    monthly = totals_by_month(incidents, [])
    years = int(pd.Series(monthly.index.year).value_counts().eq(12).sum())
    if names:
        return [phi], [11 * (years - 1)]
    return [phi, dispersion_of_each(monthly, 3).to_numpy()], [11 * (years - 1), 3 * (years - 1)]


def _judged(counts: np.ndarray, phis: list[np.ndarray], freedom: list[int]) -> dict[str, np.ndarray | list]:
    """Return both levels for the same months of some years (columns, oldest first) of each group (rows)."""
    from scipy.stats import t

    alpha, safe = 1 - threshold("confidence"), np.maximum(counts, 0.5)
    moved, noise = np.diff(np.log(safe), axis=1), 1 / safe[:, 1:] + 1 / safe[:, :-1]
    last, judged = moved[:, -1], counts[:, -2:].min(axis=1) >= threshold("min_count_for_percent")
    errors = [np.sqrt(phi * noise[:, -1]) for phi in phis]
    known = [max(free, 1) for free in freedom]
    p = np.max([2 * t.sf(np.abs(last) / se, free) for se, free in zip(errors, known, strict=True)], axis=0)
    widest = np.max([t.isf(alpha / 2, free) * se for se, free in zip(errors, known, strict=True)], axis=0)
    needed = np.max(
        [(t.isf(alpha / 2, free) + t.isf(1 - POWER, free)) * se for se, free in zip(errors, known, strict=True)], axis=0
    )
    p = np.where(judged & (freedom[0] > 0), p, np.nan)
    together = len(phis) > 1
    unlike, ordinary, needed_unlike = (_whole if together else _areas)(moved, noise * phis[0][:, None], p, alpha)
    adjusted = adjust(p)
    estimate = counts[:, -1] / np.where(counts[:, -2] > 0, counts[:, -2], np.nan) - 1
    flag = np.select(
        [~judged, unlike <= alpha, adjusted <= alpha], ["too_few", "unlike_earlier_years", "more_than_months"], ""
    )
    return {
        "current": counts[:, -1].astype("int64"), "reference": counts[:, -2].astype("int64"), "estimate": estimate,
        "lower": np.expm1(last - widest), "upper": np.expm1(last + widest), "p": p, "p_adjusted": adjusted,
        "detectable": -np.expm1(-needed), "earlier": [list(np.expm1(row[:-1])) for row in moved], "p_unlike": unlike,
        "ordinary_lower": np.expm1(-ordinary), "ordinary_upper": np.expm1(ordinary),
        "detectable_unlike": -np.expm1(-needed_unlike), "flag": flag,
        "note": np.where(judged & np.isnan(unlike), "too_few_years", ""),
    }  # fmt: skip


def _whole(
    moved: np.ndarray, variance: np.ndarray, p: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return p, half the ordinary range and the least detectable change of one series by its own earlier changes.

    The changes scatter about zero: no trend is taken out, so that one that goes on is no news.
    """
    from scipy.stats import t

    before = moved[:, :-1].shape[1]
    if before < 2:
        return tuple(np.full((3, len(moved)), np.nan))
    usual = np.sqrt((moved[:, :-1] ** 2).mean(axis=1))
    with np.errstate(divide="ignore"):
        unlike = np.maximum(p, 2 * t.sf(np.abs(moved[:, -1]) / usual, before))
    return unlike, t.isf(alpha / 2, before) * usual, detectable_in_units(before, alpha) * usual


def _areas(
    moved: np.ndarray, variance: np.ndarray, p: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the same of many series, each by its own earlier changes and by what those of all have in common.

    Beyond what counts scatter (`variance`) years wander by τ², estimated by weighted moments over all earlier changes,
    each capped; the variance of one area is drawn to that of all with the weight of `PRIOR`. Holm over all judged.
    """
    from scipy.stats import t

    unlike, ordinary, needed = np.full((3, len(moved)), np.nan)
    asked, before = ~np.isnan(p), moved.shape[1] - 1
    if not before or not asked.any():
        return unlike, ordinary, needed
    past, scatter, areas = moved[asked, :-1] ** 2, variance[asked, :-1], int(asked.sum())
    wander = _common_variance(past, scatter)
    prior = next(worth for most, worth in PRIOR if areas <= most)
    ratio = (prior + (past / (scatter + wander)).sum(axis=1)) / (prior + before)
    usual = np.sqrt((variance[asked, -1] + wander) * ratio)
    unlike[asked] = np.maximum(p[asked], 2 * t.sf(np.abs(moved[asked, -1]) / usual, prior + before))
    ordinary[asked] = t.isf(alpha / 2, prior + before) * usual
    needed[asked] = (t.isf(alpha / 2 / areas, prior + before) + t.isf(1 - POWER, prior + before)) * usual
    return adjust(unlike), ordinary, needed


def _common_variance(squares: np.ndarray, scatter: np.ndarray) -> float:
    """Return τ²: by the median first, which caps what is extreme, then by weighted moments until they stand still."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        above = np.median(squares / (scatter + middle)) > MEDIAN_OF_SQUARE
        low, high = (middle, high) if above else (low, middle)
    capped, found = np.minimum(squares, CAP * (scatter + low)), 0.0
    for _ in range(20):
        weight = 1 / (scatter + found) ** 2
        found = max(0.0, float(((capped - scatter) * weight).sum() / weight.sum()))
    return found


@cache
def detectable_in_units(before: int, alpha: float = 0.05) -> float:
    """Return how many usual changes a change must be to be found with 80 % by so many earlier ones (non-central t)."""
    from scipy.optimize import brentq
    from scipy.stats import nct, t

    limit = t.isf(alpha / 2, before)
    return float(brentq(lambda shift: nct.sf(limit, before, shift) - POWER, 0.5, 40))
