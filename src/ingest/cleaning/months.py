"""Wide deliveries: a column per month, unpivoted where `sources.yml` says so; sums over months turned into months."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from src.codebook import vocabulary
from src.ingest.cleaning.needed import shown
from src.ingest.layout.blocks import Block
from src.ingest.layout.months import months_in, split_kind
from src.ingest.readers.grid import UnreadableFile


@dataclass(frozen=True)
class Wide:
    """What the header of one column of a wide table states of its counts, and what has to be taken off them.

    A sum over 1—9月 less one over 1—8月 is September.
    """

    stated: dict[str, Any]
    before: tuple[int, ...] = ()


def month_columns(
    file: str, block: Block, periods: dict, kinds: dict[str, str]
) -> tuple[dict[int, Wide], dict[int, tuple[int, ...]]]:
    """Return the months of a block's columns; and the sums that the months beside them say already, with those.

    `kinds`: what headers name beside a month, if each kind has its own months, and the kind. Raises `UnreadableFile`
    where a month is given twice, or a sum over months cannot be taken apart.
    """
    own = {position: header.words for position, header in block.headers.items() if header.column == "*"}
    headers = dict(sorted({**block.unknown, **own}.items()))
    if not kinds:
        return _unpivoted(file, headers, periods)
    columns, checked = {}, {}
    parts = {position: split_kind(words, kinds) for position, words in headers.items()}
    for header, kind in kinds.items():
        of_kind = {position: rest for position, (named, rest) in parts.items() if named == header}
        if not of_kind:
            raise UnreadableFile.because(file, "named_column_missing", column=header, found=shown(headers.values()))
        months, sums = _unpivoted(file, of_kind, periods)
        columns |= {p: replace(wide, stated=wide.stated | {"kind": kind}) for p, wide in months.items()}
        checked |= sums
    return columns, checked


def _unpivoted(file: str, headers: dict[int, str], periods: dict) -> tuple[dict[int, Wide], dict[int, tuple[int, ...]]]:
    """Return the columns of months, and the sums that say what others do, among the headers of one kind."""
    single, sums, totals = (_columns(file, headers, periods, what) for what in ("month", "sum", "total"))
    columns = {position: _month(*at) for at, position in single.items()}
    checked = {}
    for (year, last), position in sums.items():
        earlier = [single.get((year, number)) for number in range(1, last)]
        before = [sums.get((year, last - 1))] if last > 1 else []
        if None not in earlier and (year, last) in single:
            checked[position] = (*earlier, single[year, last])
        elif None not in before or None not in earlier:
            columns[position] = _month(year, last, before if None not in before else earlier)
        else:
            columns.clear()
            break
    if not columns:
        raise UnreadableFile.because(file, "no_months", found=shown(headers.values()))
    if len(columns) == len(single):
        checked |= {position: tuple(single.values()) for position in totals.values()}
    return columns, checked


def _month(year: int, month: int, before: Iterable[int] = ()) -> Wide:
    return Wide({"reported_at": (dt.datetime(year, month, 1), "month")}, tuple(before))


def _columns(file: str, headers: dict[int, str], periods: dict, wanted: str) -> dict[tuple[int, int], int]:
    """Return the positions by (year, month) of headers that mean a `month`, a `sum` from January on, or a `total`."""
    stated = {vocabulary.fold(header): _stated(str(month)) for header, month in periods.get("months", {}).items()}
    found: dict[tuple[int, int], int] = {}
    bare: list[int] = []  # months whose year is that of all
    for position, words in headers.items():
        if vocabulary.fold(words) in stated:
            meant = stated[vocabulary.fold(words)] if wanted == "month" else None
        else:
            meant = months_in(words, wanted)
        if meant and meant[1] in range(1, 13):
            at = meant[0] or periods["year"], meant[1]
            is_bare = not meant[0] and vocabulary.fold(words) not in stated
            bare += [meant[1]] if is_bare else []
            if at in found:
                raise UnreadableFile.because(file, "month_twice", found=[headers[found[at]], words])
            found[at] = position
    if wanted == "month" and sorted(bare) not in (bare, bare[::-1]):
        raise UnreadableFile.because(file, "months_of_two_years", found=bare, year=periods["year"] - 1)
    return found


def _stated(month: str) -> tuple[int | None, int]:
    """Return year (None: that of all) and month of a column as `sources.yml` states it: 3, 2021-03."""
    year, _, number = month.rpartition("-")
    return int(year) if year else None, int(number)
