"""Funnels: limits narrow with size, widen with overdispersion, and impossible input is refused or flagged."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from src.analysis.stats.rates import funnel, funnel_limits


def areas(events: list, base: list) -> pd.DataFrame:
    return pd.DataFrame({"street": [f"s{i}" for i in range(len(events))], "events": events, "base": base})


def test_who_stands_out_of_shares():
    table = funnel(areas([50, 52, 48, 90], [100, 100, 100, 100]), "events", "base", overdispersion=False)
    assert table["flag"].tolist() == ["", "", "", "above"]
    assert table["overall"].tolist() == [0.6] * 4
    assert table.columns[0] == "street"


def test_who_stands_out_of_ratios():
    table = funnel(areas([100, 98, 40], [100, 100, 100]), "events", "base", "ratio", overdispersion=False)
    assert table["flag"].tolist() == ["", "", "below"]


def test_overdispersion_widens_and_takes_the_flags_away():
    wild = areas([60, 140, 80, 120, 70, 130], [100] * 6)
    narrow, wide = (funnel(wild, "events", "base", "ratio", overdispersion=o) for o in (False, True))
    assert narrow["flag"].ne("").sum() == 4  # Holm at 5 %; beyond 99.8 % limits lie three
    assert wide["flag"].ne("").sum() == 0
    assert wide["tau2"].iloc[0] > 0
    assert wide["phi"].iloc[0] > 1


def test_what_is_less_spread_than_chance_is_not_widened():
    table = funnel(areas([100, 101, 99, 100], [100] * 4), "events", "base", "ratio")
    assert table["tau2"].iloc[0] == 0


def test_no_base_at_all_flags_every_area():
    assert funnel(areas([0, 0], [0, 0]), "events", "base", kind="ratio")["flag"].tolist() == ["no_base", "no_base"]


def test_no_base_is_flagged_and_does_not_count():
    table = funnel(areas([1, 0, 2], [10, 0, 10]), "events", "base")
    assert table["flag"].tolist() == ["", "no_base", ""]
    assert np.isnan(table["estimate"].iloc[1])
    assert np.isnan(table["lower"].iloc[1])
    assert table["overall"].iloc[0] == pytest.approx(3 / 20)


def test_no_area_and_one_area_give_no_flag():
    assert funnel(areas([], []).astype({"events": "float64", "base": "float64"}), "events", "base", "ratio").empty
    assert funnel(areas([5], [5]), "events", "base", "ratio")["flag"].tolist() == [""]


def test_no_event_gives_a_finite_row():
    table = funnel(areas([0, 20, 22], [20.0, 20.0, 20.0]), "events", "base", "ratio")
    assert np.isfinite(table[["lower", "upper", "z"]]).all().all()


def test_tails_by_hand():
    """Without a variance between areas: twice the smaller Poisson tail, times the number of areas (Holm)."""
    table = funnel(areas([100, 99, 101, 60], [100.0, 100, 100, 100]), "events", "base", "ratio", overdispersion=False)
    assert table["p_adjusted"].iloc[3] == pytest.approx(4 * 2 * poisson.cdf(60, 100))
    shares = funnel(areas([50, 52, 48, 90], [100] * 4), "events", "base", overdispersion=False)
    assert shares["p_adjusted"].iloc[3] == pytest.approx(4 * 2 * binom.sf(89, 100, 0.6))


@pytest.mark.parametrize("places", [11, 111])
def test_places_that_differ_anyway_are_rarely_called_apart(places):
    """Log-normal spread of 40 %: even one flag in at most some 5 of 100 districts (22 to 96 with the outer limits)."""
    false = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        expected = rng.lognormal(4.5, 0.6, places)
        x = rng.poisson(expected * rng.lognormal(-0.08, 0.4, places))
        table = funnel(areas(x, expected * x.sum() / expected.sum()), "events", "base", "ratio")
        false.append(table["flag"].ne("").any())
    assert np.mean(false) <= 0.12  # 0.05 with a standard error of 0.022


def test_a_place_far_out_is_found_among_those_that_differ():
    rng = np.random.default_rng(2)
    x = rng.poisson(100 * rng.lognormal(0, 0.2, 60))
    x[7] = 400
    assert funnel(areas(x, np.full(60, x.mean())), "events", "base", "ratio")["flag"].iloc[7] == "above"


@pytest.mark.parametrize(
    ("events", "base", "kind"), [([2], [1], "proportion"), ([-1], [1], "ratio"), ([1], [1], "sum")]
)
def test_impossible_input_is_refused(events, base, kind):
    with pytest.raises(ValueError, match="right would be"):
        funnel(areas(events, base), "events", "base", kind)


@given(st.floats(0.05, 0.95), st.integers(2, 5000), st.sampled_from(["proportion", "ratio"]), st.floats(0, 0.2))
def test_limits_hold_the_target_and_narrow_with_size(target, size, kind, tau2):
    overall = target if kind == "proportion" else 1.0
    lower, upper = funnel_limits(np.array([size, 2 * size]), overall, kind, tau2)
    assert (lower <= overall).all()
    assert (upper >= overall).all()
    assert upper[1] - lower[1] <= upper[0] - lower[0] + 1e-12


def test_shares_of_one_project_each_are_no_more_spread_than_chance():
    table = pd.DataFrame({"x": [1] * 27 + [0] * 73, "n": 1})
    assert funnel(table, "x", "n")["phi"].iloc[0] == pytest.approx(1.0, abs=0.02)  # by arcsines 1.96
