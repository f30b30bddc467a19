"""Counts by month: moving annual total, season and Spring Festival, special months, daily means, control limits."""

import warnings
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import scipy

from src.analysis.stats.counts import series_of
from src.analysis.stats.intervals import ALPHA
from src.codebook import vocabulary

__all__ = ["daily_averages", "moving_annual_total", "seasonally_adjusted", "special_months", "xmr"]

BEFORE, AFTER = 7, 10  # days around the first day of the Spring Festival that move with it
RUN = 7  # points on one side, or in one direction (NHS England, Making Data Count)
SCREEN = 3.267  # a moving range beyond this many means is left out of the mean, once (Nelson 1982)
LIMIT = 2.66  # 3 / 1.128 as usually printed (Wheeler)


def moving_annual_total(series: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """What do the last twelve months add up to, and how does that compare with the twelve before?

    `series`: counts by month (`series_of`). One row is one `month` with eleven months before it. Columns: `x` (the
    month), `estimate` (twelve-month sum), `reference` (the sum a year earlier), `change` (relative; missing in the
    first year). Each sum shares eleven months with the next: no control limits belong on it. Raises `ValueError` for a
    gap in the months.
    """
    counts = _by_month(series)
    total = counts.rolling(12).sum()
    table = pd.DataFrame({"month": counts.index, "x": counts.to_numpy(), "estimate": total.to_numpy()})
    table["reference"] = table["estimate"].shift(12)
    table["change"] = table["estimate"] / table["reference"].where(table["reference"] > 0) - 1
    return table.dropna(subset="estimate").reset_index(drop=True)


def seasonally_adjusted(series: pd.Series | pd.DataFrame, per_day: bool = True) -> pd.DataFrame:
    """What would the months be without the season and without the festival that moves between January and February?

    `series`: counts by month (`series_of`); a missing count (a month not delivered) is bridged and its row flagged
    `incomplete`. STL on logs (Cleveland et al. 1990; robust, one seasonal pattern for all years), after a quasi-Poisson
    regression on the share of the days -7 to +10 of the Spring Festival in each month, so that a month weighs as much
    as its count and one that was not delivered nothing. `per_day`: on the mean per day, since months differ in length.
    One row is one `month`. Columns: `x` (count), `rate` (per day), `festival`, `seasonal` (factors), `trend`,
    `estimate` (rate over both factors), `flag`: `too_short` under 36 months, `too_few` where a month has no incident
    (no logarithm); both leave the numbers missing. Raises `ValueError` for a gap in the months.
    """
    counts = _by_month(series)
    rate = counts / counts.index.days_in_month if per_day else counts.astype("float64")
    table = pd.DataFrame({"month": counts.index, "x": counts.to_numpy(), "rate": rate.to_numpy()})
    missing = counts.isna().to_numpy()
    short = len(counts) < vocabulary.threshold("min_months_for_season")
    if short or counts.eq(0).any():
        return table.assign(
            festival=np.nan, seasonal=np.nan, trend=np.nan, estimate=np.nan, flag="too_short" if short else "too_few"
        )
    logs = np.log(rate).interpolate(limit_direction="both").to_numpy()
    festival = _festival_effect(counts, per_day)
    trend, seasonal = _decomposed(logs - festival)
    return table.assign(
        festival=np.exp(festival), seasonal=np.exp(seasonal), trend=np.exp(trend),
        estimate=np.where(missing, np.nan, np.exp(logs - festival - seasonal)),
        flag=np.where(missing, "incomplete", ""),
    )  # fmt: skip


def festival_share(months: pd.DatetimeIndex) -> np.ndarray:
    """Return the share of the days around the Spring Festival (-7 to +10) that lies in each month."""
    first = np.array(vocabulary.current().calendar["spring_festival"], dtype="datetime64[D]")
    around = np.arange(-BEFORE, AFTER + 1)
    days = pd.Series((first[:, None] + around).ravel().astype("datetime64[M]").astype("datetime64[s]"))
    return days.value_counts().div(len(around)).reindex(months, fill_value=0.0).to_numpy()


def special_months(series: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """Which months are unlike what their year, their month of the year and the Spring Festival make of them?

    `series`: counts by month (`series_of`); a missing count (a month not delivered) is left out. Quasi-Poisson on the
    effects of years, months of the year and the festival. The residual of a month, studentised without itself, is held
    against Student's t: r² = e² / (φ (1 - h)), t = r √((ν-1) / (ν-r²)) with ν - 1 degrees of freedom (Cook & Weisberg,
    Residuals and Influence in Regression, 1982), h the leverage; Bonferroni over all months. No rules on runs: a level
    that moves is no special month. One row is one `month`. Columns: `x` (count), `estimate` (per day), `mean` (expected
    per day), `lower`, `upper` (beyond them it is special), `p`, `p_adjusted`, `flag`: `high`, `low`, empty,
    `incomplete`, or of all months `too_few` (under 20 a month on average) or `too_short` (under two years), where
    nothing is judged. Raises `ValueError` for a gap in the months.
    """
    counts = _by_month(series)
    days, known = counts.index.days_in_month.to_numpy(float), counts.notna().to_numpy()
    table = pd.DataFrame({"month": counts.index, "x": counts.to_numpy(), "estimate": counts.to_numpy() / days})
    table = table.assign(**dict.fromkeys(("mean", "lower", "upper", "p", "p_adjusted"), np.nan))
    others, share = _effects(counts)
    design = others if share is None else np.column_stack([others, share])
    freedom = int(known.sum() - np.linalg.matrix_rank(design[known]))
    few = counts.mean() < vocabulary.threshold("min_count_for_percent")
    if few or freedom < 2:
        return table.assign(flag="too_few" if few else "too_short")
    expected, half, p = _residuals(counts[known], design[known], np.log(days[known]), freedom)
    adjusted = np.minimum(p * np.isfinite(p).sum(), 1.0)
    per_day = np.column_stack([expected, expected - half, expected + half]) / days[known, None]
    table.loc[known, ["mean", "lower", "upper", "p", "p_adjusted"]] = np.column_stack([per_day, p, adjusted])
    side = np.where(table["estimate"] > table["mean"], "high", "low")
    return table.assign(flag=np.where(known, np.where(table["p_adjusted"] <= ALPHA, side, ""), "incomplete"))


def _residuals(counts: pd.Series, design: np.ndarray, offset: np.ndarray, freedom: int) -> tuple[np.ndarray, ...]:
    """Return what is expected of each count, how far off it may be with all looked at together, and its p."""
    model = _poisson(counts, design, offset)
    expected, leverage = np.asarray(model.fittedvalues), model.get_hat_matrix_diag()
    phi = max(float(model.pearson_chi2) / freedom, 1.0)
    judged = leverage < 1 - 1e-6  # a month of the year that is known once is fitted whatever it is
    scale = np.where(judged, np.sqrt(phi * np.maximum(1 - leverage, 1e-12) * expected), np.nan)
    square = np.minimum(((counts.to_numpy() - expected) / scale) ** 2, freedom * (1 - 1e-12))
    p = 2 * scipy.stats.t.sf(np.sqrt(square * (freedom - 1) / (freedom - square)), freedom - 1)
    limit = scipy.stats.t.isf(ALPHA / 2 / judged.sum(), freedom - 1) ** 2
    return expected, np.sqrt(freedom * limit / (freedom - 1 + limit)) * scale, p


def _effects(counts: pd.Series) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the indicators of months of the year and years, and the festival's share; None where it does not move."""
    months, share = counts.index, festival_share(counts.index)
    effects = [np.asarray(part == value, float) for part in (months.month, months.year) for value in part.unique()]
    others, known = np.column_stack(effects[:-1]), counts.notna().to_numpy()
    moves = share - others @ np.linalg.lstsq(others[known], share[known], rcond=None)[0]
    alike = np.abs(moves[known]).max(initial=0) < 0.05  # it fell alike in every year: the season holds it already
    return others, None if alike else share


def _poisson(counts: pd.Series, design: np.ndarray, offset: np.ndarray):
    from statsmodels.genmod.families import Poisson  # `statsmodels.api` would import all of it: a second
    from statsmodels.genmod.generalized_linear_model import GLM

    return GLM(counts, design, family=Poisson(), offset=offset).fit()


def _festival_effect(counts: pd.Series, per_day: bool) -> np.ndarray:
    """Return what the moving festival adds to each month's log, by quasi-Poisson beside month and year effects."""
    others, share = _effects(counts)
    if share is None:
        return np.zeros(len(counts))
    months, known = counts.index, counts.notna().to_numpy()
    length = np.log(months.days_in_month.to_numpy(float)) if per_day else np.zeros(len(counts))
    model = _poisson(counts[known], np.column_stack([others, share])[known], length[known])
    usual = pd.Series(share).groupby(months.month).transform("mean").to_numpy()
    return model.params.iloc[-1] * (share - usual)  # what it shares with its month stays in the season


def _decomposed(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from statsmodels.tsa.seasonal import STL

    fit = STL(logs, period=12, seasonal=10 * len(logs) + 1, seasonal_deg=0, robust=True).fit()
    centre = np.log(np.exp(fit.seasonal).mean())  # factors average 1
    return fit.trend + centre, fit.seasonal - centre


def _by_month(series: pd.Series | pd.DataFrame) -> pd.Series:
    series = series_of(series)
    months = pd.DatetimeIndex(series.index)
    every = pd.date_range(months.min(), periods=len(months), freq="MS")
    if not months.equals(every):
        raise ValueError(vocabulary.both("series_gaps", n=len(months), first=f"{months.min():%Y-%m}"))
    if (series < 0).any():
        raise ValueError(vocabulary.both("not_a_count", name="series", value=series.min()))
    return pd.Series(series.to_numpy(), index=every)


def daily_averages(series: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """How many a day, beside what the season makes of it, and at which level did each year stand?

    `series`: counts by month (`series_of`). One row is one `month`; January and February of a year are one row, since
    the Spring Festival falls into either, but where one of them is special by itself, or no festival moves. Columns:
    `months` (2 of such a row), `x` (count), `estimate` (per day), `level` (per day over the year's months that are
    known), `mean`, `lower`, `upper` and `flag` (`high`, `low`, `incomplete` or empty) of `special_months`; where it
    judges none these are missing and `note` says why (`too_few`, `too_short`). Limits of two months are those of their
    sum, as if each moved by itself. A missing count stays missing.
    """
    table = special_months(series)
    when, length = table["month"], table["month"].dt.days_in_month
    moves = bool(vocabulary.current().calendar["spring_festival"])
    early = when.dt.month.le(2) & ~table["flag"].isin(["high", "low"]) & moves
    together = early & early.groupby(when.dt.year).transform("sum").eq(2)
    counts = table[["mean", "lower", "upper"]].mul(length, axis=0)
    rows = table.assign(days=length, months=1, half=((counts["upper"] - counts["lower"]) / 2) ** 2, mean=counts["mean"])
    first = when.mask(together, when.dt.to_period("Y").dt.to_timestamp())
    sums = rows.groupby(first)[["x", "days", "months", "mean", "half"]].agg(lambda part: part.sum(skipna=False))
    flags = table["flag"].groupby(first).max()  # "incomplete" is more than ""
    note = flags.where(flags.str.startswith("too_"), "")
    mean, half = sums["mean"] / sums["days"], np.sqrt(sums["half"]) / sums["days"]
    known = rows[rows["x"].notna()].groupby(when.dt.year)[["x", "days"]].sum()
    level = (known["x"] / known["days"]).reindex(sums.index.year).to_numpy()
    found = sums[["months", "x"]].assign(estimate=sums["x"] / sums["days"], level=level, mean=mean)
    found = found.assign(lower=mean - half, upper=mean + half, flag=flags.mask(note.ne(""), ""), note=note)
    return found.rename_axis("month").reset_index()


def xmr(
    series: pd.Series | pd.DataFrame, baseline: int | None = None, rebase: Sequence[object] = (), screen: bool = True
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
    if baseline is not None and len(known) and not 2 <= baseline <= len(known):
        raise ValueError(vocabulary.both("baseline_impossible", baseline=baseline, points=len(known)))
    base = known.iloc[:baseline]
    ranges = base.diff().abs().dropna()
    if screen and len(ranges):
        ranges = ranges[ranges <= SCREEN * ranges.mean()]
    middle, spread = base.mean(), LIMIT * (ranges.mean() if len(ranges) else np.nan)
    limits = {"mean": middle, "lower": middle - spread, "upper": middle + spread, "mean_moving_range": spread / LIMIT}
    table = series.astype("float64").to_frame("estimate").assign(**limits, note="")
    broken = _rules(known.to_numpy(), middle, spread)
    notes = [";".join(name for name, hit in broken.items() if hit[i]) for i in range(len(known))]
    table.loc[known.index, "note"] = notes
    side = np.where(table["estimate"] > middle, "high", "low")
    table["flag"] = np.where(table["note"].ne(""), side, "")
    return table


def _seasonal(series: pd.Series) -> bool:
    """Return whether months of the year differ by more than chance (Kruskal-Wallis on ratios to a yearly mean)."""
    known = series.dropna()
    if not isinstance(series.index, pd.DatetimeIndex) or len(known) < 36 or known.nunique() < 3:
        return False
    level = known.rolling(12, center=True, min_periods=6).mean()
    ratios = (known / level.where(level > 0)).dropna()
    groups = [part.to_numpy() for _, part in ratios.groupby(ratios.index.month)]
    return len(groups) == 12 and bool(scipy.stats.kruskal(*groups).pvalue < 0.001)


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
    sides = pd.DataFrame({"above": signs > 0, "below": signs < 0})
    enough = sides.rolling(length).sum().ge(least)  # at the last entry of each stretch
    near = enough[::-1].rolling(length, min_periods=1).max()[::-1].astype(bool)
    return (sides & near).any(axis=1).to_numpy()
