"""How 03 opens and what it found: how far the headline moved, what pulled it, where, what rose beside it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.charts.labels import with_place_names, within_text
from src.analysis.stats import delivery, published
from src.analysis.stats.changes import area_changes, contributions, is_significant
from src.analysis.stats.counts import HEADLINE, roll_up_mask
from src.analysis.stats.verdicts import years_left_out
from src.codebook.periods import parse_period
from src.codebook.vocabulary import case_of, current, enumerated, label, sentence, threshold
from src.reports.context.disclosure import REST
from src.reports.describe.areas import changed_places, denominator_text
from src.reports.describe.words import (
    change_text,
    contribution_text,
    interval_text,
    is_small,
    left_out_text,
    list_text,
    verdict_text,
)
from src.reports.findings import Finding, Opening, finding, key_findings, sureness
from src.reports.findings.changes import unit_of

if TYPE_CHECKING:
    from src.reports.report import Report

HEADLINES = (HEADLINE, "petition")


def opening(report: "Report", change: pd.DataFrame, indicators: pd.DataFrame) -> Opening:
    """Return how 03 opens: how the headline moved (`period_change`), and what is counted beside it (`key_indicators`).

    What is within the usual monthly variation, or cannot be judged, is named together.
    """
    report.keep_change(HEADLINE, change)
    rows = indicators[indicators["listname"].eq("roll_up") & indicators[["current", "reference"]].any(axis=1)]
    lang, title = report.lang, sentence("trends_title", report.lang, area=report.name)
    notes = [*change["note"], *rows["note"]]
    words = {"period": report.period.label(lang), "area": report.name, "left_out": left_out_text(notes, lang)}
    if rows.empty:
        key = "trends_none" if report.exact else "trends_withheld"
        return Opening(sentence(key, lang, **words), [], [], title)
    described = {row["code"]: report.windows.describe(row, row["code"]) for row in rows.to_dict("records")}
    alone = (rows["code"].eq(HEADLINE) & rows["flag"].ne("no_base")) | is_significant(rows)
    texts = [described[code][0] for code in rows.loc[alone, "code"]]
    verdicts = [verdict_text(row, lang) for _, row in rows[~alone].iterrows()]
    for verdict, together in rows[~alone].groupby(verdicts, sort=False):
        names = enumerated((within_text(label("roll_up", code, lang), lang) for code in together["code"]), lang)
        key = "headline_no_base" if together["flag"].eq("no_base").all() else "headline_together"
        texts.append(sentence(key, lang, names=names, verdict=verdict))
    lacking = "nothing_to_compare" if report.no_base else "finding_too_little"
    figures = [described[code][1] for code in HEADLINES if code in described]
    key = sentence("trends_key", lang, **words, text=enumerated(texts, lang, "statements"))
    return Opening(key, figures, key_findings(found(report), lang, lacking), title)


def published_beside(report: "Report") -> str:
    """Say which change of the headline was published, and why it is another than the page's; nothing without one."""
    figures = report.published[report.published["measure"].eq(f"change_pct:{HEADLINE}")]
    if report.area.level != "district" or figures.empty:
        return ""
    found = published.recomputed_figures(figures, report.projects, report.incidents, report.communities, report.sites)
    texts = []
    for row in found.itertuples():
        windows = [parse_period(window) for window in (row.period, row.compare)]
        same = windows == [report.period, *report.baseline]
        words = {"period": windows[0].label(report.lang), "name": label("roll_up", HEADLINE, report.lang)}
        words |= {"value": change_text(row.value / 100, report.lang, 2)}
        words |= {"recomputed": change_text(row.recomputed / 100, report.lang, 2)}
        texts.append(sentence("published_same_months" if same else "published_other_months", report.lang, **words))
    return " ".join(texts)


def found(report: "Report") -> Iterator[Finding | None]:
    """Yield what the page on trends found."""
    for code, matters in zip(HEADLINES, (1.0, 0.9), strict=True):
        yield _change(report, code, matters)
    reports = report.incidents[roll_up_mask(report.incidents, HEADLINE)]
    yield _pull(report, reports)
    yield _areas(report, report.as_clusters(report.parts[roll_up_mask(report.parts, HEADLINE)]))
    yield _against_unusual(report)
    yield _other_groups(report)


