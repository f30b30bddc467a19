"""All places at a glance, on literal tables."""

import pandas as pd
import pytest

from src.analysis.stats.overview import overview
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
    assert first[["reports", "reports_before", "reports_change", "reports_flag"]].tolist() == [40, 80, -0.5, "fell"]
    assert first["reports_lower"] < -0.5 < first["reports_upper"] < 0
    assert first[["petitions", "petitions_flag", "per_10000", "projects"]].tolist() == [7, "too_few", 20, 6]
    assert first["residents_share"] == 0.5 and pd.isna(first["organisations_share"])  # one of them says so
    assert second[["reports", "petitions", "projects", "set_aside"]].tolist() == [0, 0, 0, 2]
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
