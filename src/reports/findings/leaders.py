"""Questions that leaders ask (领导追问): what fell, what rose, the last usual year, fraud, elsewhere."""

from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.stats.changes import is_significant
from src.analysis.stats.counts import HEADLINE, roll_up_mask
from src.analysis.stats.overview import kind_changes
from src.codebook.vocabulary import current, enumerated, label, sentence
from src.reports.context.disclosure import REST
from src.reports.describe.words import (
    change_text,
    counts_text,
    interval_text,
    left_out_text,
    verdict_text,
)
from src.reports.findings import sureness
from src.reports.findings.changes import Windows, unit_of

if TYPE_CHECKING:
    from src.reports.report import Report

NAMED = 3  # kinds named in an answer


def leaders_questions(report: "Report") -> pd.DataFrame:
    """Return the questions and their answers: one row is one `question` with its `answer`.

    What fell, what rose; against the last usual year, where some year is none (`base_year`); without telecom fraud,
    where the vocabulary has that roll-up; elsewhere.
    """
    fraud, base = "without_telecom_fraud", current().base_year
    answers = _kinds(report)
    if base:
        year = report.period.in_year(base)
        windows = report.windows._replace(references=[year])
        answers["base_year"] = _answer(HEADLINE, report.change_of(HEADLINE, year), windows)
    if fraud in current().roll_ups and report.incidents["kind"].eq("telecom_fraud").any():
        answers["fraud"] = _answer(fraud, report.change_of(fraud), report.windows)
    answers["elsewhere_streets" if report.area.level == "district" else "elsewhere"] = _elsewhere(report)
    rows = [(sentence("question", report.lang, case=key, year=base), answer) for key, answer in answers.items()]
    return pd.DataFrame(rows, columns=["question", "answer"])


def _kinds(report: "Report") -> dict[str, str]:
    """Name the kinds of all incidents that fell most, and those that rose most."""
    if report.no_base or report.incidents.empty:
        nothing = sentence("answer_no_base" if report.no_base else "answer_no_records", report.lang)
        return {"fell": nothing, "rose": nothing}
    windows, known = (report.period, report.baseline), report.judged_with()
    changes = kind_changes(report.comparable(report.incidents), *windows, report.gaps, report.level, known["among"])
    if report.change_of("petition")["flag"] == "no_base":  # delivered since a later month than the others
        changes = changes[changes["group"].ne("petition")]
    return {"fell": _moved_most(report, changes, -1), "rose": _moved_most(report, changes, 1)}


def _moved_most(report: "Report", changes: pd.DataFrame, sign: int) -> str:
    """Name the kinds that fell (-1) or rose (1) most, with whether it is beyond noise."""
    public, changes = changes["kind"].eq(REST).any(), changes[changes["kind"].ne(REST)]
    changes = changes[(changes["difference"] * sign > 0) & changes["kind"].notna()]
    if changes.empty:
        return sentence("answer_no_kind_listed" if public else "answer_no_kind", report.lang)
    top = changes.reindex((changes["difference"] * sign).sort_values(ascending=False).index).head(NAMED)
    few = changes["flag"].eq("too_few").all()
    listed = [
        sentence(
            "answer_kind_few" if few else "answer_kind", report.lang, group=label("roll_up", row["group"], report.lang),
            kind=label("kind", row["kind"], report.lang),
            went=report.windows.went(row, unit_of(row["group"], report.lang)),
            change=_percent(row, report.windows), verdict=verdict_text(row, report.lang),
        )
        for _, row in top.iterrows()
    ]  # fmt: skip
    none = not (changes["flag"].eq("") & is_significant(changes)).any()
    key = "answer_few_kinds" if few else "answer_none_fell" if sign < 0 else "answer_none_rose"
    first = sentence(key, report.lang) if none else ""
    listed = first + enumerated(listed, report.lang, "statements")
    return listed + left_out_text(top["note"], report.lang) + ("。" if report.lang == "zh" else ".")


def _percent(row: pd.Series, windows: Windows) -> str:
    few = row["flag"] == "too_few"
    return "" if few else sentence("answer_percent", windows.lang, change=change_text(row["estimate"], windows.lang))


def _answer(code: str, change: pd.Series, windows: Windows) -> str:
    lang = windows.lang
    if not change["reference"]:
        return sentence("answer_no_base", lang)
    words = {"name": label("roll_up", code, lang), "change": windows.moved(change, unit_of(code, lang))}
    apart = sureness(change["lower"], change["upper"], null=change["by_days"]) == "clear" and not is_significant(change)
    verdict = verdict_text(change, lang)  # which allows for the family of the place, as the interval does not
    verdict = sentence("answer_judged_together", lang, verdict=verdict) if apart else verdict
    words["verdict"] = verdict + left_out_text([change["note"]], lang)
    if change["flag"] == "too_few":
        return sentence("answer_few", lang, **words)
    return sentence("answer_change", lang, **words, interval=interval_text(change["lower"], change["upper"], lang))


def _elsewhere(report: "Report") -> str:
    """Say how the rest moved: the district for a smaller area, the other streets' range for the district."""
    if report.area.level != "district":
        text = _answer(HEADLINE, report.district.change, report.windows)
        return sentence("answer_district", report.lang, text=text)
    reports = report.parts[roll_up_mask(report.parts, HEADLINE)]
    changes = report.compared(reports, "street")
    changes = changes[changes["flag"].eq("")].sort_values("estimate")
    if len(changes) < 2:
        return sentence("answer_no_streets", report.lang)
    steps = changes["difference"]
    counts = {"down": int(steps.lt(0).sum()), "up": int(steps.gt(0).sum()), "unchanged": int(steps.eq(0).sum())}
    counted = counts_text(counts, "streets", report.lang)
    notes = left_out_text(changes["note"], report.lang)
    return sentence(
        "answer_streets", report.lang, counted=counted, spread=_spread(changes, report.lang), left_out=notes
    )


def _spread(changes: pd.DataFrame, lang: str) -> str:
    """Return from which street to which the changes reach, lowest first: as falls, as rises, or each with its sign."""
    streets = [label("street", street, lang) for street in changes["street"]]
    low, high = changes["estimate"].iloc[0], changes["estimate"].iloc[-1]
    if low < 0 < high or not low * high:
        ends = {"low": change_text(low, lang), "high": change_text(high, lang)}
        return sentence("answer_spread_both", lang, lowest=streets[0], highest=streets[-1], **ends)
    least, most = (0, -1) if low > 0 else (-1, 0)
    words = {"least": streets[least], "least_pct": 100 * abs(changes["estimate"].iloc[least])}
    words |= {"most": streets[most], "most_pct": 100 * abs(changes["estimate"].iloc[most])}
    return sentence("answer_spread_rose" if low > 0 else "answer_spread_fell", lang, **words)
