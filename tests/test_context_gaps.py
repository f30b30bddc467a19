"""A month that a street did not deliver: 03 leaves it out of both windows and says so, in both languages."""

import pandas as pd
import pytest

from src.analysis import loading
from src.analysis.stats.changes import bulletin
from src.analysis.stats.counts import in_window
from src.analysis.stats.rates import incident_rate
from src.analysis.stats.time_series import daily_averages
from src.reports import describe, open_report
from src.reports import report as context
from src.reports.context import delivered
from src.reports.findings import changes
from src.reports.findings import trends as trend_findings
from tests.headline_case import checks_of, opening_of, questions_of

GAP = ("布吉街道", "2021-03")


@pytest.fixture(scope="module")
def districts():
    """Keep the districts of these rows: what all areas are seen against is found once."""
    return {}


@pytest.fixture(scope="module")
def kept(sample):
    """Return the sample's incidents without the police reports of one street and month."""
    rows = loading.rows(sample, "incidents")
    gone = rows["street"].eq(GAP[0]) & in_window(rows, GAP[1])
    return rows[~(gone & rows["group"].ne("petition"))].reset_index(drop=True)


@pytest.fixture
def run(on_sample, monkeypatch, districts, kept):
    """Give a function that makes a run on the sample without the police reports of one street and month."""
    whole = loading._whole
    monkeypatch.setattr(loading, "_whole", lambda of, table: kept if table == "incidents" else whole(of, table))
    monkeypatch.setattr(context.outputs, "display_block", lambda *_, **__: None)
    alone = context.district_of
    monkeypatch.setattr(context, "district_of", lambda *of: districts.setdefault(str(of[1:]), alone(*of)))
    usual = {"period": "2021-01/2021-09", "lang": "zh", "public": ("district",)}
    for found in (delivered.gaps, delivered.missing):  # kept for a build, and here the build tells less
        found.cache_clear()
    yield lambda **given: open_report(**usual | given)
    for found in (delivered.gaps, delivered.missing):
        found.cache_clear()


def not_counted(report, source="reports"):
    return changes.not_counted(report.gaps_within(source), report.communities, report.lang)


def test_the_gap_is_found_and_only_in_what_was_not_delivered(run):
    missing = run().gaps
    assert missing[["street", "source"]].to_numpy().tolist() == [["布吉街道", "reports"]]
    assert run().incomplete_months == [pd.Timestamp("2021-03-01")]
    assert run(area="平湖街道").incomplete_months == []


def test_the_headline_compares_like_with_like_and_names_the_gap(run):
    here = run()
    reports = here.incidents[here.incidents["group"].isin(["criminal", "public_security"])]
    both = here.compared(reports).iloc[0]
    rest = reports[~(reports["street"].eq("布吉街道") & in_window(reports, ["2021-03", "2020-03"]))]
    counts = [rest.loc[in_window(rest, f"{year}-01/{year}-09"), "incident_count"].sum() for year in (2021, 2020)]
    assert [both["current"], both["reference"]] == counts
    key = opening_of(here).sentence
    assert f"刑事治安警情同比下降{100 * (1 - counts[0] / counts[1]):.1f}%" in key
    assert key.endswith("（未报送、两期同样不计的：布吉街道2021年3月）。")
    petitions = here.change_of("petition")  # those of the month were delivered
    assert (petitions["current"], f"{petitions['estimate']:.2%}") == (8164, "-1.21%")


def test_the_month_is_not_drawn_and_makes_its_stretch_incomplete(run):
    table = daily_averages(run().month_series(run().incidents)).set_index("month")
    assert table.loc["2021-03-01", ["estimate", "flag"]].fillna(0).tolist() == [0, "incomplete"]
    assert table["flag"].eq("incomplete").sum() == 1


@pytest.mark.parametrize(("lang", "said"), [("zh", "布吉街道2021年3月"), ("en", "Buji March 2021")])
def test_findings_and_answers_name_it(run, lang, said):
    here = run(lang=lang)
    texts = [finding.text for finding in trend_findings.found(here) if finding]
    assert sum(said in text for text in texts) == len(texts) - 1  # all but petitions
    assert questions_of(here)["answer"].str.contains(said).sum() >= 4
    checks = checks_of(here)
    assert said.removeprefix("布吉街道").removeprefix("Buji ") in checks["found"].iloc[-2]


