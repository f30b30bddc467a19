"""The five questions that leaders ask (领导追问): what fell, what rose, 2019, fraud, elsewhere."""

from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.charts.words import direction, left_out, told_counts, verdict, went
from src.analysis.stats.changes import beyond
from src.analysis.stats.counts import HEADLINE, roll_up_mask
from src.codebook.vocabulary import current, enumerated, label, sentence
from src.reports.context.disclosure import REST
from src.reports.findings.ranked import interval_of_change
from src.reports.findings.told import mean_before, moved, unit_of

if TYPE_CHECKING:
    from src.reports.context.run import Run

NAMED = 3  # kinds named in an answer


def leaders_questions(run: "Run") -> pd.DataFrame:
    """Return the five questions and their answers: one row is one `question` with its `answer`."""
    answers = {
        **_kinds(run),
        "2019": _told(run, HEADLINE, run.change_of(HEADLINE, run.period.in_year(2019))),
        "fraud": _told(run, "without_telecom_fraud", run.change_of("without_telecom_fraud"), mean_before(run)),
        "elsewhere": _elsewhere(run),
    }
    if run.area.level == "district":
        answers["elsewhere_streets"] = answers.pop("elsewhere")
    rows = [(sentence(f"question_{key}", run.lang), answer) for key, answer in answers.items()]
    return pd.DataFrame(rows, columns=["question", "answer"])


def _kinds(run: "Run") -> dict[str, str]:
    """Name the kinds of all incidents that fell most, and those that rose most."""
    if run.no_base or run.incidents.empty:
        nothing = sentence("answer_no_base" if run.no_base else "answer_no_records", run.lang)
        return {"fell": nothing, "rose": nothing}
    changes = _by_kind(run)
    return {"fell": _moved_most(run, changes, -1), "rose": _moved_most(run, changes, 1)}


def _moved_most(run: "Run", changes: pd.DataFrame, sign: int) -> str:
    """Name the kinds that fell (-1) or rose (1) most, with whether it is beyond noise."""
    public, changes = changes["kind"].eq(REST).any(), changes[changes["kind"].ne(REST)]
    changes = changes[(changes["difference"] * sign > 0) & changes["kind"].notna()]
    if changes.empty:
        return sentence("answer_no_kind_told" if public else "answer_no_kind", run.lang)
    top = changes.reindex((changes["difference"] * sign).sort_values(ascending=False).index).head(NAMED)
    few = changes["flag"].eq("too_few").all()
    told = [
        sentence(
            "answer_kind_few" if few else "answer_kind", run.lang, group=label("roll_up", row["group"], run.lang),
            kind=label("kind", row["kind"], run.lang),
            went=went(row["reference"], row["current"], unit_of(row["group"], run.lang), run.lang,
                      mean_before(run)),
            change=_percent(row, run.lang), verdict=verdict(row, run.lang),
        )
        for _, row in top.iterrows()
    ]  # fmt: skip
    none = not (changes["flag"].eq("") & beyond(changes)).any()
    key = "answer_few_kinds" if few else "answer_none_fell" if sign < 0 else "answer_none_rose"
    first = sentence(key, run.lang) if none else ""
    listed = first + enumerated(told, run.lang, "statements")
    return listed + left_out(top["note"], run.lang) + ("。" if run.lang == "zh" else ".")


def _by_kind(run: "Run") -> pd.DataFrame:
    """Return how each kind moved, within the headline once whichever of its groups it was entered in."""
    inside = run.changes_of((HEADLINE,), ("kind",)).assign(group=HEADLINE)
    every = run.changes_of(by=("group", "kind"))
    return pd.concat([inside, every[~every["group"].isin(current().roll_ups[HEADLINE]["groups"])]], ignore_index=True)


def _percent(row: pd.Series, lang: str) -> str:
    return "" if row["flag"] == "too_few" else sentence("answer_percent", lang, change=moved(row, "", lang))


def _told(run: "Run", code: str, change: pd.Series, base: str = "") -> str:
    if not change["reference"]:
        return sentence("answer_no_base", run.lang)
    rule = current().roll_ups[code]
    words = {"name": rule[run.lang], "change": moved(change, rule[f"unit_{run.lang}"], run.lang, base)}
    words["verdict"] = verdict(change, run.lang) + left_out([change["note"]], run.lang)
    if change["flag"] == "too_few":
        return sentence("answer_few", run.lang, **words)
    words["interval"] = interval_of_change(change["lower"], change["upper"], run.lang)
    return sentence("answer_change", run.lang, **words)


def _elsewhere(run: "Run") -> str:
    """Say how the rest moved: the district for a smaller area, the other streets' range for the district."""
    if run.area.level != "district":
        told = _told(run, HEADLINE, run.district.change, mean_before(run))
        return sentence("answer_district", run.lang, told=told)
    reports = run.parts[roll_up_mask(run.parts, HEADLINE)]
    changes = run.compared(reports, "street")
    changes = changes[changes["flag"].eq("")].sort_values("estimate")
    if len(changes) < 2:
        return sentence("answer_no_streets", run.lang)
    steps = changes["difference"]
    counts = {"down": int(steps.lt(0).sum()), "up": int(steps.gt(0).sum()), "unchanged": int(steps.eq(0).sum())}
    counted = told_counts(counts, "streets", run.lang)
    notes = left_out(changes["note"], run.lang)
    return sentence("answer_streets", run.lang, counted=counted, spread=_spread(changes, run.lang), left_out=notes)


def _spread(changes: pd.DataFrame, lang: str) -> str:
    """Return from which street to which the changes reach, lowest first: as falls, as rises, or each with its sign."""
    streets = [label("street", street, lang) for street in changes["street"]]
    low, high = changes["estimate"].iloc[0], changes["estimate"].iloc[-1]
    if low < 0 < high or not low * high:
        ends = {"low": direction(low, lang), "high": direction(high, lang)}
        return sentence("answer_spread_both", lang, lowest=streets[0], highest=streets[-1], **ends)
    least, most = (0, -1) if low > 0 else (-1, 0)
    words = {"least": streets[least], "least_pct": 100 * abs(changes["estimate"].iloc[least])}
    words |= {"most": streets[most], "most_pct": 100 * abs(changes["estimate"].iloc[most])}
    return sentence("answer_spread_rose" if low > 0 else "answer_spread_fell", lang, **words)
