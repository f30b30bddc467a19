from pathlib import Path

import pytest
from making import HEADER, INCIDENT_HEADER, INCIDENTS, PROJECTS, as_csv, as_xlsx, classes, read, shown, why, workbook

from src.ingest.layout.headers import HeaderWords
from src.ingest.layout.lines import Classifier, Walk
from src.ingest.readers.grid import UnreadableFile
from src.ingest.readers.sheets import sheets_of

IDS = [[row[0]] for row in PROJECTS[:3]]
ROWS = [HEADER, *PROJECTS[:3]]
SHORT = ["项目编号", "项目名称", "社区", "治理领域"]


def row(number: int, community: str = "爱联社区") -> list:
    return [f"P{number}", f"项目{number}", community, "治安"]


def test_title_rows_and_blank_rows_above(tmp_path):
    rows = [["龙岗区社区治理项目台账"], ["填报单位：平湖街道办", "", "", "", "单位：元"], [], *ROWS]
    for make in (as_xlsx, lambda rows: rows):
        reading = read(tmp_path, make(rows))
        assert shown(reading) == IDS
        assert classes(reading) == {"title": 2, "blank": 1, "header": 1, "data": 3}


def test_a_header_of_two_and_of_three_rows(tmp_path):
    two = [
        ["项目编号", "项目名称", "所在地", "", "治理领域", "居民参与情况", ""],
        ["", "", "街道", "社区", "", "是否有居民参与", "参与人数（人）"],
        ["P1", "甲", "平湖街道", "新木社区", "治安", "是", "3"],
    ]
    merges = [(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3), (0, 4, 1, 4), (0, 5, 0, 6)]
    for content in (as_xlsx(two), as_xlsx(two, merges=merges), two):
        reading = read(tmp_path, content)
        assert shown(reading, "project_id", "street", "residents_took_part", "residents_count") == [
            ["P1", "平湖街道", True, 3]
        ]
        assert classes(reading)["header"] == 2
    three = [["基本情况", "", "所在地", "", "参与", "", ""], *two]
    assert classes(read(tmp_path, as_xlsx(three, merges=[(0, 0, 0, 1), (0, 2, 0, 3)])))["data"] == 1


def test_repeated_headers_blank_lines_and_totals_between(tmp_path):
    rows = [HEADER, *PROJECTS[:2], ["", "", "平湖街道小计", "", "", "", "35", "20000", ""], [], HEADER, PROJECTS[2]]
    rows += [["合计", "", "", "", "", "", "155", "21500.5", ""]]
    reading = read(tmp_path, rows)
    assert shown(reading) == IDS
    assert classes(reading) == {"header": 1, "data": 3, "total": 2, "blank": 1, "repeated_header": 1}
    assert reading.warnings == []


@pytest.mark.parametrize("word", ["合计", "合 计", "总计：", "小计", "全区合计", "累计", "共计", "Sub-total"])
def test_words_of_totals(tmp_path, word):
    reading = read(tmp_path, [*ROWS, [word, "", "", "", "", "", "155", "21500.5", ""]])
    assert shown(reading) == IDS
    assert classes(reading)["total"] == 1


def test_what_only_begins_like_a_total_or_note_is_data(tmp_path):
    rows = [SHORT, ["P1", "合计行动计划", "爱联社区", "治安"], ["P2", "注：册行动", "爱联社区", "治安"]]
    rows += [["P3", "累计服务一千人", "爱联社区", "治安"], ["P4", "小计", "爱联社区", "治安"], row(5)]
    assert shown(read(tmp_path, rows)) == [["P1"], ["P2"], ["P3"], ["P4"], ["P5"]]


def test_notes_and_signatures_below(tmp_path):
    rows = [
        *ROWS,
        ["注：本表按季度报送"],
        ["填表人：张三", "", "审核人：李四"],
        ["联系人：王五", "联系电话：13800000000"],
    ]
    reading = read(tmp_path, rows)
    assert (shown(reading), classes(reading)["note"]) == (IDS, 3)
    assert "13800000000" not in str(reading.warnings)


