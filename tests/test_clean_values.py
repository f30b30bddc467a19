"""Cells by the type of their column: what they mean, what is nothing, what is refused, and what is never touched."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.codebook import tables
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import DateGrammar
from src.ingest.cleaning.issue import CellError

MISSING = ["", " ", "-", "——", "/", "无", "不详", "N/A", "na", "NULL", "#N/A", "暂无", "　"]


def cell(column: str, value: object, table: str = "projects", **options):
    found = CellReader(tables.columns(table)[column], DateGrammar(), **options).read(value)
    return found.code if isinstance(found, CellError) else found


@pytest.mark.parametrize("value", ["000012", "1E05", "12-3", "NA", "0", "null", "２１号".replace("２１", "21"), "A 12"])
def test_an_id_is_kept_as_it_is(value):
    assert cell("project_id", value) == value


def test_an_id_in_full_width_is_the_same_id_and_a_number_that_lost_digits_is_none():
    assert cell("project_id", "ＡＢ１２") == "AB12"
    assert cell("project_id", 12.0) == "12"
    assert cell("project_id", 4.40307199001011e17) == "lost_digits"
    assert cell("project_id", "-") is None


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
     ("120 名", 120), ("1.2万", 12000), ("3.5万人", 35000), ("0人", 0), ("+5", "not_a_number")],
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
        ("三十", "not_a_number"),
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
        ("12万美元", "", "unknown_unit"),
        ("12", "万美元", "unknown_unit"),
        ("-5", "", "negative"),
    ],
)
def test_money_by_the_unit_of_its_cell_else_of_its_header(value, unit, yuan):
    assert cell("budget_cny", value, unit=unit) == yuan


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
