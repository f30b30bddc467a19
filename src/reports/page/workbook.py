"""The workbook that goes with a page: a cover, then every table of the page on a sheet of its own, whole."""

import datetime as dt
import io
from collections.abc import Callable
from functools import cache
from math import inf
from typing import Any

import xlsxwriter

from src.codebook.vocabulary import sentence
from src.reports.context.provenance import EMPTY
from src.reports.page.content import Content
from src.reports.tables import DATES, Column, Table, lines_of, widths

INERT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
NAME, COVER = 14, 38  # how wide the columns of the cover are, in font sizes
LINE_PT, ARROW = 15, 1  # how high a line is, and how wide the arrow of a filter beside a head
A4, HEAD = 9, 1  # the header stands below the caption


def workbook_bytes(content: Content) -> bytes:
    """Return an .xlsx of all tables of a page; the same page gives the same bytes, and no cell is ever a formula."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, INERT)
    made = dt.datetime.fromisoformat(content.manifest["as_of"])
    book.set_properties({"title": content.title, "created": made})
    book.set_calc_mode("manual")
    styles, tables = _styles_of(book), content.tables
    _cover(book.add_worksheet(sentence("workbook_cover", content.lang)), content, tables, styles)
    for table in tables:
        _sheet(book.add_worksheet(table.name), table, content, styles)
    book.close()
    return out.getvalue()


def _styles_of(book: xlsxwriter.Workbook) -> Callable[..., Any]:
    """Return what gives the formats of a workbook by what they add to its face, each made once."""
    return cache(lambda **more: book.add_format({"font_name": "宋体", "font_size": 11, "valign": "top", **more}))


def _cover(sheet: Any, content: Content, tables: list[Table], styles: Callable) -> None:
    stated, lang = content.manifest, content.lang
    sheet.set_column(0, 0, 2 * NAME)
    sheet.set_column(1, 1, 2 * COVER)
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
        _wrapped(sheet, row, 1, text, styles(text_wrap=True, **warn))
    first = len(facts) + 3
    sheet.write_string(first, 0, sentence("workbook_tables", lang), styles(bold=True))
    for row, table in enumerate(tables, first + 1):
        link = styles(font_color="#0b5d8f", underline=1)
        sheet.write_url(row, 0, f"internal:'{table.name}'!A1", link, table.name)
        _wrapped(sheet, row, 1, table.caption, styles(text_wrap=True))


def _wrapped(sheet: Any, row: int, column: int, text: str, style: Any) -> None:
    """Write a text of the cover in a row as high as it."""
    sheet.set_row(row, LINE_PT * lines_of(text, COVER))
    sheet.write_string(row, column, text, style)


def _sheet(sheet: Any, table: Table, content: Content, styles: Callable) -> None:
    lang, columns = content.lang, [column for column in table.columns if not column.silent]
    note = f"　{sentence('synthetic_short', lang)}" if content.manifest["synthetic"] else ""
    sheet.write_string(0, 0, table.caption + note, styles(bold=True, font_size=12))
    heads, texts = [column.head for column in columns], [table.spelt(c, table.texts(c)) for c in columns]
    wide = [width + ARROW for width in widths(heads, texts, [column.is_number for column in columns], inf)]
    for number, column in enumerate(columns):
        frame = {"bold": True, "bottom": 1, "bg_color": "#eaf1f6", "text_wrap": True}
        sheet.write_string(HEAD, number, column.head, styles(**frame, align="right" if column.is_number else "left"))
        _write(sheet, number, column, table.spelt(column, table.whole(column)), styles)
        sheet.set_column(number, number, 2 * wide[number])
    for line, cells in enumerate([heads, *zip(*texts, strict=True)], HEAD):
        if (lines := max(map(lines_of, cells, wide))) > 1:
            sheet.set_row(line, LINE_PT * lines)
    sheet.freeze_panes(HEAD + 1, 1)
    sheet.autofilter(HEAD, 0, HEAD + len(table), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD)
    sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
    area = content.manifest[f"area_{lang}"].replace("&", "&&")
    sheet.set_header(f"&L{area}　{content.manifest['period_label']}{note}")
    sheet.set_footer("&C&P / &N")


def _write(sheet: Any, number: int, column: Column, cells: list[str], styles: Callable) -> None:
    """Write the cells of a column: numbers, days, or text; empty ones stay empty."""
    for line, (cell, value) in enumerate(zip(cells, column.values, strict=True), HEAD + 1):
        if not cell:
            continue
        if column.is_number and not isinstance(value, str):
            style = styles(num_format=_number_format(column, value), align="right")
            sheet.write_number(line, number, float(cell), style)
        elif column.form in DATES:
            day = styles(num_format="yyyy-mm" if column.form == "month" else "yyyy-mm-dd", align="left")
            sheet.write_datetime(line, number, dt.datetime.fromisoformat(cell), day)
        else:
            sheet.write_string(line, number, cell, styles(text_wrap=True, indent=1 if number else 0))


def _number_format(column: Column, value: float) -> str:
    """Return the format that shows a number as the page does: so many decimals, per cent, thousands marks."""
    if column.form == "name":
        return "0"
    mixed = 0 if value == round(value) else 2
    decimals = {"percent": 1, "p": 3, "mixed": mixed}.get(column.form, column.digits)
    plain = "0" if column.form == "percent" else "#,##0"
    return plain + ("." + "0" * decimals if decimals else "") + ("%" if column.form == "percent" else "")
