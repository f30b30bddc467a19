import pytest
from making import as_xlsx, read, why

from src.ingest.readers.grid import UnreadableFile

WIDE = {"periods": {"year": 2021}, "constants": {"group": "dispute"}}


def counts(reading) -> list[tuple]:
    rows = reading.clean.sort_values("reported_at")
    assert rows["precision"].eq("month").all()
    return [(f"{when:%Y-%m}", count) for when, count in zip(rows["reported_at"], rows["incident_count"], strict=True)]


def wide(folder, header: list, *cells: list, **source):
    rows = [["街道", "警情种类", *header], *(["平湖街道", "邻里纠纷", *line] for line in cells)]
    return read(folder, rows, table="incidents", sources=WIDE | source)


@pytest.mark.parametrize(
    ("header", "months"),
    [
        (["1月", "2月"], ["2021-01", "2021-02"]),
        (["2020年11月", "2020-12"], ["2020-11", "2020-12"]),
        (["一月（宗）", "十二月份"], ["2021-01", "2021-12"]),
        (["202103", "2021.4"], ["2021-03", "2021-04"]),
        (["２０２１年３月", " 4 月 "], ["2021-03", "2021-04"]),
        (["2021-01-01 00:00:00", "2021-02-01"], ["2021-01", "2021-02"]),
    ],
)
def test_how_a_header_names_a_month(tmp_path, header, months):
    assert counts(wide(tmp_path, header, ["3", "0"])) == [(months[0], 3), (months[1], 0)]


def test_an_empty_month_is_no_record_and_a_zero_is_one(tmp_path):
    assert counts(wide(tmp_path, ["1月", "2月", "3月"], ["3", "", "0"])) == [("2021-01", 3), ("2021-03", 0)]


@pytest.mark.parametrize(
    "header",
    [["1-9月"], ["1-3月", "1-6月"], ["1-2月", "3月", "4月"], ["1月", "1-3月"], ["上半年"], ["1月", "1-2月", "1-3月"]],
)
def test_sums_in_place_of_months_are_refused(tmp_path, header):
    with pytest.raises(UnreadableFile, match="累计数不能当作各月数"):
        wide(tmp_path, header, ["9"] * len(header))


def test_sums_beside_their_months_are_not_counted(tmp_path):
    reading = wide(tmp_path, ["1月", "2月", "1-2月", "合计"], ["3", "4", "7", "7"])
    assert (counts(reading), reading.warnings) == ([("2021-01", 3), ("2021-02", 4)], [])


def test_the_same_month_twice_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="同一个月份有两列：1月、2021年1月"):
        wide(tmp_path, ["1月", "2021年1月"], ["3", "4"])


PETITIONS = {"periods": {"year": 2020}, "constants": {"group": "petition", "kind": "petition_other"}}
YEAR = ["街道", *(f"{month}月" for month in range(1, 13))]
ROWS = [["平湖街道", *map(str, range(1, 13))], ["布吉街道", *map(str, range(2, 14))]]
SUM = ["合计", *(str(2 * month + 1) for month in range(1, 13))]


@pytest.mark.parametrize(
    ("rows", "classes"),
    [
        ([YEAR, *ROWS], {"header": 1, "data": 2}),
        ([["2020年1月至12月信访情况"], YEAR, *ROWS, SUM], {"title": 1, "header": 1, "data": 2, "total": 1}),
        ([["2020年", "1—12月", "信访"], YEAR, *ROWS], {"title": 1, "header": 1, "data": 2}),
        ([YEAR, ROWS[0], YEAR, ROWS[1]], {"header": 1, "data": 2, "repeated_header": 1}),
        ([["街道", "1月", "2月"], ["平湖街道", "1", "2"], ["布吉街道", "2", "3"]], {"header": 1, "data": 2}),
    ],
)
@pytest.mark.parametrize("form", [list, as_xlsx])
def test_months_are_headers_where_the_source_says_that_there_are_such(tmp_path, rows, classes, form):
    reading = read(tmp_path, form(rows), table="incidents", sources=PETITIONS)
    lines = reading.ledger[reading.ledger["counted"].eq("lines")].set_index("class")["count"]
    assert lines.to_dict() == classes
    assert counts(reading)[:2] == [("2020-01", 1), ("2020-01", 2)]
    assert reading.warnings == []


