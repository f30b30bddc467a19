"""The workbook that goes with a page: a cover, then every table of the page on a sheet of its own, whole."""

import datetime as dt
import io
import re
from collections.abc import Callable
from functools import cache
from html import escape
from typing import Any

import xlsxwriter

from src.analysis.charts.lettering import em
from src.codebook import vocabulary
from src.codebook.vocabulary import sentence
from src.reports.context.provenance import EMPTY
from src.reports.page.content import Content, Table, labels

INERT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
NARROWEST, WIDEST = 6, 44  # characters
ROWS_TO_FILL = 100  # below the last row, where a list may be continued
CHOICES = ("closed", "overdue", "status", "problem_status")
A4, HEAD = 9, 1  # the header stands below the caption
FORBIDDEN = re.compile(r"[\[\]:*?/\\]+")
LONG_CSV = re.compile(r'<a class="csv" download="[^"]*" href="data:[^"]{20000,}">[^<]*</a>')
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def workbook_bytes(content: Content) -> bytes:
    """Return an .xlsx of all tables of a page; the same page gives the same bytes, and no cell is ever a formula."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, INERT)
    made = dt.datetime.fromisoformat(content.manifest["as_of"])
    book.set_properties({"title": content.title, "created": made})
    book.set_calc_mode("manual")
    names = sheet_names([table.caption for table in content.tables])
    styles = _styles_of(book)
    _cover(book.add_worksheet(sentence("workbook_cover", content.lang)), content, names, styles)
    for name, table in zip(names, content.tables, strict=True):
        _sheet(book.add_worksheet(name), table, content, styles)
    book.close()
    return out.getvalue()


def leave_long_tables(page: str, lang: str, workbook: str) -> str:
    """Return a page that leads to its workbook where it would have carried a long table as CSV: it stays light."""
    text = escape(sentence("workbook_table_link", lang))
    link = f'<a class="csv" href="{escape(workbook)}" download>{text}</a>'
    return LONG_CSV.sub(lambda _: link, page)


def sheet_names(captions: list[str]) -> list[str]:
    """Return names that Excel and WPS accept: numbered, so that they differ, without forbidden signs, 31 at most."""
    return [f"{n} {FORBIDDEN.sub(' ', caption)}"[:31].rstrip(" '") for n, caption in enumerate(captions, 1)]


def _styles_of(book: xlsxwriter.Workbook) -> Callable[..., Any]:
    """Return what gives the formats of a workbook by what they add to its face, each made once."""
    return cache(lambda **more: book.add_format({"font_name": "宋体", "font_size": 11, "valign": "top", **more}))


def _cover(sheet: Any, content: Content, names: list[str], styles: Callable) -> None:
    stated, lang = content.manifest, content.lang
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 70)
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, content.title, styles(bold=True, font_size=16))
    marks = [sentence("internal", lang)] if stated["audience"] == "internal" else []
    marks += [sentence("synthetic", lang)] if stated["synthetic"] else []
    deliveries, given = stated["deliveries"], [f"{n} = {v or EMPTY}" for n, v in stated["parameters"].items()]
    code = stated["code"]["commit"] + ("+" if stated["code"]["changed"] else "")
    facts = [
        *(("workbook_mark", mark) for mark in marks),
        ("workbook_area", stated[f"area_{lang}"]),
        ("workbook_period", stated["period_label"] + sentence("listed_aside", lang, listed=stated["period"])),
        ("workbook_as_of", stated["as_of"]),
        *(
            ("workbook_delivery", "　".join(filter(None, [d["title"] or d["file"], d["publisher"], d["received"]])))
            for d in deliveries
        ),
        ("workbook_code", code or "—"),
        ("workbook_parameters", sentence("clauses", lang).join(given)),
    ]
    for row, (key, text) in enumerate(facts, 2):
        warn = {"font_color": "#8a4b00", "bold": True} if key == "workbook_mark" else {}
        sheet.write_string(row, 0, sentence(key, lang), styles(font_color="#57606a"))
        sheet.write_string(row, 1, text, styles(text_wrap=True, **warn))
    first = len(facts) + 3
    sheet.write_string(first, 0, sentence("workbook_tables", lang), styles(bold=True))
    for row, (name, table) in enumerate(zip(names, content.tables, strict=True), first + 1):
        sheet.write_number(row, 0, row - first, styles(align="left"))
        sheet.write_url(row, 1, f"internal:'{name}'!A1", styles(font_color="#0b5d8f", underline=1), table.caption)


def _sheet(sheet: Any, table: Table, content: Content, styles: Callable) -> None:
    rows, lang = table.rows or table.shown, content.lang
    note = f"　{sentence('synthetic_short', lang)}" if content.manifest["synthetic"] else ""
    sheet.write_string(0, 0, table.caption + note, styles(bold=True, font_size=12))
    for column, head in enumerate(table.heads):
        cells = [row[column] for row in rows]
        write = _writer(sheet, table, column, cells, styles, lang)
        frame = {"bold": True, "bottom": 1, "bg_color": "#eaf1f6", "text_wrap": True}
        sheet.write_string(HEAD, column, head, styles(**frame, align="right" if table.numeric[column] else "left"))
        for line, cell in enumerate(cells, HEAD + 1):
            write(line, cell)
        sheet.set_column(column, column, _width(head, cells, table.numeric[column]))
        if choices := _choices(head, lang):
            last = HEAD + len(rows) + ROWS_TO_FILL
            sheet.data_validation(HEAD + 1, column, last, column, {"validate": "list", "source": choices})
    sheet.set_row(HEAD, 32)  # room for a head of two lines
    sheet.freeze_panes(HEAD + 1, 1)
    sheet.autofilter(HEAD, 0, HEAD + len(rows), len(table.heads) - 1)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD)
    sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
    area = content.manifest[f"area_{lang}"].replace("&", "&&")
    sheet.set_header(f"&L{area}　{content.manifest['period_label']}{note}")
    sheet.set_footer("&C&P / &N")


def _writer(
    sheet: Any, table: Table, column: int, cells: list[str], styles: Callable, lang: str
) -> Callable[[int, str], None]:
    """Return how the cells of a column are written: numbers, days, or text; empty ones stay empty."""
    if table.numeric[column]:
        number = styles(num_format=_number_format([row[column] for row in table.shown]), align="right")
        return lambda line, cell: sheet.write_number(line, column, float(cell), number) if cell else None
    filled = [cell for cell in cells if cell]
    if filled and all(map(DATE.fullmatch, filled)):
        month = labels(("month",), lang).get(table.heads[column])
        day = styles(num_format="yyyy-mm" if month else "yyyy-mm-dd", align="left")
        return lambda line, cell: (
            sheet.write_datetime(line, column, dt.datetime.fromisoformat(cell), day) if cell else None
        )
    text = styles(text_wrap=True, indent=1 if column else 0)
    return lambda line, cell: sheet.write_string(line, column, cell, text) if cell else None


def _number_format(shown: list[str]) -> str:
    """Return the format that shows a number as the page does: so many decimals, per cent, thousands marks."""
    sample = next((text for text in shown if text[:1].isdigit() or text[:1] == "-"), "0")
    decimals = len(sample.rstrip("%").partition(".")[2])
    plain = "#,##0" if any("," in text for text in shown) or not decimals else "0"
    plain = "0" if re.fullmatch(r"(19|20)\d\d", sample) else plain
    return plain + ("." + "0" * decimals if decimals else "") + ("%" if sample.endswith("%") else "")


def _width(head: str, cells: list[str], numeric: bool) -> float:
    widest = max((em(cell) for cell in cells), default=0) if not numeric else max(map(len, cells), default=0) / 3
    return min(max(2 * widest + 2, em(head) * 2 / (1 if em(head) < 8 else 2) + 3, NARROWEST), WIDEST)


def _choices(head: str, lang: str) -> list[str]:
    """Return what a cell below a head may say, where that is a closed list."""
    name = labels(CHOICES, lang).get(head)
    if name in ("closed", "overdue"):
        return [sentence("cell_yes", lang), sentence("cell_no", lang)]
    return [entry[lang] for entry in vocabulary.current().entries(name).values()] if name else []
