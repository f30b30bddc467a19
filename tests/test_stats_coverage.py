"""Demand beside projects: shares within a field, what is expected, and which gaps are more than chance."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from src.analysis.stats.coverage import coverage_gap, coverage_totals, fields

NANSAN, FENGHUANG = ("布吉街道", "南三社区"), ("平湖街道", "凤凰社区")


def incidents(*rows):
    """Rows are (street, community), kind, count; a place may be missing."""
    return pd.DataFrame(
        [(*(place or (None, None)), kind, count) for place, kind, count in rows],
        columns=["street", "community", "kind", "incident_count"],
    ).assign(reported_at=pd.Timestamp("2021-03-01"))


def projects(*rows):
    return pd.DataFrame(
        [(*(place or (None, None)), field) for place, field in rows], columns=["street", "community", "field"]
    )


def cell(table, place, field):
    return table[table["community"].eq(place[1]) & table["field"].eq(field)].iloc[0]


def wide(expected, variance):
    """The negative binomial with that mean, whose mean has that variance."""
    return expected**2 / variance, expected / (expected + variance)


def test_shares_are_taken_within_a_field():
    table = coverage_gap(
        incidents((NANSAN, "traffic_accident", 30), (FENGHUANG, "traffic_accident", 90), (NANSAN, "noise", 1000)),
        projects((NANSAN, "traffic"), (NANSAN, "traffic"), (NANSAN, "traffic"), (FENGHUANG, "traffic")),
    )
    short = cell(table, FENGHUANG, "traffic")
    assert (short["x"], short["n"], short["demand_share"], short["project_share"]) == (1, 90, 0.75, 0.25)
    assert short["expected"] == 3.0  # four projects, three quarters of the accidents
    assert short["estimate"] == 2.0
    assert short["quotient"] == pytest.approx(1 / 3)
    assert short["p"] == pytest.approx(2 * nbinom.cdf(1, *wide(3, (4 / 120) ** 2 * 90.5)))
    many = cell(table, NANSAN, "traffic")
    assert many["estimate"] == -2.0
    assert many["p"] == pytest.approx(2 * nbinom.sf(2, *wide(1, (4 / 120) ** 2 * 30.5)))


def test_what_names_no_place_or_no_field_is_left_out():
    table = coverage_gap(
        incidents((NANSAN, "theft", 40), (None, "theft", 500), (NANSAN, "help", 70)),
        projects((NANSAN, "public_security"), (None, "public_security"), (NANSAN, "other")),
    )
    assert set(table["field"]) == set(fields())
    assert "other" not in set(table["field"])
    assert cell(table, NANSAN, "public_security")[["x", "n", "expected"]].tolist() == [1, 40, 1.0]


def test_a_gap_beyond_chance_is_flagged_and_small_demand_is_not():
    many = [(FENGHUANG, "disputes")] * 40
    table = coverage_gap(
        incidents((NANSAN, "dispute", 500), (FENGHUANG, "dispute", 500), (NANSAN, "noise", 19)), projects(*many)
    )
    assert cell(table, NANSAN, "disputes")["flag"] == "under"
    assert cell(table, FENGHUANG, "disputes")["flag"] == "over"
    assert cell(table, NANSAN, "environment")["flag"] == "too_few"
    assert cell(table, NANSAN, "traffic")["flag"] == "too_few"  # no demand at all


def test_limits_of_chance_leave_out_what_the_test_of_one_area_rejects():
    rows = [(*NANSAN, x, 500, 10.0, 2.0, 10.0 - x) for x in range(25)]
    names = ["street", "community", "x", "n", "expected", "variance", "estimate"]
    gap = pd.DataFrame(rows, columns=names).assign(community=[f"社区{n}" for n in range(25)])
    table = coverage_totals(gap)
    inside = table["x"].between(table["lower"], table["upper"])
    assert (table["p"] > 0.05).tolist() == inside.tolist()
    assert table.loc[0, ["lower", "upper"]].tolist() == list(nbinom.ppf([0.025, 0.975], 50, 50 / 60))


def test_ordered_by_demand_per_resident_not_by_size():
    register = pd.DataFrame(
        [(*NANSAN, 1000), (*FENGHUANG, 100_000), ("龙城街道", "尚景社区", None)],
        columns=["street", "community", "population"],
    )
    table = coverage_gap(
        incidents((NANSAN, "theft", 100), (FENGHUANG, "theft", 400)), projects((NANSAN, "public_security")), register
    )
    assert table.iloc[0][["community", "field"]].tolist() == ["南三社区", "public_security"]
    assert table.iloc[0]["rate_ratio"] > 1 > cell(table, FENGHUANG, "public_security")["rate_ratio"]
    nobody = cell(table, ("龙城街道", "尚景社区"), "public_security")  # in the register, without a population
    assert (nobody["n"], nobody["x"]) == (0, 0)
    assert pd.isna(nobody["per_10000"])


def test_streets_together():
    table = coverage_gap(
        incidents((NANSAN, "theft", 10), (("布吉街道", "龙岭社区"), "theft", 30)),
        projects((NANSAN, "traffic")),
        by="street",
    )
    assert "community" not in table
    assert table.loc[table["field"].eq("public_security"), "n"].tolist() == [40]


def test_demand_that_varies_makes_a_gap_less_sure():
    """40 of 200 incidents and none of 30 projects: 6 expected with a variance of 0.15² × 40.5, not known exactly."""
    there = coverage_gap(
        incidents((NANSAN, "theft", 160), (FENGHUANG, "theft", 40)), projects(*[(NANSAN, "public_security")] * 30)
    )
    row = cell(there, FENGHUANG, "public_security")
    assert row["variance"] == pytest.approx((30 / 200) ** 2 * 40.5)
    assert row["p"] == pytest.approx(2 * nbinom.cdf(0, *wide(row["expected"], row["variance"])))
    assert row["p"] > 2 * poisson.cdf(0, row["expected"])


def test_nothing_at_all():
    assert coverage_gap(incidents(), projects()).empty


PLACES = st.sampled_from([NANSAN, FENGHUANG])


@given(
    st.lists(st.tuples(PLACES, st.sampled_from(["theft", "noise", "help"]), st.integers(1, 60)), max_size=8),
    st.lists(st.tuples(PLACES, st.sampled_from(["public_security", "environment", "other"])), max_size=8),
)
def test_gaps_add_up_to_nothing_where_there_is_demand(happened, run):
    table = coverage_gap(incidents(*happened), projects(*run))
    for _, rows in table.groupby("field"):
        if rows["n"].sum():
            assert rows["estimate"].sum() == pytest.approx(0)
            assert rows["demand_share"].sum() == pytest.approx(1)
    if len(table):
        assert table["x"].sum() == sum(field != "other" for _, field in run)
