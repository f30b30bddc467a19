"""A change has one verdict, on whichever page it is told: a place is judged among all of the district."""

import pandas as pd
import pytest

from src import analysis as la
from src.analysis import loading
from src.analysis.stats.changes import EARLIER
from src.reports import describe, open_report
from src.reports.describe.words import verdict_text
from tests.headline_case import questions_of

HEADLINE = "criminal_and_public_security"
ASKED = ["current", "reference", "lower", "upper", "p", "phi", "verdict", *EARLIER]


def page(area: str, lang: str = "zh"):
    return open_report(area, "2021-01/2021-09", "previous_year", lang, "internal")


def areas_of(report):
    parts = report.comparable(report.as_clusters(la.in_category(report.parts, HEADLINE)))
    among = report.among(HEADLINE)
    return la.area_changes(parts, report.period, report.baseline, report.by, report.gaps, among).set_index(report.by)


def same(one, other) -> bool:
    return all(a == b or (a != a and b != b) for a, b in zip(one[ASKED], other[ASKED], strict=True))


@pytest.mark.parametrize("street", ["布吉街道", "坪地街道"])
def test_a_street_has_the_same_on_its_own_page_and_on_that_of_the_district(on_sample, street):
    assert same(page(street).change_of(HEADLINE), areas_of(page("district")).loc[street])


def test_a_community_has_the_same_on_its_own_page_and_on_that_of_its_street(on_sample):
    street = areas_of(page("布吉街道"))
    for community in ("龙岭社区", "凤凰社区"):
        assert same(page(f"布吉街道/{community}").change_of(HEADLINE), street.loc[community])


def test_a_street_is_judged_by_its_own_months(on_sample):
    assert page("布吉街道").change_of(HEADLINE)["phi"] < 5 < page("district").change_of(HEADLINE)["phi"]


def test_the_districts_fall_is_more_than_months_scatter_and_not_marked_by_earlier_years(on_sample):
    change = page("district").change_of(HEADLINE)
    assert f"{change['estimate']:.2%}" == "-26.15%"
    assert change["p"] < 0.005  # as it stood at the end of September, without the months since
    assert change["p_unlike"] == pytest.approx(0.19, abs=0.005)
    assert [round(change[f"ordinary_{end}"], 2) for end in ("lower", "upper")] == [-0.48, 0.93]
    assert verdict_text(change, "zh") == "超出月度起伏，但不能认定不同于往年"
    assert verdict_text(change, "en") == "beyond the usual monthly variation, but not clearly unlike earlier years"


def test_with_all_months_known_p_is_that_of_the_methods(on_sample):
    reports = la.in_category(la.load_incidents(), HEADLINE)
    change = la.period_change(reports, "2021-01/2021-09", "2020-01/2020-09").iloc[0]
    assert [round(change[p], 4) for p in ("p", "p_unlike")] == [0.0003, 0.186]


def test_what_is_not_held_against_the_year_before_is_not_asked_of_earlier_years(on_sample):
    report = open_report("district", "2021-09", "previous_period", "zh", "internal")
    change = report.change_of(HEADLINE)
    assert change[EARLIER].isna().all()
    assert "往年" not in verdict_text(change, "zh")


def test_too_few_years_are_told():
    row = {"flag": "", "verdict": "more_than_months", "earlier": "-1.0%", "p_unlike": float("nan"), "by_days": 0}
    assert verdict_text(row, "zh") == "超出月度起伏；往年数据太少，无法与往年比较"


@pytest.mark.parametrize("area", ["district", "龙城街道", "布吉街道/龙岭社区"])
def test_a_line_of_the_bulletin_has_the_verdict_that_the_page_opens_with(on_sample, area):
    report = page(area)
    table = la.bulletin(
        report.incidents, report.period, **report.judged_with(window=report.period.year_to_date())
    ).set_index("roll_up")
    for code in (HEADLINE, "petition", "public_security"):  # by itself 龙城's last one is unlike earlier years
        assert table.loc[code, "to_date_verdict"] == report.change_of(code)["verdict"]
    assert table.loc[HEADLINE, "to_date_verdict"]


def test_published_totals_of_earlier_years_judge_the_districts_change_on_every_page(on_sample, monkeypatch):
    totals = {year: 33000 - 600 * (year * 7 % 3) for year in range(2010, 2018)}
    rows = [(f"{year}", f"incidents:{HEADLINE}", f"{year}", total, "年鉴") for year, total in totals.items()]
    figures = pd.DataFrame(rows, columns=["figure", "measure", "period", "value", "source"])
    read = loading.rows

    def rows_of(build, table, *more, **last):
        return figures if table == "published_figures" else read(build, table, *more, **last)

    monkeypatch.setattr(loading, "rows", rows_of)
    report = page("district")
    change = report.change_of(HEADLINE)
    assert len(change["earlier"].split("; ")) == 10 and change["verdict"] == "unlike_earlier_years"
    table = la.bulletin(
        report.incidents, report.period, **report.judged_with(window=report.period.year_to_date())
    ).set_index("roll_up")
    earlier = {HEADLINE: report.judged_with(HEADLINE)["earlier_totals"]}
    register = (report.projects, report.communities, report.period)
    whole = la.overview(report.incidents, *register, None, missing=report.gaps, earlier_totals=earlier)
    assert {table.loc[HEADLINE, "to_date_verdict"], whole["reports_flag"].iloc[0]} == {"unlike_earlier_years"}


def test_the_words_of_areas_count_what_their_table_says(on_sample):
    report = page("district")
    table = areas_of(report).reset_index()
    assert describe.area_changes(table, "zh").title == "11个街道都下降且超出月度起伏"
    assert set(table["verdict"]) == {"more_than_months"}


def test_kinds_are_one_family_in_the_leaders_questions_too(on_sample):
    report = open_report("district", "2021", "previous_year", "zh", "internal")
    fell = questions_of(report)["answer"].iloc[0]
    kinds = la.area_changes(report.incidents, "2021", "2020", "kind", report.gaps).set_index("kind")
    assert kinds.loc["theft", "p_unlike"] == pytest.approx(0.063, abs=0.001)  # told as unlike among seven kinds alone
    assert "盗窃" in fell and "也不同于往年" not in fell


def test_what_was_said_of_all_places_is_the_family_of_each(on_sample):
    report = page("布吉街道")
    rows = report.comparable(la.in_category(report.incidents, HEADLINE))
    asked = {"current": report.period, "reference": report.baseline, "by": "street", "missing": report.gaps}
    by_rows = la.period_change(rows, **asked, among=report.among(HEADLINE))
    of_all = la.period_change(report.among(HEADLINE), **asked)
    assert len(of_all) == 11 and len(by_rows) == 1
    pd.testing.assert_frame_equal(la.period_change(rows, **asked, among=of_all), by_rows)
    pd.testing.assert_frame_equal(report.judged_with(HEADLINE)["among"], of_all)
