"""What is told of a delivery without a record being wrong: totals, cells beside the table, columns left out."""

import pytest
from making import as_xlsx, read

from src.ingest import result

HEADER = ["项目编号", "项目名称", "社区", "治理领域", "预算（万元）"]


def row(number: int, budget: object) -> list:
    return [f"P{number}", "甲", "爱联社区", "治安", budget]


def total(word: str, budget: object) -> list:
    return [word, "", "", "", budget]


def differing(folder, *rows: list) -> list[int]:
    reading = read(folder, as_xlsx([HEADER, *rows]))
    assert len(reading.clean) + len(reading.quarantined) + len(reading.duplicates) == sum(r[1] == "甲" for r in rows)
    return [int(warning.split("第")[1].split("行")[0]) for warning in reading.warnings if "合计为" in warning]


A, B, C = row(1, 1), row(2, 2.5), row(3, 4)


@pytest.mark.parametrize(
    "rows",
    [
        [A, B, total("合计", 3.5)],
        [A, B, total("合计", "3.5万元")],
        [A, total("小计", 1), B, C, total("小计", 6.5), total("合计", 7.5)],
        [A, total("小计", 1), B, total("小计", 2.5), total("合计", 3.5), C, total("小计", 4), total("总计", 7.5)],
        [total("合计", 7.5), A, B, C],
        [total("小计", 1), A, total("小计", 6.5), B, C],
        [A, total("小计", ""), B, total("小计", ""), total("合计", 3.5)],
        [total("小计", 0), A, total("小计", 1)],
        [A, A, B, total("合计", 3.5)],  # the office did not count the line that stands there twice
        [A, B, ["P9", "甲", "凤皇社区", "治安", 9], total("合计", 3.5)],
        [A, B, ["P9", "甲", "凤皇社区", "治安", 9], total("合计", 12.5)],
    ],
)
def test_totals_that_their_lines_add_up_to(tmp_path, rows):
    assert differing(tmp_path, *rows) == []


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([A, B, total("合计", 3.6)], [4]),
        ([A, B, total("合计", 35000)], [4]),
        ([A, total("小计", 2), B, total("小计", 2.5), total("合计", 3.5)], [3]),
        ([A, total("小计", 1), B, total("小计", 2.5), total("合计", 3)], [6]),
    ],
)
def test_totals_that_differ_are_told_with_their_line(tmp_path, rows, lines):
    assert differing(tmp_path, *rows) == lines


def test_what_a_total_says_and_what_its_lines_add_up_to_are_told_in_the_unit_of_the_column(tmp_path):
    (warning,) = read(tmp_path, as_xlsx([HEADER, A, B, total("合计", 4)])).warnings
    assert "budget_cny 的合计为 40,000，各行相加为 35,000" in warning


def test_a_cell_beside_the_table_is_told_with_its_lines(tmp_path):
    rows = [[*HEADER, "", ""], [*A, "", "待核"], [*B, "", ""]]
    (warning,) = read(tmp_path, as_xlsx(rows)).warnings
    assert "表格之外另有内容未读取（第 2 行）" in warning


def test_a_file_without_a_record_is_told(tmp_path):
    assert "没有一条记录" in read(tmp_path, [HEADER]).warnings[0]
    rows = [["月份", "街道", "警情种类", "数量"], ["2021-01", "全区", "邻里纠纷", "7"]]
    assert any("a.csv holds no record" in said for said in read(tmp_path, rows, table="incidents").warnings)
    assert read(tmp_path, [HEADER, row(1, "无")]).warnings == []


def test_totals_of_a_very_long_table_are_not_compared(tmp_path, monkeypatch):
    rows = [A, B, total("合计", 9)]
    assert differing(tmp_path, *rows) == [4]
    monkeypatch.setattr(result, "MOST_SUMMED", 1)
    assert differing(tmp_path, *rows) == []
