"""`registered.yml`: what is decided before the data, since when it is known, and what it leaves out of a verdict."""

import datetime as dt

import pandas as pd
import pytest

from src.analysis.stats.verdicts import change_verdicts
from src.codebook import periods
from src.codebook.periods import HOLDS, REGISTERED, parse_period
from src.codebook.reader import VocabularyError
from src.ingest.deliveries import FILE, concerning, read_registered, registered
from src.reports.describe.quality import registered_text

ENTRY = (
    '- period: "2021"\n  fields: [public_security]\n  checks: [leads, permutation]\n  years_left_out: {2020: 疫情}\n'
)


def incidents_until(path, day):
    pd.DataFrame({"reported_at": pd.to_datetime(["2020-01-05", day])}).to_parquet(path)
    return path


def test_a_page_says_what_was_registered_and_what_was_chosen_after():
    entry = {"period": "2021", "fields": ["public_security"], "years_left_out": {"2020": "疫情"}, "sha256": "ab" * 32}
    entry |= {"registered_on": "2021-01-04", "data_until": "2020-12-31"}
    told = registered_text((entry,), parse_period("2021-01/2021-09"), "previous_year")
    assert told == (
        "事先登记：时段2021年，领域治安整治，不计年份2020年（疫情）；登记于2021-01-04，当时数据只到2020-12-31，本期数据尚未到达"
        "（摘要abababababab）。 未登记、事后选择：对比方式、检验。"
    )
    late = registered_text(({**entry, "data_until": "2021-02-01"},), parse_period("2021-01/2021-09"), "2019", "en")
    assert late == (
        "Registered: months 2021, fields Public security, years left out 2020 (疫情); on 2021-01-04, when data went to "
        "2021-02-01: taken as chosen after the data, and no year is left out (digest abababababab). Not registered, "
        "chosen after: the comparison, fields, checks."
    )
    assert "均未事先登记" in registered_text((entry,), parse_period("2020"), "previous_year")


def test_an_entry_keeps_the_day_on_which_a_build_first_saw_it(tmp_path, monkeypatch):
    (tmp_path / FILE).write_text(ENTRY, encoding="utf-8")
    monkeypatch.setattr(periods, "today", lambda: dt.date(2021, 1, 4))
    table = incidents_until(tmp_path / "incidents.parquet", "2020-12-30")
    first = registered(tmp_path, table, ())
    assert first[0]["registered_on"] == "2021-01-04" and first[0]["data_until"] == "2020-12-30"
    monkeypatch.setattr(periods, "today", lambda: dt.date(2021, 10, 4))
    incidents_until(table, "2021-09-30")
    assert registered(tmp_path, table, tuple(first)) == first
    (tmp_path / FILE).write_text(ENTRY.replace("leads, ", ""), encoding="utf-8")
    changed = registered(tmp_path, table, tuple(first))[0]
    assert changed["registered_on"] == "2021-10-04" and changed["data_until"] == "2021-09-30"
    assert changed["sha256"] != first[0]["sha256"]


@pytest.mark.parametrize(
    ("until", "period", "expected"),
    [
        ("2020-12-30", "2021-01/2021-09", [True]),
        ("2020-12-30", "2021", [True]),
        ("2021-01-01", "2021-06", [False]),  # some of the year was there
        ("2020-12-30", "2020-07/2021-06", []),  # not what was registered
        ("", "2021", [True]),
    ],
)
def test_what_was_registered_concerns_the_periods_within_it(until, period, expected):
    entries = ({"period": "2021", "data_until": until},)
    assert [entry["before_data"] for entry in concerning(entries, period)] == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("period: 2021\n", "line 1"),
        ("- period: zweitausend\n", "line 1"),
        ("- period: 2021\n  fields: [safety]\n", "line 2"),
        ("- period: 2021\n  checks: [all]\n", "line 2"),
        ("- period: 2021\n  years_left_out: {20: a}\n", "line 2"),
        ("- fields: [traffic]\n", "line 1"),
        ("- period: 2021\n  feilds: [traffic]\n", "line 2: .*did you mean .fields."),
    ],
)
def test_what_cannot_be_registered_is_refused_with_its_line(tmp_path, text, told):
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(VocabularyError, match=f"{FILE}, {told}"):
        read_registered(tmp_path)


def test_a_year_registered_before_the_data_is_no_earlier_year():
    counts = {2014: 5000, 2015: 5050, 2016: 5000, 2017: 5050, 2018: 3000, 2019: 5000, 2020: 5050, 2021: 4000}
    dates = [f"{year}-{month:02}-01" for year in counts for month in range(1, 13)]
    rows = pd.DataFrame({"reported_at": pd.to_datetime(dates), "street": "布吉街道", "group": "criminal"})
    rows["incident_count"] = [count // 12 for count in counts.values() for _ in range(12)]
    rows.attrs[HOLDS] = "2014-01/2021-12"
    entry = {"period": "2021", "data_until": "2020-12-31", "years_left_out": {"2018": "系统停用"}}
    flags = {}
    for name, until in (("before", "2020-12-31"), ("after", "2021-01-31")):
        rows.attrs[REGISTERED] = ({**entry, "data_until": until},)
        row = change_verdicts(rows, "2021").iloc[0]
        flags[name] = row["flag"], len(row["earlier"])
    assert flags == {"before": ("unlike_earlier_years", 4), "after": ("more_than_months", 6)}
