"""What 02 found: how many projects residents and social forces took part in, and where there are none."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from src.analysis.report.findings import Finding, finding
from src.analysis.stats.proportions import (
    participation_overlap,
    participation_rate,
    projects_by_community,
    wilson_interval,
)
from src.analysis.vocabulary import sentence, threshold

if TYPE_CHECKING:
    from src.analysis.report.context import Run


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
    first, last = f"{started.min():%Y-%m}", f"{started.max():%Y-%m}"
    return first if first == last else sentence("from_to", run.lang, first=first, last=last)


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
