"""Charts of a change: what its parts add to it, and where it is beyond what such numbers do by themselves."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.words import (
    area_names,
    compare_label,
    direction,
    grouped_by,
    left_out,
    places,
    pulled,
    told_counts,
    told_names,
    verdict,
    with_places,
)
from src.analysis.stats.changes import is_significant
from src.codebook.vocabulary import enumerated, sentence, threshold


def plot_contributions(
    table: pd.DataFrame,
    ax: Axes | None = None,
    lang: str = "zh",
    compare: str = "previous_year",
    years: int = 3,
    whole: pd.Series | None = None,
) -> Axes:
    """Draw what each part adds to the change of the total, in percentage points (`contributions`).

    `years`: of how many years the reference is the mean, where it is one. `whole`: how the total moved (a row of
    `period_change`), which says whether there is anything to explain.
    """
    by, table = grouped_by(table), with_places(table, lang)
    names = [
        name if isinstance(name, str) else sentence("contributions_rest", lang) for name in area_names(table, by, lang)
    ]
    ax = style.axes(ax, size=(style.WIDTH, 0.27 * len(table) + 0.5), labels=names, right=0.3)
    places = np.arange(len(table))[::-1]
    values = table["estimate"].to_numpy(float)
    ax.barh(places, values, color=style.bands(values > 0, values < 0), height=0.66)
    ax.axvline(0, color=style.INK, linewidth=0.8)
    ax.set_yticks(places, names)
    reach = max(abs(values.min(initial=0)), abs(values.max(initial=0)), 0.1)
    ends = [min(values.min(initial=0), -0.02 * reach), max(values.max(initial=0), 0.02 * reach)]
    room = 0.45 / (ax.get_position().width * style.WIDTH)  # of the axis, on each side: for the number beside a bar
    space = room * (ends[1] - ends[0]) / (1 - 2 * room)
    ax.set_xlim(ends[0] - space, ends[1] + space)
    for place, value in zip(places, values, strict=True):
        style.beside(ax, f"{value:+.1f}".replace("-", "−"), (value, place), 4 if value >= 0 else -4)
    ax.grid(True, axis="x")
    scales.unit(ax.xaxis, sentence("axis_points", lang))
    words = _parts_words(list(zip(values, told_names(names, by, lang), strict=True)), whole, lang)
    words |= {
        "by": sentence(f"by_{by}", lang), "compare": compare_label(compare, lang, years),
        "left_out": left_out(table["note"], lang),
    }  # fmt: skip
    variants = {"title": words.pop("title"), "said": words.pop("said")}
    return style.tell(ax, "contributions", lang, words, **variants, method="contributions")


def _parts_words(values: list[tuple[float, str]], whole: pd.Series | None, lang: str) -> dict[str, str]:
    """Return what pulled the total most either way, and which title and sentence fit: noise is not explained."""
    parts = [part for part in values if abs(part[0]) > 0]
    lowest = min((part for part in parts if part[0] < 0), default=None)
    highest = max((part for part in parts if part[0] > 0), default=None)
    ends = {
        end: sentence("part_of_change", lang, name=part[1], told=pulled(part[0], lang))
        for end, part in (("lowest", lowest), ("highest", highest))
        if part
    }
    total = float(sum(value for value, _ in parts))
    within = whole is not None and not is_significant(whole)
    which = "within" if within else "fell" if total < -1 else "rose" if total > 1 else "flat"
    most = max(parts, key=lambda part: abs(part[0]), default=(0.0, "—"))
    first = {"fell": lowest, "rose": highest}.get(which) or most
    if which in ("fell", "rose") and first[0] / total >= threshold("mainly_from_share"):
        which = f"mainly_{which}"
    words = {"change": direction(total / 100, lang), "first": first[1], "first_told": pulled(first[0], lang), **ends}
    told = "" if whole is None else sentence("contributions_verdict", lang, verdict=verdict(whole, lang))
    words["verdict"] = told
    return words | {"title": f"title_{which}", "said": "_".join(["sentence", *ends])}


def plot_area_changes(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw the change of each area with its interval (`area_changes`), in the order of the register."""
    by, table = grouped_by(table), with_places(table, lang)
    shown = table[table["flag"].ne("too_few") & table["estimate"].notna()].iloc[::-1]
    ax, _ = style.rows(list(shown[by]), ax)
    clear = shown["flag"].eq("rose"), shown["flag"].eq("fell")
    limits = 100 * shown[["lower", "estimate", "upper"]]
    style.intervals(ax, limits, style.bands(*clear, style.LIGHT), style.bands(*clear), size=24)
    scales.change_axis(ax, lang)
    total = 100 * (table["current"].sum() / max(table["reference"].sum(), 1) - 1)
    style.overall(ax, total)
    lists = {flag: enumerated(shown.loc[shown["flag"].eq(flag), by].iloc[::-1], lang) for flag in ("fell", "rose")}
    words = {
        "counted": changed_places(shown["flag"], by, lang),
        "by": sentence(f"by_{places(by)}", lang),
        "tested": len(shown), "total": total, "listed": changed_places(shown["flag"], by, lang, lists),
        "left_out": left_out(table["note"], lang), "by_days": direction(table["by_days"].max(), lang),
    }  # fmt: skip
    percent = ("estimate", "lower", "upper", "lower_exact", "upper_exact", "by_days")
    told = {"areas_few": table["flag"].eq("too_few").any(), "areas_days": table["by_days"].any()}
    also = style.coloured(*clear, "changed") + [key for key, held in told.items() if held]
    return style.tell(ax, "areas", lang, words, also=also, percent=percent, method="area_changes")


def changed_places(flags: pd.Series, by: str, lang: str, lists: Mapping[str, str] | None = None) -> str:
    """Return how many places clearly fell, clearly rose (either may be listed), or did neither."""
    counts = {flag: int(flags.eq(flag).sum()) for flag in ("fell", "rose")}
    counts["within"] = len(flags) - sum(counts.values())
    return told_counts(counts, places(by), lang, lists)
