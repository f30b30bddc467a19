"""What 05 works with and how it opens: the gap between demand and projects, the three lists, communities alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.charts.html import column_label
from src.analysis.periods import Period, parse_period
from src.analysis.report.findings import Finding, finding, key_findings
from src.analysis.stats.counts import in_window
from src.analysis.stats.coverage import coverage_gap, coverage_totals
from src.analysis.stats.lists import problem_list, project_list, resource_list
from src.analysis.stats.similar import community_profile, similar_communities, similarity_variables
from src.analysis.vocabulary import label, sentence

if TYPE_CHECKING:
    from src.analysis.report.context import Run

    Opening = tuple[str, str, list[tuple[str, str, str]], list[tuple[str, str]]]


@dataclass(frozen=True)
class Next:
    """Where the next project could go in a run's area, seen against the whole district; tables are made once."""

    run: "Run"

    @cached_property
    def demand(self) -> pd.DataFrame:
        """Return the district's incidents of the period."""
        incidents = self.run.district_incidents
        return incidents[in_window(incidents, self.run.period)]

    @cached_property
    def gap(self) -> pd.DataFrame:
        """Return demand against projects of the area's communities; what is expected comes from the district."""
        whole = coverage_gap(self.demand, self.run.district_projects, self.run.district_communities)
        return self._of_area(whole)

    @cached_property
    def gap_by_street(self) -> pd.DataFrame:
        """Return demand against projects of the streets."""
        return coverage_gap(self.demand, self.run.district_projects, self.run.district_communities, by="street")

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Return how many projects each community of the area is short of; none where demand is too small to tell."""
        return coverage_totals(self.gap if self.gap["flag"].ne("too_few").any() else self.gap.iloc[:0])

    @cached_property
    def lists(self) -> dict[str, pd.DataFrame]:
        """Return the three lists of the area (`three_lists`); its problems are those that the whole district shows."""
        run = self.run
        return {
            "problems": self._of_area(problem_list(self.demand, run.district_projects, run.district_communities)),
            "resources": resource_list(run.projects, run.sites),
            "projects": project_list(run.projects, run.as_of),
        }

    @cached_property
    def target(self) -> tuple[str, str] | None:
        """Return the community to learn for: the area's own, else the one that lacks most projects."""
        known = self.run.district_communities[["street", "community"]]
        if self.run.area.community is not None:
            asked = (self.run.area.street, self.run.area.community)
            return asked if asked in set(known.itertuples(index=False, name=None)) else None
        if self.totals.empty:
            return None
        return tuple(self.totals.loc[self.totals["estimate"].idxmax(), ["street", "community"]])

    @cached_property
    def base_year(self) -> Period | None:
        """Return the calendar year before the first project began, where there are incidents of it."""
        started = self.run.district_projects["started_on"].min()
        if pd.isna(started):
            return None
        year = parse_period(str(started.year - 1))
        return year if in_window(self.run.district_incidents, year).any() else None

    @cached_property
    def similar(self) -> pd.DataFrame:
        """Return the communities most like the target; none where the register says nothing to compare them by."""
        if self.target is None:
            return pd.DataFrame()
        run = self.run
        return similar_communities(run.district_communities, self.target, 5, run.district_incidents, self.base_year)

    @cached_property
    def variables(self) -> pd.DataFrame:
        """Return by what communities were compared, by the names that pages use."""
        profile = community_profile(self.run.district_communities, self.run.district_incidents, self.base_year)
        table = similarity_variables(profile, self.target)
        return table.assign(variable=[column_label(name, self.run.lang) for name in table["variable"]])

    def projects_of(self, places: pd.DataFrame) -> pd.DataFrame:
        """Return what some communities run, as the project list has it."""
        return places[["street", "community"]].merge(project_list(self.run.district_projects, self.run.as_of))

    @property
    def target_name(self) -> str:
        """Return what the target is called."""
        return "".join(self.target or ())

    def _of_area(self, table: pd.DataFrame) -> pd.DataFrame:
        area = self.run.area
        inside = pd.Series(True, table.index)
        for name in ("street", "community"):
            if getattr(area, name) is not None:
                inside &= table[name].eq(getattr(area, name))
        return table[inside].reset_index(drop=True)


