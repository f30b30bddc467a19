"""What rows, places and months are called on a chart; how wide a text is drawn, and where it breaks into lines."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from src.analysis.interface import GROUPS
from src.analysis.stats.counts import HEADLINE
from src.codebook.messages import in_text
from src.codebook.periods import parse_period
from src.codebook.vocabulary import PLACES, both, current, label, sentence


def grouped_by(table: pd.DataFrame) -> str:
    """Return by what a tidy table is grouped, of a place with its street the place.

    Raises `ValueError` where it is grouped by nothing, or by several things: its rows cannot stand in one list.
    """
    groups = [name for name in GROUPS if name in table and not (name == "street" and "community" in table)]
    if len(groups) != 1:
        key = "grouped_by_several" if groups else "grouped_by_nothing"
        raise ValueError(both(key, groups=", ".join(groups), allowed=", ".join(GROUPS)))
    return groups[0]


def row_names(table: pd.DataFrame, by: str, lang: str) -> list[str]:
    """Return what the rows of a tidy table are called: labels of codes, names of places, months."""
    if pd.api.types.is_datetime64_any_dtype(table[by]):
        return [short_month(month, lang) for month in table[by]]
    known = by in current().codes or by in ("kind", "roll_up")
    return [label(by, value, lang) if known else value for value in table[by].fillna(sentence("not_stated", lang))]


def with_place_names(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return a table whose streets and communities have the names of the reader's language, where these are known."""
    if lang == "zh":
        return table
    named = {name: [label(name, place, lang) for place in table[name]] for name in PLACES if name in table}
    return table.assign(**named)


def place_name(row: Mapping[str, str], lang: str) -> str:
    """Return the name of a community with its street."""
    return sentence("place", lang, **{name: label(name, row[name], lang) for name in PLACES})


def with_counts(names: Iterable[str], table: pd.DataFrame, lang: str) -> list[str]:
    """Return the names of rows, each with its `x` of `n` in brackets."""
    return [
        name + sentence("listed_aside", lang, listed=f"{x:,}/{n:,}")
        for name, x, n in zip(names, table["x"], table["n"], strict=True)
    ]


def with_flags(names: Iterable[str], flags: Iterable[str], shown: Collection[str], lang: str) -> list[str]:
    """Return the names of rows, in brackets the flag of those whose flag is `shown`: 光华社区（新增）."""
    remarks = {
        flag: sentence("listed_aside", lang, listed=within_text(label("flag", flag, lang), lang)) for flag in shown
    }
    return [name + remarks.get(flag, "") for name, flag in zip(names, flags, strict=True)]


def within_text(name: str, lang: str) -> str:
    """Return the name of what is no place as it stands within a sentence: in English it begins small."""
    return in_text(name) if lang == "en" else name


def headline_unit(lang: str) -> str:
    """Return in what the headline is counted: 宗, reports."""
    return current().roll_ups[HEADLINE][f"unit_{lang}"]


def month_of_year(month: int, lang: str) -> str:
    """Return a month without its year: 3月, March."""
    return sentence("month_name", lang, month=month, name=f"{pd.Timestamp(2000, month, 1):%B}")


def short_month(month: pd.Timestamp, lang: str) -> str:
    """Return a month as an axis shows it: 3月, Mar."""
    return f"{month.month}月" if lang == "zh" else f"{month:%b}"


def month_name(month: pd.Timestamp, lang: str) -> str:
    """Return a month with its year: 2021年3月, March 2021."""
    return parse_period(f"{month:%Y-%m}").label(lang)


def quarter_name(day: pd.Timestamp, lang: str) -> str:
    """Return what the quarter that begins on a day is called: 2021年第3季度, 2021 Q3."""
    return sentence("date.quarter", lang, year=day.year, quarter=day.quarter, day=day)


FONTS = Path(__file__).resolve().parent / "fonts"


def em(text: str) -> float:
    """Return the width of a text in font sizes: 1 for a Chinese character, 0.56 for the rest."""
    return sum(1.0 if unicodedata.east_asian_width(character) in "WF" else 0.56 for character in text)


def drawn(text: str) -> float:
    """Return the width of a text in font sizes to the letter, as the packaged face draws it."""
    return sum(map(_advance, text))


@cache
def _advance(character: str) -> float:
    return _face().getlength(character) / _face().size


@cache
def _face() -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(FONTS / "ReportSansSC-Regular.ttf", 100)


# A Chinese character with the closing marks after it, or a word with the unit after it, stays on one line.
_PIECES = re.compile(r"[（“《]?(?:[^\s\u2e80-\uffef]+[\u4e00-\u9fff]?|[\u2e80-\uffef])[，。；：、！？）”》%]*\s*")


def wrap(text: str, width: float) -> str:
    """Break a text into lines of at most `width` font sizes; Chinese between characters, English between words."""
    lines, line = [], ""
    for piece in _PIECES.findall(text):
        if line and em((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return "\n".join([*lines, line.rstrip()])
