"""What an office asks on a Monday: eight questions, each answered in at most five lines of public names."""

import inspect
import re

import pytest

import src.analysis as la

HEADLINE, BUJI = "criminal_and_public_security", "布吉街道"


def kinds_that_rose_most_in_a_street_and_whether_by_chance():
    incidents = la.load_incidents(BUJI)
    kinds = la.area_changes(incidents, "2021", "2020", by="kind")
    return la.in_words(kinds.nlargest(3, "difference"))


def rates_by_community():
    reports = la.in_category(la.load_incidents(), HEADLINE)
    return la.incident_rate(reports, la.load_communities(period="2021"), "community", period="2021")


def projects_without_residents_by_field():
    rates = la.participation_rate(la.load_projects(), "field", "residents")
    return la.in_words(rates.assign(without=rates["n"] - rates["x"]))


def repeated_petitions_by_channel_and_month():
    return la.petitions_by_channel(la.load_incidents(period="2021"), by="month")


def communities_without_a_traffic_project_where_traffic_reports_rose():
    incidents, projects = la.load_incidents(), la.load_projects()
    traffic = la.area_changes(incidents[incidents["kind"].eq("traffic_accident")], "2021", "2020", by="community")
    served = projects.loc[projects["field"].eq("traffic"), "community"]
    return traffic[traffic["difference"].gt(0) & ~traffic["community"].isin(served)]


def share_without_a_community():
    incidents = la.load_incidents(period="2021")
    nowhere = incidents.loc[incidents["community"].isna(), "incident_count"].sum()
    return la.wilson_interval(nowhere, incidents["incident_count"].sum())


def what_was_set_aside_of_a_street():
    return la.load_set_aside(area=BUJI)[["file", "line", "community", "column", "value", "reason_zh", "cells"]]


def three_years_side_by_side_in_excel(folder):
    months = la.monthly_counts(la.in_category(la.load_incidents(), HEADLINE), by="kind", months="2019-01/2021-12")
    months = months.assign(year=months["month"].dt.year, month=months["month"].dt.month)
    wide = months.pivot_table("estimate", ["kind", "month"], "year", aggfunc="sum")
    return la.export(folder / "three.xlsx", sheets={"同月对比": wide})


QUESTIONS = [one for name, one in list(globals().items()) if inspect.isfunction(one) and one.__module__ == __name__]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.__name__)
def test_a_question_takes_five_lines_of_public_names(question):
    lines = inspect.getsource(question).splitlines()[1:]
    assert len(lines) <= 5
    assert set(re.findall(r"\bla\.(\w+)", "\n".join(lines))) <= set(la.__all__)


def test_kinds_that_rose_most(on_sample):
    kinds = kinds_that_rose_most_in_a_street_and_whether_by_chance()
    incidents = la.load_incidents(BUJI)
    stolen = incidents[incidents["kind"].eq("theft")]
    year = stolen["reported_at"].dt.year
    assert kinds["difference"].is_monotonic_decreasing and set(kinds["flag"]) <= {"", "上升", "下降", "数量过少"}
    change = la.area_changes(incidents, "2021", "2020", by="kind").set_index("kind").loc["theft"]
    assert change["current"] == stolen.loc[year.eq(2021), "incident_count"].sum()
    assert change["reference"] == stolen.loc[year.eq(2020), "incident_count"].sum()


def test_rates_by_community(on_sample):
    rates, people = rates_by_community(), la.load_communities(period="2021")
    assert rates["n"].tolist() == people["population"].tolist() and len(rates) == 111
    assert rates["estimate"].tolist() == pytest.approx((10_000 * rates["x"] / rates["n"]).tolist())
    assert (rates["lower"] < rates["estimate"]).all() and set(rates["flag"]) <= {"", "above", "below"}


def test_projects_without_residents(on_sample):
    table, projects = projects_without_residents_by_field(), la.load_projects()
    without = projects["residents_took_part"].eq(False)
    assert table["without"].sum() == without.sum() and table["field"].iloc[0] == "矛盾纠纷化解"


def test_repeated_petitions(on_sample):
    table, incidents = repeated_petitions_by_channel_and_month(), la.load_incidents(period="2021")
    petitions = incidents[incidents["group"].eq("petition")]
    again = petitions["incident_count"].where(petitions["repeat"].fillna(False).astype(bool), 0)
    assert table["month"].nunique() == 12 and table["n"].sum() == petitions["incident_count"].sum()
    assert table["x"].sum() == again.sum()


def test_communities_without_a_traffic_project(on_sample):
    table, projects = communities_without_a_traffic_project_where_traffic_reports_rose(), la.load_projects()
    assert table["difference"].gt(0).all() and len(table)
    assert not set(table["community"]) & set(projects.loc[projects["field"].eq("traffic"), "community"].dropna())


def test_share_without_a_community(on_sample):
    share, lower, upper = share_without_a_community()
    assert 0 < lower < share < upper < 0.05


def test_what_was_set_aside(on_sample):
    table = what_was_set_aside_of_a_street()
    assert len(table) and table["reason_zh"].ne("").all()
    assert all(BUJI in "".join(cells.values()) or "布吉" in "".join(cells.values()) for cells in table["cells"])
    assert len(table) < len(la.load_set_aside())


def test_three_years_side_by_side(on_sample, tmp_path):
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(three_years_side_by_side_in_excel(tmp_path))
    rows = book.get_sheet_by_name("同月对比").to_python()
    assert rows[0] == ["种类", "月份", "2019", "2020", "2021"]
    assert "盗窃" in {row[0] for row in rows}
    incidents = la.in_category(la.load_incidents(), HEADLINE)
    in_2021 = incidents.loc[incidents["reported_at"].dt.year.eq(2021), "incident_count"].sum()
    assert sum(row[4] for row in rows[1:]) == in_2021
