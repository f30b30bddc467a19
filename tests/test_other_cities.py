"""Another city loads without a line of code: the README's own examples, with a few lines like those of the cities."""

import re

import pandas as pd
import pytest

from src.analysis import loading
from src.codebook import paths, vocabulary
from src.ingest.store import build

DISTRICTS = "street,community\nPodgórze,Podgórze\nNowa Huta,Nowa Huta\n"
PROJECTS = """\
project_id;name;district;subunit;date_begin;cost;votes;selected;category;instance
23;Zielony pochłaniacz smogu!;;;16.06.2018;1725000;6512;;environmental protection;2018
23;Winda dla chorych;Podgórze;Podgórze;28.09.2019;700000;1967;1;;2019
23;Ławki;Nowa Huta;Nowa Huta;28.09.2019;40700;86;0;bicycle infrastructure;2019
7;Donice zamiast słupków.;Nowa Hutta;;31.02.2019;860000;2416;;sport;2019
"""
REGISTER = "street,community\n大安區,住安里\n大安區,敦煌里\n松山區,敦煌里\n"
THEFTS = """\
編號,案類,發生日期,發生時段,發生地點
1,自行車竊盜,1040101,16~18,臺北市大安區住安里四維路124巷1~30號
2,自行車竊盜,1040104,00-02,台北市大安區敦煌里仁愛路4段266巷1~30號
3,自行車竊盜,1040106,14~16,臺北市松山區國興路1~30號
4,自行車竊盜,110420,20~22,臺北市大安區四維路
5,自行車竊盜,1040108,08~10,新北市永和區文化路151~180號
,,,,
"""


@pytest.fixture
def examples(request):
    text = (paths.ROOT / f"README{request.param}.md").read_text(encoding="utf-8")
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[-4:]


def built(folder, files: dict[str, bytes], sources: str, words: str = "", table: str = "projects"):
    raw = folder / "raw"
    raw.mkdir()
    for name, content in {**files, "sources.yml": sources.encode(), "vocabulary.yml": words.encode()}.items():
        if content:
            (raw / name).write_bytes(content)
    summary = build(raw, folder / "processed")
    return summary, pd.read_parquet(folder / "processed" / f"{table}.parquet")


@pytest.mark.parametrize("examples", ["", ".zh-CN"], indirect=True)
def test_krakow(tmp_path, examples):
    sources = examples[1].replace("  received", "  max_quarantined_pct: 50\n  received")
    files = {"districts.csv": DISTRICTS.encode(), "projects.csv": PROJECTS.encode()}
    summary, projects = built(tmp_path, files, sources)
    assert projects["field"].tolist() == ["environment", "other", "traffic"]
    assert projects["residents_count"].tolist() == [6512, 1967, 86]
    assert projects["started_on"].dt.strftime("%Y-%m-%d").tolist() == ["2018-06-16", "2019-09-28", "2019-09-28"]
    assert projects["street"].fillna("").tolist() == ["", "Podgórze", "Nowa Huta"]
    assert (summary.records()["quarantined"].sum(), summary.warnings) == (1, [])


@pytest.mark.parametrize("examples", ["", ".zh-CN"], indirect=True)
def test_taipei(tmp_path, examples):
    sources = examples[2].replace("  key", "  max_quarantined_pct: 50\n  key")
    files = {"register.csv": REGISTER.encode(), "bicycle.csv": THEFTS.encode("cp950")}
    summary, thefts = built(tmp_path, files, sources, examples[3], "incidents")
    found = thefts.sort_values("source_line").fillna({"community": ""})
    assert found[["street", "community", "kind"]].to_numpy().tolist() == [
        ["大安區", "住安里", "theft"],
        ["大安區", "敦煌里", "theft"],
        ["松山區", "", "theft"],
    ]
    when = found["reported_at"].dt.strftime("%Y-%m-%d %H").tolist()
    assert when == ["2015-01-01 16", "2015-01-04 00", "2015-01-06 14"]
    assert summary.records()["quarantined"].sum() == 2


