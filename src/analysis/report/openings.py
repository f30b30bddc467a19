"""How each page opens: its title, the sentence to remember, and a few figures with their verdicts; all computed."""

from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.report import participation_findings, quality_findings, trend_findings
from src.analysis.report.findings import key_findings
from src.analysis.report.told import direction, left_out, told_change
from src.analysis.stats.counts import HEADLINE
from src.analysis.stats.proportions import participation_rate
from src.analysis.vocabulary import current, enumerated, sentence

if TYPE_CHECKING:
    from src.analysis.report.context import Run

Opening = tuple[str, str, list[tuple[str, str, str]], list[tuple[str, str]]]
HEADLINES = (HEADLINE, "petition")


def data_quality(run: "Run") -> Opening:
    """Return how 01 opens: what was delivered and what of it is used."""
    summary, lang = run.build, run.lang
    records = summary.records()
    words = {name: int(records[name].sum()) for name in ("delivered", "clean", "duplicate", "quarantined")}
    words |= {
        "records": words["delivered"],
        "files": len(summary.deliveries),
        "clean_pct": 100 * words["clean"] / max(words["delivered"], 1),
    }
    figures = [
        (sentence("column_clean", lang), f"{words['clean']:,}", f"{words['clean_pct']:.1f}%"),
        (sentence("column_duplicate", lang), f"{words['duplicate']:,}", ""),
        (sentence("column_quarantined", lang), f"{words['quarantined']:,}", ""),
    ]
    findings = key_findings(quality_findings.found(run), lang)
    return sentence("quality_title", lang), sentence("quality_key", lang, **words), figures, findings


def participation(run: "Run") -> Opening:
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
    shares = {f"{kind}_share": told[kind][0] for kind in rates}
    findings = key_findings(participation_findings.found(run), run.lang)
    return title, sentence("participation_key", run.lang, **words, **shares), figures, findings


def _told_share(rate: pd.Series, lang: str) -> tuple[str, str]:
    """Return a share as a page tells it: a percentage with its interval, or counts where there are too few."""
    if rate["flag"] == "too_few":
        return sentence("x_of_n", lang, x=int(rate["x"]), n=int(rate["n"])), sentence("verdict_few", lang)
    return f"{rate['estimate']:.1%}", sentence(
        "interval", lang, lower=f"{rate['lower']:.1%}", upper=f"{rate['upper']:.1%}"
    )


def trends(run: "Run") -> Opening:
    """Return how 03 opens: police reports and petitions, against what they are compared with."""
    found = {code: run.change_of(code) for code in HEADLINES}
    known = {code: change for code, change in found.items() if change["current"] or change["reference"]}
    told = [told_change(change, code, run) for code, change in known.items()]
    title = sentence("trends_title", run.lang, area=run.name)
    lead = {"period": run.period.label(run.lang), "area": run.name}
    lead["left_out"] = left_out([change["note"] for change in found.values()], run.lang)
    if not told:
        return title, sentence("trends_none" if run.exact else "trends_withheld", run.lang, **lead), [], []
    joined = enumerated((text for text, _ in told), run.lang, "statements")
    findings = key_findings(trend_findings.found(run), run.lang)
    return title, sentence("trends_key", run.lang, **lead, told=joined), [figure for _, figure in told], findings


def caveat(run: "Run") -> str:
    """Return what a change must not be taken for: the clock, the base of 2020, the province, 2019 beside it."""
    windows = run.references
    if all(window.first_day.year != 2020 for window in windows):
        return sentence("base_plain", run.lang)
    change = run.change_of(HEADLINES[0], run.period.in_year(2019))
    if not change["reference"] or change["flag"] == "too_few":
        return sentence("base_plain", run.lang)
    return sentence("base_effect", run.lang, told=direction(change["estimate"], run.lang))


def last_month(run: "Run") -> str:
    """Return the name of the last month of the period, which the bulletin is of."""
    from src.analysis.periods import Period

    return Period(run.period.last_day.replace(day=1), run.period.last_day).label(run.lang)


def windows(run: "Run") -> dict[str, str]:
    """Return what the period and the one it is compared with are called."""
    before = [reference.label(run.lang) for reference in run.references]
    return {"first": enumerated(before, run.lang), "second": run.period.label(run.lang)}


def months_drawn(run: "Run") -> dict[str, object]:
    """Return which year the monthly chart shows, its last complete month, Spring Festivals, months not delivered."""
    year = run.period.last_day.year
    festivals = [day for day in current().calendar["spring_festival"] if day.year == year]
    gaps = [month.month for month in run.incomplete_months if month.year in (year, year - 1)]
    return {"year": year, "last": run.last_month_of(year), "festivals": [day.month for day in festivals], "gaps": gaps}


def published_verdict(figures: pd.DataFrame, lang: str) -> str:
    """Return how many of the published figures the loaded data gives."""
    if figures.empty:
        return sentence("published_none", lang)
    met = figures["difference"].eq(0)
    if met.all():
        return sentence("published_all", lang, n=len(figures))
    listed = enumerated(figures.loc[~met, "figure"], lang)
    return sentence("published_some", lang, n=len(figures), same=int(met.sum()), other=int((~met).sum()), listed=listed)


def published_sources(figures: pd.DataFrame, lang: str) -> str:
    """Return where the figures were published, each place once."""
    return sentence("published_sources", lang, sources=enumerated(figures["source"].unique(), lang, "statements"))
