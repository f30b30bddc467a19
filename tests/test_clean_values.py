"""Cells by the type of their column: what they mean, what is nothing, what is refused, and what is never touched."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import HEADER, PROJECTS, read

from src.codebook import tables
from src.ingest.batch import CellError
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import DateGrammar
from src.ingest.readers.grid import ShownNumber

MISSING = ["", " ", "-", "——", "/", "无", "不详", "N/A", "na", "NULL", "#N/A", "暂无", "　"]


def cell(column: str, value: object, table: str = "projects", **options):
    found = CellReader(tables.columns(table)[column], DateGrammar(), **options).read(value)
    return found.code if isinstance(found, CellError) else found


@pytest.mark.parametrize("value", ["000012", "1E05", "12-3", "NA1", "0", "'A'", "２１号".replace("２１", "21"), "A 12"])
def test_an_id_is_kept_as_it_is(value):
    assert cell("project_id", value) == value


@pytest.mark.parametrize("mark", ["¹", "②", "⁴", "₂", "⑴"])
def test_the_mark_of_a_note_is_no_digit(mark):
    assert cell("project_id", f"P7{mark}") == f"P7{mark}"
    assert cell("residents_count", f"12{mark}") == "unknown_unit"
    assert cell("started_on", f"2021-03-0{mark}") == "not_a_date"


def test_an_id_in_full_width_is_the_same_id_and_a_number_that_lost_digits_is_none():
    assert cell("project_id", "ＡＢ１２　\u200b") == "AB12"
    assert cell("project_id", "龙岗㈠№5ⅲ") == "龙岗㈠№5ⅲ"  # of its own
    assert cell("project_id", 12.0) == "12"
    assert cell("project_id", 4.40307199001011e17) == "lost_digits"
    assert cell("project_id", "-") is None


@pytest.mark.parametrize("value", ['="000417"', "'000417", "’000417", "=000417", " ' 000417".replace(" ", "")])
def test_what_keeps_excel_from_an_id_is_no_part_of_it(value):
    assert cell("incident_id", value, "incidents") == "000417"


@pytest.mark.parametrize(
    "value", ["8.10E+14", "1e+16", "4.40307E17", "-2.5e+8", "２.５E+12", 8.1e17, 810000000000000000]
)
def test_an_id_in_scientific_notation_has_lost_its_digits(value):
    assert cell("incident_id", value, "incidents") == "lost_digits"


@pytest.mark.parametrize(
    "value",
    [
        *MISSING,
        "None",
        "未填",
        "待补",
        "无编号",
        "待定",
        "(null)",
        "（无）",
        "[待补]",
        "\\N",
        "?",
        "NA",
        "unknown",
        "??",
        "----",
        "未知编号",
        "无案号",
        "暂未编号",
        "TBC",
    ],
)
def test_words_for_nothing_are_no_id(value):
    """Two incidents 无 were one key with two contents; NA and null, which were kept, are words for nothing too."""
    assert cell("incident_id", value, "incidents") is None


@pytest.mark.parametrize(
    ("value", "code"),
    [("#REF!", "error_cell"), ("########", "error_cell"), ("同上", "as_above"), ("〃", "as_above"),
     ('=T("00123")', "uncalculated"),
     (dt.date(2021, 3, 1), "id_became_date"), (dt.time(3, 1), "id_became_date")],
)  # fmt: skip
def test_what_stands_in_place_of_an_id_is_none(value, code):
    """Two incidents #REF! were one key with two contents, and one of 2020 was replaced by one of 2021."""
    assert cell("incident_id", value, "incidents") == code


def column(name: str, values: list, table: str = "projects", **options) -> list:
    """Return what the cells of one column mean beside one another."""
    reader = CellReader(tables.columns(table)[name], DateGrammar(), **options)
    reader.survey(values)
    return [found.code if isinstance(found, CellError) else found for found in map(reader.read, values)]


