"""Tables for people who do not write Python: codes in words, one workbook or CSV files, and SQL."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.analysis import loading
from src.codebook import tables, vocabulary
from src.codebook.tables import column_label, words
from src.ingest.store import build

__all__ = ["connect", "export", "in_words"]

NO_FORMULAS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # what a spreadsheet takes for the start of one


def in_words(table: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Return a table with its codes in words, yes and no among them; names of columns, numbers and days stay.

    Streets and communities have their names in that language. A word that is no code stays as it is.

    >>> in_words(incidents[["group", "kind"]].head(1)).iloc[0].tolist()
    ['刑事警情', '涉毒']
    """
    texts = {name: _column_in_words(table[name], lang) for name in table if table[name].dtype.kind not in "iufmM"}
    return table.assign(**texts)


def _column_in_words(column: pd.Series, lang: str) -> pd.Series:
    @cache
    def word(value: Any) -> Any:
        if isinstance(value, str):
            return words(str(column.name), value, lang)
        return vocabulary.sentence("cell_yes" if value else "cell_no", lang)

    return column.astype("object").map(lambda v: word(v) if isinstance(v, str | bool | np.bool_) else v)


def with_headers(table: pd.DataFrame, lang: str = "zh", name: str = "") -> pd.DataFrame:
    """Return a table with columns called as in pages; those of a clean table also as offices call them, with units.

    What has no such name is called as its description begins; of two alike the second says which column it is.
    """
    stated = tables.columns(name) if name in tables.table_names() else {}
    heads = {column: column_label(str(column), lang, name) for column in table}
    for column in stated.keys() & heads.keys():
        text = stated[column].text
        if heads[column] == column:
            heads[column] = _delivered(name, column, lang) or re.split(r"[，；（,;(]", text[lang])[0]
        if "unit" in text:
            heads[column] += vocabulary.sentence("listed_aside", lang, listed=text["unit"][lang])
    called = list(heads.values())
    return table.rename(columns={c: f"{h} {c}" if called.count(h) > 1 else h for c, h in heads.items()})


def _delivered(table: str, column: str, lang: str) -> str:
    """Return what offices call a column in Chinese, nothing where they do not."""
    known = vocabulary.current().headers.get(table, {}).get(column, []) if lang == "zh" else []
    return next((name for name in known if not name.isascii()), "")


def export(where: str | Path, lang: str = "zh", sheets: Mapping[str, pd.DataFrame] | None = None) -> Path:
    """Write tables with headers and codes in words: to one workbook (a name that ends in .xlsx), else a folder of CSV.

    `sheets`: the tables by name; without them all clean tables. No cell is ever a formula. Returns where it was
    written. Raises `ValueError` for a file that is no workbook.
    """
    where = Path(where)
    if where.suffix not in ("", ".xlsx"):
        raise ValueError(vocabulary.both("export_suffix", value=str(where)))
    written = _clean_tables(lang) if sheets is None else {name: _written(one, lang) for name, one in sheets.items()}
    if where.suffix:
        with pd.ExcelWriter(where, engine="xlsxwriter", engine_kwargs={"options": NO_FORMULAS}) as book:
            for name, table in written.items():
                table.to_excel(book, sheet_name=name[:31], index=False)
                book.sheets[name[:31]].freeze_panes(1, 0)
        return where
    where.mkdir(parents=True, exist_ok=True)
    for name, table in written.items():
        harmless = table.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell)
        harmless.to_csv(where / f"{name}.csv", index=False, encoding="utf-8-sig")
    return where


def _clean_tables(lang: str) -> dict[str, pd.DataFrame]:
    """Return the clean tables by their names in a language, without where each row was delivered."""
    names = [name for name in tables.table_names() if name != "boundaries"]  # an outline is too long for a cell
    loaded = {name: loading.rows(build(), name)[list(tables.columns(name))] for name in names}
    called = {name: vocabulary.sentence("table_name", lang, case=name) for name in loaded}
    return {called[name]: _written(table, lang, name) for name, table in loaded.items()}


def _written(table: pd.DataFrame, lang: str, name: str = "") -> pd.DataFrame:
    """Return a table as a person reads it: words and their headers; an index with names is a column like others."""
    if any(table.index.names):
        table = table.reset_index()
    if isinstance(table.columns, pd.MultiIndex):
        table = table.set_axis([" ".join(map(str, column)) for column in table.columns], axis=1)
    return with_headers(in_words(table, lang), lang, name).map(_plain)


def _plain(cell: Any) -> Any:
    """Return the delivered cells of a record as one text, whatever else as it is."""
    return "; ".join(f"{head}: {text}" for head, text in cell.items()) if isinstance(cell, dict) else cell


def connect() -> Any:
    """Return a DuckDB connection in which each clean table is a view: `connect().sql("select * from incidents")`.

    Raises `ModuleNotFoundError` saying how to install it where it is not.
    """
    try:
        import duckdb
    except ModuleNotFoundError:
        raise ModuleNotFoundError(vocabulary.both("no_duckdb")) from None
    connection, folder = duckdb.connect(), build().processed
    for name in tables.table_names():
        connection.read_parquet(str(folder / f"{name}.parquet")).create_view(name)
    return connection
