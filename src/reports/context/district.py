"""What every area is seen against: the district of one build, period, comparison and audience, worked out once.

It knows no area and no language, so nothing of one report can reach another by it. What `worked_out` holds was found
before the processes of the reports were forked, and each of them has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
from pandas.tseries.offsets import QuarterEnd

from src.analysis import loading
from src.analysis.stats import changes, counts
from src.analysis.stats.overview import kind_mask
from src.analysis.stats.rates import incident_rate
from src.codebook import vocabulary
from src.codebook.periods import Period
from src.ingest import store
from src.reports.context import comparisons, delivered, disclosure, releases

FOR_ALL = {
    "internal": ("incidents", "rates", "change", "records"),
    "public": ("incidents", "parts", "change", "quarters"),
}
PLACES = ("street", "community", "grid")
worked_out: dict[tuple, "District"] = {}


@dataclass(frozen=True, eq=False)
class District(comparisons.Comparisons):
    """The tables of the whole district, of all time, and what is estimated from them for every area alike."""

    build: store.BuildSummary
    period: Period
    compare: str
    audience: str

    @cached_property
    def incidents(self) -> pd.DataFrame:
        """Return the incidents; in public without places."""
        rows = loading.rows(self.build, "incidents", until=self.until)
        if self.audience == "internal":
            return rows
        published = self._released.district.loc[:, : str(self.until) if self.until else None]
        return without_places(as_published(rows, published))

    @cached_property
    def parts(self) -> pd.DataFrame:
        """Return the incidents to be divided by place; in public as streets are told."""
        if self.audience == "internal":
            return self.incidents
        cells = disclosure.series_of_streets(self._released.months, self._last_day)
        return self._by_then(as_incidents(cells, loading.rows(self.build, "incidents")), "reported_at")

    def _by_then(self, table: pd.DataFrame, clock: str) -> pd.DataFrame:
        """Return what of a table lies before the end of a past period; what may be told is decided over all of it."""
        return table if self.until is None else loading.up_to(table, clock, self.until)

    @property
    def _last_day(self) -> pd.Timestamp:
        return delivered.window(self.build.fingerprint).last_month.end_time

    @cached_property
    def _released(self) -> releases.Released:
        return releases.released(self.build)

    @cached_property
    def quarters(self) -> pd.DataFrame:
        """Return what is told of communities by quarter, in public (`series_of_communities`)."""
        public = disclosure.series_of_communities(self._released.quarters, self._last_day)
        return self._by_then(public.assign(ended=public["quarter"] + QuarterEnd()), "ended").drop(columns="ended")

    @cached_property
    def reports(self) -> pd.DataFrame:
        """Return the headline's incidents, with what counting asks of them."""
        rows = self.incidents[counts.COUNTED]
        return rows[counts.roll_up_mask(rows, counts.HEADLINE)]

    @cached_property
    def change(self) -> pd.Series:
        """Return how the headline moved against the references (`compared`)."""
        return self.compared(self.reports).iloc[0]

    @cached_property
    def rates(self) -> pd.DataFrame:
        """Return the headline of the period per 10,000 people, by community (`incident_rate`); none without reports."""
        asked = {"incomplete": self.streets_with_gaps(), "period": self.period}
        rates = incident_rate(self.reports, self.communities, "community", **asked)
        return rates if counts.in_window(self.reports, self.period).any() else rates.iloc[:0]

    def judged(
        self,
        level: str,
        codes: tuple[str | tuple[str, str], ...],
        window: Period,
        reference: object,
        redrawn: bool = False,
    ) -> pd.DataFrame:
        """Return how the incidents of roll-ups moved in all places of a level, judged together (`period_change`).

        A kind is asked for as its group (or the headline) and itself (`kind_mask`).
        Places redrawn since the references are seen as one, but as they are where they are asked for (`redrawn`).
        """
        asked = (level, codes, str(window), tuple(map(str, counts.windows_of(reference))), redrawn)
        if asked not in self._judged:
            rows = self.parts[counts.COUNTED]
            masks = [counts.roll_up_mask(rows, one) if isinstance(one, str) else kind_mask(rows, *one) for one in codes]
            rows = rows[np.logical_or.reduce(masks)]
            rows = self.comparable(self.comparable(rows if redrawn else self.as_clusters(rows)), reference)
            self._judged[asked] = changes.period_change(rows, window, reference, level, missing=self.gaps)
        return self._judged[asked]

    @cached_property
    def _judged(self) -> dict[tuple, pd.DataFrame]:
        return {}

    @cached_property
    def records(self) -> pd.DataFrame:
        """Return what became of the delivered records, by table (`BuildSummary.records`)."""
        return self.build.records()

    @cached_property
    def projects(self) -> pd.DataFrame:
        """Return the projects."""
        return loading.rows(self.build, "projects", until=self.until)

    @cached_property
    def communities(self) -> pd.DataFrame:
        """Return all communities as they stand at the end of the period."""
        return loading.register(self.build, period=str(self.period))