def rate_here(report: "Report") -> str:
    """Say how a community's rate per 10,000 stands to the district's, and whether beyond what these differ anyway."""
    table = report.district.rates
    if table.empty:
        return sentence("not_drawn.none", report.lang)
    here = table[table["street"].eq(report.area.street) & table["community"].eq(report.area.community)]
    if here.empty or here["flag"].iloc[0] == "no_population":
        return sentence("not_drawn.no_population", report.lang)
    row = here.iloc[0]
    words = {name: row[name] for name in ("x", "n", "estimate", "lower", "upper", "overall")}
    gaps = delivery.gap_names(report.gaps_within(), report.district.communities["street"].unique())
    words |= {"left_out": left_out_text(gaps, report.lang, "gaps_not_counted")}
    words |= {
        "period": report.period.label(report.lang),
        "area": report.name,
        "note": denominator_text(row["note"], report.lang),
    }
    few = "few" if row["x"] < threshold("min_count_for_percent") else ""  # what the funnel says holds for few, too
    apart = "lower" if row["upper"] < row["overall"] else "higher" if row["lower"] > row["overall"] else "same"
    verdict = sentence("band", report.lang, case=row["flag"] or few or apart)
    return sentence("rate_here", report.lang, **words, verdict=verdict)


def too_few_to_split(report: "Report") -> str:
    """Say why it is not told what pulled the headline: too few in either window, or no kind told; else nothing."""
    if report.incidents[roll_up_mask(report.incidents, HEADLINE)]["kind"].eq(REST).all() and len(report.incidents):
        return sentence("no_kind_listed", report.lang)
    if report.change_of(HEADLINE)["flag"] != "too_few":
        return ""
    return sentence("too_few_to_split", report.lang, least=threshold("min_count_for_percent"))


def _change(report: "Report", code: str, matters: float) -> Finding | None:
    """Say within which limits a change lies and what earlier years did: what it is stands at the top."""
    change, windows, lang = report.change_of(code), report.windows, report.lang
    sure = sureness(change["lower"], change["upper"], change["flag"], change["by_days"])
    if report.no_base or sure == "few":
        return None
    words = {"window": windows.text([change["note"]]), "name": label("roll_up", code, lang)}
    words["interval"] = interval_text(change["lower"], change["upper"], lang)
    words["earlier"] = windows.per_day(change, unit_of(code, lang)) + _earlier_years(change, code, report)
    apart = sure == "clear" and not is_significant(change)  # by itself alone: the verdict allows for its family
    words["family"] = sentence("change_judged_together", lang) if apart else ""
    return finding("change", lang, matters=matters, sure=sure, **words)


def _earlier_years(change: pd.Series, code: str, report: "Report") -> str:
    """Return in brackets the changes of earlier years, what they make of an ordinary one, and which were published.

    Of one place among many the range of ordinary years is not told: it is judged against those of all together.
    """
    if pd.isna(change["p_unlike"]):
        return ""
    ends = {name: f"{change[f'ordinary_{name}']:+.1%}".replace("-", "−") for name in ("lower", "upper")}
    earlier = enumerated(change["earlier"].replace("-", "−").split("; "), report.lang)
    few = len(change["earlier"].split("; ")) < threshold("min_years_for_range")
    key = "earlier_changes" if report.level else "ordinary_years_few" if few else "ordinary_years"
    totals = report.earlier_totals(code)
    known = {"first": totals["year"].min(), "last": totals["year"].max()}
    left_out = years_left_out(report.incidents, report.period)
    ends["left_out"] = sentence("earlier_left_out", report.lang, years=left_out) if left_out else ""
    ends["published"] = sentence("earlier_published", report.lang, **known) if len(totals) else ""
    return sentence(key, report.lang, earlier=earlier, **ends)


def _pull(report: "Report", reports: pd.DataFrame) -> Finding | None:
    kinds = contributions(report.comparable(reports), report.period, report.baseline, "kind", report.gaps)
    whole = report.change_of(HEADLINE)
    if whole["flag"] or is_small(whole) or kinds.empty:  # parts of few cases move by chance
        return None
    total = float(kinds["estimate"].sum())
    first = kinds.loc[(kinds["estimate"] * (1 if total > 0 else -1)).idxmax()]
    if pd.isna(first["kind"]) or first["kind"] == REST:  # nothing that a reader could look for
        return None
    lang, unit, points = report.lang, unit_of(HEADLINE, report.lang), float(first["estimate"])
    words = {
        "window": report.windows.text([whole["note"]]), "name": label("roll_up", HEADLINE, lang), "unit": unit,
        "first": label("kind", first["kind"], lang),
        "pulled": contribution_text(points, lang), "went": report.windows.went(first, unit),
    }  # fmt: skip
    sure = sureness(whole["lower"], whole["upper"], null=whole["by_days"])
    return finding("pull", lang, matters=0.8, sure=sure, **words)