def test_a_table_that_is_indented_or_shifted(tmp_path):
    rows = [[], ["", "", "台账"], *(["", "", *cells] for cells in ROWS)]
    for make in (as_xlsx, lambda rows: rows):
        assert shown(read(tmp_path, make(rows)), "project_id", "budget_cny")[0] == ["000012", 12000.0]


def test_columns_in_another_order_and_unknown_ones(tmp_path):
    order = [8, 4, 3, 2, 1, 0, 7, 6, 5]
    rows = [[cells[i] for i in order] + ["x"] for cells in ROWS]
    rows[0][-1] = "满意度得分"
    reading = read(tmp_path, rows)
    assert shown(reading) == IDS
    assert "满意度得分" in reading.warnings[0]
    assert reading.columns.query("column == ''")["header"].tolist() == ["满意度得分"]


@pytest.mark.parametrize(
    ("header", "budget"),
    [
        ("预算", 12.0),
        ("预算（万元）", 120000.0),
        ("预算（万元，含税）", 120000.0),
        ("预算（含自筹；单位：万元）", 120000.0),
        ("预算（不含税）", 12.0),
        ("项目预算\n(千元)", 12000.0),
        ("预 算 （元）", 12.0),
        ("*预算：", 12.0),
        ("預算", 12.0),
    ],
)
def test_headers_with_breaks_spaces_units_and_stars(tmp_path, header, budget):
    rows = [[*SHORT, header], ["P1", "甲", "爱联社区", "治安", "12"]]
    assert shown(read(tmp_path, as_xlsx(rows)), "budget_cny") == [[budget]]


@pytest.mark.parametrize("header", ["预算（万美元）", "预算（元/年）", "预算（万元/年，含税）"])
def test_a_unit_in_a_header_that_nobody_knows_is_not_passed_over(tmp_path, header):
    rows = [[*SHORT, header], ["P1", "甲", "爱联社区", "治安", "12"]]
    assert why(read(tmp_path, rows)) == [(2, "budget_cny", "unknown_unit")]


def test_two_headers_for_one_column_are_refused_until_one_is_chosen(tmp_path):
    rows = [[*SHORT, "预算", "投入资金"], [*row(1), "12", "13"]]
    with pytest.raises(UnreadableFile, match="“预算”和“投入资金”都读作 budget_cny"):
        read(tmp_path, rows)
    assert shown(read(tmp_path, rows, sources={"columns": {"预算": "-"}}), "budget_cny") == [[13.0]]


def test_no_header_or_a_column_missing_is_refused_and_named(tmp_path):
    with pytest.raises(UnreadableFile, match="项目编号、项目名称"):
        read(tmp_path, [["a", "b"], ["1", "2"]])
    with pytest.raises(UnreadableFile, match="缺少必须的列：治理领域"):
        read(tmp_path, [SHORT[:3], row(1)[:3]])


def test_a_column_for_each_kind_names_the_key_that_reads_it(tmp_path):
    rows = [["街道", "月份", "盗窃", "抢劫"], ["平湖街道", "2021-01", "3", "2"]]
    with pytest.raises(UnreadableFile, match=r"state kinds: \{盗窃: theft, 抢劫: robbery\}"):
        read(tmp_path, rows, table="incidents")


def test_two_tables_one_below_the_other(tmp_path):
    second = ["项目名称", "项目编号", "治理领域", "社区", "预算"]
    rows = [["一、平湖"], SHORT, row(1), row(2), [], ["二、布吉"], second, ["乙", "P3", "治安", "凤凰社区", "7"]]
    rows[-1][3] = "爱联社区"
    reading = read(tmp_path, as_xlsx(rows))
    assert shown(reading, "project_id", "title", "budget_cny") == [
        ["P1", "项目1", None],
        ["P2", "项目2", None],
        ["P3", "乙", 7.0],
    ]
    assert reading.clean["source_line"].tolist() == [3, 4, 8]


def test_two_tables_side_by_side(tmp_path):
    rows = [[*SHORT, "", *SHORT], [*row(1), "", *row(2)], [*row(3), "", *row(4)], ["", "", "", "", "", *row(5)]]
    for content in (as_xlsx(rows), rows):
        reading = read(tmp_path, content)
        assert sorted(shown(reading)) == [["P1"], ["P2"], ["P3"], ["P4"], ["P5"]]
        assert classes(reading) == {"header": 1, "data": 3}


