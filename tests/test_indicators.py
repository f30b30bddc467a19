"""Key indicators: the headline, its kinds and what is counted beside it, from small tables."""

import numpy as np
import pandas as pd
import pytest

from src.analysis.stats.counts import dispersion_of_each, totals_by_month
from src.analysis.stats.overview import categories, indicator_months, key_indicators, kind_changes, verdict_matrix
from src.codebook.periods import parse_period
from src.reports import describe, open_report
from src.reports.findings import overview
from tests.headline_case import computed, questions_of

MONTHS = pd.date_range("2019-01-01", "2021-12-01", freq="MS")


def incidents(counts):
    """Rows of one street: {(group, kind): how many in a month of each year, 2019 on}."""
    rows = [
        (month + pd.Timedelta(days=3), "甲街道", "一社区", group, kind, many[month.year - 2019] + month.month % 2)
        for (group, kind), many in counts.items()
        for month in MONTHS
    ]
    names = ["reported_at", "street", "community", "group", "kind", "incident_count"]
    return pd.DataFrame(rows, columns=names)


@pytest.fixture
def table():
    return incidents(
        {
            ("criminal", "theft"): (100, 100, 60),
            ("public_security", "theft"): (50, 50, 30),
            ("criminal", "other_crime"): (400, 400, 400),
            ("public_security", "assault"): (20, 20, 20),
            ("traffic", "traffic_accident"): (80, 80, 80),
            ("dispute", "neighbour_dispute"): (1, 1, 1),
        }
    )


def test_rows_are_the_headline_its_kinds_and_what_it_does_not_hold(table):
    found = categories(table)
    assert found == [
        ("roll_up", "criminal_and_public_security"),
        ("kind", "theft"),
        ("kind", "assault"),
        ("roll_up", "dispute"),
        ("roll_up", "traffic"),
    ]


def test_a_kind_of_two_groups_is_one_and_its_change_that_of_the_family(table):
    found = key_indicators(table, "2021", "2020").set_index("code")
    theft = found.loc["theft"]
    assert (theft["current"], theft["reference"], theft["month"]) == (90 * 12 + 12, 150 * 12 + 12, 90)
    kinds = kind_changes(table, "2021", "2020").set_index("kind").loc["theft"]
    assert theft["verdict"] == kinds["verdict"] == "unlike_earlier_years"
    assert found.loc["dispute", "flag"] == "too_few"
    assert found.loc["traffic", "verdict"] == "within"


def test_a_change_of_few_is_told_by_its_counts(table):
    few = incidents({("traffic", "traffic_accident"): (5, 5, 3), ("criminal", "theft"): (100, 100, 60)})
    table, months = key_indicators(few, "2021", "2020"), indicator_months(few, "2021")
    lines = describe.key_indicators(table, months, "zh", parse_period("2021")).set_index("name")
    assert lines["同比"].to_dict() == {"刑事治安警情": "下降39.8%", "其中：盗窃": "下降39.8%", "交通警情": "66→42"}


def test_windows_of_days_are_counted_by_day(table):
    found = key_indicators(table, "2021-03-01/2021-03-15", "2020-03-01/2020-03-15").set_index("code")
    assert found.loc["theft", ["current", "reference"]].tolist() == [92, 152]
    none = key_indicators(table, "2021-03-10/2021-03-15", "2020-03-10/2020-03-15")
    assert not none[["current", "reference"]].any(axis=None)


def test_what_begins_after_the_reference_has_no_base(table):
    petitions = incidents({("petition", "petition_labour"): (0, 0, 50)})
    later = petitions[petitions["reported_at"].ge("2021-01-01")]
    found = key_indicators(pd.concat([table, later]), "2021", "2020").set_index("code")
    assert found.loc["petition", ["flag", "verdict"]].tolist() == ["no_base", ""]
    assert pd.isna(found.loc["petition", "estimate"])


def test_the_band_is_where_a_month_like_that_of_the_year_before_lies():
    """√100 ± 1.96 √(1/2): 74.2 to 129.6 about 100 in a month without overdispersion (Wheeler)."""
    flat = incidents({("traffic", "traffic_accident"): (100, 100, 100)})
    flat["incident_count"] = 100
    march = indicator_months(flat, "2021-03", n=13).query("code == 'traffic'").iloc[-1]
    assert march["month"] == pd.Timestamp("2021-03-01")
    assert march[["lower", "upper"]].tolist() == pytest.approx([74.20, 129.64], abs=0.01)
    before = indicator_months(flat, "2019-06", n=12).query("code == 'traffic'")
    assert before["estimate"].isna().sum() == 6  # nothing is known of 2018
    assert before[["lower", "upper"]].isna().all(axis=None)


def test_the_months_of_a_kind_scatter_over_all_that_were_delivered(table):
    """A kind of which the first months have none has zeros there: they are months like others."""
    table = table[table["kind"].ne("theft") | table["reported_at"].ge("2019-04-01")]
    march = indicator_months(table, "2021-03", n=1).set_index("code").loc["theft"]
    monthly = totals_by_month(table[table["kind"].eq("theft")], []).reindex(MONTHS, fill_value=0)
    half = 1.959964 * np.sqrt(dispersion_of_each(monthly).iloc[0] / 2)
    assert march["upper"] == pytest.approx((np.sqrt(monthly.loc["2020-03-01", 0]) + half) ** 2)


def test_a_month_that_was_not_delivered_is_no_zero(table):
    missing = pd.DataFrame(
        {"street": ["甲街道"], "source": ["reports"], "month": [pd.Timestamp("2021-02-01")], "whole": [True]}
    )
    found = indicator_months(table, "2021-04", n=4, missing=missing).query("code == 'traffic'")
    assert found["estimate"].isna().tolist() == [False, True, False, False]


def test_a_line_tells_the_months_outside_its_band(table):
    months = indicator_months(table, "2021")
    lines = describe.key_indicators(key_indicators(table, "2021", "2020"), months, "zh", parse_period("2021"))
    assert lines["name"].tolist()[:2] == ["刑事治安警情", "其中：盗窃"]
    assert lines.columns.tolist() == ["name", "2021年", "同比", "change_verdict", "months", "2021年12月"]
    theft = lines["months"].iloc[1]
    assert theft == "月最少90，最多152；本期12个月中12个低于、0个高于按上年同月推算的范围"
    assert theft.drawing["since"] == 12
    assert lines["change_verdict"].iloc[1].drawing == {"icon": "fell_unlike"}


@pytest.mark.parametrize("area", ["布吉街道", "布吉街道/龙岭社区"])
def test_a_kind_of_a_place_has_one_verdict_wherever_it_stands(on_sample, area):
    here = open_report(area)
    _, table = computed(here)
    incidents, register = overview.judged_together(open_report() if here.level == "street" else open_report(area[:4]))
    matrix = verdict_matrix(incidents, register, here.period, here.level, here.gaps)
    cells = matrix[matrix[here.level].eq(area.split("/")[-1])].set_index("code")["flag"].replace("", "within")
    kinds = table[table["listname"].eq("kind")].set_index("code")
    assert len(kinds) == 3
    for code, row in kinds.iterrows():
        assert (row["verdict"] or row["flag"]) == cells[code]
    said = questions_of(here)["answer"].iloc[0]
    told = said.count("，超出月度起伏") + 3 * said.count("，均超出月度起伏")  # what holds for all is said once
    assert told == kinds["verdict"].isin(["more_than_months", "unlike_earlier_years"]).sum()
