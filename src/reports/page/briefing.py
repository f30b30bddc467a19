"""A page as an editable Word document, laid out as official briefings in China are (GB/T 9704-2012)."""

import datetime as dt
import io
import zipfile
from collections import Counter
from typing import Any

import numpy as np
from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from src.codebook.vocabulary import sentence
from src.reports.page.content import Block, Content, archive
from src.reports.tables import Table, widths

# The faces of the standard and, for machines without them, what to use instead. Points: 二号 22, 三号 16, 四号 14.
TITLE, BODY, FIRST, SECOND = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
INSTEAD = {TITLE: "黑体", BODY: "仿宋", SECOND: "楷体"}
LATIN = "Times New Roman"
TITLE_PT, TEXT_PT, NUMBER_PT, TABLE_PT, SMALLEST_PT, LINE_PT = 22, 16, 14, 10.5, 7, 28
PAGE, MARGINS = (210, 297), {"top": 37, "bottom": 35, "left": 28, "right": 26}  # mm; leaves 156 by 225 for the text
PICTURE_MM = (100, 68)  # at most, so that two of them find room on a page
TEXT_PT_WIDE = (PAGE[0] - MARGINS["left"] - MARGINS["right"]) * 72 / 25.4
SIDE = 'w:w="60" w:type="dxa"'  # 3 points, as `widths` has it
CELL_MARGINS = f"<w:tblCellMar {nsdecls('w')}><w:left {SIDE}/><w:right {SIDE}/></w:tblCellMar>"
STYLED = "//w:rPr/w:rFonts | //w:style[starts-with(@w:styleId, 'Heading')]/w:rPr/*"  # faces of the theme, blue, bold
NUMERALS = "一二三四五六七八九十"


def briefing_bytes(content: Content) -> bytes:
    """Return a .docx of a page's sentences, pictures and short tables; the same page gives the same bytes."""
    document = Document()
    _set_up(document, content)
    made = dt.datetime.fromisoformat(content.manifest["as_of"])
    properties = document.core_properties
    properties.title, properties.author, properties.comments = content.title, "", ""
    properties.created = properties.modified = made
    _opening(document, content)
    written = _Written(document, content.lang)
    written.opening(content.opening)
    for block in content.blocks:
        written.block(block)
    _closing(document, content)
    out = io.BytesIO()
    document.save(out)
    with zipfile.ZipFile(out) as made:  # its members all of one date
        return archive({name: made.read(name) for name in made.namelist()})


class _Written:
    """A document as it is written: a heading waits until something stands under it.

    Headings count 一、（一）1. in Chinese and 1. 1.1 in English.
    """

    def __init__(self, document: Any, lang: str) -> None:
        self.document, self.lang, self.waiting = document, lang, []
        self.n: Counter[str] = Counter()

    def add(self, text: str, **shape: Any) -> Any:
        """Write a paragraph, under the headings that wait for one."""
        for level, heading in self.waiting:
            face = FIRST if level == 1 else SECOND
            _paragraph(self.document, self.number_of_heading(level) + heading, face=face, level=level)
        self.waiting = []
        return _paragraph(self.document, text, **shape)

    def number_of_heading(self, level: int) -> str:
        """Return the number of the next heading of a level."""
        if level == 1:
            self.n |= {"first": self.n["first"] + 1, "second": 0}
            return f"{chinese(self.n['first'])}、" if self.lang == "zh" else f"{self.n['first']}. "
        self.n["second"] += 1
        number = chinese(self.n["second"])
        return f"（{number}）" if self.lang == "zh" else f"{self.n['first']}.{self.n['second']} "

    def number(self, kind: str) -> str:
        """Return the number of the next table or item."""
        self.n[kind] += 1
        return sentence("briefing", self.lang, case=kind, n=self.n[kind])

    def opening(self, block: Block) -> None:
        """Write the table and the findings that a page opens with."""
        if table := block.get("table"):
            _table(self, Table.read(table))
            self.add(block["note"], face=SECOND, size=NUMBER_PT)
        for text, limit in block["findings"]:
            self.add(self.number("item") + f"{text} {limit}".strip())

    def block(self, block: Block) -> None:
        """Write what a page says in a block, but for what only a screen needs and the data behind a chart."""
        if block["block"] == "prose":
            for token in MarkdownWithMath(renderer=None).parse(block["source"])[0]:
                self.prose(token)
        if title := block.get("title"):
            self.add(title, bold=True, keep=True)
        if block.get("png"):
            place = self.add("", align="center", indent=False, exact=False)
            picture = place.add_run().add_picture(io.BytesIO(block["png"]))
            fits = min(Mm(PICTURE_MM[0]) / picture.width, Mm(PICTURE_MM[1]) / picture.height)
            picture.width, picture.height = int(fits * picture.width), int(fits * picture.height)
            place._p.xpath(".//wp:docPr")[0].set("descr", block.get("alt", ""))
        if text := block.get("sentence"):
            self.add(text)
        if caption := block.get("caption"):
            self.add(caption, face=SECOND, size=NUMBER_PT)
        if block.get("table") and block["block"] != "figure":
            _table(self, Table.read(block["table"]))

    def prose(self, token: dict[str, Any]) -> None:
        """Write a token of Markdown."""
        if token["type"] == "heading":
            level = token["attrs"]["level"] - 1
            self.waiting = [one for one in self.waiting if one[0] < level] + [(level, _text(token))]
        elif token["type"] in ("paragraph", "list_item"):
            self.add((self.number("item") if token["type"] == "list_item" else "") + _text(token))
        elif token["type"] == "list":
            for item in token["children"]:
                self.prose(item)


