""".xlsx and .xls → grids: real sheet lines, merges filled, errors and uncalculated formulas marked."""

import contextlib
import html
import io
import re
import zipfile
from collections.abc import Iterator
from itertools import chain, pairwise

from src.codebook import vocabulary
from src.ingest.readers.grid import Grid, as_text, member_of, refuse_size, sheet_grid, with_raised
from src.ingest.readers.number_formats import is_special, shown

BOOK, RELATIONS, STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
STRINGS = "xl/sharedstrings.xml"
P = rb"(?:\w+:)?"  # some systems write a namespace before every name
ATTRIBUTE = re.compile(rb"""(\w+)\s*=\s*["']([^"']*)["']""")
FORMAT_CODE = re.compile(rb"""\sformatCode\s*=\s*(?:"([^"]*)"|'([^']*)')""")
TAG = re.compile(rb"<" + P + rb"(row|c)(?=[\s/>])([^<>]*)>")
PLACE = re.compile(rb"([A-Za-z]*)(\d*)")
REFERENCE = re.compile(rb"""r(?<=\sr)\s*=\s*["']([A-Za-z]*)(\d*)""")
FAR = re.compile(rb""" r *= *"(?:[A-Za-z]{2}|[A-Za-z]*\d{6})""")
NEAR_ROWS, NEAR_COLUMNS = 100_000, 26  # beyond them FAR finds a place
PLAIN_SIGNS = bytes.maketrans(b"'\t\r\n", b'"   ')
EMPTY_ROW = re.compile(
    rb"<" + P + rb"row\s[^<>]*(?:/>|>\s*</" + P + rb"row>)"
)  # formatted, often to the end of the sheet
HIDDEN_ROW = re.compile(rb"<" + P + rb"""row\s[^<>]*\bhidden\s*=\s*["'](?:1|true)["'](?![^<>]*/>)""")
COUNT = re.compile(rb"""ount\s*=\s*["']([^"']*)""")
FORMULA = re.compile(rb"<" + P + rb"f[\s>/]")
VALUE = re.compile(rb"<" + P + rb"v>([^<]+)<|<" + P + rb"is>")
RAISED = b"superscript"
ITEM, RUN, TEXT = (
    re.compile(rb"<%b%b(?:\s[^<>]*)?(?:/>|>((?:[^<]++|<(?!/?%b%b[\s/>]))*+)</%b%b>)" % ((P, name) * 3))
    for name in (b"si", b"r", b"t")
)
TROUBLE = (b"<f", b":f", b'"e"', b"'e'")  # a sheet without any of them has neither formulas nor errors
# Months that need no code of their own: Jan-21, and 2021年1月 as Excel in Chinese has it.
BUILT_IN = {b"17": "mmm-yy"} | dict.fromkeys((b"27", b"36", b"50", b"52", b"57"), 'yyyy"年"m"月"')
Places = dict[tuple[int, int], str]


def read_workbook(file: str, content: bytes) -> Iterator[Grid]:
    """Yield one grid per sheet, hidden ones marked."""
    import python_calamine as calamine

    package = package_of(content)
    for part, xml in package.items():
        refuse_size(file, part, *_extent(xml))
        _refuse_counts(part, xml)
    workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    parts = dict(enumerate(_sheet_parts(package)))
    for position, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
            xml = package.get(parts.get(position), b"")
            grid = _grid(file, workbook.get_sheet_by_index(position), xml, package)
            grid.hidden = sheet.visible != calamine.SheetVisibleEnum.Visible
            grid.hidden_rows = len(HIDDEN_ROW.findall(xml)) if b"hidden" in xml else 0
            grid.epoch_1904 = bool(re.search(rb"""date1904\s*=\s*["'](1|true)""", package.get(BOOK, b"")))
            yield grid


def package_of(content: bytes) -> dict[str, bytes]:
    """Return the parts that say what the cell reader does not: errors, formulas, styles, the date system."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = {plain_name(name): name for name in archive.namelist()}
        package = {
            part: member_of(archive, names[part]) for part in (BOOK, RELATIONS, STYLES, STRINGS) if part in names
        }
        sheets = [part for part in _targets(package).values() if "sheet" in part and part in names]
        return package | {part: member_of(archive, names[part]) for part in sheets}


def plain_name(name: str) -> str:
    """Return a part's name as packages compare it."""
    return name.lower().replace("\\", "/").lstrip("/")


