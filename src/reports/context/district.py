"""What every area is seen against: the district of one build, period, comparison and audience, worked out once.

It knows no area and no language, so nothing of one report can reach another by it. What `worked_out` holds was found
before the processes of the reports were forked, and each of them has it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from src.analysis import loading
from src.ingest import store
from src.reports.context import delivered
from src.reports.context.comparisons import Comparisons

if TYPE_CHECKING:
    import pandas as pd

    from src.codebook.periods import Period
    from src.reports.context.releases import Released

FOR_ALL = {
    "internal": ("incidents", "rates", "change", "records"),
    "public": ("incidents", "parts", "change", "quarters", "records"),
}
worked_out: dict[tuple, "District"] = {}


@dataclass(frozen=True, eq=False)
class District(Comparisons):
    """The tables of the whole district, of all time, and what is estimated from them for every area alike."""

    build: store.BuildSummary
    period: "Period"
    compare: str
    audience: str

    @cached_property
    def incidents(self) -> "pd.DataFrame":
        """Return the incidents; in public without places."""
        from src.reports.context.disclosure import without_places

        rows = loading.rows(self.build, "incidents", until=self.until)
        return rows if self.audience == "internal" else without_places(rows)

    @cached_property
    def parts(self) -> "pd.DataFrame":
        """Return the incidents to be divided by place; in public as streets are told."""
        if self.audience == "internal":
            return self.incidents
        from src.reports.context.disclosure import as_incidents, series_of_streets

        cells = series_of_streets(self._released.months, self._last_day)
        return self._by_then(as_incidents(cells, loading.rows(self.build, "incidents")), "reported_at")

    def _by_then(self, table: "pd.DataFrame", clock: str) -> "pd.DataFrame":
        """Return what of a table lies before the end of a past period; what may be told is decided over all of it."""
        return table if self.until is None else loading.up_to(table, clock, self.until)

    @property
    def _last_day(self) -> "pd.Timestamp":
        return delivered.window(self.build.fingerprint).last_month.end_time

    @cached_property
    def _released(self) -> "Released":
        from src.reports.context.releases import released

        return released(self.build)

    @cached_property
    def quarters(self) -> "pd.DataFrame":
        """Return what is told of communities by quarter, in public (`series_of_communities`)."""
        from pandas.tseries.offsets import QuarterEnd

        from src.reports.context.disclosure import series_of_communities

        public = series_of_communities(self._released.quarters, self._last_day)
        return self._by_then(public.assign(ended=public["quarter"] + QuarterEnd()), "ended").drop(columns="ended")

    @cached_property
    def reports(self) -> "pd.DataFrame":
        """Return the headline's incidents, with what counting asks of them."""
        from src.analysis.stats.counts import COUNTED, HEADLINE, roll_up_mask

        rows = self.incidents[COUNTED]
        return rows[roll_up_mask(rows, HEADLINE)]

    @cached_property
    def change(self) -> "pd.Series":
        """Return how the headline moved against the references (`compared`)."""
        return self.compared(self.reports).iloc[0]

    @cached_property
    def rates(self) -> "pd.DataFrame":
        """Return the headline of the period per 10,000 people, by community (`incident_rate`); none without reports."""
        from src.analysis.stats.counts import in_window
        from src.analysis.stats.rates import incident_rate

        within = self.reports[in_window(self.reports, self.period)]
        rates = incident_rate(within, self.communities, "community", incomplete=self.streets_with_gaps())
        return rates if len(within) else rates.iloc[:0]

    @cached_property
    def records(self) -> "pd.DataFrame":
        """Return what became of the delivered records, by table (`BuildSummary.records`)."""
        return self.build.records()

    @cached_property
    def projects(self) -> "pd.DataFrame":
        """Return the projects."""
        return loading.rows(self.build, "projects", until=self.until)

    @cached_property
    def communities(self) -> "pd.DataFrame":
        """Return all communities as they stand at the end of the period."""
        return loading.register(self.build, period=str(self.period))


def district_of(build: store.BuildSummary, period: "Period", compare: str, audience: str) -> District:
    """Return the district of a run: as it was worked out before the fork, else one that finds what it is asked for."""
    known = worked_out.get((build.fingerprint, period, compare, audience))
    return known or District(build, period, compare, audience)


def work_out(period: "Period", compare: str, audience: str) -> None:
    """Find what the reports of a run have in common, for the processes that are forked from this one."""
    build = store.build()
    district = District(build, period, compare, audience)
    for name in FOR_ALL[audience]:
        getattr(district, name)
    worked_out[build.fingerprint, period, compare, audience] = district
