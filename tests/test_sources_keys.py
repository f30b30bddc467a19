"""The keys of `sources.yml` that say how a delivery is laid out: parts of a date, months and kinds in columns."""

import datetime as dt

import pytest
from making import as_xlsx, read, shown, why

from src.codebook.vocabulary import VocabularyError
from src.ingest.cleaning.dates import joined
from src.ingest.load import UnreadableFile
from src.ingest.sources import source_from
from src.ingest.store import build

PLACES = [["street", "community"], ["East", "Mill"], ["West", "Dock"]]
GIVEN = {"constants": {"group": "criminal", "kind": "other_crime"}}


def counts(reading) -> dict[str, int]:
    """Return the sums of a reading by month and kind."""
    rows = reading.clean
    by = [rows["reported_at"].dt.strftime("%Y-%m"), rows["kind"].astype(str)]
    return {" ".join(at): int(n) for at, n in rows.groupby(by, observed=True)["incident_count"].sum().items()}


def recorded(summary) -> dict[str, int]:
    """Return how many records of incidents a build has in each class."""
    rows = summary.ledger[summary.ledger["table"].eq("incidents") & summary.ledger["counted"].eq("records")]
    return {"duplicate": 0, "quarantined": 0, **rows.groupby("class")["count"].sum()}


@pytest.fixture
def register(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("\n".join(",".join(row) for row in PLACES), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["2020", "7"], "2020-7"),
        (["2020", "07", "09"], "2020-07-09"),
        ([2020, 7.0, 9], "2020-7-9"),
        (["2020年", "7月", "9日"], "2020-7-9"),
        (["108", "0709"], "108-07-09"),
        (["108", "709"], "108-7-09"),
        (["民国108年", "7月9日"], "108-7-9"),
        (["2020", "Dez"], "2020-12"),
        (["2020", "octubre", "3"], "2020-10-3"),
        (["2020", "十一月", "3"], "2020-11-3"),
        (["202007", "9"], "2020-07-9"),
        (["2020", "7", "9", "2315"], "2020-7-9 23:15"),
        (["2020-07-09", "23:15"], "2020-07-09 23:15"),
        ([dt.datetime(2020, 7, 9), dt.time(23, 15)], "2020-07-09 23:15:00"),
        (["9.7.2020", "0815"], "9.7.2020 08:15"),
        (["2020", "7", ""], "2020-7"),
        (["2020", "", "9"], "2020-?-9"),
        (["", "7", "9"], "? 7 9"),
        (["", "-", ""], ""),
        (["2020", "/"], "2020"),
    ],
)
def test_cells_that_state_a_date_together(cells, text):
    assert joined(cells) == text


def test_a_year_of_two_digits_has_the_century_that_is_stated():
    assert (joined(["98", "7"], 1900), joined(["98", "7"])) == ("1998-7", "98-7")


def test_year_and_month_of_two_columns_are_one_date(tmp_path, register):
    rows = [["Jahr", "Monat", "Gebiet", "Fälle"], ["2020", "März", "East", "5"], ["2020", "4", "West", "6"]]
    entry = {**GIVEN, "columns": {"Gebiet": "street", "Fälle": "incident_count"}, "dates": {"from": ["Jahr", "Monat"]}}
    reading = read(tmp_path, rows, table="incidents", sources=entry, places=register)
    assert counts(reading) == {"2020-03 other_crime": 5, "2020-04 other_crime": 6}
    assert reading.clean["precision"].unique().tolist() == ["month"]
    assert reading.columns["column"].tolist() == ["reported_at", "reported_at", "street", "incident_count"]
    assert reading.warnings == []


def test_several_dates_of_parts_and_those_that_are_none(tmp_path):
    header = ["編號", "年", "月日", "时刻", "项目", "发生年", "发生月", "发生日"]
    rows = [
        header,
        ["a", "106", "0401", "0930", "x", "106", "3", "31"],
        ["b", "106", "1303", "", "x", "", "", ""],
        ["c", "", "0401", "", "x", "", "", ""],
        ["d", "106", "502", "24:00", "x", "106", "5", "2"],
    ]
    dates = {"reported_at": ["年", "月日", "时刻"], "occurred_at": ["发生年", "发生月", "发生日"]}
    entry = {**GIVEN, "columns": {"編號": "incident_id", "项目": "-"}, "dates": {"calendar": "roc", "from": dates}}
    reading = read(tmp_path, rows, table="incidents", sources=entry)
    assert shown(reading, "incident_id", "reported_at", "occurred_at") == [
        ["a", "2017-04-01 09:30", "2017-03-31 00:00"],
        ["d", "2017-05-03 00:00", "2017-05-02 00:00"],
    ]
    assert why(reading) == [(3, "reported_at", "impossible_date"), (4, "reported_at", "not_a_date")]