def test_another_table_beside_is_told_and_left_alone(tmp_path):
    other = ["街道", "数量"]
    rows = [[*SHORT, "", *other], [*row(1), "", "平湖街道", "5"], ["", "", "", "", "", "布吉街道", "7"], [*row(2)]]
    reading = read(tmp_path, as_xlsx(rows))
    assert shown(reading) == [["P1"], ["P2"]]
    assert "数量" in " ".join(reading.warnings)


def test_two_known_tables_beside_each_other_of_which_one_is_not_this_table(tmp_path):
    rows = [[*SHORT, "", *INCIDENT_HEADER], [*row(1), "", *INCIDENTS[0]], ["", "", "", "", "", *INCIDENTS[1]]]
    for table, found in (("projects", [["P1"]]), ("incidents", [["J0001"], ["J0002"]])):
        key = "project_id" if table == "projects" else "incident_id"
        assert shown(read(tmp_path, as_xlsx(rows), table=table), key) == found


def test_an_unreadable_line_has_its_class_and_number(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("项目编号,项目名称,社区,治理领域\nP1,\0甲,爱联社区,治安\n".encode())
    words = HeaderWords("projects")
    lines, walk = next(sheets_of(Path(path), words, None)).head, Walk(words)
    for line in lines[walk.begin(lines) :]:
        walk.enter(line)
    assert [(line.number, line.problem) for line in walk.done[0].data] == [(2, "nul")]


def test_a_unit_that_stands_above_the_table_is_that_of_its_columns(tmp_path):
    rows = [["社区治理项目台账"], ["填报单位：平湖街道办", "", "单位：万元"], [*SHORT, "预算"], [*row(1), "12"]]
    assert shown(read(tmp_path, rows), "budget_cny") == [[120000.0]]
    rows[2][-1] = "预算（元）"
    assert shown(read(tmp_path, rows), "budget_cny") == [[12.0]]


def test_a_header_that_comes_again_before_the_table_has_its_columns_opens_no_other(tmp_path):
    """It was two tables side by side: the records lost their identifiers."""
    rows = [
        ["案件编号", "案件类型", "案件类型", "接报时间", "街道"],
        ["A1", "盗窃", "抢劫", "2021-03-01 10:10", "平湖街道"],
    ]
    with pytest.raises(UnreadableFile, match="two columns are both called 案件类型"):
        read(tmp_path, rows, table="incidents")


def test_a_header_in_mid_table_keeps_the_records_above_it(tmp_path):
    reading = read(tmp_path, [row(1), row(2), SHORT, row(3)])
    assert sorted(shown(reading)) == [["P1"], ["P2"], ["P3"]]
    assert classes(reading) == {"header": 1, "data": 3}


def test_the_records_of_a_second_table_that_lacks_a_column_are_set_aside(tmp_path):
    rows = [SHORT, row(1), [], ["项目编号", "项目名称", "社区"], ["P2", "乙", "爱联社区"]]
    reading = read(tmp_path, as_xlsx(rows))
    assert (shown(reading), why(reading)) == ([["P1"]], [(5, "field", "missing_required")])


def test_a_unit_above_the_table_that_nobody_knows_is_not_passed_over(tmp_path):
    rows = [["单位：百元"], [*SHORT, "预算"], ["P1", "甲", "爱联社区", "治安", "12"]]
    assert why(read(tmp_path, rows)) == [(3, "budget_cny", "unknown_unit")]


def test_each_table_of_a_sheet_is_written_in_its_own_manner(tmp_path):
    def lines(*budgets: str) -> list[list[str]]:
        return [[f"P{budget}", "甲", "爱联社区", "治安", budget, "是"] for budget in budgets]

    header = [*SHORT, "预算"]
    rows = [header, *lines("1.250,50", "2.250"), [], [*header, "居民参与"], *lines("1,250.50", "2,250")]
    assert shown(read(tmp_path, as_xlsx(rows)), "budget_cny") == [[1250.5], [2250.0]] * 2


def test_a_wider_table_below_a_header_without_records_is_read(tmp_path):
    """It was a traceback: no batch was as wide as the second header, whose table was the first to have rows."""
    rows = [HEADER, [], ["", *HEADER], ["K1"], ["", *PROJECTS[0]]]
    reading = read(tmp_path, rows)
    assert shown(reading) == [["000012"]]
    assert [line for line, *_ in why(reading)] == [4]


@pytest.mark.parametrize("make", [as_xlsx, lambda rows, merges: as_html_with_bands(rows)])
def test_a_band_over_the_whole_width_heads_the_lines_below_and_is_no_record(tmp_path, make):
    rows = [*ROWS[:2], ["一、布吉街道", *[""] * (len(ROWS[0]) - 1)], *ROWS[2:]]
    reading = read(tmp_path, make(rows, merges=[(2, 0, 2, len(ROWS[0]) - 1)]), "a.xls")
    assert (shown(reading), classes(reading).get("note")) == (IDS, 1)
    assert reading.quarantined.empty


BANDS = [["一、布吉街道", "", "", ""], row(1), ["（二）横岗街道", "", "", ""], row(2)]


@pytest.mark.parametrize(
    "content",
    [
        [SHORT, *BANDS],
        [SHORT, *([cells[0]] if not any(cells[1:]) else cells for cells in BANDS)],
        [SHORT, ["", *BANDS[0][:3]], row(1), ["", "", "二、横岗", ""], row(2)],
        [SHORT, row(1), row(2), ["共 2 条记录"], ["(2 rows affected)"]],
        as_xlsx(
            [SHORT, ["布吉", "", "", ""], row(1), ["横岗", "", "", ""], row(2)], merges=[(1, 0, 1, 2), (3, 0, 3, 1)]
        ),
    ],
)
def test_a_band_narrower_than_the_table_is_no_record_either(tmp_path, content):
    """An ordinal alone, or one merged cell alone; a name alone may be a record that was cut off."""
    reading = read(tmp_path, content)
    assert (shown(reading), classes(reading)["note"], len(reading.quarantined)) == ([["P1"], ["P2"]], 2, 0)


def test_ordinals_within_records_head_nothing(tmp_path):
    rows = [["备注", "接报时间", "街道", "警情种类"], ["一、", "2021-03-05 10:11", "平湖街道", "盗窃"]]
    rows += [["---", "2021-03-05 10:12", "平湖街道", "盗窃"]]
    given = {"constants": {"group": "criminal"}}
    assert len(read(tmp_path, rows, table="incidents", sources=given).clean) == 2
    assert why(read(tmp_path, [SHORT, row(1), ["布吉街道", "", "", ""]])) == [(3, "title", "missing_required")]


def as_html_with_bands(rows):
    cells = (
        f"<tr><td colspan={len(row)}>{row[0]}</td></tr>"
        if not any(row[1:])
        else "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<html><body><table>{''.join(cells)}</table></body></html>".encode()


def test_a_sheet_without_a_header_that_goes_on_with_the_one_before_is_refused(tmp_path):
    further = [["P9", *ROWS[1][1:]], ["P10", *ROWS[2][1:]]]
    with pytest.raises(UnreadableFile, match=r"sheet 二 has no header and as many columns as the table before"):
        read(tmp_path, workbook({"一": ROWS, "二": further}))
    reading = read(tmp_path, workbook({"一": ROWS, "二": further}), sources={"sheets": "一"})
    assert (shown(reading), reading.warnings) == (IDS, [])
    told = read(tmp_path, workbook({"一": ROWS, "说明": [["填报说明", "甲"]]})).warnings
    assert any("sheet 说明 has no header" in one for one in told)


@pytest.mark.parametrize("word", ["手机", "电话", "备注", "姓名"])
def test_a_first_record_that_holds_a_header_s_word_is_no_second_line_of_the_header(tmp_path, word):
    """It was passed over as a part of the header."""
    rows = [
        ["受理时间", "街道", "社区", "案件类型", "涉案物品"],
        ["2021-03-05 10:11", "平湖街道", "凤凰社区", "盗窃", word],
    ]
    given = {"constants": {"group": "criminal"}}
    assert len(read(tmp_path, [*rows, [*rows[1][:4], "单车"]], table="incidents", sources=given).clean) == 2
    reading = read(tmp_path, [[*SHORT, "方式"], [*row(1), word], [*row(2), "上门"]])
    assert shown(reading) == [["P1"], ["P2"]]


@pytest.mark.parametrize("remark", ["合计", "*", "联系人张三", "注：补录", "街道"])
def test_a_record_whose_remark_reads_like_a_total_a_note_or_a_header_is_a_record(tmp_path, remark):
    """Without an identifier it was passed over."""
    rows = [["备注", "涉案", "接报时间", "街道", "警情种类"], [remark, "电话", "2021-03-05 10:11", "平湖街道", "盗窃"]]
    rows += [["", "", "2021-03-05 10:12", "平湖街道", "盗窃"], ["合计", "2"], ["注：补录"]]
    reading = read(tmp_path, rows, table="incidents", sources={"constants": {"group": "criminal"}})
    assert (len(reading.clean), classes(reading)["data"]) == (2, 2)


UNITS = ["", "", "", "", "", "", "（人）", "(万元)", ""]


@pytest.mark.parametrize("units", [UNITS, ["单位：万元"], ["", "", "", "", "", "", "人", "万元", ""]])
@pytest.mark.parametrize("form", [as_csv, as_xlsx])
def test_units_below_a_header_are_its_own(tmp_path, form, units):
    some = [["P1", *PROJECTS[0][1:7], "12", ""], ["P2", *PROJECTS[1][1:7], "0.8", ""]]
    rows = [HEADER, units, some[0], [], HEADER, some[1], [], HEADER, units]
    reading = read(tmp_path, form([["龙岗区台账"], *rows]))
    assert shown(reading, "project_id", "budget_cny") == [["P1", 120000], ["P2", 8000]]
    assert classes(reading) == {"title": 1, "header": 2, "data": 2, "blank": 2, "repeated_header": 3}
    assert reading.warnings == []


def test_units_below_a_header_that_nobody_knows_are_not_passed_over(tmp_path):
    reading = read(tmp_path, [HEADER, [*UNITS[:7], "（元/年）", ""], PROJECTS[0]])
    assert why(reading) == [(3, "budget_cny", "unknown_unit")]


@pytest.mark.parametrize(
    "line",
    [
        "续表",
        "（续）",
        "续表2",
        "(continued)",
        "第 1 页 共 3 页",
        "- 2 -",
        "Page 2 of 3",
        "龙岗区台账（续）",
        "以下空白",
    ],
)
def test_what_carries_a_table_over_a_page_is_no_record(tmp_path, line):
    rows = [HEADER, PROJECTS[0], [line, *[""] * 8], HEADER, *PROJECTS[1:3], [line, *[""] * 8]]
    reading = read(tmp_path, rows)
    assert shown(reading) == IDS
    assert (classes(reading)["note"], reading.warnings) == (2, [])


@pytest.mark.parametrize("line", ["合计：3个", "Total: 3", "共计 3 项", "数据截至2021年9月30日"])
def test_a_count_or_a_day_below_a_table_is_no_record(tmp_path, line):
    reading = read(tmp_path, [*ROWS, [line]])
    assert (shown(reading), why(reading)) == (IDS, [])


def test_a_column_that_comes_again_beside_a_table_is_not_another_table(tmp_path):
    rows = [[*HEADER, "街道"], *([*row, "布吉街道"] for row in PROJECTS[:2])]
    with pytest.raises(UnreadableFile, match="two columns are both called 街道"):
        read(tmp_path, rows)


@pytest.mark.parametrize("table", ["projects", "incidents"])
def test_no_word_of_ours_has_numbers_dates_and_identifiers_looked_at_one_by_one(table):
    """A note that begins with a plain letter does: a long table then takes six times as long."""
    assert Classifier(Walk(HeaderWords(table))).plain_is_data
