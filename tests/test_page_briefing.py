"""The Word briefing of a page: the layout of official documents, what the page says, the same bytes each time."""

import io
import zipfile

import docx
import pandas as pd
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from page_case import page, table
from PIL import Image

from src.reports.page.briefing import briefing_bytes, chinese
from src.reports.tables import Drawn

SHORT = pd.DataFrame({"street": ["布吉街道", "平湖街道"], "x": [1200, 3]})
LONG = pd.DataFrame({"street": [f"街道{n}" for n in range(30)], "x": range(30)})


OPENING = {"sentence": "警情14354宗。", "findings": [["甲下降。", ""], ["乙上升。", ""]]}


def picture():
    out = io.BytesIO()
    Image.new("RGB", (60, 40)).save(out, "PNG")
    return out.getvalue()


def body(lang="zh", **manifest):
    behind = {"table": table(LONG, "图后长表", lang)["table"]}
    figure = {
        "block": "figure", "title": "", "alt": "一幅折线图的说明文字", "sentence": "八月最低。",
        "caption": "口径：接报。", "method": "x", "png": picture(), **behind,
    }  # fmt: skip
    blocks = [
        {"block": "prose", "source": "## 通报表"},
        {"block": "sentence", "sentence": "总数 <b> 下降。"},
        figure,
        {"block": "prose", "source": "## 清单\n\n### 各街道"},
        table(SHORT, "短表", lang),
        table(LONG, "长表", lang, rows=12),
        {"block": "prose", "source": "## 空的一节"},
    ]
    return page(*blocks, lang=lang, opening=OPENING, **manifest)


def document(**manifest):
    return docx.Document(io.BytesIO(briefing_bytes(body(**manifest))))


def faces(paragraph):
    return {run._r.rPr.rFonts.get(qn("w:eastAsia")) for run in paragraph.runs}


def test_says_what_the_page_says_in_its_order_numbered_as_offices_do():
    said = [p.text for p in document().paragraphs if p.text]
    assert said[0] == "内部资料"
    assert said[1] == "下一步做什么"
    told = said[said.index("警情14354宗。") :]
    assert told[:6] == ["警情14354宗。", "1. 甲下降。", "2. 乙上升。", "一、通报表", "总数 <b> 下降。", "八月最低。"]
    assert told[6:11] == ["口径：接报。", "二、清单", "（一）各街道", "表1　短表", "表2　长表"]
    assert told[11] == "表中为前12行，共30行；全部见随页工作簿（工作表 table）。"
    assert not any("空的一节" in text or "下载" in text or "图后长表" in text for text in said)
    assert any("合成数据" in text for text in said)


def test_set_as_the_standard_has_it():
    made = document()
    section = made.sections[0]
    sides = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(side.mm) for side in sides] == [37, 35, 28, 26]
    assert abs(section.page_width - Mm(210)) < 1000
    by_text = {p.text: p for p in made.paragraphs}
    assert faces(by_text["下一步做什么"]) == {"方正小标宋简体"}
    assert by_text["下一步做什么"].runs[0].font.size == Pt(22)
    assert faces(by_text["一、通报表"]) == {"黑体"}
    assert faces(by_text["（一）各街道"]) == {"楷体_GB2312"}
    text = by_text["1. 甲下降。"]
    assert faces(text) == {"仿宋_GB2312"}
    assert text.runs[0].font.size == Pt(16)
    assert text._p.pPr.ind.get(qn("w:firstLineChars")) == "200"
    assert text.paragraph_format.line_spacing == Pt(28)


def test_faces_that_are_missing_have_a_substitute_and_pages_are_numbered():
    data = zipfile.ZipFile(io.BytesIO(briefing_bytes(body())))
    fonts = data.read("word/fontTable.xml").decode()
    assert '<w:font w:name="方正小标宋简体"><w:altName w:val="黑体"/>' in fonts
    footers = [data.read(name).decode() for name in data.namelist() if "footer" in name and "rels" not in name]
    assert sum('w:instr="PAGE"' in footer for footer in footers) == 2  # odd and even pages


def test_pictures_have_their_text_and_tables_are_tables():
    made = document()
    assert made.inline_shapes[0]._inline.docPr.get("descr") == "一幅折线图的说明文字"
    assert [[cell.text for cell in row.cells] for row in made.tables[0].rows] == [
        ["街道", "其中"], ["布吉街道", "1,200"], ["平湖街道", "3"],
    ]  # fmt: skip
    assert [len(one.rows) for one in made.tables] == [3, 13]  # what stands behind a chart is in the workbook


def test_widths_are_stated_for_every_cell_and_faces_are_not_those_of_a_theme():
    made = document()
    for one in made.tables:
        widths = [int(column.get(qn("w:w"))) for column in one._tbl.tblGrid.findall(qn("w:gridCol"))]
        assert one.autofit is False
        assert sum(widths) == pytest.approx(Mm(156).twips, abs=20)
        for row in one.rows:
            assert [int(cell._tc.tcPr.find(qn("w:tcW")).get(qn("w:w"))) for cell in row.cells] == widths
    styles = zipfile.ZipFile(io.BytesIO(briefing_bytes(body()))).read("word/styles.xml").decode()
    assert "Theme" not in styles


def test_months_that_a_page_draws_as_a_line_are_left_to_it():
    drawn = [Drawn.of("最少3，最多9", line=[3, 9])] * 2
    made = page(table(SHORT.assign(months=pd.Series(drawn, dtype="object")), "表"))
    told = docx.Document(io.BytesIO(briefing_bytes(made))).tables[0]
    assert [cell.text for cell in told.rows[0].cells] == ["街道", "其中"]


def test_a_verdict_that_a_page_draws_as_an_icon_stands_behind_its_sign():
    cells = pd.Series([Drawn.of("超出月度起伏", icon="fell_more", alone=True), "3→4"], dtype="object")
    made = docx.Document(io.BytesIO(briefing_bytes(page(table(SHORT.assign(x=cells), "表")))))
    assert [cell.text for cell in made.tables[0].columns[1].cells[1:]] == ["▽ 超出月度起伏", "3→4"]


def test_the_same_page_gives_the_same_bytes():
    content = body()
    data = briefing_bytes(content)
    assert data == briefing_bytes(content)
    assert {member.date_time for member in zipfile.ZipFile(io.BytesIO(data)).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_english_pages_are_numbered_in_english():
    said = [p.text for p in document(lang="en").paragraphs]
    assert {"1. 通报表", "2. 清单", "2.1 各街道", "Table 1　短表"} <= set(said)


def test_real_data_carry_no_word_of_being_synthetic():
    said = [p.text for p in document(synthetic=False, audience="public").paragraphs]
    assert not any("合成" in text or "内部" in text for text in said)


@pytest.mark.parametrize(("number", "said"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五")])
def test_headings_count_in_chinese(number, said):
    assert chinese(number) == said
