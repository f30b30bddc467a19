"""The three lists: problems without enough projects, partners and places, projects with their due dates."""

import pandas as pd

from src.analysis.stats.coverage import three_lists

LONGLING, NANSAN = ("布吉街道", "龙岭社区"), ("布吉街道", "南三社区")

HOSPITAL, BOTH = "enterprise_or_institution", "social_organisation;enterprise_or_institution"


def incidents():
    rows = [(*LONGLING, "theft", 60), (*LONGLING, "assault", 20), (*NANSAN, "theft", 20), (*NANSAN, "noise", 12)]
    table = pd.DataFrame(rows, columns=["street", "community", "kind", "incident_count"])
    return table.assign(reported_at=pd.Timestamp("2021-03-01"))


def projects():
    rows = [
        ("001", *LONGLING, "public_security", "龙岭工作站", "龙岭义工联; 布吉医院", BOTH, "2021-12-01", "running"),
        ("002", *NANSAN, "public_security", "南三居委会", "布吉医院", HOSPITAL, "2021-06-01", "finished"),
        ("003", *NANSAN, "public_security", None, None, None, "2021-07-01", "running"),
        ("004", None, None, "other", "区委政法委", "", None, None, None),
    ]  # fmt: skip
    columns = [
        "project_id",
        "street",
        "community",
        "field",
        "lead_unit",
        "partners",
        "organisation_kinds",
        "ended_on",
        "status",
    ]
    frame = pd.DataFrame(rows, columns=columns).assign(title="夜间巡防", started_on=pd.Timestamp("2021-03-01"))
    return frame.astype({"ended_on": "datetime64[us]"})


def lists(as_of="2021-08-01", sites=None):
    return three_lists(incidents(), projects(), sites=sites, as_of=as_of)


def test_a_problem_is_a_place_and_field_with_fewer_projects_than_demand():
    problems = lists()["problems"]
    assert problems[["community", "field"]].to_numpy().tolist() == [["龙岭社区", "public_security"]]
    first = problems.iloc[0]
    assert (first["kind"], first["n"], first["x"]) == ("theft", 80, 1)
    assert round(first["estimate"], 2) == 1.4  # 3 projects, 80 of 100 incidents, 1 there
    assert (first["lead_unit"], first["due_on"]) == ("龙岭工作站", pd.Timestamp("2021-12-01"))
    assert (first["problem_status"], first["closed"]) == ("running", False)


def test_a_problem_that_nobody_works_on_says_so():
    nobody = three_lists(incidents(), projects().iloc[1:])["problems"].iloc[0]
    assert nobody["problem_status"] == "no_project"
    assert pd.isna(nobody["lead_unit"])
    assert pd.isna(nobody["due_on"])


def test_a_resource_is_one_partner_with_where_it_works():
    resources = lists()["resources"].set_index("resource")
    hospital = resources.loc["布吉医院"]
    assert (hospital["communities"], hospital["x"], hospital["closed"]) == ("龙岭社区;南三社区", 2, False)
    assert hospital["organisation_kinds"] == "enterprise_or_institution"  # what both of its projects state
    assert list(resources.index) == ["布吉医院", "龙岭义工联"]


def test_a_demonstration_point_is_a_resource_too():
    site = pd.DataFrame({"site": ["共治广场"], "street": ["布吉街道"], "community": ["龙岭社区"]})
    last = lists(sites=site)["resources"].iloc[-1]
    assert (last["resource"], last["communities"], last["x"]) == ("共治广场", "龙岭社区", 0)
    assert last["closed"] is pd.NA  # it has no project that could be finished


def test_open_projects_come_first_and_late_ones_are_marked():
    table = lists()["projects"]
    assert table["project_id"].tolist() == ["003", "001", "004", "002"]
    assert table["overdue"].tolist() == [True, False, False, False]
    assert table["closed"].tolist() == [False, False, False, True]
    assert not lists(as_of=None)["projects"]["overdue"].any()


def test_nothing_gives_three_empty_lists():
    for table in three_lists(incidents().iloc[:0], projects().iloc[:0]).values():
        assert table.empty
        assert {"lead_unit", "due_on", "closed"} <= set(table.columns)
