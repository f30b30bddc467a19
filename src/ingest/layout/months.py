"""What the header of a wide table's column says of its months: one, a sum since January, or a total."""

import re

from src.codebook import vocabulary

BRACKETS = re.compile(r"[（(\[【〔]([^）)\]】〕]*)[）)\]】〕]")
_YEAR = r"(?:(?P<year>\d{4})[年\-/.]?)?"
MEANINGS = [
    ("month", 0, re.compile(_YEAR + r"(?P<month>\d{1,2})(?:月份?)?")),
    ("month", 0, re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-01(?:00:00:00)?")),  # stored as a date by the sheet
    ("sum", 0, re.compile(_YEAR + r"1月?[-—–~至到](?P<month>\d{1,2})月(?:份|累计|合计)?")),
    ("sum", 6, re.compile(_YEAR + r"上半年(?:累计|合计)?")),
    ("sum", 12, re.compile(_YEAR + r"(?:全年|年度)(?:累计|合计)?")),
    ("total", 1, re.compile(_YEAR + r"(?:本年|当年)?(?:累计|合计|总计)")),
]
NUMBERS = {word: str(number) for number, word in enumerate("一二三四五六七八九十", 1)} | {"十一": "11", "十二": "12"}
IN_WORDS = re.compile(rf"({'|'.join(sorted(NUMBERS, key=len, reverse=True))})(?=月)")


def months_in(header: str, meaning: str) -> tuple[int | None, int] | None:
    """Return year (None: not stated) and month of a header that means a `month`, a `sum` up to it, or a `total`."""
    text = IN_WORDS.sub(lambda word: NUMBERS[word[0]], vocabulary.fold(BRACKETS.sub("", header)))
    for meant, month, pattern in MEANINGS:
        if meant == meaning and (match := pattern.fullmatch(text)):
            return int(match["year"]) if match["year"] else None, month or int(match["month"])
    return None


def is_month(header: str) -> bool:
    """Return whether a cell can only be the header of a month's column: not a bare number, as counts are."""
    named = len(header) <= 30 and not header.strip().replace(".", "").isdigit()
    return named and bool(months_in(header, "month") or months_in(header, "sum"))
