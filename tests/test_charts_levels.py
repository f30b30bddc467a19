"""Charts of the level: what they say of a season, and of how many a day."""

import numpy as np
import pandas as pd
import pytest

from src.analysis.charts.levels import plot_seasonally_adjusted, plot_xmr
from src.analysis.stats.xmr import xmr

MONTHS = pd.date_range("2018-01-01", periods=48, freq="MS")
SEASON = 1 + 0.3 * np.sin(np.arange(48) * np.pi / 6)


def adjusted(level: float) -> pd.DataFrame:
    values = {"rate": level * SEASON, "estimate": level, "trend": level, "seasonal": SEASON}
    return pd.DataFrame({"month": MONTHS, **values})


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (40.0, "日均40.0宗，2021年12月日均40.0宗。平常年份4月最多（高于平均30%），10月最少"),
        (0.25, "日均0.25宗，2021年12月日均0.25宗。每月平均不足20宗，哪个月多、哪个月少多半是偶然，不作结论。"),
    ],
)
def test_a_season_is_told_where_months_have_enough(level, told):
    assert told in plot_seasonally_adjusted(adjusted(level)).figure.sentence


def test_limits_of_small_rates_have_two_decimals():
    rates = np.random.default_rng(1).normal(0.25, 0.02, 48)
    table = xmr(pd.Series(rates, MONTHS), baseline=24).assign(month=MONTHS)
    assert f"日均{rates[:24].mean():.2f}宗，限0." in plot_xmr(table, baseline=24).figure.sentence
