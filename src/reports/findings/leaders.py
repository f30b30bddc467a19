"""Questions that leaders ask (领导追问): what fell, what rose, the last usual year, fraud, elsewhere."""

import pandas as pd

from src.analysis.stats.changes import is_significant
from src.analysis.stats.counts import HEADLINE
from src.codebook.vocabulary import current, enumerated, label, sentence
from src.reports.context.disclosure import REST
from src.reports.describe.words import (
    capital,
    change_text,
    counts_text,
    interval_text,
    left_out_text,
    verdict_text,
)
from src.reports.findings import sureness
from src.reports.findings.changes import Windows, unit_of

NAMED = 3  # kinds named in an answer


def leaders_questions(asked: pd.DataFrame, windows: Windows) -> pd.DataFrame:
    """Return the questions and their answers: one row is one `question` with its `answer`.

    Of the changes that they ask for (`Report.changes_asked`): what fell, what rose; against the last usual year, where
    some year is none (`base_year`); without telecom fraud, where the vocabulary has that roll-up; elsewhere.
    """
    lang, base = windows.lang, current().base_year
    found = {"kinds": asked.head(0), "elsewhere_streets": asked.head(0), **dict(iter(asked.groupby("question")))}
    answers = {case: _moved_most(found["kinds"], windows, sign) for case, sign in (("fell", -1), ("rose", 1))}
    if "base_year" in found:
        usual = windows._replace(references=[windows.period.in_year(base)])
        answers["base_year"] = _answer(HEADLINE, found["base_year"].iloc[0], usual)
    if "fraud" in found:
        answers["fraud"] = _answer("without_telecom_fraud", found["fraud"].iloc[0], windows)
    if "elsewhere" in found:
        text = _answer(HEADLINE, found["elsewhere"].iloc[0], windows)
        answers["elsewhere"] = sentence("answer_district", lang, text=text)
    else:
        answers["elsewhere_streets"] = _streets(found["elsewhere_streets"], lang)
    rows = [(sentence("question", lang, case=key, year=base), answer) for key, answer in answers.items()]
    return pd.DataFrame(rows, columns=["question", "answer"])


def _moved_most(changes: pd.DataFrame, windows: Windows, sign: int) -> str:
    """Name the kinds that fell (-1) or rose (1) most, with whether it is beyond noise."""
    lang, flag = windows.lang, changes["flag"].iloc[0] if len(changes) else ""
    if flag in ("no_base", "no_records"):
        return sentence("answer_no_base" if flag == "no_base" else "answer_no_records", lang)
    public, changes = changes["kind"].eq(REST).any(), changes[changes["kind"].ne(REST)]
    changes = changes[(changes["difference"] * sign > 0) & changes["kind"].notna()]
    if changes.empty:
        return sentence("answer_no_kind_listed" if public else "answer_no_kind", lang)
    top = changes.reindex((changes["difference"] * sign).sort_values(ascending=False).index).head(NAMED)
    few = changes["flag"].eq("too_few").all()
    verdicts = [verdict_text(row, lang) for _, row in top.iterrows()]
    listed = [
        sentence(
            "answer_kind", lang, group=label("roll_up", row["group"], lang), kind=label("kind", row["kind"], lang),
            went=windows.went(row, unit_of(row["group"], lang)), change=_percent(row, windows),
        )
        for _, row in top.iterrows()
    ]  # fmt: skip
    if not few and len(set(verdicts)) > 1:
        listed = list(map(sentence("clauses", lang).join, zip(listed, verdicts, strict=True)))
    none = not (changes["flag"].eq("") & is_significant(changes)).any()
    key = "answer_few_kinds" if few else "answer_none_fell" if sign < 0 else "answer_none_rose"
    first = sentence(key, lang) if none else ""
    listed = capital(first + enumerated(listed, lang, "statements"))
    if not few and len(set(verdicts)) == 1:  # what holds for each is said once
        listed += sentence("answer_all" if len(top) > 1 else "clauses", lang) + verdicts[0]
    return listed + left_out_text(top["note"], lang) + ("。" if lang == "zh" else ".")


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


def _streets(changes: pd.DataFrame, lang: str) -> str:
    """Say how many streets fell and rose, and between which changes."""
    changes = changes[changes["flag"].eq("")].sort_values("estimate")
    if len(changes) < 2:
        return sentence("answer_no_streets", lang)
    steps = changes["difference"]
    counts = {"down": int(steps.lt(0).sum()), "up": int(steps.gt(0).sum()), "unchanged": int(steps.eq(0).sum())}
    words = {"counted": counts_text(counts, "streets", lang), "spread": _spread(changes, lang)}
    return sentence("answer_streets", lang, **words, left_out=left_out_text(changes["note"], lang))


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
