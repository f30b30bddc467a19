""".xlsx → grids: real sheet lines, merges filled, errors and uncalculated formulas marked."""

import io
import re
import zipfile
from collections.abc import Iterator

from src.analysis.ingest.grid import Grid, UnreadableFile, refuse_size, sheet_grid

CELL = re.compile(rb'<c\s+r="([A-Z]+)(\d+)"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
FORMULA = re.compile(rb"<f[\s>/]")
VALUE = re.compile(rb"<v>([^<]+)</v>|<is>")
NUMBER_FORMAT = re.compile(rb'<numFmt\s[^>]*?numFmtId="(\d+)"[^>]*?formatCode="(0{2,20})"')
Places = dict[tuple[int, int], str]


def read_workbook(file: str, content: bytes) -> list[Grid]:
    """Return one grid per sheet that holds anything, hidden ones marked; raises `UnreadableFile`."""
    import python_calamine as calamine

    try:
        package = _package(content)
        for name, xml in package.items():
            if name.startswith("xl/worksheets/"):
                refuse_size(file, name.removeprefix("xl/worksheets/"), *_extent(xml))
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        grids = []
        for position, sheet in enumerate(workbook.sheets_metadata):
            if sheet.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            grid = _grid(file, workbook.get_sheet_by_index(position), _sheet_part(package, position), package)
            grid.hidden = sheet.visible != calamine.SheetVisibleEnum.Visible
            grid.epoch_1904 = bool(re.search(rb'date1904="(1|true)"', package.get("xl/workbook.xml", b"")))
            if grid.lines:
                grids.append(grid)
    except UnreadableFile:
        raise
    except calamine.PasswordError:
        raise UnreadableFile(file, "is protected by a password; send it without one") from None
    except Exception as error:  # a damaged package fails in as many ways as there are parts
        cause = f"is a damaged spreadsheet ({error}); open it, save it anew and send that"
        raise UnreadableFile(file, cause) from None
    return grids


def _package(content: bytes) -> dict[str, bytes]:
    """Return what the cell reader does not say: errors, formulas, styles, the date system."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        wanted = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml")
        names = [n for n in archive.namelist() if n.startswith("xl/worksheets/sheet") or n in wanted]
        return {name: archive.read(name) for name in names}


def _extent(xml: bytes) -> tuple[int, int]:
    """Return the rows and columns a sheet's XML claims: a stray cell would make the reader fill all before it."""
    rows = max(map(int, re.findall(rb"""<row\s[^>]*?\br=["'](\d+)["']""", xml)), default=0)
    for letters in (3, 2, 1):
        if names := set(re.findall(rb"""\sr=["']([A-Z]{%d})\d""" % letters, xml)):
            return rows, _column(max(names)) + 1
    return rows, 0


def _sheet_part(package: dict[str, bytes], position: int) -> bytes:
    """Return the XML of the sheet at a position of the workbook's own order."""
    sheets = re.findall(rb'<sheet\s[^>]*?r:id="([^"]+)"', package.get("xl/workbook.xml", b""))
    if position >= len(sheets):
        return b""
    relations = {}
    for element in re.findall(rb"<Relationship\s[^>]*>", package.get("xl/_rels/workbook.xml.rels", b"")):
        attributes = dict(re.findall(rb'(\w+)="([^"]*)"', element))
        relations[attributes.get(b"Id")] = attributes.get(b"Target", b"")
    target = relations.get(sheets[position], b"").decode().lstrip("/")
    return package.get(target if target.startswith("xl/") else f"xl/{target}", b"")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _grid(file: str, sheet, xml: bytes, package: dict[str, bytes]) -> Grid:
    rows = sheet.to_python(skip_empty_area=False)
    for row, column, width in _zeros_in_front(xml, package.get("xl/styles.xml", b"")):
        cell = rows[row][column]
        if isinstance(cell, (int, float)) and cell == int(cell):
            rows[row][column] = f"{int(cell):0{width}d}"
    return sheet_grid(file, sheet.name, rows, sheet.merged_cell_ranges or [], _marked_cells(xml))


def _marked_cells(xml: bytes) -> Places:
    """Return 0-based (row, column) → what is wrong: an error, or a formula that was never calculated."""
    if b't="e"' not in xml and b"<f" not in xml:
        return {}
    found = {}
    for column, row, attributes, inner in CELL.findall(xml):
        if b't="e"' in attributes:
            value = VALUE.search(inner)
            found[int(row) - 1, _column(column)] = value[1].decode() if value and value[1] else "#ERROR"
        elif FORMULA.search(inner) and not VALUE.search(inner):
            found[int(row) - 1, _column(column)] = "=?"
    return found


def _zeros_in_front(xml: bytes, styles: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield row, column and width of the numbers that a format such as 000000 shows with zeros in front."""
    widths = {number: len(code) for number, code in NUMBER_FORMAT.findall(styles)}
    used = re.search(rb"<cellXfs.*?</cellXfs>", styles, re.DOTALL) if widths else None
    formats = re.findall(rb'<xf\s[^>]*?numFmtId="(\d+)"', used[0]) if used else []
    padded = {b"%d" % style: widths[number] for style, number in enumerate(formats) if number in widths}
    if padded:
        of_style = re.compile(rb'<c\s+r="([A-Z]+)(\d+)"\s+s="(%s)"' % b"|".join(padded))
        for column, row, style in of_style.findall(xml):
            yield int(row) - 1, _column(column), padded[style]
