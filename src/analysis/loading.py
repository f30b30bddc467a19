"""Loading the clean tables, built first where needed: all of one, or the rows of an area and a period."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.analysis import paths, vocabulary
from src.analysis.areas import Area, area_among, areas_by_name
from src.analysis.periods import parse_period
from src.analysis.store import build

_read: dict[Path, tuple[str, pd.DataFrame]] = {}  # tables that were read whole, with the fingerprint of their build

Asked = list[tuple[str, str, Any]]
"""Conditions that all have to hold, as Parquet readers take them: column, operator, value."""


def _whole(table: str) -> pd.DataFrame:
    summary = build()
    path = summary.processed / f"{table}.parquet"
    if path not in _read or _read[path][0] != summary.fingerprint:
        _read[path] = summary.fingerprint, pd.read_parquet(path)
        if table == "communities":
            vocabulary.call_places(_read[path][1].to_dict("records"))
    return _read[path][1]


def _load(table: str, area: str | None, period: str | None, clock: str) -> pd.DataFrame:
    """Return the rows of an area and a period: of a table that was read before, else those alone from its file."""
    asked, summary = rows_of(area, period, clock), build()
    path = summary.processed / f"{table}.parquet"
    if asked and _read.get(path, ("",))[0] != summary.fingerprint:
        return pd.read_parquet(path, filters=asked)
    rows = _whole(table)
    if not asked:
        return rows.copy()  # columns of text share their memory all the same: nobody can write to it
    keep = np.logical_and.reduce([CONDITIONS[condition](rows[column], value) for column, condition, value in asked])
    return rows[keep].reset_index(drop=True)


CONDITIONS = {"==": pd.Series.eq, ">=": pd.Series.ge, "<": pd.Series.lt}


def rows_of(area: str | None, period: str | None, clock: str) -> Asked:
    """Return what has to hold of the rows of an area and of a period by one of the table's times."""
    asked: Asked = []
    if area is not None:
        place = find_area(area)
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
    return _load("projects", area, period, "started_on")


def load_incidents(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the clean incidents: one row is one incident or delivered count; `period` is by `reported_at`.

    >>> load_incidents("Buji", "2021-09")["street"].unique().tolist()
    ['布吉街道']
    """
    return _load("incidents", area, period, "reported_at")


def load_communities(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the place register: one row is one community in one period; `period` keeps entries valid at its end.

    >>> len(load_communities(period="2021"))
    111
    """
    rows = _whole("communities")
    if area is not None:
        place = find_area(area)
        rows = rows[
            (rows["street"].eq(place.street) | (place.street is None))
            & (rows["community"].eq(place.community) | (place.community is None))
        ]
    if period is not None:
        day = pd.Timestamp(parse_period(period).last_day)
        rows = rows[~rows["valid_from"].gt(day) & ~rows["valid_to"].lt(day)]
    return rows.reset_index(drop=True)


def load_sites(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the demonstration points: one row is one point; `period` keeps those opened in it.

    >>> load_sites()["community"].unique().tolist()
    ['龙岭社区']
    """
    return _load("demonstration_sites", area, period, "opened_on")


def load_published_figures(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the published figures: one row is one number; area and period are taken for symmetry and must be None.

    >>> float(load_published_figures().set_index("figure").loc["刑事治安警情同比", "value"])
    -26.15
    """
    if area is not None or period is not None:
        raise ValueError("load_published_figures: published figures carry their own area and period; leave both out.")
    return _whole("published_figures").copy()


def load_set_aside(which: str = "quarantined") -> pd.DataFrame:
    """Return the rejected (`quarantined`) or repeated (`duplicates`) records of the last build, whole.

    >>> sorted(set(load_set_aside()["table"]))
    ['incidents', 'projects']
    """
    summary = build()
    prefix = "refused_" if summary.refusal else ""
    return pd.read_parquet(paths.quarantine(summary.processed) / f"{prefix}{which}.parquet")