def test_what_constants_and_periods_give_is_not_told_as_lacking(tmp_path):
    with pytest.raises(UnreadableFile, match=r"应至少有：各月的列（1月、2月……） ") as why:
        read(tmp_path, [["甲", "乙"], ["丙", "丁"]], table="incidents", sources=PETITIONS)
    assert "警情种类" not in str(why.value)


def test_a_kind_that_is_lacking_may_be_a_constant_of_the_group(tmp_path):
    sources = PETITIONS | {"constants": {"group": "信访事项"}}
    with pytest.raises(UnreadableFile, match="缺少必须的列：警情种类") as why:
        read(tmp_path, [YEAR, *ROWS], table="incidents", sources=sources)
    assert "constants 中写 kind，取值：petition_labour 劳资、" in str(why.value)
    assert "petition_other 其他信访" in str(why.value)
    assert "noise" not in str(why.value)
    with pytest.raises(UnreadableFile, match=r"取值：theft 盗窃、.*、……"):
        read(tmp_path, [YEAR, *ROWS], table="incidents", sources={"periods": {"year": 2020}})


@pytest.mark.parametrize("rows", [[YEAR, *ROWS], [["街道", "警情种类", *YEAR[1:]], ["平湖街道", "盗窃", *ROWS[0][1:]]]])
def test_months_without_periods_are_told_how_to_be_read(tmp_path, rows):
    with pytest.raises(UnreadableFile, match=r"请在 sources\.yml 中写 periods: \{year: 年份\}"):
        read(tmp_path, rows, table="incidents")
    with pytest.raises(UnreadableFile) as why:
        read(tmp_path, [["街道", "警情种类", "1月"], ["平湖街道", "盗窃", "1"]], table="incidents")
    assert "periods" not in str(why.value)


WHOLE = ["全区", "龙岗区", "Longgang District", "全区合计", "龙岗区合计", "合计"]


@pytest.mark.parametrize("word", WHOLE)
def test_a_line_of_the_whole_district_is_a_total_of_a_table_of_counts(tmp_path, word):
    reading = read(tmp_path, [YEAR, [word, *SUM[1:]], *ROWS], table="incidents", sources=PETITIONS)
    assert (len(reading.clean), len(reading.quarantined), reading.warnings) == (24, 0, [])
    long = [["月份", "街道", "警情种类", "数量"]]
    long += [[f"2021-0{month}", word, "盗窃", count] for month, count in ((1, 7), (2, 9))]
    long += [[f"2021-0{month}", "平湖街道", "盗窃", count] for month, count in ((1, 3), (2, 4))]
    long += [[f"2021-0{month}", "布吉街道", "盗窃", count] for month, count in ((1, 4), (2, 5))]
    reading = read(tmp_path, long, table="incidents", sources={"constants": {"group": "criminal"}})
    assert (counts(reading), len(reading.quarantined), reading.warnings) == (
        [("2021-01", 3), ("2021-01", 4), ("2021-02", 4), ("2021-02", 5)], 0, []
    )  # fmt: skip
    long[1][3] = 8
    (warning,) = read(tmp_path, long, table="incidents", sources={"constants": {"group": "criminal"}}).warnings
    assert "第2行：incident_count 的合计为 8" in warning


def test_an_event_somewhere_in_the_district_is_no_total(tmp_path):
    rows = [["接报时间", "街道", "警情种类"], ["2021-03-05", "全区", "邻里纠纷"], ["2021-03-05", "龙岗区", "邻里纠纷"]]
    assert why(read(tmp_path, rows, table="incidents")) == [
        (2, "street", "unknown_street"), (3, "street", "unknown_street")
    ]  # fmt: skip


def test_no_month_at_all_is_refused_and_so_is_a_thirteenth(tmp_path):
    with pytest.raises(UnreadableFile, match="没有可识别的月份列"):
        wide(tmp_path, ["13月", "0月"], ["3", "4"])