def test_a_name_with_a_space_is_found(run, monkeypatch):
    here = run(area="布吉街道")
    gaps = pd.DataFrame({"street": ["布吉街道 二", "布吉街道"], "month": pd.Timestamp("2021-03-01"), "whole": False})
    monkeypatch.setattr(type(here), "gaps_within", lambda run, source: gaps)
    assert "布吉街道2021年3月" in not_counted(here)
    assert "二" not in not_counted(here)


def test_what_is_counted_without_comparing_says_what_lacks(run):
    assert not_counted(run()) == "以下按已报送的计（未报送、没有计入的：布吉街道2021年3月）。"
    assert not_counted(run(lang="en")).endswith("(not delivered, not counted: Buji March 2021).")
    for whole in (run(area="平湖街道"), run(period="2021-04/2021-09")):
        assert not_counted(whole) == ""
    assert not_counted(run(), "petitions") == ""


def test_a_street_with_a_gap_is_held_against_none_and_its_empty_month_is_no_zero(run):
    here = run()
    assert here.streets_with_gaps() == ["布吉街道"]
    reports = here.incidents[in_window(here.incidents, here.period)]
    rates = incident_rate(reports, here.communities, "street", 1.0, ["布吉街道"]).set_index("street")
    assert rates.loc["布吉街道", "flag"] == "incomplete"
    others = incident_rate(
        reports[reports["street"].ne("布吉街道")],
        here.communities[here.communities["street"].ne("布吉街道")], "street",
    )  # fmt: skip
    assert rates["overall"].iloc[0] == others["overall"].iloc[0]
    said = describe.incident_rate(rates.reset_index(), period="2021年").sentence
    assert said.endswith("有月份未报送、不作比较、不计入平均的：布吉街道。")
    street = run(area="布吉街道", period="2021-03")
    table = bulletin(street.incidents, street.period, street.gaps).set_index("roll_up")
    assert table["month"].isna()[["criminal", "petition"]].tolist() == [True, False]


def test_elsewhere_nothing_is_left_out(run):
    assert "未报送" not in opening_of(run(area="平湖街道")).sentence
    assert "未报送" not in opening_of(run(period="2021-04/2021-09")).sentence


def test_a_street_without_its_only_month_says_so(run):
    said = opening_of(run(area="布吉街道", period="2021-03")).sentence
    assert "未报送、两期同样不计的：布吉街道2021年3月" in said


def test_in_public_the_whole_month_is_left_out(run):
    here = run(audience="public")
    reports = here.incidents[here.incidents["group"].isin(["criminal", "public_security"])]
    assert reports["street"].isna().all()
    change = here.compared(reports).iloc[0]
    kept = reports[in_window(reports, ["2021-01/2021-02", "2021-04/2021-09"])]
    assert change["current"] == kept["incident_count"].sum()
    assert opening_of(here).sentence.endswith("（两期同样不计的：全区2021年3月〔布吉街道未报送〕）。")
    english = opening_of(run(audience="public", lang="en")).sentence
    assert "(left out of both periods: all streets in March 2021 [Buji not delivered])" in english


def test_a_rate_says_what_was_not_counted(run):
    for area in ("布吉街道/龙岭社区", "平湖街道/凤凰社区"):  # its own count lacks the month, or that of the district
        assert trend_findings.rate_here(run(area=area)).endswith("（未报送、没有计入的：布吉街道2021年3月）。")
        assert "未报送" not in trend_findings.rate_here(run(area=area, period="2021-04/2021-09"))


@pytest.mark.parametrize(
    ("found", "told"),
    [({"x": 19}, "宗数少，不作高低判断"), ({"x": 19, "flag": "below"}, "明显偏低"), ({"flag": "below"}, "明显偏低"),
     ({"lower": 20, "upper": 30}, "低于全区，但未超出各社区之间的常见差异"),
     ({"lower": 20, "upper": 60}, "没有明显差别"),
     ({"lower": 50, "upper": 60}, "高于全区，但未超出各社区之间的常见差异")],
)  # fmt: skip
def test_a_communitys_rate_is_called_low_only_beyond_what_communities_differ_anyway(run, monkeypatch, found, told):
    here = run(area="平湖街道/凤凰社区", period="2021-04/2021-09")
    row = {"street": "平湖街道", "community": "凤凰社区", "x": 25, "n": 10_000.0, "estimate": 25.0, "lower": 16.0,
           "upper": 37.0, "overall": 46.0, "note": "resident 2022", "flag": ""}  # fmt: skip
    monkeypatch.setitem(vars(here.district), "rates", pd.DataFrame([row | found]))
    assert trend_findings.rate_here(here).endswith(f"全区每万人46.0宗：{told}。")
