"""The closed grammar of dates: what offices write → a local time and how exact it is; the rest is refused."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from src.codebook import vocabulary
from src.codebook.clock import SHANGHAI
from src.ingest.cleaning.issue import CellError

_TIME = (
    r"(?:\s*(?:T|\s|日)?\s*(?P<hour>\d{1,2})\s*(?:[:时點点]\s*(?:(?P<minute>\d{1,2})\s*(?:[:分]\s*(?:(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?)?)?))?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_YMD = r"\s*(?P<year>{year})\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<day>\d{{1,2}})\s*[日号]?"
FULL = re.compile(_YMD.format(year=r"\d{4}") + _TIME + r"\s*")
SHORT_YEAR = re.compile(_YMD.format(year=r"\d{2}") + _TIME + r"\s*")
ROC_YEAR = re.compile(r"\s*(?:民国|民國)?" + _YMD.format(year=r"\d{2,3}") + _TIME + r"\s*")
COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:\s*(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?)?(?P<zone>)"
)
ROC_COMPACT = re.compile(r"(?P<year>\d{2,3})(?P<month>\d{2})(?P<day>\d{2})(?P<hour>)(?P<minute>)(?P<second>)(?P<zone>)")
MONTH = re.compile(r"\s*(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*月?\s*")
MONTHS = re.compile(r"(?:\d{4}年)?\d{1,2}月?[-—–~至到]\d{1,2}月.*|.*(?:累计|季度|半年|全年).*")
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
HOUR = re.compile(r"\s*(\d{1,2})\s*(?:[:时点~—–-].*)?")


@dataclass(frozen=True)
class DateGrammar:
    """How one source writes dates: `calendar` (roc: year 1 is 1912), `century` for two-digit years, own `format`(s)."""

    calendar: str = "gregorian"
    century: int | None = None
    format: str | Sequence[str] = ()
    epoch_1904: bool = False

    def read(self, cell: object) -> tuple[dt.datetime, str]:
        """Return the local time and its precision (`minute`, `hour`, `day`, `month`); raises `CellError`."""
        if isinstance(cell, dt.datetime):
            return self._in_range(cell.replace(tzinfo=None)), "day" if cell.time() == dt.time() else "minute"
        if isinstance(cell, dt.date):
            return self._in_range(dt.datetime(cell.year, cell.month, cell.day)), "day"
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            cell = f"{cell:.10g}" if cell % 1 else f"{cell:.0f}"
        when, precision = self._parse(" ".join(vocabulary.normal(str(cell)).split()))
        return self._in_range(when), precision

    def _parse(self, text: str) -> tuple[dt.datetime, str]:
        for style in self.formats:
            try:
                when = _local(dt.datetime.strptime(text, style))
            except (ValueError, OverflowError):
                continue
            return when, "minute" if "%M" in style else "hour" if "%H" in style else "day"
        for pattern, first_year in self._patterns:
            if match := pattern.fullmatch(text):
                return _built(match.groupdict(), first_year)
        if match := MONTH.fullmatch(text):
            return _built({**match.groupdict(), "day": "1"}, 0)[0], "month"
        if SERIAL.fullmatch(text) and 20_000 <= float(text) < 80_000:
            return self._from_serial(float(text))
        raise CellError("several_months" if MONTHS.fullmatch(text) else "not_a_date")

    @cached_property
    def formats(self) -> Sequence[str]:
        """Return the formats of its own."""
        return (self.format,) if isinstance(self.format, str) else self.format

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern, int]]:
        if self.calendar == "roc":
            return [(ROC_COMPACT, 1911), (ROC_YEAR, 1911)]
        return [(FULL, 0), (COMPACT, 0), *([(SHORT_YEAR, self.century)] if self.century is not None else [])]

    def _from_serial(self, serial: float) -> tuple[dt.datetime, str]:
        epoch = dt.datetime(1904, 1, 1) if self.epoch_1904 else dt.datetime(1899, 12, 30)
        when = epoch + dt.timedelta(seconds=round(serial * 86_400))
        return when, "day" if serial.is_integer() else "minute"

    @staticmethod
    def _in_range(when: dt.datetime) -> dt.datetime:
        if not vocabulary.threshold("earliest_year") <= when.year <= 2100:
            raise CellError("impossible_date")
        return when


def _built(parts: dict, first_year: int) -> tuple[dt.datetime, str]:
    numbers = {name: int(text) for name, text in parts.items() if text and name != "zone"}
    numbers["year"] += first_year
    try:
        when = dt.datetime(**numbers)
        if zone := parts.get("zone"):
            when = _local(dt.datetime.fromisoformat(f"{when.isoformat()}{zone}"))
    except (ValueError, OverflowError):
        raise CellError("impossible_date") from None
    return when, "minute" if "minute" in numbers else "hour" if "hour" in numbers else "day"


def _local(when: dt.datetime) -> dt.datetime:
    return when.astimezone(SHANGHAI).replace(tzinfo=None) if when.tzinfo else when


def read_hour(cell: object) -> int:
    """Return the hour that an hour range begins with (`16~18` → 16, `08:30` → 8); raises `CellError`."""
    if isinstance(cell, (dt.time, dt.datetime)):
        return cell.hour
    match = HOUR.fullmatch(vocabulary.normal(str(cell)))
    if not match or int(match[1]) > 24:
        raise CellError("not_an_hour", column="occurred_hour")
    return int(match[1]) % 24
