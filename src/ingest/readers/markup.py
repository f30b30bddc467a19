"""Sheets written as markup → grids: HTML saved as .xls, OpenDocument (.ods), Excel-2003 XML (SpreadsheetML).

Lines are the rows of a table, counted from 1; entities are never expanded.
"""

import contextlib
import datetime as dt
import io
import math
import re
import zipfile

from src.codebook import vocabulary
from src.ingest.readers.files import DAMAGED, member_of
from src.ingest.readers.grid import ERROR_TEXTS, Grid, Range, ShownNumber, UnreadableFile, refuse_size, sheet_grid
from src.ingest.readers.number_formats import MOST_DIGITS, is_special, shown

SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
EXCEL = "{urn:schemas-microsoft-com:office:excel}"
OPEN = "urn:oasis:names:tc:opendocument:xmlns:"
TABLE, OFFICE, STYLE, TEXT = (f"{{{OPEN}{name}:1.0}}" for name in ("table", "office", "style", "text"))
AMOUNT = re.compile(r"[-+(¥$€£ ]*(?!0\d)\d[\d,. \xa0]*(?:E[+-]\d+)?[)%¥$€£ ]*")
PARTS = re.compile(r"\d+|[^\W\d_年月日]{3,}")  # of a date: its figures, the name of its month
LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def read_html(file: str, content: bytes) -> list[Grid]:
    """Return one grid per table that has no table inside it; raises `UnreadableFile`."""
    from lxml import etree, html

    try:
        text = content.decode(_declared_encoding(content), errors="replace")
        page = html.document_fromstring(LINE_BREAK.sub("\n", text))
    except (etree.LxmlError, ValueError, LookupError, AssertionError) as error:
        raise UnreadableFile.because(file, "file_html_damaged", cause=error) from None
    for hidden in page.xpath("//td//*[contains(translate(@style, ' ', ''), 'display:none')]"):
        hidden.drop_tree()
    tables = [table for table in page.iter("table") if table.find(".//table") is None]
    grids = [_html_grid(file, f"table {number}", table) for number, table in enumerate(tables, 1)]
    return [grid for grid in grids if grid.lines]