def test_long_ids_that_all_end_in_zeros_were_rounded():
    rounded = ["310101202005170000", "310101202005180000"]
    assert column("incident_id", rounded, "incidents") == ["lost_digits"] * 2
    true = ["310101202005170013", "310101202005170014"]
    assert column("incident_id", [*true, rounded[0]], "incidents") == [*true, rounded[0]]
    assert column("incident_id", ["2020051700010000"], "incidents") == ["2020051700010000"]  # one digit is chance


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["2.750", "14.300,25", "900"], [2750, 14300.25, 900]),
        (["2.750", "14.300.000"], [2750, 14_300_000]),
        (["2.750", "14.300"], ["ambiguous_number"] * 2),
        (["2.750", "14.5", "0.125", "3,600"], [2.75, 14.5, 0.125, 3600]),
        (["2.750", "14.300", "14.5"], ["ambiguous_number", "ambiguous_number", 14.5]),
        (["2,750", "14,300", "14,5"], [2750, 14300, "not_a_number"]),  # one slip is no manner
        (["2,750", "14,5", "7,25"], ["ambiguous_number", 14.5, 7.25]),
        (["14,0000", "2,750"], ["not_a_number", 2750]),
        (["1.200,50", "1,200.50", "2,750"], [1200.5, 1200.5, "ambiguous_number"]),
        (["2 750 000", "14\u00a0300", "9\u2009100,5", "12 50"], [2_750_000, 14300, 9100.5, "not_a_number"]),
        (["2'750'000", "14’300.5"], [2_750_000, 14300.5]),
        (["$2,750", "$14"], [2750, 14]),
        (["R$ 2.750,00", "R$ 14"], [2750, 14]),
        (["2 750 €", "14,5 €"], [2750, 14.5]),
        (["$2,750", "¥14"], ["unknown_unit", 14]),
        (["RMB 2,750", "人民币14元"], [2750, 14]),
        (["七万二千", "十六", "壹佰元整", "三万五"], [72000, 16, 100, "not_a_number"]),
    ],
)
def test_money_in_the_senders_manner(values, read):
    assert column("budget_cny", values) == read


def test_a_point_in_ten_thousands_is_one_of_decimals():
    assert column("budget_cny", ["2.750", "14"], unit="万元") == [27500, 140_000]
    assert column("budget_cny", ["2.750万", "14", "2.750"]) == [27500, 14, "ambiguous_number"]
    assert column("budget_cny", ["十六", "七万"], unit="万元") == [160_000, 70_000]
    assert column("area_km2", ["2.750", "14.300"], "communities") == [2.75, 14.3]


def test_marks_that_a_source_states_go_first():
    cells = ["2.750", "14.300"]
    assert column("budget_cny", cells, marks={"decimal": ","}) == [2750, 14300]
    assert column("budget_cny", cells, marks={"thousands": "."}) == [2750, 14300]
    assert column("budget_cny", cells, marks={"decimal": "."}) == [2.75, 14.3]
    assert column("residents_count", ["2,750"], marks={"decimal": ","}) == ["not_whole"]


def test_counts_in_the_senders_manner():
    assert column("residents_count", ["2.750", "14.300"]) == ["ambiguous_number"] * 2
    assert column("residents_count", ["2.750", "14.300.000"]) == [2750, 14_300_000]
    assert column("residents_count", ["二十六人", "一百零八", "十余人"]) == [26, 108, "unknown_unit"]


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["是", "否", "1", "0", "√", "×", "Y", "n"], [True, False] * 4),
        (["有", "无", "×"], [True, False, "flag_unclear"]),
        (["是", "否", "无"], [True, False, "flag_unclear"]),
        (["是", "×"], [True, False]),
        (["×", ""], [False, None]),
        (["x", ""], ["flag_unclear", None]),
        (["√", "x"], [True, False]),
        (["√", "○", "×"], [True, "flag_unclear", False]),
        (["○", "×"], [True, False]),
        (["t", "f"], [True, False]),
    ],
)
def test_words_for_yes_and_no_beside_one_another(values, read):
    assert column("organisations_took_part", values) == read


def test_entities_and_controls_in_a_text():
    assert cell("title", "A&amp;B &lt;二期&gt;&nbsp;&#38;") == "A&B <二期> &"
    assert cell("title", "R&D; x & y") == "R&D; x & y"
    assert cell("title", "花\x08园\x0b") == "花 园"
    assert cell("lead_unit", '="三联办"') == "三联办"
    assert cell("title", "'甲'乙") == "'甲'乙"


@pytest.mark.parametrize(
    "value",
    ["NA站台改造", "NA", "合计行动计划", "社区花园60㎡改造", "１号楼 Ａ座", "1E05", "无障碍通道", "无", "null", "龍崗"],
)
def test_a_title_is_never_touched(value):
    assert cell("title", value) == value


