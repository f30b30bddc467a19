"""The overview: what a page draws of it, where its places lead, and that it says what other pages say."""

import re

import pandas as pd
import pytest
from notebook_case import assert_holds, check, watched

from src.analysis import change_verdicts, in_category, load_communities, load_incidents
from src.reports import describe, report
from src.reports.describe.overview import change_words, icon_of, verdict_words
from src.reports.html import SHAPES, drawing_html, table_html
from src.reports.run.index import slot_html
from src.reports.run.make import faults_of_page
from src.reports.tables import HEAD_SIZE, Drawn, Table, table_of

HEADLINE = "criminal_and_public_security"
UNLIKE, MORE = "unlike_earlier_years", "more_than_months"


@pytest.mark.parametrize(
    ("flag", "estimate", "icon"),
    [
        (UNLIKE, -0.6, "fell_unlike"), (UNLIKE, 0.6, "rose_unlike"), (MORE, -0.3, "fell_more"),
        (MORE, 0.3, "rose_more"), ("", -0.1, "within"), ("too_few", -0.5, ""), ("no_base", float("nan"), "unknown"),
        ("too_short", 0.1, "unknown"),
    ],
)  # fmt: skip
def test_each_verdict_has_its_own_shape_and_words(flag, estimate, icon):
    assert icon_of(flag, estimate) == icon and (not icon or icon in SHAPES)
    assert all(verdict_words(flag, "", lang) for lang in ("zh", "en"))


def test_no_two_icons_differ_by_colour_alone():
    shapes = [shape for _, shape in SHAPES.values()]
    assert len(set(shapes)) == len(shapes)


MOVED = {"": 80, "_before": 100, "_change": -0.2, "_flag": MORE, "_note": ""}


def test_the_verdict_of_each_place_stands_on_the_page():
    moved = {f"{what}{name}": value for what in ("reports", "petitions") for name, value in MOVED.items()}
    shares = {"projects": 5, "residents_share": 0.2, "organisations_share": 0.4, "set_aside": 1}
    table = pd.DataFrame([{"street": "布吉街道", **moved, **shares}])
    monthly = pd.DataFrame({"street": "布吉街道", "month": pd.to_datetime(["2021-01-01"]), "estimate": [7]})
    lines = table_of(describe.overview_lines(table, monthly), "表", name="overview")
    verdict = "超出月度起伏，但不能认定不同于往年"
    assert re.search(f"<title>{verdict}</title><path[^>]*/></svg>\N{NO-BREAK SPACE}−20.0%", table_html(lines))
    assert "超出月度起伏" in lines.csv().decode("utf-8-sig")


def test_small_counts_are_told_as_counts():
    assert change_words({"flag": "too_few", "reference": 42, "current": 13, "estimate": -0.69}, "zh") == "42→13"
    assert change_words({"flag": MORE, "estimate": -0.2615}, "zh") == "下降26.2%"


def test_what_is_drawn_holds_its_text_and_runs_nothing():
    told = "<b>4</b>"
    for drawing in (
        {"icon": "fell_more"},
        {"icon": "within", "alone": True},
        {"line": [1, None, 3]},
        {"places": {"buji": told}},
    ):
        html = drawing_html(told, drawing)
        assert "&lt;b&gt;4&lt;/b&gt;" in html and "<b>" not in html
    assert drawing_html("月", {"line": [0, 5, None, None, 10, 5]}).count("M") == 2  # broken where a month is missing


def test_a_drawn_cell_is_its_text_in_csv_and_json_keeps_the_drawing():
    cells = pd.Series([Drawn.of("下降5%", icon="fell_more", alone=True), "3→4"], dtype="object")
    made = Table.read(table_of(pd.DataFrame({"street": ["甲", "乙"], "theft": cells}), "表").as_json())
    assert made.columns[1].drawings == [{"icon": "fell_more", "alone": True}, None]
    assert "甲,下降5%" in made.csv().decode("utf-8-sig")
    assert "<title>下降5%</title>" in table_html(made)
    assert not list(faults_of_page(table_html(made)))
    assert list(faults_of_page(table_html(made).replace("<title>下降5%</title>", "")))  # nobody could read it


def record(area, notebook, lang="zh", status="good", stem=""):
    named = {"area": area, "notebook": notebook, "stem": stem or notebook, "lang": lang, "status": status}
    return named | {
        "level": "street",
        "street": area,
        "area_zh": area,
        "titles": {lang: notebook},
        "note": "",
        "changed": {},
    }


def test_a_place_leads_to_its_first_page_and_nowhere_where_it_has_none():
    pages = {
        "district/00_overview.zh.html": record("district", "00_overview") | {"level": "district"},
        "buji/00_overview.zh.html": record("buji", "00_overview"),
        "buji/03_trends.zh.html": record("buji", "03_trends"),
        "bantian/03_trends.en.html": record("bantian", "03_trends", lang="en"),
        "bantian/03_trends_2020.zh.html": record("bantian", "03_trends", stem="03_trends_2020"),
        "pinghu/00_overview.zh.html": record("pinghu", "00_overview", status="failed"),
    }
    html = "<!--site--><!--/site-->" + "".join(f'<a data-place="{p}">{p}</a>' for p in ("buji", "bantian", "pinghu"))
    own = "district/00_overview.zh.html"
    linked = slot_html(html, own, pages, [], [])
    assert re.findall(r'data-place="(\w+)"(?: href="([^"]*)")?', linked) == [
        ("buji", "../buji/00_overview.zh.html"), ("bantian", ""), ("pinghu", ""),
    ]  # fmt: skip
    del pages["buji/00_overview.zh.html"]
    assert 'data-place="buji" href="../buji/03_trends.zh.html"' in slot_html(
        linked, "district/00_overview.zh.html", pages, [], []
    )