def _declared_encoding(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    stated = re.search(rb'charset\s*=\s*["\']?([\w-]+)', content[:4096])
    for encoding in ("utf-8-sig", stated[1].decode() if stated else "gb18030", "gb18030"):
        try:
            content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        return "gb18030" if encoding.lower() in ("gb2312", "gbk") else encoding
    return "utf-8"


def _html_grid(file: str, sheet: str, table) -> Grid:
    rows: list[list] = []
    ranges: list[Range] = []
    taken: set[tuple[int, int]] = set()
    written = 0
    for row_number, row in enumerate(table.iter("tr")):
        cells: list = []
        for cell in row.iter("td", "th"):
            while (row_number, len(cells)) in taken:
                cells.append("")
            down, right = _span(cell, "rowspan"), _span(cell, "colspan")
            left = len(cells)
            cells += [cell.text_content().replace("\xa0", " ").strip()] + [""] * (right - 1)
            written += 1
            refuse_size(file, sheet, row_number + 1, len(cells), written)
            if down > 1 or right > 1:
                ranges.append(((row_number, left), (row_number + down - 1, left + right - 1)))
                if len(taken) + down * right > vocabulary.threshold("max_cells_unwritten"):
                    raise UnreadableFile.because(file, "file_spans", sheet=sheet)
                taken |= {(row_number + below, left + beside) for below in range(1, down) for beside in range(right)}
        rows.append(cells)
    return _level_grid(file, sheet, rows, ranges, written)


def _span(cell, name: str) -> int:
    stated = cell.get(name) or "1"
    return max(1, min(int(stated), 1000)) if re.fullmatch(r"[0-9]{1,9}", stated) else 1


def _root(file: str, xml: bytes):
    from lxml import etree

    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableFile.because(file, "file_xml_damaged", cause=error) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableFile.because(file, "file_xml_entities")
    return root


def _stated(file: str, element, name: str, default: int) -> int:
    """Return a whole number that an attribute states; raises `UnreadableFile`."""
    text = element.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UnreadableFile.because(file, "file_xml_damaged", cause=f"{name.split('}')[-1]}={text!r}")
    return int(text)


def read_spreadsheetml(file: str, content: bytes) -> list[Grid]:
    """Return one grid per worksheet of an Excel-2003 XML file; raises `UnreadableFile`."""
    grids, root = [], _root(file, content)
    formats = {
        style.get(f"{SS}ID"): form.get(f"{SS}Format", "")
        for style in root.iter(f"{SS}Style")
        for form in style.iterchildren(f"{SS}NumberFormat")
    }
    for sheet in root.iter(f"{SS}Worksheet"):
        name = sheet.get(f"{SS}Name", "")
        grid = _level_grid(file, name, *_spreadsheetml_rows(file, name, sheet, formats))
        grid.hidden = any((v.text or "").startswith("SheetHidden") for v in sheet.iter(f"{EXCEL}Visible"))
        hidden = (row for row in sheet.iter(f"{SS}Row") if row.get(f"{SS}Hidden") == "1")
        grid.hidden_rows = sum(_has_text(row) for row in hidden)
        grids.append(grid)
    return [grid for grid in grids if grid.lines]


def _has_text(row) -> bool:
    return any(text.strip() for text in row.itertext())


def _spreadsheetml_rows(file: str, name: str, sheet, formats: dict[str, str]) -> tuple[list[list], list[Range], int]:
    """Return the rows, the merges, and how many cells are written."""
    rows: list[list] = []
    ranges: list[Range] = []
    written = 1
    of_columns = _column_styles(file, sheet)
    for row in sheet.iter(f"{SS}Row"):
        at = max(_stated(file, row, f"{SS}Index", len(rows) + 1) - 1, len(rows))
        refuse_size(file, name, at + 1, 1, written)
        rows.extend([] for _ in range(at - len(rows)))
        cells: list = []
        for cell in row.iter(f"{SS}Cell"):
            left = max(_stated(file, cell, f"{SS}Index", len(cells) + 1) - 1, len(cells))
            across, down = (_stated(file, cell, f"{SS}Merge{way}", 0) for way in ("Across", "Down"))
            written += 1
            refuse_size(file, name, at + 1 + down, left + 1 + across, written)
            style = cell.get(f"{SS}StyleID") or row.get(f"{SS}StyleID") or of_columns.get(left, "Default")
            value = _spreadsheetml_value(cell.find(f"{SS}Data"), formats.get(style, ""))
            cells += [""] * (left - len(cells)) + [value] + [""] * across
            if across or down:
                ranges.append(((at, left), (at + down, left + across)))
        rows.append(cells)
    return rows, ranges, written


def _column_styles(file: str, sheet) -> dict[int, str]:
    """Return the style that each column gives to the cells that state none."""
    styles, position = {}, 0
    for column in sheet.iter(f"{SS}Column"):
        first = _stated(file, column, f"{SS}Index", position + 1) - 1
        position = first + 1 + _stated(file, column, f"{SS}Span", 0)
        if style := column.get(f"{SS}StyleID"):
            styles |= dict.fromkeys(range(first, min(position, int(vocabulary.threshold("max_columns")))), style)
    return styles


def _spreadsheetml_value(data, code: str) -> object:
    """Return the text of a cell, and of a number or a date what its format shows beside or instead of it."""
    text = "" if data is None else "".join(data.itertext())
    kind = "" if data is None else data.get(f"{SS}Type")
    value: object = text
    with contextlib.suppress(ValueError):
        if kind == "Number" and is_special(code):
            value = shown(float(text), code)
        elif kind == "DateTime":
            value = shown(dt.datetime.fromisoformat(text), code)
        elif kind == "String":
            value = shown(text, code)
    return value if isinstance(value, (str, ShownNumber)) else text


HIDDEN = ("collapse", "filter")  # how a row of an .ods is marked that a person, or a filter, hides


def read_opendocument(file: str, content: bytes) -> list[Grid]:
    """Return one grid per table of an .ods that holds anything, hidden ones marked; raises `UnreadableFile`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if b"encryption-data" in member_of(package, "META-INF/manifest.xml"):
                raise UnreadableFile.because(file, "file_locked")
            root = _root(file, member_of(package, "content.xml"))
    except UnreadableFile:
        raise
    except (*DAMAGED, ValueError, KeyError, RuntimeError) as error:
        raise UnreadableFile.because(file, "file_damaged", cause=error) from None
    hidden = {
        style.get(f"{STYLE}name")
        for style in root.iter(f"{STYLE}style")
        if any(p.get(f"{TABLE}display") == "false" for p in style.iter(f"{STYLE}table-properties"))
    }
    grids = []
    for sheet in root.iter(f"{TABLE}table"):
        name = sheet.get(f"{TABLE}name", "")
        grid = _level_grid(file, name, *_opendocument_rows(file, name, sheet))
        grid.hidden = sheet.get(f"{TABLE}style-name") in hidden
        rows = (row for row in sheet.iter(f"{TABLE}table-row") if row.get(f"{TABLE}visibility") in HIDDEN)
        grid.hidden_rows = sum(map(_has_text, rows))
        grids.append(grid)
    return [grid for grid in grids if grid.lines]


def _opendocument_rows(file: str, name: str, sheet) -> tuple[list[list], list[Range], int]:
    """Return the rows, the merges, and how many cells are written.

    What repeats nothing to the end of the sheet is left out before it is filled in.
    """
    rows: list[list] = []
    ranges: list[Range] = []
    empty = written = 0
    for row in sheet.iter(f"{TABLE}table-row"):
        repeated = _stated(file, row, f"{TABLE}number-rows-repeated", 1)
        cells = _opendocument_cells(file, name, row, len(rows) + empty, ranges)
        if not cells:
            empty += repeated
            continue
        written += len(row)
        refuse_size(file, name, len(rows) + empty + repeated, len(cells), written)
        rows += [[] for _ in range(empty)] + [list(cells) for _ in range(repeated)]
        empty = 0
    return rows, ranges, written


def _opendocument_cells(file: str, name: str, row, at: int, ranges: list[Range]) -> list:
    cells: list = []
    empty = 0
    for cell in row.iterchildren(f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
        repeated = _stated(file, cell, f"{TABLE}number-columns-repeated", 1)
        left = len(cells) + empty
        down, across = (_stated(file, cell, f"{TABLE}number-{way}-spanned", 1) for way in ("rows", "columns"))
        if down > 1 or across > 1:
            ranges.append(((at, left), (at + down - 1, left + across - 1)))
        value = _opendocument_value(cell)
        if value == "" and max(down, across) == 1:
            empty += repeated
            continue
        refuse_size(file, name, at + 1, left + repeated)
        cells += [""] * empty + [value] * repeated
        empty = 0
    return cells


def _opendocument_value(cell) -> object:
    """Return a cell's value by its stated kind; an error stays the text that the sheet shows."""
    seen = "\n".join("".join(p.itertext()) for p in cell.iterchildren(f"{TEXT}p"))
    kind = cell.get(f"{OFFICE}value-type")
    try:
        if seen in ERROR_TEXTS or (seen.startswith(("#", "Err:")) and seen.strip("#")):  # ### is a narrow column
            return seen
        if kind == "date":
            return _date_shown(dt.datetime.fromisoformat(cell.get(f"{OFFICE}date-value", "")), seen)
        if kind in ("float", "currency", "percentage"):
            return _as_shown(float(cell.get(f"{OFFICE}value", "")), seen)
    except ValueError:
        pass
    return seen or cell.get(f"{OFFICE}string-value") or ""


def _date_shown(when: dt.datetime, seen: str) -> dt.datetime | str:
    """Return a first day as the month or the year that is shown of it, where that is all: 2021年3月, Mar-21."""
    parts = PARTS.findall(seen)
    has_year = f"{when.year}" in parts or f"{when:%y}" in parts[-1:]
    if len(parts) > 2 or not has_year or when != dt.datetime(when.year, when.month, 1):
        return when
    return f"{when:%Y-%m}" if len(parts) == 2 else f"{when:%Y}"


def _as_shown(number: float, seen: str) -> float:
    """Return a number with what the sheet shows of it, where that is more than an amount or a share."""
    if not seen or AMOUNT.fullmatch(seen) or not math.isfinite(number) or abs(number) >= 10**MOST_DIGITS:
        return number
    holds_it = f"{number:.15g}".lstrip("-") in re.sub(r"[^\d.]", "", seen)
    return ShownNumber(number, seen if holds_it else f"{number:.15g}〔格式 {seen}〕")


def _level_grid(file: str, sheet: str, rows: list[list], ranges: list[Range], written: int) -> Grid:
    """Return the grid of rows of different lengths, made equally long."""
    width = max(map(len, rows), default=0)
    refuse_size(file, sheet, len(rows), width, written)
    for cells in rows:
        cells += [""] * (width - len(cells))
    return sheet_grid(file, sheet, rows, ranges)