def _targets(package: dict[str, bytes]) -> dict[bytes, str]:
    """Return the part that each relation of the workbook leads to."""
    found = {}
    for element in re.findall(rb"<" + P + rb"Relationship\s[^<>]*>", package.get(RELATIONS, b"")):
        attributes = dict(ATTRIBUTE.findall(element))
        part = plain_name(attributes.get(b"Target", b"").decode(errors="replace"))
        found[attributes.get(b"Id", b"")] = part if part.startswith("xl/") else f"xl/{part}"
    return found


def _extent(xml: bytes) -> tuple[int, int, int]:
    """Return the rows and columns a sheet's XML claims, and how many places it names.

    A stray cell would make the reader fill all before it. Of a place only as much is looked at as a sheet can have, and
    nothing more of a sheet that is full enough for any place near its beginning and names none but such.
    """
    per_written = vocabulary.threshold("max_cells_per_written")
    if xml.count(b"<c ") * per_written > NEAR_ROWS * NEAR_COLUMNS and not FAR.search(xml.translate(PLAIN_SIGNS)):
        return 0, 0, 0
    places = REFERENCE.findall(xml)
    rows = max((int(digits or 0) for digits in {digits[:9] for _, digits in places}), default=0)
    columns = max(map(_column, {letters[:4] for letters, _ in places}), default=-1) + 1
    if rows * columns > len(places) * per_written and EMPTY_ROW.search(xml):
        return _extent(EMPTY_ROW.sub(b"", xml))
    return rows, columns, len(places)


def _refuse_counts(part: str, xml: bytes) -> None:
    """Raise for a part that states more entries than it can hold: the cell reader makes room for as many."""
    most = max(int(vocabulary.threshold("max_cells_unwritten")), xml.count(b"<"))
    for stated in COUNT.findall(xml):
        if not stated.isdigit() or len(stated) > len(str(most)) or int(stated) > most:
            raise ValueError(f"{part}: count={stated[:20].decode(errors='replace')}")


def _sheet_parts(package: dict[str, bytes]) -> list[str]:
    """Return the parts that hold the sheets, in the workbook's own order."""
    elements = re.findall(rb"<" + P + rb"sheet\s[^<>]*>", package.get(BOOK, b""))
    related = (re.search(rb"""\w:id\s*=\s*["']([^"']+)""", element) for element in elements)
    targets = _targets(package)
    return [targets.get(found[1], "") if found else "" for found in related]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1


def _cells(xml: bytes) -> Iterator[tuple[int, int, dict[bytes, bytes], bytes]]:
    """Yield row, column, attributes and content of every cell; one that does not say where it is follows the last."""
    row = column = -1
    for tag, following in pairwise(chain(TAG.finditer(xml), [None])):
        attributes = dict(ATTRIBUTE.findall(tag[2]))
        letters, number = PLACE.match(attributes.get(b"r", b"")).groups()
        if tag[1] == b"row":
            row, column = int(number) - 1 if number else row + 1, -1
        else:
            row, column = int(number) - 1 if number else row, _column(letters) if letters else column + 1
            yield row, column, attributes, xml[tag.end() : following.start() if following else None]


def _grid(file: str, sheet, xml: bytes, package: dict[str, bytes]) -> Grid:
    rows = sheet.to_python(skip_empty_area=False)
    for row, column, code in _formatted(xml, _formats(package.get(STYLES, b""))):
        cell = rows[row][column] if row < len(rows) and column < len(rows[row]) else ""  # formatted, and empty
        if cell != "":
            rows[row][column] = shown(cell, code)
    for row, column, text in _with_raised(xml, package.get(STRINGS, b"")):
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    return sheet_grid(file, sheet.name, rows, sheet.merged_cell_ranges or [], _marked_cells(xml))


