""".xls (Excel 97–2003) → grids: merges filled, errors and dates told by the cells' own kinds."""

import contextlib
import io
from itertools import pairwise

from src.ingest.readers.grid import Grid, as_text, sheet_grid, with_raised
from src.ingest.readers.number_formats import shown

SUPERSCRIPT = 1  # of a font


def read_old_workbook(file: str, content: bytes) -> list[Grid]:
    """Return one grid per sheet, hidden ones marked."""
    import xlrd

    with contextlib.redirect_stdout(io.StringIO()) as log:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, ragged_rows=True, logfile=log)
        return [_grid(file, sheet, book) for sheet in book.sheets()]


def _grid(file: str, sheet, book) -> Grid:
    import xlrd

    cells = [sheet.row(number) for number in range(sheet.nrows)]
    kinds = {
        (r, c): cell for r, row in enumerate(cells) for c, cell in enumerate(row) if cell.ctype != xlrd.XL_CELL_EMPTY
    }
    errors = ((at, cell.value) for at, cell in kinds.items() if cell.ctype == xlrd.XL_CELL_ERROR)
    marked = {at: xlrd.error_text_from_code.get(code, "#ERROR") for at, code in errors}
    rows = [[_value(cell, book) for cell in row] for row in cells]
    for (row, column), runs in sheet.rich_text_runlist_map.items():
        rows[row][column] = _with_raised(cells[row][column].value, runs, book)
    ranges = [((top, left), (below - 1, beside - 1)) for top, below, left, beside in sheet.merged_cells]
    grid = sheet_grid(file, sheet.name, rows, ranges, marked, written=len(kinds))
    grid.hidden, grid.epoch_1904 = bool(sheet.visibility), bool(book.datemode)
    hidden = (r for r, row in sheet.rowinfo_map.items() if row.hidden and r < len(rows))
    grid.hidden_rows = sum(any(as_text(cell).strip() for cell in rows[r]) for r in hidden)
    return grid


def _with_raised(text: str, runs: list[tuple[int, int]], book) -> str:
    """Return a text with what its fonts raise apart; `runs`: from where on which font is used."""
    starts = [0, *(start for start, _ in runs), len(text)]
    raised = [False, *(book.font_list[font].escapement == SUPERSCRIPT for _, font in runs)]
    found = ""
    for (first, end), is_raised in zip(pairwise(starts), raised, strict=True):
        found = with_raised(found, text[first:end]) if is_raised else found + text[first:end]
    return found


def _value(cell, book) -> object:
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
