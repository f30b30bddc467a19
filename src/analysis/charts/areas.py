"""Charts that set areas beside each other: rates in three bands, funnels, shrunken shares, differences that survive."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import style
from src.analysis.charts.participation import area_names
from src.analysis.charts.words import with_places
from src.analysis.vocabulary import enumerated, label, sentence

NAMED = 6  # areas named in a funnel or a sentence before it says "and others"


def plot_incident_rate(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", by: str = "street", period: str = ""
) -> Axes:
    """Draw rates per 10,000 with their intervals in three bands (`incident_rate`), areas in the register's order."""
    table = with_places(table, lang)
    shown = table[table["estimate"].notna()].iloc[::-1]
    names, places = list(shown[by]), np.arange(len(shown))
    ax = style.axes(ax, size=(style.WIDTH, 0.27 * len(shown) + 0.55), labels=names, right=0.3)
    colours = _band_colours(shown["flag"])
    ax.hlines(places, shown["lower"], shown["upper"], color=colours, linewidth=1.6)
    ax.scatter(shown["estimate"], places, color=colours, s=26, zorder=3)
    overall = float(shown["overall"].iloc[0])
    ax.axvline(overall, color=style.MUTED, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    ax.set_yticks(places, names)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    style.count_axis(ax.xaxis, lang)
    words = _bands(shown.iloc[::-1], by, lang) | {"overall": overall, "period": period}
    words["note"] = denominator(shown["note"].iloc[0], lang)
    said = [sentence("rate_sentence", lang, **words)]
    for key, rows in (("missing", table["estimate"].isna()), ("incomplete", table["flag"].eq("incomplete"))):
        if rows.any():
            said.append(sentence(f"rate_{key}", lang, names=named(list(table.loc[rows, by]), lang)))
    return style.annotate(
        ax, title=sentence("rate_title", lang, **words), alt=sentence("rate_alt", lang, **words),
        caption=sentence("rate_caption", lang, **words), sentence=" ".join(said), method="incident_rate", lang=lang,
    )  # fmt: skip


def denominator(note: str, lang: str) -> str:
    """Return what a rate is per, in words: 常住人口2022年; a note of `incident_rate` holds kind and year."""
    parts = [part.split() for part in note.split(";") if part]
    told = [sentence("denominator", lang, kind=label("population_kind", kind, lang), year=year) for kind, year in parts]
    return enumerated(told, lang) or sentence("not_stated", lang)


def _band_colours(flags: pd.Series) -> np.ndarray:
    return np.select([flags.eq("above"), flags.eq("below")], [style.CONTRAST, style.ACCENT], style.MUTED)


def _bands(shown: pd.DataFrame, by: str, lang: str) -> dict[str, object]:
    """Return how many and which areas are clearly above, clearly below, or neither."""
    shown = shown[shown["flag"].ne("incomplete")]
    names = {flag: list(shown.loc[shown["flag"].eq(flag), by]) for flag in ("above", "below")}
    counts = {flag: len(listed) for flag, listed in names.items()}
    return {
        **counts, "same": len(shown) - sum(counts.values()), "tested": len(shown),
        "by": sentence("by_streets" if by == "street" else "by_communities", lang),
        **{f"{flag}_list": named(listed, lang) for flag, listed in names.items()},
    }  # fmt: skip


def _told_p(p: float, lang: str) -> str:
    if p != p:
        return sentence("p_missing", lang)
    return "<0.001" if p < 0.001 else f"={p:.3f}" if lang == "zh" else f"= {p:.3f}"


def named(names: list[str], lang: str) -> str:
    """Return some names as a list, the first few and how many where there are more."""
    if not names:
        return sentence("none", lang)
    first = enumerated(names[:NAMED], lang)
    return first if len(names) <= NAMED else sentence("and_others", lang, first=first, n=len(names))


def plot_funnel(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", by: str = "community", subject: str = "residents"
) -> Axes:
    """Draw each area by its size and its share or ratio, with the funnel that chance and spread allow (`funnel`).

    `subject`: what is counted, a kind of participation or `reports`; shares are drawn in per cent, ratios as they are.
    """
    table = with_places(table, lang)
    shown = table[table["estimate"].notna()].sort_values("n")
    ratio = shown["overall"].iloc[0] == 1 and subject == "reports"
    ax = style.axes(ax, size=(style.WIDTH, 3.0), left=0.6, right=0.35, bottom=0.62)
    for bounds, shade in ((("lower_998", "upper_998"), 0.10), (("lower", "upper"), 0.16)):
        ax.fill_between(shown["n"], shown[bounds[0]], shown[bounds[1]], color=style.MUTED, alpha=shade, linewidth=0)
    ax.axhline(shown["overall"].iloc[0], color=style.MUTED, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    ax.scatter(shown["n"], shown["estimate"], color=_band_colours(shown["flag"]), s=18, zorder=3, linewidths=0)
    style.count_axis(ax.xaxis, lang)
    style.share_axis(ax.yaxis)
    if ratio:
        ax.yaxis.set_major_formatter("{x:g}")
    ax.set_ylim(0, max(shown["estimate"].max() * 1.12, shown["overall"].iloc[0] * 1.6))
    ax.set_xlabel(sentence(f"funnel_size_{'expected' if ratio else 'projects'}", lang))
    _name_outliers(ax, shown, by)
    words = _bands(shown, by, lang) | {"kind": sentence(f"kind_{subject}", lang), "phi": shown["phi"].iloc[0]}
    words |= {"tested": len(shown), "by_chance": 0.002 * len(shown), "overall": shown["overall"].iloc[0]}
    which = "ratio" if ratio else "share"
    return style.annotate(
        ax, title=sentence("funnel_title", lang, **words), alt=sentence("funnel_alt", lang, **words),
        caption=sentence(f"funnel_caption_{which}", lang), sentence=sentence("funnel_sentence", lang, **words),
        percent=() if ratio else ("estimate", "overall", "lower", "upper", "lower_998", "upper_998"),
        method="funnel", lang=lang,
    )  # fmt: skip


def _name_outliers(ax: Axes, shown: pd.DataFrame, by: str) -> None:
    """Write the names of the areas that stand out, the farthest first, where they do not lie over each other."""
    out = shown[shown["flag"].isin(["above", "below"])]
    out = out.reindex(out["z"].abs().sort_values(ascending=False).index).head(NAMED)
    taken: list[tuple[float, float]] = []
    box = ax.get_window_extent()
    for row in out.itertuples():
        x, y = ax.transData.transform((row.n, row.estimate))
        if any(abs(y - other_y) < 24 and abs(x - other_x) < 130 for other_x, other_y in taken):
            continue
        taken.append((x, y))
        right = x < box.x0 + 0.7 * box.width
        ax.annotate(
            getattr(row, by), (row.n, row.estimate), (5 if right else -5, 0), textcoords="offset points",
            ha="left" if right else "right", va="center", fontsize=style.SMALL,
        )  # fmt: skip


def plot_shrunken_rates(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", by: str = "community", kind: str = "residents"
) -> Axes:
    """Draw raw and shrunken shares of places (`shrunken_rates` beside its places): rings and dots.

    Where there are many places, the ten highest and ten lowest fair shares.
    """
    table = with_places(table, lang)
    ordered = table[table["estimate"].notna()].sort_values("estimate", kind="stable")
    shown = ordered if len(ordered) <= 22 else pd.concat([ordered.head(10), ordered.tail(10)])
    names, places = list(shown[by]), np.arange(len(shown))
    ax = style.axes(ax, size=(style.WIDTH, 0.23 * len(shown) + 0.55), labels=names, right=0.3)
    ax.hlines(places, shown["raw"], shown["estimate"], color=style.GRID, linewidth=1.4)
    ax.scatter(shown["raw"], places, s=18, facecolors="white", edgecolors=style.MUTED, linewidths=1, zorder=3)
    ax.scatter(shown["estimate"], places, s=20, color=style.ACCENT, zorder=4)
    overall = table["x"].sum() / table["n"].sum()
    ax.axvline(overall, color=style.MUTED, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    ax.set_yticks(places, names)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    style.share_axis(ax.xaxis)
    words = {
        "kind": sentence(f"kind_{kind}", lang), "n": len(ordered), "shown": len(shown), "overall": overall,
        "raw_low": ordered["raw"].min(), "raw_high": ordered["raw"].max(),
        "low": ordered["estimate"].min(), "high": ordered["estimate"].max(), "first": names[-1],
    }  # fmt: skip
    alike = ordered["estimate"].max() - ordered["estimate"].min() < 0.001
    key = "shrunken_sentence_alike" if alike else "shrunken_sentence"
    return style.annotate(
        ax, title=sentence("shrunken_title_alike" if alike else "shrunken_title", lang, **words),
        alt=sentence("shrunken_alt", lang, **words),
        caption=sentence("shrunken_caption" if len(shown) == len(ordered) else "shrunken_caption_cut", lang, **words),
        sentence=sentence(key, lang, **words), percent=("raw", "estimate", "lower", "upper"),
        method="shrunken_rates", lang=lang,
    )  # fmt: skip


def plot_share_differences(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", by: str = "street", kind: str = "residents"
) -> Axes:
    """Draw how far each group's share is from the rest's, with its interval (`share_differences`)."""
    table = with_places(table, lang)
    shown = table[table["estimate"].notna()].iloc[::-1]
    names, places = area_names(shown, by, lang), np.arange(len(shown))
    ax = style.axes(ax, size=(style.WIDTH, 0.27 * len(shown) + 0.75), labels=names, right=0.3, bottom=0.6)
    colours = _band_colours(shown["flag"])
    ax.hlines(places, 100 * shown["lower"], 100 * shown["upper"], color=colours, linewidth=1.6)
    ax.scatter(100 * shown["estimate"], places, color=colours, s=26, zorder=3)
    ax.axvline(0, color=style.INK, linewidth=0.8)
    ax.set_yticks(places, names)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:+.0f}".replace("-", "−") if value else "0")
    ax.grid(True, axis="x")
    ax.set_xlabel(sentence("points", lang))
    told = shown.iloc[::-1].assign(name=names[::-1])
    listed = {flag: list(told.loc[told["flag"].eq(flag), "name"]) for flag in ("above", "below")}
    alone = int(((told["lower"] > 0) | (told["upper"] < 0)).sum())
    words = {
        "kind": sentence(f"kind_{kind}", lang), "by": sentence(f"by_{by}", lang), "tested": len(told), "alone": alone,
        "by_chance": 0.05 * len(told), "p": _told_p(told["p_overall"].iloc[0], lang),
        "survived": sum(map(len, listed.values())),
        "above_list": named(listed["above"], lang), "below_list": named(listed["below"], lang),
    }  # fmt: skip
    which = "some" if words["survived"] else "none"
    return style.annotate(
        ax, title=sentence(f"differences_title_{which}", lang, **words), alt=sentence("differences_alt", lang, **words),
        caption=sentence("differences_caption", lang),
        sentence=sentence(f"differences_sentence_{which}", lang, **words),
        percent=("share", "estimate", "lower", "upper"), method="share_differences", lang=lang,
    )  # fmt: skip