def opening(work: Next) -> "Opening":
    """Return how 05 opens: where projects lack most by demand, and how long the three lists are."""
    run, lang = work.run, work.run.lang
    title = sentence("next_title", lang, area=run.name)
    problems, resources, projects = (work.lists[name] for name in ("problems", "resources", "projects"))
    words = {"area": run.name, "period": run.period.label(lang), "problems": len(problems), "projects": len(projects),
             "open": int(problems["problem_status"].eq("no_project").sum()), "resources": len(resources)}  # fmt: skip
    if run.district_projects.empty or problems.empty:
        key = "next_key_no_projects" if run.district_projects.empty else "next_key_none"
        return title, sentence(key, lang, **words), [], key_findings(found(work), lang)
    most = problems.loc[problems["estimate"].idxmax()]
    words |= {"place": _place(work, most), "field": label("field", most["field"], lang), "x": int(most["x"]),
              "expected": most["estimate"] + most["x"], "verdict": sentence(_verdict(work, most), lang)}  # fmt: skip
    free, late = int(resources["closed"].sum()), int(projects["overdue"].sum())
    figures = [
        (sentence("list_problems", lang), f"{len(problems):,}", sentence("next_open", lang, n=words["open"])),
        (sentence("list_resources", lang), f"{len(resources):,}", sentence("next_free", lang, n=free)),
        (sentence("list_projects", lang), f"{len(projects):,}", sentence("next_late", lang, n=late)),
    ]
    return title, sentence("next_key", lang, **words), figures, key_findings(found(work), lang)


def _place(work: Next, row: pd.Series) -> str:
    """Return a community's name as far as the page does not say it already."""
    return row["community"] if work.run.area.street else f"{row['street']}{row['community']}"


def _verdict(work: Next, row: pd.Series) -> str:
    cell = work.gap[(work.gap[["street", "community", "field"]] == row[["street", "community", "field"]]).all(axis=1)]
    return "next_beyond" if cell["flag"].eq("under").any() else "next_within"


def found(work: Next) -> Iterator[Finding | None]:
    """Yield what the page on the next projects found."""
    run, lang, gap = work.run, work.run.lang, work.gap
    tested = gap[gap["flag"].ne("too_few")]
    words = {"period": run.period.label(lang), "tested": len(tested), "projects": len(run.projects)}
    if len(tested) and len(run.district_projects):
        counts = {name: int(tested["flag"].eq(name).sum()) for name in ("under", "over")}
        key = "cells_beyond" if sum(counts.values()) else "cells_within"
        most = tested.loc[tested["estimate"].idxmax()]
        said = {"place": _place(work, most), "field": label("field", most["field"], lang), "x": int(most["x"]),
                "expected": most["expected"], "p": most["p"], "n": int(most["n"])}  # fmt: skip
        if most["estimate"] > 0:
            sure = "clear" if most["flag"] == "under" else "unclear"
            yield finding("largest_gap", lang, matters=1.0, sure=sure, **words, **said)
        yield finding(key, lang, matters=0.9, **words, **counts)
    yield _demand(work)
    yield from _of_lists(work)
    if len(work.similar):
        names = ("、" if lang == "zh" else ", ").join(work.similar["street"] + work.similar["community"])
        base = work.base_year.label(lang) if work.base_year else sentence("none", lang)
        yield finding("alike", lang, matters=0.5, target=work.target_name, listed=names, base=base)


def _demand(work: Next) -> Finding | None:
    """Return where demand per resident is highest, against the district, with its limits."""
    known = work.gap[work.gap["per_10000"].notna() & work.gap["flag"].ne("too_few")]
    if known.empty:
        return None
    run, most = work.run, known.iloc[0]
    limits = {"lower": most["lower"], "upper": most["upper"]}
    words = {"place": _place(work, most), "field": label("field", most["field"], run.lang), "rate": most["per_10000"],
             "ratio": most["rate_ratio"],
             "interval": sentence("next_interval", run.lang, **limits) if pd.notna(most["lower"]) else ""}  # fmt: skip
    return finding("demand_rate", run.lang, matters=0.8, period=run.period.label(run.lang), **words)


def _of_lists(work: Next) -> Iterator[Finding | None]:
    lang, problems, projects = work.run.lang, work.lists["problems"], work.lists["projects"]
    if len(problems):
        none = problems["problem_status"].eq("no_project")
        words = {"n": len(problems), "open": int(none.sum()), "period": work.run.period.label(lang)}
        yield finding("problems", lang, matters=0.7, **words)
    if len(projects):
        words = {"n": len(projects), "closed": int(projects["closed"].sum()), "as_of": work.run.as_of}
        yield finding("projects_open", lang, matters=0.6, late=int(projects["overdue"].sum()), **words)
