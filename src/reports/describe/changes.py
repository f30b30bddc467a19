"""Words of charts of a change: what its parts add to it, and where it is beyond what such numbers do by themselves."""

from collections.abc import Mapping

import pandas as pd

from src.analysis.charts.areas import part_names
from src.analysis.charts.labels import grouped_by, with_place_names
from src.analysis.stats.changes import is_significant
from src.codebook.vocabulary import enumerated, sentence, threshold
from src.reports.describe.phrases import (
    change_text,
    compare_text,
    contribution_text,
    counts_text,
    left_out_text,
    names_in_text,
    places_by,
    verdict_text,
)
from src.reports.describe.words import Words, colours_of, compose, of_table


@of_table("contributions")
def contributions(
    table: pd.DataFrame,
    lang: str,
    compare: str = "previous_year",
    years: int = 3,
    whole: pd.Series | None = None,
) -> Words:
    """Return which parts moved a total most either way; a change no larger than months scatter is not explained.

    `compare`: what the period is held against, `years`: of how many years that is the mean, where it is one. `whole`:
    how the total moved (a row of `period_change`), which says whether there is anything to explain.
    """
    by, table = grouped_by(table), with_place_names(table, lang)
    names = names_in_text(part_names(table, by, lang), by, lang)
    parts = [
        (value, name) for value, name in zip(table["estimate"].astype(float), names, strict=True) if abs(value) > 0
    ]
    total = float(sum(value for value, _ in parts))
    ends = {
        "lowest": min((part for part in parts if part[0] < 0), default=None),
        "highest": max((part for part in parts if part[0] > 0), default=None),
    }
    which, first = _main_part(parts, ends, total, whole)
    words = {
        "change": change_text(total / 100, lang), "first": first[1], "first_text": contribution_text(first[0], lang),
        "verdict": "" if whole is None else sentence("contributions_verdict", lang, verdict=verdict_text(whole, lang)),
        "by": sentence(f"by_{by}", lang), "compare": compare_text(compare, lang, years),
        "left_out": left_out_text(table["note"], lang),
    }  # fmt: skip
    ends = {end: part for end, part in ends.items() if part}
    for end, (value, name) in ends.items():
        words[end] = sentence("part_of_change", lang, name=name, text=contribution_text(value, lang))
    return compose("contributions", lang, words, title=f"title_{which}", sentence="_".join(["sentence", *ends]))


def _main_part(parts: list, ends: dict, total: float, whole: pd.Series | None) -> tuple[str, tuple[float, str]]:
    """Return which title fits, and the part it names."""
    within = whole is not None and not is_significant(whole)
    which = "within" if within else "fell" if total < -1 else "rose" if total > 1 else "flat"
    most = max(parts, key=lambda part: abs(part[0]), default=(0.0, "—"))
    first = {"fell": ends["lowest"], "rose": ends["highest"]}.get(which) or most
    mainly = which in ("fell", "rose") and first[0] / total >= threshold("mainly_from_share")
    return f"mainly_{which}" if mainly else which, first


@of_table("area_changes", percent=("estimate", "lower", "upper", "lower_exact", "upper_exact", "by_days"))
def area_changes(table: pd.DataFrame, lang: str) -> Words:
    """Return how many areas clearly fell or rose, and which."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["flag"].ne("too_few") & table["estimate"].notna()]
    lists = {flag: enumerated(shown.loc[shown["flag"].eq(flag), by], lang) for flag in ("fell", "rose")}
    words = {
        "counted": changed_places(shown["flag"], by, lang), "by": sentence(f"by_{places_by(by)}", lang),
        "tested": len(shown), "listed": changed_places(shown["flag"], by, lang, lists),
        "total": 100 * (table["current"].sum() / max(table["reference"].sum(), 1) - 1),
        "left_out": left_out_text(table["note"], lang), "by_days": change_text(table["by_days"].max(), lang),
    }  # fmt: skip
    notes = {"areas_few": table["flag"].eq("too_few").any(), "areas_days": table["by_days"].any()}
    also = colours_of(shown["flag"].eq("rose"), shown["flag"].eq("fell"), "changed")
    return compose("areas", lang, words, also=also + [key for key, holds in notes.items() if holds])


def changed_places(flags: pd.Series, by: str, lang: str, lists: Mapping[str, str] | None = None) -> str:
    """Return how many places clearly fell, clearly rose (either may be listed), or did neither."""
    counts = {flag: int(flags.eq(flag).sum()) for flag in ("fell", "rose")}
    counts["within"] = len(flags) - sum(counts.values())
    return counts_text(counts, places_by(by), lang, lists)
