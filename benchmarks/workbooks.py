"""A workbook of 50,000 incidents, read by openpyxl and by this project with all its checks."""

from pathlib import Path

import pyarrow.csv

from benchmarks.messy import write_messy


def write_workbook(path: Path, rows: int) -> Path:
    """Write a messy export as a workbook."""
    import xlsxwriter

    text = write_messy(path.with_suffix(".csv"), rows)
    table = pyarrow.csv.read_csv(text)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("明细")
        sheet.write_row(0, 0, table.column_names)
        for number, row in enumerate(zip(*(column.to_pylist() for column in table.columns), strict=True), 1):
            sheet.write_row(number, 0, ["" if cell is None else cell for cell in row])
    return path


def with_openpyxl(path: Path) -> dict:
    """openpyxl's reader: the cells alone, nothing checked or cleaned."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    return {"rows": sum(1 for _ in book.worksheets[0].iter_rows(values_only=True)) - 1}


def cleaned(path: Path) -> dict:
    """This project from the file to clean, duplicate and quarantined records."""
    from src.ingest.load import read_table

    records = read_table(path, "incidents").ledger.query("counted == 'records'")
    return {"rows": int(records["count"].sum())}