def _with_raised(xml: bytes, strings: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield row, column and text of cells in which something is raised, which the cell reader runs together."""
    shared = ITEM.findall(strings) if RAISED in strings else []
    for row, column, attributes, inner in _cells(xml) if shared or RAISED in xml else ():
        value = VALUE.search(inner)
        number = int(value[1]) if attributes.get(b"t") == b"s" and value and value[1] and value[1].isdigit() else -1
        item, text = shared[number] if 0 <= number < len(shared) else inner, ""
        for run in RUN.findall(item) if RAISED in item else ():
            run_text = html.unescape(b"".join(TEXT.findall(run)).decode(errors="replace"))
            text = with_raised(text, run_text) if RAISED in run else text + run_text
        if text:
            yield row, column, text


def _marked_cells(xml: bytes) -> Places:
    """Return 0-based (row, column) → what is wrong: an error, or a formula that was never calculated."""
    found = {}
    for row, column, attributes, inner in _cells(xml) if any(mark in xml for mark in TROUBLE) else ():
        value = VALUE.search(inner)
        if attributes.get(b"t") == b"e":
            found[row, column] = value[1].decode(errors="replace") if value and value[1] else "#ERROR"
        elif FORMULA.search(inner) and not value:
            found[row, column] = "=?"
    return found


def _formats(styles: bytes) -> dict[bytes, str]:
    """Return the formats that show more than a number or less than a date, by the style that a cell names."""
    codes = dict(BUILT_IN)
    for element in re.findall(rb"<" + P + rb"numFmt\s[^<>]*>", styles):
        code = FORMAT_CODE.search(element)
        if code:
            stated = html.unescape((code[1] or code[2] or b"").decode(errors="replace"))
            codes[dict(ATTRIBUTE.findall(element)).get(b"numFmtId", b"")] = stated
    special = {number: code for number, code in codes.items() if is_special(code)}
    used = styles.partition(b"cellXfs")[2].partition(b"cellXfs>")[0]
    elements = re.findall(rb"<" + P + rb"xf[\s/>][^<>]*", used)
    numbers = [dict(ATTRIBUTE.findall(element)).get(b"numFmtId", b"") for element in elements]
    return {b"%d" % style: special[number] for style, number in enumerate(numbers) if number in special}


def _formatted(xml: bytes, formats: dict[bytes, str]) -> Iterator[tuple[int, int, str]]:
    """Yield row, column and format of the cells whose format shows more than a number."""
    styles = rb"<" + P + rb"""c\s[^>]*?\bs\s*=\s*["'](?:""" + b"|".join(formats) + rb""")["'][^>]*>"""
    cells = [dict(ATTRIBUTE.findall(tag)) for tag in re.findall(styles, xml)] if formats else []
    if all(b"r" in cell for cell in cells):
        for cell in cells:
            letters, number = PLACE.match(cell[b"r"]).groups()
            if letters and number:
                yield int(number) - 1, _column(letters), formats[cell[b"s"]]
        return
    for row, column, attributes, _ in _cells(xml):  # some do not say where they are
        if attributes.get(b"s") in formats:
            yield row, column, formats[attributes[b"s"]]


SUPERSCRIPT = 1  # of a font


def read_old_workbook(file: str, content: bytes) -> list[Grid]:
    """Return one grid per sheet, hidden ones marked."""
    import xlrd

    with contextlib.redirect_stdout(io.StringIO()) as log:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, ragged_rows=True, logfile=log)
        return [_old_grid(file, sheet, book) for sheet in book.sheets()]


def _old_grid(file: str, sheet, book) -> Grid:
    import xlrd

    cells = [sheet.row(number) for number in range(sheet.nrows)]
    kinds = {
        (r, c): cell for r, row in enumerate(cells) for c, cell in enumerate(row) if cell.ctype != xlrd.XL_CELL_EMPTY
    }
    errors = ((at, cell.value) for at, cell in kinds.items() if cell.ctype == xlrd.XL_CELL_ERROR)
    marked = {at: xlrd.error_text_from_code.get(code, "#ERROR") for at, code in errors}
    rows = [[_old_value(cell, book) for cell in row] for row in cells]
    for (row, column), runs in sheet.rich_text_runlist_map.items():
        rows[row][column] = _runs_raised(cells[row][column].value, runs, book)
    ranges = [((top, left), (below - 1, beside - 1)) for top, below, left, beside in sheet.merged_cells]
    grid = sheet_grid(file, sheet.name, rows, ranges, marked, written=len(kinds))
    grid.hidden, grid.epoch_1904 = bool(sheet.visibility), bool(book.datemode)
    hidden = (r for r, row in sheet.rowinfo_map.items() if row.hidden and r < len(rows))
    grid.hidden_rows = sum(any(as_text(cell).strip() for cell in rows[r]) for r in hidden)
    return grid


def _runs_raised(text: str, runs: list[tuple[int, int]], book) -> str:
    """Return a text with what its fonts raise apart; `runs`: from where on which font is used."""
    starts = [0, *(start for start, _ in runs), len(text)]
    raised = [False, *(book.font_list[font].escapement == SUPERSCRIPT for _, font in runs)]
    found = ""
    for (first, end), is_raised in zip(pairwise(starts), raised, strict=True):
        found = with_raised(found, text[first:end]) if is_raised else found + text[first:end]
    return found


def _old_value(cell, book) -> object:
    """Return a cell's value: a date where its format says so, and of any what its format shows."""
    import xlrd

    value: object = cell.value
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return ""
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if cell.ctype == xlrd.XL_CELL_DATE:
        with contextlib.suppress(ValueError, OverflowError):
            value = xlrd.xldate_as_datetime(cell.value, book.datemode)
    return shown(value, book.format_map[book.xf_list[cell.xf_index].format_key].format_str)
