"""Charts of notebook 05: nothing cut off, and words that hold the numbers of their table."""

import pandas as pd
import pytest
from chart_faults import faults

from src.analysis.charts import projects as charts
from src.reports import describe

FIELDS = ["disputes", "special_groups", "environment", "traffic", "public_security"]


def gap(by="community", places=17):
    rows = [
        {"street": "布吉街道", **({"community": f"东方半岛{n}社区"} if by == "community" else {}), "field": field,
         "x": n % 3, "n": 10 * n, "expected": 1.25, "estimate": 1.25 - n % 3, "p": 0.2,
         "flag": "too_few" if n < 2 else "under" if n == 3 else ""}
        for n in range(places) for field in FIELDS
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    return table.assign(street=[f"街道{i // 5}" for i in range(len(table))]) if by == "street" else table


TOTALS = pd.DataFrame({
    "street": "坂田街道", "community": [f"第{n}社区" for n in range(15)], "x": [7, *range(3, 17)],
    "expected": [22.5, *[6.0] * 14], "lower": 2.0, "upper": 14.0, "p": 0.5, "flag": ["under", *[""] * 13, "over"],
}).assign(estimate=lambda table: table["expected"] - table["x"])  # fmt: skip
SIMILAR = pd.DataFrame({
    "street": ["龙城街道", "布吉街道"], "community": ["紫薇社区", "南三社区"], "distance": [0.6, 0.9],
    "same_street": [False, True], "note": "density",
})  # fmt: skip
CASES = pd.DataFrame({
    "street": "龙城街道", "community": ["紫薇社区", "紫薇社区", "愉园社区", "南三社区"],
    "field": ["traffic", "disputes", "traffic", "traffic"], "x": [1, 2, 1, 1],
    "raw": [-0.5, 0.1, -0.1, 0.2], "estimate": [-0.4, 0.02, -0.1, 0.0], "lower": [-0.5, -0.2, -0.2, None],
    "upper": [-0.3, 0.1, 0.0, None], "overall": [-0.1] * 4, "flag": ["", "", "", "too_few"],
})  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("plot", "words", "table"),
    [
        (charts.plot_coverage_gap, describe.coverage_gap, gap()),
        (charts.plot_coverage_gap, describe.coverage_gap, gap("street", 11)),
        (charts.plot_coverage_gap, describe.coverage_gap, gap(places=1)),
        (charts.plot_coverage_totals, describe.coverage_totals, TOTALS),
        (charts.plot_similar_communities, describe.similar_communities, SIMILAR),
        (charts.plot_typical_cases, describe.typical_cases, CASES),
    ],
)
def test_nothing_is_cut_off_or_printed_over_other_text(plot, words, table, lang):
    assert faults(plot(table, lang=lang).figure) == []
    assert len(words(table, lang).alt) > 12


def test_every_cell_says_projects_and_expected_and_the_title_the_largest_gap():
    words = describe.coverage_gap(gap(places=4))
    texts = [text.get_text() for text in charts.plot_coverage_gap(gap(places=4)).texts]
    assert texts.count("0/1.2") == 10  # communities 0 and 3
    assert "东方半岛3社区（矛盾纠纷化解）" in words.title  # of 0 there are too few
    assert "可比的10格中，5格明显偏少，5格在偶然范围内" in words.sentence
    assert "5格没有项目" in words.sentence


def test_heads_are_broken_between_words_and_no_character_is_left_over():
    heads = [text.get_text() for text in charts.plot_coverage_gap(gap("street", 11)).get_xticklabels()]
    assert heads == ["矛盾纠纷\n化解", "特殊人群\n管理与服务", "环境品质\n提升", "交通安全\n管理", "治安整治"]


def test_rows_may_be_put_in_an_order():
    ax = charts.plot_coverage_gap(gap(places=3), order=["东方半岛2社区", "不在表中", "东方半岛0社区"])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["东方半岛2社区", "东方半岛0社区"]


def test_what_the_register_lacks_is_said():
    assert "登记册没有人口密度" in describe.similar_communities(SIMILAR, target="x").sentence


def test_cases_apart_from_the_district_are_counted():
    words = describe.typical_cases(CASES)
    assert words.title == "1组明显低于全区，2组与全区没有明显差别"
    assert "不足20宗的1组只报数" in words.sentence


def test_the_largest_gap_says_by_what_it_is_the_largest_and_chance_is_tinted_half():
    street = describe.coverage_gap(gap("street", 11))
    assert street.title.startswith("按街道和领域看，") and street.sentence.startswith("按街道和领域看，")
    assert describe.coverage_gap(gap()).title.startswith("按社区和领域看，")
    cells = gap(places=2)
    tints = [
        charts.plot_coverage_gap(cells.assign(flag=flag)).collections[0].get_array()[0, 0] for flag in ("", "under")
    ]
    assert tints[0] == tints[1] / 2 < 0  # blue: fewer projects than expected


def test_that_none_is_of_the_same_street_is_not_told():
    said = describe.similar_communities(SIMILAR.assign(same_street=False), target="x").sentence
    assert "同街道" not in said
    assert "其中同街道1个" in describe.similar_communities(SIMILAR, target="x").sentence


def test_no_change_is_zero_on_the_axis_without_a_sign():
    axis = charts.plot_typical_cases(CASES).xaxis
    assert axis.get_major_formatter()(0.0, 0) == "0"
    assert axis.get_major_formatter()(-0.2, 0) == "−20%"


def test_communities_short_of_most_have_a_row_each_and_so_has_any_other_beyond_chance():
    ax = charts.plot_coverage_totals(TOTALS)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert (names[-1], names[0], len(names)) == ("坂田街道第0社区", "坂田街道第14社区", 5)
    texts = [text.get_text() for text in ax.texts]
    assert (texts[-1], texts[0]) == ("少15.5个", "多10.0个")
