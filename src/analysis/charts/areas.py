"""Charts that set areas beside each other: rates in three bands, funnels, shrunken shares, differences that survive."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.words import NAMED, area_names, grouped_by, named, places, told_counts, told_names, with_places
from src.codebook.vocabulary import enumerated, label, sentence


def plot_incident_rate(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", period: str = "") -> Axes:
    """Draw rates per 10,000 with their intervals in three bands (`incident_rate`), areas in the register's order."""
    by, table = grouped_by(table), with_places(table, lang)
    shown = table[table["estimate"].notna()].iloc[::-1]
    ax, _ = style.rows(list(shown[by]), ax)
    style.intervals(ax, shown, _colours(shown))
    overall = float(shown["overall"].iloc[0])
    style.overall(ax, overall)
    scales.rate_axis(ax.xaxis, lang, "per_10000")
    words = _bands(shown.iloc[::-1], by, lang) | {"overall": overall, "period": period}
    words["note"] = denominator(shown["note"].iloc[0], lang)
    said = [sentence("rate_sentence", lang, **words)]
    for key, rows in (("missing", table["estimate"].isna()), ("incomplete", table["flag"].eq("incomplete"))):
        if rows.any():
            said.append(sentence(f"rate_{key}", lang, names=named(list(table.loc[rows, by]), lang)))
    return style.tell(ax, "rate", lang, words, sentence=" ".join(said), also=_coloured(shown), method="incident_rate")


def _colours(shown: pd.DataFrame) -> np.ndarray:
    return style.bands(shown["flag"].eq("above"), shown["flag"].eq("below"))


def _coloured(shown: pd.DataFrame) -> list[str]:
    return style.coloured(shown["flag"].eq("above"), shown["flag"].eq("below"))


def denominator(note: str, lang: str) -> str:
    """Return what a rate is per, in words: 常住人口2022年; a note of `incident_rate` holds kind and year."""
    parts = [part.split() for part in note.split(";") if part]
    told = [sentence("denominator", lang, kind=label("population_kind", kind, lang), year=year) for kind, year in parts]
    return enumerated(told, lang) or sentence("not_stated", lang)


def _bands(shown: pd.DataFrame, by: str, lang: str) -> dict[str, object]:
    """Return how many and which areas are clearly above, clearly below, or neither."""
    shown = shown[shown["flag"].ne("incomplete")]
    names = {flag: list(shown.loc[shown["flag"].eq(flag), by]) for flag in ("above", "below")}
    counts = {flag: len(listed) for flag, listed in names.items()}
    rest = len(shown) - sum(counts.values())
    lists = {flag: named(listed, lang) for flag, listed in names.items() if listed}
    return {
        **counts, "least": shown["estimate"].min(), "most": shown["estimate"].max(), "in_funnel": rest,
        "by": sentence(f"by_{places(by)}", lang),
        "counted": told_counts({**counts, "in_spread": rest}, places(by), lang),
        "listed": told_counts({**counts, "in_spread": rest}, places(by), lang, lists), "lists": lists,
    }  # fmt: skip


def _told_p(p: float, lang: str) -> str:
    if p != p:
        return sentence("p_missing", lang)
    return "<0.001" if p < 0.001 else f"={p:.3f}" if lang == "zh" else f"= {p:.3f}"


