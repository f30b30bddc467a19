"""What a notebook works with: an area, a period, a language, and the clean tables of that area."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from src.analysis import loading, store, vocabulary
from src.analysis.areas import Area
from src.analysis.report import delivered
from src.analysis.report.comparisons import Comparisons

if TYPE_CHECKING:
    import pandas as pd

    from src.analysis.periods import Period


@dataclass(frozen=True)
class Run(Comparisons):
    """One area, period and language; tables are of the area and of all time unless their name says otherwise."""

    area: Area
    period: "Period"
    compare: str
    lang: str
    audience: str
    build: store.BuildSummary
    notes: tuple[str, ...] = ()
    parameters: dict = field(default_factory=dict)
    _changes: dict = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """Return the area's name in the language of the run."""
        return self.area.label(self.lang)

    @property
    def by(self) -> str | None:
        """Return what the area divides into: `street`, `community`, or nothing."""
        return {"district": "street", "street": "community"}.get(self.area.level)

    @property
    def synthetic(self) -> bool:
        """Return whether any delivery is made up."""
        return self.build.synthetic

    @property
    def planted(self) -> dict[str, float]:
        """Return the effects that made-up data were drawn with, in log points by field; nothing for real data."""
        return {field: value for d in self.build.deliveries for field, value in d.get("planted", {}).items()}

    @property
    def window(self) -> delivered.Window:
        """Return which days the deliveries cover."""
        return delivered.window(self.build.fingerprint)

    @property
    def as_of(self) -> dt.date:
        """Return the day up to which incidents can be known: the last delivery of them, else the last one in it."""
        return self.window.as_of

    @property
    def months(self) -> "Period":
        """Return the months that the deliveries cover, the last one perhaps not whole."""
        from src.analysis.periods import Period

        window = self.window
        last = window.last_month.end_time.date()
        return Period(window.first_day.replace(day=1), max(last, window.last_day) if self.exact else last)

    def last_month_of(self, year: int) -> int:
        """Return the number of the last whole month that a year has data for; 0 for none."""
        last = self.window.last_month
        return 12 if year < last.year else last.month if year == last.year else 0

    @cached_property
    def incomplete_months(self) -> list["pd.Timestamp"]:
        """Return the months that are hatched and left out of tests: not over yet, or not delivered by a street."""
        import pandas as pd

        months = pd.date_range(self.months.first_day, self.months.last_day, freq="MS")
        last = self.window.last_month
        gaps = set(self.missing.loc[self.missing["street"].isin(self.communities["street"]), "month"])
        return [month for month in months if month.to_period("M") > last or month in gaps]

    @property
    def missing(self) -> "pd.DataFrame":
        """Return which month a street of the district did not deliver: comparisons leave it out (`not_delivered`)."""
        return delivered.missing(self.build.fingerprint)

    @property
    def _address(self) -> str | None:
        return "/".join(part for part in (self.area.street, self.area.community) if part) or None

    @property
    def exact(self) -> bool:
        """Return whether incidents are told one by one; in public they are not below the district."""
        return self.audience == "internal" or self.area.level == "district"

    @property
    def parts_by(self) -> str | None:
        """Return what the area's incidents divide into; a public page divides none below a street."""
        return self.by if self.exact else None

    @cached_property
    def incidents(self) -> "pd.DataFrame":
        """Return the incidents of the area, of all time; in public without places, below the district as told."""
        if self.audience == "internal":
            return loading.load_incidents(area=self._address)
        return self.district_incidents if self.exact else self.parts

    @cached_property
    def parts(self) -> "pd.DataFrame":
        """Return the incidents of the area to be divided by `parts_by`; in public as streets are told."""
        rows = self.district_parts
        keep = rows["street"].eq(self.area.street) | (self.area.street is None)
        keep &= rows["community"].eq(self.area.community) | (self.area.community is None)
        return self.incidents if self.audience == "internal" else rows[keep].reset_index(drop=True)

    @cached_property
    def district_parts(self) -> "pd.DataFrame":
        """Return the incidents of the whole district to be divided by place; in public as streets are told."""
        if self.audience == "internal":
            return self.district_incidents
        from src.analysis.report.disclosure import as_incidents

        return as_incidents(self._told, loading.load_incidents())

    @cached_property
    def _told(self) -> "pd.DataFrame":
        from src.analysis.report.disclosure import cells_of_streets

        return cells_of_streets(loading.load_incidents(), self.window.last_month.end_time)

    @cached_property
    def quarters(self) -> "pd.DataFrame":
        """Return what is told of the area's communities by quarter, in public (`quarters_of_communities`)."""
        from src.analysis.report.disclosure import quarters_of_communities

        last = self.window.last_month.end_time.normalize()
        told = quarters_of_communities(loading.load_incidents(), self._told, self.district_communities, last)
        keep = told["street"].eq(self.area.street) & told["community"].eq(self.area.community)
        return told[keep].drop(columns=["street", "community"]).reset_index(drop=True)

    @cached_property
    def projects(self) -> "pd.DataFrame":
        """Return the projects of the area, of all time."""
        return loading.load_projects(area=self._address)

    @cached_property
    def communities(self) -> "pd.DataFrame":
        """Return the communities of the area as they stand at the end of the period."""
        return loading.load_communities(area=self._address, period=_days(self.period))

    @cached_property
    def sites(self) -> "pd.DataFrame":
        """Return the demonstration points of the area."""
        return loading.load_sites(area=self._address)

    @cached_property
    def district_incidents(self) -> "pd.DataFrame":
        """Return the incidents of the whole district, which an area is seen against."""
        from src.analysis.report.disclosure import without_places

        rows = loading.load_incidents()
        return rows if self.audience == "internal" else without_places(rows)

    @cached_property
    def district_reports(self) -> "pd.DataFrame":
        """Return the headline's incidents of the whole district, with what counting asks of them."""
        from src.analysis.stats.counts import COUNTED, HEADLINE, roll_up_mask

        rows = self.district_incidents[COUNTED]
        return rows[roll_up_mask(rows, HEADLINE)]

    @cached_property
    def district_projects(self) -> "pd.DataFrame":
        """Return the projects of the whole district."""
        return self.projects if self._address is None else loading.load_projects()

    @cached_property
    def district_communities(self) -> "pd.DataFrame":
        """Return all communities as they stand at the end of the period."""
        return loading.load_communities(period=_days(self.period))

    @cached_property
    def published(self) -> "pd.DataFrame":
        """Return the published figures."""
        return loading.load_published_figures()

    def announce(self) -> None:
        """Show what a reader must know before the first number: made-up data, a period that was cut."""
        from src.analysis.charts.show import emit, paragraph

        notes = ([vocabulary.both("synthetic")] if self.synthetic else []) + list(self.notes)
        if notes:
            emit("notes", "".join(paragraph("note", note) for note in notes), "\n".join(notes), notes=list(self.notes))

    def provenance(self) -> None:
        """Show where the numbers come from; the last call of every notebook, and the sign that it ran to its end."""
        from src.analysis.report.provenance import show_provenance

        show_provenance(self)


def _days(period: "Period") -> str:
    return f"{period.first_day}/{period.last_day}"
