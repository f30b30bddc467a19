"""A date that several cells state together (year and month; year and month-day; day and time) → one text."""

import datetime as dt
import re
from collections.abc import Sequence

from src.codebook import vocabulary
from src.ingest.cleaning.numerals import number_of
from src.ingest.readers.grid import as_text

YEAR = re.compile(r"(?:民国|民國)?(\d{2,4})年?")
YEAR_AND_MONTH = re.compile(r"((?:19|20)\d{2}|1\d{2})[-/.年]?(\d{2})月?")
MONTH_AND_DAY = re.compile(r"(\d{1,2}?)(?:[-/.月])?(\d{2})日?|(\d{1,2})[-/.月](\d)日?")
CLOCK = re.compile(r"(\d{1,2})(\d{2})(\d{2})?")


def joined(cells: Sequence[object], century: int | None = None) -> str:
    """Return the date that cells state together, from the year or the day down, as one text; nothing where none does.

    What is lacking at the end makes it less exact; what is lacking before leaves a text that is no date.
    """
    missing = vocabulary.current().folded_marks["missing"]
    texts = [_text(cell) for cell in cells]
    while texts and vocabulary.fold(texts[-1]) in missing:
        texts.pop()
    parts = [text if vocabulary.fold(text) not in missing else "?" for text in texts]
    if not parts or len(parts) == 1:
        return "".join(parts)
    if match := YEAR_AND_MONTH.fullmatch(parts[0]):
        parts[:1] = match.groups()
    year = YEAR.fullmatch(parts[0])
    if not year:  # a day, and a time of that day
        return " ".join([parts[0], *map(_clock, parts[1:])])
    if match := MONTH_AND_DAY.fullmatch(parts[1]):
        parts[1:2] = [part for part in match.groups() if part]
    parts[0] = f"{century + int(year[1])}" if century and len(year[1]) == 2 else year[1]
    parts[1:3] = [_month(parts[1]), *(day.rstrip("日号") for day in parts[2:3])]
    return " ".join(["-".join(parts[:3]), *map(_clock, parts[3:])])


def _text(cell: object) -> str:
    """Return what a cell says; of a day without a time the day alone."""
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    return vocabulary.normal(as_text(cell)).strip()


def _month(text: str) -> str:
    """Return a month's number for its name (Jan, enero, 三月)."""
    bare = text.removesuffix("份").removesuffix("月").strip(" .")
    number = vocabulary.current().numbered("month_names").get(vocabulary.fold(bare)) or number_of(bare)
    return bare if number is None else str(number)


def _clock(text: str) -> str:
    """Return 1420 as 14:20."""
    match = CLOCK.fullmatch(text)
    return ":".join(part for part in match.groups() if part) if match else text
