"""The definition check and the leaders' questions, on deliveries whose answers are known."""

from types import SimpleNamespace

import pandas as pd
import pytest

from src.analysis import load_communities
from src.analysis.stats.delivery import as_clusters
from src.codebook.periods import parse_period
from src.reports import open_report
from src.reports.context.comparisons import Comparisons
from src.reports.findings import leaders
from src.reports.findings import trends as trend_findings
from src.reports.parameters import ParameterError, check_area
from tests.headline_case import checks_of, opening_of, questions_of

SOURCES = "- {files: incidents.csv, table: incidents, title: 警情, received: '2021-07-05'}\n"


def deliver(folder, counts: dict[tuple[str, str, str], int]):
    """Write deliveries: for each (month, group, kind) so many incidents in two streets."""
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    streets = {"平湖街道": "鹅公岭社区", "布吉街道": "南三社区"}
    rows = [
        {"警情编号": f"{month}{group}{kind}{n}", "接报时间": f"{month}-03 14:20", "所属街道": street,
         "所属社区": streets[street], "警情类别": group, "警情种类": kind}
        for (month, group, kind), count in counts.items()
        for n in range(count) for street in [list(streets)[n % 2]]
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(raw / "incidents.csv", index=False)
    (raw / "sources.yml").write_text(SOURCES, encoding="utf-8")
    return folder / "data"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: None)

    def made(counts: dict, **parameters: str):
        monkeypatch.setenv("ANALYSIS_DATA", str(deliver(tmp_path, counts)))
        return open_report(period="2021-05/2021-06", **parameters)

    return made


FELL = {("2020-05", "刑事警情", "盗窃"): 300, ("2021-05", "刑事警情", "盗窃"): 150, ("2021-06", "刑事警情", "盗窃"): 20}
SHIFTED = {**FELL, ("2020-05", "纠纷", "邻里纠纷"): 100, ("2021-05", "纠纷", "邻里纠纷"): 240}
STEADY = {**FELL, ("2020-05", "纠纷", "邻里纠纷"): 100, ("2021-05", "纠纷", "邻里纠纷"): 101}


def test_disputes_that_rose_as_reports_fell_are_to_be_looked_into(run):
    table = checks_of(run(SHIFTED)).set_index("check")
    assert table.loc["分类标准是否调整", "verdict"] == "需要核对"
    assert "由100宗增至240宗，上升140.0%" in table.loc["分类标准是否调整", "found"]


def test_disputes_that_stayed_are_not(run):
    table = checks_of(run(STEADY, lang="en")).set_index("check")
    assert table.loc["Reclassification", "verdict"] == "Nothing unusual"


def test_places_redrawn_after_the_windows_are_no_change_between_them(run):
    table = checks_of(run(STEADY)).set_index("check")
    register = load_communities(period="2022")  # 六约 and 红棉 became three communities on 2022-01-01
    assert table.loc["行政区划是否调整", "verdict"] == "未见异常"
    later = SimpleNamespace(
        communities=register, baseline=[parse_period("2021-05")],
        as_clusters=lambda rows: as_clusters(rows, load_communities(), "2021-05-01", "2022-05-31"),
    )  # fmt: skip
    changed = Comparisons.places_changed.fget(later)["community"].tolist()
    assert "六约北社区" in changed
    assert "鹅公岭社区" not in changed


def test_the_questions_are_answered_from_the_counts(run):
    answers = questions_of(run(SHIFTED)).set_index("question")["answer"]
    assert answers["降的是哪些？"].startswith("盗窃（刑事治安警情）由300宗降至170宗，下降43.3%")
    assert answers["升的是哪些？"].startswith("邻里纠纷（矛盾纠纷）由100宗增至240宗，上升140.0%")
    assert answers["和2019年比呢？"] == "没有那时的数据。"
    assert answers["各街道呢？"].startswith("2个街道都下降，降幅从")


APART = {
    ("2020-05", "刑事警情", "盗窃"): 60,
    ("2020-05", "治安警情", "盗窃"): 60,
    ("2021-05", "刑事警情", "盗窃"): 70,
    ("2021-05", "治安警情", "盗窃"): 56,
    ("2020-06", "纠纷", "邻里纠纷"): 3,
    ("2021-06", "纠纷", "邻里纠纷"): 5,
}


def test_a_kind_is_told_once_and_a_rise_within_noise_as_such(run):
    answers = questions_of(run(APART)).set_index("question")["answer"]
    assert answers["升的是哪些？"].startswith(
        "没有一类的上升可以确认超出月度起伏；数量增加较多的有盗窃（刑事治安警情）由120宗增至126宗，上升5.0%"
    )
    assert answers["升的是哪些？"].endswith("邻里纠纷（矛盾纠纷）由3宗增至5宗，数量少，不计算增减幅度。")
    assert answers["降的是哪些？"] == "没有。"


