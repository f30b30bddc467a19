"""Charts of the level: what they say of a season, and of how many a day."""

import numpy as np
import pandas as pd
import pytest

from src.analysis.charts.trends import plot_daily_averages, plot_moving_annual_total, plot_seasonally_adjusted
from src.analysis.stats.time_series import daily_averages, moving_annual_total, seasonally_adjusted
from src.reports import describe

MONTHS = pd.date_range("2018-01-01", periods=48, freq="MS")
SEASON = 1 + 0.3 * np.sin(np.arange(48) * np.pi / 6)


def adjusted(level: float) -> pd.DataFrame:
    values = {"rate": level * SEASON, "estimate": level, "trend": level, "seasonal": SEASON}
    return pd.DataFrame({"month": MONTHS, **values})


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (40.0, "2021年12月日均40.0宗。2018年1月至2021年12月的48个月平均看，4月最多（高于平均30.0%），10月最少"),
        (0.25, "日均0.25宗，2021年12月日均0.25宗。每月平均不足20宗，哪个月多、哪个月少多半是偶然，不作结论。"),
    ],
)
def test_a_season_is_told_where_months_have_enough(level, told):
    assert told in describe.seasonally_adjusted(adjusted(level)).sentence


@pytest.mark.parametrize(
    ("level", "title"), [(40.0, "约40.0宗，一年前约40.0宗"), (0.25, "每月平均不足20宗，水平看12个月合计")]
)
def test_a_level_of_a_few_a_month_is_not_a_title(level, title):
    assert describe.seasonally_adjusted(adjusted(level), name="警情").title.endswith(title)


def daily(counts: np.ndarray) -> pd.DataFrame:
    ups_and_downs = np.resize([3, -2, 1, -4, 2], len(counts))  # what fits to the last digit cannot be judged
    return daily_averages(pd.Series(np.round(counts) + ups_and_downs, MONTHS[: len(counts)]))


def test_a_special_month_is_named_and_the_rest_say_how_far_off_one_has_to_be():
    counts = 1000 * SEASON
    counts[5] *= 1.5
    assert "2018年6月偏高" in describe.daily_averages(daily(counts)).sentence
    assert "要偏离推算值约8%" in describe.daily_averages(daily(1000 * SEASON)).sentence


def test_levels_of_years_are_the_title_and_say_of_how_many_months():
    words = describe.daily_averages(daily(np.repeat([310.0, 620.0], [12, 9])), name="警情", year=2019)
    assert words.title == "警情日均：2018年10.2、2019年（9个月）20.4"
    assert describe.daily_averages(daily(np.full(12, 365)), "en", "Reports").title == "Reports a day: 2018 12.0"


def test_events_of_the_calendar_are_drawn_where_the_months_hold_them():
    texts = [text.get_text() for text in plot_daily_averages(daily(1000 * SEASON)).texts]
    assert "广东启动一级响应" in texts
    earlier = plot_daily_averages(daily(1000 * SEASON[:24]))
    assert "广东启动一级响应" not in [text.get_text() for text in earlier.texts]
    assert earlier.get_ylim()[0] == 0


def test_levels_without_a_season_are_drawn_with_the_number_of_their_end():
    series = pd.Series(np.round(1000 * SEASON), MONTHS)
    total, adjusted = moving_annual_total(series), seasonally_adjusted(series)
    assert [text.get_text() for text in plot_moving_annual_total(total).texts] == ["12,000"]
    ax = plot_seasonally_adjusted(adjusted, lang="en")
    assert {text.get_text() for text in ax.texts} >= {"Adjusted", "As it came"}
    assert [line.get_label() for line in ax.lines] == ["As it came", "Trend", "Adjusted"]
