""".xlsx, .xls and .ods → grids: real sheet lines, merges filled, errors and uncalculated formulas marked."""

import io
import re
import zipfile
from collections import defaultdict

from src.analysis import vocabulary
from src.analysis.ingest.grid import Grid, Line, UnreadableFile

CELL = re.compile(rb'<c\s+r="([A-Z]+)(\d+)"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
FORMULA = re.compile(rb"<f[\s>/]")
VALUE = re.compile(rb"<v>([^<]+)</v>|<is>")
ERROR_TEXTS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "Err:502", "Err:508", "Err:522"}
)


def read_workbook(file: str, content: bytes) -> list[Grid]:
    """Return one grid per sheet that holds anything, hidden ones marked; raises `UnreadableFile`."""
    import python_calamine as calamine

    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        package = _package(content)
        grids = []
        for position, sheet in enumerate(workbook.sheets_metadata):
            if sheet.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            grid = _grid(file, workbook.get_sheet_by_index(position), _marked_cells(package, position))
            grid.hidden = sheet.visible != calamine.SheetVisibleEnum.Visible
            grid.epoch_1904 = b'date1904="1"' in package.get(
                "xl/workbook.xml", b""
            ) or b'date1904="true"' in package.get("xl/workbook.xml", b"")
            if grid.lines:
                grids.append(grid)
    except calamine.PasswordError:
        raise UnreadableFile(file, "is protected by a password; send it without one") from None
    except (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(file, f"is a damaged spreadsheet ({error}); open it, save it anew and send that") from None
    return grids


def _package(content: bytes) -> dict[str, bytes]:
    """Return the XML parts of an .xlsx that say what the cell reader does not: errors, formulas, the date system."""
    if not content.startswith(b"PK"):
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [
            n
            for n in archive.namelist()
            if n.startswith("xl/worksheets/sheet") or n in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
        ]
        return {name: archive.read(name) for name in names}


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


def _marked_cells(package: dict[str, bytes], position: int) -> dict[tuple[int, int], str]:
    """Return 0-based (row, column) → what is wrong: an error, or a formula that was never calculated."""
    xml = _sheet_part(package, position)
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


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _grid(file: str, sheet, marked: dict[tuple[int, int], str]) -> Grid:
    if sheet.total_height > vocabulary.threshold("max_rows_per_sheet") or sheet.total_width > vocabulary.threshold(
        "max_columns"
    ):
        raise UnreadableFile(
            file,
            f"sheet {sheet.name} has {sheet.total_height} rows and {sheet.total_width} columns; delete what lies outside the table",
        )
    rows = sheet.to_python(skip_empty_area=False)
    merged = fill_merges(rows, sheet.merged_cell_ranges or [])
    broken: dict[int, dict[int, str]] = defaultdict(dict)
    for (row, column), what in marked.items():
        broken[row][column] = what
    lines = []
    for position, cells in enumerate(rows):
        errors = broken.get(position, {})
        errors |= {c: cell for c, cell in enumerate(cells) if isinstance(cell, str) and cell in ERROR_TEXTS}
        lines.append(Line(position + 1, cells, merged=frozenset(merged.get(position, ())), broken=errors))
    while lines and not any(_filled(cell) for cell in lines[-1].cells) and not lines[-1].broken:
        lines.pop()
    return Grid(file, sheet.name, lines)


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def fill_merges(rows: list[list], ranges: list[tuple]) -> dict[int, set[int]]:
    """Copy each merge's value into its cells, in place; return row → columns whose value covers several rows."""
    merged: dict[int, set[int]] = defaultdict(set)
    for (top, left), (bottom, right) in ranges:
        if top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        for row in range(top, min(bottom, len(rows) - 1) + 1):
            for column in range(left, min(right, len(rows[row]) - 1) + 1):
                rows[row][column] = value
                if bottom > top:
                    merged[row].add(column)
    return merged
