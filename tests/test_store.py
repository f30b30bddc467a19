"""Building and loading: published totals out of the cleaned sample, every line accounted for, all or nothing."""

import json
import os
import zipfile

import pandas as pd
import pytest
from report_case import write_deliveries

from src.analysis import DataRefused, build, load_communities, load_incidents, load_projects
from src.codebook import paths
from src.codebook.vocabulary import VocabularyError
from src.ingest.__main__ import main
from src.ingest.folders import Locked

SAMPLE = paths.ROOT / "data" / "raw" / "sample"
WINDOWS = ("2020-01/2020-09", "2021-01/2021-09")
HEADLINE = ["criminal", "public_security"]


def table(summary, name: str) -> pd.DataFrame:
    return pd.read_parquet(summary.processed / f"{name}.parquet")


def test_cleaned_sample_gives_the_published_totals_exactly(sample):
    projects, incidents = table(sample, "projects"), table(sample, "incidents")
    assert len(projects) == 436
    assert projects["residents_took_part"].sum() == 117
    assert projects["organisations_took_part"].sum() == 248
    assert len(table(sample, "communities")) == 111
    assert projects[["street", "community"]].drop_duplicates().shape[0] == 111
    assert len(table(sample, "demonstration_sites")) == 16
    by_clock = incidents.set_index("reported_at").sort_index()
    found = {}
    for name, groups in (("headline", HEADLINE), ("petitions", ["petition"])):
        rows = by_clock[by_clock["group"].isin(groups)]
        found[name] = [
            int(rows.loc[first : f"{last}-30 23:59:59", "incident_count"].sum())
            for first, last in (window.split("/") for window in WINDOWS)
        ]
    assert found == {"headline": [19_437, 14_354], "petitions": [8_264, 8_164]}


