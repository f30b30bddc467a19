"""How 02 opens and what it found: how many projects had residents and social forces, and where there are none."""

import datetime as dt

import pandas as pd

from src.analysis.stats import proportions
from src.codebook.periods import Period
from src.codebook.vocabulary import case_of, sentence, threshold
from src.reports.findings import Finding, Opening, finding, key_findings

KINDS = {"residents": 1.0, "organisations": 0.95}  # how much each matters


def opening(
    projects: pd.DataFrame, communities: pd.DataFrame, lang: str, area: str, as_of: dt.date, lacking: str = ""
) -> Opening:
    """Return how 02 opens: projects, and in how many of them residents and social forces took part.

    `as_of`: up to when projects are known, `lacking`: what was not delivered (`Report.lacking`).
    """
    n, words = len(projects), {"area": area, "n": len(projects), "as_of": as_of}
    title = sentence("participation_title", lang, **words)
    if not n:
        key = "no_register" if lacking == "register" else "none"
        return Opening(sentence("participation_lacks", lang, case=key, **words), [], [], title)
    rates = {kind: proportions.participation_rate(projects, kind=kind).iloc[0] for kind in (*KINDS, "both")}
    both = rates.pop("both")
    figures = [(sentence("projects_figure", lang), f"{n:,}", "")]
    figures += [
        (sentence("participation_figure", lang, case=kind), *_share_figure(rate, n, lang))
        for kind, rate in rates.items()
    ]
    too_little = "" if any(stated_by(rate, n) == "none" for rate in rates.values()) else "finding_too_little"
    words |= {kind: _share_text(rate, kind, n, lang) for kind, rate in rates.items()}
    words["overlap"] = _overlap_text(both, n, lang)
    shares = [_share(rates[kind], kind, projects, matters, lang) for kind, matters in KINDS.items()]
    found = [*shares, _neither(projects, lang), _without_projects(projects, communities, lang)]
    findings = key_findings(found, lang, too_little)  # what lacks has been said by the sentence
    return Opening(sentence("participation_key", lang, **words), figures, findings, title)


def stated_by(rate: pd.Series, registered: int) -> str:
    """Return how many of the projects on record state what a share is of: `all`, `some`, or `none` of them."""
    return "none" if not rate["n"] else "some" if rate["n"] < registered else "all"


def _share_text(rate: pd.Series, kind: str, registered: int, lang: str) -> str:
    share = "" if rate["flag"] else sentence("listed_aside", lang, listed=f"{rate['estimate']:.1%}")
    words = {"kind": sentence("kind", lang, case=kind), "x": int(rate["x"]), "n": int(rate["n"]), "share": share}
    return sentence("participation_of", lang, case=stated_by(rate, registered), **words)


def _overlap_text(rate: pd.Series, registered: int, lang: str) -> str:
    """Return how far the two overlap among the projects that state both; nothing where none does."""
    stated = stated_by(rate, registered)
    case = case_of("overlaps" if rate["x"] else "apart", "some" if stated == "some" else "")
    return (
        ""
        if stated == "none"
        else sentence("participation_both", lang, case=case, both=int(rate["x"]), n=int(rate["n"]))
    )


def _share_figure(rate: pd.Series, registered: int, lang: str) -> tuple[str, str]:
    """Return a share for a tile: a percentage with its interval and of how many, counts where these are few."""
    stated = stated_by(rate, registered)
    if stated == "none":
        return sentence("figure_not_stated", lang), sentence("register_not_stated", lang)
    of = sentence("figure_of_stated", lang, n=int(rate["n"])) if stated == "some" else ""
    if rate["flag"] == "too_few":
        return sentence("x_of_n", lang, x=int(rate["x"]), n=int(rate["n"])), of + sentence("share_of.too_few", lang)
    limits = {name: f"{rate[name]:.1%}" for name in ("lower", "upper")}
    return f"{rate['estimate']:.1%}", of + sentence("interval", lang, **limits)


def _share(rate: pd.Series, kind: str, projects: pd.DataFrame, matters: float, lang: str) -> Finding | None:
    stated = stated_by(rate, len(projects))
    if stated == "none":
        return None
    words = {"period": _started(projects["started_on"].dropna(), lang), "kind": sentence("kind", lang, case=kind)}
    words |= {"x": rate["x"], "of": sentence("share_of", lang, case=stated, n=rate["n"], registered=len(projects))}
    if rate["flag"] == "too_few":
        return finding("share_few", lang, matters=matters, sure="few", **words)
    return finding("share", lang, matters=matters, **words, **_in_percent(*rate[["estimate", "lower", "upper"]]))


def _in_percent(estimate: float, lower: float, upper: float) -> dict[str, float]:
    return {"pct": 100 * estimate, "lower": 100 * lower, "upper": 100 * upper}


def _started(days: pd.Series, lang: str) -> str:
    """Return the months in which projects started."""
    if days.empty:
        return sentence("not_stated", lang)
    first, last = (day.to_period("M") for day in (days.min(), days.max()))
    return Period(first.start_time.date(), last.end_time.date()).label(lang)


def _neither(projects: pd.DataFrame, lang: str) -> Finding | None:
    parts = proportions.participation_overlap(projects).set_index("part")
    x, n = int(parts.loc["neither", "x"]), int(parts.loc["neither", "n"])
    if n < threshold("min_projects_for_share"):
        return None
    among = sentence("among_stated", lang, n=n) if n < len(projects) else ""
    limits = _in_percent(*proportions.wilson_interval(x, n))
    return finding("neither", lang, matters=0.6, x=x, both=int(parts.loc["both", "x"]), among=among, **limits)


def _without_projects(projects: pd.DataFrame, communities: pd.DataFrame, lang: str) -> Finding | None:
    counted = proportions.projects_by_community(projects, communities)
    if len(counted) < 2:
        return None
    words = {"communities": len(counted), "without": int(counted["x"].eq(0).sum())}
    words |= {"least": int(counted["x"].min()), "most": int(counted["x"].max())}
    key, matters = ("without_projects", 0.5) if words["without"] else ("all_with_projects", 0.3)
    return finding(key, lang, matters=matters, **words)
