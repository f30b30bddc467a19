"""Deliveries that load and cannot be true are held back, with the tables before them, until somebody accepts."""

import json
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest

from src.codebook.vocabulary import threshold
from src.ingest import validate
from src.ingest.__main__ import main
from src.ingest.check import check_file
from src.ingest.deliveries import digest_of
from src.ingest.folders import HeldBack
from src.ingest.store import build

PLACES = [("平湖街道", "良安田社区"), ("布吉街道", "凤凰社区")]
KINDS = [("刑事警情", "盗窃"), ("治安警情", "殴打他人")]
HEADER = "警情编号,接报时间,街道,社区,警情类别,警情种类\n"
ENTRY = "- {{files: '{files}', table: incidents, received: 2022-01-05{more}}}\n"


def month_of(month: str, *, each: int = 50, ids: str = "J", last_day: int = 0, minutes: int = 7) -> list[str]:
    """Return the lines of one month: `each` incidents of every place and kind, at times of their own."""
    start = pd.Timestamp(month)
    days = last_day or start.days_in_month
    lines = []
    for part, ((street, community), (group, kind)) in enumerate((p, k) for p in PLACES for k in KINDS):
        for number in range(each):
            when = start + pd.Timedelta(days=number % days, minutes=minutes * number + part)
            lines.append(f"{ids}{month}-{part}-{number},{when:%Y-%m-%d %H:%M},{street},{community},{group},{kind}\n")
    return lines


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """What an office has delivered, 2019 to November 2021, and the tables that were built of it."""
    folder = tmp_path_factory.mktemp("office")
    for year in (2019, 2020, 2021):
        months = pd.date_range(f"{year}-01-01", f"{year}-12-01" if year < 2021 else "2021-11-01", freq="MS")
        Office(folder).write(f"{year}.csv", [line for month in months for line in month_of(f"{month:%Y-%m}")])
    Office(folder).deliver()
    return folder


class Office:
    """The folders of an office, into which it delivers."""

    def __init__(self, folder):
        self.raw, self.processed = folder / "raw", folder / "processed"
        self.raw.mkdir(exist_ok=True)

    def write(self, name, lines):
        (self.raw / name).write_text(HEADER + "".join(lines), "utf-8")

    def deliver(self, name="", lines=(), more="", accept=False):
        if name:
            self.write(name, lines)
        (self.raw / "sources.yml").write_text(ENTRY.format(files="*.csv", more=more), "utf-8")
        return build(self.raw, self.processed, accept=accept)


@pytest.fixture
def office(delivered, tmp_path):
    shutil.copytree(delivered, tmp_path, dirs_exist_ok=True)
    return Office(tmp_path)


def rows(office) -> int:
    return len(pd.read_parquet(office.processed / "incidents.parquet"))


def test_an_ordinary_month_is_published(office):
    office.deliver("2021-12.csv", month_of("2021-12", each=55))
    assert rows(office) == 35 * 200 + 220


def held(office, *given, **options) -> str:
    before = rows(office)
    with pytest.raises(HeldBack) as told:
        office.deliver(*given, **options)
    assert rows(office) == before
    return str(told.value)


def test_an_export_cut_off_in_mid_month_is_held_back(office):
    told = held(office, "2021-12.csv", month_of("2021-12", each=25, last_day=14))
    assert "2021-12 的记录到 14 日为止" in told
    assert "2021-12 ends on day 14" in told


def test_a_month_received_before_its_end_has_only_begun(office):
    (office.raw / "2021-12.csv").write_text(HEADER + "".join(month_of("2021-12", each=25, last_day=14)), "utf-8")
    begun = "- {files: 2021-12.csv, table: incidents, received: 2021-12-15}\n"
    (office.raw / "sources.yml").write_text(begun + ENTRY.format(files="20??.csv", more=""), "utf-8")
    assert build(office.raw, office.processed).rebuilt


def test_a_month_filtered_by_mistake_is_held_back_and_says_what_was_expected(office):
    lines = [line for line in month_of("2021-12", each=60) if "平湖街道" not in line or line.startswith("J2021-12-0-1")]
    told = held(office, "2021-12.csv", lines)
    assert "平湖街道 11 件（应在" in told
    assert "Pinghu 11 (" in told


def test_a_month_delivered_twice_over_is_held_back(office):
    told = held(office, "2021-12.csv", month_of("2021-12", each=200))
    assert "800" in told


def test_lost_records_of_past_months_are_held_back(office):
    lines = (office.raw / "2020.csv").read_text("utf-8").splitlines(keepends=True)[1:]
    told = held(office, "2020.csv", [line for line in lines if "2020-03" not in line and "2020-04" not in line])
    assert "2020.csv" in told
    assert "2020-03至2020-04的记录由 400 条减为 0 条" in told


