"""What is said of a change: is it beyond the usual monthly variation, and is it unlike the changes of earlier years?

The one place that judges changes of counts; formulas, simulations and promises: docs/methods, `change_verdicts`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import scipy

from src.analysis.stats import counts
from src.analysis.stats.delivery import comparable_windows, dispersions, not_delivered
from src.analysis.stats.intervals import ALPHA, adjust, ratio_and_limits
from src.codebook.periods import HOLDS, REGISTERED, Period, parse_period
from src.codebook.vocabulary import threshold
from src.ingest.deliveries import concerning

__all__ = ["change_verdicts"]

EARLIER = ["earlier", "p_unlike", "ordinary_lower", "ordinary_upper", "detectable_unlike"]
"""What earlier years say of a change."""
POWER = 0.80
MEDIAN_OF_SQUARE = 0.4549  # of a chi-square with one degree of freedom
CAP = 9  # squared changes count for at most as many of their variances
PRIOR = ((12, 6), (30, 8), (np.inf, 16))  # so many earlier changes are all areas together worth: up to how many areas


def change_verdicts(
    incidents: pd.DataFrame, current: counts.Window, by: counts.By = None, missing: pd.DataFrame | None = None,
    earlier_totals: Sequence[float] = (),
) -> pd.DataFrame:  # fmt: skip
    """Is a change on the year before beyond the usual monthly variation, and is it unlike earlier years?

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
    the same months in years before the data, oldest first (`published_totals`); not used where a street lacks a month,
    which a published total has. Changes from or to a year that was registered beforehand to be left out
    (`years_left_out`) are no earlier changes. `missing`: see `not_delivered`.

    >>> row = change_verdicts(in_category(incidents, "刑事治安警情"), "2021-01/2021-09").iloc[0]
    >>> f"{row['estimate']:.2%}", row["flag"]
    ('-26.15%', 'more_than_months')
    """
    names, now = counts.columns_of(by), parse_period(current)
    missing = not_delivered(incidents, missing)
    windows = same_months_of_years(incidents, now)
    compared, left_out = comparable_windows(incidents, now, windows[:-1], missing)
    earlier_totals = () if len(left_out) else earlier_totals
    table = counts.window_totals(compared, windows, names)
    yearly = np.column_stack([np.broadcast_to(earlier_totals, (len(table), len(earlier_totals))), table.to_numpy()])
    years = np.arange(now.first_day.year - yearly.shape[1] + 1, now.first_day.year + 1)
    left_out = np.isin(years, years_left_out(incidents, now))
    if not names:  # nor is a year of hardly any an ordinary one
        left_out |= yearly[0] < threshold("min_count_for_percent")
    found = _judged(yearly, left_out, Spread.of(incidents, names, missing, table.index))
    return counts.in_order(pd.DataFrame(found, table.index).reset_index(drop=not names), names)


def years_left_out(incidents: pd.DataFrame, period: counts.Window) -> list[int]:
    """Return the years that a period is not judged by, as was registered before any of its data (`registered.yml`)."""
    entries = concerning(incidents.attrs.get(REGISTERED, ()), period)
    return [int(year) for entry in entries if entry["before_data"] for year in entry.get("years_left_out", {})]


def same_months_of_years(incidents: pd.DataFrame, now: Period) -> list[Period]:
    """Return the same months of every year that the incidents tell of whole, oldest first."""
    held = incidents.attrs.get(HOLDS)
    windows = [now, now.previous_year()]
    if not held and incidents.empty:
        return windows[::-1]
    first = parse_period(held).first_day if held else incidents["reported_at"].min().date()
    while windows[-1].previous_year().first_day >= first.replace(day=1):
        windows.append(windows[-1].previous_year())
    return windows[::-1]


@dataclass(frozen=True)
class Spread:
    """How months scatter: dispersions of each group (by months, of all together by quarters too), with their freedom.

    Without whole years to tell it (no `freedom`) counts scatter by `phis` as a normal variable, or by chance alone.
    """

    phis: Sequence[np.ndarray | float]
    freedom: Sequence[int] = ()

    @classmethod
    def of(cls, incidents: pd.DataFrame, names: list[str], missing: pd.DataFrame, groups: pd.Index) -> "Spread":
        """Return that of the groups of `names`, from the year × month table of whole years, and year × quarter."""
        phi = dispersions(incidents, names, missing).reindex(groups).fillna(1.0).to_numpy()
        monthly = counts.totals_by_month(incidents, [])
        years = int(pd.Series(monthly.index.year).value_counts().eq(12).sum())
        if years < 2:
            return cls([phi])
        if names:
            return cls([phi], [11 * (years - 1)])
        return cls([phi, counts.dispersion_of_each(monthly, 3).to_numpy()], [11 * (years - 1), 3 * (years - 1)])

    def widest(self, noise: np.ndarray, reach: Callable[[int], float]) -> np.ndarray:
        """Return the larger of what months and quarters give: `reach` standard errors of a log ratio, by freedom."""
        pairs = zip(self.phis, self.freedom, strict=True)
        return np.max([reach(free) * np.sqrt(phi * noise) for phi, free in pairs], axis=0)

    def limits(self, now: np.ndarray, past: np.ndarray, spans: int, by_days: float) -> tuple[np.ndarray, ...]:
        """Return ratios of counts, their limits, p (of no other change than that of the days), and what is detectable.

        A count of nothing has no logarithm: its limits are those of Poisson counts.
        """
        ratio, lower, upper, p = ratio_and_limits(now, past, phi=self.phis[0], spans=spans)
        if by_days:
            p = ratio_and_limits(now, past, phi=self.phis[0], spans=spans / (1 + by_days))[-1]
        if not self.freedom:
            return ratio, lower, upper, p, np.full(len(now), np.nan)
        some = (now > 0) & (past > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            noise, moved = np.where(some, 1 / now + 1 / past, np.nan), np.log(np.where(some, ratio, np.nan))
        step = self.widest(noise, lambda free: scipy.stats.t.isf(ALPHA / 2, free))
        lower, upper = np.where(some, np.exp(moved - step), lower), np.where(some, np.exp(moved + step), upper)
        apart = np.abs(moved - np.log1p(by_days))
        errors = [(np.sqrt(phi * noise), free) for phi, free in zip(self.phis, self.freedom, strict=True)]
        p = np.where(some, np.max([2 * scipy.stats.t.sf(apart / error, free) for error, free in errors], axis=0), p)
        found = self.widest(noise, lambda free: scipy.stats.t.isf([ALPHA / 2, 1 - POWER], free).sum())
        return ratio, lower, upper, p, -np.expm1(-found)


def _judged(yearly: np.ndarray, left_out: np.ndarray, spread: Spread) -> dict[str, np.ndarray | list]:
    """Return both levels for the same months of some years (columns, oldest first) of each group (rows).

    Earlier changes from or to a year that is left out are no earlier changes.
    """
    safe = np.maximum(yearly, 0.5)
    moved, noise = np.diff(np.log(safe), axis=1), 1 / safe[:, 1:] + 1 / safe[:, :-1]
    kept = ~(left_out[1:] | left_out[:-1])
    kept[-1] = True  # what is judged
    moved, noise = moved[:, kept], noise[:, kept]
    judged = yearly[:, -2:].min(axis=1) >= threshold("min_count_for_percent")
    ratio, lower, upper, p, needed = spread.limits(yearly[:, -1], yearly[:, -2], 1, 0.0)
    p = np.where(judged & bool(spread.freedom), p, np.nan)
    by_years = _whole if len(spread.phis) > 1 else _areas
    unlike, ordinary, needed_unlike = by_years(moved, noise * spread.phis[0][:, None], p)
    adjusted = adjust(p)
    flags = ["too_few", "unlike_earlier_years", "more_than_months"]
    return {
        "current": yearly[:, -1].astype("int64"), "reference": yearly[:, -2].astype("int64"),
        "estimate": ratio - 1, "lower": lower - 1, "upper": upper - 1, "p": p, "p_adjusted": adjusted,
        "detectable": needed,
        "earlier": [list(np.expm1(row[:-1])) for row in moved], "p_unlike": unlike,
        "ordinary_lower": np.expm1(-ordinary), "ordinary_upper": np.expm1(ordinary),
        "detectable_unlike": -np.expm1(-needed_unlike),
        "flag": np.select([~judged, unlike <= ALPHA, adjusted <= ALPHA], flags, ""),
        "note": np.where(judged & np.isnan(unlike), "too_few_years", ""),
    }  # fmt: skip


def _whole(moved: np.ndarray, variance: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return p, half the ordinary range and the least detectable change of one series by its own earlier changes.

    The changes scatter about zero: no trend is taken out, so that one that goes on is no news.
    """
    before = moved.shape[1] - 1
    if before < 2:
        return tuple(np.full((3, len(moved)), np.nan))
    usual = np.sqrt((moved[:, :-1] ** 2).mean(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        unlike = np.maximum(p, 2 * scipy.stats.t.sf(np.abs(moved[:, -1]) / usual, before))
    return unlike, scipy.stats.t.isf(ALPHA / 2, before) * usual, detectable_in_units(before) * usual


def _areas(moved: np.ndarray, variance: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the same of many series, each by its own earlier changes and by what those of all have in common.

    Beyond what counts scatter (`variance`) years wander by τ², estimated by weighted moments over all earlier changes,
    each capped; the variance of one area is drawn to that of all with the weight of `PRIOR`. Holm over all judged.
    """
    unlike, ordinary, needed = np.full((3, len(moved)), np.nan)
    asked, before = ~np.isnan(p), moved.shape[1] - 1
    if not before or not asked.any():
        return unlike, ordinary, needed
    past, scatter, areas = moved[asked, :-1] ** 2, variance[asked, :-1], int(asked.sum())
    wander = _common_variance(past, scatter)
    prior = next(worth for most, worth in PRIOR if areas <= most)
    ratio = (prior + (past / (scatter + wander)).sum(axis=1)) / (prior + before)
    usual = np.sqrt((variance[asked, -1] + wander) * ratio)
    unlike[asked] = np.maximum(p[asked], 2 * scipy.stats.t.sf(np.abs(moved[asked, -1]) / usual, prior + before))
    ordinary[asked] = scipy.stats.t.isf(ALPHA / 2, prior + before) * usual
    needed[asked] = scipy.stats.t.isf([ALPHA / 2 / areas, 1 - POWER], prior + before).sum() * usual
    return adjust(unlike), ordinary, needed


def _common_variance(squares: np.ndarray, scatter: np.ndarray) -> float:
    """Return τ²: by the median first, which caps what is extreme, then by weighted moments until they stand still."""

    def excess(variance: float) -> float:
        return np.median(squares / (scatter + variance)) - MEDIAN_OF_SQUARE

    low = scipy.optimize.bisect(excess, 0, 1000) if excess(0) > 0 else 0.0
    capped, found = np.minimum(squares, CAP * (scatter + low)), 0.0
    for _ in range(20):
        weight = 1 / (scatter + found) ** 2
        found = max(0.0, float(((capped - scatter) * weight).sum() / weight.sum()))
    return found


@cache
def detectable_in_units(before: int) -> float:
    """Return how many usual changes a change must be to be found with 80 % by so many earlier ones (non-central t)."""
    limit = scipy.stats.t.isf(ALPHA / 2, before)
    return float(scipy.optimize.brentq(lambda shift: scipy.stats.nct.sf(limit, before, shift) - POWER, 0.5, 40))
