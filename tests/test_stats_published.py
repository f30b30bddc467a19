"""Published figures recomputed: by their own window and rounding; what the data cannot answer is left out."""

import numpy as np
import pandas as pd
import pytest

from src.analysis.stats.changes import period_change
from src.analysis.stats.published import published_totals, recomputed_figures, target_outlook
from src.codebook.periods import HOLDS


def published(*rows):
    names = ["figure", "measure", "period", "compare", "value", "unit", "source"]
    return pd.DataFrame([(m, m, p, c, v, "", "某报") for m, p, c, v in rows], columns=names)


INCIDENTS = pd.DataFrame(
    {
        "reported_at": pd.to_datetime(["2021-03-01", "2020-03-01"]), "group": "criminal", "kind": "theft",
        "incident_count": [7385, 10000],
    }
)  # fmt: skip
PROJECTS = pd.DataFrame(
    {
        "residents_took_part": pd.array([True, False, False, None], "boolean"),
        "organisations_took_part": pd.array([True, True, False, False], "boolean"),
        "started_on": pd.Timestamp("2021-05-01"),
    }
)
COMMUNITIES = pd.DataFrame({"population": [100, 250]})


def figures(*rows):
    return recomputed_figures(published(*rows), PROJECTS, INCIDENTS, COMMUNITIES, pd.DataFrame())


def test_a_change_is_compared_to_the_published_decimals():
    row = figures(("change_pct:criminal_and_public_security", "2021-03", "2020-03", -26.2)).iloc[0]
    assert row["recomputed"] == pytest.approx(-26.15)
    assert row["difference"] in (0, 0.1, -0.1) and abs(row["difference"]) <= 0.1
    exact = figures(("change_pct:criminal_and_public_security", "2021-03", "2020-03", -26.15)).iloc[0]
    assert exact["difference"] == 0


def test_projects_and_shares_are_counted():
    table = figures(("projects", "2021", None, 5), ("projects_residents", "2021", None, 1)).set_index("figure")
    assert table["recomputed"].tolist() == [4, 1]
    assert table["difference"].tolist() == [-1, 0]


def test_figure_and_source_are_in_the_readers_language_where_that_is_stated():
    rows = published(("projects", "2021", None, 4), ("projects_residents", "2021", None, 1))
    rows = rows.assign(figure_en=["Projects", None], source_en=["A paper", None])
    for lang, told in (("zh", ["projects", "某报"]), ("en", ["Projects", "A paper"])):
        table = recomputed_figures(rows, PROJECTS, INCIDENTS, COMMUNITIES, pd.DataFrame(), lang)
        assert table.loc[0, ["figure", "source"]].tolist() == told
        assert table.loc[1, ["figure", "source"]].tolist() == ["projects_residents", "某报"]


def test_what_the_data_cannot_answer_is_left_out():
    table = figures(
        ("change_pct:petition", "2021-03", "2020-03", -1.2),
        ("change_pct:criminal", "2021-03", "2019-03", -5),
        ("demonstration_sites", "2021", None, 16),
        ("projects", "2020", None, 4),
    )
    assert table.empty


def test_a_register_that_does_not_state_who_took_part_is_not_held_against_what_was_published():
    silent = PROJECTS.assign(organisations_took_part=pd.array([None] * 4, "boolean"))
    rows = published(*((name, "2021", None, 2) for name in ("projects_organisations", "share_both_pct", "projects")))
    table = recomputed_figures(rows, silent, INCIDENTS, COMMUNITIES, pd.DataFrame())
    assert table["figure"].tolist() == ["projects"]


