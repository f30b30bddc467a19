"""Hot spots: how many still are, or that none is."""

import pandas as pd
import pytest

from src.analysis.charts.areas import plot_funnel
from src.analysis.stats.rates import funnel
from src.reports import describe


@pytest.mark.parametrize(
    ("flags", "p", "title", "said"),
    [
        (
            ["stayed", "left", "new"],
            0.38,
            "2020年的2个热点社区，2021年仍有1个",
            "留下1个（a），退出1个，新增1个。各地真实水平都不变，只凭起伏也会退出约0.4个，这样的进出偶然就能解释（p=0.38）。",
        ),
        (
            ["left", "left", "new"],
            0.005,
            "2020年的2个热点社区，2021年都已不是",
            "留下0个，退出2个，新增1个。各地真实水平都不变，只凭起伏也会退出约0.4个；实际退出明显更多（p=0.005），热点有转移。",
        ),
    ],
)
def test_the_title_says_how_many_still_are(flags, p, title, said):
    table = pd.DataFrame(
        {"street": "s", "community": ["a", "b", "c"], "flag": flags, "hot_before": [True, True, False]}
    )
    table = table.assign(
        left_expected=0.4, p=p, reference=[9, 8, 1], current=[5, 4, 9], hit=[0.3, 0.5, 1.0], estimate=[0.9, 0.8, 1.0]
    )
    words = describe.hotspot_persistence(table, "zh", "龙岗区", "2020年", "2021年")
    assert words.title == "龙岗区" + title
    assert words.sentence.endswith(said)


def test_areas_in_one_spot_of_a_funnel_are_one_larger_dot_and_the_caption_says_so():
    table = funnel(pd.DataFrame({"street": list("abcd"), "x": [1, 1, 1, 5], "n": [4, 4, 4, 10]}), "x", "n")
    one, three = (dots.get_sizes()[0] for dots in plot_funnel(table).collections[-2:])
    assert three > 2 * one
    assert "点越大" in describe.funnel(table).caption
    assert "点越大" not in describe.funnel(table.drop_duplicates("estimate")).caption
