"""The five questions that leaders ask (领导追问): what fell, what rose, 2019, fraud, elsewhere."""

from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.charts.words import left_out, went
from src.analysis.report.findings import interval_of_change
from src.analysis.report.told import moved, unit_of, verdict
from src.analysis.stats.counts import HEADLINE, roll_up_mask
from src.analysis.vocabulary import current, enumerated, label, sentence

if TYPE_CHECKING:
    from src.analysis.report.context import Run

NAMED = 3  # kinds named in an answer


def leaders_questions(run: "Run") -> pd.DataFrame:
    """Return the five questions and their answers: one row is one `question` with its `answer`."""
    answers = {
        "fell": _kinds(run, -1),
        "rose": _kinds(run, 1),
        "2019": _told(run, HEADLINE, run.change_of(HEADLINE, run.period.in_year(2019))),
        "fraud": _told(run, "without_telecom_fraud", run.change_of("without_telecom_fraud")),
        "elsewhere": _elsewhere(run),
    }
    rows = [(sentence(f"question_{key}", run.lang), answer) for key, answer in answers.items()]
    return pd.DataFrame(rows, columns=["question", "answer"])


def _kinds(run: "Run", sign: int) -> str:
    """Name the kinds of all incidents that fell (-1) or rose (1) most, with whether it is beyond noise."""
    if run.no_base:
        return sentence("answer_no_base", run.lang)
    if run.incidents.empty:
        return sentence("answer_no_records", run.lang)
    changes = run.changes_of(by=("group", "kind"))
    changes = changes[(changes["difference"] * sign > 0) & changes["kind"].notna()]
    if changes.empty:
        return sentence("answer_no_kind", run.lang)
    top = changes.reindex((changes["difference"] * sign).sort_values(ascending=False).index).head(NAMED)
    told = [
        sentence(
            "answer_kind", run.lang, group=label("group", row["group"], run.lang),
            kind=label("kind", row["kind"], run.lang),
            went=went(row["reference"], row["current"], unit_of(row["group"], run.lang), run.lang),
            change=_percent(row, run.lang), verdict=verdict(row, run.lang),
        )
        for _, row in top.iterrows()
    ]  # fmt: skip
    listed = enumerated(told, run.lang, "statements")
    return listed + left_out(top["note"], run.lang) + ("。" if run.lang == "zh" else ".")


def _percent(row: pd.Series, lang: str) -> str:
    return "" if row["flag"] == "too_few" else sentence("answer_percent", lang, change=moved(row, "", lang))


def _told(run: "Run", code: str, change: pd.Series) -> str:
    if not change["reference"]:
        return sentence("answer_no_base", run.lang)
    rule = current().roll_ups[code]
    words = {"name": rule[run.lang], "change": moved(change, rule[f"unit_{run.lang}"], run.lang)}
    words["verdict"] = verdict(change, run.lang) + left_out([change["note"]], run.lang)
    if change["flag"] == "too_few":
        return sentence("answer_few", run.lang, **words)
    words["interval"] = interval_of_change(change["lower"], change["upper"], run.lang)
    return sentence("answer_change", run.lang, **words)


def _elsewhere(run: "Run") -> str:
    """Say how the rest moved: the district for a smaller area, the other streets' range for the district."""
    if run.area.level != "district":
        told = _told(run, HEADLINE, run.district.change)
        return sentence("answer_district", run.lang, told=told)
    reports = run.parts[roll_up_mask(run.parts, HEADLINE)]
    changes = run.compared(reports, "street")
    changes = changes[changes["flag"].eq("")].sort_values("estimate")
    if len(changes) < 2:
        return sentence("answer_no_streets", run.lang)
    most, least = changes.iloc[0], changes.iloc[-1]
    words = {"n": len(changes), "fell": int(changes["difference"].lt(0).sum())}
    words |= {"most": label("street", most["street"], run.lang), "most_change": moved(most, "", run.lang)}
    words |= {"least": label("street", least["street"], run.lang), "least_change": moved(least, "", run.lang)}
    words["left_out"] = left_out(changes["note"], run.lang)
    return sentence("answer_streets", run.lang, **words)
