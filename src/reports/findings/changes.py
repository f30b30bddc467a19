"""What pages tell of a change: the number first, the verdict second; small bases as counts; windows and gaps named."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.stats.delivery import gap_names
from src.codebook.periods import Period
from src.codebook.vocabulary import current, sentence
from src.reports.describe.phrases import change_text, compare_text, from_to_text, left_out_text, rate_text, verdict_text

if TYPE_CHECKING:
    from src.reports.report import Report


def describe_change(change: pd.Series, code: str, report: "Report") -> tuple[str, tuple[str, str, str]]:
    """Return a change in words, and as a figure (name, number, verdict)."""
    rule, lang = current().roll_ups[code], report.lang
    received = "received_petition" if code == "petition" else "received_report"
    unit, name = rule[f"unit_{lang}"], rule[lang]
    words = {"name": name, "received": sentence(received, lang), "current": int(change["current"]), "unit": unit}
    words |= {"compare": compare_text(report.compare, lang, len(report.baseline))}
    words |= {"change": moved(change, unit, lang, mean_before(report))}
    words |= {
        "verdict": verdict_text(change, lang) + per_day_beside(change, unit, report),
        "reference": round(change["reference"]),
        "base": base_name(report),
    }
    few = "_few" if change["flag"] == "too_few" else ""
    number = sentence("number_with_unit", lang, number=f"{words['current']:,}", unit=unit)
    figure = (name, number, sentence(f"figure_change{few}", lang, **words))
    return sentence(f"headline_change{few}", lang, **words), figure


def base_name(report: "Report") -> str:
    """Return what the count before is called: 上年同期, 2019年同期, 前3年同期平均."""
    key = "year" if report.compare.isdigit() else report.compare
    return sentence(f"base_{key}", report.lang, year=report.compare, n=len(report.baseline))


def per_day_beside(change: pd.Series, unit: str, report: "Report") -> str:
    """Return in brackets the mean per day of both windows, where one has more days; of what is told whole alone."""
    if len(report.baseline) > 1 or not change["by_days"] or change["flag"] or change["note"]:
        return ""
    days = [window.days for window in (report.period, *report.baseline)]
    rates = {"now": rate_text(change["current"] / days[0]), "before": rate_text(change["reference"] / days[1])}
    return sentence("per_day_beside", report.lang, **rates, base=base_name(report), unit=unit)


def moved(change: pd.Series, unit: str, lang: str, base: str = "") -> str:
    """Return how far a count moved: in per cent with its direction, or from which count to which."""
    if change["flag"] == "no_base":
        return sentence("change_no_base", lang)
    if change["flag"] != "too_few":
        return change_text(change["estimate"], lang)
    return from_to_text(change["reference"], change["current"], unit, lang, base)


def mean_before(report: "Report") -> str:
    """Return what a count before is where it is the mean of several years (`base` of `went`); nothing of one period."""
    return sentence("mean_before", report.lang, n=len(report.baseline)) if len(report.baseline) > 1 else ""


def unit_of(code: str, lang: str) -> str:
    """Return in which unit a group or roll-up is counted: 宗, 件."""
    return current().roll_ups[code][f"unit_{lang}"]


def not_counted(report: "Report", source: str = "reports") -> str:
    """Say which months of the area were not delivered and so lack in what follows; nothing where all were."""
    gaps, streets = report.gaps_within(source), report.communities["street"].unique()
    listed = left_out_text(gap_names(gaps[gaps["street"].isin(streets)], streets), report.lang, "gaps_not_counted")
    return sentence("counts_as_delivered", report.lang, left_out=listed) if listed else ""


def window(report: "Report", notes: Iterable[str] = (), references: list[Period] | None = None) -> str:
    """Return the period and what it is compared with (2021年1—9月较2020年1—9月), in brackets what both leave out."""
    references = references or report.baseline
    reference = (
        references[0].label(report.lang)
        if len(references) == 1
        else _several("mean_of_windows", references, report.lang)
    )
    against = sentence("window_against", report.lang, period=report.period.label(report.lang), reference=reference)
    return against + left_out_text(notes, report.lang)


def last_month(report: "Report") -> str:
    """Return the name of the last month of the period, which the bulletin is of."""
    return Period(report.period.last_day.replace(day=1), report.period.last_day).label(report.lang)


def windows(report: "Report") -> dict[str, str]:
    """Return what the period and the one it is compared with are called."""
    references, whole = report.baseline, report.period.first_day.month == 1 and report.period.last_day.month == 12
    several = _several("same_years" if whole else "same_windows", references, report.lang)
    first = references[0].label(report.lang) if len(references) == 1 else several
    return {"first": first, "second": report.period.label(report.lang)}


def _several(key: str, references: list[Period], lang: str) -> str:
    """Return what several windows are called, which follow each other by a year."""
    years = [reference.first_day.year for reference in references]
    return sentence(key, lang, first=years[0], last=years[-1], n=len(years))


def months_drawn(report: "Report") -> dict[str, object]:
    """Return which year the monthly chart shows, its last complete month, Spring Festivals, months not delivered."""
    year = report.period.last_day.year
    festivals = [int(day[5:7]) for day in current().calendar["spring_festival"] if day.startswith(f"{year}-")]
    gaps = [month.month for month in report.incomplete_months if month.year in (year, year - 1)]
    return {"year": year, "last": report.last_month_of(year), "festivals": festivals, "gaps": gaps}
