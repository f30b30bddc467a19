"""Where is the level going: the moving annual total, and months freed of the season and of the Spring Festival."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from src.analysis.stats.counts import monthly_counts, series_of
from src.codebook import vocabulary
from src.codebook.periods import Period

BEFORE, AFTER = 7, 10  # days around the first day of the Spring Festival that move with it


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


def month_series(incidents: pd.DataFrame, months: Period, incomplete: Sequence[pd.Timestamp] = ()) -> pd.Series:
    """How many incidents has each month, where it is complete?

    One entry is one month of `months`; `incomplete` ones are missing, and cut off at the end.
    """
    counts = monthly_counts(incidents, months=months).set_index("month")["estimate"].astype("float64")
    known = counts.mask(counts.index.isin(list(incomplete)))
    return known[: known.last_valid_index()]


def festival_share(months: pd.DatetimeIndex) -> np.ndarray:
    """Return the share of the days around the Spring Festival (-7 to +10) that lies in each month."""
    first = np.array(vocabulary.current().calendar["spring_festival"], dtype="datetime64[D]")
    around = np.arange(-BEFORE, AFTER + 1)
    days = pd.Series((first[:, None] + around).ravel().astype("datetime64[M]").astype("datetime64[s]"))
    return days.value_counts().div(len(around)).reindex(months, fill_value=0.0).to_numpy()


def _festival_effect(counts: pd.Series, per_day: bool) -> np.ndarray:
    """Return what the moving festival adds to each month's log, by quasi-Poisson beside month and year effects."""
    from statsmodels.genmod.families import Poisson  # `statsmodels.api` would import all of it: a second
    from statsmodels.genmod.generalized_linear_model import GLM

    months, share = counts.index, festival_share(counts.index)
    effects = [np.asarray(part == value, float) for part in (months.month, months.year) for value in part.unique()]
    others = np.column_stack(effects[:-1])
    known = counts.notna().to_numpy()
    moves = share - others @ np.linalg.lstsq(others[known], share[known], rcond=None)[0]
    if np.abs(moves[known]).max() < 0.05:  # it fell alike in every year: the season holds it already
        return np.zeros(len(counts))
    length = np.log(months.days_in_month.to_numpy(float)) if per_day else np.zeros(len(counts))
    design = np.column_stack([others, share])[known]
    model = GLM(counts[known], design, family=Poisson(), offset=length[known])
    usual = pd.Series(share).groupby(months.month).transform("mean").to_numpy()
    return model.fit().params.iloc[-1] * (share - usual)  # what it shares with its month stays in the season


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