def lines_in(path) -> int:
    """Count a delivery's physical lines without the loader."""
    if path.suffix == ".xlsx":
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_path(path)
        return sum(len(book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    else:
        content = path.read_bytes()
    return len(content.splitlines())


def test_every_line_of_the_sample_is_in_the_ledger(sample):
    lines = sample.ledger[sample.ledger["counted"].eq("lines")]
    counted = lines.groupby(lines["file"].str.split("/").str[0])["count"].sum()
    delivered = {p.name: lines_in(p) for p in SAMPLE.iterdir() if p.name != "sources.yml"}
    assert counted.to_dict() == delivered
    records = sample.records().set_index("table")
    kept = records[["clean", "duplicate", "quarantined"]]
    assert (records["delivered"] == kept.sum(axis=1)).all()
    for name in records.index:
        assert records.loc[name, "clean"] == len(table(sample, name))
    assert records.loc["incidents", "quarantined"] > 0


def test_what_was_set_aside_lies_apart_and_is_for_the_owner_alone(sample):
    folder = paths.quarantine(sample.processed)
    quarantined = pd.read_parquet(folder / "quarantined.parquet")
    assert len(quarantined) == sample.records()["quarantined"].sum()
    assert {"file", "sheet", "line", "column", "value", "reason", "cells"} <= set(quarantined)
    assert quarantined["reason"].str.len().min() > 10
    assert oct((folder / "quarantined.parquet").stat().st_mode & 0o777) == "0o600"
    assert oct(folder.stat().st_mode & 0o777) == "0o700"


def test_no_free_text_or_person_reaches_the_clean_tables(sample):
    incidents = table(sample, "incidents")
    assert not {"简要案情", "备注", "报警人", "联系电话"} & set(incidents.columns)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder of its own with a small set of deliveries, in force."""
    monkeypatch.setenv("ANALYSIS_DATA", str(write_deliveries(tmp_path / "data")))
    return tmp_path / "data"


def test_second_build_does_nothing_until_a_file_changes(data):
    first, second = build(), build()
    assert (first.rebuilt, second.rebuilt) == (True, False)
    assert second.ledger.equals(first.ledger)
    incidents = data / "raw" / "incidents.csv"
    incidents.write_text(incidents.read_text(encoding="utf-8").replace("J202109", "K202109"), encoding="utf-8")
    third = build()
    assert third.rebuilt
    assert load_incidents()["incident_id"].str.startswith("K202109").any()


def test_a_missing_table_is_built_again(data):
    (build().processed / "incidents.parquet").unlink()
    assert build().rebuilt
    assert len(load_incidents()) > 0


def test_unreadable_delivery_leaves_the_tables_as_they_were(data):
    before = build()
    picture = b"\x89PNG\r\n\x1a\n" + bytes(64)
    (data / "raw" / "projects.csv").write_bytes(picture)
    with pytest.raises(DataRefused, match=r"projects\.csv: .* is a PNG picture"):
        build()
    assert json.loads((before.processed / "datapackage.json").read_text("utf-8"))["fingerprint"] == before.fingerprint
    assert len(table(before, "projects")) == 3


@pytest.mark.parametrize("left", [["incidents.csv", "projects.csv"], []])
def test_where_no_entry_matches_a_file_the_tables_stay_and_it_is_told_why(data, left, capsys):
    before = build()
    for name in ("incidents.csv", "projects.csv"):
        path = data / "raw" / name
        path.rename(path.with_name(f"2022_{name}")) if left else path.unlink()
    with pytest.raises(DataRefused) as refused:
        build()
    assert f"没有一个条目（incidents.csv、projects.csv）匹配到 {data / 'raw'} 中的文件" in str(refused.value)
    assert ("2022_incidents.csv, 2022_projects.csv" if left else "holds: —;") in str(refused.value)
    assert main(["build"]) == 3
    assert "matches a file in" in capsys.readouterr().err
    assert len(table(before, "projects")) == 3


def test_too_much_set_aside_refuses_the_delivery_and_keeps_the_rest(data):
    before = build()
    projects = data / "raw" / "projects.csv"
    projects.write_text(projects.read_text(encoding="utf-8").replace("南三社区", "北三社区"), encoding="utf-8")
    with pytest.raises(
        DataRefused, match=r"33\.3% of the records of 项目台账 were set aside, more than the 5% allowed"
    ) as why:
        build()
    assert "最多的原因有 1 条，首见于 projects.csv:3 community “北三社区”：登记册中没有这个社区" in str(why.value)
    assert "Most often (1), first at projects.csv:3 community “北三社区”: no such community" in str(why.value)
    assert f"`./run check {projects} --table projects` prints the reasons" in str(why.value)
    assert len(table(before, "projects")) == 3
    refused = pd.read_parquet(paths.quarantine(before.processed) / "refused_quarantined.parquet")
    assert refused["value"].tolist() == ["北三社区"]


@pytest.mark.parametrize(("records", "is_refused"), [(1, False), (2, False), (3, True)])
def test_the_share_of_one_or_two_records_refuses_nothing(data, records, is_refused):
    projects = data / "raw" / "projects.csv"
    header = projects.read_text(encoding="utf-8").split("\n")[0] + "\n"
    row = "A{},路口,平湖街道,鹅公岭社区,交通安全,2021-02-30,是\n"
    projects.write_text(header + "".join(map(row.format, range(records))), encoding="utf-8")
    if is_refused:
        with pytest.raises(DataRefused, match=r"100\.0%"):
            build()
    else:
        assert build().records().set_index("table").loc["projects", "quarantined"] == records


def test_a_refusal_tells_the_commonest_reason_with_its_value_masked(data):
    projects = data / "raw" / "projects.csv"
    row = "{},路口,平湖街道,鹅公岭社区,交通安全,{},是\n"
    days = ["2021-02-30", "王小明 13800138000", "张先生 13900139000"]
    header = projects.read_text(encoding="utf-8").split("\n")[0] + "\n"
    projects.write_text(header + "".join(row.format(f"A{day[:3]}", day) for day in days), encoding="utf-8")
    with pytest.raises(DataRefused, match=r"最多的原因有 2 条，首见于 projects\.csv:3 started_on “王…（15）”") as why:
        build()
    assert "13800138000" not in str(why.value)


def test_unknown_key_of_sources_names_line_and_likely_key(data):
    sources = data / "raw" / "sources.yml"
    sources.write_text("- files: projects.csv\n  table: projects\n  recieved: 2021-10-05\n", encoding="utf-8")
    with pytest.raises(
        VocabularyError, match=r"sources\.yml, line 3: .* unknown key 'recieved'; did you mean 'received'\?"
    ):
        build()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such mount")
def test_folder_that_cannot_be_written_is_named_with_the_way_out(data):
    with pytest.raises(DataRefused, match=r"cannot write to /proc/processed .*ANALYSIS_DATA"):
        build(data / "raw", "/proc/processed")


def test_a_second_build_at_the_same_time_is_told_who_holds_the_folder(data, monkeypatch):
    import filelock

    processed = data / "processed"
    processed.mkdir()
    real = filelock.FileLock
    monkeypatch.setattr(filelock, "FileLock", lambda path, timeout: real(path, timeout=0))
    with real(processed / ".lock"), pytest.raises(Locked, match="another run is building the tables in"):
        build()


def test_a_file_that_no_entry_describes_is_reported(data):
    (data / "raw" / "more.csv").write_text("街道,社区\n", encoding="utf-8")
    assert any("more.csv in data/raw matches no entry" in warning for warning in build().warnings)


def test_area_and_period_choose_rows(data):
    buji = load_incidents("布吉街道/南三社区", "2020-02")
    assert buji["community"].tolist() == ["南三社区"] * 2
    assert buji["reported_at"].dt.strftime("%Y-%m").unique().tolist() == ["2020-02"]
    assert load_projects("Buji")["street"].unique().tolist() == ["布吉街道"]
    with pytest.raises(ValueError, match="凤凰"):
        load_incidents("凤凰社区")


def test_without_a_register_of_its_own_a_delivery_uses_the_packaged_one(data):
    assert len(load_communities(period="2021")) == 111


def test_changing_a_loaded_table_does_not_change_the_next(data):
    incidents = load_incidents()
    incidents["incident_count"] = 99
    assert set(load_incidents()["incident_count"]) == {1}
