"""Funnels: limits narrow with size, widen with overdispersion, and impossible input is refused or flagged."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.analysis.stats.funnel import funnel, funnel_limits


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
    assert narrow["flag"].ne("").sum() == 3
    assert wide["flag"].ne("").sum() == 0
    assert wide["tau2"].iloc[0] > 0
    assert wide["phi"].iloc[0] > 1


def test_what_is_less_spread_than_chance_is_not_widened():
    table = funnel(areas([100, 101, 99, 100], [100] * 4), "events", "base", "ratio")
    assert table["tau2"].iloc[0] == 0


def test_no_base_is_flagged_and_does_not_count():
    table = funnel(areas([1, 0, 2], [10, 0, 10]), "events", "base")
    assert table["flag"].tolist() == ["", "no_base", ""]
    assert np.isnan(table["estimate"].iloc[1])
    assert np.isnan(table["lower"].iloc[1])
    assert table["overall"].iloc[0] == pytest.approx(3 / 20)


def test_no_event_gives_a_finite_row():
    table = funnel(areas([0, 20, 22], [20.0, 20.0, 20.0]), "events", "base", "ratio")
    assert np.isfinite(table[["lower", "upper", "z"]]).all().all()


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
