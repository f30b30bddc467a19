"""Moving annual totals and seasonal adjustment: laws on drawn series, refusals, flagged rows."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from src.analysis.stats.counts import month_series
from src.analysis.stats.time_series import (
    daily_averages,
    festival_share,
    moving_annual_total,
    seasonally_adjusted,
    special_months,
)
from src.codebook import vocabulary


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


def noisy(seed: int, count: int = 48, phi: float = 3.0) -> pd.Series:
    rng = np.random.default_rng(seed)
    expected = drawn(count, festival=-0.4, trend=-0.007)
    return pd.Series(rng.poisson(expected * rng.gamma(1200 / (phi - 1), (phi - 1) / 1200, count)), expected.index)


def test_a_steady_fall_makes_no_month_special():
    assert special_months(drawn(festival=-0.4, trend=-0.02))["flag"].eq("").all()


def test_a_month_far_off_is_special_and_names_its_side():
    counts = noisy(1)
    counts.iloc[20] = int(0.5 * counts.iloc[20])
    table = special_months(counts)
    assert table["flag"].tolist() == ["low" if place == 20 else "" for place in range(48)]
    assert table.loc[20, "estimate"] < table.loc[20, "lower"]
    others = table.drop(index=20)
    assert others["estimate"].between(others["lower"], others["upper"]).all()


def test_quiet_districts_have_a_special_month_in_about_one_of_twenty():
    false = np.mean([special_months(noisy(seed))["flag"].ne("").any() for seed in range(100)])
    assert false <= 0.13  # 0.05 with a standard error of 0.022


def test_what_cannot_be_judged_is_flagged():
    counts = drawn(36).astype("float64")
    counts.iloc[7] = np.nan
    table = special_months(counts)
    assert table.loc[7, "flag"] == "incomplete"
    assert table["p"].notna().sum() == 35
    assert special_months(drawn(12))["flag"].eq("too_short").all()
    assert special_months(drawn(36) // 100)["flag"].eq("too_few").all()


def test_studentised_residuals_are_those_of_statsmodels():
    import statsmodels.api as sm
    from statsmodels.stats.outliers_influence import GLMInfluence

    counts = noisy(3, count=36)
    index = counts.index
    dummies = pd.get_dummies(pd.DataFrame({"m": index.month, "y": index.year}).astype("str"), drop_first=True)
    design = sm.add_constant(dummies.astype("float64")).assign(festival=festival_share(index)).to_numpy()
    fit = sm.GLM(counts, design, family=sm.families.Poisson(), offset=np.log(index.days_in_month)).fit(scale="X2")
    inner = GLMInfluence(fit).resid_studentized  # with the month itself in phi
    free = fit.df_resid
    outer = inner * np.sqrt((free - 1) / (free - inner**2))
    assert special_months(counts)["p"].to_numpy() == pytest.approx(2 * t.sf(np.abs(outer), free - 1), rel=1e-6)


def test_january_and_february_are_one_row_beside_the_level_of_their_year():
    counts = noisy(1, count=33)
    table = daily_averages(counts).set_index("month")
    both = counts.iloc[:2].sum()
    assert table.loc["2018-01-01", ["months", "x", "estimate"]].tolist() == [2, both, both / 59]
    assert pd.Timestamp("2018-02-01") not in table.index
    assert table.loc["2018-03-01", "level"] == pytest.approx(counts.iloc[:12].sum() / 365)
    assert table.loc["2020-09-01", "level"] == pytest.approx(counts.iloc[24:].sum() / 274)
    short = daily_averages(counts.iloc[:12])
    assert (short["note"].eq("too_short") & short["flag"].eq("") & short["upper"].isna()).all()


def test_two_months_have_the_limits_of_their_sum_and_a_special_one_stands_alone():
    judged, table = special_months(noisy(1)), daily_averages(noisy(1))
    first, days = judged.iloc[:2], np.array([31, 28])
    half = np.sqrt((((first["upper"] - first["lower"]) / 2 * days) ** 2).sum()) / 59
    assert table.loc[0, "upper"] - table.loc[0, "mean"] == pytest.approx(half)
    assert table.loc[0, "mean"] == pytest.approx((first["mean"] * days).sum() / 59)
    assert (len(table), table["x"].sum()) == (44, noisy(1).sum())
    counts = noisy(1)
    counts.iloc[25] = int(1.5 * counts.iloc[25])
    alone = daily_averages(counts).set_index("month").loc[["2020-01-01", "2020-02-01"]]
    assert (alone["months"].tolist(), alone["flag"].iloc[1]) == ([1, 1], "high")


def test_a_month_not_delivered_leaves_its_stretch_open():
    counts = noisy(1)
    counts.iloc[13] = np.nan
    row = daily_averages(counts).set_index("month").loc["2019-01-01"]
    assert (row["months"], row["flag"], np.isnan(row["estimate"])) == (2, "incomplete", True)


def test_without_a_festival_that_moves_each_month_has_its_row(monkeypatch):
    monkeypatch.setitem(vocabulary.current().calendar, "spring_festival", [])
    assert daily_averages(noisy(1))["months"].eq(1).all()
