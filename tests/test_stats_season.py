"""Moving annual totals and seasonal adjustment: laws on drawn series, refusals, flagged rows."""

import numpy as np
import pandas as pd
import pytest

from src.analysis.stats.season import festival_share, month_series, moving_annual_total, seasonally_adjusted


def months(count: int, first: str = "2018-01") -> pd.DatetimeIndex:
    return pd.date_range(first, periods=count, freq="MS")


def drawn(count: int = 48, festival: float = 0.0, trend: float = 0.0) -> pd.Series:
    """Return counts of known parts: a level of 40 a day, a season, a festival, a trend; no noise."""
    index = months(count)
    season = 0.2 * np.sin(2 * np.pi * np.asarray(index.month) / 12)
    logs = np.log(40) + season + festival * festival_share(index) + trend * np.arange(count)
    return pd.Series((np.exp(logs) * index.days_in_month).round(), index=index)


def test_a_moving_annual_total_adds_twelve_months_and_compares_with_a_year_before():
    table = moving_annual_total(pd.Series([1] * 12 + [2] * 12, index=months(24)))
    assert table["estimate"].tolist() == list(range(12, 25))
    assert table["month"].iloc[0] == pd.Timestamp("2018-12-01")
    assert table["change"].iloc[-1] == pytest.approx(1.0)
    assert table["change"].iloc[:12].isna().all()


def test_fewer_than_twelve_months_give_no_total():
    assert moving_annual_total(pd.Series([1] * 11, index=months(11))).empty


def test_no_incident_a_year_before_gives_no_change():
    table = moving_annual_total(pd.Series([0] * 12 + [1] * 12, index=months(24)))
    assert table["change"].isna().all()


@pytest.mark.parametrize("name", ["gap", "negative"])
def test_impossible_series_are_refused(name):
    series = drawn(40)
    series = series.drop(series.index[5]) if name == "gap" else -series
    with pytest.raises(ValueError, match="right would be"):
        seasonally_adjusted(series)


def test_adjusting_takes_out_what_was_put_in():
    table = seasonally_adjusted(drawn(festival=-0.5, trend=-0.01))
    level = 40 * np.exp(-0.01 * np.arange(48))
    ratio = table["estimate"] / level
    assert ratio.std() < 0.01  # up to a constant: the festival's mean stays in the season's
    assert table["seasonal"].groupby(table["month"].dt.month).nunique().max() <= 48
    assert table["seasonal"].iloc[:12].mean() == pytest.approx(1, abs=0.01)


def festival_factors(series: pd.Series) -> np.ndarray:
    return seasonally_adjusted(series)["festival"].to_numpy()


def known_factors(festival: float, count: int = 48) -> np.ndarray:
    share = pd.Series(festival_share(months(count)), months(count))
    return np.exp(festival * (share - share.groupby(share.index.month).transform("mean"))).to_numpy()


def test_a_month_not_delivered_says_nothing_of_the_festival():
    series = drawn(festival=-0.5)
    series.iloc[13] = np.nan  # February 2019: what bridges it holds no festival
    assert festival_factors(series) == pytest.approx(known_factors(-0.5), abs=0.003)


def test_a_month_weighs_as_much_as_its_count():
    series = drawn(festival=-0.5)
    first = series.index.year == 2018
    series[first] = (series[first] / 40).round()  # one incident a day, told in whole ones
    series.iloc[1] = 40  # chance, where 20 are expected: it would pull plain logarithms far off
    assert festival_factors(series) == pytest.approx(known_factors(-0.5), abs=0.02)


def test_without_the_festival_term_february_would_stay_bent():
    table = seasonally_adjusted(drawn(festival=-0.5))
    moved = table.loc[table["month"].dt.month.isin([1, 2]), "festival"]
    assert moved.max() - moved.min() > 0.2
    assert table.loc[~table["month"].dt.month.isin([1, 2]), "festival"].between(0.999, 1.001).all()


def test_the_window_of_a_festival_is_shared_between_its_months():
    share = pd.Series(festival_share(months(4, "2021-01")), index=[1, 2, 3, 4])  # 12 February 2021: 5 to 22 February
    assert share.tolist() == [0, 1, 0, 0]
    share = pd.Series(festival_share(months(4, "2019-01")), index=[1, 2, 3, 4])  # 5 February 2019: 29 January on
    assert share.tolist() == pytest.approx([3 / 18, 15 / 18, 0, 0])


def test_short_and_empty_series_are_flagged_not_adjusted():
    short, none = drawn(35), drawn(40)
    none.iloc[3] = 0
    assert seasonally_adjusted(short)["flag"].eq("too_short").all()
    assert seasonally_adjusted(none)["flag"].eq("too_few").all()
    assert seasonally_adjusted(none)["estimate"].isna().all()


def test_a_month_not_delivered_is_bridged_and_flagged():
    series = drawn()
    series.iloc[20] = np.nan
    table = seasonally_adjusted(series)
    assert table["flag"].eq("incomplete").sum() == 1
    assert table["estimate"].isna().sum() == 1
    assert table["trend"].notna().all()


def test_months_not_complete_are_missing_and_cut_off_at_the_end():
    received = pd.to_datetime(["2021-01-05", "2021-03-05", "2021-04-05"])
    incidents = pd.DataFrame({"reported_at": received, "incident_count": 2})
    series = month_series(incidents, "2021-01/2021-04", [pd.Timestamp("2021-02-01"), pd.Timestamp("2021-04-01")])
    assert series.index[-1] == pd.Timestamp("2021-03-01")
    assert series.fillna(-1).tolist() == [2, -1, 2]
