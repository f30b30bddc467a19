"""The project register as the office keeps it: title, two-row header, merged streets, subtotals, footnote."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from src.codebook import vocabulary

HEADER = (
    ("项目基本信息", ("序号", "街道", "社区", "项目编号", "项目名称", "治理领域", "需求来源", "牵头单位")),
    ("参与情况", ("居民参与", "参与居民人数", "社会力量参与", "社会力量类型", "合作单位")),
    ("资金与进度", ("预算\n（万元）", "资金来源", "启动日期", "结束日期", "项目状态", "受益人数（人）")),
)
TITLE = "龙岗区2021年社区治理实践项目台账（合成数据）"
NOTE = "注：1.本表为合成数据，按公开总数生成；2.“社会力量”指群团组织、企事业单位、社会组织；3.同一街道合并单元格。"


def write_register(path: Path, projects: pd.DataFrame, created: datetime) -> None:
    """Write the register, with a line sent twice and a few lines that no one could place."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"created": created, "title": TITLE})
        sheet = book.add_worksheet("项目台账")
        bold = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True})
        day = book.add_format({"num_format": "yyyy/m/d"})
        columns = [name for _, names in HEADER for name in names]
        sheet.merge_range(0, 0, 0, len(columns) - 1, TITLE, bold)
        _write_header(sheet, bold)
        line = 3
        for street, of_street in projects.groupby("street", sort=False):
            line = _write_street(sheet, line, street, of_street, bold, day)
        budget = f"{projects['budget_cny'].sum() / 10_000:.2f}"
        sheet.write_row(line, 0, ("合计", "", "", "", f"{len(projects)}个项目"))
        sheet.write_number(line, columns.index("预算\n（万元）"), float(budget))
        sheet.merge_range(line + 1, 0, line + 1, len(columns) - 1, NOTE)
        sheet.write_string(line + 2, 0, "填表人：某某    审核：某某")


def _write_header(sheet, bold) -> None:
    column = 0
    for group, names in HEADER:
        sheet.merge_range(1, column, 1, column + len(names) - 1, group, bold)
        for name in names:
            sheet.write_string(2, column, name, bold)
            column += 1


def _write_street(sheet, line: int, street: str, projects: pd.DataFrame, bold, day) -> int:
    """Write a street's projects under one merged cell, then its subtotal; return the next free line."""
    rows = [_cells(number, row) for number, row in enumerate(projects.to_dict("records"), 1)]
    rows += _dirt(street, rows)
    for offset, cells in enumerate(rows):
        for column, value in enumerate(cells):
            if isinstance(value, pd.Timestamp):
                sheet.write_datetime(line + offset, column, value.to_pydatetime(), day)
            elif isinstance(value, str):
                sheet.write_string(line + offset, column, value)
            elif value is not None:
                sheet.write_number(line + offset, column, value)
    if len(rows) > 1:
        sheet.merge_range(line, 1, line + len(rows) - 1, 1, street, bold)
    line += len(rows)
    sheet.write_row(line, 0, ("小计", street, "", "", f"{len(projects)}个项目"))
    return line + 1


def _cells(number: int, row: dict) -> list:
    def label(listname: str, codes: str | None) -> str:
        return (
            "、".join(vocabulary.label(listname, code) for code in codes.split(";")) if isinstance(codes, str) else ""
        )

    took_part = "√" if row["residents_took_part"] else "×"
    started = row["started_on"]
    people = int(row["residents_count"]) if pd.notna(row["residents_count"]) else "—"
    return [
        number, row["street"], row["community"] if number % 9 else row["community"].removesuffix("社区"),
        row["project_id"], row["title"],
        label("field", row["field"]), label("demand_source", row["demand_source"]), row["lead_unit"],
        took_part, people, "是" if row["organisations_took_part"] else "否",
        label("organisation_kinds", row["organisation_kinds"]),
        row["partners"] if isinstance(row["partners"], str) else "", round(row["budget_cny"] / 10_000, 2),
        label("funding_source", row["funding_source"]),
        started if number % 5 else f"{started.year}年{started.month}月{started.day}日", row["ended_on"],
        label("status", row["status"]), int(row["beneficiaries_count"]),
    ]  # fmt: skip


def _dirt(street: str, rows: list[list]) -> list[list]:
    """Return what else stands there: a line sent twice, a misspelt community, a day there is not, a contradiction."""
    if street == "布吉街道":
        wrong_name, wrong_day = list(rows[0]), list(rows[1])
        wrong_name[2:4] = ["龙领社区", "900001"]
        wrong_day[3], wrong_day[15] = "900002", "2021-02-30"
        return [list(rows[2]), wrong_name, wrong_day]
    if street == "南湾街道":
        elsewhere = list(rows[0])
        elsewhere[2:4] = ["鹅公岭社区", "900003"]
        return [elsewhere]
    return []
