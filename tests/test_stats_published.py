"""Published figures recomputed: by their own window and rounding; what the data cannot answer is left out."""

import pandas as pd
import pytest

from src.analysis.stats.published import recomputed_figures


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
