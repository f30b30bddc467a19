"""The clean tables: what they promise is checked, and the dictionary says it."""

import pandas as pd
import pytest
from pandera.errors import SchemaError

from src.codebook import paths, tables
from tools.documents import dictionary


def project(**values):
    """One project that keeps every promise, with some of its values replaced."""
    kept = {
        "project_id": "000012", "title": "路口整治", "street": "布吉街道", "community": "南三社区", "field": "traffic",
        "budget_cny": 1200.0, "source_file": "x.csv", "source_sheet": "", "source_line": 2,
    }  # fmt: skip
    return tables.frame("projects", {name: [value] for name, value in (kept | values).items()})


def test_dictionary_is_what_the_tables_say():
    assert (paths.ROOT / "data" / "README.md").read_text(encoding="utf-8") == dictionary()


def test_dictionary_says_of_each_column_what_missing_means():
    for table in tables.table_names():
        for column in tables.columns(table).values():
            assert column.required or {"zh", "en"} <= set(column.text.get("missing", {})), f"{table}.{column.name}"


def test_frame_has_every_column_in_order_and_type():
    projects = project()
    assert list(projects) == [*tables.columns("projects"), *tables.SOURCE]
    assert projects["project_id"].tolist() == ["000012"]
    assert str(projects["residents_took_part"].dtype) == "boolean"
    assert projects["residents_took_part"].isna().all()
    assert str(projects["started_on"].dtype) == "datetime64[us]"


def test_a_row_that_keeps_its_promises_passes_unchanged():
    pd.testing.assert_frame_equal(tables.check(project(), "projects"), project())


@pytest.mark.parametrize("broken", [{"field": "roads"}, {"budget_cny": -1.0}, {"project_id": None}, {"title": None}])
def test_a_row_that_breaks_a_promise_is_refused(broken):
    with pytest.raises(SchemaError):
        tables.check(project(**broken), "projects")


def test_an_unknown_table_is_told_which_there_are():
    with pytest.raises(tables.UnknownTable, match="'project' is not known; right would be one of projects"):
        tables.columns("project")