def test_a_day_and_a_time_in_a_workbook(tmp_path):
    rows = [["No", "Day", "Time"], ["1", dt.date(2020, 7, 9), "8:05"], ["2", dt.date(2020, 7, 9), ""]]
    entry = {**GIVEN, "columns": {"No": "incident_id"}, "dates": {"from": ["Day", "Time"]}}
    reading = read(tmp_path, as_xlsx(rows), "a.xlsx", "incidents", sources=entry)
    assert shown(reading, "reported_at", "precision") == [["2020-07-09 08:05", "minute"], ["2020-07-09 00:00", "day"]]


def test_a_part_that_the_header_has_not_is_refused_by_name(tmp_path):
    rows = [["Jahr", "Gebiet", "N"], ["2020", "East", "5"]]
    entry = {**GIVEN, "columns": {"N": "incident_count"}, "dates": {"from": ["Jahr", "Monat"]}}
    with pytest.raises(UnreadableFile, match=r"the column Monat that sources\.yml names is not"):
        read(tmp_path, rows, table="incidents", sources=entry)


@pytest.mark.parametrize(
    ("header", "periods"),
    [
        (["Février", "mars"], {"year": 2020}),
        (["Feb-20", "Mar-20"], {"year": 2021}),
        (["2020 feb.", "2020 mar."], {"year": 2021}),
        (["202002", "202003"], {"year": 2021}),
        (["2020-02", "2020/03"], {"year": 2021}),
        (["Luty", "Marzec"], {"year": 2020, "months": {"Luty": 2, "Marzec": 3}}),
        (["M2", "03"], {"year": 2021, "months": {"M2": "2020-02", "03": "2020-3"}}),
    ],
)
def test_months_in_headers_are_words_numbers_or_stated(tmp_path, register, header, periods):
    entry = {**GIVEN, "columns": {"zone": "street"}, "periods": periods}
    rows = [["zone", *header], ["East", "3", "4"], ["West", "", "5"]]
    reading = read(tmp_path, rows, table="incidents", sources=entry, places=register)
    assert counts(reading) == {"2020-02 other_crime": 3, "2020-03 other_crime": 9}
    assert reading.warnings == []


def test_months_that_count_from_one_make_a_header_and_counts_below_do_not(tmp_path, register):
    rows = [["zone", "1", "2", "3"], ["East", "1", "2", "3"], ["West", "2", "1", "0"]]
    entry = {**GIVEN, "columns": {"zone": "street"}, "periods": {"year": 2020}}
    reading = read(tmp_path, rows, table="incidents", sources=entry, places=register)
    assert counts(reading) == {f"2020-0{n} other_crime": 3 for n in (1, 2, 3)}


def test_a_column_for_each_kind(tmp_path, register):
    rows = [
        ["month", "zone", "Burglary", "Brawls", "Rate"],
        ["2020-02", "East", "3", "30", "0.1"],
        ["2020-02", "West", "", "20", "0.2"],
        ["2020-03", "East", "0", "1", "0.3"],
        ["2020-03", "West", "x", "1", "0.3"],
        ["合计", "", "3", "52", ""],
    ]
    columns = {"month": "month", "zone": "street", "Rate": "-"}
    entry = {"columns": columns, "kinds": {"Burglary": "theft", "Brawls": "打架"}, "constants": {"group": "criminal"}}
    reading = read(tmp_path, rows, table="incidents", sources=entry, places=register)
    assert counts(reading) == {
        "2020-02 assault": 50,
        "2020-02 theft": 3,
        "2020-03 assault": 2,
        "2020-03 theft": 0,
    }
    assert why(reading) == [(5, "incident_count", "not_a_number")]
    assert reading.columns["column"].tolist() == ["month", "street", "incident_count", "incident_count", ""]
    assert reading.duplicates.empty
    assert reading.warnings == []