def as_incidents(cells: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Return told cells as incidents: one row is the count of a month, without community, channel, people or hour."""
    if cells.empty:
        return like.iloc[:0]
    rows = cells.rename_axis(columns="reported_at").stack().rename("incident_count").reset_index()
    rows = rows.assign(precision="month", source_file="", source_sheet="", source_line=0)
    return rows.reindex(columns=like.columns).astype(like.dtypes)


def as_published(incidents: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return incidents of which there are as many of each kind and month as are told (`counts_of_district`)."""
    month = incidents["reported_at"].dt.to_period("M").dt.to_timestamp().rename("reported_at")
    keys, n = [incidents["group"], incidents["kind"], month], incidents["incident_count"]
    published, there = published.rename_axis(columns="reported_at").stack(), n.groupby(keys).sum()
    lacking = published - there.reindex(published.index, fill_value=0)
    if lacking.eq(0).all():
        return incidents
    most = published.reindex(pd.MultiIndex.from_arrays(keys)).set_axis(n.index).fillna(float("inf"))
    kept = (most - n.groupby(keys).cumsum() + n).clip(0, n).astype(n.dtype)
    more = as_incidents(lacking[lacking.gt(0)].astype("int64").unstack(), incidents)
    rows = pd.concat([incidents.assign(incident_count=kept)[kept.gt(0)], more], ignore_index=True)
    rows.attrs = incidents.attrs
    return rows


def without_places(incidents: pd.DataFrame) -> pd.DataFrame:
    """Return incidents of the district that cannot be divided below it."""
    nowhere = {name: pd.Series(pd.NA, index=incidents.index, dtype=incidents[name].dtype) for name in PLACES}
    return incidents.assign(**nowhere)


def district_of(build: store.BuildSummary, period: Period, compare: str, audience: str) -> District:
    """Return the district of a run: as it was worked out before the fork, else one that finds what it is asked for."""
    known = worked_out.get((build.fingerprint, period, compare, audience))
    return known or District(build, period, compare, audience)


def work_out(period: Period, compare: str, audience: str, levels: Sequence[str] = ()) -> None:
    """Find what the reports of a run have in common, for the processes that are forked from this one.

    `levels` are those of whose places there are many reports: each is judged among all.
    """
    build = store.build()
    district = District(build, period, compare, audience)
    for name in FOR_ALL[audience]:
        getattr(district, name)
    to_date, base = period.year_to_date(), vocabulary.current().base_year
    for level in levels if base else ():
        district.judged(level, (counts.HEADLINE,), period, period.in_year(base))
    for level, pair in product(levels, district.kinds_counted(district.incidents) if levels else ()):
        district.judged(level, (pair,), period, district.baseline)
    for level, code in product(levels, vocabulary.current().roll_ups):
        district.judged(level, (code,), period, district.baseline)
        district.judged(level, (code,), to_date, to_date.previous_year())
    worked_out[build.fingerprint, period, compare, audience] = district
