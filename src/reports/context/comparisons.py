"""What a report compares its period with, and how incidents of its area moved against that."""

import datetime as dt
from collections.abc import Sequence
from functools import cached_property

import pandas as pd

from src.analysis import loading
from src.analysis.stats import changes, published
from src.analysis.stats.counts import HEADLINE, in_window, roll_up_mask, totals, windows_of
from src.analysis.stats.delivery import as_clusters, comparable_windows
from src.analysis.stats.distribution import hotspot_persistence
from src.analysis.stats.overview import kind_changes
from src.codebook import vocabulary
from src.codebook.periods import HOLDS, Period, parse_period
from src.ingest import store
from src.reports.context import delivered

OUTSIDE = ("dispute", "other")  # where reports are entered that are not criminal or public-security ones
FRAUD = "without_telecom_fraud"
SOURCES = {"reports": False, "petitions": True}  # by which road incidents are delivered, and whether as petitions


class Comparisons:
    """What of a `Run`, or of a `District`, sets its period against others."""

    build: store.BuildSummary
    period: Period
    compare: str
    incidents: pd.DataFrame
    projects: pd.DataFrame
    _changes: dict
    level = None  # the column of what this is one place of, `street` or `community`

    @cached_property
    def until(self) -> dt.date | None:
        """Return the last day that a page of a past period tells of: its own, or that of what it is compared with.

        Nothing where no whole month follows: what came since, months not yet complete, is shown as such.
        """
        last = max(period.last_day for period in [self.period, *self.period.compared_with(self.compare)])
        return last if last < delivered.window(self.build.fingerprint).last_month.end_time.date() else None

    @property
    def lacking(self) -> str:
        """Return what there is none of: `register` (none was delivered), `projects`, `incidents`; else nothing."""
        if self.projects.empty:
            return "projects" if "projects" in {one["table"] for one in self.build.deliveries} else "register"
        return "incidents" if self.incidents.empty else ""

    @property
    def window(self) -> delivered.Window:
        """Return which days the deliveries cover; for a past period only those until its end."""
        return delivered.window(self.build.fingerprint).until(self.until)

    @property
    def gaps(self) -> pd.DataFrame:
        """Return which month a street of the district did not deliver: comparisons leave it out (`not_delivered`)."""
        return delivered.missing(self.build.fingerprint)

    def gaps_within(self, source: str = "reports") -> pd.DataFrame:
        """Return which months of the period which street of the district did not deliver (`not_delivered`)."""
        first, last = str(self.period.first_day.replace(day=1)), str(self.period.last_day)
        within = self.gaps["source"].eq(source) & self.gaps["month"].between(first, last)
        return self.gaps[within].assign(whole=False)

    def streets_with_gaps(self) -> list[str]:
        """Return the streets that did not deliver a month of the period, or never: no base for comparing places."""
        return [*self.gaps_within()["street"].unique(), *delivered.never(self.build.fingerprint, "reports")]

    @cached_property
    def published(self) -> pd.DataFrame:
        """Return the published figures; of those that are recomputed only what was over by the end of a past period."""
        figures = loading.rows(self.build, "published_figures")
        if self.until is None:
            return figures
        recomputed = figures["measure"].notna() & ~figures["measure"].str.startswith("target", na=False)
        windows = figures["period"].where(recomputed).dropna()
        later = windows.map(lambda period: parse_period(period).last_day > self.until)
        return figures.drop(index=windows.index[later.astype(bool)])

    def in_period(self, incidents: pd.DataFrame) -> pd.DataFrame:
        """Return the incidents of the period."""
        return incidents[in_window(incidents, self.period)]

    @cached_property
    def baseline(self) -> list[Period]:
        """Return the windows that the period is compared with; of several those that the data hold whole."""
        windows = self.period.compared_with(self.compare)
        return [window for window in windows if self.window.holds(window)] or windows

    @cached_property
    def no_base(self) -> bool:
        """Return whether the data hold nothing whole of what the period is compared with."""
        return not any(self.window.holds(window) for window in self.baseline)

    def comparable(self, incidents: pd.DataFrame, reference: object = None) -> pd.DataFrame:
        """Return incidents without those of a reference that the data hold only in part: it is no base.

        Petitions and reports each by what was delivered of them. They do not say any more which days they hold: a
        change against nothing is flagged, not refused.
        """
        rows = incidents.iloc[:]
        for source, petitions in SOURCES.items():
            part = [one for one in windows_of(reference or self.baseline) if not self._was_counted(source, one)]
            if part:
                outside = in_window(rows, part) & ~in_window(rows, self.period)
                rows = rows[~outside | (rows["group"].eq("petition") != petitions)]
        rows.attrs = {name: value for name, value in rows.attrs.items() if name != HOLDS}
        return rows

    def compared(
        self, incidents: pd.DataFrame, by: str | list[str] | None = None, reference: object = None,
        among: pd.DataFrame | None = None, earlier_totals: Sequence[float] = (),
    ) -> pd.DataFrame:  # fmt: skip
        """Return how incidents of the period moved against its references, or another window (`period_change`)."""
        windows, rows = reference or self.baseline, self.comparable(incidents, reference)
        known = {"missing": self.gaps, "among": among, "earlier_totals": earlier_totals}
        table = changes.period_change(rows, self.period, windows, by, **known)
        base = any(self._holds(incidents, window) for window in windows_of(windows))
        return table if base else table.assign(flag="no_base")

    def _holds(self, incidents: pd.DataFrame, window: Period) -> bool:
        """Return whether the deliveries tell of every month of a window, of each source of these incidents."""
        is_petition = incidents["group"].eq("petition")
        held = [source for source, petitions in SOURCES.items() if (is_petition == petitions).any()]
        return self.window.holds(window) and all(self._was_counted(source, window) for source in held)

    def _was_counted(self, source: str, window: Period) -> bool:
        began = delivered.began(self.build.fingerprint).get(source, window.first_day)
        return self.window.holds(window) and window.first_day >= began

    def change_of(self, code: str, reference: Period | None = None) -> pd.Series:
        """Return how a roll-up moved over the area, against the references or another window: found once for a page."""
        asked = (code, reference)
        if asked not in self._changes:
            rows = self.incidents[roll_up_mask(self.incidents, code)]
            among = self.judged((code,), self.period, reference or self.baseline)
            earlier = () if self.level else self.earlier_totals(code)["value"]
            self._changes[asked] = self.compared(rows, self.level, reference, among, earlier)
        return self._changes[asked].iloc[0]

    def judged_with(self, code: str = "", window: Period | None = None) -> dict:
        """Return what a change of a roll-up is judged with (`period_change`); without one, of all roll-ups and kinds.

        The level of the area, months not delivered, how all places of that level moved, published totals of earlier
        years. `window`: another one than the period, held against the year before.
        """
        reference = window.previous_year() if window else self.baseline
        codes = [code] if code else list(vocabulary.current().roll_ups)
        earlier = {one: () if self.level else list(self.earlier_totals(one, window)["value"]) for one in codes}
        kinds = self.kinds_counted(self.incidents) if self.level and not (code or window) else []
        among = {one: self.judged((one,), window or self.period, reference) for one in [*codes, *kinds]}
        if code:
            among, earlier = among[code], earlier[code]
        return {"by": self.level, "missing": self.gaps, "among": among, "earlier_totals": earlier}

    @cached_property
    def changes_asked(self) -> pd.DataFrame:
        """Return the changes that leaders ask for: one row is one change (`period_change`) that a `question` is about.

        `kinds`: each `kind` within its `group`; `headline` and `outside` it, by `code`: what the definition check sets
        against each other; `base_year`: the headline against the last usual year; `fraud`: without telecom fraud;
        `elsewhere`: the headline of the district, or `elsewhere_streets`: of each street. Where nothing can be said of
        kinds a row without numbers has the `flag` `no_base` or `no_records`.
        """
        words, incidents = vocabulary.current(), self.incidents
        asked = {"kinds": self._kinds_asked(), "headline": [self.change_of(HEADLINE)], "outside": self.changes_outside}
        if words.base_year:
            asked["base_year"] = [self.change_of(HEADLINE, self.period.in_year(words.base_year))]
        if FRAUD in words.roll_ups and incidents["kind"].eq("telecom_fraud").any():
            asked["fraud"] = [self.change_of(FRAUD)]
        if self.level:
            asked["elsewhere"] = [self.district.change]
        else:
            streets = self.parts[roll_up_mask(self.parts, HEADLINE)]
            asked["elsewhere_streets"] = self.compared(streets, "street")
        tables = [pd.DataFrame(found).assign(question=question) for question, found in asked.items()]
        return pd.concat(tables, ignore_index=True)

    def _kinds_asked(self) -> pd.DataFrame:
        if self.no_base or self.incidents.empty:
            return pd.DataFrame({"flag": ["no_base" if self.no_base else "no_records"]})
        rows, among = self.comparable(self.incidents), self.judged_with()["among"]
        kinds = kind_changes(rows, self.period, self.baseline, self.gaps, self.level, among)
        begins_later = self.change_of("petition")["flag"] == "no_base"  # than the others
        return kinds[kinds["group"].ne("petition")] if begins_later else kinds

    @property
    def changes_outside(self) -> pd.DataFrame:
        """Return how each group moved that lost headline reports would turn up in, as its own line of a page has it."""
        known = [code for code in OUTSIDE if code in vocabulary.current().roll_ups]
        changes = pd.DataFrame([self.change_of(code) for code in known]).assign(group=known)
        return changes[changes["flag"].eq("")]

    @property
    def places_changed(self) -> pd.DataFrame:
        """Return the communities of the area that were redrawn, or came into being, since the references began."""
        register, first = self.communities, min(reference.first_day for reference in self.baseline)
        redrawn = self.as_clusters(register)["community"].ne(register["community"])
        began = pd.to_datetime(register["valid_from"]).gt(pd.Timestamp(first)).fillna(False)
        return register[redrawn | began]

    @property
    def windows_delivered(self) -> pd.DataFrame:
        """Return what is known of the period and its references: one row is one `window`.

        Columns: `since` (the first month of the data), `incomplete` (months not over yet or not delivered), `flag`:
        `before` where it begins earlier, `incomplete`, `no_records` where there are no incidents at all, or empty.
        """
        since, rows = self.months.first_day, []
        for window in (self.period, *self.baseline):
            lacking = [month for month in self.incomplete_months if window.first_day <= month.date() <= window.last_day]
            flag = "before" if window.first_day < since else "incomplete" if lacking else ""
            flag = "no_records" if self.incidents.empty else flag
            rows.append((str(window), f"{since:%Y-%m}", ";".join(f"{month:%Y-%m}" for month in lacking), flag))
        return pd.DataFrame(rows, columns=["window", "since", "incomplete", "flag"])

    @property
    def province(self) -> pd.DataFrame | None:
        """Return the published changes of the headline outside the district, of the years that are compared.

        Nothing is held against a community.
        """
        if self.level == "community":
            return None
        published, name = self.published, vocabulary.current().roll_ups[HEADLINE]["zh"]
        years = {window.last_day.year for window in (self.period, *self.baseline)}
        if published.empty or len(years) < 2:
            return published.iloc[:0]
        return published[
            published["geography"].ne(vocabulary.current().district["zh"])
            & published["unit"].eq("%")
            & published["figure"].str.contains(f"省{name}", regex=False)
            & published["period"].isin([str(year) for year in years])
            & published["compare"].notna()
        ]

    def kinds_counted(self, incidents: pd.DataFrame) -> list[tuple[str, str]]:
        """Return the kinds, with their group or the headline, that the period has enough of for a percentage."""
        rows = incidents[in_window(incidents, self.period)]
        rows = rows.assign(group=rows["group"].astype("str").mask(roll_up_mask(rows, HEADLINE), HEADLINE))
        counts = totals(rows, ["group", "kind"])
        return list(counts.index[counts >= vocabulary.threshold("min_count_for_percent")])

    def earlier_totals(self, code: str, window: Period | None = None) -> pd.DataFrame:
        """Return the published totals of a roll-up in years before the data (`published_totals`), of the district."""
        figures = loading.rows(self.build, "published_figures")
        if self.level or not figures["measure"].eq(f"incidents:{code}").any():
            return figures.iloc[:0].assign(year=0)
        return published.published_totals(figures, self.incidents, window or self.period, code)

    def keep_change(self, code: str, change: pd.DataFrame) -> None:
        """Keep how a roll-up moved over the area (`period_change`): what else is said of it asks no more than that."""
        rows = self.incidents[roll_up_mask(self.incidents, code)]
        held = any(self._holds(rows, window) for window in self.baseline)
        self._changes[code, None] = change if held else change.assign(flag="no_base")

    def hot_spots(self, incidents: pd.DataFrame) -> pd.DataFrame:
        """Return whether the places with most of some incidents still have most (`hotspot_persistence`), of all places.

        Like with like: without months not delivered, and places redrawn in between seen as one.
        """
        rows = self.comparable(self.as_clusters(incidents))
        rows, _ = comparable_windows(rows, self.period, self.baseline, self.gaps)
        return hotspot_persistence(rows, self.baseline, self.period, places=self.as_clusters(self.communities))

    def as_clusters(self, table: pd.DataFrame, first: dt.date | None = None) -> pd.DataFrame:
        """Return a table with communities that were redrawn since the references, or a day, seen as one."""
        first = first or min(window.first_day for window in self.baseline)
        return as_clusters(table, loading.register(self.build), first, self.period.last_day)
