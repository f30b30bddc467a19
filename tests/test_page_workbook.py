"""The workbook of a page: whole tables with real numbers and days, nothing that runs, the same bytes each time."""

import io
import re
import zipfile

import pandas as pd
import pytest
import python_calamine
from notebook_case import run_cells
from page_case import page as page_of
from page_case import table as table_block

from src.analysis.charts import style
from src.reports import outputs
from src.reports.page import content
from src.reports.page.page import render_page
from src.reports.page.workbook import workbook_bytes

PROJECTS = pd.DataFrame(
    {
        "project_id": ["000116", "=HYPERLINK(\"http://evil.example\")", "@SUM(A1)"],
        "x": [1234, None, 5],
        "estimate": [0.26834, -0.1, None],
        "due_on": pd.to_datetime(["2022-01-02", None, "2022-01-03"]),
        "closed": [True, False, False],
    }
)  # fmt: skip
OF_A_PAGE = {"workbook": "w.xlsx", "notes": [], "packages": {}, "records": [], "made_at": "2021-10-05T00:00"}


def page(*tables, **manifest):
    return page_of(*(tables or [table_block(PROJECTS, "项目清单", percent=("estimate",))]), **manifest)


def sheets(data: bytes) -> dict[str, list[list]]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def part(data: bytes, name: str) -> str:
    return zipfile.ZipFile(io.BytesIO(data)).read(name).decode()


def test_numbers_are_numbers_days_are_days_and_texts_stay_as_they_were():
    rows = sheets(workbook_bytes(page()))["table"]
    assert rows[1] == ["项目编号", "其中", "数值", "完成时限", "是否办结"]
    assert rows[2][:3] == ["000116", 1234.0, 0.26834]
    assert rows[2][3].isoformat()[:10] == "2022-01-02"
    assert [row[1] for row in rows[2:]] == [1234.0, "", 5.0]
    assert rows[3][0] == '=HYPERLINK("http://evil.example")'  # the text itself, without the apostrophe of the CSV


def test_no_cell_is_a_formula_and_no_address_is_a_link():
    data = workbook_bytes(page())
    book = zipfile.ZipFile(io.BytesIO(data))
    assert not any("<f>" in book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name)
    assert not any(name.startswith("xl/worksheets/_rels") for name in book.namelist())  # links that lead outside


def test_a_column_after_remarks_that_are_silent_keeps_its_values():
    table = pd.DataFrame(
        {"street": ["布吉街道", "坂田街道"], "by_days": 0.0, "flag": ["fell", ""], "note": "", "z": [-5.0, 1.0]}
    )
    rows = sheets(workbook_bytes(page(table_block(table, "变化"))))["table"]
    assert rows[1:] == [["街道", "提示", "z值"], ["布吉街道", "下降且超出月度起伏", -5.0], ["坂田街道", "", 1.0]]


def test_columns_that_a_page_has_no_room_for_are_there():
    made = page(table_block(PROJECTS, "项目清单", aside=("due_on",)), **OF_A_PAGE)
    assert sheets(workbook_bytes(made))["table"][1][3:] == ["完成时限", "是否办结"]
    assert re.findall(r'<th scope="col"[^>]*>([^<]*)', render_page(made))[:4] == [
        "项目编号",
        "其中",
        "数值",
        "是否办结",
    ]


def test_rows_beyond_those_the_page_shows_are_there():
    many = pd.DataFrame({"street": [f"街道{n}" for n in range(450)], "x": range(450)})
    rows = sheets(workbook_bytes(page(table_block(many, "很多"))))["table"]
    assert len(rows) == 452
    assert rows[-1] == ["街道449", 449.0]


def test_made_for_reading_and_printing():
    sheet = part(workbook_bytes(page()), "xl/worksheets/sheet2.xml")
    assert 'state="frozen"' in sheet
    assert '<autoFilter ref="A2:E5"/>' in sheet
    assert 'paperSize="9"' in sheet
    assert 'orientation="landscape"' in sheet