SOURCES = """\
- files: wards.csv
  table: communities
- files: calls.csv
  table: incidents
  columns: {No: incident_id, When: reported_at, What: kind}
"""
CALLS = "No,When,What\n1,2021-03-01,theft\n2,2021-03-02,theft\n"
DELIVERED = {
    "wards.csv": "Ward\nEast\nWest\n",
    "state.csv": "ano,mês,Ward,roubo,furto\n2021,1,East,2,20\n2021,2,West,3,\n",
    "months.csv": "Ward,Enero,Feb-21,M3\nEast,5,6,7\n",
    "by_kind.csv": "Ward,noise Jan,noise Feb,litter Jan\nWest,1,2,4\n",
    "calls.csv": "ref,When,Where\na,2021-04-01T02:30Z,East 5\nb,2021-03-31 21:30,Elsewhere\n",
    "taiwan.csv": "年,月日,Ward,type\n110,0401,East,theft\n110,1231,West,theft\n",
    "grants.csv": "No;Title;Field;Where;Cost\n1;Benches;other;East;1.200,50\n2;Lamps;other;West;850.000\n",
    "yearbook.csv": "month,Ward,noise,accidents\n2021-05,East,8,9\n",
}


@pytest.mark.parametrize("examples", ["", ".zh-CN"], indirect=True)
def test_what_else_an_entry_can_say(tmp_path, examples):
    files = {name: text.encode() for name, text in DELIVERED.items()}
    summary, projects = built(tmp_path, files, examples[0])
    assert summary.records()[["duplicate", "quarantined"]].sum().sum() == 0
    assert projects[["street", "budget_cny"]].to_numpy().tolist() == [["East", 1200.5], ["West", 850_000]]
    incidents = pd.read_parquet(tmp_path / "processed" / "incidents.parquet")
    counts = incidents.assign(month=incidents["reported_at"].dt.strftime("%Y-%m"))
    counts = counts.groupby(["source_file", "kind", "month"], observed=True)["incident_count"].sum()
    assert counts.to_dict() == {
        ("state.csv", "robbery", "2021-01"): 2,
        ("state.csv", "robbery", "2021-02"): 3,
        ("state.csv", "theft", "2021-01"): 20,
        ("months.csv", "dispute", "2021-01"): 5,
        ("months.csv", "dispute", "2021-02"): 6,
        ("months.csv", "dispute", "2021-03"): 7,
        ("by_kind.csv", "noise", "2021-01"): 1,
        ("by_kind.csv", "noise", "2021-02"): 2,
        ("by_kind.csv", "sanitation", "2021-01"): 4,
        ("calls.csv", "noise", "2021-03"): 2,
        ("taiwan.csv", "theft", "2021-04"): 1,
        ("taiwan.csv", "theft", "2021-12"): 1,
        ("yearbook.csv", "noise", "2021-05"): 8,
        ("yearbook.csv", "traffic_accident", "2021-05"): 9,
    }
    calls = incidents[incidents["source_file"].eq("calls.csv")].sort_values("source_line")
    assert calls["reported_at"].dt.hour.tolist() == [21, 21]
    assert calls["street"].fillna("").tolist() == ["East", ""]
    assert [said for said in summary.warnings if "count for the whole district alone" in said] == summary.warnings


def test_another_district_has_neither_the_name_nor_the_days_nor_the_places_of_the_shipped_one(tmp_path, monkeypatch):
    files = {"wards.csv": "street,community\nEast,East\nWest,West\n", "calls.csv": CALLS}
    summary, _ = built(tmp_path, {name: text.encode() for name, text in files.items()}, SOURCES, table="incidents")
    monkeypatch.setenv("ANALYSIS_RAW", str(tmp_path / "raw"))
    assert not vocabulary.current().is_of_shipped_district  # what a build says of its deliveries names no other one
    monkeypatch.setattr(vocabulary, "_in_force", None)
    assert vocabulary.current().is_of_shipped_district  # in a process that has not seen the register yet
    loading.register(summary)
    assert vocabulary.label("district", "district", "en") == "The whole area"
    assert not any(vocabulary.current().calendar.values())


def test_a_district_that_names_itself_and_sends_no_register_has_no_places(tmp_path):
    words = "district: {zh: 里约热内卢州, en: State of Rio de Janeiro}\n"
    sources = SOURCES.replace("- files: wards.csv\n  table: communities\n", "")
    _, register = built(tmp_path, {"calls.csv": CALLS.encode()}, sources, words, "communities")
    assert register.empty
    assert not any(vocabulary.current().calendar.values())