def plot_funnel(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", subject: str = "residents") -> Axes:
    """Draw each area by its size and its share or ratio, with the funnel that chance and spread allow (`funnel`).

    `subject`: what is counted, a kind of participation or `reports`; shares are drawn in per cent, ratios as they are.
    """
    by, table = grouped_by(table), with_places(table, lang)
    shown = table[table["estimate"].notna()].sort_values("n")
    ratio = shown["overall"].iloc[0] == 1 and subject == "reports"
    ax = style.axes(ax, size=(style.WIDTH, 2.8), left=0.6, right=0.35)
    for bounds, shade in ((("lower_998", "upper_998"), 0.10), (("lower", "upper"), 0.16)):
        ax.fill_between(shown["n"], shown[bounds[0]], shown[bounds[1]], color=style.MUTED, alpha=shade, linewidth=0)
    ax.axhline(shown["overall"].iloc[0], color=style.MUTED, linewidth=1, linestyle=style.DASHED, zorder=1)
    ax.scatter(shown["n"], shown["estimate"], color=_colours(shown), s=18, zorder=3, linewidths=0, clip_on=False)
    scales.rate_axis(ax.xaxis, lang, "reports_expected" if ratio else "projects")
    scales.share_axis(ax.yaxis)
    if ratio:
        ax.yaxis.set_major_formatter("{x:g}")
        scales.unit(ax.yaxis, sentence("axis_ratio", lang))
    ax.set_ylim(0, max(shown["estimate"].max() * 1.12, shown["overall"].iloc[0] * 1.6))
    _name_outliers(ax, shown, by)
    words = _bands(shown, by, lang) | {"kind": sentence(f"kind_{subject}", lang), "phi": shown["phi"].iloc[0]}
    words |= {"by_chance": 0.002 * len(shown), "overall": shown["overall"].iloc[0]}
    counts = {"above": words["above"], "below": words["below"], "in_funnel": words["in_funnel"]}
    words["counted"] = told_counts(counts, places(by), lang)
    words["listed"] = told_counts(counts, places(by), lang, words["lists"])
    percent = () if ratio else ("estimate", "overall", "lower", "upper", "lower_998", "upper_998")
    caption = "caption_ratio" if ratio else "caption_share"
    return style.tell(
        ax, "funnel", lang, words, caption=caption, also=_coloured(shown), percent=percent, method="funnel"
    )


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
        style.beside(ax, getattr(row, by), (row.n, row.estimate), 5 if x < box.x0 + 0.7 * box.width else -5)


def plot_shrunken_rates(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", kind: str = "residents") -> Axes:
    """Draw raw and shrunken shares of places (`shrunken_rates` beside its places): rings and dots.

    Where there are many places, the ten highest and ten lowest fair shares.
    """
    by, table = grouped_by(table), with_places(table, lang)
    ordered = table[table["estimate"].notna()].sort_values("estimate", kind="stable")
    shown = ordered if len(ordered) <= 22 else pd.concat([ordered.head(10), ordered.tail(10)])
    ax, places = style.rows(list(shown[by]), ax, each=0.23)
    ax.hlines(places, shown["raw"], shown["estimate"], color=style.GRID, linewidth=1.4)
    rings = {"s": 18, "facecolors": "white", "edgecolors": style.MUTED, "linewidths": 1}
    ax.scatter(shown["raw"], places, **rings, zorder=3, clip_on=False)
    ax.scatter(shown["estimate"], places, s=20, color=style.ACCENT, zorder=4, clip_on=False)
    overall = table["x"].sum() / table["n"].sum()
    style.overall(ax, overall)
    scales.share_axis(ax.xaxis)
    words = {
        "kind": sentence(f"kind_{kind}", lang), "n": len(ordered), "shown": len(shown), "overall": overall,
        "raw_low": ordered["raw"].min(), "raw_high": ordered["raw"].max(),
        "low": ordered["estimate"].min(), "high": ordered["estimate"].max(), "first": shown[by].iloc[-1],
    }  # fmt: skip
    alike = ordered["estimate"].max() - ordered["estimate"].min() < 0.001
    return style.tell(
        ax, "shrunken", lang, words, title="title_alike" if alike else "title",
        caption="caption" if len(shown) == len(ordered) else "caption_cut",
        said="sentence_alike" if alike else "sentence", percent=("raw", "estimate", "lower", "upper"),
        method="shrunken_rates",
    )  # fmt: skip


def plot_share_differences(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", kind: str = "residents"
) -> Axes:
    """Draw how far each group's share is from the rest's, with its interval (`share_differences`)."""
    by, table = grouped_by(table), with_places(table, lang)
    shown = table[table["estimate"].notna()].iloc[::-1]
    names = area_names(shown, by, lang)
    ax, _ = style.rows(names, ax)
    style.intervals(ax, shown, _colours(shown))
    scales.change_axis(ax, lang, "points")
    told = shown.iloc[::-1].assign(name=told_names(names, by, lang)[::-1])
    listed = {flag: list(told.loc[told["flag"].eq(flag), "name"]) for flag in ("above", "below")}
    alone = int(((told["lower"] > 0) | (told["upper"] < 0)).sum())
    words = {
        "kind": sentence(f"kind_{kind}", lang), "by": sentence(f"by_{by}", lang), "tested": len(told), "alone": alone,
        "by_chance": 0.05 * len(told), "p": _told_p(told["p_overall"].iloc[0], lang),
        "survived": sum(map(len, listed.values())),
        "listed": sentence("clauses", lang).join(
            sentence(f"differences_{flag}", lang, listed=named(found, lang)) for flag, found in listed.items() if found
        ),
    }  # fmt: skip
    which = "some" if words["survived"] else "none"
    said = f"sentence_{which}" if alone else "sentence_alike"
    return style.tell(
        ax, "differences", lang, words, title=f"title_{which}", said=said, also=_coloured(shown),
        percent=("share",), method="share_differences",
    )  # fmt: skip