def test_a_file_that_went_is_held_back(office):
    (office.raw / "2020.csv").unlink()
    assert "2020-01 to 2020-12 had 2,400 records and now have 0" in held(office)


def test_all_files_that_went_are_held_back(office):
    """The pages said that nothing had happened in three years."""
    for path in office.raw.glob("*.csv"):
        path.unlink()
    (office.raw / "more.csv").write_text(
        "项目编号,项目名称,街道,社区,治理领域\nP1,议事会,平湖街道,良安田社区,治安\n", "utf-8"
    )
    entry = "- {files: more.csv, table: projects}\n"
    (office.raw / "sources.yml").write_text(entry + ENTRY.format(files="20*.csv", more=""), "utf-8")
    before = rows(office)
    with pytest.raises(HeldBack, match="had 7,000 records and now have 0"):
        build(office.raw, office.processed)
    assert rows(office) == before


def test_the_same_events_under_other_identifiers_are_held_back(office):
    told = held(office, "again.csv", month_of("2021-10", ids="K"))
    assert "200 条记录（100%）" in told
    assert "again.csv" in told
    assert "2021.csv" in told


def test_the_same_events_twice_in_one_archive_are_held_back(office):
    lines = {name: HEADER + "".join(month_of("2021-12", ids=name)) for name in ("K", "L")}
    with zipfile.ZipFile(office.raw / "2021-12.zip", "w") as archive:
        for name, text in lines.items():
            archive.writestr(f"{name}.csv", text)
    (office.raw / "sources.yml").write_text("- {files: ['*.csv', '*.zip'], table: incidents}\n", "utf-8")
    with pytest.raises(HeldBack, match=r"2021-12\.zip/K\.csv under other identifiers"):
        build(office.raw, office.processed)


def test_a_month_that_was_not_delivered_long_ago_leaves_a_series_to_be_judged():
    counts = np.full((36, 2), 100.0)
    counts[10, 1] = np.nan
    lower, upper = validate.expected(counts, 35)
    assert np.isfinite([lower, upper]).all()


def test_other_events_of_the_same_month_are_not_the_same(office):
    office.deliver("more.csv", month_of("2021-10", each=8, ids="K", minutes=11))
    assert rows(office) == 35 * 200 + 32


def test_what_somebody_accepts_is_published_and_kept_in_the_data_package(office):
    lines = month_of("2021-12", each=200)
    assert "accepted: " in held(office, "2021-12.csv", lines)
    digest = digest_of(office.raw / "2021-12.csv")
    office.deliver(more=f", accepted: {digest[:12]}")
    assert rows(office) == 35 * 200 + 800
    kept = json.loads((office.processed / "datapackage.json").read_text("utf-8"))["accepted"]
    assert {entry["sha256"] for entry in kept} == {digest}
    office.deliver("2021-12b.csv", month_of("2021-12", each=1, ids="L", minutes=13))
    kept = json.loads((office.processed / "datapackage.json").read_text("utf-8"))["accepted"]
    assert {entry["sha256"] for entry in kept} == {digest}


def test_it_may_be_accepted_once_by_hand(office, capsys):
    held(office, "2021-12.csv", month_of("2021-12", each=200))
    command = ["build", "--raw", str(office.raw), "--processed", str(office.processed)]
    assert main(command) == 6
    assert main([*command, "--accept"]) == 0
    assert main(command) == 0


def test_check_shows_it_beforehand(office, monkeypatch):
    monkeypatch.setenv("ANALYSIS_PROCESSED", str(office.processed))
    path = office.raw / "2021-12.csv"
    path.write_text(HEADER + "".join(month_of("2021-12", each=25, last_day=14)), "utf-8")
    text, _ = check_file(path, "incidents", office.raw / "sources.yml")
    assert "2021-12 ends on day 14" in text


def test_check_of_the_first_file_of_an_office_has_no_past_to_hold_it_against(office, monkeypatch, tmp_path):
    monkeypatch.setenv("ANALYSIS_PROCESSED", str(office.processed))
    other = tmp_path / "other"
    other.mkdir()
    (other / "first.csv").write_text(HEADER + "".join(month_of("2021-12")), "utf-8")
    (other / "sources.yml").write_text("- {files: first.csv, table: incidents}\n", "utf-8")
    text, _ = check_file(other / "first.csv", "incidents", other / "sources.yml")
    assert "2021-12" not in text


def test_no_month_of_the_sample_is_held_back(sample):
    counts = validate.counts_before(sample.processed)
    judged = outside = 0
    for by in validate.SERIES:
        wide = validate.by_month(counts, by).to_numpy(float)
        for at in range(int(threshold("held_least_months")), len(wide)):
            lower, upper = validate.expected(wide, at)
            judged += np.isfinite(lower).sum()
            outside += ((wide[at] < lower) | (wide[at] > upper)).sum()
    assert (judged, outside) == (1030, 0)