def years(counts, first=2018):
    """Incidents of some years: `counts` in January to September, half of it in the rest of the year."""
    dates = [f"{first + n}-{month:02}-01" for n in range(len(counts)) for month in range(1, 13)]
    rows = pd.DataFrame(
        {"reported_at": pd.to_datetime(dates), "group": "criminal", "kind": "theft", "street": "布吉街道"}
    )
    parts = [[*np.bincount(np.arange(count) % 9), *np.bincount(np.arange(count // 2) % 3)] for count in counts]
    rows["incident_count"] = np.concatenate(parts)
    rows.attrs[HOLDS] = f"{first}-01/{first + len(counts) - 1}-12"
    return rows


def totals(*rows):
    return published(*(("incidents:criminal_and_public_security", str(period), None, value) for period, value in rows))


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([("2016-01/2016-09", 900), ("2017-01/2017-09", 950)], {2016: 900, 2017: 950}),
        ([("2016", 1350), ("2017", 1500)], {2016: 900, 2017: 1000}),  # whole years, of which the months are two thirds
        ([("2015", 1350), ("2017", 1500)], {2017: 1000}),  # no year beyond a gap
        ([("2017", 1500), ("2018", 1500)], {2017: 1000}),  # 2018 as the data have it
        ([("2017", 1500), ("2018", 1600)], {}),  # not as the data have it: another definition
        ([("2016", 1500)], {}),
        ([], {}),
    ],
)
def test_totals_of_years_before_the_data_are_taken_of_the_same_months(figures, expected):
    table = published_totals(totals(*figures), years([1000, 1000, 1000]), "2020-01/2020-09")
    assert dict(zip(table["year"], table["value"], strict=True)) == pytest.approx(expected)


def test_published_totals_make_a_fall_unlike_earlier_years_that_three_years_cannot_tell():
    rows, windows = years([5000, 5100, 4000]), ("2020-01/2020-09", "2019-01/2019-09")
    before = totals(*((year, 7500 + 30 * (year % 3)) for year in range(2010, 2018)))
    known = published_totals(before, rows, windows[0])["value"]
    alone, more = (period_change(rows, *windows, earlier_totals=given).iloc[0] for given in ((), known))
    assert pd.isna(alone["p_unlike"]) and alone["verdict"] == "more_than_months"
    assert more["verdict"] == "unlike_earlier_years" and len(more["earlier"].split("; ")) == 9
    assert more["estimate"] == alone["estimate"]


def test_a_total_is_held_against_the_data():
    table = figures(("incidents:criminal_and_public_security", "2021-03", None, 7000))
    assert table[["value", "recomputed", "difference"]].iloc[0].tolist() == [7000, 7385, 385]


@pytest.mark.parametrize(
    ("measure", "value", "period", "flag"),
    [
        ("target", 1900, "2020-01/2020-09", "likely_met"),
        ("target", 1500, "2020-01/2020-09", "open"),
        ("target", 1300, "2020-01/2020-09", "likely_missed"),
        ("target_change_pct", -25, "2020-01/2020-09", "likely_met"),
        ("target_change_pct", -45, "2020-01/2020-09", "likely_missed"),
        ("target", 1500, "2020", "likely_met"),  # it is over: what was counted
        ("target", 1499, "2020", "likely_missed"),
    ],
)
def test_a_target_is_held_against_what_its_window_will_likely_bring(measure, value, period, flag):
    figure = published((f"{measure}:criminal_and_public_security", "2020", None, value))
    row = target_outlook(figure, years([1500, 1500, 1000]), period).iloc[0]
    assert (row["flag"], row["current"]) == (flag, 1500 if period == "2020" else 1000)
    assert row["estimate"] == pytest.approx(1500)
    assert (row["lower"] < 1500 < row["upper"]) == (period != "2020")


def test_a_target_without_the_year_before_has_no_base_and_one_of_later_is_left_out():
    figure = published(("target:criminal_and_public_security", "2018", None, 900))
    assert target_outlook(figure, years([1500, 1500]), "2018-01/2018-09")["flag"].tolist() == ["no_base"]
    assert target_outlook(figure, years([1500, 1500]), "2017").empty
    assert target_outlook(figure.assign(period=None), years([1500, 1500]), "2018-01/2018-09").empty
