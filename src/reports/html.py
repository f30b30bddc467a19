"""A tidy table → an accessible HTML table, and the CSV that a reader downloads from within the page."""

import base64
import csv
import io
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import pandas as pd
from pandas.api import types

from src.analysis.charts.lettering import drawn, wrap
from src.codebook import vocabulary
from src.codebook.labels import column_label, words
from src.codebook.periods import parse_period

ROWS_SHOWN = 60  # a page stays light; the CSV has them all
# Widths in font sizes. Up to the first a text stays whole, else it has the second at least (two words of Chinese in a
# line) and so many lines at most, or the most; where a table has room for it, cells stay whole to the length of a name.
HEAD, CELL, NAME, LINES, MOST, WIDEST, PADDING = (3.0, 3.0), (5.0, 4.5), (9.0, 4.5), 4, 12.0, 18.0, 0.85
ROOM = 46  # of a page for a table
BOLD, HEAD_SIZE = 1.06, 0.92  # letters beside regular ones; a head beside the cells under it, as in the style sheet
MISSING = "—"
RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # what a spreadsheet takes for the start of a formula
NAMES = ("year", "hour")  # numbers that name something take no thousands mark
PERIODS = ("period", "compare")
REMARKS = ("flag", "note", "by_days")


def table_html(
    frame: pd.DataFrame,
    caption: str,
    lang: str = "zh",
    percent: Sequence[str] = (),
    name: str = "table",
    rows: int = ROWS_SHOWN,
) -> str:
    """Return a frame as a captioned table with scopes, numbers to the right, and a link that downloads it as CSV.

    A column of remarks of which there is none stands in the download alone. No share of what is `too_few`. Each column
    says how narrow it may become, and the table what that comes to: the page's style sheet sets its font by it.
    """
    shown, mixed = frame.head(rows), "unit" in frame.columns
    silent = [column for column in REMARKS if column in frame and frame[column].isin(["", None, 0]).all()]
    told = frame.drop(columns=silent)
    heads = [column_label(column, lang, name) for column in told.columns]
    numeric = [_is_number(told[column]) for column in told.columns]
    if "flag" in shown:
        shown = shown.assign(**{c: shown[c].mask(shown["flag"].eq("too_few")) for c in percent if c in shown})
    columns = [_texts(shown[column], lang, percent=column in percent, mixed=mixed) for column in told.columns]
    rooms = _rooms(heads, columns, numeric)
    head = "".join(
        f'<th scope="col"{_align(right, room)}>{escape(text)}</th>'
        for text, right, room in zip(heads, numeric, rooms, strict=True)
    )
    body = "".join(f"<tr>{_row(row, numeric)}</tr>" for row in zip(*columns, strict=True))
    note = (
        f'<p class="cut">{escape(vocabulary.sentence("rows_cut", lang, shown=rows, rows=len(frame)))}</p>'
        if len(frame) > rows
        else ""
    )
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f'<table class="numbers" style="--em:{sum(rooms) + 0.5:.1f}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{note}{csv_link(frame, lang, name)}"
    )


def _row(row: Sequence[str], numeric: Sequence[bool]) -> str:
    first = f'<th scope="row"{_align(numeric[0])}>{escape(row[0])}</th>'
    return first + "".join(
        f"<td{_align(right)}>{escape(text)}</td>" for text, right in zip(row[1:], numeric[1:], strict=True)
    )


def _align(right: bool, room: float = 0) -> str:
    # Stated in the cell as well: JupyterLab and a saved notebook do not have the page's style sheet.
    least = f";min-width:{room / HEAD_SIZE:.3g}em" if room else ""
    return f' style="text-align:right{least}"' if right else f' class="t" style="text-align:left{least}"'


def _rooms(heads: Sequence[str], columns: Sequence[Sequence[str]], numeric: Sequence[bool]) -> list[float]:
    """Return how narrow each column may become, padding included: numbers stay whole, texts and heads are broken."""
    for cell in (NAME, CELL):
        needed = [
            max((drawn(text) if right else _broken(text, *cell) for text in set(texts)), default=0.0)
            for texts, right in zip(columns, numeric, strict=True)
        ]
        needed[0] *= BOLD
        least = [BOLD * HEAD_SIZE * _broken(head, *HEAD) for head in heads]
        rooms = [min(max(pair), WIDEST) + PADDING for pair in zip(needed, least, strict=True)]
        if sum(rooms) <= ROOM:
            break
    return rooms