def test_a_mean_of_several_years_is_called_so(run):
    three = {(f"{year}-05", "刑事警情", "盗窃"): n for year, n in ((2018, 40), (2019, 50), (2020, 60), (2021, 25))}
    here = run({**three, ("2018-04", "刑事警情", "盗窃"): 1}, compare="three_year_mean")
    assert questions_of(here)["answer"][0].startswith("盗窃（刑事治安警情）由前3年平均50宗降至25宗，下降50.0%")
    key = opening_of(here).sentence
    assert "刑事治安警情25宗（前3年同期平均50宗），超出月度起伏" in key
    assert here.windows.text().endswith("前3年同期平均（2018—2020年）")
    assert here.windows.names["first"] == "2018—2020年同期"


@pytest.mark.parametrize(("now", "pulls"), [(100, True), (19, False)])
def test_a_few_cases_are_not_split(run, now, pulls):
    said = trend_findings.too_few_to_split(
        run({("2020-05", "刑事警情", "盗窃"): 90, ("2021-05", "刑事警情", "盗窃"): now})
    )
    assert said == ("" if pulls else "本期或对比期不足20宗，不计算各项影响。")


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ([-0.5, -0.1], "降幅从布吉街道的10.0%到平湖街道的50.0%", "by 10.0% (Buji) to 50.0% (Pinghu)"),
        ([0.1, 0.5], "升幅从平湖街道的10.0%到布吉街道的50.0%", "by 10.0% (Pinghu) to 50.0% (Buji)"),
        ([-0.1, 0.5], "变化从平湖街道下降10.0%到布吉街道上升50.0%", "from Pinghu (down 10.0%) to Buji (up 50.0%)"),
        ([-0.1, 0.0], "变化从平湖街道下降10.0%到布吉街道持平", "from Pinghu (down 10.0%) to Buji (unchanged)"),
    ],
)
def test_streets_are_told_from_end_to_end(changes, zh, en):
    table = pd.DataFrame({"street": ["平湖街道", "布吉街道"], "estimate": changes})
    assert [leaders._spread(table, lang) for lang in ("zh", "en")] == [zh, en]


def test_few_cases_are_told_beside_those_of_the_year_before(run):
    few = run({("2020-05", "刑事警情", "盗窃"): 26, ("2021-05", "刑事警情", "盗窃"): 16})
    key, figures, findings, _ = opening_of(few)
    assert "刑事治安警情16宗（上年同期26宗），数量少，不计算增减幅度" in key
    assert figures[0][1:] == ("16宗", "上年同期26宗，数量少，不计算增减幅度")
    fell = questions_of(few)["answer"][0]
    assert fell == "各类数量都少，不判断升降；变动较多的有盗窃（刑事治安警情）由26宗降至16宗。"
    assert [text for text, _ in findings] == ["数据太少，能得出的只有以上这些；只报数，不作判断。"]


@pytest.mark.parametrize(("second", "chance"), [(30, "已按多重比较校正"), (60, "")])
def test_the_correction_is_told_where_a_street_is_flagged(run, second, chance):
    here = run({("2020-05", "刑事警情", "盗窃"): 120, ("2021-05", "刑事警情", "盗窃"): 2 * second})
    found = trend_findings._areas(here, here.parts)
    assert chance in found.text
    assert ("校正" in found.text) is bool(chance)
    assert found.limit.startswith("数据变化" if chance else "未超出月度起伏")


def test_without_published_figures_or_earlier_data_it_says_so(run):
    earlier = {("2021-06", "刑事警情", "盗窃"): 300, ("2021-05", "刑事警情", "盗窃"): 150}
    table = checks_of(run(earlier)).set_index("check")
    assert table.loc["与全省对比", "verdict"] == "无法判断"
    assert "之前" in table.loc["报送是否完整", "found"]


HALF = {
    ("2020-06", "刑事警情", "盗窃"): 300,
    ("2021-05", "刑事警情", "盗窃"): 310,
    ("2021-06", "刑事警情", "盗窃"): 320,
}


def test_a_base_that_the_data_hold_in_part_is_none(run):
    here = run(HALF)
    assert here.no_base
    change = here.compared(here.incidents).iloc[0]
    assert (change["current"], change["reference"], change["flag"]) == (630, 0, "no_base")
    key, _, findings, _ = opening_of(here)
    assert "无对比期数据，不作比较" in key
    assert [text for text, _ in findings] == ["现有数据没有可对比的时段；只报数，不判断升降。"]
    assert trend_findings._areas(here, here.parts) is None
    assert questions_of(here)["answer"].str.contains("没有那时的数据").tolist() == [True, True, True, False]
    whole = run({**HALF, ("2020-05", "刑事警情", "盗窃"): 290})
    assert not whole.no_base
    assert whole.compared(whole.incidents).iloc[0]["reference"] == 590


@pytest.mark.parametrize("compare", ["2020", "2022"])
def test_a_year_that_the_data_hold_in_part_is_refused(run, compare):
    with pytest.raises(ParameterError, match=f"compare：{compare}年没有可以对比的数据"):
        run(HALF, compare=compare)
    assert run({**HALF, ("2020-05", "刑事警情", "盗窃"): 290}, compare="2020").compare == "2020"


def test_for_which_areas_a_notebook_can_be_made_is_listed_in_each_language(run):
    run(HALF)
    with pytest.raises(ParameterError) as why:
        check_area("良安田社区", ("district", "street"))
    assert "只能按全区、街道生成" in str(why.value)
    assert "it can be made for: the district, a street." in str(why.value)
