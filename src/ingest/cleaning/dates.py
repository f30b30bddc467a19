"""The closed grammar of dates: what people write → a local time and how exact it is; the rest is refused."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from src.codebook import vocabulary
from src.ingest.batch import CellError
from src.ingest.cleaning.numbers import NUMERAL, Notation, number_of
from src.ingest.readers.grid import as_text

COUNTED = re.compile(rf"{NUMERAL}+(?=\s*[年月日号时点點分秒刻./:-])|(?<=[./:-]){NUMERAL}+$")
HALF = r"[ap]\.?m\.?"
QUARTERS = (("半", "30分"), ("1刻", "15分"), ("3刻", "45分"), ("整", ""), ("许", ""))
AFTER_HOUR = re.compile(r"(?<=[时点點分])\s*(半|[13]刻|整|许)")
HOUR_MARK = re.compile("[:时点點]")
ORDINAL, OF = r"(?:st|nd|rd|th)?", r"(?:(?:of|de|del|di)\s)?"
_NAMED_YEAR = r"(?P<year>\d{4}|\d{2}(?![\d:]))"
IN_FIGURES = re.compile(r"(?:\d[年月日号时分秒T]?|[\s./:,+Z-])*")  # there is no word to be put into figures


def plainly(text: str) -> tuple[str, int | None]:
    """Return a date in figures and the weekday that it names (0 is Monday), if any; raises `CellError`."""
    if IN_FIGURES.fullmatch(text):
        return text.rstrip(" .,;。"), None
    words = _words(vocabulary.current().digest)
    text = _with_zone_last(text.removeprefix("'"), words)
    text = text if "-" in text else LONG_DASH.sub("-", text)
    found = [words.weekdays[match["name"].casefold()] for match in words.weekday.finditer(text)]
    if len(set(found)) > 1:
        raise CellError("weekday_differs")
    text = words.weekday.sub(" ", text)
    text = COUNTED.sub(_counted, text.replace("元月", "1月"))
    text = AFTER_HOUR.sub(lambda part: dict(QUARTERS)[part[1]], text)
    for pattern in words.named:
        text = pattern.sub(lambda match: _in_figures(match, words), text)
    text = words.hour.sub(lambda match: _by_the_clock(match, words), text)
    if not HOUR_MARK.search(text):
        text = words.loose.sub("", text)  # a part of a day, and no more said
    return " ".join(text.split()).strip(" .,;。"), found[0] if found else None


def _with_zone_last(text: str, words: SimpleNamespace) -> str:
    """Return a time with the name of its zone behind it, or without it where its offset says more."""
    text = NAME_IN_BRACKETS.sub(r" \1", OFFSET_AND_NAME.sub(r"\1", text))
    if not (named := words.zone.search(text)):
        return text
    return f"{text[: named.start()]} {text[named.end() :]} {words.zones[named[1]]}".strip()


def _counted(numeral: re.Match) -> str:
    number = number_of(numeral[0])
    return numeral[0] if number is None else str(number)


def _in_figures(match: re.Match, words: SimpleNamespace) -> str:
    parts = match.groupdict()
    month = words.months[parts["name"].casefold()]
    return "-".join(str(part) for part in (parts["year"], month, parts.get("day")) if part)


def _by_the_clock(match: re.Match, words: SimpleNamespace) -> str:
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
def _words(_: str) -> SimpleNamespace:
    """Return the names that dates hold, as the vocabulary in force has them."""
    marks = vocabulary.current().marks
    months, weekdays = vocabulary.current().numbered("month_names"), vocabulary.current().numbered("weekday_names", 0)
    hours = {word.casefold(): tuple(span) for word, span in marks["hours_of_day"].items()}
    zones = {name: zone for zone, names in marks["zone_names"].items() for name in names}
    chinese = vocabulary.any_of(word for word in hours if not word.isascii())
    name = f"(?<![^\\W\\d_])(?P<name>{vocabulary.any_of(months)})(?![^\\W\\d_])"
    return SimpleNamespace(
        months=months,
        weekdays=weekdays,
        hours=hours,
        zones=zones,
        zone=re.compile(rf"[(\[]?({vocabulary.any_of(zones)})[)\]]?"),
        loose=re.compile(rf"\s*(?:{chinese})$"),
        weekday=re.compile(
            rf"[(\[]?\s*(?<![a-z])(?P<name>{vocabulary.any_of(weekdays)})(?![a-z])\s*[)\],.]*", re.IGNORECASE
        ),
        named=[
            re.compile(
                rf"(?<!\d)(?P<day>\d{{1,2}}){ORDINAL}[\s./-]*{OF}{name}[\s./,-]*{OF}{_NAMED_YEAR}", re.IGNORECASE
            ),
            re.compile(rf"{name}[\s./-]*(?P<day>\d{{1,2}}){ORDINAL}\s*[\s,./-]\s*(?P<year>\d{{4}})", re.IGNORECASE),
            re.compile(rf"(?P<year>\d{{4}})[\s./-]+{name}[\s./-]+(?P<day>\d{{1,2}})(?!\d)", re.IGNORECASE),
            re.compile(rf"{name}[\s./,-]*{OF}(?P<year>\d{{4}})", re.IGNORECASE),
        ],
        hour=re.compile(  # an hour, with a word before it or am, pm behind it
            rf"(?P<word>{chinese}|{HALF}(?![a-z]))\s*(?P<before>\d{{1,2}})(?=\s*[:时点點])"
            rf"|(?:^|(?<=[\sT日,]))(?P<behind>\d{{1,2}})(?P<rest>(?::\d{{1,2}}){{0,2}}(?:\.\d+)?|[时点點](?:\d{{1,2}}分)?)\s*(?P<mark>{HALF}(?![a-z])|{chinese})",
            re.IGNORECASE,
        ),
    )


_ZONE = (
    r"\s*(?P<zone>Z|(?:UTC|GMT)?[+-]\d{2}:?\d{2}|(?:UTC|GMT)[+-]\d{1,2}"
    r"|(?<=:\d\d)[+-]\d{2}|(?<=\.\d{3})[+-]\d{2}|UTC|GMT|[A-Z]{3,4}|[A-Z]\w+/[\w/+-]+)"
)
_TIME = (
    r"(?:[\s,]*(?:T|\s|日)?\s*(?P<hour>\d{1,2})\s*(?:[:时點点]\s*(?:(?P<minute>\d{1,2})\s*(?:[:分]\s*(?:(?P<second>\d{1,2})(?:[.,]\d+)?\s*秒?)?)?)?))?"
    + f"(?:{_ZONE})?"
)
WITH_ZONE = re.compile(rf".*(?::\d\d(?:[.,]\d+)?|[时分秒]){_ZONE}", re.ASCII)
OFFSET_AND_NAME = re.compile(r"(:\d\d(?:[.,]\d+)?\s*(?:Z|(?:UTC|GMT)?[+-]\d\d:?\d\d))\s*[(\[][^)\]]*[)\]]$")
NAME_IN_BRACKETS = re.compile(r"\s*[(\[]([A-Za-z_/]+)[)\]]$")
_YEAR = r"\s*(?:民[国國])?\s*(?P<year>\d{2,4})\s*(?P<mark>[-/.年])(?!(?<!-)\s*\d{1,2}\s*-)\s*(?P<month>\d{1,2})\s*"
DAY = re.compile(_YEAR + r"[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?" + _TIME + r"\s*")
MONTH = re.compile(_YEAR + r"(?:月份?)?\s*")
COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:\s*T?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
ROC_COMPACT = re.compile(r"(?P<year>\d{2,3})(?P<month>\d{2})(?P<day>\d{2})")
MONTH_FIRST = re.compile(r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})")
OCTOBER = re.compile(r"\d{4}\.1")  # a number that may have been 2021.10
LONG_DASH = re.compile(r"(?<=\d)\s*[‐-―−]\s*(?=\d)")
MONTHS = re.compile(r"(?:\d{4}年)?\d{1,2}月?[-—–~至到]\d{1,2}月.*|.*(?:累计|季度|半年|全年).*")
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
YEAR = re.compile(r"(?:民国|民國)?(\d{2,4})年?")
YEAR_AND_MONTH = re.compile(r"((?:19|20)\d{2}|1\d{2})[-/.年]?(\d{2})月?")
MONTH_AND_DAY = re.compile(r"(\d{1,2}?)(?:[-/.月])?(\d{2})日?|(\d{1,2})[-/.月](\d)日?")
CLOCK = re.compile(r"(\d{1,2})(\d{2})(\d{2})?")
OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?")
A_DAY = dt.timedelta(days=1)
LEAST_TIMES = 3  # different ones, all at full hours: a chance of one in 200,000
# The directives of `strptime` that state it; each finer precision needs the coarser ones.
STATED = {"month": "mbBcxj", "day": "djcx", "hour": "HIcX", "minute": "McX"}


@dataclass(frozen=True)
class DateGrammar:
    """How one source writes dates.

    `calendar` (roc: year 1 is 1912), `century` for two-digit years, own `format`(s), and the `zone` that times with a
    UTC offset are told in; without one they are taken as the delivery's own local time, whatever their offset.
    """

    calendar: str = "gregorian"
    century: int | None = None
    format: str | Sequence[str] = ()
    epoch_1904: bool = False
    zone: str = ""

    def read(self, cell: object) -> tuple[dt.datetime, str]:
        """Return the local time and its precision (`minute`, `hour`, `day`, `month`); raises `CellError`."""
        if isinstance(cell, dt.datetime):
            return self._in_range(cell.replace(tzinfo=None)), "day" if cell.time() == dt.time() else "minute"
        if isinstance(cell, dt.date):
            return self._in_range(dt.datetime(cell.year, cell.month, cell.day)), "day"
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            cell = f"{cell:.10g}" if cell % 1 else f"{cell:.0f}"
            if OCTOBER.fullmatch(cell):
                raise CellError("month_unclear")
        when, precision = self._parse(" ".join(vocabulary.normal(str(cell)).split()))
        return self._in_range(when), precision

    def _parse(self, text: str) -> tuple[dt.datetime, str]:
        for style, written in product(self.formats, dict.fromkeys([text, text.rstrip(" .。")])):
            try:
                when = self._local(dt.datetime.strptime(written, style))
            except (ValueError, OverflowError):
                continue
            return when, precision_of(style)
        plain, weekday = plainly(text)
        when, precision = self._by_pattern(plain, text)
        midnight = precision in ("minute", "hour") and when.time() == dt.time()  # which may be 24:00 of the day before
        if weekday is not None and (when.weekday() - weekday) % 7 > midnight:
            raise CellError("weekday_differs")
        return when, precision

    def _by_pattern(self, text: str, written: str) -> tuple[dt.datetime, str]:
        is_roc = self.calendar == "roc" or text.startswith("民")
        for pattern in (DAY, ROC_COMPACT, MONTH) if is_roc else (DAY, COMPACT, MONTH, MONTH_FIRST):
            match = pattern.fullmatch(text)
            first_year = self._first_year(match.groupdict(), is_roc) if match else None
            if first_year is not None:
                parts = {name: part for name, part in match.groupdict().items() if name != "mark"}
                when, precision = self._built({"day": "1", **parts}, first_year)
                return when, precision if "day" in parts else "month"
        if SERIAL.fullmatch(text) and 20_000 <= float(text) < 80_000:
            return self._from_serial(float(text))
        raise CellError("several_months" if MONTHS.fullmatch(written) else "not_a_date")

    @cached_property
    def formats(self) -> Sequence[str]:
        """Return the formats of its own."""
        return (self.format,) if isinstance(self.format, str) else self.format

    def _first_year(self, parts: dict, is_roc: bool) -> int | None:
        """Return what is added to a year as it is written; nothing where it may be any."""
        digits, is_day = len(parts["year"]), "day" in parts
        if is_roc:
            return 1911 if digits < 4 else None if is_day else 0
        if digits == 2 and (parts["mark"] == "年" or (is_day and self.century is not None)):
            return self.century or 2000
        return 0 if digits == 4 else None

    def _from_serial(self, serial: float) -> tuple[dt.datetime, str]:
        epoch = dt.datetime(1904, 1, 1) if self.epoch_1904 else dt.datetime(1899, 12, 30)
        when = epoch + dt.timedelta(seconds=round(serial * 86_400))
        return when, "day" if serial.is_integer() else "minute"

    @staticmethod
    def _in_range(when: dt.datetime) -> dt.datetime:
        earliest = int(vocabulary.threshold("earliest_year"))
        if 1900 <= when.year < earliest:
            raise CellError("before_earliest", earliest=earliest)
        if not earliest <= when.year <= 2100:
            raise CellError("impossible_date")
        return when

    def _built(self, parts: dict, first_year: int) -> tuple[dt.datetime, str]:
        numbers = {name: int(text) for name, text in parts.items() if text and name != "zone"}
        numbers["year"] += first_year
        # 24:00 is how a day ends, which is the beginning of the next.
        ends = numbers.get("hour") == 24 and not numbers.get("minute") and not numbers.get("second")
        try:
            when = dt.datetime(**numbers | ({"hour": 0} if ends else {})) + A_DAY * ends
            if zone := parts.get("zone"):
                when = self._local(when.replace(tzinfo=self._zone(zone, when))) if "hour" in numbers else when
        except CellError:
            raise
        except (ValueError, OverflowError):
            raise CellError("impossible_date") from None
        return when, "minute" if "minute" in numbers else "hour" if "hour" in numbers else "day"

    def _zone(self, name: str, when: dt.datetime) -> dt.tzinfo | None:
        """Return the zone that is written behind a time; an abbreviation means the zone that is stated, or several."""
        if name not in vocabulary.current().marks["zone_abbreviations"]:
            return zone_of(name)
        own = zone_of(self.zone) if self.zone else None
        if own and when.replace(tzinfo=own).tzname() != name:
            raise CellError("zone_unclear", zone=self.zone)
        return own

    def _local(self, when: dt.datetime) -> dt.datetime:
        """Return a time as the zone that is stated has it; without one the hour stays where it was."""
        if when.tzinfo and self.zone:
            when = when.astimezone(zone_of(self.zone))
        return when.replace(tzinfo=None)


def _states_zone(text: str) -> bool:
    """Return whether a time states its zone or its offset from UTC, and not the zone of the district."""
    zoned = _with_zone_last(vocabulary.normal(text).strip(), _words(vocabulary.current().digest))
    found = WITH_ZONE.fullmatch(zoned)
    return bool(found) and found["zone"] != vocabulary.current().calendar["zone"]


def notation_of_times(meanings: dict[object, object]) -> Notation:
    """Return how times are written, by some of their cells and what each means."""
    times = {meaning[0] for meaning in meanings.values() if isinstance(meaning, tuple) and meaning[1] == "minute"}
    offset = next((text for text in map(as_text, meanings) if _states_zone(text)), "")
    if len(times) < LEAST_TIMES or any(when.minute or when.second for when in times):
        return Notation(offset=offset)
    return Notation(rounded="hour" if any(when.hour for when in times) else "day", offset=offset)


def zone_of(name: str) -> dt.tzinfo:
    """Return the time zone of a name (`America/Bogota`) or an offset (`-05:00`, `Z`); raises `ValueError`."""
    if name in ("Z", "UTC", "GMT"):
        return dt.UTC
    if match := OFFSET.fullmatch(name):
        sign, hours, minutes = match.groups()
        if int(hours) > 14 or int(minutes or 0) > 59:
            raise ValueError(name)
        ahead = dt.timedelta(hours=int(hours), minutes=int(minutes or 0))
        return dt.timezone(-ahead if sign == "-" else ahead)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a name that is none, or that no time zone may have
        raise ValueError(name) from None


def precision_of(style: str) -> str:
    """Return how exact a time is that a format states; raises `CellError` where it leaves the month open."""
    directives = set(re.findall("%(.)", style))
    stated = [precision for precision, letters in STATED.items() if directives.intersection(letters)]
    if stated[:1] != ["month"]:
        raise CellError("month_missing")
    return stated[-1] if "day" in stated else "month"


def joined(cells: Sequence[object], century: int | None = None) -> str:
    """Return the date that cells state together, from the year or the day down, as one text; nothing where none does.

    Year and month; year and month-day; day and time.

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
