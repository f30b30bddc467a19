"""The words in a date (Chinese numerals, names of months and days, 上午 and pm) → the figures that they stand for."""

import re
from dataclasses import dataclass
from functools import lru_cache

from src.codebook import vocabulary
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.numbers import NUMERAL, number_of

COUNTED = re.compile(rf"{NUMERAL}+(?=\s*[年月日号时点點分秒刻./:-])|(?<=[./:-]){NUMERAL}+$")
HALF = r"[ap]\.?m\.?"
QUARTERS = (("半", "30分"), ("1刻", "15分"), ("3刻", "45分"), ("整", ""), ("许", ""))
AFTER_HOUR = re.compile(r"(?<=[时点點分])\s*(半|[13]刻|整|许)")
HOUR = re.compile("[:时点點]")
ORDINAL, OF = r"(?:st|nd|rd|th)?", r"(?:(?:of|de|del|di)\s)?"
_YEAR = r"(?P<year>\d{4}|\d{2}(?![\d:]))"
IN_FIGURES = re.compile(r"(?:\d[年月日号时分秒T]?|[\s./:,+Z-])*")  # there is no word to be put into figures


@dataclass(frozen=True)
class Words:
    """The names that dates hold, as the vocabulary in force has them."""

    months: dict[str, int]
    weekdays: dict[str, int]
    weekday: re.Pattern
    named: list[re.Pattern]
    hour: re.Pattern
    loose: re.Pattern
    hours: dict[str, tuple[int, int]]


def plainly(text: str) -> tuple[str, int | None]:
    """Return a date in figures and the weekday that it names (0 is Monday), if any; raises `CellError`."""
    if IN_FIGURES.fullmatch(text):
        return text.rstrip(" .,;。"), None
    words = _words(vocabulary.current().digest)
    found = [words.weekdays[match["name"].casefold()] for match in words.weekday.finditer(text)]
    if len(set(found)) > 1:
        raise CellError("weekday_differs")
    text = words.weekday.sub(" ", text)
    text = COUNTED.sub(_counted, text.replace("元月", "1月"))
    text = AFTER_HOUR.sub(lambda part: dict(QUARTERS)[part[1]], text)
    for pattern in words.named:
        text = pattern.sub(lambda match: _in_figures(match, words), text)
    text = words.hour.sub(lambda match: _by_the_clock(match, words), text)
    if not HOUR.search(text):
        text = words.loose.sub("", text)  # a part of a day, and no more said
    return " ".join(text.split()).strip(" .,;。"), found[0] if found else None


def _counted(numeral: re.Match) -> str:
    number = number_of(numeral[0])
    return numeral[0] if number is None else str(number)


def _in_figures(match: re.Match, words: Words) -> str:
    parts = match.groupdict()
    month = words.months[parts["name"].casefold()]
    return "-".join(str(part) for part in (parts["year"], month, parts.get("day")) if part)


def _by_the_clock(match: re.Match, words: Words) -> str:
    """Return the hour of the 24-hour clock that 上午, 晚上 or pm make of an hour; raises where that may be two."""
    hour, word = int(match["before"] or match["behind"]), (match["word"] or match["mark"]).casefold()
    first, last = words.hours[word.replace(".", "")]
    hours = {hour, hour + 12} if hour < 12 else {0, 12, 24} if hour == 12 else {hour}
    fitting = [hour for hour in sorted(hours) if first <= hour <= last]
    if len(fitting) != 1:
        raise CellError("hour_unclear")
    alone = match["behind"] and not match["rest"]
    return f" {fitting[0]}{match['rest'] or ''}{'时' if alone else ''}"


@lru_cache(maxsize=4)
def _words(_: str) -> Words:
    marks = vocabulary.current().marks
    months, weekdays = vocabulary.current().numbered("month_names"), vocabulary.current().numbered("weekday_names", 0)
    hours = {word.casefold(): tuple(span) for word, span in marks["hours_of_day"].items()}
    chinese = "|".join(sorted((word for word in hours if not word.isascii()), key=len, reverse=True))
    name = f"(?<![^\\W\\d_])(?P<name>{_any_of(months)})(?![^\\W\\d_])"
    return Words(
        months,
        weekdays,
        re.compile(rf"[(\[]?\s*(?<![a-z])(?P<name>{_any_of(weekdays)})(?![a-z])\s*[)\],.]*", re.IGNORECASE),
        [
            re.compile(rf"(?<!\d)(?P<day>\d{{1,2}}){ORDINAL}[\s./-]*{OF}{name}[\s./,-]*{OF}{_YEAR}", re.IGNORECASE),
            re.compile(rf"{name}[\s./-]*(?P<day>\d{{1,2}}){ORDINAL}\s*[\s,./-]\s*(?P<year>\d{{4}})", re.IGNORECASE),
            re.compile(rf"(?P<year>\d{{4}})[\s./-]+{name}[\s./-]+(?P<day>\d{{1,2}})(?!\d)", re.IGNORECASE),
            re.compile(rf"{name}[\s./,-]*{OF}(?P<year>\d{{4}})", re.IGNORECASE),
        ],
        re.compile(  # an hour, with a word before it or am, pm behind it
            rf"(?P<word>{chinese}|{HALF}(?![a-z]))\s*(?P<before>\d{{1,2}})(?=\s*[:时点點])"
            rf"|(?:^|(?<=[\sT日,]))(?P<behind>\d{{1,2}})(?P<rest>(?::\d{{1,2}}){{0,2}}(?:\.\d+)?|[时点點](?:\d{{1,2}}分)?)\s*(?P<mark>{HALF}(?![a-z])|{chinese})",
            re.IGNORECASE,
        ),
        re.compile(rf"\s*(?:{chinese})$"),
        hours,
    )


def _any_of(names: dict[str, int]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
