"""How 03 opens and what it found: how far the headline moved, what pulled it, where, what rose beside it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.charts.areas import denominator
from src.analysis.charts.changes import changed_places
from src.analysis.charts.words import direction, left_out, pulled, verdict, went, with_places
from src.analysis.stats.changes import area_changes, contributions
from src.analysis.stats.comparable import gap_names
from src.analysis.stats.counts import HEADLINE, roll_up_mask
from src.codebook.vocabulary import current, enumerated, label, sentence, threshold
from src.reports.context.disclosure import REST
from src.reports.findings.definition import OUTSIDE
from src.reports.findings.ranked import Finding, Opening, finding, interval_of_change, key_findings, sureness
from src.reports.findings.told import mean_before, moved, per_day_beside, told_change, unit_of, window

if TYPE_CHECKING:
    from src.reports.context.run import Run

HEADLINES = (HEADLINE, "petition")


def opening(run: "Run") -> Opening:
    """Return how 03 opens: police reports and petitions, against what they are compared with."""
    changes = {code: run.change_of(code) for code in HEADLINES}
    known = {code: change for code, change in changes.items() if change["current"] or change["reference"]}
    told = [told_change(change, code, run) for code, change in known.items()]
    title = sentence("trends_title", run.lang, area=run.name)
    lead = {"period": run.period.label(run.lang), "area": run.name}
    lead["left_out"] = left_out([change["note"] for change in changes.values()], run.lang)
    if not told:
        return title, sentence("trends_none" if run.exact else "trends_withheld", run.lang, **lead), [], []
    joined = enumerated((text for text, _ in told), run.lang, "statements")
    lacking = "told_no_base" if run.no_base else "finding_too_little"
    findings = key_findings(found(run), run.lang, lacking)
    return title, sentence("trends_key", run.lang, **lead, told=joined), [figure for _, figure in told], findings


def caveat(run: "Run") -> str:
    """Return what a change must not be taken for: the clock, the base of 2020, the province, 2019 beside it."""
    windows = run.references
    if all(window.first_day.year != 2020 for window in windows):
        return sentence("base_plain", run.lang)
    change = run.change_of(HEADLINE, run.period.in_year(2019))
    if not change["reference"] or change["flag"] == "too_few":
        return sentence("base_plain", run.lang)
    return sentence("base_effect", run.lang, told=direction(change["estimate"], run.lang))


def found(run: "Run") -> Iterator[Finding | None]:
    """Yield what the page on trends found."""
    for code, matters in zip(HEADLINES, (1.0, 0.9), strict=True):
        yield _change(run, code, matters)
    reports = run.incidents[roll_up_mask(run.incidents, HEADLINE)]
    yield _pull(run, reports)
    yield _areas(run, run.as_clusters(run.parts[roll_up_mask(run.parts, HEADLINE)]))
    yield _against_2019(run)
    yield _other_groups(run)


def rate_here(run: "Run") -> str:
    """Say how a community's rate per 10,000 stands to the district's, and whether beyond what these differ anyway."""
    table = run.district.rates
    if table.empty:
        return sentence("not_drawn_none", run.lang)
    here = table[table["street"].eq(run.area.street) & table["community"].eq(run.area.community)]
    if here.empty or here["flag"].iloc[0] == "no_population":
        return sentence("not_drawn_no_population", run.lang)
    row = here.iloc[0]
    words = {name: row[name] for name in ("x", "n", "estimate", "lower", "upper", "overall")}
    gaps = gap_names(run.gaps_within(), run.district.communities["street"].unique())
    words |= {"left_out": left_out(gaps, run.lang, "gaps_not_counted")}
    words |= {"period": run.period.label(run.lang), "area": run.name, "note": denominator(row["note"], run.lang)}
    few = "few" if row["x"] < threshold("min_count_for_percent") else ""  # what the funnel says holds for few, too
    apart = "lower" if row["upper"] < row["overall"] else "higher" if row["lower"] > row["overall"] else "same"
    verdict = sentence(f"band_{row['flag'] or few or apart}", run.lang)
    return sentence("rate_here", run.lang, **words, verdict=verdict)


def too_few_to_split(run: "Run") -> str:
    """Say why it is not told what pulled the headline: too few in either window, or no kind told; else nothing."""
    if run.incidents[roll_up_mask(run.incidents, HEADLINE)]["kind"].eq(REST).all() and len(run.incidents):
        return sentence("no_kind_told", run.lang)
    if run.change_of(HEADLINE)["flag"] != "too_few":
        return ""
    return sentence("too_few_to_split", run.lang, least=threshold("min_count_for_percent"))


def _change(run: "Run", code: str, matters: float) -> Finding | None:
    change = run.change_of(code)
    if run.no_base or not (change["current"] or change["reference"]):
        return None
    rule, sure = current().roll_ups[code], sureness(change["lower"], change["upper"], change["flag"], change["by_days"])
    words = {"window": window(run, [change["note"]]), "name": rule[run.lang], "unit": rule[f"unit_{run.lang}"]}
    words |= {"current": int(change["current"]), "change": moved(change, words["unit"], run.lang, mean_before(run))}
    if sure == "few":
        return finding("change_few", run.lang, matters=matters, sure=sure, **words)
    limits = interval_of_change(change["lower"], change["upper"], run.lang)
    words |= {"interval": limits, "verdict": verdict(change, run.lang)}
    words["verdict"] += per_day_beside(change, words["unit"], run)
    return finding("change", run.lang, matters=matters, sure=sure, **words)


def _pull(run: "Run", reports: pd.DataFrame) -> Finding | None:
    kinds = contributions(run.comparable(reports), run.period, run.references, "kind", run.missing)
    whole = run.change_of(HEADLINE)
    if whole["flag"] or kinds.empty:
        return None
    total = float(kinds["estimate"].sum())
    first = kinds.loc[(kinds["estimate"] * (1 if total > 0 else -1)).idxmax()]
    if first["kind"] == REST:  # nothing that a reader could look for
        return None
    rule, pp = current().roll_ups[HEADLINE], float(first["estimate"])
    words = {"window": window(run, [whole["note"]]), "name": rule[run.lang], "unit": rule[f"unit_{run.lang}"]}
    words |= {"total": direction(total / 100, run.lang), "first": label("kind", first["kind"], run.lang)}
    words |= {"pulled": pulled(pp, run.lang), "verdict": verdict(whole, run.lang)}
    words["went"] = went(first["reference"], first["current"], words["unit"], run.lang, mean_before(run))
    return finding(
        "pull", run.lang, matters=0.8, sure=sureness(whole["lower"], whole["upper"], null=whole["by_days"]), **words
    )


def _areas(run: "Run", reports: pd.DataFrame) -> Finding | None:
    if not run.parts_by:
        return None
    areas = area_changes(run.comparable(reports), run.period, run.references, run.by, run.missing)
    areas = areas[areas["flag"].ne("too_few") & areas["estimate"].notna()]
    if areas.empty:
        return None
    areas = with_places(areas, run.lang)
    rose = list(areas.loc[areas["flag"].eq("rose"), run.by])
    counted = changed_places(areas["flag"], run.by, run.lang, {"rose": enumerated(rose, run.lang)})
    words = {"counted": counted, "window": window(run, areas["note"])}
    words |= {"chance": threshold("false_discovery_pct"), "by": sentence(f"by_{run.by}", run.lang)}
    flagged = areas["flag"].isin(["fell", "rose"])
    which = "all" if flagged.all() else "some" if flagged.any() else "none"
    sure = "clear" if flagged.any() else "unclear"
    return finding(f"areas_{which}", run.lang, matters=0.95 if rose else 0.7, sure=sure, **words)


def _against_2019(run: "Run") -> Finding | None:
    """Say what the headline is against 2019 where the base is the COVID year."""
    if all(reference.first_day.year != 2020 for reference in run.references):
        return None
    change = run.change_of(HEADLINE, run.period.in_year(2019))
    if change["flag"] == "too_few" or not change["reference"]:
        return None
    words = {"name": label("roll_up", HEADLINE, run.lang), "change": direction(change["estimate"], run.lang)}
    words["window"] = window(run, [change["note"]], [run.period.in_year(2019)])
    limits = interval_of_change(change["lower"], change["upper"], run.lang)
    sure = sureness(change["lower"], change["upper"], null=change["by_days"])
    return finding("against_2019", run.lang, matters=0.85, sure=sure, **words, interval=limits, year_before=2020)


def _other_groups(run: "Run") -> Finding | None:
    """Say what moved most among the groups that lost headline reports would turn up in."""
    changes = run.changes_of(OUTSIDE, ("group",))
    changes = changes[changes["flag"].eq("")]
    if changes.empty:
        return None
    most = changes.loc[changes["estimate"].idxmax()]
    words = {"window": window(run, [most["note"]]), "name": label("roll_up", HEADLINE, run.lang)}
    words |= {"other": label("group", most["group"], run.lang), "change": direction(most["estimate"], run.lang)}
    unit = unit_of(most["group"], run.lang)
    words["went"] = went(most["reference"], most["current"], unit, run.lang, mean_before(run))
    words["interval"] = interval_of_change(most["lower"], most["upper"], run.lang)
    words["verdict"] = verdict(most, run.lang)
    sure = sureness(most["lower"], most["upper"], null=most["by_days"])
    return finding(
        "other_groups", run.lang, matters=0.9 if most["lower"] > most["by_days"] else 0.5, sure=sure, **words
    )
