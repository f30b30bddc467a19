"""Charts of concentration: how few places hold most incidents, and whether last year's hot spots hold."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.words import marked, named, with_places
from src.codebook.vocabulary import sentence


def plot_lorenz_curve(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", summary: pd.DataFrame | None = None
) -> Axes:
    """Draw what share of incidents the places with most of them hold (`lorenz_curve`), with the band of chance.

    `summary`: the row of `concentration` for the same counts.
    """
    ax = style.axes(ax, size=(style.WIDTH, 2.5))
    share = np.concatenate([[0], table["share_of_places"]])
    lower, upper, held = (np.concatenate([[0], table[name]]) for name in ("lower", "upper", "estimate"))
    ax.fill_between(share, lower, upper, color=style.MUTED, alpha=0.25, linewidth=0)
    ax.plot(share, held, color=style.ACCENT)
    for axis in (ax.xaxis, ax.yaxis):
        scales.share_axis(axis)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    scales.unit(ax.xaxis, sentence("lorenz_places", lang))
    scales.unit(ax.yaxis, sentence("lorenz_held", lang))
    ax.annotate(sentence("lorenz_chance", lang), (0.62, 0.6), color=style.MUTED, fontsize=style.SMALL, va="top")
    row = summary.iloc[0]
    fifth = table.iloc[max(round(0.2 * len(table)) - 1, 0)]
    words = {
        "n": int(row["n"]), "x": int(row["x"]), "half": int(row["half"]), "half_pct": row["half"] / row["n"],
        "fifth": int(fifth["places"]), "fifth_share": fifth["estimate"], "fifth_chance": fifth["upper"],
        "gini": row["estimate"], "lower": row["lower"], "upper": row["upper"],
    }  # fmt: skip
    which = "above" if row["estimate"] > row["upper"] else "chance"
    percent = ("share_of_places", "estimate", "lower", "upper")
    return style.tell(ax, "lorenz", lang, words, said=f"sentence_{which}", percent=percent, method="concentration")


def plot_hotspot_persistence(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", first: str = "", second: str = ""
) -> Axes:
    """Draw the hot places of either period and what became of them (`hotspot_persistence`)."""
    table = with_places(table, lang)
    hot = table[table["flag"].isin(["stayed", "left", "new"])].iloc[::-1]
    names = marked(hot["community"], hot["flag"], ("new", "left"), lang)
    ax, places = style.rows(names, ax, each=0.25, room=0.6, right=0.4)
    colours = np.where(hot["flag"].eq("left"), style.LIGHT, style.ACCENT)
    ax.hlines(places, hot["reference"], hot["current"], color=colours, linewidth=1.6)
    rings = {"s": 20, "facecolors": "white", "edgecolors": style.MUTED, "linewidths": 1}
    ax.scatter(hot["reference"], places, **rings, zorder=3, clip_on=False)
    ax.scatter(hot["current"], places, s=24, color=colours, zorder=4, clip_on=False)
    scales.count_axis(ax.xaxis, lang, "reports")
    count = int(table["hot_before"].sum())
    chosen = table.head(count)
    stayed = list(table.loc[table["flag"].eq("stayed"), "community"])
    aside = sentence("listed_aside", lang, listed=named(stayed, lang)) if stayed else ""
    words = {
        "places": len(table), "hot": count, "stayed": len(stayed), "left": int(table["flag"].eq("left").sum()),
        "new": int(table["flag"].eq("new").sum()), "names": aside,
        "hit": chosen["hit"].iloc[-1] if count else 0.0, "pai": chosen["estimate"].iloc[-1] if count else 0.0,
        "first": first, "second": second, "area": count / len(table),
    }  # fmt: skip
    title = "title" if stayed else "title_none"
    return style.tell(ax, "hotspots", lang, words, title=title, percent=("hit",), method="hotspot_persistence")
