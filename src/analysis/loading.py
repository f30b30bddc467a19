"""Loading the clean tables, built first where needed: all of one, or the rows of an area and a period."""

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.analysis.areas import Area, area_among, areas_by_name
from src.codebook import paths, vocabulary
from src.codebook.periods import AREA, HOLDS, REGISTERED, Period, parse_period
from src.ingest.store import BuildSummary, build

SET_ASIDE = ("quarantined", "duplicates")
_read: dict[Path, tuple[str, pd.DataFrame]] = {}  # tables that were read whole, with the fingerprint of their build

Asked = list[tuple[str, str, Any]]
"""Conditions that all have to hold, as Parquet readers take them: column, operator, value."""


def _whole(summary: BuildSummary, table: str) -> pd.DataFrame:
    path = summary.processed / f"{table}.parquet"
    if path not in _read or _read[path][0] != summary.fingerprint:
        from pyarrow import parquet

        # Each column in one piece: the file has one for every place, and each selection would go through them all.
        _read[path] = summary.fingerprint, parquet.read_table(path).combine_chunks().to_pandas()
        if table == "communities":
            vocabulary.call_places(_read[path][1].to_dict("records"))
    return _read[path][1]


def rows(
    summary: BuildSummary, table: str, area: str | None = None, period: str | None = None, until: dt.date | None = None
) -> pd.DataFrame:
    """Return what a build has of an area and a period: of a table that was read before, else those rows alone.

    `until` leaves out what is dated after a day. Incidents say in their `attrs` which days they tell of.
    """
    found = _rows(summary, table, area, period)
    found = found if until is None else up_to(found, CLOCKS[table], until)
    if area is not None:
        found.attrs[AREA] = area_among(area, _names(summary.fingerprint)).address.removeprefix("district")
    if table == "incidents" and (days := _delivered(summary.processed / "incidents.parquet", summary.fingerprint)):
        asked = parse_period(period) if period is not None else Period(*days)
        first, last = max(days[0], asked.first_day), min(days[1], asked.last_day, until or days[1])
        found.attrs |= {HOLDS: f"{first}/{last}"} if first <= last else {}
        found.attrs |= {REGISTERED: summary.registered} if summary.registered else {}
    return found


