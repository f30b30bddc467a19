"""What the header of a wide table's column says of its months: one, a sum since January, or a total."""

import re
from collections.abc import Iterable
from functools import lru_cache

from src.codebook import vocabulary
from src.ingest.cleaning.numbers import NUMERAL, number_of

BRACKETS = re.compile(r"[（(\[【〔]([^）)\]】〕]*)[）)\]】〕]")
_YEAR = r"(?:(?P<year>\d{4})[年\-/.]?)?"
MEANINGS = [
    ("month", 0, re.compile(_YEAR + r"(?P<month>\d{1,2})(?:月份?)?")),
    ("month", 0, re.compile(r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})")),
    ("month", 0, re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-01(?:00:00:00)?")),  # stored as a date by the sheet
    ("sum", 0, re.compile(_YEAR + r"1月?[-—–~至到](?P<month>\d{1,2})月(?:份|累计|合计)?")),
    ("sum", 6, re.compile(_YEAR + r"上半年(?:累计|合计)?")),
    ("sum", 12, re.compile(_YEAR + r"(?:全年|年度)(?:累计|合计)?")),
    ("total", 1, re.compile(_YEAR + r"(?:本年|当年)?(?:累计|合计|总计)")),
]
YEAR_MONTH = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])")
IN_WORDS = re.compile(rf"{NUMERAL}+(?=月)")


def months_in(header: str, meaning: str) -> tuple[int | None, int] | None:
    """Return year (None: not stated) and month of a header that means a `month`, a `sum` up to it, or a `total`."""
    text = IN_WORDS.sub(lambda word: str(number_of(word[0])), vocabulary.fold(BRACKETS.sub("", header)))
    for meant, month, pattern in MEANINGS:
        if meant == meaning and (match := pattern.fullmatch(text)):
            return int(match["year"]) if match["year"] else None, month or int(match["month"])
    return _named(text) if meaning == "month" else None


def _named(folded: str) -> tuple[int | None, int] | None:
    """Return year and month of a header that calls a month by its name: Enero, Jan-21, 2021 March."""
    names, pattern = _names(vocabulary.current().digest)
    if not (match := pattern.fullmatch(folded)):
        return None
    year = match["before"] or match["behind"]
    return int(year) + (2000 if len(year) == 2 else 0) if year else None, names[match["name"]]


@lru_cache(maxsize=4)
def _names(_: str) -> tuple[dict[str, int], re.Pattern]:
    names = vocabulary.current().numbered("month_names")
    some = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return names, re.compile(rf"(?:(?P<before>\d{{4}})[-/.']?)?(?P<name>{some})\.?(?:[-/.']?(?P<behind>\d{{4}}|\d\d))?")


def split_kind(header: str, kinds: Iterable[str]) -> tuple[str, str]:
    """Return which of the kinds a header names, the one with the longest word, and what it says beside it: 盗窃 1月."""
    folded = vocabulary.fold(header)
    kind = max((kind for kind in kinds if vocabulary.fold(kind) in folded), key=len, default="")
    rest = folded.replace(vocabulary.fold(kind), "", 1).strip("_-/:") if kind else header
    return kind, inside[1] if kind and (inside := BRACKETS.fullmatch(rest)) else rest


def is_month(header: str) -> bool:
    """Return whether a cell can only be the header of a month's column: not a bare number, as counts are."""
    bare = header.strip().replace(".", "")
    named = len(header) <= 30 and (not bare.isdigit() or bool(YEAR_MONTH.fullmatch(bare)))
    return named and bool(months_in(header, "month") or months_in(header, "sum"))


def months_among(texts: Iterable[str]) -> int:
    """Return how many different cells of a line are headers of months: by name, or numbers that count from 1."""
    texts = dict.fromkeys(texts)
    numbers = sorted(int(text) for text in texts if text.strip().isdecimal() and len(text.strip()) <= 2)
    counted = len(numbers) if len(numbers) > 1 and numbers == [*range(1, len(numbers) + 1)] else 0
    return sum(map(is_month, texts)) + counted * (counted <= 12)
