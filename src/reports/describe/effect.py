"""Words of notebook 04: the months around the start, the checks, shuffled starts, the fields beside each other."""

import numpy as np
import pandas as pd

from src.analysis.charts.projects import WHOLE
from src.analysis.stats.intervals import ALPHA
from src.codebook.vocabulary import case_of, current, enumerated, label, sentence
from src.reports.describe.words import Words, compose, counts_text, of_table, p_text

PERCENT = ("estimate_pct", "lower_pct", "upper_pct", "planted_pct", "detectable_pct")


def difference_text(change: float, lang: str) -> str:
    """Return a difference in words that carry its sign: 少10.1%, 10.1% fewer."""
    pct = round(100 * abs(change), 1)
    return sentence("effect_same" if not pct else "effect_fewer" if change < 0 else "effect_more", lang, pct=pct)


def outcome_of(field: str, lang: str) -> str:
    """Return what the incidents of a field's kinds are called."""
    entry = current().sentences.get(case_of("effect_outcome", field))
    return entry[lang] if entry else label("field", field, lang)


@of_table("event_study", percent=PERCENT)
def event_study(table: pd.DataFrame, lang: str, field: str = "", leads_p: float = 1.0) -> Words:
    """Return in how many months after the start there were fewer; `leads_p`: that the months before are zero."""
    full = table["event_month"] >= WHOLE
    below, above = (int((full & apart).sum()) for apart in (table["upper"] < 0, table["lower"] > 0))
    months = int(full.sum())
    counts = {"below_zero": below, "above_zero": above, "about_zero": months - below - above}
    words = {
        "field": label("field", field, lang), "outcome": outcome_of(field, lang), "leads_p": p_text(leads_p, lang),
        "last": int(table["event_month"].max()), "months": months, "k": below,
        "counted": counts_text(counts, "months", lang),
    }  # fmt: skip
    differ_before = leads_p <= ALPHA
    title = "before" if differ_before else "quiet" if below else "none"
    return compose("event", lang, words, title=title)


@of_table("effect_checks", percent=PERCENT)
def effect_checks(table: pd.DataFrame, lang: str, effect: pd.DataFrame) -> Words:
    """Return which checks an effect (`programme_effect`) fails, what could be found, what a plain comparison says."""
    checks = table.set_index("check")
    failed = [label("check", name, lang) for name in checks.index[checks["flag"].eq("fails")]]
    words = {
        "field": label("field", effect["field"].iloc[0], lang),
        "text": difference_text(effect["estimate_pct"].iloc[0], lang),
        "naive": difference_text(checks.loc["naive", "estimate_pct"], lang),
        "failed": enumerated(failed, lang), "least": 100 * effect["detectable_pct"].iloc[0],
    }  # fmt: skip
    return compose("checks", lang, words, sentence="some" if failed else "all")


@of_table("effect_checks")
def permutations(table: pd.DataFrame, lang: str, found: float = 0.0) -> Words:
    """Return how often starts shuffled by streets give a difference as large as the one `found` (log points)."""
    draws, as_large = len(table), int(table["estimate"].abs().ge(abs(found)).sum())
    words = {"text": difference_text(np.expm1(found), lang), "draws": draws, "k": as_large}
    words["chance_p"] = p_text((1 + as_large) / (1 + draws), lang)
    return compose("chance", lang, words)


@of_table("programme_effect", percent=PERCENT)
def effects_by_field(table: pd.DataFrame, lang: str) -> Words:
    """Return for which fields a difference may be called an effect, and for which it may not."""
    tested, earned = int(table["flag"].ne("too_few").sum()), int(table["flag"].eq("earned").sum())
    words = {flag: _fields(table, flag, lang) for flag in ("earned", "withheld")}
    text = sentence("fields.sentence", lang, **words)
    words = {"tested": tested, "earned": earned}
    also = ["fields.caption.planted"] if "planted_pct" in table else []
    return compose("fields", lang, words, title="" if earned else "none", text=text, also=also)


def _fields(table: pd.DataFrame, flag: str, lang: str) -> str:
    names = [label("field", field, lang) for field in table.loc[table["flag"].eq(flag), "field"]]
    return enumerated(names, lang) or sentence("none", lang)
