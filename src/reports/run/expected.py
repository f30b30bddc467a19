"""Complete before published (到齐才发布): who was expected to deliver by now, and has not."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from src.analysis import loading
from src.codebook import paths, vocabulary
from src.codebook.periods import Period, today
from src.ingest import store
from src.ingest.cleaning.personal import mask
from src.ingest.deliveries import find_deliveries
from src.ingest.sources import Source, read_sources

DATED = ("incidents", "projects")  # of the others every delivery is whole
FREQUENCIES = {"month": "M", "quarter": "Q", "year": "Y"}


class Incomplete(RuntimeError):
    """Somebody has not delivered yet, and nothing may be published without; the message says who."""

    exit_code = 5


def missing(day: dt.date | None = None, langs: Sequence[str] = vocabulary.LANGS) -> list[str]:
    """Return in words who has not delivered what was due by a day (today): one text for each delivery and window.

    `who: streets` expects rows of every street of the register, any other name rows at all. A window is due once it
    has ended.
    """
    raw = paths.raw()
    files: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for delivery in find_deliveries(raw)[0]:
        files[delivery.source.files].add(delivery.path.name)
    found = []
    for source in read_sources(raw / "sources.yml"):
        if source.expected:
            window = due(source.expected.get("every", "once"), day or today())
            if who := _who_is_missing(source, files[source.files], window):
                found.append(" ".join(_told(source, who, window, lang) for lang in langs))
    return found


def _told(source: Source, who: list[str], window: Period | None, lang: str) -> str:
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


def _who_is_missing(source: Source, names: set[str], window: Period | None) -> list[str]:
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
