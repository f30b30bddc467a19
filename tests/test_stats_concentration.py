"""Concentration against chance, and whether hot spots hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.analysis.stats.distribution import concentration, hotspot_persistence, lorenz_curve


def test_even_counts_are_not_concentrated_and_one_place_is():
    even, one = concentration([50] * 20).iloc[0], concentration([1000] + [0] * 19).iloc[0]
    assert even["estimate"] == pytest.approx(0)
    assert even["p"] > 0.9
    assert even["half"] == 10
    assert one["estimate"] == pytest.approx(0.95)
    assert one["p"] < 0.01
    assert one["half"] == 1


def test_counts_drawn_by_chance_lie_within_the_band():
    drawn = np.random.default_rng(5).multinomial(3000, np.full(100, 0.01))
    row = concentration(drawn).iloc[0]
    assert row["lower"] <= row["estimate"] <= row["upper"]


def test_more_places_than_incidents_are_no_concentration_by_themselves():
    row = concentration([1] * 5 + [0] * 95).iloc[0]
    assert row["gini"] == pytest.approx(0.95)
    assert row["estimate"] == pytest.approx(0)


def test_nothing_to_spread_is_flagged():
    assert concentration([0, 0, 0])["flag"].tolist() == ["too_few"]
    assert lorenz_curve([0, 0]).empty


@pytest.mark.parametrize("counts", [[-1, 2], [1, float("nan")]])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(ValueError, match="right would be"):
        concentration(counts)


@given(st.lists(st.integers(0, 100), min_size=2, max_size=30).filter(any))
def test_the_curve_rises_to_one_and_does_not_depend_on_the_order(counts):
    curve = lorenz_curve(counts, draws=20)
    assert curve["estimate"].is_monotonic_increasing
    assert curve["estimate"].iloc[-1] == pytest.approx(1)
    assert concentration(counts, draws=20)["estimate"].equals(concentration(counts[::-1], draws=20)["estimate"])


def test_hot_spots_that_stay_leave_and_come():
    rows = [("2020-05-01", "a", 9), ("2020-05-01", "b", 8), ("2020-05-01", "c", 1), ("2020-05-01", "d", 1)]
    rows += [("2021-05-01", "a", 9), ("2021-05-01", "c", 8), ("2021-05-01", "b", 1), ("2021-05-01", "d", 2)]
    incidents = pd.DataFrame(rows, columns=["reported_at", "community", "incident_count"])
    incidents = incidents.assign(street="s", reported_at=pd.to_datetime(incidents["reported_at"]))
    table = hotspot_persistence(incidents, "2020", "2021", top=0.5).set_index("community")
    assert table["flag"].to_dict() == {"a": "stayed", "b": "left", "c": "new", "d": ""}
    assert table.loc["a", "estimate"] == pytest.approx((9 / 20) / 0.25)
    assert table["hit"].iloc[-1] == pytest.approx(1)


def test_places_that_tie_with_the_last_hot_one_stay_out():
    counts = {"a": 9, "b": 5, "c": 5, "d": 1}
    rows = [(day, place, n) for day in ("2020-05-01", "2021-05-01") for place, n in counts.items()]
    incidents = pd.DataFrame(rows, columns=["reported_at", "community", "incident_count"])
    incidents = incidents.assign(street="s", reported_at=pd.to_datetime(incidents["reported_at"]))
    assert hotspot_persistence(incidents, "2020", "2021", top=0.5)["hot_before"].sum() == 1


def test_places_of_the_register_without_an_incident_count_as_places():
    rows = [(day, place, n) for day in ("2020-05-01", "2021-05-01") for place, n in (("a", 9), ("b", 1))]
    incidents = pd.DataFrame(rows, columns=["reported_at", "community", "incident_count"])
    incidents = incidents.assign(street="s", reported_at=pd.to_datetime(incidents["reported_at"]))
    register = pd.DataFrame({"street": "s", "community": ["a", "b", "c", "d"]})
    table = hotspot_persistence(incidents, "2020", "2021", places=register).set_index("community")
    assert table.index.tolist() == ["a", "b", "c", "d"]
    assert table.loc["c", ["reference", "current"]].tolist() == [0, 0]
    assert table.loc["a", "estimate"] == pytest.approx(0.9 / 0.25)


def test_no_incident_in_the_second_period_is_flagged():
    incidents = pd.DataFrame(
        {"reported_at": [pd.Timestamp("2020-05-01")], "street": "s", "community": "a", "incident_count": 1}
    )
    assert hotspot_persistence(incidents, "2020", "2021")["flag"].tolist() == ["too_few"]


def two_years(change=1.0, seed=1):
    """Sixty places of unlike size; in the second year the twelve largest have `change` times as many."""
    rng = np.random.default_rng(seed)
    means = np.sort(rng.lognormal(4, 0.5, 60))[::-1]
    later = means * np.where(np.arange(60) < 12, change, 1.0)
    places = [f"{n:02}" for n in range(60)]
    parts = [
        pd.DataFrame(
            {"reported_at": pd.Timestamp(day), "street": "s", "community": places, "incident_count": rng.poisson(m)}
        )
        for day, m in (("2020-05-01", means), ("2021-05-01", later))
    ]
    return pd.concat(parts, ignore_index=True)


def test_turnover_is_held_against_what_chance_alone_gives():
    still = hotspot_persistence(two_years(), "2020", "2021", top=0.2)
    assert still["p"].iloc[0] > 0.05
    assert 0 < still["left_expected"].iloc[0] < 4
    moved = hotspot_persistence(two_years(change=0.5), "2020", "2021", top=0.2)
    assert moved["p"].iloc[0] <= 0.05
