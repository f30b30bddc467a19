"""The definition check (口径体检): may a change come from how cases are counted?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.charts.labels import place_name
from src.analysis.stats.counts import HEADLINE, in_window
from src.codebook.vocabulary import current, enumerated, label, sentence, threshold
from src.reports.describe.words import change_text, interval_text
from src.reports.findings.changes import unit_of

if TYPE_CHECKING:
    from src.reports.report import Report

OUTSIDE = ("dispute", "other")  # where reports are entered that are not criminal or public-security ones


def definition_check(report: "Report") -> pd.DataFrame:
    """Return what was checked: one row is one `check`, what was `found`, and its `verdict` (fine, look, unknown)."""
    checks = (_reclassified, _clock, _places, _deliveries, *([] if report.area.community else [_province]))
    rows = [
        (
            sentence("check", report.lang, case=check.__name__[1:]),
            found,
            sentence("check_verdict", report.lang, case=verdict),
        )
        for check in checks
        for found, verdict in check(report)
    ]
    return pd.DataFrame(rows, columns=["check", "found", "verdict"])


def _reclassified(report: "Report") -> Iterator[tuple[str, str]]:
    """Did other groups rise as the headline fell?"""
    headline = report.change_of(HEADLINE)
    changes = changes_outside(report)
    if headline["flag"] or changes.empty:
        yield sentence("answer_no_base" if report.no_base else "check_found_few", report.lang), "unknown"
        return
    texts = [
        sentence(
            "check_group", report.lang, name=label("group", row["group"], report.lang),
            went=report.windows.went(row, unit_of(row["group"], report.lang)),
            change=change_text(row["estimate"], report.lang),
            interval=interval_text(row["lower"], row["upper"], report.lang),
        )
        for row in changes.to_dict("records")
    ]  # fmt: skip
    suspect = headline["upper"] < headline["by_days"] and changes["lower"].gt(changes["by_days"]).any()
    text = enumerated(texts, report.lang, "statements")
    yield (
        sentence("check_shift" if suspect else "check_no_shift", report.lang, text=text),
        "look" if suspect else "fine",
    )


def changes_outside(report: "Report") -> pd.DataFrame:
    """Return how each group moved that lost headline reports would turn up in, as its own line of the page has it."""
    known = [code for code in OUTSIDE if code in current().roll_ups]
    changes = pd.DataFrame([report.change_of(code) for code in known]).assign(group=known)
    return changes[changes["flag"].eq("")]


def _clock(report: "Report") -> Iterator[tuple[str, str]]:
    """By which clock are incidents counted, and how many would lie in another month by the other?"""
    rows = report.incidents[in_window(report.incidents, report.period)]
    known = rows[rows["occurred_at"].notna()]
    if known.empty:
        yield sentence("check_clock_only", report.lang), "unknown"
        return
    months = [known[name].dt.to_period("M") for name in ("reported_at", "occurred_at")]
    moved = int(known["incident_count"][months[0] != months[1]].sum())
    share = 100 * moved / known["incident_count"].sum()
    words = {"moved": moved, "n": int(known["incident_count"].sum()), "pct": share}
    yield sentence("check_clock_found", report.lang, **words), "look" if share > 5 else "fine"


def _places(report: "Report") -> Iterator[tuple[str, str]]:
    """Did places change between the windows?"""
    register = report.communities
    redrawn = report.as_clusters(register)["community"].ne(register["community"])
    changed = register[redrawn | _began(register, report)]
    if changed.empty:
        yield sentence("check_places_none", report.lang), "fine"
        return
    names = enumerated((place_name(row, report.lang) for _, row in changed.iterrows()), report.lang)
    yield sentence("check_places_found", report.lang, n=len(changed), names=names), "look"


def _began(register: pd.DataFrame, report: "Report") -> pd.Series:
    """Return which communities came into being after the windows that are compared began."""
    first = min(reference.first_day for reference in report.baseline)
    return pd.to_datetime(register["valid_from"]).gt(pd.Timestamp(first)).fillna(False)


def _deliveries(report: "Report") -> Iterator[tuple[str, str]]:
    """Is a month of either window missing or late?"""
    if report.incidents.empty:
        yield sentence("check_deliveries_none", report.lang), "unknown"
        return
    spans = [report.period, *report.baseline]
    gaps = [m for m in report.incomplete_months if any(s.first_day <= m.date() <= s.last_day for s in spans)]
    before = [span for span in spans if pd.Timestamp(span.first_day) < pd.Timestamp(report.months.first_day)]
    if before:
        words = {"period": before[0].label(report.lang), "first": f"{report.months.first_day:%Y-%m}"}
        yield sentence("check_deliveries_before", report.lang, **words), "look"
    elif gaps:
        listed = enumerated((f"{month:%Y-%m}" for month in gaps), report.lang)
        yield sentence("check_deliveries_gaps", report.lang, months=listed), "look"
    else:
        yield sentence("check_deliveries_whole", report.lang, least=threshold("complete_pct")), "fine"


def _province(report: "Report") -> Iterator[tuple[str, str]]:
    """How did the same figure move in the whole province?"""
    headline = report.change_of(HEADLINE)
    province = _published_for_province(report)
    if province.empty or headline["flag"]:
        yield sentence("check_province_none", report.lang), "unknown"
        return
    texts = [
        sentence(
            "check_province_year", report.lang, year=row.period, compare=row.compare,
            change=change_text(row.value / 100, report.lang, 2),
            confidence=sentence("confidence", report.lang, case=row.confidence),
        )
        for row in province.sort_values("period").itertuples()
    ]  # fmt: skip
    own = change_text(headline["estimate"], report.lang)
    words = {"window": report.windows.text([headline["note"]]), "own": own, "area": report.name}
    words["text"] = enumerated(texts, report.lang, "statements")
    far = abs(100 * headline["estimate"] - province["value"]).min() > threshold("far_from_province_points")
    yield sentence("check_province_found", report.lang, **words), "look" if far else "fine"


def _published_for_province(report: "Report") -> pd.DataFrame:
    """Return the published changes of the headline outside the district, of the years that are compared."""
    published, name = report.published, current().roll_ups[HEADLINE]["zh"]
    years = {report.period.last_day.year} - {reference.last_day.year for reference in report.baseline}
    if published.empty or not years:
        return published.iloc[:0]
    before = {reference.last_day.year for reference in report.baseline}
    return published[
        published["geography"].ne(current().district["zh"])
        & published["unit"].eq("%")
        & published["figure"].str.contains(f"省{name}", regex=False)
        & published["period"].isin([str(year) for year in years | before])
        & published["compare"].notna()
    ]


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