def test_a_later_delivery_of_a_table_by_kind_supersedes_the_earlier_cell_by_cell(tmp_path, register):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "places.csv").write_bytes(register.read_bytes())
    (raw / "1.csv").write_text("month,zone,A,B\n2020-02,East,3,4\n", encoding="utf-8")
    (raw / "2.csv").write_text("month,zone,A,B\n2020-02,East,3,5\n", encoding="utf-8")
    kinds = "\n  key: [month, zone]\n  columns: {zone: street}\n  kinds: {A: theft, B: robbery}\n"
    kinds += "  constants: {group: criminal}\n"
    days = zip("12", ("2020-03-01", "2020-04-01"), strict=True)
    (raw / "sources.yml").write_text(
        "- {files: places.csv, table: communities}\n"
        + "".join(f"- files: {n}.csv\n  table: incidents\n  received: {day}{kinds}" for n, day in days),
        encoding="utf-8",
    )
    summary = build(raw, tmp_path / "processed")
    records = recorded(summary)
    assert (records["clean"], records["duplicate"], records["quarantined"]) == (2, 2, 0)


def test_two_entries_read_one_file_each_its_own_column(tmp_path, register):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "places.csv").write_bytes(register.read_bytes())
    (raw / "x.csv").write_text("month,zone,A,B\n2020-02,East,3,3\n2020-02,West,1,9\n", encoding="utf-8")
    entry = "- files: x.csv\n  table: incidents\n  columns: {{zone: street, {}: incident_count, {}: '-'}}\n"
    given = "  constants: {{group: criminal, kind: {}}}\n"
    text = "- {files: places.csv, table: communities}\n"
    for ours, other, kind in (("A", "B", "theft"), ("B", "A", "robbery")):
        text += entry.format(ours, other) + given.format(kind)
    (raw / "sources.yml").write_text(text, encoding="utf-8")
    summary = build(raw, tmp_path / "processed")
    records = recorded(summary)
    assert (records["clean"], records["duplicate"], records["quarantined"]) == (4, 0, 0)
    reading = read(
        raw, (raw / "x.csv").read_bytes(), "x.csv", "incidents", sources=raw / "sources.yml", places=register
    )
    assert counts(reading) == {"2020-02 robbery": 12, "2020-02 theft": 4}


@pytest.mark.parametrize("constants", [{}, {"incident_count": 1}])
def test_an_incident_with_a_number_of_its_own_is_one_where_only_its_month_is_known(tmp_path, register, constants):
    rows = [["ref", "month", "zone"], ["u1", "2020-02", "East"], ["u2", "2020-02", ""], ["u3", "2020-02", "East"]]
    entry = {
        "columns": {"ref": "incident_id", "zone": "street"},
        "constants": {**GIVEN["constants"], **constants},
    }
    reading = read(tmp_path, rows, table="incidents", sources=entry, places=register)
    assert shown(reading, "incident_id", "incident_count") == [["u1", 1], ["u2", 1], ["u3", 1]]


def test_a_count_that_is_left_open_is_not_one(tmp_path, register):
    rows = [["ref", "month", "zone", "数量"], ["u1", "2020-02", "East", ""], ["u2", "2020-02", "East", "4"]]
    entry = {**GIVEN, "columns": {"ref": "incident_id", "zone": "street"}}
    reading = read(tmp_path, rows, table="incidents", sources=entry, places=register)
    assert why(reading) == [(2, "incident_count", "missing_required")]


@pytest.mark.parametrize("before", [[], [["Log of 2020"], ["zone"]], [["备注"], ["备注", "电话"]]])
def test_one_known_header_is_enough_where_nothing_else_is_needed(tmp_path, before):
    rows = [*before, ["What", "When"], ["a", "2020-02-03 10:00"], ["What", "When"], ["b", "2020-02-04 10:00"]]
    reading = read(tmp_path, rows, table="incidents", sources={**GIVEN, "columns": {"When": "reported_at"}})
    assert shown(reading, "reported_at") == [["2020-02-03 10:00"], ["2020-02-04 10:00"]]


def test_one_known_header_is_not_enough_where_more_is_needed(tmp_path):
    rows = [["What", "When"], ["a", "2020-02-03 10:00"]]
    with pytest.raises(UnreadableFile, match="no header of incidents found"):
        read(tmp_path, rows, table="incidents", sources={"columns": {"When": "reported_at"}})


