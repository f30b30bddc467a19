"""How 05 opens and what it found: where projects lack by demand, and how far the three lists are."""

import datetime as dt
from collections.abc import Iterator

import pandas as pd

from src.analysis.areas import Area
from src.analysis.charts.labels import place_name, within_text
from src.analysis.stats import counts, coverage
from src.analysis.stats.similar import community_profile, similarity_variables
from src.codebook.periods import Period, parse_period
from src.codebook.tables import column_label
from src.codebook.vocabulary import PLACES, enumerated, label, sentence, threshold
from src.reports.describe.coverage import demand_text
from src.reports.describe.words import p_text
from src.reports.findings import Finding, Opening, finding, key_findings

Tables = dict[str, pd.DataFrame]
"""`whole` and `gap` (`coverage_gap` of all communities and of the area), `totals`, the three lists, `similar`."""


def target(totals: pd.DataFrame, communities: pd.DataFrame, area: Area) -> tuple[str, str] | None:
    """Return the community to learn for: the area's own, else the one that lacks most projects; none where neither."""
    if area.community is None:
        return None if totals.empty else tuple(totals.loc[totals["estimate"].idxmax(), list(PLACES)])
    asked = (area.street, area.community)
    return asked if asked in set(communities[list(PLACES)].itertuples(index=False, name=None)) else None


def base_year(incidents: pd.DataFrame, projects: pd.DataFrame, held: Period) -> Period | None:
    """Return the calendar year before the first project began, where the incidents, of the months `held`, hold it."""
    started = projects["started_on"].min()
    year = None if pd.isna(started) else parse_period(str(started.year - 1))
    whole = year is not None and held.first_day <= year.first_day and counts.in_window(incidents, year).any()
    return year if whole else None


def variables(
    communities: pd.DataFrame, of: tuple[str, str], incidents: pd.DataFrame, base: Period | None, lang: str
) -> pd.DataFrame:
    """Return by what communities were compared (`similarity_variables`), by the names that pages use."""
    table = similarity_variables(community_profile(communities, incidents, base), of)
    return table.assign(variable=[column_label(name, lang) for name in table["variable"]])