def test_without_periods_a_wide_table_is_not_read_as_one(tmp_path):
    with pytest.raises(UnreadableFile, match="缺少必须的列"):
        read(tmp_path, [["街道", "警情种类", "1月"], ["平湖街道", "邻里纠纷", "3"]], table="incidents")


def test_long_counts_by_month(tmp_path):
    rows = [["月份", "街道", "警情种类", "宗数"], ["2021年1月", "平湖街道", "邻里纠纷", "3"]]
    rows += [["2021-02", "平湖街道", "邻里纠纷", "0"], ["1-9月", "平湖街道", "邻里纠纷", "30"]]
    rows += [["2021年3月", "平湖街道", "邻里纠纷", ""]]
    reading = read(tmp_path, as_xlsx(rows), table="incidents")
    assert counts(reading) == [("2021-01", 3), ("2021-02", 0)]
    assert why(reading) == [(4, "month", "several_months"), (5, "incident_count", "missing_required")]


def test_counts_that_overlap_single_events_are_set_aside(tmp_path):
    (tmp_path / "sources.yml").write_text("[]", encoding="utf-8")
    rows = [["月份", "接报时间", "街道", "警情种类", "宗数"]]
    rows += [["", "2021-01-05 08:00", "平湖街道", "邻里纠纷", ""], ["2021年1月", "", "平湖街道", "邻里纠纷", "30"]]
    rows += [["2021年1月", "", "布吉街道", "邻里纠纷", "20"], ["2021年1月", "", "", "邻里纠纷", "99"]]
    reading = read(tmp_path, rows, table="incidents")
    assert why(reading) == [(3, "incident_count", "aggregate_overlap"), (5, "incident_count", "aggregate_overlap")]
    assert reading.clean["incident_count"].tolist() == [1, 20]


@pytest.mark.parametrize(
    ("title", "header", "found"),
    [
        ("单位：件", ["1月", "2月"], [3, 8]),
        ("单位：万件", ["1月", "2月"], [30_000, 80_000]),
        ("2021年统计", ["1月（万宗）", "2月（万宗）"], [30_000, 80_000]),
        ("单位：百宗", ["1月", "2月"], "unknown_unit"),
        ("单位：万元", ["1月", "2月"], [3, 8]),  # of another column
    ],
)
def test_the_unit_of_months_is_in_their_headers_or_above_the_table(tmp_path, title, header, found):
    """It was passed over: 3 (万件) was three incidents."""
    rows = [[title], ["街道", "警情种类", *header], ["平湖街道", "邻里纠纷", "3", "8"]]
    reading = read(tmp_path, rows, table="incidents", sources=WIDE)
    if isinstance(found, str):
        assert {code for *_, code in why(reading)} == {found}
    else:
        assert sorted(count for _, count in counts(reading)) == found


def test_months_that_run_over_the_end_of_a_year_are_refused_until_their_year_is_stated(tmp_path):
    with pytest.raises(UnreadableFile, match=r"may be of two years; .* \{12月: 2020-12\}"):
        wide(tmp_path, ["12月", "1月", "2月"], ["3", "8", "9"])
    periods = {"year": 2021, "months": {"12月": "2020-12"}}
    reading = wide(tmp_path, ["12月", "1月", "2月"], ["3", "8", "9"], periods=periods)
    assert counts(reading) == [("2020-12", 3), ("2021-01", 8), ("2021-02", 9)]
    assert len(counts(wide(tmp_path, ["3月", "2月", "1月"], ["3", "8", "9"]))) == 3


def test_a_year_above_several_months_is_that_of_each(tmp_path):
    rows = [
        ["街道", "警情种类", "2020年", "", "2021年", ""],
        ["", "", "11月", "12月", "1月", "2月"],
        ["平湖街道", "邻里纠纷", 1, 2, 3, 4],
    ]
    reading = read(tmp_path, rows, table="incidents", sources=WIDE)
    assert counts(reading) == [("2020-11", 1), ("2020-12", 2), ("2021-01", 3), ("2021-02", 4)]


def test_a_month_may_stand_before_its_year(tmp_path):
    assert counts(wide(tmp_path, ["11/2020", "1-2021"], [3, 4])) == [("2020-11", 3), ("2021-01", 4)]
