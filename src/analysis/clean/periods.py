"""Wide deliveries: a column per month, unpivoted where `sources.yml` says so; sums over months turned into months."""

import datetime as dt
import re
from dataclasses import dataclass, field

from src.analysis import vocabulary
from src.analysis.clean.sources import Source
from src.analysis.ingest import Block, UnreadableFile
from src.analysis.ingest.headers import BRACKETS

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


@dataclass(frozen=True)
class Months:
    """What the columns of a wide table hold, by their positions.

    `columns`: a month, and what has to be taken off (a sum over 1—9月 less one over 1—8月 is September); `sums`: a sum
    that the months beside it say already, and those months.
    """

    columns: dict[int, tuple[dt.datetime, tuple[int, ...]]] = field(default_factory=dict)
    sums: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def positions(self) -> list[int]:
        """Return every column that is read."""
        return [*self.columns, *self.sums]


def month_columns(file: str, block: Block, source: Source) -> Months:
    """Return the months of a block's columns; none where the source states no `periods`.

    Raises `UnreadableFile` where a month is given twice, or a sum over months cannot be taken apart.
    """
    if not source.periods:
        return Months()
    single, sums, totals = (_columns(file, block, source.periods["year"], what) for what in ("month", "sum", "total"))
    columns = {position: (dt.datetime(*at, 1), ()) for at, position in single.items()}
    checked = {}
    for (year, last), position in sums.items():
        earlier = [single.get((year, number)) for number in range(1, last)]
        before = [sums.get((year, last - 1))] if last > 1 else []
        if None not in earlier and (year, last) in single:
            checked[position] = (*earlier, single[year, last])
        elif None not in before or None not in earlier:
            columns[position] = (dt.datetime(year, last, 1), tuple(before if None not in before else earlier))
        else:
            columns.clear()
            break
    if not columns:
        raise UnreadableFile(file, vocabulary.both("no_months", found=list(block.unknown.values())))
    if len(columns) == len(single):
        checked |= {position: tuple(single.values()) for position in totals.values()}
    return Months(columns, checked)


def _columns(file: str, block: Block, year: int, wanted: str) -> dict[tuple[int, int], int]:
    """Return the positions by (year, month) of headers that mean a `month`, a `sum` from January on, or a `total`."""
    found: dict[tuple[int, int], int] = {}
    for position, header in block.unknown.items():
        text = IN_WORDS.sub(lambda word: NUMBERS[word[0]], vocabulary.fold(BRACKETS.sub("", header)))
        for meaning, month, pattern in MEANINGS:
            if (match := pattern.fullmatch(text)) and meaning == wanted:
                at = int(match["year"] or year), month or int(match["month"])
                if at in found:
                    twice = [block.unknown[found[at]], header]
                    raise UnreadableFile(file, vocabulary.both("month_twice", found=twice))
                if at[1] in range(1, 13):
                    found[at] = position
    return found
