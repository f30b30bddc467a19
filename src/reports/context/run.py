"""What a notebook works with: an area, a period, a language, and the clean tables of that area."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from src.analysis import loading
from src.analysis.areas import Area
from src.codebook import vocabulary
from src.ingest import store
from src.reports.context.comparisons import Comparisons
from src.reports.context.district import District, district_of

if TYPE_CHECKING:
    import pandas as pd

    from src.codebook.periods import Period


@dataclass(frozen=True)
class Run(Comparisons):
    """One area, period and language; tables are of the area and of all time unless their name says otherwise.

    All time ends with a past period (`until`): nothing that came after it is told on its page.
    """

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
    def as_of(self) -> dt.date:
        """Return the day up to which incidents can be known: the last delivery of them, else the last one in it."""
        return self.window.as_of

    @property
    def months(self) -> "Period":
        """Return the months that the deliveries cover, the last one perhaps not whole."""
        from src.codebook.periods import Period

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
    def _address(self) -> str | None:
        return "/".join(part for part in (self.area.street, self.area.community) if part) or None

    @property
    def partly_delivered(self) -> list[str]:
        """Return the streets that lack a month which others have; none within a street, where all lack the same."""
        return self.streets_with_gaps() if self.by == "street" else []

    @property
    def exact(self) -> bool:
        """Return whether incidents are told one by one; in public they are not below the district."""
        return self.audience == "internal" or self.area.level == "district"

    @property
    def parts_by(self) -> str | None:
        """Return what the area's incidents divide into; a public page divides none below a street."""
        return self.by if self.exact else None

    @cached_property
    def district(self) -> District:
        """Return the whole district, which the area is seen against."""
        return district_of(self.build, self.period, self.compare, self.audience)

    @cached_property
    def incidents(self) -> "pd.DataFrame":
        """Return the incidents of the area, of all time; in public without places, below the district as told."""
        if self.audience == "internal":
            return loading.rows(self.build, "incidents", self._address, until=self.until)
        return self.district.incidents if self.exact else self.parts

    @cached_property
    def parts(self) -> "pd.DataFrame":
        """Return the incidents of the area to be divided by `parts_by`; in public as streets are told."""
        return self.incidents if self.audience == "internal" else self._of_area(self.district.parts)

    @cached_property
    def quarters(self) -> "pd.DataFrame":
        """Return what is told of the area's communities by quarter, in public (`quarters_of_communities`)."""
        return self._of_area(self.district.quarters).drop(columns=["street", "community"])

    def _of_area(self, rows: "pd.DataFrame") -> "pd.DataFrame":
        keep = rows["street"].eq(self.area.street) | (self.area.street is None)
        keep &= rows["community"].eq(self.area.community) | (self.area.community is None)
        return rows[keep].reset_index(drop=True)

    @cached_property
    def projects(self) -> "pd.DataFrame":
        """Return the projects of the area, of all time."""
        return loading.rows(self.build, "projects", self._address, until=self.until)

    @cached_property
    def communities(self) -> "pd.DataFrame":
        """Return the communities of the area as they stand at the end of the period."""
        return loading.register(self.build, self._address, str(self.period))

    @cached_property
    def sites(self) -> "pd.DataFrame":
        """Return the demonstration points of the area."""
        return loading.rows(self.build, "demonstration_sites", self._address, until=self.until)

    @cached_property
    def published(self) -> "pd.DataFrame":
        """Return the published figures; of those that are recomputed only what was over by the end of a past period."""
        from src.codebook.periods import parse_period

        figures = loading.rows(self.build, "published_figures")
        if self.until is None:
            return figures
        windows = figures["period"].where(figures["measure"].notna()).dropna()
        later = windows.map(lambda period: parse_period(period).last_day > self.until)
        return figures.drop(index=windows.index[later.astype(bool)])

    def announce(self) -> None:
        """Show what a reader must know before the first number: made-up data, a period that was cut."""
        from src.reports.show import emit, paragraph

        notes = ([vocabulary.both("synthetic")] if self.synthetic else []) + list(self.notes)
        if notes:
            emit("notes", "".join(paragraph("note", note) for note in notes), "\n".join(notes), notes=list(self.notes))

    def provenance(self) -> None:
        """Show where the numbers come from; the last call of every notebook, and the sign that it ran to its end."""
        from src.reports.context.provenance import show_provenance

        show_provenance(self)
