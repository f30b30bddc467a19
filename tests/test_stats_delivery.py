"""What became of the delivered lines: bars that meet, shares that sum, streets that are missing."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.analysis.stats import delivery
from src.reports.findings.quality import deliveries, reasons, records_by_file

CLASSES = ("title", "header", "repeated_header", "blank", "total", "note", "continuation", "data")


def ledger_of(lines, records):
    rows = [("lines", name, n) for name, n in lines.items()] + [("records", name, n) for name, n in records.items()]
    table = pd.DataFrame(rows, columns=["counted", "class", "count"])
    return table.assign(table="incidents", file="a.csv", sheet="")


@given(
    st.fixed_dictionaries({name: st.integers(0, 50) for name in CLASSES}),
    st.fixed_dictionaries({name: st.integers(0, 50) for name in ("clean", "duplicate", "quarantined")}),
)
def test_the_bars_lead_from_the_lines_to_the_clean_rows(lines, records):
    table = delivery.line_waterfall(ledger_of(lines, records)).set_index("step")
    assert table.loc["lines", "count"] == sum(lines.values())
    assert table.loc["clean", "count"] == records["clean"]
    assert table.loc["records", "count"] == sum(records.values())
    assert (table["end"] - table["start"] == table["count"].abs()).all()
    between = table.drop(index=["lines", "records", "clean"])
    assert table.loc["lines", "count"] + between["count"].sum() == records["clean"]


def test_what_of_a_file_is_used():
    row = records_by_file(ledger_of({"data": 10}, {"clean": 7, "duplicate": 1, "quarantined": 2})).iloc[0]
    assert row[["delivered", "clean", "duplicate", "quarantined"]].tolist() == [10, 7, 1, 2]
    assert row["quarantined_share"] == 0.2


def test_a_file_without_a_record_has_no_share():
    assert records_by_file(ledger_of({"title": 1}, {"clean": 0}))["quarantined_share"].isna().all()


def test_reasons_come_most_frequent_first_and_show_no_personal_number():
    rows = pd.DataFrame(
        {
            "table": "incidents", "code": ["late", "phone", "late"], "column": ["reported_at", "note", "reported_at"],
            "file": "a.csv", "line": [4, 5, 9], "value": ["2031", "13800000000", "2032"], "reason": ["b", "c", "d"],
            "reason_zh": ["乙", "丙", "丁"],
        }
    )  # fmt: skip
    table = reasons(rows, "zh")
    assert table[["reason", "count", "line"]].to_numpy().tolist() == [["乙", 2, 4], ["丙", 1, 5]]
    assert "13800000000" not in table["value"].tolist()


def test_deliveries_are_named_in_the_readers_language():
    stated = {
        "file": "a.csv",
        "table": "projects",
        "publisher": "街道",
        "received": "",
        "bytes": 2048,
        "sha256": "0" * 64,
    }
    described = [{**stated, "publisher_en": ""}, {**stated, "publisher_en": "the street"}]
    assert deliveries(described)["publisher"].tolist() == ["街道", "街道"]
    assert deliveries(described, "en")["publisher"].tolist() == ["街道", "the street"]
    assert deliveries([]).columns.tolist() == deliveries(described).columns.tolist()


def test_a_street_without_anything_in_a_month_is_missing_unless_it_seldom_has_any():
    rows = pd.DataFrame(
        {
            "reported_at": pd.to_datetime(["2021-01-05", "2021-03-05", "2021-01-06", "2021-02-01", "2021-02-08"]),
            "street": ["甲街道", "甲街道", "乙街道", "乙街道", "丙街道"], "group": "criminal",
            "incident_count": [40, 50, 30, 20, 1],
        }
    )  # fmt: skip
    register = pd.DataFrame({"street": ["甲街道", "乙街道", "丙街道"], "community": ["一", "二", "三"]})
    table = delivery.delivered_months(rows, register)
    missing = table[table["flag"].eq("missing")]
    assert missing["street"].tolist() == ["甲街道", "乙街道"]
    assert missing["month"].dt.month.tolist() == [2, 3]
    assert table["count"].sum() == 141


def test_a_month_that_is_known_late_is_incomplete():
    days = pd.to_datetime(["2021-01-10"] * 10 + ["2021-06-29"])
    lag = pd.to_timedelta([0] * 5 + [10] * 5 + [0], unit="D")
    rows = pd.DataFrame({"occurred_at": days, "reported_at": days + lag, "incident_count": 1})
    table = delivery.reporting_completeness(rows, "2021-06-30").set_index("month")
    assert table["flag"].tolist() == ["", "incomplete"]
    assert table["estimate"].iloc[0] == 1
    assert 0.5 < table["estimate"].iloc[1] < 0.9


def counted(**months):
    """Incidents of two streets, so many in each month of a source, the same days."""
    rows = [
        (f"{month}-{day + 1:02}", street, "petition" if source == "petitions" else "criminal")
        for source, by_month in months.items()
        for month, n in by_month.items()
        for street in ("甲街道", "乙街道")
        for day in range(n)
    ]
    table = pd.DataFrame(rows, columns=["reported_at", "street", "group"])
    return table.assign(reported_at=pd.to_datetime(table["reported_at"]), incident_count=1)


YEAR = {f"2021-{month:02}": 9 for month in range(1, 13)}


def test_a_month_that_no_street_delivered_of_a_source_is_missing_and_one_before_it_began_is_not():
    reports = {month: n for month, n in YEAR.items() if month not in ("2021-01", "2021-06", "2021-12")}
    table = delivery.delivered_months(counted(petitions=YEAR, reports=reports))
    missing = table[table["flag"].eq("missing")]
    assert missing["source"].unique().tolist() == ["reports"]
    assert missing["month"].dt.strftime("%Y-%m").unique().tolist() == ["2021-06", "2021-12"]
    assert missing["street"].value_counts().to_dict() == {"甲街道": 2, "乙街道": 2}


def test_a_street_that_never_delivered_is_told_as_such_where_others_have_more_than_chance():
    register = pd.DataFrame({"street": ["甲街道", "乙街道", "丙街道"]})
    table = delivery.delivered_months(counted(reports=YEAR), register)
    assert table.loc[table["flag"].eq("never"), "street"].unique().tolist() == ["丙街道"]
    few = delivery.delivered_months(counted(reports=dict.fromkeys(YEAR, 1)), register)
    assert few["flag"].eq("").all()


@pytest.mark.parametrize(
    ("last", "until"),
    [(12, "2021-12"), (11, "2021-11"), (9, "2021-09"), (8, "2021-12")],  # 8: it stopped, nobody waits for it
)
def test_a_source_that_is_late_is_waited_for_and_one_that_stopped_is_not(last, until):
    reports = {month: n for month, n in YEAR.items() if int(month[-2:]) <= last}
    assert f"{delivery.delivered_until(counted(petitions=YEAR, reports=reports)):%Y-%m}" == until
    few = dict.fromkeys(reports, 1)  # so few that there may just have been none
    assert f"{delivery.delivered_until(counted(petitions=YEAR, reports=few)):%Y-%m}" == "2021-12"
