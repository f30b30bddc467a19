"""What 05 works with: the gap between demand and projects, the three lists, communities alike; each made once."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.charts.labels import place_name
from src.analysis.stats.counts import in_window
from src.analysis.stats.coverage import coverage_gap, coverage_totals, problem_list, project_list, resource_list
from src.analysis.stats.similar import community_profile, similar_communities, similarity_variables
from src.codebook.labels import column_label
from src.codebook.periods import Period, parse_period
from src.codebook.vocabulary import PLACES

if TYPE_CHECKING:
    from src.reports.report import Report


@dataclass(frozen=True)
class Next:
    """Where the next project could go in a report's area, seen against the whole district; tables are made once."""

    report: "Report"

    @cached_property
    def demand(self) -> pd.DataFrame:
        """Return the district's incidents of the period."""
        incidents = self.report.district.incidents
        return incidents[in_window(incidents, self.report.period)]

    @cached_property
    def district_gap(self) -> pd.DataFrame:
        """Return demand against projects of every community; what is beyond chance is decided over all of them."""
        return self._gap("community")

    @cached_property
    def gap(self) -> pd.DataFrame:
        """Return demand against projects of the area's communities; what is expected comes from the district."""
        return self._of_area(self.district_gap)

    @cached_property
    def beyond(self) -> set[tuple[str, str, str]]:
        """Return the cells (street, community, field) of the area that lack projects beyond chance."""
        under = self.gap[self.gap["flag"].eq("under")]
        return set(zip(under["street"], under["community"], under["field"], strict=True))

    @cached_property
    def gap_by_street(self) -> pd.DataFrame:
        """Return demand against projects of the streets."""
        return self._gap("street")

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Return how many projects each community of the area is short of; none where demand is too small to tell."""
        totals = self._of_area(coverage_totals(self.district_gap))
        return totals if (~self.gap["flag"].isin(["too_few", "no_projects"])).any() else totals.iloc[:0]

    @cached_property
    def lists(self) -> dict[str, pd.DataFrame]:
        """Return the three lists of the area (`three_lists`); its problems are those that the whole district shows."""
        report = self.report
        return {
            "problems": self._of_area(problem_list(self.demand, report.district.projects, gap=self.district_gap)),
            "resources": resource_list(report.projects, report.sites),
            "projects": project_list(report.projects, report.as_of),
        }

    @cached_property
    def target(self) -> tuple[str, str] | None:
        """Return the community to learn for: the area's own, else the one that lacks most projects."""
        known = self.report.district.communities[["street", "community"]]
        if self.report.area.community is not None:
            asked = (self.report.area.street, self.report.area.community)
            return asked if asked in set(known.itertuples(index=False, name=None)) else None
        if self.totals.empty:
            return None
        return tuple(self.totals.loc[self.totals["estimate"].idxmax(), ["street", "community"]])

    @cached_property
    def base_year(self) -> Period | None:
        """Return the calendar year before the first project began, where there are incidents of it."""
        started = self.report.district.projects["started_on"].min()
        if pd.isna(started):
            return None
        year = parse_period(str(started.year - 1))
        return year if in_window(self.report.district.incidents, year).any() else None

    @cached_property
    def similar(self) -> pd.DataFrame:
        """Return the communities most like the target; none where the register says nothing to compare them by."""
        if self.target is None:
            return pd.DataFrame()
        report = self.report
        return similar_communities(
            report.district.communities, self.target, 5, report.district.incidents, self.base_year
        )

    @cached_property
    def variables(self) -> pd.DataFrame:
        """Return by what communities were compared, by the names that pages use."""
        profile = community_profile(self.report.district.communities, self.report.district.incidents, self.base_year)
        table = similarity_variables(profile, self.target)
        return table.assign(variable=[column_label(name, self.report.lang) for name in table["variable"]])

    def projects_of(self, places: pd.DataFrame) -> pd.DataFrame:
        """Return what some communities run, as the project list has it."""
        return places[["street", "community"]].merge(project_list(self.report.district.projects, self.report.as_of))

    @property
    def target_name(self) -> str:
        """Return what the target is called."""
        return place_name(dict(zip(PLACES, self.target, strict=True)), self.report.lang) if self.target else ""

    def _gap(self, by: str) -> pd.DataFrame:
        district = self.report.district
        return coverage_gap(district.incidents, district.projects, district.communities, by, self.report.period)

    def _of_area(self, table: pd.DataFrame) -> pd.DataFrame:
        area = self.report.area
        inside = pd.Series(True, table.index)
        for name in ("street", "community"):
            if getattr(area, name) is not None:
                inside &= table[name].eq(getattr(area, name))
        return table[inside].reset_index(drop=True)
