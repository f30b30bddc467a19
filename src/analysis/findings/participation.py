"""How 02 opens and what it found: how many projects had residents and social forces, and where there are none."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.findings.ranked import Finding, Opening, finding, key_findings
from src.analysis.periods import Period
from src.analysis.stats.proportions import (
    participation_overlap,
    participation_rate,
    projects_by_community,
    wilson_interval,
)
from src.analysis.vocabulary import sentence, threshold

if TYPE_CHECKING:
    from src.analysis.context.run import Run


def opening(run: "Run") -> Opening:
    """Return how 02 opens: projects, and in how many of them residents and social forces took part."""
    rates = {
        kind: participation_rate(run.projects, kind=kind).iloc[0] for kind in ("residents", "organisations", "both")
    }
    n = len(run.projects)
    words = {"area": run.name, "n": n} | {kind: int(rate["x"]) for kind, rate in rates.items()}
    title = sentence("participation_title", run.lang, **words)
    if not n:
        return title, sentence("participation_none", run.lang, **words), [], []
    told = {kind: _told_share(rate, run.lang) for kind, rate in rates.items()}
    figures = [(sentence("projects_figure", run.lang), f"{n:,}", "")]
    figures += [(sentence(f"{kind}_figure", run.lang), *told[kind]) for kind in ("residents", "organisations")]
    shares = {
        f"{kind}_share": "" if rate["flag"] else sentence("listed_aside", run.lang, listed=told[kind][0])
        for kind, rate in rates.items()
    }
    shares["overlap"] = sentence(f"participation_{'overlaps' if words['both'] else 'apart'}", run.lang, **words)
    findings = key_findings(found(run), run.lang)
    return title, sentence("participation_key", run.lang, **words, **shares), figures, findings


def _told_share(rate: pd.Series, lang: str) -> tuple[str, str]:
    """Return a share as a page tells it: a percentage with its interval, or counts where there are too few."""
    if rate["flag"] == "too_few":
        return sentence("x_of_n", lang, x=int(rate["x"]), n=int(rate["n"])), sentence("share_not_told", lang)
    limits = {name: f"{rate[name]:.1%}" for name in ("lower", "upper")}
    return f"{rate['estimate']:.1%}", sentence("interval", lang, **limits)


def found(run: "Run") -> Iterator[Finding | None]:
    """Yield what the participation page found."""
    if run.projects.empty:
        return
    for kind, matters in (("residents", 1.0), ("organisations", 0.95)):
        yield _share(run, kind, matters)
    yield _neither(run)
    yield _without_projects(run)


def _share(run: "Run", kind: str, matters: float) -> Finding:
    rate = participation_rate(run.projects, kind=kind).iloc[0]
    words = {"period": _started(run), "kind": sentence(f"kind_{kind}", run.lang), "x": rate["x"], "n": rate["n"]}
    if rate["flag"] == "too_few":
        return finding("share_few", run.lang, matters=matters, sure="few", **words)
    limits = {"pct": 100 * rate["estimate"], "lower": 100 * rate["lower"], "upper": 100 * rate["upper"]}
    return finding("share", run.lang, matters=matters, **words, **limits)


def _started(run: "Run") -> str:
    """Return the months in which the projects on record started."""
    started = run.projects["started_on"].dropna()
    if started.empty:
        return sentence("not_stated", run.lang)
    first, last = (day.to_period("M") for day in (started.min(), started.max()))
    return Period(first.start_time.date(), last.end_time.date()).label(run.lang)


def _neither(run: "Run") -> Finding | None:
    parts = participation_overlap(run.projects).set_index("part")
    x, n = int(parts.loc["neither", "x"]), int(parts.loc["neither", "n"])
    if n < threshold("min_projects_for_share"):
        return None
    share = wilson_interval(x, n)
    limits = {"pct": 100 * share.estimate, "lower": 100 * share.lower, "upper": 100 * share.upper}
    return finding("neither", run.lang, matters=0.6, x=x, both=int(parts.loc["both", "x"]), **limits)


def _without_projects(run: "Run") -> Finding | None:
    counted = projects_by_community(run.projects, run.communities)
    if len(counted) < 2:
        return None
    words = {"communities": len(counted), "without": int(counted["x"].eq(0).sum())}
    words |= {"least": int(counted["x"].min()), "most": int(counted["x"].max())}
    key, matters = ("without_projects", 0.5) if words["without"] else ("all_with_projects", 0.3)
    return finding(key, run.lang, matters=matters, **words)
