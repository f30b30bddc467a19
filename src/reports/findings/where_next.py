"""How 05 opens and what it found: where projects lack by demand, and how far the three lists are."""

from collections.abc import Iterator

import pandas as pd

from src.analysis.charts.labels import place_name, within_text
from src.codebook.vocabulary import enumerated, label, sentence, threshold
from src.reports.context.where_next import Next
from src.reports.describe.coverage import demand_text
from src.reports.describe.effect import p_text
from src.reports.findings.ranked import Finding, Opening, finding, key_findings


def caption_of_problems(problems: pd.DataFrame, lang: str) -> str:
    """Return how the list of problems was made."""
    return sentence("list_caption_problems", lang, n=len(problems), least=threshold("least_projects_short"))


def opening(work: Next) -> Opening:
    """Return how 05 opens: where projects lack most by demand, and how long the three lists are."""
    report, lang = work.report, work.report.lang
    title = sentence("next_title", lang, area=report.name)
    problems, resources, projects = (work.lists[name] for name in ("problems", "resources", "projects"))
    words = {"area": report.name, "period": report.period.label(lang), "problems": len(problems)}
    words |= {"open": int(problems["problem_status"].eq("no_project").sum()), "resources": len(resources)}
    words |= {"projects": len(projects), "registered": len(report.district.projects)}
    if report.district.projects.empty or problems.empty:
        lacking = [name for name in ("projects", "incidents") if getattr(report.district, name).empty]
        known = not work.district_gap["flag"].eq("no_projects").all()
        if lacking[:1] == ["projects"] and not report.was_delivered("projects"):
            lacking = ["register"]
        key = f"next_key_no_{lacking[0]}" if lacking else "next_key_none" if known else "next_key_unplaced"
        findings = key_findings(found(work), lang, "" if lacking else "finding_too_little")
        return Opening(sentence(key, lang, **words), [], findings, title)
    most = problems.loc[problems["estimate"].idxmax()]
    words |= {"at": _at(work, most), "x": int(most["x"]), "expected": most["estimate"] + most["x"],
              "verdict": sentence("next_beyond" if _beyond(work, most) else "next_within", lang)}  # fmt: skip
    free = int(resources["closed"].sum())
    figures = [
        (sentence("list_problems", lang), f"{len(problems):,}", sentence("next_open", lang, n=words["open"])),
        (sentence("list_resources", lang), f"{len(resources):,}", sentence("next_free", lang, n=free)),
        (sentence("list_projects", lang), f"{len(projects):,}", _late(projects, "next_late", lang)),
    ]
    return Opening(sentence("next_key", lang, **words), figures, key_findings(found(work), lang), title)


def _late(projects: pd.DataFrame, key: str, lang: str) -> str:
    """Return how many projects are open beyond their due date, or that the register states no status or no due date."""
    if len(projects) and projects[["status", "due_on"]].isna().all().any():
        return sentence("projects_late_unknown", lang)
    late = int(projects["overdue"].sum())
    return sentence(key if late else "projects_none_late", lang, n=late)


def _place(work: Next, row: pd.Series) -> str:
    """Return a community's name as far as the page does not say it already."""
    lang = work.report.lang
    return label("community", row["community"], lang) if work.report.area.street else place_name(row, lang)


def _at(work: Next, row: pd.Series) -> str:
    """Return where a row of community and field lies; on a community's own page only the field."""
    field = within_text(label("field", row["field"], work.report.lang), work.report.lang)
    return (
        field
        if work.report.area.community
        else sentence("next_at", work.report.lang, place=_place(work, row), field=field)
    )


def _beyond(work: Next, row: pd.Series) -> bool:
    return (row["street"], row["community"], row["field"]) in work.beyond


def found(work: Next) -> Iterator[Finding | None]:
    """Yield what the page on the next projects found."""
    if len(work.report.district.projects):
        yield from _gaps(work)
        yield _totals(work)
    yield _demand(work)
    yield from _of_lists(work)
    if len(work.similar):
        names = enumerated((place_name(row, work.report.lang) for _, row in work.similar.iterrows()), work.report.lang)
        key = "alike" if work.base_year else "alike_by_register"
        base = work.base_year.label(work.report.lang) if work.base_year else ""
        yield finding(key, work.report.lang, matters=0.5, target=work.target_name, listed=names, base=base)


