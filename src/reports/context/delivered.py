"""What the deliveries tell of: from which day to which, which month a street did not deliver, and who is still due."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from src.analysis import loading
from src.analysis.stats.delivery import delivered_months, delivered_until, source_of
from src.codebook import paths, vocabulary
from src.codebook.periods import Period, today
from src.ingest import folders, sources, store
from src.ingest.cleaning.personal import mask
from src.ingest.deliveries import find_deliveries

DATED = ("incidents", "projects")  # of the others every delivery is whole
FREQUENCIES = {"month": "M", "quarter": "Q", "year": "Y"}


class Window(NamedTuple):
    """From which day to which month the deliveries tell what happened."""

    first_day: dt.date
    last_day: dt.date
    last_month: pd.Period
    as_of: dt.date

    def holds(self, period: Period) -> bool:
        """Return whether the deliveries tell of every month of a period; of half a base nothing can be said."""
        return period.first_day >= self.first_day.replace(day=1) and period.last_day <= self.last_month.end_time.date()

    def until(self, day: dt.date | None) -> "Window":
        """Return what of it had passed by the end of a day; all of it for no day."""
        if day is None:
            return self
        first, last = (pd.Period(end, "M") for end in (self.first_day, day))
        whole = last if last.end_time.date() == day else last - 1
        return self._replace(last_day=min(day, self.last_day), last_month=max(whole, first))


def data_window() -> Window:
    """Return which days the deliveries cover; the last month counts once it has ended by the day of the delivery."""
    summary = store.build()
    return window(summary.fingerprint)


def load_once() -> None:
    """Load what every report asks for; later runs in this process, or in a fork of it, find it there."""
    data_window()
    missing(store.build().fingerprint)
    loading.find_area("district")
    loading.load_projects()
    loading.load_sites()
    loading.load_published_figures()


@lru_cache(maxsize=8)
def gaps(fingerprint: str) -> pd.DataFrame:
    """Return what was not delivered (`delivered_months`): one row is one street, source and month, with its flag."""
    months = delivered_months(loading.load_incidents(), loading.load_communities())
    return months[months["flag"].ne("")]


@lru_cache(maxsize=8)
def missing(fingerprint: str) -> pd.DataFrame:
    """Return which month a street did not deliver that delivers others."""
    found = gaps(fingerprint)
    return found[found["flag"].eq("missing")]


def never(fingerprint: str, source: str) -> list[str]:
    """Return the streets that never delivered, of a source."""
    found = gaps(fingerprint)
    return list(found.loc[found["flag"].eq("never") & found["source"].eq(source), "street"].unique())


@lru_cache(maxsize=8)
def began(fingerprint: str) -> dict[str, dt.date]:
    """Return the first day of the month in which each source began to deliver."""
    incidents = loading.load_incidents()
    first = incidents["reported_at"].groupby(source_of(incidents)).min()
    return {source: day.date().replace(day=1) for source, day in first.items()}


@lru_cache(maxsize=8)
def window(fingerprint: str) -> Window:
    """Return which days the deliveries of a build cover; raises `DataRefused` where they date nothing at all."""
    incidents, deliveries = loading.load_incidents(), store.build().deliveries
    days = incidents["reported_at"]
    days = days if days.notna().any() else loading.load_projects()["started_on"]
    if days.isna().all():
        raise folders.DataRefused(vocabulary.both("nothing_dated", files=[d["file"] for d in deliveries] or ["—"]))
    received = [d["received"] for d in deliveries if d["table"] == "incidents" and d["received"]]
    as_of = max(map(dt.date.fromisoformat, received), default=days.max().date())
    last = pd.Period(min(days.max().date(), as_of), "M")
    if len(incidents):  # what one source delivered of a month that another has not is no whole month
        last = min(last, pd.Period(delivered_until(incidents), "M"))
    whole = last if last.end_time.date() <= as_of else last - 1
    first = pd.Period(days.min(), "M")  # where no month is whole yet, the first one has to do
    return Window(days.min().date(), days.max().date(), max(whole, first), as_of)


class Incomplete(RuntimeError):
    """Somebody has not delivered yet, and nothing may be published without; the message says who."""

    exit_code = 5


def not_yet_delivered(day: dt.date | None = None, langs: Sequence[str] = vocabulary.LANGS) -> list[str]:
    """Return in words who has not delivered what was due by a day (today): one text for each delivery and window.

    `who: streets` expects rows of every street of the register, any other name rows at all. A window is due once it
    has ended.
    """
    raw = paths.raw()
    files: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for delivery in find_deliveries(raw)[0]:
        files[delivery.source.files].add(delivery.path.name)
    found = []
    for source in sources.read_sources(raw / "sources.yml"):
        if source.expected:
            window = due(source.expected.get("every", "once"), day or today())
            if who := _who_is_missing(source, files[source.files], window):
                found.append(" ".join(_missing_text(source, who, window, lang) for lang in langs))
    return found


def _missing_text(source: sources.Source, who: list[str], window: Period | None, lang: str) -> str:
    title = mask(vocabulary.stated(vars(source), "title", lang) or source.files[0])
    words = {"title": title, "window": window.label(lang) if window else "—"}
    return vocabulary.sentence(
        "expected_missing", lang, **words, who=[mask(vocabulary.label("street", w, lang)) for w in who]
    )


def due(every: str, day: dt.date) -> Period | None:
    """Return the last month, quarter or year that has ended by a day; None where once is enough."""
    if every == "once":
        return None
    ended = pd.Period(day, FREQUENCIES[every]) - 1
    return Period(ended.start_time.date(), ended.end_time.date())


def _who_is_missing(source: sources.Source, names: set[str], window: Period | None) -> list[str]:
    rows = _rows_of(source.table, names, window)
    who = source.expected.get("who", source.publisher)
    if who != "streets":
        return [] if len(rows) else [who or source.title]
    day = f"{window.last_day}/{window.last_day}" if window else None
    streets = loading.load_communities(period=day)["street"].unique()
    return [street for street in streets if street not in set(rows["street"])]


def _rows_of(table: str, names: set[str], window: Period | None) -> pd.DataFrame:
    period = str(window) if window and table in DATED else None
    rows = loading.rows(store.build(), table, period=period)
    return rows[rows["source_file"].str.split("/").str[0].isin(names)]
