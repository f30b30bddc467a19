"""Charts of the level: what they say of a season, and of how many a day."""

import numpy as np
import pandas as pd
import pytest

from src.analysis.stats.time_series import moving_annual_total, special_months
from src.reports import describe

MONTHS = pd.date_range("2018-01-01", periods=48, freq="MS")
SEASON = 1 + 0.3 * np.sin(np.arange(48) * np.pi / 6)


def adjusted(level: float) -> pd.DataFrame:
    values = {"rate": level * SEASON, "estimate": level, "trend": level, "seasonal": SEASON}
    return pd.DataFrame({"month": MONTHS, **values})


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (40.0, "2021年12月日均40.0宗。2018年1月至2021年12月的48个月平均看，4月最多（高于平均30%），10月最少"),
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


def test_a_special_month_is_named_and_the_rest_say_how_far_off_one_has_to_be():
    counts = pd.Series(np.round(1000 * SEASON), MONTHS)
    counts.iloc[5] *= 1.5
    words = describe.special_months(special_months(counts))
    assert "有1个月明显偏离" in words.title
    assert "2018年6月偏高" in words.sentence
    quiet = describe.special_months(special_months(pd.Series(np.round(1000 * SEASON), MONTHS)))
    assert "没有一个月明显偏离" in quiet.title
    assert "要偏离推算值约8%" in quiet.sentence


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (3, 1, "共12宗，再前12个月36宗；最高是截至2018年12月的36宗。数量少，不计算增减幅度。"),
        (0, 3, "共36宗，再前12个月0宗；"),
        (4, 2, "共24宗，比再前12个月下降50.00%；"),
    ],
)
def test_twelve_months_of_few_cases_are_told_as_counts(before, after, told):
    series = pd.Series([before] * 12 + [after] * 12, MONTHS[:24])
    assert told in describe.moving_annual_total(moving_annual_total(series)).sentence
