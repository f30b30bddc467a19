"""How incidents come: channels and repeats of petitions, weekday by hour; tiny tables."""

import pandas as pd
import pytest

from src.analysis.stats import profiles


def counted(now):
    """Delivered counts of three streets in March 2021."""
    table = pd.DataFrame({"street": ["甲街道", "乙街道", "丙街道"], "incident_count": now})
    return table.assign(reported_at=pd.Timestamp("2021-03-10"), group="petition", channel="110", people_count=1)


def test_petitions_repeated_are_a_share_of_those_that_say():
    rows = counted((4, 3, 2)).assign(repeat=pd.array([True, False, None], "boolean"))
    row = profiles.petitions_by_channel(rows).iloc[0]
    assert (row["x"], row["first"], row["n"]) == (4, 3, 9)
    assert row["estimate"] == pytest.approx(4 / 7)


def test_what_no_petition_states_is_missing_and_no_zero():
    silent = counted((4, 3, 2)).assign(channel=None, people_count=None, repeat=pd.array([None] * 3, "boolean"))
    row = profiles.petitions_by_channel(silent.astype({"people_count": "Int64"})).iloc[0]
    assert row["n"] == 9
    assert row[["channel", "x", "first", "estimate", "people_count"]].isna().all()


def test_hours_leave_out_what_states_no_time_of_day():
    rows = counted((2, 1, 1)).assign(precision=["minute", "day", "month"], occurred_at=pd.NaT)
    rows["reported_at"] = pd.Timestamp("2021-03-08 09:30")
    table = profiles.weekday_hours(rows, "2021-03")
    assert table["x"].sum() == 2
    monday = table[table["weekday"].eq(0) & table["hour"].eq(9)].iloc[0]
    assert (monday["x"], monday["estimate"]) == (2, 2 / 5)  # five Mondays
