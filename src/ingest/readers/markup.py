"""Sheets written as markup → grids: HTML saved as .xls, OpenDocument (.ods), Excel-2003 XML (SpreadsheetML).

Lines are the rows of a table, counted from 1; entities are never expanded.
"""

import contextlib
import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Callable, Iterator

from src.codebook import vocabulary
from src.ingest.readers.grid import (
    ERROR_TEXTS,
    Grid,
    Range,
    ShownNumber,
    UnreadableFile,
    member_of,
    refuse_size,
    sheet_grid,
    with_raised,
)
from src.ingest.readers.number_formats import MOST_DIGITS, is_special, shown
from src.ingest.readers.text import LINE_END, likeliest_encoding

SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
EXCEL = "{urn:schemas-microsoft-com:office:excel}"
OPEN = "urn:oasis:names:tc:opendocument:xmlns:"
TABLE, OFFICE, STYLE, TEXT = (f"{{{OPEN}{name}:1.0}}" for name in ("table", "office", "style", "text"))
AMOUNT = re.compile(r"[-+(¥ ]*(?!0\d)\d[\d,. \xa0]*(?:E[+-]\d+)?[)¥ ]*")
PARTS = re.compile(r"\d+|[^\W\d_年月日]{3,}")  # of a date: its figures, the name of its month
RAISED = re.compile(r"super|[1-9]")  # how an .ods says that a text stands above its line
UNSEEN = "contains(translate(@style, ' ', ''), 'display:none')"
NOT_TYPED = " hidden checkbox radio button submit reset image "  # fields of a page that hold no text of a cell
TYPED = f"input[not(contains('{NOT_TYPED}', concat(' ', @type, ' ')))]"
NOT_CHOSEN = "option[not(@selected)][../option/@selected or preceding-sibling::option]"
LINE_BREAK = re.compile(r"<br\s*/?>|(?=</(?:p|div|li)>)", re.IGNORECASE)


def read_html(file: str, content: bytes, stated: str | None = None) -> list[Grid]:
    """Return one grid per table that has no table inside it."""
    from lxml import etree, html

    text = content.decode(_encoding_of(file, content, stated), errors="replace")
    page = html.document_fromstring(LINE_BREAK.sub("\n", text), parser := html.HTMLParser())
    for given_up in parser.error_log.filter_types(etree.ErrorTypes.ERR_RESOURCE_LIMIT):  # what follows was not read
        raise ValueError(given_up.message)
    lower = text.lower()
    if lower.rfind("</table") < lower.rfind("<table"):  # no page may leave it out: the end of this one is missing
        raise UnreadableFile.because(file, "file_damaged", cause="</table>")
    for hidden in page.xpath(f"//td//*[{UNSEEN} or self::script or self::style] | //td//{NOT_CHOSEN}"):
        hidden.drop_tree()
    for field in page.xpath(f"//td//{TYPED}"):  # what a form shows is what the cell says
        field.tail = field.get("value", "") + (field.tail or "")
    tables = [table for table in page.iter("table") if table.find(".//table") is None]
    return [_html_grid(file, f"table {number}", table) for number, table in enumerate(tables, 1)]


