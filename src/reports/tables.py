"""A tidy table as data, from a notebook's cell to page, workbook and briefing: how it reads, and how wide it is."""

import csv
import datetime as dt
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from pandas.api import types

from src.analysis.charts.style import drawn, wrap
from src.codebook.periods import parse_period
from src.codebook.tables import column_label, words
from src.codebook.vocabulary import sentence

ROWS_SHOWN = 60  # a page stays light; the workbook has them all
MISSING = "—"
RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # what a spreadsheet takes for the start of a formula
NAMES = ("year", "hour")  # numbers that name something take no thousands mark
REMARKS = ("flag", "note", "by_days")
WORKINGS = (
    "detectable", "earlier", "p_unlike", "ordinary_lower", "ordinary_upper", "detectable_unlike", "verdict", "variance",
)  # fmt: skip
SIGNED = ("month_on_month", "year_on_year", "to_date_change", "change", "difference")  # a rise has its sign, too
NUMBERS = ("percent", "name", "integer", "mixed", "decimal", "p")
DATES = ("month", "quarter", "day")
SIGNS = {  # of what a page draws as an icon (`html.SHAPES`), where a cell is text alone: in Word and Excel
    "fell_more": "▽", "fell_unlike": "▼", "rose_more": "△", "rose_unlike": "▲", "within": "·",
    "likely_met": "✓", "likely_missed": "✗", "open": "○", "unknown": "–",
}  # fmt: skip
# In font sizes. Up to the first a text stays whole, else it has the second at least (two words of Chinese in a line)
# and so many lines at most, or the most; where a table has room for it, cells stay whole to the length of a name.
HEAD, CELL, NAME, LINES, MOST, WIDEST, PADDING = (3.0, 3.0), (5.0, 4.5), (9.0, 4.5), 4, 12.0, 18.0, 0.85
BOLD, HEAD_SIZE = 1.06, 0.92  # letters beside regular ones; a head beside the cells under it, as in the style sheet


class Drawn(str):
    """A cell that a page draws, and that is its text everywhere else; it stands in a column of objects."""

    drawing: dict[str, Any]

    @classmethod
    def of(cls, text: str, **drawing: Any) -> "Drawn":
        """Return a text with what a page draws (`src.reports.html`)."""
        made = cls(text)
        made.drawing = drawing
        return made


@dataclass(frozen=True)
class Column:
    """One column: what it is called in code and on a page, how its values are written, and the values themselves.

    `form` is one of `NUMBERS` and `DATES`, `truth`, `weekday` or `text` (words already). Values are JSON's, days in ISO
    form, missing ones `None`. A column of workings, or of remarks of which there is none,
    is `silent`: it stands in the CSV alone.
    `drawings`: how a page draws the values (`src.reports.html`), where there are any.
    """

    name: str
    head: str
    form: str
    values: list[Any]
    digits: int = 0
    silent: bool = False
    drawings: list[dict[str, Any] | None] = field(default_factory=list)

    @property
    def is_number(self) -> bool:
        """Return whether it stands to the right."""
        return self.form in NUMBERS


@dataclass(frozen=True)
class Table:
    """A table with its caption; `rows_shown` of it stand on a page, and no shares of the rows that are `too_few`.

    The columns `aside` stand in the workbook and the CSV: a page has no room for them.
    """

    caption: str
    name: str
    lang: str
    columns: list[Column]
    rows_shown: int
    too_few: list[int]
    aside: Sequence[str] = ()

    @classmethod
    def read(cls, stated: dict[str, Any]) -> "Table":
        """Return the table that JSON states."""
        return cls(**{**stated, "columns": [Column(**column) for column in stated["columns"]]})

    def as_json(self) -> dict[str, Any]:
        """Return the table as JSON states it."""
        return {**vars(self), "columns": [vars(column) for column in self.columns]}

    @property
    def spoken(self) -> list[Column]:
        """Return the columns that a page shows."""
        return [column for column in self.columns if not column.silent and column.name not in self.aside]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns[0].values) if self.columns else 0

    @property
    def rows_told(self) -> int:
        """Return how many of its rows a page and a briefing show."""
        return min(len(self), self.rows_shown)

    def texts(self, column: Column, rows: int | None = None) -> list[str]:
        """Return the cells of a column, all or the first rows, as a page writes them."""
        withheld = set(self.too_few) if column.form == "percent" else set()
        return [
            MISSING if value is None or row in withheld else write(value, column, self.lang)
            for row, value in enumerate(column.values[:rows])
        ]

    def shown(self, column: Column) -> list[str]:
        """Return the cells of a column that a page shows, as it writes them."""
        return self.texts(column, self.rows_shown)

    def spelt(self, column: Column, texts: Sequence[str]) -> list[str]:
        """Return texts of a column for where nothing is drawn: each behind the sign of its icon, if it has one."""
        icons = [(drawing or {}).get("icon") for drawing in column.drawings] or [None] * len(texts)
        return [f"{SIGNS[icon]} {text}" if icon else text for icon, text in zip(icons, texts, strict=False)]

    def whole(self, column: Column) -> list[str]:
        """Return all cells of a column as a CSV has them: numbers unrounded, days in ISO form, nothing for missing."""
        if column.is_number:
            return ["" if v is None else v if isinstance(v, str) else f"{float(v):.10g}" for v in column.values]
        if column.form in DATES:
            return [value or "" for value in column.values]
        return ["" if value is None else write(value, column, self.lang) for value in column.values]

    def csv(self) -> bytes:
        """Return the table as CSV that Excel opens in the right encoding and never takes for formulas."""
        cells = [self.whole(column) for column in self.columns]
        plain = [column.is_number or column.form in DATES for column in self.columns]
        safe = [texts if kept else map(_harmless, texts) for texts, kept in zip(cells, plain, strict=True)]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([column.head for column in self.columns])
        writer.writerows(zip(*safe, strict=True))
        return out.getvalue().encode("utf-8-sig")


