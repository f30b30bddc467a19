"""Charts of a change: what its parts add to it, and where it is beyond what such numbers do by themselves."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import style
from src.analysis.charts.participation import area_names
from src.analysis.charts.words import compare_label, direction, left_out, pulled, with_places
from src.analysis.vocabulary import enumerated, sentence


def plot_contributions(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", by: str = "kind", compare: str = "previous_year"
) -> Axes:
    """Draw what each part adds to the change of the total, in percentage points (`contributions`)."""
    table = with_places(table, lang)
    names = [
        name if isinstance(name, str) else sentence("contributions_rest", lang) for name in area_names(table, by, lang)
    ]
    ax = style.axes(ax, size=(style.WIDTH, 0.27 * len(table) + 0.5), labels=names, right=0.3)
    places = np.arange(len(table))[::-1]
    values = table["estimate"].to_numpy(float)
    ax.barh(places, values, color=np.where(values < 0, style.ACCENT, style.CONTRAST), height=0.66)
    ax.axvline(0, color=style.INK, linewidth=0.8)
    ax.set_yticks(places, names)
    reach = max(abs(values.min(initial=0)), abs(values.max(initial=0)), 0.1)
    ends = [min(values.min(initial=0), -0.02 * reach), max(values.max(initial=0), 0.02 * reach)]
    room = 0.45 / (ax.get_position().width * style.WIDTH)  # of the axis, on each side: for the number beside a bar
    space = room * (ends[1] - ends[0]) / (1 - 2 * room)
    ax.set_xlim(ends[0] - space, ends[1] + space)
    for place, value in zip(places, values, strict=True):
        ax.annotate(
            f"{value:+.1f}".replace("-", "−"),
            (value, place),
            (4 if value >= 0 else -4, 0),
            textcoords="offset points",
            ha="left" if value >= 0 else "right",
            va="center",
            fontsize=style.SMALL,
        )
    ax.grid(True, axis="x")
    said = _contribution_words(values, names, by, compare, lang, left_out(table["note"], lang))
    return style.annotate(ax, **said, method="contributions", lang=lang)


def _contribution_words(
    values: np.ndarray, names: list[str], by: str, compare: str, lang: str, gaps: str
) -> dict[str, str]:
    total = float(values.sum())
    fell, rose = (
        [(v, n) for v, n in zip(values, names, strict=True) if v < 0],
        [(v, n) for v, n in zip(values, names, strict=True) if v > 0],
    )
    lowest, highest = min(fell, default=None), max(rose, default=None)

    ends = {
        end: sentence("part_of_change", lang, name=part[1], told=pulled(part[0], lang))
        for end, part in (("lowest", lowest), ("highest", highest))
        if part
    }

    which = "fell" if total < -1 else "rose" if total > 1 else "flat"
    first = {"fell": lowest, "rose": highest}.get(which) or max(
        fell + rose, key=lambda part: abs(part[0]), default=(0.0, "—")
    )
    words = {
        "change": direction(total / 100, lang),
        "first": first[1],
        "first_told": pulled(first[0], lang),
        "by": sentence(f"by_{by}", lang),
        "compare": compare_label(compare, lang),
        "left_out": gaps,
    }
    return {
        "title": sentence(f"contributions_title_{which}", lang, **words),
        "alt": sentence("contributions_alt", lang, **words),
        "caption": sentence("contributions_caption", lang),
        "sentence": sentence("_".join(["contributions_sentence", *ends]), lang, **words, **ends),
    }


def plot_area_changes(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", by: str = "street") -> Axes:
    """Draw the change of each area with its interval (`area_changes`), in the order of the register."""
    table = with_places(table, lang)
    shown = table[table["flag"].ne("too_few") & table["estimate"].notna()].iloc[::-1]
    names = list(shown[by])
    ax = style.axes(ax, size=(style.WIDTH, 0.27 * max(len(shown), 1) + 0.55), labels=names or [""], right=0.3)
    places = np.arange(len(shown))
    clear = shown["flag"].isin(["fell", "rose"])
    colours = np.where(clear, np.where(shown["flag"].eq("rose"), style.CONTRAST, style.ACCENT), style.LIGHT)
    ax.hlines(places, 100 * shown["lower"], 100 * shown["upper"], color=colours, linewidth=1.6)
    ax.scatter(100 * shown["estimate"], places, color=np.where(clear, colours, style.MUTED), s=24, zorder=3)
    ax.axvline(0, color=style.INK, linewidth=0.8)
    total = 100 * (table["current"].sum() / max(table["reference"].sum(), 1) - 1)
    ax.axvline(total, color=style.MUTED, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    ax.set_yticks(places, names)
    ax.set_ylim(-0.7, max(len(shown), 1) - 0.3)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:+.0f}%".replace("-", "−") if value else "0")
    ax.grid(True, axis="x")
    fell, rose = [list(shown.loc[shown["flag"].eq(flag), by].iloc[::-1]) for flag in ("fell", "rose")]
    words = {
        "by": sentence("by_streets" if by == "street" else "by_communities", lang),
        "fell": len(fell), "rose": len(rose),
        "same": len(shown) - len(fell) - len(rose), "tested": len(shown), "total": total,
        "fell_list": enumerated(fell, lang) or sentence("none", lang),
        "rose_list": enumerated(rose, lang) or sentence("none", lang),
        "rest": sentence("areas_rest", lang) if len(fell) + len(rose) < len(shown) else "",
    }  # fmt: skip
    return style.annotate(
        ax,
        title=sentence("areas_title_fell", lang, **words),
        alt=sentence("areas_alt", lang, **words),
        caption=sentence("areas_caption", lang),
        sentence=sentence("areas_sentence", lang, **words, left_out=left_out(table["note"], lang)),
        percent=("estimate", "lower", "upper", "lower_exact", "upper_exact"),
        method="area_changes",
        lang=lang,
    )
