"""Charts of notebook 02: shares of projects, their overlap, starts over the year, projects by community."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import scales, style
from src.analysis.charts.labels import GROUPS, grouped_by, row_names, with_counts, with_place_names
from src.codebook.vocabulary import PLACES, sentence, threshold

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = ("both", "residents_only", "organisations_only", "neither")
SHADES = ((style.ACCENT, "#ffffff"), (style.TINT, style.INK), (style.PALE, style.INK), (style.GRID, style.INK))


@style.chart
def plot_participation_rate(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", differences: pd.DataFrame | None = None
) -> "Axes":
    """Draw shares with their Wilson intervals (`participation_rate`); the line is all together.

    Fields are sorted by their share, places stand in the register's order. `differences`: `share_differences` of the
    same groups; those whose difference from the rest survives many comparisons are coloured.
    """
    by = grouped_by(table)
    flags = table["flag"] if differences is None else differences["flag"].set_axis(table.index)
    shown = with_place_names(table.assign(flag=flags), lang)
    shown = shown[shown["n"].ge(threshold("min_projects_for_share"))].iloc[::-1]
    shown = shown if by in PLACES else shown.sort_values("estimate", kind="stable")
    ax, _ = style.rows(with_counts(row_names(shown, by, lang), shown, lang), ax)
    style.intervals(ax, shown, style.bands(shown["flag"].eq("above"), shown["flag"].eq("below")))
    style.overall(ax, table["x"].sum() / table["n"].sum())
    scales.share_axis(ax.xaxis)
    return ax


@style.chart
def plot_participation_overlap(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw who took part in the projects of each group (`participation_overlap`): both, one of them, neither.

    A bar is all projects of a group that state both, its parts are counts. Fields are sorted by the share in which
    residents took part, places stand in the register's order; groups under the threshold of projects are left out.
    """
    by = grouped_by(table) if {*GROUPS} & {*table} else ""
    table = with_place_names(table[table["flag"].eq("")] if by else table, lang)
    names = row_names(table, by, lang) if by else pd.Series(sentence("overlap_all", lang), table.index)
    counts = table.assign(name=names).pivot_table("x", "name", "part", "sum", sort=False)[[*PARTS]]
    shares = counts.div(counts.sum(axis=1), axis=0)
    with_residents = shares["both"] + shares["residents_only"]
    order = shares.iloc[::-1] if by in PLACES else shares.loc[with_residents.sort_values(kind="stable").index]
    wide = sum(style.inches([sentence(f"overlap_{part}", lang)]) + 0.33 for part in PARTS)
    columns = 4 if wide < style.WIDTH - style.inches(order.index) - 0.3 else 2
    top = 0.36 if columns == 4 else 0.54
    ax, places = style.rows(list(order.index), ax, room=0.4 + top, top=top, right=0.62)
    room, start = ax.get_window_extent().width / ax.figure.dpi, np.zeros(len(order))
    for part, (colour, ink) in zip(PARTS, SHADES, strict=True):
        share = order[part].to_numpy()
        ax.barh(places, share, left=start, height=0.68, color=colour, label=sentence(f"overlap_{part}", lang))
        for place, width, left, x in zip(places, share, start, counts.loc[order.index, part], strict=True):
            if width * room > style.inches([f"{x}"]) + 0.06:
                ax.text(left + width / 2, place, f"{x}", ha="center", va="center", fontsize=style.SMALL, color=ink)
        start = start + share
    for place, n in zip(places, counts.sum(axis=1)[order.index], strict=True):
        style.beside(ax, sentence("overlap_projects", lang, n=int(n)), (1, place), color=style.MUTED)
    look = {"columnspacing": 1.0, "handlelength": 0.9, "handletextpad": 0.4, "borderaxespad": 0, "borderpad": 0}
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=columns, **look)
    ax.set(xlim=(0, 1))
    scales.share_axis(ax.xaxis)
    return ax


@style.chart
def plot_project_starts(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw how many projects started in each month (`project_starts`); the one with most is blue."""
    import seaborn as sns

    ax = style.axes(ax, size=(style.WIDTH, 2.0))
    most = table["x"].eq(table["x"].max())
    stands_out = most & (most.sum() == 1) & (table["x"].sum() >= threshold("min_projects_for_share"))
    places, step = np.arange(len(table)), 1 if len(table) <= 14 else 6
    palette = dict(zip(places, np.where(stands_out, style.ACCENT, style.LIGHT), strict=True))
    look = {"hue": places, "palette": palette, "saturation": 1, "legend": False, "width": 0.72, "errorbar": None}
    sns.barplot(x=places, y=table["x"].to_numpy(), order=places, ax=ax, **look)
    names = row_names(table, "month", lang) if step == 1 else [f"{month:%Y-%m}" for month in table["month"]]
    ax.set_xticks(places[::step], names[::step])
    scales.count_axis(ax.yaxis, lang, "projects")
    return ax


@style.chart
def plot_projects_by_community(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", here: str | None = None
) -> "Axes":
    """Draw the projects of each community within its street (`projects_by_community`): one dot is one community.

    `here`: the community that the page is about, among the others of its street.
    """
    import seaborn as sns

    own = table["community"].eq(here)  # none where it stood in another time
    table = with_place_names(table, lang)
    streets = list(table["street"].unique())
    ax = style.axes(ax, size=(style.WIDTH, 0.36 * len(streets) + 0.5), labels=streets)
    shown = table.assign(x=table["x"].astype(float))
    colour = style.LIGHT if own.any() else style.ACCENT
    size = min(3.6, 20 / shown.groupby(["street", "x"]).size().max())  # points: so many stand in a row of dots
    sns.swarmplot(shown[~own], x="x", y="street", order=streets, color=colour, size=size, warn_thresh=1, ax=ax)
    places = [streets.index(street) for street in shown["street"][own]]
    ax.scatter(shown["x"][own], places, s=30, color=style.ACCENT, linewidths=0, zorder=4, clip_on=False)
    for dots in ax.collections:
        dots.set_clip_on(False)
    ax.set_ylim(len(streets) - 0.4, -0.6)
    scales.count_axis(ax.xaxis, lang, "projects")
    ax.set(ylabel="", xlim=(-0.3, None))
    return ax