@pytest.fixture(scope="module")
def districts():
    """Keep the districts of the sample: what all areas are seen against is found once."""
    return {}


@pytest.fixture
def notebook(on_sample, monkeypatch, districts):
    found = report.district_of
    monkeypatch.setattr(report, "district_of", lambda *of: districts.setdefault(str(of[1:]), found(*of)))
    return watched(monkeypatch)


@pytest.mark.parametrize(("area", "lang"), [("district", "zh"), ("布吉街道", "en")])
def test_the_page_has_a_line_for_each_place_and_says_what_it_counts(notebook, area, lang):
    shown = notebook("00_overview", area=area, lang=lang, period="2021-01/2021-09")
    check(shown)
    places = load_communities() if area == "district" else load_communities(area)
    by = "street" if area == "district" else "community"
    n = places[by].nunique()
    months, index = ([9 * n], [n]) if by == "street" else ([], [])  # the first behind the tiles
    assert [length for _, length in shown.tables] == [n, *months, n, *index]
    whole, lines = shown.space["whole"].iloc[0], shown.space["lines"]
    assert_holds(shown.opening, [whole["reports"], round(100 * abs(whole["reports_change"]), 1)])
    assert lines[by].tolist() == shown.space["cells"][by].tolist()
    assert lines["reports"].sum() <= whole["reports"]
    words = "本页不能说明的" if lang == "zh" else "What this page cannot say"
    assert any(text.startswith(words) for text in shown.texts)


def test_a_street_has_one_verdict_on_every_page_and_by_the_function_itself(notebook):
    district = notebook("00_overview", area="district", lang="zh").space
    street = notebook("00_overview", area="布吉街道", lang="zh").space["whole"].iloc[0]
    line = district["places"].set_index("street").loc["布吉街道"]
    names = ["reports", "reports_before", "reports_change", "reports_flag"]
    reports = in_category(load_incidents(), HEADLINE)
    judged = change_verdicts(reports, "2021", "street").set_index("street").loc["布吉街道"]
    expected = judged[["current", "reference", "estimate", "flag"]].tolist()
    assert line[names].tolist() == street[names].tolist() == expected
    change = notebook("03_incident_trends", area="布吉街道", lang="zh").space["change"].iloc[0]
    assert change[["current", "reference", "estimate", "verdict"]].tolist() == expected
    cell = district["matrix"].query("street == '布吉街道' and code == @HEADLINE").iloc[0]
    assert cell[["current", "reference", "estimate", "flag"]].tolist() == expected


def test_communities_on_a_streets_page_are_judged_with_all_of_the_district(notebook):
    matrix = notebook("00_overview", area="布吉街道", lang="zh").space["matrix"]
    own = matrix[matrix["code"].eq(HEADLINE)].set_index("community")["p_adjusted"].dropna()
    judged = change_verdicts(in_category(load_incidents(), HEADLINE), "2021", "community")
    judged = judged[judged["street"].eq("布吉街道")].set_index("community")["p_adjusted"]
    assert len(own) > 5 and own.tolist() == judged[own.index].tolist()


def test_communities_of_one_name_have_lines_of_their_own():
    moved = {f"{what}{name}": value for what in ("reports", "petitions") for name, value in MOVED.items()}
    shares = {"projects": 1, "residents_share": 0.5, "organisations_share": 0.5, "set_aside": 0}
    table = pd.DataFrame([{"street": "甲", "community": "凤凰社区", **moved, **shares}])
    months = pd.DataFrame({"street": ["甲", "乙"], "community": ["凤凰社区"] * 2, "estimate": [7, 900]})
    lines = describe.overview_lines(table, months.assign(month=pd.Timestamp("2021-01-01")))
    assert lines["months"].iloc[0].drawing["line"] == [7]


def test_a_minus_sign_is_that_of_sentences_and_of_numbers_in_a_file():
    made = table_of(pd.DataFrame({"estimate": [-0.335], "z": [-1.5]}), "表", percent=["estimate"])
    assert [made.shown(column) for column in made.columns] == [["−33.5%"], ["−1.50"]]
    assert "-0.335,-1.5" in made.csv().decode("utf-8-sig")


def test_the_index_leads_to_the_pages_of_each_community():
    register = pd.DataFrame({"street": ["布吉街道", "布吉街道"], "community": ["龙岭社区", "布吉圩社区"]})
    html = table_html(table_of(describe.index_of_places(register), "表", name="index"))
    assert re.findall(r'<a data-place="[^"]+">([^<]+)</a>', html) == ["龙岭社区", "布吉圩社区"]


def test_a_target_stands_beside_its_count_with_its_outlook():
    row = {"figure": "全年不超过1000宗", "roll_up": "theft", "window": "2021", "target": 1000, "current": 700,
           "estimate": 910.4, "lower": 850.2, "upper": 970.6, "flag": "likely_met"}  # fmt: skip
    html = table_html(table_of(describe.targets(pd.DataFrame([row])), "表", name="targets"))
    assert "预计达到" in html and "2021年" in html and "910" in html


def test_a_line_of_months_keeps_its_width_in_a_table_that_has_little_room():
    drawn = Drawn.of("最少3，最多9", line=[3, 9])
    frame = pd.DataFrame(
        {"z": ["甲"], "a": [drawn], **{f"c{n}": ["一段可以折行的文字"] for n in range(9)}}, dtype="object"
    )
    html = table_html(table_of(frame, "表"))
    least = float(re.findall(r"min-width:([\d.]+)em", html)[1]) * HEAD_SIZE
    assert least > float(re.search(r'width="([\d.]+)em"', html)[1])
