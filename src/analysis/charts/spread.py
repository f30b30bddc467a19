"""Charts of concentration: how few places hold most incidents, and whether last year's hot spots hold."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.labels import with_flags, with_place_names
from src.codebook.vocabulary import sentence


@style.chart
def plot_lorenz_curve(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw what share of incidents the places with most of them hold (`lorenz_curve`), with the band of chance."""
    ax = style.axes(ax, size=(style.WIDTH, 2.5))
    curve = pd.concat([pd.DataFrame(0.0, [0], ["share_of_places", "lower", "upper", "estimate"]), table])
    ax.fill_between(
        curve["share_of_places"], curve["lower"], curve["upper"], color=style.MUTED, alpha=0.25, linewidth=0
    )
    ax.plot(curve["share_of_places"], curve["estimate"], color=style.ACCENT)
    for axis in (ax.xaxis, ax.yaxis):
        scales.share_axis(axis)
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    scales.unit(ax.xaxis, sentence("lorenz_places", lang))
    scales.unit(ax.yaxis, sentence("lorenz_held", lang))
    ax.annotate(sentence("lorenz_chance", lang), (0.62, 0.6), color=style.MUTED, fontsize=style.SMALL, va="top")
    return ax


@style.chart
def plot_hotspot_persistence(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw the hot places of either period and what became of them (`hotspot_persistence`)."""
    table = with_place_names(table, lang)
    hot = table[table["flag"].isin(["stayed", "left", "new"])].iloc[::-1]
    names = with_flags(hot["community"], hot["flag"], ("new", "left"), lang)
    ax, places = style.rows(names, ax, each=0.25, room=0.6, right=0.4)
    colours = np.where(hot["flag"].eq("left"), style.LIGHT, style.ACCENT)
    ax.hlines(places, hot["reference"], hot["current"], color=colours, linewidth=1.6)
    style.rings(ax, hot["reference"], places)
    ax.scatter(hot["current"], places, s=24, color=colours, zorder=4, clip_on=False)
    scales.count_axis(ax.xaxis, lang, "reports")
    return ax
