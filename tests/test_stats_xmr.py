"""XmR charts: each rule by itself, the screen, rebasing only when told, a season warned of."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.analysis.stats.time_series import xmr

STEADY = [10, 12, 9, 11, 10, 12, 9, 11, 12, 10, 11, 9]


def notes(values: list, **options) -> list[str]:
    return xmr(pd.Series(values), **options)["note"].tolist()


def test_steady_points_break_no_rule():
    assert set(notes(STEADY)) == {""}


def test_a_point_outside_the_limits():
    table = xmr(pd.Series([*STEADY, 30]), baseline=12)
    assert table["note"].tolist()[-1] == "outside"
    assert table["flag"].tolist()[-1] == "high"


def test_seven_on_one_side_but_not_six():
    assert "one_side" not in "".join(notes([*STEADY, *[12, 11] * 3], baseline=12)[12:])
    assert notes([*STEADY, *[12, 11] * 3, 12], baseline=12)[-7:] == ["one_side"] * 7


def test_seven_rising_but_no_tie_between():
    rising = [10.4, 10.41, 10.42, 10.43, 10.44, 10.6, 10.7]
    assert [note for note in notes([*STEADY[:11], 10.3, *rising[1:]], baseline=11)[11:] if "trend" in note]
    tied = [10.3, 10.41, 10.41, 10.43, 10.44, 10.6, 10.7]
    assert not [note for note in notes([*STEADY[:10], 11, *tied], baseline=11) if "trend" in note]


def test_two_of_three_near_the_same_limit():
    table = xmr(pd.Series([*STEADY, 15.2, 10, 15.2, 10, 10]), baseline=12)
    assert table["note"].tolist()[12:] == ["two_of_three", "", "two_of_three", "", ""]
    apart = xmr(pd.Series([*STEADY, 15.2, 10, 5.8, 10]), baseline=12)
    assert "two_of_three" not in apart["note"].tolist()
    assert notes([*STEADY, 30, 10, 15.2], baseline=12)[12:] == ["outside", "", ""]  # a point outside is not near


def test_one_wild_moving_range_is_screened_once():
    values = [*STEADY, 100, *STEADY]
    screened, plain = xmr(pd.Series(values)), xmr(pd.Series(values), screen=False)
    assert screened["upper"].iloc[0] < plain["upper"].iloc[0]
    assert screened["mean"].iloc[0] == plain["mean"].iloc[0]


def test_limits_change_only_where_a_rebase_is_stated():
    values = pd.Series([*STEADY, *[v + 20 for v in STEADY]])
    assert xmr(values, baseline=12)["mean"].tolist() == [10.5] * 24
    rebased = xmr(values, baseline=12, rebase=[12])
    assert rebased["mean"].tolist() == [10.5] * 12 + [30.5] * 12


def test_a_missing_point_stays_missing_and_breaks_no_rule():
    table = xmr(pd.Series([*STEADY, np.nan, 11]))
    assert table["estimate"].isna().tolist()[12]
    assert table["flag"].tolist()[12] == ""


@pytest.mark.parametrize("baseline", [1, 99])
def test_an_impossible_baseline_is_refused(baseline):
    with pytest.raises(ValueError, match="right would be"):
        xmr(pd.Series(STEADY), baseline=baseline)


def test_a_season_is_warned_of():
    index = pd.date_range("2018-01", periods=48, freq="MS")
    with pytest.warns(UserWarning, match="season"):
        xmr(pd.Series(100 + 30 * np.sin(np.arange(48) * np.pi / 6), index=index))
    # flat noise does not warn (a warning is an error here)
    xmr(pd.Series(np.random.default_rng(1).normal(100, 5, 48), index=index))


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=40), st.integers(1, 9), st.integers(-50, 50))
def test_shifting_and_scaling_shifts_and_scales_the_limits(values, factor, shift):
    plain, moved = xmr(pd.Series(values)), xmr(pd.Series([factor * v + shift for v in values]))
    assert moved["upper"].iloc[0] == pytest.approx(factor * plain["upper"].iloc[0] + shift, abs=1e-6)
    assert moved["lower"].iloc[0] == pytest.approx(factor * plain["lower"].iloc[0] + shift, abs=1e-6)
