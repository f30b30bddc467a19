"""Charts of 02 on few projects: what is said must hold for one community too."""

import base64
import datetime as dt
import re

import pandas as pd

from src.analysis.charts.projects import (
    plot_participation_overlap,
    plot_participation_rate,
    plot_project_starts,
    plot_projects_by_community,
)
from src.analysis.stats.proportions import (
    differences_of,
    participation_overlap,
    participation_rate,
    projects_by_community,
    share_differences,
    who_took_part,
)
from src.reports import describe
from src.reports.findings import participation as participation_findings
from src.reports.html import table_html
from src.reports.outputs import show
from src.reports.tables import table_of

PLACES = pd.DataFrame({"street": ["布吉街道"] * 3, "community": ["龙岭社区", "布吉社区", "甲社区"]})
PROJECTS = PLACES.iloc[[0, 0, 1]]
MONTHS = pd.DataFrame({"month": pd.date_range("2021-01-01", periods=3, freq="MS")})


def test_a_community_is_marked_among_those_of_its_street():
    table = projects_by_community(PROJECTS, PLACES)
    figure = plot_projects_by_community(table, here="龙岭社区").figure
    words = describe.projects_by_community(table, here="龙岭社区")
    assert words.title == "龙岭社区有2个项目，布吉街道3个社区的中位数是1个"
    assert words.sentence.startswith("布吉街道3个社区中，项目比龙岭社区多的0个，比它少的2个")
    large = [offsets for dots in figure.axes[0].collections for offsets in dots.get_sizes() if offsets > 20]
    assert len(large) == 1


def test_no_month_is_called_the_one_with_most_where_several_are():
    tied = describe.project_starts(MONTHS.assign(x=[3, 0, 3]), period="2021年")
    assert tied.title == "6个项目分在2个月启动，每月最多3个"
    one = describe.project_starts(MONTHS.assign(x=[3, 0, 4]), period="2021年")
    assert one.title == "7个项目中，4个在3月启动，为最多的一个月"


def test_of_few_projects_no_busiest_months_are_told():
    few = describe.project_starts(MONTHS.assign(x=[1, 0, 3]), period="2021年")
    assert few.sentence == "2021年启动项目4个；数量少，看不出集中在哪几个月。"


def by_field(**parts):
    """Projects of some fields: how many had both, residents only, social forces only, neither."""
    flags = [(True, True), (True, False), (False, True), (False, False)]
    rows = [(field, *flag) for field, n in parts.items() for flag, x in zip(flags, n, strict=True) for _ in range(x)]
    return pd.DataFrame(rows, columns=["field", "residents_took_part", "organisations_took_part"])


def test_bars_of_fields_are_all_their_projects_and_sorted_by_residents():
    projects = by_field(traffic=(1, 1, 2, 6), environment=(6, 1, 1, 2), disputes=(1, 1, 1, 1))
    table = participation_overlap(projects, "field")
    ax = plot_participation_overlap(table)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["交通安全管理", "环境品质提升"]  # four are too few
    widths = [round(bar.get_width(), 2) for bar in ax.patches]
    assert widths == [0.1, 0.6, 0.1, 0.1, 0.2, 0.1, 0.6, 0.2]  # part by part, from the bottom
    assert {"6", "10个"} <= {text.get_text() for text in ax.texts}


def test_bars_of_fields_say_which_differ_from_the_rest_or_that_none_does():
    for parts, title in (
        (
            {"traffic": (2, 0, 2, 26), "environment": (20, 5, 2, 3), "disputes": (2, 0, 2, 26)},
            "环境品质提升的居民参与率高于其余",
        ),
        ({"traffic": (5, 5, 5, 5), "environment": (5, 5, 5, 5)}, "各治理领域与其余均无显著差异"),
    ):
        projects = by_field(**parts)
        tested = {kind: share_differences(projects, "field", kind) for kind in ("residents", "organisations")}
        words = describe.participation_overlap(participation_overlap(projects, "field"), differences=tested)
        assert words.title.startswith(title)
        assert f"两者都没有参与的{sum(n[3] for n in parts.values())}个" in words.sentence


def test_days_of_the_week_and_notes_are_told_in_words():
    table = pd.DataFrame({"weekday": [0, 6], "x": [3, 4], "note": ["outside;one_side", "resident 2022"]})
    page = table_html(table_of(table, "t", "zh", name="weekday_hours"))
    for told in ("周一", "周日", "数量", "超出限、连续7个同侧", "常住人口 2022"):
        assert f">{told}<" in page


def test_a_rise_has_its_sign_as_a_fall_has():
    page = table_html(table_of(pd.DataFrame({"to_date_change": [0.05, -0.05, 0]}), "t", "zh", ["to_date_change"]))
    assert [text in page for text in (">+5.0%<", ">−5.0%<", ">0.0%<")] == [True] * 3


def test_a_community_of_another_time_is_not_looked_for_and_one_alone_stands_beside_none():
    table = projects_by_community(PROJECTS, PLACES)
    gone = describe.projects_by_community(table, here="旧社区")
    assert gone.title == "3个社区共3个项目，每个社区0至2个"
    alone = describe.projects_by_community(table.iloc[[0]], here="龙岭社区")
    assert (alone.title, alone.sentence[:12]) == ("龙岭社区有2个项目", "布吉街道只有这一个社区。")


def test_what_nobody_delivered_is_said_to_be_absent_and_not_few(capsys):
    for table in (MONTHS.assign(x=0), MONTHS.assign(x=0).iloc[:0]):
        ax = plot_project_starts(table)
        assert [text.get_text() for text in ax.texts] == ["没有记录，不作图"]
        show(ax, table, describe.project_starts(table))
    assert capsys.readouterr().out == ""


