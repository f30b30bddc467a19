"""How 01 opens and what it found: why records were set aside, where most, who is missing, how late a month is."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis import loading
from src.analysis.charts.labels import with_place_names
from src.analysis.stats import quality
from src.analysis.stats.intervals import wilson_interval
from src.codebook.vocabulary import enumerated, label, sentence
from src.reports.findings.ranked import Finding, Opening, finding, key_findings

if TYPE_CHECKING:
    from src.reports.report import Report


def opening(report: "Report") -> Opening:
    """Return how 01 opens: what was delivered and what of it is used."""
    summary, lang = report.build, report.lang
    records = summary.records()
    words = {name: int(records[name].sum()) for name in ("delivered", "clean", "duplicate", "quarantined")}
    words |= {"records": words["delivered"], "files": len(summary.deliveries)}
    words["clean_pct"] = 100 * words["clean"] / max(words["delivered"], 1)
    figures = [
        (sentence("column_clean", lang), f"{words['clean']:,}", f"{words['clean_pct']:.1f}%"),
        (sentence("column_duplicate", lang), f"{words['duplicate']:,}", ""),
        (sentence("column_quarantined", lang), f"{words['quarantined']:,}", ""),
    ]
    findings = key_findings(found(report), lang)
    return Opening(sentence("quality_key", lang, **words), figures, findings, sentence("quality_title", lang))


def found(report: "Report") -> Iterator[Finding | None]:
    """Yield what the data-quality page found."""
    yield from _set_aside(report)
    yield from _missing(report)
    yield _late(report)


def _set_aside(report: "Report") -> Iterator[Finding]:
    records, lang = report.build.records(), report.lang
    n = {name: int(records[name].sum()) for name in ("delivered", "duplicate", "quarantined")}
    reasons = quality.reasons(loading.load_set_aside("quarantined"), lang)
    if len(reasons):
        first = reasons.iloc[0]
        share = first["count"] / n["quarantined"]
        words = {"quarantined": n["quarantined"], "count": int(first["count"]), "pct": 100 * share}
        yield finding("reason", lang, matters=0.8 * share, **words, reason=_ended(first["reason"], lang))
    files = quality.records_by_file(report.build.ledger)
    files = files[files["quarantined"].gt(0)]
    if len(files):
        worst = files.loc[files["quarantined_pct"].idxmax()]
        share = wilson_interval(int(worst["quarantined"]), int(worst["delivered"]))
        shown = {name: 100 * getattr(share, name) for name in ("lower", "upper")} | {"pct": 100 * share.estimate}
        words = {"file": worst["file"], "x": int(worst["quarantined"]), "n": int(worst["delivered"])}
        yield finding("worst_file", lang, matters=0.6, **words, **shown)
    if n["duplicate"]:
        pct = 100 * n["duplicate"] / n["delivered"]
        yield finding("duplicates", lang, matters=0.3, duplicate=n["duplicate"], pct=pct)


def _ended(text: str, lang: str) -> str:
    return text if text.endswith(("。", ".")) else text + ("。" if lang == "zh" else ".")


def _missing(report: "Report") -> Iterator[Finding]:
    if report.incidents["street"].isna().all():
        return
    months = quality.delivered_months(report.incidents, report.communities)
    missing = months[months["flag"].eq("missing")]
    ends = {"first": f"{months['month'].min():%Y-%m}", "last": f"{months['month'].max():%Y-%m}"}
    never = with_place_names(months[months["flag"].eq("never")].drop_duplicates(["street", "source"]), report.lang)
    if len(never):
        names = never["street"] + " " + [label("source", source, report.lang) for source in never["source"]]
        yield finding("never", report.lang, matters=0.95, listed=enumerated(names, report.lang), **ends)
    if len(missing):
        listed = enumerated(with_place_names(missing, report.lang)["street"].unique(), report.lang)
        yield finding("missing", report.lang, matters=0.9, count=len(missing), listed=listed, **ends)
    elif never.empty:
        yield finding("none_missing", report.lang, matters=0.4, **ends)


def _late(report: "Report") -> Finding | None:
    known = quality.reporting_completeness(report.incidents, pd.Timestamp(report.as_of)).dropna(subset="estimate")
    known = known[known["month"].le(pd.Timestamp(report.period.last_day))]
    if known.empty:
        return None
    last = known.iloc[-1]
    verdict = sentence("month_incomplete" if last["flag"] else "month_complete", report.lang)
    words = {
        "month": f"{last['month']:%Y-%m}",
        "as_of": report.as_of,
        "pct": 100 * last["estimate"],
        "verdict": verdict,
    }
    return finding("late", report.lang, matters=0.7 if last["flag"] else 0.35, **words)
