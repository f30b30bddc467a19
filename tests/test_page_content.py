"""What a notebook shows reaches page, workbook and briefing whatever it holds."""

import io
import re
import zipfile

import docx
import pandas as pd
import python_calamine
from lxml import etree
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from page_case import MANIFEST, OPENING, table

from src.reports.outputs import BLOCK
from src.reports.page.briefing import briefing_bytes
from src.reports.page.content import content_of
from src.reports.page.page import figures_bytes, render_page
from src.reports.page.workbook import workbook_bytes

CODE = {"commit": "abc", "changed": False}
STATED = {**MANIFEST, "code": CODE, "packages": {}, "records": [], "made_at": "2021-10-05T08:00", "workbook": "a.xlsx"}


def content(*blocks, **stated):
    shown = [*blocks, {"block": "provenance", "manifest": STATED | stated}]
    cell = new_code_cell(outputs=[new_output("display_data", data={BLOCK: block}) for block in shown])
    return content_of(new_notebook(cells=[cell]))


def test_what_xml_cannot_hold_is_replaced():
    frame = pd.DataFrame({"street": ["布吉\x08街道", "平湖"], "x": [1.5, 2.0]})
    opening = {**OPENING, "title": "标题\x08", "sentence": "一句\x0b话。"}
    made = content(opening, table(frame, "表\x01一\ud800"))
    html = render_page(made).encode().decode()
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes(made)))
    briefing = docx.Document(io.BytesIO(briefing_bytes(made)))
    assert "布吉\ufffd街道" in html
    assert book.get_sheet_by_index(1).to_python()[0][0].startswith("表\ufffd一\ufffd")
    assert book.get_sheet_by_index(1).to_python()[2][0] == "布吉\ufffd街道"
    assert briefing.core_properties.title == "标题\ufffd"
    assert "一句\ufffd话。" in [paragraph.text for paragraph in briefing.paragraphs]


def test_an_infinite_number_is_shown_as_such():
    made = content(table(pd.DataFrame({"x": [float("inf"), -float("inf"), 1.5]}), "表"))
    html = render_page(made)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes(made)))
    assert [row[0] for row in book.get_sheet_by_index(1).to_python()[2:]] == ["∞", "−∞", 1.5]
    assert "∞</th>" in html
    assert "inf<" not in html
    assert briefing_bytes(made)


def test_a_page_names_a_hundred_deliveries_and_its_workbook_all():
    given = [{**MANIFEST["deliveries"][0], "title": f"第{number}件"} for number in range(1000)]
    made = content(OPENING, table(pd.DataFrame({"x": [1]}), "表"), deliveries=given)
    shown = re.sub(r"<script.*?</script>", "", render_page(made), flags=re.DOTALL)
    assert (shown.count("<td>第"), "另有900件" in shown) == (100, True)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes(made)))
    assert "第999件" in str(book.get_sheet_by_index(0).to_python())


def test_charts_and_tables_have_names_that_stay_and_that_page_and_workbook_share():
    frame = pd.DataFrame({"street": ["布吉街道"], "x": [1]})
    figure = {**table(frame, "本月的话", name="funnel"), "block": "figure", "title": "题", "alt": "一幅图的说明文字",
              "sentence": "", "caption": "", "method": "funnel"}  # fmt: skip
    own = {**figure, "table": None, "method": ""}
    made = content(
        OPENING, figure, figure, own, table(frame, "表", name="我的/表*" + "长" * 40), table(frame, "乙", name="Main")
    )
    names = ["funnel", "funnel_2", "figure", "我的_表_" + "长" * 23, "Main_2"]
    assert re.findall(r'<(?:figure|div) class="(?:chart|table)" id="([^"]+)"', render_page(made)) == names
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes(made)))
    assert book.sheet_names[1:] == [name for name in names if name != "figure"]


def test_a_heading_without_content_is_left_out_with_those_above_it():
    cells = [new_markdown_cell(text) for text in ("## A", "### A1", "## B\n\nText.", "### B1", "## C")]
    cells.append(
        new_code_cell(outputs=[new_output("display_data", data={BLOCK: table(pd.DataFrame({"x": [1]}), "表")})])
    )
    cells += [new_markdown_cell("## D"), new_code_cell()]
    stated = {"block": "provenance", "manifest": STATED}
    cells.append(new_code_cell(outputs=[new_output("display_data", data={BLOCK: stated})]))
    blocks = content_of(new_notebook(cells=cells)).blocks
    assert [block.get("source", "") for block in blocks] == ["## B\n\nText.", "## C", ""]


def test_charts_can_be_taken_along_as_svg_and_csv_by_the_names_of_their_anchors():
    frame = pd.DataFrame({"street": ["布吉街道"], "x": [1]})
    svg = '<svg class="house" viewBox="0 0 9 9"><rect style="fill:var(--c-accent)"/><use xlink:href="#a"/></svg>'
    figure = {
        **table(frame, "表", name="funnel"),
        "block": "figure",
        "title": "题",
        "alt": "一幅图的说明文字",
        "method": "",
    }
    cell = new_code_cell(outputs=[
        new_output("display_data", data={BLOCK: figure, "image/svg+xml": svg}),
        new_output("display_data", data={BLOCK: {"block": "provenance", "manifest": STATED}}),
    ])  # fmt: skip
    made = content_of(new_notebook(cells=[cell]))
    taken = zipfile.ZipFile(io.BytesIO(figures_bytes(made)))
    assert taken.namelist() == ["funnel.svg", "funnel.csv"]
    drawn = etree.fromstring(taken.read("funnel.svg"))  # well-formed by itself
    style, mark, _ = drawn
    assert "@font-face" in style.text and mark.get("style") == "fill:#0b5d8f"
    assert taken.read("funnel.csv").decode("utf-8-sig").splitlines()[1] == "布吉街道,1"
    assert figures_bytes(made) == figures_bytes(made)
    assert figures_bytes(content(OPENING)) == b""
