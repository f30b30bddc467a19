"""Charts of notebook 05: demand against projects, communities most alike, and how their projects went."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import scales, style
from src.analysis.charts.labels import place_name, with_place_names, wrap
from src.codebook.vocabulary import current, label, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OUTSIDE = ("under", "over")  # of what chance allows
MOST = 12  # communities that a chart has a row for
SHARES = ("demand_share", "project_share")


@style.chart
def plot_coverage_gap(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", order: list[str] | None = None
) -> "Axes":
    """Draw demand against projects (`coverage_gap`): areas down, fields across, projects / expected in each cell.

    `order`: the areas from top to bottom; by default those that lack most projects first.
    """
    import seaborn as sns

    by, table = with_area_names(table, lang)
    short = table.groupby(by, sort=False)["estimate"].sum().sort_values(ascending=False, kind="stable")
    rows = [name for name in (label(by, place, lang) for place in order or short.index) if name in short.index]
    fields = [code for code in current().entries("field") if code in set(table["field"])]
    heads = [wrap(label("field", code, lang), 6.2) for code in fields]
    top = 0.12 + 0.16 * max(head.count("\n") + 1 for head in heads)
    size = (style.WIDTH, 0.25 * len(rows) + 0.08 + top)
    ax = style.axes(ax, size=size, labels=rows, right=0.05, bottom=0.08, top=top)
    outside = table["flag"].isin(OUTSIDE)
    cells = table.assign(
        # How many projects more than expected, in standard deviations of a Poisson count; within chance half as dark.
        strength=-np.where(outside, 1, 0.5) * table["estimate"] / np.sqrt(table["expected"].clip(lower=1)),
        text=[f"{x}/{expected:.1f}" for x, expected in zip(table["x"], table["expected"], strict=True)],
        weight=np.where(outside, "bold", "normal"),
        colour=np.where(table["flag"].eq("too_few"), style.MUTED, style.INK),
    ).set_index([by, "field"])
    parts = {name: cells[name].unstack().reindex(rows)[fields] for name in ("strength", "text", "weight", "colour")}
    colours = sns.blend_palette(style.LESS_TO_MORE, as_cmap=True)
    look = {"annot": parts["text"], "fmt": "", "annot_kws": {"fontsize": style.SMALL}, "linewidths": 1.2}
    style.grid(ax, parts["strength"], rows, cmap=colours, vmin=-2, vmax=2, **look)
    looks = zip(parts["weight"].to_numpy().flat, parts["colour"].to_numpy().flat, strict=True)
    for text, (weight, colour) in zip(ax.texts, looks, strict=True):
        text.set(fontweight=weight, color=colour)
    ax.set_xticks(np.arange(len(fields)) + 0.5, heads)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    return ax


def with_area_names(table: pd.DataFrame, lang: str) -> tuple[str, pd.DataFrame]:
    """Return by which level of place a table is, and it with names of the places that are told apart by them."""
    table = with_place_names(table, lang)
    if "community" not in table:
        return "street", table
    twice = table.groupby("community")["street"].transform("nunique").gt(1)  # 凤凰 is a community of two streets
    names = [place_name(row, lang) for row in table.to_dict("records")]
    return "community", table.assign(community=table["community"].mask(twice, names))


@style.chart
def plot_coverage_totals(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw projects beside those that demand would have (`coverage_totals`): communities that are short of most.

    Dots are the projects there are, ticks those expected, bands what chance gives one community looked at alone.
    """
    shown = most_short(table).iloc[::-1]
    ax, places = style.rows([place_name(row, lang) for row in shown.to_dict("records")], ax, right=0.75)
    colours = style.bands(shown["flag"].eq("over"), shown["flag"].eq("under"))
    ax.barh(places, shown["upper"] - shown["lower"], left=shown["lower"], height=0.66, color=style.GRID)
    ax.hlines(places, shown["x"], shown["expected"], color=colours, linewidth=1.3)
    ax.scatter(shown["expected"], places, marker="|", s=130, color=style.INK, linewidths=1.6, zorder=3)
    ax.scatter(shown["x"], places, color=colours, s=30, zorder=4, clip_on=False)
    scales.count_axis(ax.xaxis, lang, "projects")
    for place, short, colour in zip(places, shown["estimate"], colours, strict=True):
        text = sentence("projects_short" if short > 0 else "projects_more", lang, n=abs(short))
        style.beside(ax, text, (ax.get_xlim()[1], place), color=colour, annotation_clip=False)
    return ax


def most_short(table: pd.DataFrame) -> pd.DataFrame:
    """Return the communities that are short of most projects, most first, and any other beyond chance."""
    ordered = table.sort_values("estimate", ascending=False, kind="stable")
    first = (np.arange(len(ordered)) < MOST) & ordered["estimate"].gt(0)
    return ordered[first | ordered["flag"].isin(OUTSIDE)] if first.any() else ordered.head(MOST)


@style.chart
def plot_similar_communities(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the communities most alike (`similar_communities`): the shorter the line, the more alike."""
    names = [place_name(row, lang) for row in table.to_dict("records")][::-1]
    ax, places = style.rows(names, ax, each=0.29, room=0.5)
    distances = table["distance"].iloc[::-1]
    ax.hlines(places, 0, distances, color=style.LIGHT, linewidth=1.4)
    ax.scatter(distances, places, color=style.ACCENT, s=30, zorder=3, clip_on=False)
    ax.set_xlim(0, None)
    ax.grid(True, axis="x")
    scales.unit(ax.xaxis, sentence("axis_distance", lang))
    return ax


@style.chart
def plot_typical_cases(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw how incidents moved where projects run (`typical_cases`): shrunken with limits, as reported, and overall."""
    shown = with_place_names(table[is_drawn(table)], lang).iloc[::-1]
    names = [f"{row.community}·{label('field', row.field, lang)}" for row in shown.itertuples()]
    ax, places = style.rows(names, ax, right=0.45)
    apart = shown["lower"] > shown["overall"], shown["upper"] < shown["overall"]
    style.intervals(ax, 100 * shown[["lower", "estimate", "upper"]], style.bands(*apart))
    style.rings(ax, 100 * shown["raw"], places, zorder=2)
    ax.scatter(100 * shown["overall"], places, marker="|", s=90, color=style.INK, linewidths=1.2, zorder=4)
    scales.change_axis(ax, lang)
    return ax


def is_drawn(table: pd.DataFrame) -> pd.Series:
    """Return which typical cases have incidents enough to be drawn."""
    return table["flag"].ne("too_few") & table["estimate"].notna()