def table_of(
    frame: pd.DataFrame,
    caption: str,
    lang: str = "zh",
    percent: Sequence[str] = (),
    name: str = "table",
    rows: int = ROWS_SHOWN,
    aside: Sequence[str] = (),
) -> Table:
    """Return a frame as a table; `percent` names its columns that are shares, `name` whose labels its heads take.

    `aside`: the columns that stand in the workbook alone.
    """
    flags = frame["flag"].eq("too_few").tolist() if "flag" in frame else []
    columns = [
        _column(frame[label], column_label(label, lang, name), lang, rows, label in percent, "unit" in frame.columns)
        for label in frame.columns
    ]
    return Table(caption, name, lang, columns, rows, [row for row, too_few in enumerate(flags) if too_few], aside)


def _column(column: pd.Series, head: str, lang: str, rows: int, percent: bool, mixed: bool) -> Column:
    form, name = _form_of(column, percent, mixed), str(column.name)
    known = column.head(rows).dropna().abs() if form == "decimal" else []
    digits = 0 if form != "decimal" or (known % 1 == 0).all() else 1 if known.max() >= 100 else 2
    silent = name in WORKINGS or (name in REMARKS and bool(column.isin(["", None, 0]).all()))
    values = [None if pd.isna(value) else _as_json(value, form, name, lang) for value in column.tolist()]
    drawings = [getattr(value, "drawing", None) for value in column.tolist()] if column.dtype == object else []
    return Column(name, head, form, values, digits, silent, drawings if any(drawings) else [])


def _form_of(column: pd.Series, percent: bool, mixed: bool) -> str:
    if types.is_bool_dtype(column):
        return "truth"
    if column.name == "weekday":
        return "weekday"
    if types.is_datetime64_any_dtype(column):
        return column.name if column.name in DATES else "day"
    if not types.is_numeric_dtype(column):
        return "text"
    if percent:
        return "percent"
    if column.name in NAMES:
        return "name"
    if types.is_integer_dtype(column):
        return "integer"
    return "mixed" if mixed else "p" if column.name in ("p", "p_overall") else "decimal"


def _as_json(value: Any, form: str, name: str, lang: str) -> Any:
    if form in NUMBERS:
        if not math.isfinite(value):
            return "∞" if value > 0 else "−∞"  # neither JSON nor a workbook has it
        return float(f"{value:.12g}") if isinstance(value, float) else value  # the last bits depend on the machine
    if form in DATES:
        return f"{value:%Y-%m-%d}"
    if form == "text":
        return parse_period(value).label(lang) if name in ("period", "compare") else words(name, str(value), lang)
    return value


def write(value: Any, column: Column, lang: str) -> str:
    """Return a value as a page shows it."""
    if column.form == "text" or (isinstance(value, str) and column.is_number):
        return value
    if column.form in DATES:
        day = dt.date.fromisoformat(value)
        return sentence(
            "date", lang, case=column.form, year=day.year, month=day.month, quarter=(day.month + 2) // 3, day=day
        )
    if column.form == "truth":
        return sentence("cell_yes" if value else "cell_no", lang)
    if column.form == "weekday":
        return sentence("weekday_names", lang).split("|")[value]
    text = _number(value, column).replace("-", "−")  # as in sentences
    return f"+{text}" if column.name in SIGNED and value > 0 and text.strip("0.%") else text


def _number(value: float, column: Column) -> str:
    if column.form == "percent":
        return f"{_no_sign(round(100 * value, 1)):.1f}%"
    if column.form == "p":
        return "<0.001" if value < 0.001 else f"{value:.3f}"
    if column.form == "mixed":
        return f"{round(value, 2):,.10g}"
    if column.form == "decimal":
        return f"{_no_sign(round(value, column.digits)):,.{column.digits}f}"
    return str(value) if column.form == "name" else f"{value:,}"


def _no_sign(value: float) -> float:
    """Return a number that is no negative zero."""
    return value + 0.0


def _harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(RUNS) and not _reads_as_number(text) else text


def _reads_as_number(text: str) -> bool:
    try:
        float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return False
    return True


def widths(heads: Sequence[str], columns: Sequence[Sequence[str]], numeric: Sequence[bool], room: float) -> list[float]:
    """Return the width of each column in font sizes, padding included: numbers stay whole, texts and heads are broken.

    `room`: what the table has; it may come out wider.
    """
    for cell in (NAME, CELL):
        needed = [
            max((drawn(text) if right else _broken(text, *cell) for text in set(texts)), default=0.0)
            for texts, right in zip(columns, numeric, strict=True)
        ]
        needed[0] *= BOLD
        least = [BOLD * HEAD_SIZE * _broken(head, *HEAD) for head in heads]
        found = [min(max(pair), WIDEST) + PADDING for pair in zip(needed, least, strict=True)]
        if sum(found) <= room:
            break
    return found


def _broken(text: str, whole: float, least: float) -> float:
    """Return how narrow a text may become: whole words, no more than `LINES` lines unless it is long."""
    width = drawn(text)
    if width <= whole:
        return width
    return max(least, min(width / LINES, MOST), *map(drawn, wrap(text, 0).split("\n")))


def lines_of(text: str, width: float) -> int:
    """Return over how many lines a text runs in a column of a width in font sizes."""
    return wrap(text, max(width - PADDING, 1)).count("\n") + 1
