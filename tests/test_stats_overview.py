"""All places at a glance, on literal tables."""

import pandas as pd
import pytest

from src.analysis.stats.overview import overview, verdict_matrix
from src.analysis.stats.verdicts import change_verdicts
from src.codebook.periods import HOLDS

REGISTER = pd.DataFrame({"street": ["甲街道", "甲街道", "乙街道"], "community": ["一", "二", "三"]}).assign(
    population=pd.array([10_000, 10_000, 20_000], "Int64"), population_kind="resident", population_year=2021
)


def incidents():
    rows = [
        ("2021-03-01", "甲街道", "一", "criminal", "theft", 40),
        ("2020-03-01", "甲街道", "一", "criminal", "theft", 80),
        ("2021-04-01", "甲街道", "二", "petition", "petition_labour", 7),
    ]
    table = pd.DataFrame(rows, columns=["reported_at", "street", "community", "group", "kind", "incident_count"])
    return table.assign(reported_at=pd.to_datetime(table["reported_at"]))


PROJECTS = pd.DataFrame({"street": ["甲街道"] * 6, "community": ["一"] * 6}).assign(
    residents_took_part=pd.array([True, True, True, False, False, False], "boolean"),
    organisations_took_part=pd.array([True] + [pd.NA] * 5, "boolean"), started_on=pd.Timestamp("2021-01-05"),
)  # fmt: skip
ASIDE = pd.DataFrame({"street": ["乙街道", "乙街道", None], "community": [None, "三", None]})


def test_a_line_a_street():
    table = overview(incidents(), PROJECTS, REGISTER, "2021", "street", ASIDE).set_index("street")
    assert table.index.tolist() == ["甲街道", "乙街道"]
    first, second = table.loc["甲街道"], table.loc["乙街道"]
    moved = first[["reports", "reports_before", "reports_change", "reports_flag"]].tolist()
    assert moved == [40, 80, -0.5, "too_short"]  # no two whole years say how much months scatter
    assert first[["petitions", "petitions_flag", "per_10000", "projects"]].tolist() == [7, "too_few", 20, 6]
    assert first["residents_share"] == 0.5 and pd.isna(first["organisations_share"])  # one of them says so
    assert second[["reports", "petitions", "projects", "set_aside"]].tolist() == [0, 0, 0, 2]
    assert second["reports_flag"] == "too_few"
    assert first["set_aside"] == 0


def test_all_together_and_each_community():
    whole = overview(incidents(), PROJECTS, REGISTER, "2021", None, ASIDE).iloc[0]
    assert whole[["reports", "petitions", "projects", "set_aside"]].tolist() == [40, 7, 6, 3]
    communities = overview(incidents(), PROJECTS, REGISTER, "2021", "community")
    assert communities["reports"].tolist() == [40, 0, 0] and communities["set_aside"].isna().all()


def test_a_year_that_is_not_told_of_is_no_zero():
    rows = incidents()
    rows.attrs[HOLDS] = "2021-01-01/2021-12-31"
    row = overview(rows, PROJECTS, REGISTER, "2021", None, ASIDE).iloc[0]
    assert row["reports_flag"] == "no_base" and pd.isna(row["reports_before"]) and row["reports"] == 40


@pytest.mark.parametrize("by", ["street", "community", None])
def test_nothing_at_all_is_a_line_of_zeros(by):
    table = overview(incidents().iloc[:0], PROJECTS.iloc[:0], REGISTER, "2021", by, ASIDE.iloc[:0])
    assert table[["reports", "petitions", "projects", "set_aside"]].eq(0).all(axis=None)


def yearly(counts):
    """Return incidents of places: so many a month in each of four years, 2018 to 2021."""
    rows = [
        (pd.Timestamp(2018 + year, month, 5), place, place[:1], group, kind, count)
        for (place, group, kind), years in counts.items()
        for year, count in enumerate(years)
        for month in range(1, 13)
    ]
    return pd.DataFrame(rows, columns=["reported_at", "street", "community", "group", "kind", "incident_count"])


PLACES = pd.DataFrame({"street": ["丙", "乙", "甲", "丁"], "community": ["丙", "乙", "甲", "丁"]})
STEADY = {
    ("甲", "criminal", "theft"): [100, 100, 100, 40],  # as no year before
    ("乙", "criminal", "theft"): [100, 100, 100, 100],
    ("丙", "criminal", "theft"): [1, 1, 1, 1],
    ("甲", "petition", "petition_labour"): [10, 10, 10, 10],
    ("乙", "petition", "petition_labour"): [10, 10, 10, 10],
}


def test_each_cell_of_the_matrix_has_its_verdict_in_the_order_of_the_register():
    matrix = verdict_matrix(yearly(STEADY), PLACES, "2021")
    assert matrix["street"].drop_duplicates().tolist() == ["丙", "乙", "甲", "丁"]
    assert matrix.loc[:2, "code"].tolist() == ["criminal_and_public_security", "theft", "petition"]
    flags = matrix.pivot(index="street", columns="code", values="flag")
    assert flags.loc["甲"].tolist() == ["unlike_earlier_years", "", "unlike_earlier_years"]
    assert flags.loc["乙"].tolist() == ["", "", ""]
    assert flags.loc["丙"].tolist() == flags.loc["丁"].tolist() == ["too_few"] * 3
    assert matrix.loc[matrix["street"].eq("丁"), ["current", "reference"]].eq(0).all(axis=None)


def test_what_earlier_years_did_too_is_only_more_than_months_scatter():
    restless = {(place, "criminal", "theft"): [100, 160, 95, 60 if place == "甲" else 150] for place in "甲乙丙丁"}
    matrix = verdict_matrix(yearly(restless), PLACES, "2021")
    assert set(matrix["flag"]) == {"more_than_months"}


def test_a_line_a_cell_and_the_function_itself_give_one_verdict():
    incidents, register = (
        yearly(STEADY),
        PLACES.assign(population=1000, population_kind="resident", population_year=2021),
    )
    line = overview(incidents, PROJECTS, register, "2021").set_index("street")["reports_flag"]
    matrix = verdict_matrix(incidents, register, "2021")
    cell = matrix[matrix["code"].eq("criminal_and_public_security")].set_index("street")["flag"]
    theft = incidents[incidents["kind"].eq("theft")]
    judged = change_verdicts(theft, "2021", "street").set_index("street")["flag"]
    assert line.to_dict() == cell.to_dict() == judged.to_dict() | {"丁": "too_few"}


def test_a_street_alone_has_the_verdict_it_has_among_all():
    incidents, register = yearly(STEADY), PLACES
    among = verdict_matrix(incidents, register, "2021")
    alone = verdict_matrix(incidents, register[register["street"].eq("甲")], "2021")
    assert alone.equals(among[among["street"].eq("甲")].reset_index(drop=True))


def test_a_kind_that_nobody_had_a_year_before_has_no_base():
    matrix = verdict_matrix(
        yearly({("甲", "criminal", "theft"): [0, 0, 0, 50]}).query("incident_count > 0"), PLACES, "2021"
    )
    assert set(matrix["flag"]) == {"no_base"} and matrix["reference"].isna().all()
