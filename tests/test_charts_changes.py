"""What pulled the total: named as the main source only where it is, and noise is not explained."""

import pandas as pd
import pytest

from src.reports import describe
from src.reports.describe.areas import changed_places

CLEAR = pd.Series(
    {"lower": -0.4, "upper": -0.1, "by_days": 0.0, "flag": "", "verdict": "more_than_months", "earlier": None}
)
NOISE = pd.Series({"lower": -0.1, "upper": 0.05, "by_days": 0.0, "flag": "", "verdict": "within"})


def parts(*points: float) -> pd.DataFrame:
    kinds = ["theft", "assault", "telecom_fraud", "robbery"][: len(points)]
    changed = {"reference": 1000.0, "current": [1000 + 10 * point for point in points]}
    return pd.DataFrame({"kind": kinds, **changed, "estimate": points, "note": ""})


def test_a_total_of_few_is_told_by_its_counts():
    table = parts(-18.9, 1.9).assign(reference=[60.0, 46.0], current=[23, 48])
    assert describe.contributions(table).sentence.startswith("总数同比由106宗降至71宗。下拉最多")


@pytest.mark.parametrize(
    ("points", "whole", "title", "verdict"),
    [
        ((-5.0, -4.0, -1.0), CLEAR, "下降主要来自盗窃（下拉5.0个百分点）", "，超出月度起伏。"),
        ((-4.0, -3.5, -3.0), CLEAR, "影响最大的是盗窃（下拉4.0个百分点）", "，超出月度起伏。"),
        ((4.0, 3.5, 3.0), None, "影响最大的是盗窃（拉升4.0个百分点）", "上升10.5%。各项均未下降"),
        ((-5.0, 1.0), NOISE, "总数的变化未超出月度起伏，变动最大的是盗窃（下拉5.0个百分点）", "，未超出月度起伏。"),
        ((-5.0, 4.9), None, "总数变化不大，变动最大的是盗窃（下拉5.0个百分点）", "下降0.1%。下拉"),
    ],
)
def test_the_title_explains_what_there_is_to_explain(points, whole, title, verdict):
    words = describe.contributions(parts(*points), whole=whole)
    assert words.title == title
    assert verdict in words.sentence


def test_what_states_no_kind_is_not_the_one_that_moved_most():
    unstated = parts(-5.0, -4.0, -1.0).assign(kind=[None, "theft", "assault"])
    words = describe.contributions(unstated, whole=CLEAR)
    assert "盗窃（下拉4.0个百分点）" in words.title
    assert "总数同比下降10.0%" in words.sentence  # it is of the total all the same


def test_a_mean_is_told_of_as_many_years_as_it_has():
    words = describe.contributions(parts(-5.0), compare="three_year_mean", years=2, whole=CLEAR)
    assert words.sentence.startswith("总数较前2年同期平均下降5.0%，超出月度起伏。各项均未上升")


def test_a_place_of_too_few_is_counted_though_it_is_not_drawn():
    flags = pd.Series([""] * 8 + ["too_few"])
    assert changed_places(flags, "community", "zh") == "8个社区未超出月度起伏，1个本期或对比期数量太少、不作判断"
    assert changed_places(flags, "community", "en").endswith("1 has too few cases to be judged")
