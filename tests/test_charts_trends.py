"""Charts of incidents over time: which hours and days are said to have most."""

import pandas as pd
import pytest

from src.analysis.charts.trends import plot_petitions
from src.analysis.stats.distribution import busiest
from src.reports import describe

EVEN = pd.MultiIndex.from_product([range(7), range(24)], names=["weekday", "hour"]).to_frame(index=False)


def hours(each: int, *more: tuple[str, list[int], int], p: float = 0.5) -> pd.DataFrame:
    """Incidents of ten weeks: as many in each hour, and more in some; p of all days of the week alike."""
    table = EVEN.assign(x=each, n=10)
    for column, chosen, added in more:
        table.loc[table[column].isin(chosen), "x"] += added
    return table.assign(estimate=table["x"] / table["n"], p=p)


def months(before: list[int], now: list[int]) -> pd.DataFrame:
    table = pd.DataFrame({"month": pd.date_range("2020-01-01", periods=24, freq="MS"), "estimate": [*before, *now]})
    return table.assign(lower=table["estimate"], upper=table["estimate"])


def test_the_month_that_fell_most_in_number_is_told_as_numbers():
    table = months([2675, *[100] * 11], [1755, 30, *[100] * 9, 101])  # February fell by 70 %, January by 34 %
    told = [describe.monthly(table, lang=lang, name="x").sentence for lang in ("zh", "en")]
    assert told[0].endswith("2个月低于上年，1个高于上年，9个与上年持平；减少最多的是1月（由2,675宗降至1,755宗）。")
    assert told[1].endswith("; the largest decrease was in January (from 2,675 down to 1,755).")
    few = describe.monthly(months([19, *[5] * 11], [3, *[5] * 11]), name="x").sentence
    assert "减少最多" not in few


def test_hours_that_have_most_are_told_with_their_share():
    words = describe.weekday_hours(hours(10, ("hour", [22, 23, 0], 20)))
    assert words.title == "22时至次日1时较集中，占30.0%"
    assert words.sentence == (
        "记有具体时刻的2,100条：22时至次日1时较集中，占30.0%（若各时段均匀应占12.5%）；1时至4时最少，占10.0%。"
        "一周各天的差别未超出逐日起伏。"
    )
    four = describe.weekday_hours(hours(10, ("hour", [20, 21, 22, 23], 20)))
    assert four.title.startswith("20时至24时较集中")  # four that are alike are told as four
    fewer = describe.weekday_hours(hours(1, ("hour", [22, 23, 0], 2), ("hour", [2], -1)))
    assert "最少" not in fewer.sentence  # 14 in the three hours with least


@pytest.mark.parametrize(("added", "told"), [(1, False), (5, True)])
def test_a_few_more_than_elsewhere_are_chance(added, told):
    table = hours(1, ("hour", [10], added))
    assert (busiest(table, "hour", (3,))["p"] < 0.05) == told
    assert ("较集中" in describe.weekday_hours(table).title) is told


def test_a_day_has_most_by_the_mean_of_its_days():
    sure = hours(10, ("weekday", [5], 5), p=0.001)
    assert "一周中周六最多，比各天平均高40.0%" in describe.weekday_hours(sure).sentence


@pytest.mark.parametrize(("p", "told"), [(0.02, "未超出逐日起伏"), (float("nan"), "不比较一周各天")])
def test_days_that_differ_no_more_than_days_do_anyway_are_not_named(p, told):
    assert told in describe.weekday_hours(hours(10, ("weekday", [5], 5), p=p)).sentence


@pytest.mark.parametrize(
    ("n", "title", "said"),
    [
        (1, "受理1件，其中网上信访最多，1件", "网上信访1件最多；重复信访1件。数量少，不计算占比。"),
        (20, "网上信访最多（100.0%），重复信访占5.0%", "网上信访20件最多；重复信访1件，占5.0%。"),
    ],
)
def test_few_petitions_are_told_as_counts(n, title, said):
    table = pd.DataFrame({"channel": ["online"], "x": [1], "first": [n - 1], "n": [n], "people_count": [n]})
    words = describe.petitions(table)
    assert words.title == title
    assert words.sentence.endswith(said)


def petitions(**columns: list) -> pd.DataFrame:
    table = pd.DataFrame({"channel": ["online", None], "x": None, "first": None, "n": [300, 200], "people_count": None})
    return table.assign(**columns).astype(dict.fromkeys(["x", "first", "people_count"], "Int64"))


@pytest.mark.parametrize(
    ("columns", "title", "said"),
    [
        ({"channel": None}, "受理500件", "受理500件。"),
        ({"channel": None, "x": [60, 40], "first": [240, 160]}, "受理500件，重复信访占20.0%",
         "受理500件；重复信访100件，占20.0%。"),
        ({"people_count": [9, None]}, "网上信访最多（100.0%）",
         "受理500件，涉及9人次；写明渠道的300件中网上信访300件最多。"),
        ({"x": [60, None], "first": [140, None], "channel": ["online", "visit"]},
         "网上信访最多（60.0%），重复信访占30.0%",
         "受理500件；网上信访300件最多；写明是否重复的200件中重复信访60件，占30.0%。"),
    ],
)  # fmt: skip
def test_what_no_petition_states_is_not_told_and_a_share_is_of_those_that_state_it(columns, title, said):
    words = describe.petitions(petitions(**columns))
    assert (words.title, words.sentence) == (title, said)


def test_the_legend_of_petitions_stands_below_the_bars():
    figure = plot_petitions(petitions(channel=None, x=[60, 40], first=[240, 160]).iloc[:1]).figure
    figure.canvas.draw()
    ax = figure.axes[0]
    assert ax.get_legend().get_window_extent().y1 < min(bar.get_window_extent().y0 for bar in ax.patches)
