"""Charts that set areas beside each other: rates, funnels, shares, hot spots, changes and what adds up to them."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import labels, style
from src.analysis.charts.labels import grouped_by, row_names, with_flags, with_place_names
from src.codebook.vocabulary import sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMED = 6  # places that are named in a chart
SHOWN, ENDS = 22, 10  # of more places than the first, so many at either end are drawn


@style.chart
def plot_incident_rate(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw rates per 10,000 with their intervals in three bands (`incident_rate`), areas in the register's order."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["estimate"].notna()].iloc[::-1]
    ax, _ = style.rows(list(shown[by]), ax)
    style.intervals(ax, shown, style.bands(shown))
    style.overall(ax, float(shown["overall"].iloc[0]))
    labels.rate_axis(ax.xaxis, lang, "per_10000")
    return ax


@style.chart
def plot_funnel(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", subject: str = "residents") -> "Axes":
    """Draw each area by its size and its share or ratio, with the funnel that chance and spread allow (`funnel`).

    `subject`: what is counted, a kind of participation or `reports`; shares are drawn in per cent, ratios as they are.
    The larger a dot, the more areas have that size and share.
    """
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["estimate"].notna()].sort_values("n")
    overall, ratio = shown["overall"].iloc[0], is_ratio(shown, subject)
    ax = style.axes(ax, size=(style.WIDTH, 2.8), left=0.6, right=0.35)
    for bounds, shade in ((("lower_998", "upper_998"), 0.10), (("lower", "upper"), 0.16)):
        ax.fill_between(shown["n"], shown[bounds[0]], shown[bounds[1]], color=style.MUTED, alpha=shade, linewidth=0)
    ax.axhline(overall, color=style.MUTED, linewidth=1, linestyle=style.DASHED, zorder=1)
    together = shown.groupby(["n", "estimate"])["n"].transform("size")  # places in one spot are one dot, a larger one
    for many, rows in shown.groupby(together):  # those of one size share one shape in an SVG
        look = {"s": 14 * many**0.8, "zorder": 3, "linewidths": 0, "clip_on": False}
        ax.scatter(rows["n"], rows["estimate"], color=style.bands(rows), **look)
    labels.rate_axis(ax.xaxis, lang, "reports_expected" if ratio else "projects")
    labels.share_axis(ax.yaxis)
    if ratio:
        ax.yaxis.set_major_formatter("{x:g}")
        labels.unit(ax.yaxis, sentence("axis.ratio", lang))
    ax.set_ylim(0, max(shown["estimate"].max() * 1.12, overall * 1.6))
    _name_outliers(ax, shown, by)
    return ax


def is_ratio(table: pd.DataFrame, subject: str) -> bool:
    """Return whether a funnel is of observed over expected numbers, not of shares."""
    return subject == "reports" and table["overall"].iloc[0] == 1


def _name_outliers(ax: "Axes", shown: pd.DataFrame, by: str) -> None:
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


@style.chart
def plot_shrunken_rates(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw raw and shrunken shares of places (`shrunken_rates` beside its places): rings and dots.

    Where there are many places, the ten highest and ten lowest fair shares.
    """
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = highest_and_lowest(table)
    ax, places = style.rows(list(shown[by]), ax, each=0.23)
    ax.hlines(places, shown["raw"], shown["estimate"], color=style.GRID, linewidth=1.4)
    style.rings(ax, shown["raw"], places, 18)
    ax.scatter(shown["estimate"], places, s=20, color=style.ACCENT, zorder=4, clip_on=False)
    style.overall(ax, table["x"].sum() / table["n"].sum())
    labels.share_axis(ax.xaxis)
    return ax