def test_spaces_within_a_title_are_one_and_what_stands_around_it_goes():
    assert cell("title", "  议事厅\n（二期）　") == "议事厅 （二期）"


@pytest.mark.parametrize("value", MISSING)
@pytest.mark.parametrize(
    "column", ["residents_count", "budget_cny", "started_on", "field", "organisation_kinds", "partners"]
)
def test_marks_of_nothing(column, value):
    assert cell(column, value) is None


@pytest.mark.parametrize("value", ["是", "有", "√", "✓", "Y", "yes", "1", "１", "TRUE", True, 1, 1.0, " 是 ", "已参与"])
def test_yes(value):
    assert cell("residents_took_part", value) is True


@pytest.mark.parametrize("value", ["否", "无", "×", "X", "n", "0", "０", "没有", False, 0])
def test_no(value):
    assert cell("residents_took_part", value) is False


@pytest.mark.parametrize("value", ["", "-", "不详", "/"])
def test_neither_yes_nor_no(value):
    assert cell("residents_took_part", value) is None


@pytest.mark.parametrize("value", ["部分", "是否", "2", "可能", "是/否"])
def test_what_is_no_answer_is_refused(value):
    assert cell("residents_took_part", value) == "not_yes_or_no"


@pytest.mark.parametrize(
    ("value", "count"),
    [("0", 0), (0, 0), ("35", 35), (35.0, 35), ("1,200", 1200), ("１２００", 1200), ("1，200", 1200), ("120人", 120),
     ("120 名", 120), ("1.2万", 12000), ("3.5万人", 35000), ("0人", 0), ("三十", 30), ("+5", "not_a_number")],
)  # fmt: skip
def test_counts(value, count):
    assert cell("residents_count", value) == count


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("约120", "not_a_number"),
        ("120余人", "unknown_unit"),
        ("30户", "unknown_unit"),
        ("120左右", "unknown_unit"),
        ("1,20", "not_a_number"),
        ("12,0000", "not_a_number"),
        ("3-5", "not_a_number"),
        ("三十多", "unknown_unit"),
        ("-3", "negative"),
        ("3.5", "not_whole"),
        (True, "not_a_number"),
        ("1e3", "unknown_unit"),
        (float("inf"), "not_a_number"),
    ],
)
def test_what_is_no_exact_count_is_refused(value, reason):
    assert cell("residents_count", value) == reason


@pytest.mark.parametrize(
    ("value", "unit", "yuan"),
    [
        ("12000", "", 12000.0),
        ("¥12,000.50元", "", 12000.5),
        ("￥300", "", 300.0),
        ("1.2万元", "", 12000.0),
        ("1.2", "万元", 12000.0),
        (1.2, "万元", 12000.0),
        ("12000元", "万元", 12000.0),
        ("5千元", "", 5000.0),
        ("0.3亿元", "", 30_000_000.0),
        ("0.5亿", "", 50_000_000.0),
        ("1.234亿", "", 123_400_000.0),
        ("3百万", "", 3_000_000.0),
        ("5千", "万元", 5000.0),
        ("12", "百万元", 12_000_000.0),
        ("人民币：5万元", "", 50_000.0),
        ("5万元人民币", "", 50_000.0),
        ("RMB5万", "", 50_000.0),
        ("5,000元整", "", 5000.0),
        ("5亿美元", "", "unknown_unit"),
        ("1万5千", "", "unknown_unit"),
        ("人民币叁万伍仟元整", "", 35000.0),
        ("12万美元", "", "unknown_unit"),
        ("12", "万美元", "unknown_unit"),
        ("-5", "", "negative"),
    ],
)
def test_money_by_the_unit_of_its_cell_else_of_its_header(value, unit, yuan):
    assert cell("budget_cny", value, unit=unit) == yuan


@pytest.mark.parametrize(
    ("seen", "amount"),
    [("5万元", 50_000.0), ("5美元", "unknown_unit"), ("5人", "unknown_unit"), ("50%", "unknown_unit"), ("XF-05", 5.0)],
)
def test_the_unit_that_a_sheet_shows_is_the_cells(seen, amount):
    assert cell("budget_cny", ShownNumber(5, seen)) == amount


