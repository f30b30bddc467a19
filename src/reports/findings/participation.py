"""How 02 opens and what it found: how many projects had residents and social forces, and where there are none."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.stats.proportions import (
    participation_overlap,
    participation_rate,
    projects_by_community,
    wilson_interval,
)
from src.codebook.periods import Period
from src.codebook.vocabulary import sentence, threshold
from src.reports.findings.ranked import Finding, Opening, finding, key_findings

if TYPE_CHECKING:
    from src.reports.report import Report


def opening(report: "Report") -> Opening:
    """Return how 02 opens: projects, and in how many of them residents and social forces took part."""
    lang, n = report.lang, len(report.projects)
    words = {"area": report.name, "n": n}
    title = sentence("participation_title", lang, **words)
    if not n:
        key = "none" if report.was_delivered("projects") else "no_register"
        return Opening(sentence(f"participation_{key}", lang, **words), [], [], title)
    rates = {kind: participation_rate(report.projects, kind=kind).iloc[0] for kind in ("residents", "organisations")}
    figures = [(sentence("projects_figure", lang), f"{n:,}", "")]
    figures += [(sentence(f"{kind}_figure", lang), *_told_share(rate, n, lang)) for kind, rate in rates.items()]
    stated = {stated_by(rate, n) for rate in rates.values()}
    lacking = "" if "none" in stated else "finding_too_little"  # what lacks is told first
    words |= {kind: _told_of(rate, kind, n, lang) for kind, rate in rates.items()}
    words["overlap"] = _told_of_both(participation_rate(report.projects, kind="both").iloc[0], n, lang)
    return Opening(
        sentence("participation_key", lang, **words), figures, key_findings(found(report), lang, lacking), title
    )


def stated_by(rate: pd.Series, registered: int) -> str:
    """Return how many of the projects on record state what a share is of: `all`, `some`, or `none` of them."""
    return "none" if not rate["n"] else "some" if rate["n"] < registered else "all"


def _told_of(rate: pd.Series, kind: str, registered: int, lang: str) -> str:
    share = "" if rate["flag"] else sentence("listed_aside", lang, listed=f"{rate['estimate']:.1%}")
    words = {"kind": sentence(f"kind_{kind}", lang), "x": int(rate["x"]), "n": int(rate["n"]), "share": share}
    return sentence(f"participation_of_{stated_by(rate, registered)}", lang, **words)


def _told_of_both(rate: pd.Series, registered: int, lang: str) -> str:
    """Return how far the two overlap among the projects that state both; nothing where none does."""
    stated = stated_by(rate, registered)
    key = f"participation_{'overlaps' if rate['x'] else 'apart'}{'_some' if stated == 'some' else ''}"
    return "" if stated == "none" else sentence(key, lang, both=int(rate["x"]), n=int(rate["n"]))


def _told_share(rate: pd.Series, registered: int, lang: str) -> tuple[str, str]:
    """Return a share as a tile tells it: a percentage with its interval and of how many, counts where these are few."""
    stated = stated_by(rate, registered)
    if stated == "none":
        return sentence("figure_not_stated", lang), sentence("register_not_stated", lang)
    of = sentence("figure_of_stated", lang, n=int(rate["n"])) if stated == "some" else ""
    if rate["flag"] == "too_few":
        return sentence("x_of_n", lang, x=int(rate["x"]), n=int(rate["n"])), of + sentence("share_not_told", lang)
    limits = {name: f"{rate[name]:.1%}" for name in ("lower", "upper")}
    return f"{rate['estimate']:.1%}", of + sentence("interval", lang, **limits)


def found(report: "Report") -> Iterator[Finding | None]:
    """Yield what the participation page found."""
    if report.projects.empty:
        return
    for kind, matters in (("residents", 1.0), ("organisations", 0.95)):
        yield _share(report, kind, matters)
    yield _neither(report)
    yield _without_projects(report)


def _share(report: "Report", kind: str, matters: float) -> Finding | None:
    rate, registered = participation_rate(report.projects, kind=kind).iloc[0], len(report.projects)
    stated = stated_by(rate, registered)
    if stated == "none":
        return None
    words = {"period": _started(report), "kind": sentence(f"kind_{kind}", report.lang), "x": rate["x"]}
    words["of"] = sentence(f"share_of_{stated}", report.lang, n=rate["n"], registered=registered)
    if rate["flag"] == "too_few":
        return finding("share_few", report.lang, matters=matters, sure="few", **words)
    limits = {"pct": 100 * rate["estimate"], "lower": 100 * rate["lower"], "upper": 100 * rate["upper"]}
    return finding("share", report.lang, matters=matters, **words, **limits)


def _started(report: "Report") -> str:
    """Return the months in which the projects on record started."""
    started = report.projects["started_on"].dropna()
    if started.empty:
        return sentence("not_stated", report.lang)
    first, last = (day.to_period("M") for day in (started.min(), started.max()))
    return Period(first.start_time.date(), last.end_time.date()).label(report.lang)


def _neither(report: "Report") -> Finding | None:
    parts = participation_overlap(report.projects).set_index("part")
    x, n = int(parts.loc["neither", "x"]), int(parts.loc["neither", "n"])
    if n < threshold("min_projects_for_share"):
        return None
    share = wilson_interval(x, n)
    limits = {"pct": 100 * share.estimate, "lower": 100 * share.lower, "upper": 100 * share.upper}
    among = sentence("among_stated", report.lang, n=n) if n < len(report.projects) else ""
    return finding("neither", report.lang, matters=0.6, x=x, both=int(parts.loc["both", "x"]), among=among, **limits)


def _without_projects(report: "Report") -> Finding | None:
    counted = projects_by_community(report.projects, report.communities)
    if len(counted) < 2:
        return None
    words = {"communities": len(counted), "without": int(counted["x"].eq(0).sum())}
    words |= {"least": int(counted["x"].min()), "most": int(counted["x"].max())}
    key, matters = ("without_projects", 0.5) if words["without"] else ("all_with_projects", 0.3)
    return finding(key, report.lang, matters=matters, **words)
