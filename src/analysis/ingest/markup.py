"""HTML tables saved as .xls, and SpreadsheetML → grids. Lines are the rows of the table, counted from 1."""

import re

from src.analysis.ingest.grid import Grid, Line, UnreadableFile
from src.analysis.ingest.workbook import ERROR_TEXTS, fill_merges

SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


def read_html(file: str, content: bytes) -> list[Grid]:
    """Return one grid per table that has no table inside it; raises `UnreadableFile`."""
    from lxml import etree, html

    try:
        page = html.document_fromstring(content.decode(_declared_encoding(content), errors="replace"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise UnreadableFile(file, f"is a damaged web page ({error}); save it as .xlsx") from None
    tables = [table for table in page.iter("table") if table.find(".//table") is None]
    grids = [_html_grid(file, number, table) for number, table in enumerate(tables, 1)]
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


def _html_grid(file: str, number: int, table) -> Grid:
    rows: list[list] = []
    ranges, taken = [], set()
    for row_number, row in enumerate(table.iter("tr")):
        cells: list = []
        for cell in row.iter("td", "th"):
            while (row_number, len(cells)) in taken:
                cells.append("")
            down, right = (
                min(int(cell.get(name) or 1) if (cell.get(name) or "1").isdigit() else 1, 1000)
                for name in ("rowspan", "colspan")
            )
            left = len(cells)
            cells += [cell.text_content().replace("\xa0", " ").strip()] + [""] * (right - 1)
            if down > 1 or right > 1:
                ranges.append(((row_number, left), (row_number + down - 1, left + right - 1)))
                taken |= {(row_number + below, left + beside) for below in range(1, down) for beside in range(right)}
        rows.append(cells)
    return _grid(file, f"table {number}", rows, ranges)


def read_spreadsheetml(file: str, content: bytes) -> list[Grid]:
    """Return one grid per worksheet of an Excel-2003 XML file; entities are never expanded; raises `UnreadableFile`."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(file, f"is damaged XML ({error}); save it as .xlsx") from None
    grids = []
    for sheet in root.iter(f"{SS}Worksheet"):
        rows, ranges = _spreadsheetml_rows(sheet)
        grid = _grid(file, sheet.get(f"{SS}Name", ""), rows, ranges)
        grid.hidden = any(
            v.text and v.text.startswith("SheetHidden")
            for v in sheet.iter("{urn:schemas-microsoft-com:office:excel}Visible")
        )
        if grid.lines:
            grids.append(grid)
    return grids


def _spreadsheetml_rows(sheet) -> tuple[list[list], list[tuple]]:
    rows: list[list] = []
    ranges = []
    for row in sheet.iter(f"{SS}Row"):
        stated = int(row.get(f"{SS}Index", len(rows) + 1))
        rows.extend([] for _ in range(min(stated - 1 - len(rows), 100_000)))
        cells: list = []
        for cell in row.iter(f"{SS}Cell"):
            index = int(cell.get(f"{SS}Index", len(cells) + 1))
            cells += [""] * min(index - 1 - len(cells), 16_384)
            left, across, down = len(cells), int(cell.get(f"{SS}MergeAcross", 0)), int(cell.get(f"{SS}MergeDown", 0))
            data = cell.find(f"{SS}Data")
            cells += ["".join(data.itertext()) if data is not None else ""] + [""] * min(across, 16_384)
            if across or down:
                ranges.append(((len(rows), left), (len(rows) + down, left + across)))
        rows.append(cells)
    return rows, ranges


def _grid(file: str, sheet: str, rows: list[list], ranges: list[tuple]) -> Grid:
    width = max((len(cells) for cells in rows), default=0)
    for cells in rows:
        cells += [""] * (width - len(cells))
    merged = fill_merges(rows, ranges)
    lines = [
        Line(
            number,
            cells,
            merged=frozenset(merged.get(number - 1, ())),
            broken={c: v for c, v in enumerate(cells) if v in ERROR_TEXTS},
        )
        for number, cells in enumerate(rows, 1)
    ]
    return Grid(file, sheet, lines if any(any(cells) for cells in rows) else [])