def highest_and_lowest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that a chart of many shrunken shares shows, the lowest first."""
    ordered = table[table["estimate"].notna()].sort_values("estimate", kind="stable")
    return ordered if len(ordered) <= SHOWN else pd.concat([ordered.head(ENDS), ordered.tail(ENDS)])


@style.chart
def plot_share_differences(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw how far each group's share is from the rest's, with its interval (`share_differences`)."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["estimate"].notna()].iloc[::-1]
    ax, _ = style.rows(row_names(shown, by, lang), ax)
    style.intervals(ax, shown, style.bands(shown))
    labels.change_axis(ax.xaxis, lang, "points")
    return ax


@style.chart
def plot_lorenz_curve(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw what share of incidents the places with most of them hold (`lorenz_curve`), with the band of chance."""
    ax = style.axes(ax, size=(style.WIDTH, 2.5))
    curve = pd.concat([pd.DataFrame(0.0, [0], ["share_of_places", "lower", "upper", "estimate"]), table])
    ax.fill_between(
        curve["share_of_places"], curve["lower"], curve["upper"], color=style.MUTED, alpha=0.25, linewidth=0
    )
    ax.plot(curve["share_of_places"], curve["estimate"], color=style.ACCENT)
    for axis in (ax.xaxis, ax.yaxis):
        labels.share_axis(axis)
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    labels.unit(ax.xaxis, sentence("lorenz_places", lang))
    labels.unit(ax.yaxis, sentence("lorenz_held", lang))
    ax.annotate(sentence("lorenz_chance", lang), (0.62, 0.6), color=style.MUTED, fontsize=style.SMALL, va="top")
    return ax


@style.chart
def plot_hotspot_persistence(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the hot places of either period and what became of them (`hotspot_persistence`)."""
    table = with_place_names(table, lang)
    hot = table[table["flag"].isin(["stayed", "left", "new"])].iloc[::-1]
    names = with_flags(hot["community"], hot["flag"], ("new", "left"), lang)
    ax, places = style.rows(names, ax, each=0.25, room=0.6, right=0.4)
    colours = np.where(hot["flag"].eq("left"), style.LIGHT, style.ACCENT)
    ax.hlines(places, hot["reference"], hot["current"], color=colours, linewidth=1.6)
    style.rings(ax, hot["reference"], places)
    ax.scatter(hot["current"], places, s=24, color=colours, zorder=4, clip_on=False)
    labels.count_axis(ax.xaxis, lang, "reports")
    return ax


def part_names(table: pd.DataFrame, by: str, lang: str) -> list[str]:
    """Return what the parts of a change are called; those that state no part together are one."""
    rest = sentence("contributions_rest", lang)
    return [name if isinstance(name, str) else rest for name in row_names(table, by, lang)]


@style.chart
def plot_contributions(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw what each part adds to the change of the total, in percentage points (`contributions`)."""
    by, table = grouped_by(table), with_place_names(table, lang)
    names, values = part_names(table, by, lang), table["estimate"].fillna(0).to_numpy(float)
    ax = style.axes(ax, size=(style.WIDTH, 0.27 * len(table) + 0.5), labels=names, right=0.3)
    places = np.arange(len(table))[::-1]
    ax.barh(places, values, color=style.bands(pd.DataFrame({"flag": np.sign(values)}), 1, -1), height=0.64)
    ax.set_yticks(places, names)
    reach = max(abs(values).max(initial=0), 0.1)
    ends = min(values.min(initial=0), -0.02 * reach), max(values.max(initial=0), 0.02 * reach)
    room = 0.45 / (ax.get_position().width * ax.figure.get_figwidth())  # on each side: for the number beside a bar
    space = room * (ends[1] - ends[0]) / (1 - 2 * room)
    ax.set_xlim(ends[0] - space, ends[1] + space)
    for place, value in zip(places, values, strict=True):
        style.beside(ax, f"{value:+.1f}".replace("-", "−"), (value, place), 4 if value >= 0 else -4)
    labels.change_axis(ax.xaxis, lang, "points")
    return ax


@style.chart
def plot_area_changes(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the change of each area with its interval (`area_changes`), in the order of the register."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["flag"].ne("too_few") & table["estimate"].notna()].iloc[::-1]
    ax, _ = style.rows(list(shown[by]), ax)
    style.intervals(ax, shown, style.bands(shown, "rose", "fell", style.LIGHT), style.bands(shown, "rose", "fell"))
    labels.change_axis(ax.xaxis, lang)
    style.overall(ax, table["current"].sum() / max(table["reference"].sum(), 1) - 1)
    return ax
