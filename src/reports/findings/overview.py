"""How the overview opens, and what it is made from: all places judged together, and months that are drawn."""

from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.areas import areas
from src.analysis.stats.counts import HEADLINE, in_category, monthly_counts
from src.codebook.periods import Period
from src.codebook.vocabulary import current, label, sentence, threshold
from src.reports.describe.overview import change_words, verdict_words, verdicts_counted
from src.reports.findings import Opening

if TYPE_CHECKING:
    from src.reports.report import Report

MONTHS = 24  # that a line shows
MOVED = [f"reports{part}" for part in ("", "_before", "_change", "_flag", "_note")]


def judged_together(report: "Report") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the incidents of all places of the district, which are judged as one family, and the area's register.

    Like with like: each source against years that it tells of whole, communities that were redrawn seen as one. A place
    so has the verdict that it has on the district's page and on its own.
    """
    before = report.period.previous_year()
    rows = report.as_clusters(report.district.incidents, before.first_day)
    return report.comparable(rows, before), report.as_clusters(report.communities, before.first_day)


def recent_months(report: "Report", incidents: pd.DataFrame) -> pd.DataFrame:
    """Return the headline by place for the months up to the end of the period, missing where not delivered."""
    last = pd.Period(report.period.last_day, "M")
    first = max(last - MONTHS + 1, pd.Period(report.months.first_day, "M"))
    window = Period(first.start_time.date(), last.end_time.date())
    table = monthly_counts(in_category(incidents, HEADLINE), report.by, window)
    gaps = report.gaps[report.gaps["source"].eq("reports")]
    keys = pd.MultiIndex.from_frame(table.assign(street=table.get("street", ""))[["street", "month"]])
    return table.assign(estimate=table["estimate"].mask(keys.isin(pd.MultiIndex.from_frame(gaps[["street", "month"]]))))


def addresses(report: "Report") -> dict[str, str]:
    """Return where the pages of each part of the area are, by its name."""
    found = [area for area in areas(report.communities) if area.level == report.by]
    return {getattr(area, report.by): area.slug for area in found}


def opening(report: "Report", whole: pd.DataFrame, places: pd.DataFrame) -> Opening:
    """Return how the overview opens: how the headline moved over the area, and how many of its places did so too."""
    row, rule, lang = whole.iloc[0], current().roll_ups[HEADLINE], report.lang
    change = row[MOVED].set_axis(["current", "reference", "estimate", "flag", "note"])
    flags = places["reports_flag"]
    silent = not report.by or flags.eq("unlike_earlier_years").any() or not flags.eq("more_than_months").any()
    silent |= places["reports_note"].eq("too_few_years").any()
    counted = sentence("overview_no_places", lang)
    counted = verdicts_counted(flags, places["reports_change"], report.by, lang) if report.by else counted
    words = {"period": report.period.label(lang), "area": report.name, "name": label("roll_up", HEADLINE, lang)}
    words |= {"current": int(change["current"]), "unit": rule[f"unit_{lang}"], "change": change_words(change, lang)}
    words |= {
        "reference": 0 if change["flag"] == "no_base" else int(change["reference"]),
        "verdict": verdict_words(change["flag"], change["note"], lang),
        "counted": counted,
        "none_unlike": "" if silent else sentence("overview_none_unlike", lang),
    }
    key = {"too_few": "few", "no_base": "no_base"}.get(change["flag"], "")
    title = sentence("overview_title", lang, area=report.name)
    return Opening(sentence("overview_key", lang, case=key, **words), [], [], title)


def caption(report: "Report") -> str:
    """Return what stands over the lines of places: what is counted, in which order, what the lines and shares are."""
    rule = current().roll_ups[HEADLINE]
    words = {"name": rule[report.lang], "unit": rule[f"unit_{report.lang}"], "period": report.period.label(report.lang)}
    least = threshold("min_projects_for_share")
    return sentence("overview_caption", report.lang, **words, months=MONTHS, least=least)