def test_a_stray_remark_beside_a_table_that_lacks_nothing_is_no_table(tmp_path, register):
    rows = [["zone", "1月", "2月", "", "备注"], ["East", "3", "4", "", ""], ["", "", "", "", "补报"]]
    entry = {**GIVEN, "columns": {"zone": "street"}, "periods": {"year": 2020}}
    reading = read(tmp_path, rows, table="incidents", sources=entry, places=register)
    assert counts(reading) == {"2020-01 other_crime": 3, "2020-02 other_crime": 4}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"dates": {"from": {"started_on": ["a", "b"]}}}, "incidents has no date 'started_on'"),
        ({"dates": {"from": ["a"]}}, "dates"),
        ({"dates": {"zone": "Mars/Olympus"}}, "there is no time zone 'Mars/Olympus'"),
        ({"dates": {"format": "%d%d"}}, "'%d%d' is no format of dates"),
        ({"dates": {"format": "%Q"}}, "'%Q' is no format of dates"),
        ({"kinds": {"a": "thefts"}}, "the list of kind has no code 'thefts'; did you mean 'theft'?"),
        ({"table": "projects", "kinds": {"a": "theft"}}, "kinds: these are for incidents"),
        ({"table": "projects", "periods": {"year": 2020}}, "these are for incidents"),
        ({"table": "published_figures", "dates": {"from": ["a", "b"]}}, "published_figures has no date"),
        ({"numbers": {"decimal": ","}}, "cannot be the same mark"),
        ({"numbers": {"decimal": ";"}}, "numbers"),
        ({"rows": "lines"}, "rows"),
        ({"periods": {"year": 2020, "months": {"a": 13}}}, "periods"),
    ],
)
def test_what_such_keys_cannot_say_is_told(entry, said):
    with pytest.raises(VocabularyError, match=r".") as refused:
        source_from({"table": "incidents", **entry})
    assert said in str(refused.value)


def test_a_register_of_one_level_has_each_street_as_its_community(tmp_path):
    register = read(
        tmp_path, [["Ward"], ["East"], ["West"]], table="communities", sources={"columns": {"Ward": "street"}}
    )
    assert shown(register, "street", "community") == [["East", "East"], ["West", "West"]]
    rows = [["ref", "When", "Where"], ["1", "2020-02-03", "East"], ["2", "2020-02-03", "5 West Street, East"]]
    entry = {**GIVEN, "columns": {"ref": "incident_id", "When": "reported_at"}, "place_from": "Where"}
    reading = read(tmp_path, rows, table="incidents", sources=entry, places=register.clean)
    assert shown(reading, "street") == [["East"]]
    assert why(reading) == [(3, "address", "no_place_in_address")]


def test_a_register_whose_column_of_communities_is_empty_is_set_aside(tmp_path):
    rows = [["street", "community"], ["East", "Mill"], ["West", ""]]
    assert why(read(tmp_path, rows, table="communities")) == [(3, "community", "missing_required")]


def test_an_address_outside_the_register_counts_for_the_whole_where_that_is_stated(tmp_path, register):
    rows = [["ref", "When", "Where"], ["1", "2020-02-03", "East 5"], ["2", "2020-02-03", "Elsewhere 7"]]
    entry = {**GIVEN, "columns": {"ref": "incident_id", "When": "reported_at"}, "place_from": "Where"}
    kept = read(tmp_path, rows, table="incidents", sources={**entry, "place_optional": True}, places=register)
    assert shown(kept, "incident_id", "street") == [["1", "East"], ["2", None]]
    assert len(kept.warnings) == 1
    assert "addresses of 1 records name no place of the register" in kept.warnings[0]
    assert why(read(tmp_path, rows, table="incidents", sources=entry, places=register)) == [
        (3, "address", "no_place_in_address")
    ]


def test_a_refusal_lists_eight_headers_those_that_are_not_known_first(tmp_path):
    header = ["警情编号", "接报时间", *(f"列{n}" for n in range(12))]
    with pytest.raises(UnreadableFile) as refused:
        read(tmp_path, [header, ["1", "2020-02-03", *"abcdefghijkl"]], table="incidents")
    assert "the header has: 列0, 列1, 列2, 列3, 列4, 列5, 列6, 列7, ……" in str(refused.value)
    with pytest.raises(UnreadableFile) as refused:
        read(
            tmp_path,
            [header, ["1", "2020-02-03", *"abcdefghijkl"]],
            table="incidents",
            sources={**GIVEN, "place_from": "地"},
        )
    assert str(refused.value).count("列8") == 0