def _gaps(work: Next) -> Iterator[Finding]:
    """Yield the largest gap of a community in one field, and how many of them are beyond chance."""
    report, lang = work.report, work.report.lang
    tested = work.gap[~work.gap["flag"].isin(["too_few", "no_projects"])]
    if tested.empty:
        return
    period, most = report.period.label(lang), tested.loc[tested["estimate"].idxmax()]
    if most["estimate"] >= threshold("least_projects_short"):
        said = {"at": _at(work, most), "x": int(most["x"]), "expected": most["expected"], "n": int(most["n"])}
        said |= {"p_said": p_text(most["p"], lang), "tested": int(work.district_gap["flag"].ne("too_few").sum())}
        said["verdict"] = sentence(f"largest_gap_{'beyond' if most['flag'] == 'under' else 'within'}", lang)
        sure = "clear" if most["flag"] == "under" else "unclear"
        yield finding("largest_gap", lang, matters=1.0, sure=sure, period=period, **said)
    key = "cells_beyond" if tested["flag"].isin(["under", "over"]).any() else "cells_within"
    words = {"tested": len(tested), "counted": demand_text(tested["flag"], "cells", lang)}
    yield finding(key, lang, matters=0.9, period=period, chance=threshold("false_discovery_pct"), **words)


def _totals(work: Next) -> Finding | None:
    """Return which communities lack projects beyond chance with all fields together."""
    short = work.totals[work.totals["flag"].eq("under")]
    if short.empty:
        return None
    lang, most = work.report.lang, short.loc[short["estimate"].idxmax()]
    words = {"period": work.report.period.label(lang), "n": len(short), "communities": len(work.totals)}
    words |= {"place": _place(work, most), "expected": most["expected"], "x": int(most["x"])}
    return finding("totals", lang, matters=0.95, **words)


def _demand(work: Next) -> Finding | None:
    """Return where demand per resident is highest, against the district, with its limits."""
    known = work.gap[work.gap["per_10000"].notna() & work.gap["n"].ge(threshold("min_count_for_percent"))]
    if known.empty:
        return None
    report, lang, most = work.report, work.report.lang, known.iloc[0]
    limits = {"lower": most["lower"], "upper": most["upper"]}
    words = {"at": _at(work, most), "rate": most["per_10000"], "ratio": most["rate_ratio"],
             "interval": sentence("next_interval", lang, **limits) if pd.notna(most["lower"]) else ""}  # fmt: skip
    key = "demand_rate" if most["rate_ratio"] > 1 else "demand_rate_low"
    sure = "clear" if most["lower"] * most["rate_ratio"] > most["per_10000"] else "unclear"
    return finding(key, report.lang, matters=0.8, sure=sure, period=report.period.label(report.lang), **words)


def _of_lists(work: Next) -> Iterator[Finding | None]:
    lang, problems, projects = work.report.lang, work.lists["problems"], work.lists["projects"]
    if len(problems) and len(work.report.district.projects):
        none = problems["problem_status"].eq("no_project")
        words = {"n": len(problems), "open": int(none.sum()), "period": work.report.period.label(lang)}
        beyond = sum(_beyond(work, row) for _, row in problems.iterrows())
        words["beyond"] = sentence("problems_beyond" if beyond else "problems_none_beyond", lang, n=beyond)
        yield finding("problems", lang, matters=0.7, least=threshold("least_projects_short"), **words)
    if len(projects):
        words = {"n": len(projects), "as_of": work.report.as_of, "late": _late(projects, "projects_late", lang)}
        known = projects["status"].notna().any()
        closed = int(projects["closed"].sum())
        words["closed"] = sentence("projects_closed" if known else "projects_closed_unknown", lang, n=closed)
        yield finding("projects_open", lang, matters=0.6, **words)
