"""The definition check (口径体检): may a change come from how cases are counted?"""

import pandas as pd

from src.analysis.charts.labels import place_name
from src.codebook.periods import parse_period
from src.codebook.vocabulary import enumerated, label, sentence, threshold
from src.reports.describe.words import change_text, interval_text
from src.reports.findings.changes import Windows, unit_of

Found = tuple[str, str]
"""What a check found, and its verdict: `fine`, `look`, `unknown`."""


def definition_check(
    asked: pd.DataFrame, incidents: pd.DataFrame, places: pd.DataFrame, delivered: pd.DataFrame,
    province: pd.DataFrame | None, windows: Windows, area: str,
) -> pd.DataFrame:  # fmt: skip
    """Return what was checked: one row is one `check`, what was `found`, and its `verdict` (fine, look, unknown).

    Of the changes (`Report.changes_asked`), the incidents of the period, `places_changed`, `windows_delivered` and what
    was published for the `province` (none beside a community), of the area of that name.
    """
    lang = windows.lang
    found = {
        "reclassified": _reclassified(asked, windows), "clock": _clock(incidents, lang),
        "places": _places(places, lang), "deliveries": _deliveries(delivered, lang),
    }  # fmt: skip
    if province is not None:
        found["province"] = _province(asked, province, windows, area)
    rows = [
        (sentence("check", lang, case=check), text, sentence("check_verdict", lang, case=verdict))
        for check, (text, verdict) in found.items()
    ]
    return pd.DataFrame(rows, columns=["check", "found", "verdict"])


def _reclassified(asked: pd.DataFrame, windows: Windows) -> Found:
    """Did other groups rise as the headline fell?"""
    lang, headline = windows.lang, asked[asked["question"].eq("headline")].iloc[0]
    changes = asked[asked["question"].eq("outside")]
    if headline["flag"] or changes.empty:
        return sentence("answer_no_base" if headline["flag"] == "no_base" else "check_found_few", lang), "unknown"
    texts = [
        sentence(
            "check_group", lang, name=label("group", row["group"], lang),
            went=windows.went(row, unit_of(row["group"], lang)), change=change_text(row["estimate"], lang),
            interval=interval_text(row["lower"], row["upper"], lang),
        )
        for row in changes.to_dict("records")
    ]  # fmt: skip
    suspect = headline["upper"] < headline["by_days"] and changes["lower"].gt(changes["by_days"]).any()
    text = enumerated(texts, lang, "statements")
    return sentence("check_shift" if suspect else "check_no_shift", lang, text=text), "look" if suspect else "fine"


def _clock(incidents: pd.DataFrame, lang: str) -> Found:
    """By which clock are incidents counted, and how many would lie in another month by the other?"""
    known = incidents[incidents["occurred_at"].notna()]
    if known.empty:
        return sentence("check_clock_only", lang), "unknown"
    months = [known[name].dt.to_period("M") for name in ("reported_at", "occurred_at")]
    moved, n = int(known["incident_count"][months[0] != months[1]].sum()), int(known["incident_count"].sum())
    share = 100 * moved / n
    return sentence("check_clock_found", lang, moved=moved, n=n, pct=share), "look" if share > 5 else "fine"


def _places(changed: pd.DataFrame, lang: str) -> Found:
    """Did places change between the windows?"""
    if changed.empty:
        return sentence("check_places_none", lang), "fine"
    names = enumerated((place_name(row, lang) for _, row in changed.iterrows()), lang)
    return sentence("check_places_found", lang, n=len(changed), names=names), "look"


def _deliveries(delivered: pd.DataFrame, lang: str) -> Found:
    """Is a month of either window missing or late?"""
    if delivered["flag"].eq("no_records").any():
        return sentence("check_deliveries_none", lang), "unknown"
    if len(before := delivered[delivered["flag"].eq("before")]):
        period, first = (parse_period(before[name].iloc[0]).label(lang) for name in ("window", "since"))
        return sentence("check_deliveries_before", lang, period=period, first=first), "look"
    if gaps := sorted({month for months in delivered["incomplete"] for month in months.split(";") if month}):
        return sentence(
            "check_deliveries_gaps", lang, months=enumerated((parse_period(gap).label(lang) for gap in gaps), lang)
        ), "look"
    return sentence("check_deliveries_whole", lang, least=threshold("complete_pct")), "fine"


def _province(asked: pd.DataFrame, province: pd.DataFrame, windows: Windows, area: str) -> Found:
    """How did the same figure move in the whole province?"""
    lang, headline = windows.lang, asked[asked["question"].eq("headline")].iloc[0]
    if province.empty or headline["flag"]:
        return sentence("check_province_none", lang), "unknown"
    texts = [
        sentence(
            "check_province_year", lang, year=row.period, compare=row.compare,
            change=change_text(row.value / 100, lang, 2), confidence=sentence("confidence", lang, case=row.confidence),
        )
        for row in province.sort_values("period").itertuples()
    ]  # fmt: skip
    words = {"window": windows.text([headline["note"]]), "own": change_text(headline["estimate"], lang), "area": area}
    words["text"] = enumerated(texts, lang, "statements")
    far = abs(100 * headline["estimate"] - province["value"]).min() > threshold("far_from_province_points")
    return sentence("check_province_found", lang, **words), "look" if far else "fine"


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