def _broken(text: str, whole: float, least: float) -> float:
    """Return how narrow a text may become: whole words, no more than `LINES` lines unless it is long."""
    width = drawn(text)
    if width <= whole:
        return width
    return max(least, min(width / LINES, MOST), *map(drawn, wrap(text, 0).split("\n")))


def _is_number(column: pd.Series) -> bool:
    return types.is_numeric_dtype(column) and not types.is_bool_dtype(column) and column.name != "weekday"


def _texts(column: pd.Series, lang: str, *, percent: bool = False, mixed: bool = False) -> list[str]:
    write = _writer(column, lang, percent, mixed)
    return [MISSING if pd.isna(value) else write(value) for value in column]


def _writer(column: pd.Series, lang: str, percent: bool, mixed: bool) -> Callable[[Any], str]:
    if percent:
        return lambda value: f"{_no_sign(round(100 * value, 1)):.1f}%"
    if types.is_bool_dtype(column):
        return lambda value: vocabulary.sentence("cell_yes" if value else "cell_no", lang)
    if column.name in NAMES:
        return str
    if column.name == "weekday":
        return vocabulary.sentence("weekday_names", lang).split("|").__getitem__
    if types.is_integer_dtype(column):
        return lambda value: f"{value:,}"
    if types.is_float_dtype(column):
        return (lambda value: f"{round(value, 2):,.10g}") if mixed else _float_writer(column)
    if types.is_datetime64_any_dtype(column):
        key = f"date_{column.name}" if column.name in ("month", "quarter") else "date_day"
        return lambda day: vocabulary.sentence(key, lang, year=day.year, month=day.month, quarter=day.quarter, day=day)
    if column.name in PERIODS:
        return lambda value: parse_period(value).label(lang)
    return lambda value: words(str(column.name), str(value), lang)


def _float_writer(column: pd.Series) -> Callable[[float], str]:
    known = column.dropna().abs()
    if column.name in ("p", "p_overall"):
        return lambda value: "<0.001" if value < 0.001 else f"{value:.3f}"
    digits = 0 if (known % 1 == 0).all() else 1 if known.max() >= 100 else 2
    return lambda value: f"{_no_sign(round(value, digits)):,.{digits}f}"


def _no_sign(value: float) -> float:
    """Return a number that is no negative zero."""
    return value + 0.0


def csv_link(frame: pd.DataFrame, lang: str = "zh", name: str = "table") -> str:
    """Return a link that carries the table as CSV within itself; the page needs no second file."""
    data = base64.b64encode(csv_bytes(frame, lang, name)).decode("ascii")
    text = escape(vocabulary.sentence("download_csv", lang))
    return f'<a class="csv" download="{escape(name)}.csv" href="data:text/csv;charset=utf-8;base64,{data}">{text}</a>'


def csv_bytes(frame: pd.DataFrame, lang: str = "zh", name: str = "table") -> bytes:
    """Return a table as CSV that Excel opens in the right encoding and never takes for formulas; numbers unrounded."""
    columns = [_csv_texts(frame[column], lang) for column in frame.columns]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column_label(column, lang, name) for column in frame.columns])
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue().encode("utf-8-sig")


def _csv_texts(column: pd.Series, lang: str) -> list[str]:
    if _is_number(column):
        return ["" if pd.isna(value) else f"{value:.10g}" for value in column]
    if types.is_datetime64_any_dtype(column):
        return ["" if pd.isna(day) else f"{day:%Y-%m-%d}" for day in column]
    return ["" if pd.isna(value) else _harmless(text) for value, text in zip(column, _texts(column, lang), strict=True)]


def _harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(RUNS) and not _reads_as_number(text) else text


def _reads_as_number(text: str) -> bool:
    try:
        float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return False
    return True
