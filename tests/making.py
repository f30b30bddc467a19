"""Deliveries made for tests: the same small grid of cells in each form that offices send."""

import csv
import datetime as dt
import io
import zipfile
from html import escape
from pathlib import Path

from src.ingest.load import LoadResult, read_table

HEADER = ["项目编号", "项目名称", "街道", "社区", "治理领域", "居民参与", "参与居民人数", "预算", "启动日期"]
PROJECTS = [
    ["000012", "楼道微更新", "平湖街道", "良安田社区", "环境品质提升", "是", "35", "12000", "2021-03-05"],
    ["1E05", "NA站台改造", "平湖街道", "新木社区", "交通安全管理", "否", "0", "8000", "2021-03-06"],
    ["P003", "合计行动计划", "布吉街道", "凤凰社区", "矛盾纠纷化解", "是", "120", "1500.5", "2021-04-01"],
    ["P004", "社区花园60㎡改造", "平湖街道", "凤凰社区", "环境品质提升", "是", "48", "60000", "2021-04-15"],
    ["P005", "电动车充电棚", "坂田街道", "坂田社区", "交通安全管理", "否", "0", "23000", "2021-05-20"],
    ["P006", "夜间巡逻队", "横岗街道", "六约社区", "治安整治", "是", "16", "5000", "2021-06-01"],
    ["P007", "青少年法律课堂", "龙城街道", "爱联社区", "特殊人群管理与服务", "是", "210", "9800", "2021-07-12"],
    ["P008", "邻里议事厅", "坪地街道", "坪东社区", "矛盾纠纷化解", "是", "64", "3200", "2021-08-30"],
]
INCIDENT_HEADER = ["警情编号", "接报时间", "街道", "社区", "警情类别", "警情种类", "涉及人数"]
INCIDENTS = [
    ["J0001", "2021-03-05 08:20", "平湖街道", "良安田社区", "刑事警情", "盗窃", "1"],
    ["J0002", "2021-03-05 23:59", "布吉街道", "凤凰社区", "治安警情", "殴打他人", "2"],
    ["J0003", "2021-03-06 00:01", "坂田街道", "坂田社区", "矛盾纠纷", "邻里纠纷", "4"],
    ["J0004", "2021-04-01 12:00", "龙城街道", "爱联社区", "交通警情", "交通事故", "2"],
]


def as_csv(rows: list[list], delimiter: str = ",", end: str = "\r\n") -> bytes:
    """Return rows as UTF-8 text with quotes where they are needed."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().replace("\r\n", end).encode()


def as_xlsx(rows: list[list], sheet: str = "Sheet1", merges=(), formats: dict | None = None, **options) -> bytes:
    """Return rows as an .xlsx of one sheet; `formats` are by (row, column)."""
    return workbook({sheet: rows}, {sheet: merges}, formats or {}, **options)


def workbook(sheets: dict[str, list[list]], merges=None, formats=None, hidden=(), epoch_1904: bool = False) -> bytes:
    """Return several sheets as an .xlsx."""
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "date_1904": epoch_1904}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            if name in hidden:
                page.hide()
            for r, cells in enumerate(rows):
                for c, cell in enumerate(cells):
                    stated = (formats or {}).get((r, c))
                    style = book.add_format({"num_format": stated}) if stated else None
                    if isinstance(cell, dt.date):
                        page.write_datetime(r, c, cell, style or day)
                    elif isinstance(cell, (int, float)):
                        page.write_number(r, c, cell, style)
                    elif cell is not None and cell != "":
                        page.write_string(r, c, str(cell), style)
            for top, left, bottom, right in (merges or {}).get(name, ()):
                page.merge_range(top, left, bottom, right, rows[top][left])
        if hidden and next(iter(sheets)) in hidden:
            book.worksheets()[-1].activate()
            book.worksheets()[-1].set_first_sheet()
    return content.getvalue()


def as_ods(rows: list[list], sheet: str = "Sheet1") -> bytes:
    """Return rows as an .ods, written by hand."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(str(c))}</text:p></table:table-cell>'
            if c not in ("", None)
            else "<table:table-cell/>"
            for c in row
        )
        + "</table:table-row>"
        for row in rows
    )
    names = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    body = f'<office:spreadsheet><table:table table:name="{escape(sheet)}">{cells}</table:table></office:spreadsheet>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return as_zip(
        {
            "mimetype": kind.encode(),
            "content.xml": f'<?xml version="1.0"?><office:document-content{names}><office:body>{body}'
            "</office:body></office:document-content>".encode(),
            "META-INF/manifest.xml": b'<?xml version="1.0"?><manifest:manifest '
            b'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
            b'manifest:full-path="/" manifest:media-type="' + kind.encode() + b'"/></manifest:manifest>',
        }
    )


def as_spreadsheetml(rows: list[list], sheet: str = "Sheet1") -> bytes:
    """Return rows as the XML that Excel 2003 writes."""
    lines = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{escape(str(c))}</Data></Cell>' for c in row) + "</Row>"
        for row in rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="{escape(sheet)}"><Table>{lines}</Table></Worksheet></Workbook>'
    ).encode()


def as_html(rows: list[list], charset: str = "utf-8") -> bytes:
    """Return rows as the web page that many systems save as .xls."""
    lines = "".join("<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    page = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"></head>'
    return f"{page}<body><table border=1>{lines}</table></body></html>".encode(charset)


def as_zip(members: dict[str, bytes]) -> bytes:
    """Return an archive of the members, the same bytes each time: they name tests, which workers have to agree on."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(name), member, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def read(
    folder: Path, content: bytes | list[list], name: str = "a.csv", table: str = "projects", **options
) -> LoadResult:
    """Write a delivery into a folder and read it; a list of rows is written as CSV."""
    path = folder / name
    path.write_bytes(as_csv(content) if isinstance(content, list) else content)
    reading = read_table(path, table, **options)
    counted = reading.ledger.groupby("counted")["count"].sum()
    assert counted["records"] == len(reading.clean) + len(reading.duplicates) + len(reading.quarantined)
    return reading


def shown(reading: LoadResult, *columns: str) -> list[list]:
    """Return columns of the clean rows as plain values, dates as text, nothing as None."""
    names = columns or ("project_id",)
    rows = reading.clean[list(names)].astype(object)
    rows = rows.where(rows.notna(), None).to_numpy().tolist()
    return [[cell.isoformat(sep=" ")[:16] if isinstance(cell, dt.datetime) else cell for cell in row] for row in rows]


def why(reading: LoadResult) -> list[tuple]:
    """Return line, column and code of what was set aside."""
    return [tuple(row) for row in reading.quarantined[["line", "column", "code"]].to_numpy().tolist()]


def classes(reading: LoadResult) -> dict[str, int]:
    """Return how many physical lines fell in each class."""
    rows = reading.ledger[reading.ledger["counted"].eq("lines") & reading.ledger["count"].gt(0)]
    return rows.groupby("class")["count"].sum().to_dict()
