"""Periods as people write them ("2021-01/2021-09", "2021Q1-Q3") → days, and what they are compared with; today."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from src.codebook import vocabulary

REGISTERED = "registered"  # in the `attrs` of loaded incidents: what was decided before the data (`registered.yml`)
HOLDS = "holds"  # in the `attrs` of incidents that were loaded: the days that they tell of
AREA = "area"  # in the `attrs` of a table that was loaded: the area that it is of
DAY = r"\d{4}-\d{2}-\d{2}"
MONTH = r"\d{4}-\d{2}"
FORMS = {
    "days": re.compile(rf"(?P<first>{DAY})/(?P<last>{DAY})"),
    "months": re.compile(rf"(?P<first>{MONTH})(?:/(?P<last>{MONTH}))?"),
    "parts": re.compile(r"(?P<year>\d{4})(?:(?P<quarter>Q)(?P<first>[1-4])(?:-Q?(?P<last>[1-4]))?|H(?P<half>[12]))?"),
}


@dataclass(frozen=True, order=True)
class Period:
    """A stretch of days, both ends included."""

    first_day: dt.date
    last_day: dt.date

    @property
    def whole_months(self) -> bool:
        """Return whether it begins and ends with a month."""
        return self.first_day.day == 1 and self.last_day == _day(self.last_day.year, self.last_day.month)

    @property
    def months(self) -> int:
        """Return the number of calendar months it touches."""
        return 12 * (self.last_day.year - self.first_day.year) + self.last_day.month - self.first_day.month + 1

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.last_day - self.first_day).days + 1

    def __str__(self) -> str:
        """Return it as it may be given again."""
        if not self.whole_months:
            return f"{self.first_day}/{self.last_day}"
        first, last = f"{self.first_day:%Y-%m}", f"{self.last_day:%Y-%m}"
        return first if first == last else f"{first}/{last}"

    def __format__(self, lang: str) -> str:
        """Return its name in a language, as a sentence asks for it (`{period:zh}`), else as `str`."""
        return self.label(lang) if lang else str(self)

    def in_year(self, year: int) -> "Period":
        """Return the same window in another year; a window of whole months keeps whole months (29 February)."""
        shift = year - self.first_day.year
        last_year = self.last_day.year + shift
        first = _day(year, self.first_day.month, self.first_day.day)
        last = _day(last_year, self.last_day.month, 31 if self.whole_months else self.last_day.day)
        return Period(first, last)

    def previous_year(self) -> "Period":
        """Return the same window a year earlier."""
        return self.in_year(self.first_day.year - 1)

    def previous_period(self) -> "Period":
        """Return the stretch of as many months (or days) just before."""
        last = self.first_day - dt.timedelta(days=1)
        if not self.whole_months:
            return Period(last - dt.timedelta(days=self.days - 1), last)
        months = 12 * self.first_day.year + self.first_day.month - 1 - self.months
        return Period(dt.date(months // 12, months % 12 + 1, 1), last)

    def year_to_date(self) -> "Period":
        """Return January of its last year to its last day."""
        return Period(dt.date(self.last_day.year, 1, 1), self.last_day)

    def compared_with(self, compare: str) -> list["Period"]:
        """Return what `compare` means for this period: one window, or that of each of three years before.

        Of the three of `three_year_mean` a report averages those that the data hold whole.
        Raises `ValueError` naming the value and what would be right.
        """
        if compare == "previous_year":
            return [self.previous_year()]
        if compare == "previous_period":
            return [self.previous_period()]
        if compare == "three_year_mean":
            return [self.in_year(self.first_day.year - back) for back in (3, 2, 1)]
        if re.fullmatch(r"\d{4}", compare):
            return [self.in_year(int(compare))]
        raise ValueError(vocabulary.both("compare_unknown", value=compare))

    def label(self, lang: str = "zh") -> str:
        """Return its name in a language: 2021年1—9月, January–September 2021."""
        first, last, whole = self.first_day, self.last_day, self.whole_months
        same_year = first.year == last.year
        if whole and same_year and self.months == 12:
            return f"{first.year}年" if lang == "zh" else str(first.year)
        is_one = self.months == 1 if whole else first == last
        if lang == "zh":
            begin, end = (f"{day.year}年{day.month}月{'' if whole else f'{day.day}日'}" for day in (first, last))
            if same_year:
                begin, end = (begin if is_one else begin.removesuffix("月")), end.partition("年")[2]
            return begin if is_one else f"{begin}—{end}"
        days = [f"{day.day} {calendar.month_name[day.month]} {day.year}" for day in (first, last)]
        begin, end = (day.partition(" ")[2] if whole else day for day in days)
        begin = begin.removesuffix(f" {last.year}")
        return end if is_one else f"{begin}{'–' if whole else ' – '}{end}"


def parse_period(given: "str | int | Period", name: str = "period") -> Period:
    """Return the period that a text, or the number of a year, means; one that is a period already stays as it is.

    Raises `ValueError` with the parameter's name, the text and what would be right.

    >>> parse_period("2021Q1-Q3").label("zh")
    '2021年1—9月'
    """
    if isinstance(given, Period):
        return given
    text = str(given)
    for form, pattern in FORMS.items():
        if match := pattern.fullmatch(text.strip()):
            try:
                period = _built(form, match.groupdict())
            except ValueError:
                break
            if period.first_day <= period.last_day:
                return period
            raise ValueError(vocabulary.both("period_backwards", name=name, value=text))
    raise ValueError(vocabulary.both("period_unknown", name=name, value=text[:60]))


def _built(form: str, parts: dict[str, str]) -> Period:
    if form == "days":
        return Period(dt.date.fromisoformat(parts["first"]), dt.date.fromisoformat(parts["last"]))
    if form == "months":
        first, last = parts["first"], parts["last"] or parts["first"]
        return Period(dt.date.fromisoformat(f"{first}-01"), _day(*map(int, last.split("-"))))
    year, width = int(parts["year"]), 3 if parts["quarter"] else 6 if parts["half"] else 12
    first = int(parts["first"] or parts["half"] or 1)
    return Period(dt.date(year, width * (first - 1) + 1, 1), _day(year, width * int(parts["last"] or first)))


def _day(year: int, month: int, day: int = 31) -> dt.date:
    """Return a day of a month; the last one where the month has not so many."""
    return dt.date(year, month, min(day, calendar.monthrange(year, month)[1]))


def zone() -> dt.tzinfo | None:
    """Return the time zone of the district, whatever that of the machine; nothing where its calendar states none."""
    name = vocabulary.current().calendar["zone"]
    return ZoneInfo(name) if name else None


def now() -> dt.datetime:
    """Return the time in the district, to the second."""
    return dt.datetime.now(zone()).astimezone(zone()).replace(microsecond=0)


def today() -> dt.date:
    """Return the day in the district."""
    return now().date()