def _encoding_of(file: str, content: bytes, stated: str | None) -> str:
    """Return the encoding of a page: as it declares or `sources.yml` states it, else as its letters show it."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    declared = re.search(rb'charset\s*=\s*["\']?([\w-]+)', content[:4096])
    for encoding in filter(None, ("utf-8-sig", stated, declared and declared[1].decode())):
        encoding = "gb18030" if encoding.lower() in ("gb2312", "gbk") else encoding
        try:
            content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        return encoding
    return likeliest_encoding(LINE_END.split(content), lambda cells: 0, file)


class _Rows:
    """The rows of a sheet as they are written: each cell put where it belongs, spans noted, nothing made larger."""

    def __init__(self, file: str, sheet: str) -> None:
        self.file, self.sheet, self.written = file, sheet, 0
        self.rows: list[list] = []
        self.ranges: list[Range] = []

    def put(self, row: int, column: int, value: object, down: int = 1, right: int = 1, times: int = 1) -> None:
        """Put a cell, or one that comes again beside itself, behind all that its row has."""
        self.written += 1
        refuse_size(self.file, self.sheet, row + down, column + max(right, times), self.written)
        self.rows += [[] for _ in range(row + 1 - len(self.rows))]
        cells = self.rows[row]
        cells += [""] * (column - len(cells)) + [value] * times + [""] * (right - 1)
        if down > 1 or right > 1:
            self.ranges.append(((row, column), (row + down - 1, column + right - 1)))

    def repeat(self, row: int, times: int) -> None:
        """Have the last row so many times, if it holds anything."""
        if row < len(self.rows):
            refuse_size(self.file, self.sheet, row + times, len(self.rows[row]), self.written)
            self.rows += [list(self.rows[row]) for _ in range(times - 1)]

    def grid(self) -> Grid:
        """Return the grid."""
        return sheet_grid(self.file, self.sheet, self.rows, self.ranges, written=self.written)


def _html_grid(file: str, sheet: str, table) -> Grid:
    rows, taken = _Rows(file, sheet), set()
    for number, row in enumerate(table.iter("tr")):
        column = 0
        for cell in row.iter("td", "th"):
            while (number, column) in taken:
                column += 1
            down, right = _span(cell, "rowspan"), _span(cell, "colspan")
            text = _text(cell, lambda at: at.tag == "sup").replace("\xa0", " ").strip()
            rows.put(number, column, text, down, right)
            if down > 1 and len(taken) + down * right > vocabulary.threshold("max_cells_unwritten"):
                raise UnreadableFile.because(file, "file_spans", sheet=sheet)
            taken |= {(number + below, column + beside) for below in range(1, down) for beside in range(right)}
            column += right
    grid = rows.grid()
    grid.hidden_rows = sum(map(_has_text, table.xpath(f".//tr[{UNSEEN}]")))
    return grid


def _text(element, is_raised: Callable) -> str:
    """Return what an element says, what is raised in it apart."""
    text = "" if len(element) else element.text or ""
    for part in element.xpath(".//text()") if len(element) else ():
        around = part.getparent() if part.is_text else part.getparent().getparent()
        raised = any(is_raised(at) for at in (around, *around.iterancestors()) if at is not None)
        text = with_raised(text, part) if raised else text + part
    return text


def _span(cell, name: str) -> int:
    stated = cell.get(name) or "1"
    return max(1, min(int(stated), 1000)) if re.fullmatch(r"[0-9]{1,9}", stated) else 1


def _root(file: str, xml: bytes):
    from lxml import etree

    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableFile.because(file, "file_xml_entities")
    return root


def _stated(element, name: str, default: int) -> int:
    """Return a whole number that an attribute states; raises `ValueError`."""
    text = element.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{name.split('}')[-1]}={text!r}")
    return int(text)


def read_spreadsheetml(file: str, content: bytes) -> Iterator[Grid]:
    """Yield one grid per worksheet of an Excel-2003 XML file."""
    root = _root(file, content)
    formats = {
        style.get(f"{SS}ID"): form.get(f"{SS}Format", "")
        for style in root.iter(f"{SS}Style")
        for form in style.iterchildren(f"{SS}NumberFormat")
    }
    for sheet in root.iter(f"{SS}Worksheet"):
        name = sheet.get(f"{SS}Name", "")
        grid = _spreadsheetml_grid(file, name, sheet, formats)
        grid.hidden = any((v.text or "").startswith("SheetHidden") for v in sheet.iter(f"{EXCEL}Visible"))
        hidden = (row for row in sheet.iter(f"{SS}Row") if row.get(f"{SS}Hidden") == "1")
        grid.hidden_rows = sum(_has_text(row) for row in hidden)
        yield grid


def _has_text(row) -> bool:
    return any(text.strip() for text in row.itertext())


def _spreadsheetml_grid(file: str, name: str, sheet, formats: dict[str, str]) -> Grid:
    rows, of_columns, at = _Rows(file, name), _column_styles(sheet), 0
    for row in sheet.iter(f"{SS}Row"):
        at = max(_stated(row, f"{SS}Index", at + 1), at + 1)
        column = 0
        for cell in row.iter(f"{SS}Cell"):
            column = max(_stated(cell, f"{SS}Index", column + 1) - 1, column)
            across, down = (_stated(cell, f"{SS}Merge{way}", 0) + 1 for way in ("Across", "Down"))
            style = cell.get(f"{SS}StyleID") or row.get(f"{SS}StyleID") or of_columns.get(column, "Default")
            value = _spreadsheetml_value(cell.find(f"{SS}Data"), formats.get(style, ""))
            rows.put(at - 1, column, value, down, across)
            column += across
    return rows.grid()


def _column_styles(sheet) -> dict[int, str]:
    """Return the style that each column gives to the cells that state none."""
    styles, position = {}, 0
    for column in sheet.iter(f"{SS}Column"):
        first = _stated(column, f"{SS}Index", position + 1) - 1
        position = first + 1 + _stated(column, f"{SS}Span", 0)
        if style := column.get(f"{SS}StyleID"):
            styles |= dict.fromkeys(range(first, min(position, int(vocabulary.threshold("max_columns")))), style)
    return styles


def _spreadsheetml_value(data, code: str) -> object:
    """Return the text of a cell, and of a number or a date what its format shows beside or instead of it."""
    text = "" if data is None else _text(data, lambda at: str(at.tag).endswith("}Sup"))
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


def read_opendocument(file: str, content: bytes) -> Iterator[Grid]:
    """Yield one grid per table of an .ods, hidden ones marked."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        if b"encryption-data" in member_of(package, "META-INF/manifest.xml"):
            raise UnreadableFile.because(file, "file_locked")
        root = _root(file, member_of(package, "content.xml"))
    for between in root.iter(f"{TEXT}s", f"{TEXT}tab", f"{TEXT}line-break"):
        between.text = "\n" if between.tag.endswith("break") else " "
    hidden = _styles(root, "table", lambda it: it.get(f"{TABLE}display") == "false")
    raised = _styles(root, "text", lambda it: RAISED.match(it.get(f"{STYLE}text-position", "")))
    for sheet in root.iter(f"{TABLE}table"):
        name = sheet.get(f"{TABLE}name", "")
        grid = _opendocument_grid(file, name, sheet, raised)
        grid.hidden = sheet.get(f"{TABLE}style-name") in hidden
        rows = (row for row in sheet.iter(f"{TABLE}table-row") if row.get(f"{TABLE}visibility") in HIDDEN)
        grid.hidden_rows = sum(map(_has_text, rows))
        yield grid