def projects_of(places: pd.DataFrame, projects: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return what some communities run, as the project list has it."""
    return places[list(PLACES)].merge(coverage.project_list(projects, as_of))


def caption_of_problems(problems: pd.DataFrame, lang: str) -> str:
    """Return how the list of problems was made."""
    return sentence("list_caption_problems", lang, n=len(problems), least=threshold("least_projects_short"))


def opening(
    tables: Tables, area: Area, period: Period, lang: str, *, as_of: dt.date, base: Period | None,
    learner: tuple[str, str] | None, registered: int, lacking: str,
) -> Opening:  # fmt: skip
    """Return how 05 opens: where projects lack most by demand, and how long the three lists are.

    `base`: the year that communities are compared by, `learner`: the one they are compared with (`target`),
    `registered`: the projects of the district, `lacking`: what there is none of in it (`Report.lacking`).
    """
    problems, resources, projects = (tables[name] for name in ("problems", "resources", "projects"))
    title, when = sentence("next_title", lang, area=area.label(lang)), period.label(lang)
    words = {"area": area.label(lang), "period": when, "resources": len(resources), "projects": len(projects)}
    findings = found(tables, area, when, lang, as_of=as_of, base=base, learner=learner, registered=registered)
    if lacking or problems.empty:
        known = not tables["whole"]["flag"].eq("no_projects").all()
        least = threshold("least_projects_short")
        key = "next_lacks" if lacking else "next_key_none" if known else "next_key_unplaced"
        ranked = key_findings(findings, lang, "" if lacking else "finding_too_little")
        return Opening(
            sentence(key, lang, case=lacking, **words, registered=registered, least=least), [], ranked, title
        )
    words["problems"] = _problems(problems, lang)
    words["lead"] = _beyond_chance(tables, area, lang)
    free, clear = int(resources["closed"].sum()), int(problems["is_significant"].sum())
    together = int(tables["totals"]["flag"].eq("under").sum())  # of all fields
    figures = [
        (sentence("next_clear", lang), f"{clear or together:,}", sentence("next_leads", lang, n=len(problems) - clear)),
        (sentence("list_resources", lang), f"{len(resources):,}", sentence("next_free", lang, n=free)),
        (sentence("list_projects", lang), f"{len(projects):,}", _late(projects, "next_late", lang)),
    ]
    return Opening(sentence("next_key", lang, **words), figures, key_findings(findings, lang), title)


def _beyond_chance(tables: Tables, area: Area, lang: str) -> str:
    """Return where projects lack by more than chance: in one field, else in all together, else that it is nowhere."""
    for key, name in (("next_short_in", "gap"), ("next_short", "totals")):
        table = tables[name]
        if len(short := table[table["flag"].eq("under")]):
            most = short.loc[short["estimate"].idxmax()]
            at = _at(most, area, lang) if name == "gap" else _place(most, area, lang)
            return sentence(key, lang, at=at, x=int(most["x"]), expected=most["expected"], n=len(short))
    tested = int((~tables["gap"]["flag"].isin(["too_few", "no_projects"])).sum())
    return sentence("next_short_nowhere" if tested else "next_short_unknown", lang, n=tested)


def found(
    tables: Tables, area: Area, period: str, lang: str, *, as_of: dt.date, base: Period | None,
    learner: tuple[str, str] | None, registered: int,
) -> list[Finding | None]:  # fmt: skip
    """Return what the page on the next projects found; the words as in `opening`."""
    gaps = [*_gaps(tables, area, period, lang), _totals(tables, area, period, lang)] if registered else []
    lists = _of_lists(tables, registered, period, as_of, lang)
    return [*gaps, _demand(tables["gap"], area, period, lang), *lists, _alike(tables["similar"], learner, base, lang)]


def _late(projects: pd.DataFrame, key: str, lang: str) -> str:
    """Return how many projects are open after their due date, or that the register states no status or no due date."""
    if len(projects) and projects[["status", "due_on"]].isna().all().any():
        return sentence("projects_late_unknown", lang)
    late = int(projects["overdue"].sum())
    return sentence(key if late else "projects_none_late", lang, n=late)


def _place(row: pd.Series, area: Area, lang: str) -> str:
    """Return a community's name as far as the page does not say it already."""
    return label("community", row["community"], lang) if area.street else place_name(row, lang)


def _at(row: pd.Series, area: Area, lang: str) -> str:
    """Return where a row of community and field lies; on a community's own page only the field."""
    field = within_text(label("field", row["field"], lang), lang)
    return field if area.community else sentence("next_at", lang, place=_place(row, area, lang), field=field)


def _problems(problems: pd.DataFrame, lang: str) -> str:
    """Return how many problems chance does not explain, how many leads there are, and how many have no project."""
    clear, n = int(problems["is_significant"].sum()), len(problems)
    key = "problems_clear" if clear else "problems_none_clear"
    return sentence(key, lang, n=clear, leads=n - clear, open=int(problems["problem_status"].eq("no_project").sum()))


def _gaps(tables: Tables, area: Area, period: str, lang: str) -> Iterator[Finding]:
    """Yield the largest gap of a community in one field that chance does not explain, and how many there are."""
    gap = tables["gap"]
    tested = gap[~gap["flag"].isin(["too_few", "no_projects"])]
    if tested.empty:
        return
    if len(short := tested[tested["flag"].eq("under")]):
        most = short.loc[short["estimate"].idxmax()]
        words = {"at": _at(most, area, lang), "x": int(most["x"]), "expected": most["expected"], "n": int(most["n"])}
        words |= {"p_text": p_text(most["p"], lang), "tested": int(tables["whole"]["flag"].ne("too_few").sum())}
        yield finding("largest_gap", lang, matters=1.0, period=period, **words)
    key = "cells_clear" if tested["flag"].isin(["under", "over"]).any() else "cells_within"
    words = {"tested": len(tested), "counted": demand_text(tested["flag"], "cells", lang)}
    yield finding(key, lang, matters=0.9, period=period, chance=threshold("false_discovery_pct"), **words)


def _totals(tables: Tables, area: Area, period: str, lang: str) -> Finding | None:
    """Return which communities lack projects by more than chance with all fields together."""
    totals = tables["totals"]
    short = totals[totals["flag"].eq("under")]
    if short.empty:
        return None
    most = short.loc[short["estimate"].idxmax()]
    words = {"period": period, "n": len(short), "communities": len(totals), "place": _place(most, area, lang)}
    return finding("totals", lang, matters=0.95, **words, expected=most["expected"], x=int(most["x"]))


def _demand(gap: pd.DataFrame, area: Area, period: str, lang: str) -> Finding | None:
    """Return where demand per resident is highest, against the district, with its limits."""
    known = gap[gap["per_10000"].notna() & gap["n"].ge(threshold("min_count_for_percent"))]
    if known.empty:
        return None
    most = known.iloc[0]
    limits = {"lower": most["lower"], "upper": most["upper"]}
    words = {"at": _at(most, area, lang), "rate": most["per_10000"], "ratio": most["rate_ratio"],
             "base": most["per_10000"] / most["rate_ratio"],
             "interval": sentence("next_interval", lang, **limits) if pd.notna(most["lower"]) else ""}  # fmt: skip
    key = "demand_rate" if most["rate_ratio"] > 1 else "demand_rate_low"
    sure = "clear" if most["lower"] * most["rate_ratio"] > most["per_10000"] else "unclear"
    return finding(key, lang, matters=0.8, sure=sure, period=period, **words)


def _of_lists(tables: Tables, registered: int, period: str, as_of: dt.date, lang: str) -> Iterator[Finding]:
    problems, projects = tables["problems"], tables["projects"]
    if len(problems) and registered:
        words = {"period": period, "least": threshold("least_projects_short"), "problems": _problems(problems, lang)}
        yield finding("problems", lang, matters=0.7, **words)
    if len(projects):
        words = {"n": len(projects), "as_of": as_of, "late": _late(projects, "projects_late", lang)}
        known, closed = projects["status"].notna().any(), int(projects["closed"].sum())
        words["closed"] = sentence("projects_closed" if known else "projects_closed_unknown", lang, n=closed)
        yield finding("projects_open", lang, matters=0.6, **words)


def _alike(similar: pd.DataFrame, learner: tuple[str, str] | None, base: Period | None, lang: str) -> Finding | None:
    """Return which communities are most like one, by the year `base` or by the register alone."""
    if similar.empty:
        return None
    names = enumerated((place_name(row, lang) for _, row in similar.iterrows()), lang)
    words = {"target": name_of(learner, lang), "listed": names, "base": base.label(lang) if base else ""}
    return finding("alike" if base else "alike_by_register", lang, matters=0.5, **words)


def name_of(learner: tuple[str, str] | None, lang: str) -> str:
    """Return what the community to learn for is called."""
    return place_name(dict(zip(PLACES, learner, strict=True)), lang) if learner else ""
