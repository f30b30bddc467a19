"""Shares of projects: what is counted, laws that hold for any numbers, refusals."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.analysis.stats import proportions

TOTALS = st.integers(0, 400).flatmap(lambda n: st.tuples(st.just(n), *[st.integers(0, n)] * 3))
SHARES = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def projects_of(rows):
    """Rows of (street, community, field, residents, organisations, started_on)."""
    names = ["street", "community", "field", "residents_took_part", "organisations_took_part", "started_on"]
    table = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[3:5], "boolean"))
    return table.assign(started_on=pd.to_datetime(table["started_on"]))


PROJECTS = projects_of(
    [
        ("甲街道", "凤凰", "traffic", True, True, "2021-03-01"),
        ("甲街道", "凤凰", "disputes", True, False, "2021-03-31"),
        ("乙街道", "凤凰", "disputes", False, True, "2021-05-01"),
        ("乙街道", "凤凰", "disputes", None, True, None),
        ("乙街道", None, "traffic", False, False, "2021-05-02"),
    ]
)


@given(SHARES)
def test_an_interval_of_a_share_holds_it_and_stays_between_none_and_all(share):
    found = proportions.wilson_interval(*share)
    assert 0 <= found.lower <= found.estimate + 1e-12
    assert found.estimate - 1e-12 <= found.upper <= 1


@given(SHARES)
def test_the_share_that_did_not_is_the_mirror_of_that_which_did(share):
    x, n = share
    did, did_not = proportions.wilson_interval(x, n), proportions.wilson_interval(n - x, n)
    assert did.lower == pytest.approx(1 - did_not.upper, abs=1e-12)


@given(SHARES, st.integers(2, 20))
def test_more_of_the_same_narrows_the_interval(share, times):
    few, many = (proportions.wilson_interval(k * share[0], k * share[1]) for k in (1, times))
    assert many.upper - many.lower < few.upper - few.lower


@given(SHARES, SHARES)
def test_a_difference_turned_round_changes_its_sign(one, other):
    there, back = proportions.proportion_difference(*one, *other), proportions.proportion_difference(*other, *one)
    assert there.estimate == pytest.approx(-back.estimate)
    assert there.lower == pytest.approx(-back.upper, abs=1e-9)
    assert there.lower - 1e-9 <= there.estimate <= there.upper + 1e-9


@pytest.mark.parametrize(("x", "n"), [(0, 0), (3, 2), (-1, 5), (1, -5), (1.5, 4), (float("nan"), 4)])
def test_impossible_shares_are_refused(x, n):
    with pytest.raises(ValueError, match="right would be"):
        proportions.wilson_interval(x, n)


def test_impossible_confidence_is_refused():
    with pytest.raises(ValueError, match="confidence: 95 is not possible"):
        proportions.wilson_interval(1, 2, 95)


def test_a_share_counts_only_projects_that_say():
    row = proportions.participation_rate(PROJECTS).iloc[0]
    assert (row["x"], row["n"], row["estimate"], row["flag"]) == (2, 4, 0.5, "too_few")


@pytest.mark.parametrize(("residents", "organisations"), [(True, None), (False, None), (None, True), (None, False)])
def test_a_project_that_leaves_one_flag_open_is_counted_for_neither_any_nor_both(residents, organisations):
    half = projects_of([("甲街道", "凤凰", "traffic", residents, organisations, None)])
    for kind in ("any", "both"):
        told = [proportions.participation_rate(rows, kind=kind) for rows in (PROJECTS, pd.concat([PROJECTS, half]))]
        pd.testing.assert_frame_equal(*told)
    table = proportions.who_took_part(PROJECTS).set_index("kind_of")
    assert table[["x", "n"]].to_numpy().tolist() == [[2, 4], [3, 5], [3, 4], [1, 4]]


def test_communities_of_one_name_stay_apart_and_fields_keep_their_order():
    places = proportions.participation_rate(PROJECTS, "community", "organisations")
    assert places[["street", "x", "n"]].to_numpy().tolist() == [["甲街道", 1, 2], ["乙街道", 2, 2], ["乙街道", 0, 1]]
    assert list(proportions.participation_rate(PROJECTS, "field")["field"]) == ["disputes", "traffic"]


def test_no_project_gives_a_row_without_a_number():
    row = proportions.participation_rate(PROJECTS.iloc[:0]).iloc[0]
    assert (row["x"], row["n"], row["flag"]) == (0, 0, "too_few")
    assert pd.isna(row["estimate"])


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind: 'people' is not known; right would be one of residents"):
        proportions.participation_rate(PROJECTS, kind="people")


def test_the_parts_of_the_overlap_sum_to_all_that_say_both():
    table = proportions.participation_overlap(PROJECTS).set_index("part")
    assert table["x"].to_dict() == {"both": 1, "residents_only": 1, "organisations_only": 1, "neither": 1}
    assert table["n"].eq(4).all()
    assert table["estimate"].isna().all()  # four projects are told as counts
    assert proportions.participation_overlap(pd.concat([PROJECTS] * 2))["estimate"].sum() == 1


@given(TOTALS)
def test_bounds_hold_every_overlap_that_is_possible(numbers):
    total, a, b, both = numbers
    table = proportions.overlap_bounds(total, a, b).set_index("part")
    if max(0, a + b - total) <= both <= min(a, b):
        assert table.loc["both", "lower"] <= both <= table.loc["both", "upper"]
        assert table.loc["neither", "lower"] <= total - a - b + both <= table.loc["neither", "upper"]
    assert table.loc["at_least_one", "lower"] + table.loc["neither", "upper"] == total
    assert table.loc["at_least_one", "upper"] + table.loc["neither", "lower"] == total
    assert table.loc["neither", "lower"] >= 0


def test_more_of_a_part_than_of_the_whole_is_refused():
    with pytest.raises(ValueError, match="a, b: 5 of 4"):
        proportions.overlap_bounds(4, 5, 1)


def test_starts_fill_the_months_without_any():
    table = proportions.project_starts(PROJECTS, "2021-03/2021-05")
    assert table["x"].tolist() == [2, 0, 2]


def test_communities_without_a_project_count_none():
    register = pd.DataFrame({"street": ["甲街道", "甲街道"], "community": ["凤凰", "南三"]})
    assert proportions.projects_by_community(PROJECTS, register)["x"].tolist() == [2, 0]
