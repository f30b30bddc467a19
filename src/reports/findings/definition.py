"""The definition check (口径体检): may a change come from how cases are counted?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.charts.words import direction, place_of, went
from src.analysis.stats.counts import HEADLINE, in_window
from src.codebook.vocabulary import current, enumerated, label, sentence, threshold
from src.reports.findings.ranked import interval_of_change
from src.reports.findings.told import mean_before, unit_of, window

if TYPE_CHECKING:
    from src.reports.context.run import Run

OUTSIDE = ("dispute", "other")  # where reports are entered that are not criminal or public-security ones


def definition_check(run: "Run") -> pd.DataFrame:
    """Return what was checked: one row is one `check`, what was `found`, and its `verdict` (fine, look, unknown)."""
    checks = (_reclassified, _clock, _places, _deliveries, _province)
    rows = [
        (sentence(f"check_{check.__name__[1:]}", run.lang), found, sentence(f"check_{verdict}", run.lang))
        for check in checks
        for found, verdict in check(run)
    ]
    return pd.DataFrame(rows, columns=["check", "found", "verdict"])


def _reclassified(run: "Run") -> Iterator[tuple[str, str]]:
    """Did other groups rise as the headline fell?"""
    headline = run.change_of(HEADLINE)
    changes = run.changes_of(OUTSIDE, ("group",))
    changes = changes[changes["flag"].eq("")]
    if headline["flag"] or changes.empty:
        yield sentence("answer_no_base" if run.no_base else "check_found_few", run.lang), "unknown"
        return
    told = [
        sentence(
            "check_group", run.lang, name=label("group", row.group, run.lang),
            went=went(row.reference, row.current, unit_of(row.group, run.lang), run.lang, mean_before(run)),
            change=direction(row.estimate, run.lang),
            interval=interval_of_change(row.lower, row.upper, run.lang),
        )
        for row in changes.itertuples()
    ]  # fmt: skip
    suspect = headline["upper"] < headline["by_days"] and changes["lower"].gt(changes["by_days"]).any()
    yield enumerated(told, run.lang, "statements"), "look" if suspect else "fine"


def _clock(run: "Run") -> Iterator[tuple[str, str]]:
    """By which clock are incidents counted, and how many would lie in another month by the other?"""
    rows = run.incidents[in_window(run.incidents, run.period)]
    known = rows[rows["occurred_at"].notna()]
    if known.empty:
        yield sentence("check_clock_only", run.lang), "unknown"
        return
    months = [known[name].dt.to_period("M") for name in ("reported_at", "occurred_at")]
    moved = int(known["incident_count"][months[0] != months[1]].sum())
    share = 100 * moved / known["incident_count"].sum()
    words = {"moved": moved, "n": int(known["incident_count"].sum()), "pct": share}
    yield sentence("check_clock_found", run.lang, **words), "look" if share > 5 else "fine"


def _places(run: "Run") -> Iterator[tuple[str, str]]:
    """Did places change between the windows?"""
    register = run.communities
    redrawn = run.as_clusters(register)["community"].ne(register["community"])
    changed = register[redrawn | _began(register, run)]
    if changed.empty:
        yield sentence("check_places_none", run.lang), "fine"
        return
    names = enumerated((place_of(row, run.lang) for _, row in changed.iterrows()), run.lang)
    yield sentence("check_places_found", run.lang, n=len(changed), names=names), "look"


def _began(register: pd.DataFrame, run: "Run") -> pd.Series:
    """Return which communities came into being after the windows that are compared began."""
    first = min(reference.first_day for reference in run.references)
    return pd.to_datetime(register["valid_from"]).gt(pd.Timestamp(first)).fillna(False)


def _deliveries(run: "Run") -> Iterator[tuple[str, str]]:
    """Is a month of either window missing or late?"""
    if run.incidents.empty:
        yield sentence("check_deliveries_none", run.lang), "unknown"
        return
    spans = [run.period, *run.references]
    gaps = [m for m in run.incomplete_months if any(s.first_day <= m.date() <= s.last_day for s in spans)]
    before = [span for span in spans if pd.Timestamp(span.first_day) < pd.Timestamp(run.months.first_day)]
    if before:
        words = {"period": before[0].label(run.lang), "first": f"{run.months.first_day:%Y-%m}"}
        yield sentence("check_deliveries_before", run.lang, **words), "look"
    elif gaps:
        listed = enumerated((f"{month:%Y-%m}" for month in gaps), run.lang)
        yield sentence("check_deliveries_gaps", run.lang, months=listed), "look"
    else:
        yield sentence("check_deliveries_whole", run.lang, least=threshold("complete_pct")), "fine"


def _province(run: "Run") -> Iterator[tuple[str, str]]:
    """How did the same figure move in the whole province?"""
    headline = run.change_of(HEADLINE)
    province = _published_for_province(run)
    if province.empty or headline["flag"]:
        yield sentence("check_province_none", run.lang), "unknown"
        return
    told = [
        sentence(
            "check_province_year", run.lang, year=row.period, compare=row.compare,
            change=direction(row.value / 100, run.lang), confidence=sentence(f"confidence_{row.confidence}", run.lang),
        )
        for row in province.sort_values("period").itertuples()
    ]  # fmt: skip
    own = direction(headline["estimate"], run.lang)
    words = {"window": window(run, [headline["note"]]), "own": own, "area": run.name}
    words["told"] = enumerated(told, run.lang, "statements")
    far = abs(100 * headline["estimate"] - province["value"]).min() > threshold("far_from_province_points")
    yield sentence("check_province_found", run.lang, **words), "look" if far else "fine"


def _published_for_province(run: "Run") -> pd.DataFrame:
    """Return the published changes of the headline outside the district, of the years that are compared."""
    published, name = run.published, current().roll_ups[HEADLINE]["zh"]
    years = {run.period.last_day.year} - {reference.last_day.year for reference in run.references}
    if published.empty or not years:
        return published.iloc[:0]
    before = {reference.last_day.year for reference in run.references}
    return published[
        published["geography"].ne(current().district["zh"])
        & published["unit"].eq("%")
        & published["figure"].str.contains(f"省{name}", regex=False)
        & published["period"].isin([str(year) for year in years | before])
        & published["compare"].notna()
    ]
