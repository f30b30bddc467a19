"""How incidents come: channels and repeats of petitions, weekday by hour; tiny tables."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f

from src.analysis.stats import distribution


def counted(now):
    """Delivered counts of three streets in March 2021."""
    table = pd.DataFrame({"street": ["甲街道", "乙街道", "丙街道"], "incident_count": now})
    return table.assign(reported_at=pd.Timestamp("2021-03-10"), group="petition", channel="110", people_count=1)


def test_petitions_repeated_are_a_share_of_those_that_say():
    rows = counted((4, 3, 2)).assign(repeat=pd.array([True, False, None], "boolean"))
    row = distribution.petitions_by_channel(rows).iloc[0]
    assert (row["x"], row["first"], row["n"]) == (4, 3, 9)
    assert row["estimate"] == pytest.approx(4 / 7)


def test_what_no_petition_states_is_missing_and_no_zero():
    silent = counted((4, 3, 2)).assign(channel=None, people_count=None, repeat=pd.array([None] * 3, "boolean"))
    row = distribution.petitions_by_channel(silent.astype({"people_count": "Int64"})).iloc[0]
    assert row["n"] == 9
    assert row[["channel", "x", "first", "estimate", "people_count"]].isna().all()


def test_hours_leave_out_what_states_no_time_of_day():
    rows = counted((2, 1, 1)).assign(precision=["minute", "day", "month"], occurred_at=pd.NaT)
    rows["reported_at"] = pd.Timestamp("2021-03-08 09:30")
    table = distribution.weekday_hours(rows, "2021-03")
    assert table["x"].sum() == 2
    monday = table[table["weekday"].eq(0) & table["hour"].eq(9)].iloc[0]
    assert (monday["x"], monday["estimate"]) == (2, 2 / 5)  # five Mondays


def by_day(weeks, mean, phi=1.0, saturday=1.0, seed=1):
    """Counts of each day of some weeks: negative binomial, Saturdays higher."""
    rng = np.random.default_rng(seed)
    expected = np.tile(mean * np.array([1, 1, 1, 1, 1, saturday, 1]), weeks)
    return pd.Series(
        rng.poisson(expected * rng.gamma(mean / (phi - 1), (phi - 1) / mean, len(expected)) if phi > 1 else expected)
    )


def test_the_f_of_the_days_by_hand():
    days = pd.Series([10, 10, 10, 10, 10, 24, 10, 14, 14, 14, 14, 14, 16, 14])
    # weekday sums 24 ×5, 40, 24, of 184; X² against 26.29 each is 8.06; φ by the two-way table is under 1
    assert distribution.uneven_days(days) == pytest.approx(
        f.sf(((24 - 184 / 7) ** 2 * 6 + (40 - 184 / 7) ** 2) / (184 / 7) / 6, 6, 6)
    )


def test_days_that_vary_anyway_are_not_told_apart():
    false = [distribution.uneven_days(by_day(39, 50, phi=5, seed=seed)) < 0.01 for seed in range(200)]
    assert np.mean(false) < 0.04  # Pearson's chi-square against Poisson: 0.7
    assert distribution.uneven_days(by_day(39, 50, phi=5, saturday=1.4)) < 0.01


def test_few_a_day_are_not_judged():
    assert np.isnan(distribution.uneven_days(by_day(39, 2)))
    assert np.isnan(distribution.uneven_days(by_day(1, 50)))