@lru_cache(maxsize=8)
def _delivered(incidents: Path, fingerprint: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day that the incidents of a build tell of; nothing where there are none."""
    from pyarrow import parquet

    stated = parquet.read_metadata(incidents)
    place = stated.schema.names.index("reported_at")
    known = [stated.row_group(n).column(place).statistics for n in range(stated.num_row_groups)]
    days = [day.date() for one in known if one is not None and one.has_min_max for day in (one.min, one.max)]
    return (min(days), max(days)) if days else None


def up_to(table: pd.DataFrame, clock: str, day: dt.date) -> pd.DataFrame:
    """Return a table without what is dated, by one of its times, after a day."""
    return table[~table[clock].ge(pd.Timestamp(day) + pd.Timedelta(days=1))].reset_index(drop=True)


def _rows(summary: BuildSummary, table: str, area: str | None, period: str | None) -> pd.DataFrame:
    asked = conditions(summary, area, period, CLOCKS.get(table, ""))
    path = summary.processed / f"{table}.parquet"
    if asked and _read.get(path, ("",))[0] != summary.fingerprint:
        return pd.read_parquet(path, filters=asked)
    whole = _whole(summary, table)
    if not asked:
        return whole.copy()  # columns of text share their memory all the same: nobody can write to it
    keep = np.logical_and.reduce([CONDITIONS[condition](whole[column], value) for column, condition, value in asked])
    return whole[keep].reset_index(drop=True)


CLOCKS = {"projects": "started_on", "incidents": "reported_at", "demonstration_sites": "opened_on"}
CONDITIONS = {"==": pd.Series.eq, ">=": pd.Series.ge, "<": pd.Series.lt}


def conditions(summary: BuildSummary, area: str | None, period: str | None, clock: str) -> Asked:
    """Return what has to hold of the rows of an area and of a period by one of the table's times."""
    asked: Asked = []
    if area is not None:
        place = area_among(area, _names(summary.fingerprint))
        asked += [(part, "==", name) for part in ("street", "community") if (name := getattr(place, part)) is not None]
    if period is not None:
        stated = parse_period(period)
        asked += [(clock, ">=", pd.Timestamp(stated.first_day))]
        asked += [(clock, "<", pd.Timestamp(stated.last_day) + pd.Timedelta(days=1))]
    return asked


def find_area(text: str) -> Area:
    """Return the area that a name means in the loaded register; raises `AreaError` saying what would be right."""
    return area_among(text, _names(build().fingerprint))


@lru_cache(maxsize=8)
def _names(fingerprint: str) -> dict[str, list[Area]]:
    return areas_by_name(load_communities())


def load_projects(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the clean projects: one row is one governance project; `period` keeps those that started in it.

    >>> len(load_projects("布吉街道/龙岭社区"))
    5
    """
    return rows(build(), "projects", area, period)


def load_incidents(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the clean incidents: one row is one incident or delivered count; `period` is by `reported_at`.

    >>> load_incidents("Buji", "2021-09")["street"].unique().tolist()
    ['布吉街道']
    """
    return rows(build(), "incidents", area, period)


def register(summary: BuildSummary, area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the place register of a build, as `load_communities` does."""
    _whole(summary, "communities")  # the names of all places come with it
    entries = _rows(summary, "communities", area, None)
    if period is not None:
        day = pd.Timestamp(parse_period(period).last_day)
        entries = entries[~entries["valid_from"].gt(day) & ~entries["valid_to"].lt(day)]
    return entries.reset_index(drop=True)


def load_communities(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the place register: one row is one community in one period; `period` keeps entries valid at its end.

    >>> len(load_communities(period="2021"))
    111
    """
    return register(build(), area, period)


def load_sites(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the demonstration points: one row is one point; `period` keeps those opened in it.

    >>> load_sites()["community"].unique().tolist()
    ['龙岭社区']
    """
    return rows(build(), "demonstration_sites", area, period)


def load_boundaries(area: str | None = None) -> pd.DataFrame:
    """Return the outlines of streets and communities: one row is one outline; empty where none were delivered.

    `area` keeps those within it; `plot_map` draws them.

    >>> len(load_boundaries())
    0
    """
    return rows(build(), "boundaries", area)


def load_published_figures() -> pd.DataFrame:
    """Return the published figures: one row is one number.

    >>> float(load_published_figures().set_index("figure").loc["刑事治安警情同比", "value"])
    -26.15
    """
    return rows(build(), "published_figures")


def load_set_aside(which: str = "quarantined", area: str | None = None) -> pd.DataFrame:
    """Return the rejected (`quarantined`) or repeated (`duplicates`) records of the last build, whole.

    One row is one record. Columns: `table`, `file`, `sheet`, `line`, `street` and `community` (those that its cells
    name; missing where none does), `column`, `value`, `reason`, `reason_zh`, `code`, and `cells`: what was delivered,
    by the header above it (by number where several headers are possible). Of duplicates the line that they repeat
    stands in place of column and value. `area` keeps the records that name it.

    >>> load_set_aside(area="布吉街道")["street"].unique().tolist()
    ['布吉街道']
    """
    if which not in SET_ASIDE:
        raise ValueError(vocabulary.both("not_known", name="which", value=which, allowed=", ".join(SET_ASIDE)))
    summary = build()
    folder, prefix = paths.quarantine(summary.processed), "refused_" if summary.refusal else ""
    found = pd.read_parquet(folder / f"{prefix}{which}.parquet")
    headers = pd.read_parquet(folder / f"{prefix}columns.parquet").groupby(["file", "sheet"])["header"].agg(list)
    places = [_place_named(cells, _names(summary.fingerprint)) for cells in found["cells"]]
    found[["street", "community"]] = pd.DataFrame(places, found.index, ["street", "community"], dtype="str")
    at = zip(found["file"], found["sheet"], found["cells"], strict=True)
    found["cells"] = [_by_header(cells, headers.get((file, sheet), [])) for file, sheet, cells in at]
    if area is not None:
        place = area_among(area, _names(summary.fingerprint))
        for level in filter(lambda level: getattr(place, level), ("street", "community")):
            found = found[found[level].eq(getattr(place, level))]
    first = ["table", "file", "sheet", "line", "street", "community"]
    return found[[*first, *found.columns.drop(first)]].reset_index(drop=True)


def _place_named(cells: list[str], names: dict[str, list[Area]]) -> tuple[str | None, str | None]:
    """Return the street and the community that cells name: a street itself, else that of the only community."""
    found = [names.get(vocabulary.fold(cell), []) for cell in cells if cell]
    street = next((one[0].street for one in found if len(one) == 1 and one[0].level == "street"), None)
    named = [area for one in found for area in one if area.level == "community" and street in (None, area.street)]
    if len({area.address for area in named}) != 1:
        return street, None
    return named[0].street, named[0].community


def _by_header(cells: list[str], headers: list[str]) -> dict[str, str]:
    """Return the cells of a record under its headers; under their number where these are not as many."""
    known = headers if len(headers) == len(cells) == len(set(headers)) else map(str, range(1, len(cells) + 1))
    return dict(zip(known, cells, strict=True))