@pytest.mark.parametrize(("value", "share"), [("0.35", 0.35), ("35%", 0.35), ("３５％", 0.35), (0.35, 0.35)])
def test_shares(value, share):
    assert cell("floating_share", value, "communities") == share


@pytest.mark.parametrize(
    ("value", "code"),
    [("交通安全管理", "traffic"), ("交通安全", "traffic"), ("traffic", "traffic"), ("其它", "other"),
     (" 治 安 ", "public_security"), ("環境整治", "environment"), ("交通治理", "not_in_list")],
)  # fmt: skip
def test_codes(value, code):
    assert cell("field", value) == code


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("群团组织", "mass_organisation"),
        ("社会组织、群团", "mass_organisation;social_organisation"),
        ("企业；社会组织", "enterprise_or_institution;social_organisation"),
        ("企业,企事业单位", "enterprise_or_institution"),
        ("企业、某某公司", "not_in_list"),
        ("、", "not_in_list"),
    ],
)
def test_several_codes_in_one_cell(value, codes):
    assert cell("organisation_kinds", value) == codes


def test_what_a_source_states_for_a_value_goes_first():
    assert cell("field", "交通治理", stated={"交通治理": "traffic"}) == "traffic"
    assert cell("field", "", stated={"": "other"}) == "other"
    assert cell("street", "平胡街道", stated={"平胡街道": "平湖街道"}) == "平湖街道"


def test_a_day_after_the_delivery_is_refused_where_it_may_not_be():
    latest = dt.datetime(2021, 10, 1)
    assert cell("reported_at", "2021-10-02", "incidents", latest=latest) == "future_date"
    assert cell("started_on", "2021-10-02", latest=latest)[0] == dt.datetime(2021, 10, 2)


def test_a_day_that_may_be_future_is_within_reach_of_the_delivery():
    latest = dt.datetime(2021, 10, 1)
    assert cell("ended_on", "2027-12-31", latest=latest)[0] == dt.datetime(2027, 12, 31)
    assert cell("started_on", "2091-10-02", latest=latest) == "far_future_date"
    assert cell("valid_to", "2099-12-31", "communities", latest=latest)[0] == dt.datetime(2099, 12, 31)


def test_a_month_is_no_day():
    assert cell("started_on", "2021年3月") == "day_missing"


@given(
    st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.none(), st.datetimes(), st.dates())
)
def test_any_cell_is_a_value_nothing_or_refused_with_a_reason(value):
    for table, column in (("projects", "residents_count"), ("projects", "budget_cny"), ("incidents", "reported_at")):
        found = cell(column, value, table)
        assert found is None or isinstance(found, (int, float, tuple, str))
        if isinstance(found, (int, float)):
            assert found >= 0


@given(st.integers(0, 10**9))
def test_every_way_of_writing_a_count_means_the_same(count):
    wide = str(count).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for text in (str(count), f"{count:,}", f"{count}人", f" {count} 名 ", wide, count, float(count)):
        assert cell("residents_count", text) == count


@pytest.mark.parametrize("column", ["street", "community", "title", "budget_cny", "started_on", "project_id"])
@pytest.mark.parametrize(
    "text", ["(" * 99_990, "a" * 99_990 + " @", "9" * 4_000, "1" + " " * 99_980 + "x", "A0" * 45_000]
)
def test_a_cell_as_long_as_cells_may_be_is_read_once(tmp_path, column, text):
    """An opening bracket, or the letter of an address, was followed to the end of the cell from each place in it."""
    names = ["project_id", "title", "street", "community", "field", "residents", "count", "budget_cny", "started_on"]
    row = list(PROJECTS[0])
    row[names.index(column)] = text
    reading = read(tmp_path, [HEADER, row, PROJECTS[1]])
    assert len(reading.clean) + len(reading.quarantined) == 2


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("communities", "communities"), ("target:petition", "target:petition"), ("", None),
        (" incidents：traffic", "incidents:traffic"), ("share_both_pct", "share_both_pct"),
        ("change_pct:theft", "not_in_list"), ("target", "not_in_list"), ("communities:petition", "not_in_list"),
    ],
)  # fmt: skip
def test_a_measure_is_one_that_can_be_computed(value, found):
    assert cell("measure", value, "published_figures") == found