def shares(by: str, **counts: tuple[int, int]) -> pd.DataFrame:
    """Return a table as `participation_rate` gives it: who took part in how many of the projects."""
    rows = [
        pd.DataFrame({"street": "布吉街道", by: name, "residents_took_part": [True] * x + [False] * (n - x)})
        for name, (x, n) in counts.items()
    ]
    projects = pd.concat(rows).assign(organisations_took_part=False, started_on=pd.Timestamp("2021-01-01"))
    return participation_rate(projects, by)


def colours(table: pd.DataFrame) -> int:
    """Return in how many colours shares are drawn, given which differ from the rest."""
    ax = plot_participation_rate(table, differences=differences_of(table))
    return len(set(map(tuple, ax.collections[0].get_colors())))


def test_a_street_is_called_different_only_where_that_survives_many_comparisons():
    # One interval leaves out the overall share; of six compared that is no ground to call it high.
    rest = {f"街{n}": (25, 100) for n in range(5)}
    table = shares("street", 甲街道=(21, 50), **rest)
    seeming = describe.participation_rate(table)
    assert seeming.title == "居民参与的项目占26.5%，各街道之间无显著差异"
    assert "单看区间，甲街道不含总体比例，但同时比较多个时不足为据。" in seeming.sentence
    assert "明显" not in seeming.title + seeming.alt + seeming.sentence
    assert colours(table) == 1
    table = shares("street", 甲街道=(45, 50), **rest)
    assert colours(table) == 2
    real = describe.participation_rate(table)
    assert real == describe.participation_rate(table, differences=differences_of(table))
    assert real.title == "居民参与的项目占30.9%，甲街道明显高于其余"
    assert "经多重比较校正后与其余仍有差别的：甲街道。" in real.sentence


def test_streets_stand_in_the_registers_order_and_fields_by_their_share():
    named = lambda figure: [label.get_text()[:3] for label in figure.axes[0].get_yticklabels()][::-1]  # noqa: E731
    streets = shares("street", 甲街道=(1, 9), 乙街道=(8, 9), 丙街道=(4, 9))
    assert named(plot_participation_rate(streets).figure) == ["甲街道", "乙街道", "丙街道"]
    fields = shares("field", disputes=(1, 9), environment=(8, 9))
    assert named(plot_participation_rate(fields).figure)[0].startswith("环境")


def test_a_title_says_how_many_could_be_compared():
    table = shares("community", 甲社区=(2, 6), 乙社区=(3, 7), 丙社区=(1, 2))
    words = describe.participation_rate(table)
    assert words.title == "居民参与的项目占40.0%，可比的2个社区之间无显著差异"
    assert "项目不足5个的不计算比例：丙社区。" in words.sentence
    one = describe.participation_rate(table.iloc[[0, 2]].reset_index(drop=True))
    assert one.title == "居民参与的项目占37.5%；项目数够比较的社区只有1个"


def few(n: int) -> pd.DataFrame:
    """Return projects of which residents took part in the first, social forces in none."""
    took = pd.DataFrame({"residents_took_part": [True] + [False] * (n - 1), "organisations_took_part": False})
    return took.astype("boolean")


def test_below_five_projects_the_overlap_is_told_as_counts():
    table = participation_overlap(few(4))
    texts = [text.get_text() for text in plot_participation_overlap(table).texts]
    assert "%" not in describe.participation_overlap(table).sentence + "".join(texts)
    assert participation_overlap(few(4))["estimate"].isna().all()
    assert "20.0%" in describe.participation_overlap(participation_overlap(few(5))).sentence


def test_below_five_projects_a_table_shows_no_share_and_the_download_has_it():
    table = who_took_part(few(4)).head(1)
    page = table_html(table_of(table, "t", percent=("estimate", "lower", "upper"), name="participation_rate"))
    assert page.partition("</table>")[0].count(">—<") == 3
    assert ",0.25," in base64.b64decode(re.search(r"base64,([^\"]*)", page)[1]).decode("utf-8-sig")


def test_of_few_projects_no_month_is_the_busiest():
    words = describe.project_starts(MONTHS.assign(x=[1, 0, 0]), period="2021年")
    assert (words.title, words.alt) == ("2021年启动项目1个", "柱形图：逐月启动的项目数，共1个。")


def test_cells_are_told_in_words_with_their_units_and_no_zero_has_a_sign():
    table = pd.DataFrame(
        {
            "partners": ["医院;学校"],
            "note": "density",
            "p_overall": [0.0002],
            "estimate": [-0.0001],
            "share": [-0.0001],
        }
    )
    page = table_html(table_of(table, "t", percent=("share",), name="share_differences")).partition("</table>")[0]
    for told in ("医院、学校", "人口密度", "&lt;0.001", "0.00", "0.0%", "与其余相差（百分点）"):
        assert f">{told}<" in page


def test_two_kinds_that_never_meet_are_not_said_to_overlap():
    projects = few(4).assign(street="布吉街道", community="龙岭社区", started_on=pd.Timestamp("2021-01-01"))
    said, figures, _, _ = participation_findings.opening(projects, PLACES, "zh", "甲社区", dt.date(2021, 10, 5))
    assert figures[1] == ("居民参与", "4个中1个", "项目不足5个，不计算比例")
    assert said == (
        "截至2021年10月5日，甲社区台账登记的治理项目（不论哪年启动）共4个，居民参与1个，社会力量参与0个，没有两者都参与的。"
    )
    both = projects.assign(organisations_took_part=True)
    opened = participation_findings.opening(both, PLACES, "zh", "甲社区", dt.date(2021, 10, 5))
    assert opened.sentence.endswith("，两者都参与1个；两项有重叠，不可相加。")