def _styles(root, of: str, fits: Callable) -> set[str]:
    """Return the names of the styles whose properties of tables or texts fit."""
    properties = (it for it in root.iter(f"{STYLE}{of}-properties") if fits(it))
    return {it.getparent().get(f"{STYLE}name") for it in properties}


def _opendocument_grid(file: str, name: str, sheet, raised: set[str]) -> Grid:
    """Return the grid of a sheet; what repeats nothing to the end of it is left out."""
    rows, at = _Rows(file, name), 0
    for row in sheet.iter(f"{TABLE}table-row"):
        column = 0
        for cell in row.iterchildren(f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
            down, across = (_stated(cell, f"{TABLE}number-{way}-spanned", 1) for way in ("rows", "columns"))
            times, value = _stated(cell, f"{TABLE}number-columns-repeated", 1), _opendocument_value(cell, raised)
            if value != "" or max(down, across) > 1:
                rows.put(at, column, value, down, across, times)
            column += times
        times = _stated(row, f"{TABLE}number-rows-repeated", 1)
        rows.repeat(at, times)
        at += times
    return rows.grid()


def _opendocument_value(cell, raised: set[str]) -> object:
    """Return a cell's value by its stated kind; an error stays the text that the sheet shows."""
    seen = "\n".join(_text(p, lambda at: at.get(f"{TEXT}style-name") in raised) for p in cell.iterchildren(f"{TEXT}p"))
    kind = cell.get(f"{OFFICE}value-type")
    try:
        if seen in ERROR_TEXTS or (seen.startswith(("#", "Err:")) and seen.strip("#")):  # ### is a narrow column
            return seen
        if kind == "date":
            return _date_shown(dt.datetime.fromisoformat(cell.get(f"{OFFICE}date-value", "")), seen)
        if kind == "percentage":
            return ShownNumber(float(cell.get(f"{OFFICE}value", "")), seen)
        if kind in ("float", "currency"):
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
    """Return a number with what the sheet shows of it, where that is more than an amount."""
    if not seen or AMOUNT.fullmatch(seen) or not math.isfinite(number) or abs(number) >= 10**MOST_DIGITS:
        return number
    holds_it = f"{number:.15g}".lstrip("-") in re.sub(r"[^\d.]", "", seen)
    return ShownNumber(number, seen if holds_it else f"{number:.15g}〔格式 {seen}〕")
