"""Repeats, revisions and contradictions: within a delivery, across files, with and without a key."""

import datetime as dt

import pytest
from making import HEADER, PROJECTS, as_csv, as_xlsx, read, why

from src.ingest.cleaning.places import packaged_register
from src.ingest.load import read_files
from src.ingest.sources import Source

FIRST, SECOND = PROJECTS[:2]
CHANGED = [*FIRST[:7], "99999", FIRST[8]]
KEYLESS = ["接报时间", "街道", "警情类别", "警情种类"]
EVENT = ["2021-03-05 08:20", "平湖街道", "刑事警情", "盗窃"]


def shown(reading) -> list[tuple]:
    return [(d.file, d.line, d.repeats_file, d.repeats_line, d.code) for d in reading.duplicates.itertuples()]


def together(folder, table, *deliveries):
    """Read deliveries of `(name, rows, received or None)` as one table."""
    given = []
    for name, rows, received in deliveries:
        (folder / name).write_bytes(as_csv(rows))
        given.append((folder / name, Source(table, received=received and dt.date.fromisoformat(received))))
    return read_files(given, table, packaged_register())


def test_a_line_that_repeats_another_is_shown_with_the_line_it_repeats(tmp_path):
    reading = read(tmp_path, as_xlsx([HEADER, FIRST, SECOND, FIRST, FIRST]))
    assert reading.clean["source_line"].tolist() == [2, 3]
    assert shown(reading) == [("a.csv", 4, "a.csv", 2, "repeated"), ("a.csv", 5, "a.csv", 2, "repeated")]
    assert reading.duplicates["cells"].iloc[0][:2] == FIRST[:2]
    assert "a.csv[Sheet1]:2" in reading.duplicates["reason"].iloc[0]


def test_the_same_values_written_otherwise_are_a_repeat(tmp_path):
    otherwise = [*FIRST[:5], "√", "３５人", "1.2万", "2021年3月5日"]
    assert shown(read(tmp_path, [HEADER, FIRST, otherwise])) == [("a.csv", 3, "a.csv", 2, "repeated")]


def test_one_key_with_two_contents_in_one_delivery_sets_both_aside(tmp_path):
    reading = read(tmp_path, [HEADER, FIRST, SECOND, CHANGED])
    assert reading.clean["project_id"].tolist() == [SECOND[0]]
    assert why(reading) == [(2, "", "conflict"), (4, "", "conflict")]
    assert reading.quarantined["reason"].str.contains("a.csv:[24]").all()


def test_a_third_line_that_repeats_one_of_two_contents_is_set_aside_too(tmp_path):
    reading = read(tmp_path, [HEADER, FIRST, FIRST, CHANGED])
    assert reading.clean.empty
    assert len(reading.quarantined) + len(reading.duplicates) == 3


def test_ids_that_differ_by_zeros_in_front_or_case_are_two(tmp_path):
    rows = [HEADER, FIRST, ["12", *FIRST[1:]], ["1e05", *SECOND[1:]], SECOND]
    assert len(read(tmp_path, rows).clean) == 4


def test_repeats_are_seen_across_files(tmp_path):
    reading = together(tmp_path, "projects", ("a.csv", [HEADER, FIRST], None), ("b.csv", [HEADER, SECOND, FIRST], None))
    assert shown(reading) == [("b.csv", 3, "a.csv", 2, "repeated")]
    ledger = reading.ledger.query("counted == 'records' and count > 0")
    assert ledger[["file", "class", "count"]].to_numpy().tolist() == [
        ["a.csv", "clean", 1],
        ["b.csv", "clean", 1],
        ["b.csv", "duplicate", 1],
    ]


def test_a_later_delivery_supersedes_an_earlier_one_of_the_same_key(tmp_path):
    early, late = ("z.csv", [HEADER, FIRST, SECOND], "2021-10-01"), ("a.csv", [HEADER, CHANGED, SECOND], "2021-11-01")
    for given in ((early, late), (late, early)):
        reading = together(tmp_path, "projects", *given)
        assert set(reading.clean["source_file"]) == {"a.csv"}
        assert reading.clean["budget_cny"].tolist() == [99999.0, 8000.0]
        assert shown(reading) == [("z.csv", 2, "a.csv", 2, "revised"), ("z.csv", 3, "a.csv", 3, "repeated")]


def test_a_revision_that_cannot_be_read_does_not_supersede(tmp_path):
    broken = [*FIRST[:8], "2021-02-30"]
    reading = together(
        tmp_path, "projects", ("a.csv", [HEADER, FIRST], "2021-10-01"), ("b.csv", [HEADER, broken], "2021-11-01")
    )
    assert reading.clean["source_file"].tolist() == ["a.csv"]
    assert len(reading.quarantined) == 1


def test_two_contents_in_the_newest_delivery_leave_none(tmp_path):
    reading = together(
        tmp_path,
        "projects",
        ("a.csv", [HEADER, FIRST], "2021-10-01"),
        ("b.csv", [HEADER, FIRST, CHANGED], "2021-11-01"),
    )
    assert len(reading.quarantined) == 2
    assert len(reading.clean) + len(reading.duplicates) == 1


def test_without_a_key_only_the_whole_line_is_a_repeat(tmp_path):
    rows = [KEYLESS, EVENT, [*EVENT[:3], "殴打他人"], EVENT]
    assert shown(read(tmp_path, rows, table="incidents")) == [("a.csv", 4, "a.csv", 2, "repeated")]


def test_a_key_that_a_source_states(tmp_path):
    rows = [
        ["编号", "年度", *HEADER[1:]],
        ["1", "2020", *FIRST[1:]],
        ["1", "2021", *FIRST[1:]],
        ["1", "2021", *FIRST[1:]],
    ]
    reading = read(tmp_path, rows, sources={"key": ["project_id", "年度"]})
    assert reading.clean["source_line"].tolist() == [2, 3]
    assert shown(reading) == [("a.csv", 4, "a.csv", 3, "repeated")]


def test_two_publishers_may_use_the_same_number(tmp_path):
    (tmp_path / "a.csv").write_bytes(as_csv([HEADER, FIRST]))
    (tmp_path / "b.csv").write_bytes(as_csv([HEADER, CHANGED]))
    given = [(tmp_path / f"{name}.csv", Source("projects", publisher=name)) for name in "ab"]
    assert len(read_files(given, "projects", packaged_register()).clean) == 2


ON_THE_HOUR = {
    "hour": ["2021-03-05 08:00", "2021-03-05 09:00", "2021-03-06 00:00:00", "2021/3/6 21:00"],
    "day": ["2021-03-05 00:00:00", "2021-03-06 00:00", "2021/3/7 0:00"],
    "minute": ["2021-03-05 08:00", "2021-03-05 09:00", "2021-03-06 08:20", "2021-03-06 00:00"],
}


@pytest.mark.parametrize(("precision", "times"), ON_THE_HOUR.items())
def test_times_all_at_full_hours_are_no_finer_than_that(tmp_path, precision, times):
    """An export that writes 08:00 for "at eight", or 00:00:00 for a day, made repeats of look-alike incidents."""
    rows = [KEYLESS, *([time, *EVENT[1:]] for time in times for _ in range(2))]
    reading = read(tmp_path, rows, table="incidents")
    assert set(reading.clean["precision"]) == {precision}
    assert len(reading.clean) == len(times) * (1 if precision == "minute" else 2)
