"""HTML tables saved as .xls → grids. Lines are the rows of the table, counted from 1."""

import re

from src.analysis import vocabulary
from src.analysis.ingest.grid import Grid, Range, UnreadableFile, refuse_size, sheet_grid

LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def read_html(file: str, content: bytes) -> list[Grid]:
    """Return one grid per table that has no table inside it; raises `UnreadableFile`."""
    from lxml import etree, html

    try:
        text = content.decode(_declared_encoding(content), errors="replace")
        page = html.document_fromstring(LINE_BREAK.sub("\n", text))
    except (etree.LxmlError, ValueError, LookupError, AssertionError) as error:
        raise UnreadableFile(file, f"is a damaged web page ({error}); save it as .xlsx") from None
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
    most = vocabulary.threshold("max_cells_per_sheet")
    for row_number, row in enumerate(table.iter("tr")):
        cells: list = []
        for cell in row.iter("td", "th"):
            while (row_number, len(cells)) in taken:
                cells.append("")
            down, right = _span(cell, "rowspan"), _span(cell, "colspan")
            left = len(cells)
            cells += [cell.text_content().replace("\xa0", " ").strip()] + [""] * (right - 1)
            refuse_size(file, sheet, row_number + 1, len(cells))
            if down > 1 or right > 1:
                ranges.append(((row_number, left), (row_number + down - 1, left + right - 1)))
                taken |= {(row_number + below, left + beside) for below in range(1, down) for beside in range(right)}
            if len(taken) > most:
                raise UnreadableFile(file, f"{sheet} has cells that span more than is allowed; save it as .xlsx")
        rows.append(cells)
    return level_grid(file, sheet, rows, ranges)


def _span(cell, name: str) -> int:
    stated = cell.get(name) or "1"
    return max(1, min(int(stated), 1000)) if re.fullmatch(r"[0-9]{1,9}", stated) else 1


def level_grid(file: str, sheet: str, rows: list[list], ranges: list[Range]) -> Grid:
    """Return the grid of rows of different lengths, made equally long."""
    width = max(map(len, rows), default=0)
    refuse_size(file, sheet, len(rows), width)
    for cells in rows:
        cells += [""] * (width - len(cells))
    return sheet_grid(file, sheet, rows, ranges)