def _text(token: dict[str, Any]) -> str:
    """Return the text within a token of Markdown."""
    if token["type"] in ("softbreak", "linebreak"):
        return " "
    if "children" not in token:
        return token.get("raw", "")
    return " ".join("".join(map(_text, token["children"])).split())


def chinese(number: int) -> str:
    """Return a number up to 99 as headings count: 一, 十, 十一, 二十."""
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else NUMERALS[tens - 1]) + ("十" if tens else "") + (NUMERALS[ones - 1] if ones else "")


def _opening(document: Any, content: Content) -> None:
    stated, lang = content.manifest, content.lang
    if stated["audience"] == "internal":
        _paragraph(document, sentence("internal", lang), face=FIRST, indent=False)
    _paragraph(document, content.title, face=TITLE, size=TITLE_PT, align="center", indent=False, after=LINE_PT)
    subject = sentence("briefing_subject", lang, area=stated[f"area_{lang}"], period=stated["period_label"],
                       as_of=dt.date.fromisoformat(stated["as_of"]))  # fmt: skip
    _paragraph(document, subject, face=SECOND, align="center", indent=False)
    if stated["synthetic"]:
        _paragraph(document, sentence("synthetic", lang), face=FIRST)
    if key := content.opening["sentence"]:
        _paragraph(document, key, bold=True)


def _table(written: _Written, table: Table) -> None:
    if not len(table):
        return
    columns = [column for column in table.spoken if not any("line" in (drawn or ()) for drawn in column.drawings)]
    heads, numeric = [c.head for c in columns], [c.is_number for c in columns]
    shown = [table.spelt(c, table.shown(c)) for c in columns]
    wide = np.array(widths(heads, shown, numeric, TEXT_PT_WIDE / TABLE_PT))
    size = max(SMALLEST_PT, min(TABLE_PT, int(2 * TEXT_PT_WIDE / wide.sum()) / 2))
    texts = wide * ~np.array(numeric)
    wide += max(TEXT_PT_WIDE / size - wide.sum(), 0) * texts / max(texts.sum(), 1)  # what room is left
    each = [Pt(points) for points in wide * min(size, TEXT_PT_WIDE / wide.sum())]
    name = f"{written.number('table')}　{table.caption}"
    written.add(name, face=FIRST, size=NUMBER_PT, align="center", indent=False, keep=True)
    grid = written.document.add_table(rows=1 + table.rows_told, cols=len(heads), style="Table Grid")
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    grid._tbl.tblPr.append(parse_xml(CELL_MARGINS))
    for column, width in zip(grid.columns, each, strict=True):
        column.width = width
    for row, cells in zip(grid.rows, [heads, *zip(*shown, strict=True)], strict=True):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for cell, text, right, width in zip(row.cells, cells, numeric, each, strict=True):
            cell.width = width
            _fill(cell.paragraphs[0], text, FIRST if cells is heads else BODY, size)
            shape = cell.paragraphs[0].paragraph_format
            shape.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
            shape.space_before = shape.space_after = Pt(1.5)
    grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    cut = sentence("briefing_rows_cut", table.lang, shown=table.rows_told, rows=len(table), sheet=table.name)
    written.add(cut if len(table) > table.rows_told else "", size=NUMBER_PT)


