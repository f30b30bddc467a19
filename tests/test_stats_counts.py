"""Counts of incidents: months, roll-ups, exact limits and ratios; laws and refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from src.analysis.stats import counts, intervals
from src.codebook.periods import parse_period

COUNT = st.integers(0, 20_000)


def incidents_of(rows):
    """Rows of (reported_at, street, group, kind, incident_count)."""
    table = pd.DataFrame(rows, columns=["reported_at", "street", "group", "kind", "incident_count"])
    return table.assign(reported_at=pd.to_datetime(table["reported_at"], format="ISO8601"))


INCIDENTS = incidents_of(
    [
        ("2021-01-31 23:59", "甲街道", "criminal", "theft", 1),
        ("2021-02-01 00:00", "甲街道", "public_security", "theft", 2),
        ("2021-04-30 23:59:59", "乙街道", "criminal", "telecom_fraud", 1),
        ("2021-04-15", None, "petition", "petition_labour", 5),
    ]
)


@given(COUNT)
def test_exact_limits_hold_the_count(count):
    lower, upper = intervals.exact_limits(count)
    assert 0 <= lower <= count < upper < np.inf


@given(st.integers(0, 5000))
def test_exact_limits_rise_with_the_count(count):
    assert np.less(intervals.exact_limits(count), intervals.exact_limits(count + 1)).all()


@given(COUNT, st.integers(1, 20_000), st.floats(1, 10))
def test_a_ratio_lies_in_its_interval_which_dispersion_widens(current, past, phi):
    exact, wide = intervals.count_ratio(current, past), intervals.count_ratio(current, past, phi=phi)
    assert [exact.estimate, wide.estimate] == pytest.approx([current / past] * 2)
    assert exact.lower <= exact.estimate * (1 + 1e-9) and exact.estimate <= exact.upper * (1 + 1e-9)
    assume(current > 20 and past > 20 and phi > 1.5)
    assert wide.upper / wide.lower > exact.upper / exact.lower * 0.99


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_e_test_does_not_ask_which_period_came_first(current, past):
    there, back = intervals.poisson_e_test(current, past), intervals.poisson_e_test(past, current)
    assert there.p == pytest.approx(back.p, abs=1e-9)
    assert 0 <= there.p <= 1
    assert there.estimate == -back.estimate


def test_the_e_test_takes_counts_that_are_as_many_a_day_for_alike():
    assert intervals.poisson_e_test(28, 31, 28 / 31).p > 0.9
    assert intervals.poisson_e_test(280, 310, 28 / 31).p > 0.9 > 0.3 > intervals.poisson_e_test(280, 310).p


def test_two_rates_with_their_exposures():
    # Breast cancer after X-ray fluoroscopy: 41 cases in 28,010 person-years against 15 in 19,017 (Boice and Monson,
    # 1977, in Rothman and Greenland, Modern Epidemiology): ratio 1.86, exact limits 1.01 and 3.61.
    found = intervals.count_ratio(41, 15, spans=19_017 / 28_010)
    assert [round(value, 2) for value in (found.estimate, found.lower, found.upper)] == [1.86, 1.01, 3.61]
    assert 0.03 < found.p < 0.05 and 0.02 < intervals.poisson_e_test(41, 15, 28_010 / 19_017).p < 0.05


def test_no_past_gives_no_ratio_and_says_why():
    found = intervals.count_ratio(5, 0)
    assert np.isnan(found.estimate) and found.note == "no_past" and found.p is None


@pytest.mark.parametrize("value", [-1, 2.5, float("nan")])
def test_what_is_no_count_is_refused(value):
    for ask in (intervals.count_ratio, intervals.poisson_e_test):
        with pytest.raises(ValueError, match="is not a count; right would be a whole number"):
            ask(value, 3)
        with pytest.raises(ValueError, match="past: "):
            ask(3, value)
    with pytest.raises(ValueError, match="events: "):
        intervals.rate_interval(value, 100)


@pytest.mark.parametrize("population", [0, None, float("nan"), -5])
def test_no_population_gives_no_rate_and_says_why(population):
    found = intervals.rate_interval(5, population)
    assert np.isnan(found.estimate) and found.note == "no_population"


@given(COUNT, st.integers(1, 10**7))
def test_a_rate_lies_in_its_interval(events, population):
    found = intervals.rate_interval(events, population)
    assert 0 <= found.lower <= found.estimate <= found.upper


def test_windows_take_their_first_and_last_day_whole():
    assert counts.in_window(INCIDENTS, "2021-02/2021-04").tolist() == [False, True, True, True]
    several = [parse_period("2021-01"), parse_period("2021-04")]
    assert counts.in_window(INCIDENTS, several).tolist() == [True, False, True, True]


def test_a_roll_up_sums_what_belongs_to_it():
    found = counts.totals(INCIDENTS, "roll_up")
    assert found["criminal_and_public_security"] == 4
    assert found["without_telecom_fraud"] == found["robbery_snatching_theft"] == 3
    assert found["petition"] == 5


def test_an_incident_whose_kind_is_not_stated_belongs_to_the_roll_ups_of_its_group():
    rows = incidents_of(
        [("2021-01-01", "甲街道", "criminal", None, 3), ("2021-01-02", "甲街道", "criminal", "theft", 2)]
    )
    found = counts.totals(rows, "roll_up")
    assert (found["criminal"], found["criminal_and_public_security"]) == (5, 5)
    assert found["robbery_snatching_theft"] == 2


def test_months_without_an_incident_hold_zero_and_groups_stay_apart():
    table = counts.monthly_counts(INCIDENTS, "street")
    assert table.loc[table["street"].eq("甲街道"), "estimate"].tolist() == [1, 2, 0, 0]
    assert table["estimate"].sum() == 4  # a record without a street belongs to none
    assert counts.monthly_counts(INCIDENTS)["estimate"].tolist() == [1, 2, 0, 6]
    assert (table["lower"] <= table["estimate"]).all() and (table["upper"] >= table["estimate"]).all()


def test_nothing_delivered_gives_no_month():
    assert counts.monthly_counts(INCIDENTS.iloc[:0]).empty


def test_dispersion_is_one_for_a_table_that_multiplies_out_and_for_too_few_years():
    months = pd.date_range("2019-01", periods=24, freq="MS")
    season = np.tile(np.arange(10, 22), 2)
    assert counts.dispersion_of_each(pd.Series(season * np.repeat([1, 2], 12), months).to_frame()).iloc[0] == 1
    assert counts.dispersion_of_each(pd.Series(season[:12], months[:12]).to_frame()).iloc[0] == 1
    shaken = season * np.repeat([1, 2], 12) * np.where(np.arange(24) % 2, 1.8, 0.4)[np.r_[0:12, 13:24, 12]]
    assert counts.dispersion_of_each(pd.Series(shaken.astype(int), months).to_frame()).iloc[0] > 3
