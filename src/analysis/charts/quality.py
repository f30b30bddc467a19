"""Charts of notebook 01: from delivered lines to clean rows, and who has delivered which month."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import scales, style
from src.analysis.charts.labels import with_place_names
from src.analysis.stats.delivery import WHOLE
from src.codebook.vocabulary import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@style.chart
def plot_line_waterfall(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw what each step from delivered lines to clean rows takes away (`line_waterfall`), between the whole numbers.

    Of a quarter of a million lines what was lost would be too thin to see: wholes are numbers, losses are bars.
    """
    labels = [label("step", step, lang) for step in table["step"]]
    ax = style.axes(ax, size=(style.WIDTH, 0.3 * len(table) + 0.5), labels=labels, right=0.75)
    whole, places = table["step"].isin(WHOLE), np.arange(len(table))[::-1]
    lost = (table["end"] - table["start"]).mask(whole, 0)
    ax.barh(places, lost, color=style.MUTED, height=0.62)
    ax.set_xlim(0, max(1.05 * lost.max(), 1))
    scales.count_axis(ax.xaxis, lang, "lines_lost")
    ax.set_yticks(places, labels)
    for place, count, is_whole, end in zip(places, table["count"], whole, lost, strict=True):
        look = {"weight": "bold", "color": style.ACCENT} if is_whole else {}
        style.beside(ax, f"{count:,}".replace("-", "−"), (end, place), annotation_clip=False, **look)
    return ax


def with_row_names(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return `delivered_months` with a `row` for each street and source, in the reader's language."""
    table = with_place_names(table, lang)
    return table.assign(row=table["street"] + " " + table["source"].map(lambda source: label("source", source, lang)))


@style.chart
def plot_delivered_months(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw who has delivered which month (`delivered_months`): streets down, months across, gaps outlined."""
    from matplotlib.patches import Rectangle

    table = with_row_names(table, lang)
    rows = list(table["row"].unique())
    ax = style.axes(ax, size=(style.WIDTH, 0.2 * len(rows) + 0.6), labels=rows, right=0.1)
    counts, flags = (
        table.pivot_table(index="row", columns="month", values=value, aggfunc="first", sort=False).reindex(rows)
        for value in ("count", "flag")
    )
    shade = counts.astype("float64").div(counts.max(axis=1).replace(0, 1), axis=0)
    style.grid(ax, shade, rows, cmap="Blues", vmin=-0.2, vmax=1.4, linewidths=0.5)
    for row, month in np.argwhere(flags.isin(["missing", "never"]).to_numpy()):
        corner = (month + 0.08, row + 0.08)
        ax.add_patch(Rectangle(corner, 0.84, 0.84, fill=False, edgecolor=style.INK, linewidth=1))
    januaries = [place for place, month in enumerate(counts.columns) if month.month == 1] or [0]
    ax.set_xticks(januaries, [str(counts.columns[place].year) for place in januaries], ha="left")
    return ax