def test_the_cover_says_what_it_is_of():
    rows = sheets(workbook_bytes(page()))["封面"]
    said = " ".join(str(cell) for row in rows for cell in row)
    for word in ("下一步做什么", "布吉街道", "2021年1—9月", "合成数据", "内部资料", "项目台账", "项目清单"):
        assert word in said
    real = workbook_bytes(page(synthetic=False, audience="public"))
    assert "合成" not in str(sheets(real))


def test_the_same_page_gives_the_same_bytes():
    assert workbook_bytes(page()) == workbook_bytes(page())


def test_contents_lead_to_sheets_and_rows_are_as_high_as_their_text():
    long = pd.DataFrame({"street": ["布吉街道", "坂田街道"], "answer": ["短", "一句很长的话" * 20], "x": [1.5, 2.5]})
    data = workbook_bytes(page(table_block(long, "长句", name="answers")))
    assert "location=\"'answers'!A1\"" in part(data, "xl/worksheets/sheet1.xml")
    sheet = part(data, "xl/worksheets/sheet2.xml")
    heights = {row: float(height) for row, height in re.findall(r'<row r="(\d)"[^>]*? ht="([\d.]+)"', sheet)}
    width = float(re.findall(r'width="([\d.]+)"', sheet)[1])
    assert list(heights) == ["4"]  # others have one line
    assert heights["4"] >= 15 * 2 * 120 / width  # 120 Chinese characters, two to each of a column's units


@pytest.mark.slow
def test_the_three_lists_of_05_are_sheets_with_who_and_by_when(on_sample, monkeypatch):
    shown = []
    monkeypatch.setattr(outputs.pictures, "png", lambda figure: (b"", ""))
    monkeypatch.setattr(
        outputs, "display_block", lambda block, text, *pictures, **told: shown.append({"block": block, **told})
    )
    space = run_cells("05_where_next", area="布吉街道/龙岭社区", lang="zh")
    blocks = [block for block in shown if block["block"] in ("figure", "table")]
    content._name(blocks)
    data = workbook_bytes(page(*blocks))
    rows = sheets(data)
    cover, *names = rows
    assert names[:4] == ["coverage_gap", "similar_communities", "variables", "typical_cases"]
    assert names[4:] == ["cases", "problems", "resources", "projects"]
    assert [row[0] for row in rows[cover] if row[0] in names] == names  # the contents
    for name, heads in {
        "problems": ("责任单位", "完成时限", "是否办结"),
        "resources": ("责任单位", "项目占用至", "是否均已完成"),
        "projects": ("责任单位", "完成时限", "是否办结"),
    }.items():
        assert len(rows[name]) == 2 + len(space["lists"][name])
        assert [head for head in heads if head not in " ".join(rows[name][1])] == []
    sheet = part(data, f"xl/worksheets/sheet{2 + names.index('projects')}.xml")
    spans = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', sheet)
    widths = [float(width) for first, last, width in spans for _ in range(int(first), int(last) + 1)]
    heights = {int(row): float(height) for row, height in re.findall(r'<row r="(\d+)"[^>]*? ht="([\d.]+)"', sheet)}
    for number, cells in enumerate(rows["projects"][1:], 2):
        texts = [(cell, width) for cell, width in zip(cells, widths, strict=True) if isinstance(cell, str)]
        assert heights.get(number, 15) >= 15 * max(2 * style.drawn(cell) / width for cell, width in texts) * 0.9


def test_a_page_carries_a_short_table_and_leads_to_its_workbook_for_a_long_one(on_sample):
    short, long = pd.DataFrame({"x": range(3)}), pd.DataFrame({"x": range(2000)})
    content = page_of(table_block(short, "短", name="short"), table_block(long, "长"), **OF_A_PAGE)
    links = re.findall(r'<a class="csv" (\w+)="([^"]*)"', render_page(content))
    assert links == [("download", "short.csv"), ("href", "w.xlsx")]