def _areas(report: "Report", reports: pd.DataFrame) -> Finding | None:
    if not report.breakdown:
        return None
    among = report.among(HEADLINE)
    areas = area_changes(report.comparable(reports), report.period, report.baseline, report.by, report.gaps, among)
    flags = areas.loc[areas["flag"].eq("too_few") | areas["estimate"].notna(), "flag"]
    areas = areas[areas["flag"].ne("too_few") & areas["estimate"].notna()]
    if areas.empty:
        return None
    areas = with_place_names(areas, report.lang)
    rose = list(areas.loc[areas["flag"].eq("rose"), report.by])
    counted = changed_places(flags, report.by, report.lang, {"rose": enumerated(rose, report.lang)})
    words = {"counted": counted, "window": report.windows.text(areas["note"])}
    words["unlike"] = _unlike(areas, report)
    flagged = areas["flag"].isin(["fell", "rose"])
    which = "all" if flagged.all() else "some" if flagged.any() else "none"
    sure = "clear" if flagged.any() else "unclear"
    return finding(case_of("areas", which), report.lang, matters=0.95 if rose else 0.7, sure=sure, **words)


def _unlike(areas: pd.DataFrame, report: "Report") -> str:
    """Say which places are unlike earlier years, or that none is; nothing where that was not or cannot be asked."""
    if areas["p_unlike"].isna().all():
        return ""
    named = list(areas.loc[areas["verdict"].eq("unlike_earlier_years"), report.by])
    key = "areas_unlike" if named else "areas_unlike_none"
    return sentence(key, report.lang, **({"listed": list_text(named, report.lang)} if named else {}))


def _against_unusual(report: "Report") -> Finding | None:
    """Say what the headline is against the year before the base where that is no fair one (`unusual_years`)."""
    why = current().calendar["unusual_years"]
    unusual = [reference.first_day.year for reference in report.baseline if f"{reference.first_day.year}" in why]
    if not unusual:
        return None
    before = report.period.in_year(unusual[0] - 1)
    change = report.change_of(HEADLINE, before)
    if change["flag"] == "too_few" or not change["reference"]:
        return None
    words = {"name": label("roll_up", HEADLINE, report.lang), "change": change_text(change["estimate"], report.lang)}
    words["window"] = report.windows._replace(references=[before]).text([change["note"]])
    words |= {"interval": interval_text(change["lower"], change["upper"], report.lang), "year_before": unusual[0]}
    sure = sureness(change["lower"], change["upper"], null=change["by_days"])
    apart = sure == "clear" and not is_significant(change)
    words["family"] = sentence("change_judged_together", report.lang) if apart else ""
    remark = why[f"{unusual[0]}"][report.lang]
    return finding("against_unusual", report.lang, matters=0.85, sure=sure, **words, remark=remark)


def _other_groups(report: "Report") -> Finding | None:
    """Say which of the groups where lost headline reports would turn up rose most beyond the usual variation."""
    changes = report.changes_outside
    changes = changes[is_significant(changes)]
    if changes.empty or changes["estimate"].max() <= changes["by_days"].max():
        return None
    most = changes.loc[changes["estimate"].idxmax()]
    words = {"window": report.windows.text([most["note"]]), "name": label("roll_up", HEADLINE, report.lang)}
    words |= {"other": label("group", most["group"], report.lang), "change": change_text(most["estimate"], report.lang)}
    unit = unit_of(most["group"], report.lang)
    words["went"] = report.windows.went(most, unit)
    words["interval"] = interval_text(most["lower"], most["upper"], report.lang)
    words["verdict"] = verdict_text(most, report.lang)
    sure = sureness(most["lower"], most["upper"], null=most["by_days"])
    return finding("other_groups", report.lang, matters=0.9, sure=sure, **words)