def _closing(document: Any, content: Content) -> None:
    stated, lang = content.manifest, content.lang
    titles = list(dict.fromkeys(d["title"] or d["file"] for d in stated["deliveries"]))
    listed = sentence("between", lang).join(titles)
    _paragraph(document, sentence("briefing_sources", lang, listed=listed, code=stated["code"]["commit"] or "—"),
               face=SECOND, size=NUMBER_PT)  # fmt: skip


def _paragraph(
    document: Any,
    text: str,
    face: str = BODY,
    size: float = TEXT_PT,
    *,
    align: str = "",
    indent: bool = True,
    bold: bool = False,
    after: float = 0,
    level: int = 0,
    exact: bool = True,
    keep: bool = False,
) -> Any:
    paragraph = document.add_paragraph(style=f"Heading {level}" if level else None)
    shape = paragraph.paragraph_format
    shape.space_before, shape.space_after = Pt(0), Pt(after)
    if exact:
        shape.line_spacing_rule, shape.line_spacing = (
            WD_LINE_SPACING.EXACTLY,
            Pt(max(LINE_PT * (size >= TEXT_PT), 1.4 * size)),
        )
    shape.keep_with_next = True if keep or level else None
    if align == "center":
        shape.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if indent:  # two characters, whatever their size
        ind = paragraph._p.get_or_add_pPr().get_or_add_ind()
        ind.set(qn("w:firstLineChars"), "200")
        ind.set(qn("w:firstLine"), str(int(2 * size * 20)))
    _fill(paragraph, text, face, size, bold=bold)
    return paragraph


def _fill(paragraph: Any, text: str, face: str, size: float, *, bold: bool = False) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, LATIN
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _set_up(document: Any, content: Content) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE[0]), Mm(PAGE[1])
    for side, millimetres in MARGINS.items():
        setattr(section, f"{side}_margin", Mm(millimetres))
    section.footer_distance = Mm(MARGINS["bottom"] - 7 - 4)  # the number stands 7 mm below the text
    for element in document.styles.element.xpath(STYLED):  # paragraphs carry their own faces
        element.getparent().remove(element)
    fonts = document.styles["Normal"].element.get_or_add_rPr().get_or_add_rFonts()
    for script, face in {"ascii": LATIN, "hAnsi": LATIN, "cs": LATIN, "eastAsia": BODY}.items():
        fonts.set(qn(f"w:{script}"), face)
    _page_numbers(document, section)
    _name_substitutes(document)


def _page_numbers(document: Any, section: Any) -> None:
    """Number the pages — 1 —, to the right on odd pages and to the left on even ones."""
    document.settings.odd_and_even_pages_header_footer = True
    sides = ((section.footer, WD_ALIGN_PARAGRAPH.RIGHT), (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT))
    for footer, side in sides:
        paragraph = footer.paragraphs[0]
        paragraph.alignment = side
        _fill(paragraph, "— ", "宋体", NUMBER_PT)
        number = f'<w:r><w:rPr><w:sz w:val="{2 * NUMBER_PT}"/></w:rPr><w:t>1</w:t></w:r>'
        paragraph._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE">{number}</w:fldSimple>'))
        _fill(paragraph, " —", "宋体", NUMBER_PT)


def _name_substitutes(document: Any) -> None:
    """Say in the font table which face stands in where one of the standard's is not installed."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{instead}"/><w:charset w:val="86"/></w:font>'
        for name, instead in INSTEAD.items()
    )
    part = next(rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/fontTable"))
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    part._blob = f"{head}<w:fonts {nsdecls('w')}>{fonts}</w:fonts>".encode()