def test_two_columns_of_one_name_are_told_as_such(tmp_path):
    rows = [["领域", "领域", "编号", "名称", "社区"], ["其他", "其他", "1", "a", "六约社区"]]
    with pytest.raises(UnreadableFile) as refused:
        read(tmp_path, as_xlsx(rows), "a.xlsx")
    assert "two columns are both called 领域" in str(refused.value)


def test_a_register_of_a_path_is_read_by_the_vocabulary_beside_sources_yml(tmp_path, register):
    (tmp_path / "sources.yml").write_text("- {files: a.csv, table: incidents, constants: {group: criminal}}", "utf-8")
    (tmp_path / "vocabulary.yml").write_text(
        "headers: {communities: {street: [Ward]}, incidents: {kind: [What]}}\nkinds: {theft: {also: [Larceny]}}\n",
        "utf-8",
    )
    register.write_text("Ward\nEast\n", encoding="utf-8")
    rows = [["incident id", "接报时间", "What", "street"], ["1", "2020-02-03", "Larceny", "East"]]
    reading = read(tmp_path, rows, table="incidents", sources=tmp_path / "sources.yml", places=register)
    assert shown(reading, "kind", "street") == [["theft", "East"]]


def test_a_line_that_states_the_month_alone_is_an_incident_where_that_is_said(tmp_path, register):
    rows = [["警情编号", "接报时间", "street", "community"]]
    rows += [["1", "2020-02", "East", "Mill"], ["", "2020-02", "East", "Mill"], ["", "2020-02", "East", "Mill"]]
    entry = {"constants": {"group": "criminal", "kind": "other_crime"}, "rows": "incidents"}
    reading = read(tmp_path, rows, table="incidents", sources=entry, places=register)
    assert counts(reading) == {"2020-02 other_crime": 3}
    assert why(read(tmp_path, rows, table="incidents", sources=GIVEN, places=register)) == [
        (3, "incident_count", "missing_required"),
        (4, "incident_count", "missing_required"),
    ]


KINDS_BY_MONTH = {
    "over two rows": [["Ward", "盗窃", "", "抢劫", ""], ["", "1月", "2月", "1月", "2月"], ["East", 3, 4, 5, 6]],
    "in one": [["Ward", "盗窃1月", "2月盗窃", "抢劫（1月）", "2021-02 抢劫"], ["East", 3, 4, 5, 6]],
    "below years": [
        ["Ward", "2021年", "", "", ""], ["", "盗窃", "", "抢劫", ""], ["", "1月", "2月", "1月", "2月"],
        ["East", 3, 4, 5, 6],
    ],
}  # fmt: skip


@pytest.mark.parametrize("rows", KINDS_BY_MONTH.values(), ids=KINDS_BY_MONTH)
def test_each_kind_may_have_its_months(tmp_path, register, rows):
    stated = {"columns": {"Ward": "street"}, "constants": {"group": "criminal"}, "periods": {"year": 2021}}
    stated["kinds"] = {"盗窃": "theft", "抢劫": "robbery"}
    reading = read(tmp_path, rows, table="incidents", places=register, sources=stated)
    expected = {"2021-01 theft": 3, "2021-02 theft": 4, "2021-01 robbery": 5, "2021-02 robbery": 6}
    assert counts(reading) == expected
    with pytest.raises(UnreadableFile, match="damage"):
        stated["kinds"] |= {"damage": "damage"}
        read(tmp_path, rows, table="incidents", places=register, sources=stated)


@pytest.mark.parametrize("written", ["2021-03-05T23:30:00Z", "2021-03-05 23:30+08:00", "2021-03-05 23:30 GMT"])
def test_an_offset_that_no_zone_is_stated_for_is_told(tmp_path, written):
    rows = [["接报时间", "街道", "警情类别", "警情种类"], [written, "平湖街道", "刑事警情", "盗窃"]]
    reading = read(tmp_path, rows, table="incidents")
    assert reading.clean["reported_at"].dt.hour.tolist() == [23]
    assert [f"reported_at state an offset ({written})" in said for said in reading.warnings] == [True]
    assert not read(tmp_path, rows, table="incidents", sources={"dates": {"zone": "Asia/Shanghai"}}).warnings
    assert not read(tmp_path, [rows[0], ["2021-03-05 23:30", *rows[1][1:]]], table="incidents").warnings
