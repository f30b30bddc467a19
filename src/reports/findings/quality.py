"""How 01 opens and what it found: why records were set aside, where most, who is missing, how late a month is."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis import loading
from src.analysis.charts.words import with_places
from src.analysis.stats import quality
from src.analysis.stats.proportions import wilson_interval
from src.codebook.vocabulary import enumerated, label, sentence
from src.reports.findings.ranked import Finding, Opening, finding, key_findings

if TYPE_CHECKING:
    from src.reports.context.run import Run


def opening(run: "Run") -> Opening:
    """Return how 01 opens: what was delivered and what of it is used."""
    summary, lang = run.build, run.lang
    records = summary.records()
    words = {name: int(records[name].sum()) for name in ("delivered", "clean", "duplicate", "quarantined")}
    words |= {"records": words["delivered"], "files": len(summary.deliveries)}
    words["clean_pct"] = 100 * words["clean"] / max(words["delivered"], 1)
    figures = [
        (sentence("column_clean", lang), f"{words['clean']:,}", f"{words['clean_pct']:.1f}%"),
        (sentence("column_duplicate", lang), f"{words['duplicate']:,}", ""),
        (sentence("column_quarantined", lang), f"{words['quarantined']:,}", ""),
    ]
    findings = key_findings(found(run), lang)
    return sentence("quality_title", lang), sentence("quality_key", lang, **words), figures, findings


def found(run: "Run") -> Iterator[Finding | None]:
    """Yield what the data-quality page found."""
    yield from _set_aside(run)
    yield from _missing(run)
    yield _late(run)


def _set_aside(run: "Run") -> Iterator[Finding]:
    records, lang = run.build.records(), run.lang
    n = {name: int(records[name].sum()) for name in ("delivered", "duplicate", "quarantined")}
    reasons = quality.reasons(loading.load_set_aside("quarantined"), lang)
    if len(reasons):
        first = reasons.iloc[0]
        share = first["count"] / n["quarantined"]
        words = {"quarantined": n["quarantined"], "count": int(first["count"]), "pct": 100 * share}
        yield finding("reason", lang, matters=0.8 * share, **words, reason=_ended(first["reason"], lang))
    files = quality.records_by_file(run.build.ledger)
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


def _missing(run: "Run") -> Iterator[Finding]:
    if run.incidents["street"].isna().all():
        return
    months = quality.delivered_months(run.incidents, run.communities)
    missing = months[months["flag"].eq("missing")]
    ends = {"first": f"{months['month'].min():%Y-%m}", "last": f"{months['month'].max():%Y-%m}"}
    never = with_places(months[months["flag"].eq("never")].drop_duplicates(["street", "source"]), run.lang)
    if len(never):
        names = never["street"] + " " + [label("source", source, run.lang) for source in never["source"]]
        yield finding("never", run.lang, matters=0.95, listed=enumerated(names, run.lang), **ends)
    if len(missing):
        listed = enumerated(with_places(missing, run.lang)["street"].unique(), run.lang)
        yield finding("missing", run.lang, matters=0.9, count=len(missing), listed=listed, **ends)
    elif never.empty:
        yield finding("none_missing", run.lang, matters=0.4, **ends)


def _late(run: "Run") -> Finding | None:
    known = quality.reporting_completeness(run.incidents, pd.Timestamp(run.as_of)).dropna(subset="estimate")
    known = known[known["month"].le(pd.Timestamp(run.period.last_day))]
    if known.empty:
        return None
    last = known.iloc[-1]
    verdict = sentence("month_incomplete" if last["flag"] else "month_complete", run.lang)
    words = {"month": f"{last['month']:%Y-%m}", "as_of": run.as_of, "pct": 100 * last["estimate"], "verdict": verdict}
    return finding("late", run.lang, matters=0.7 if last["flag"] else 0.35, **words)
