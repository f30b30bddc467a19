"""Wide deliveries: a column per month, unpivoted where `sources.yml` says so; cumulative columns are no months."""

import datetime as dt
import re

from src.analysis import vocabulary
from src.analysis.clean.sources import Source
from src.analysis.ingest import Block, Grid, UnreadableFile

MONTH = re.compile(r"(?:(?P<year>\d{4})[年\-/.])?(?P<month>\d{1,2})月?(?:份)?")
CUMULATIVE = re.compile(r"(?:\d{4}年)?1[-—–~至到](?P<last>\d{1,2})月.*|累计.*|(?:上|下|全)半?年.*")


def month_columns(grid: Grid, block: Block, source: Source) -> dict[int, dt.datetime]:
    """Return the position of each month column and its month; empty where the source states no `periods`.

    A cumulative column (1—9月) beside the months is left out, as the months say it already; alone it is refused.
    """
    if not source.periods:
        return {}
    months, cumulative = {}, []
    for position, words in block.unknown.items():
        text = vocabulary.fold(words)
        if match := MONTH.fullmatch(text):
            year = int(match["year"] or source.periods["year"])
            if 1 <= int(match["month"]) <= 12:
                months[position] = dt.datetime(year, int(match["month"]), 1)
        elif CUMULATIVE.fullmatch(text):
            cumulative.append(words)
    if not months:
        found = "、".join(cumulative or block.unknown.values())
        raise UnreadableFile(grid.file, vocabulary.both("no_months", found=found))
    if len(set(months.values())) < len(months):
        raise UnreadableFile(
            grid.file, vocabulary.both("month_twice", found="、".join(block.unknown[p] for p in months))
        )
    return months
