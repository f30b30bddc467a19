"""Charts of incidents over time: months against other years, petitions by channel, hours of the week."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.labels import headline_unit, row_names, short_month
from src.codebook.vocabulary import both, sentence


def by_year(table: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return the months of each year by their number; raises `ValueError` where a month stands in several rows."""
    if table["month"].duplicated().any():
        raise ValueError(both("series_several", name="table"))
    return {year: rows.set_index(rows["month"].dt.month) for year, rows in table.groupby(table["month"].dt.year)}


@style.chart
def plot_monthly_counts(
    table: pd.DataFrame,
    ax: Axes | None = None,
    lang: str = "zh",
    year: int | None = None,
    last: int = 12,
    festivals: Collection[int] = (),
    gaps: Collection[int] = (),
) -> Axes:
    """Draw months of one year beside the year before and 2019 (`monthly_counts`), with the band of normal variation.

    Each line has its year as its label. `last`: the last complete month of the year; later ones are hatched, and so
    are `gaps`: months that a street did not deliver. `festivals`: the months that hold a Spring Festival, shaded.
    """
    years = by_year(table)
    year = year or max(years)
    ax = style.axes(ax, size=(style.WIDTH, 2.7), right=0.65)
    for month in festivals:
        ax.axvspan(month - 0.5, month + 0.5, color=style.GRID, linewidth=0, zorder=0)
    ends = []
    for other, colour, dashes in ((2019, style.LIGHT, (0, (3, 2))), (year - 1, style.MUTED, "solid")):
        if other in years and other != year:
            counts = years[other]["estimate"]
            ax.plot(counts.index, counts, color=colour, linewidth=1.3, linestyle=dashes, label=str(other))
            ends.append((counts.iloc[-1], str(other), style.MUTED))
    now = years[year]
    whole = now[now.index <= last]
    ax.fill_between(whole.index, whole["lower"], whole["upper"], color=style.ACCENT, alpha=0.15, linewidth=0)
    ax.plot(whole.index, whole["estimate"], color=style.ACCENT, marker="o", markersize=3.5, label=str(year))
    hatched = now.index[(now.index > last) | now.index.isin(gaps)]
    look = {"fill": False, "hatch": "////", "edgecolor": style.LIGHT, "linewidth": 0}
    ax.bar(hatched, now.loc[hatched, "estimate"], width=0.7, **look)
    if len(whole):
        ends.append((whole["estimate"].iloc[-1], str(year), style.ACCENT))
    scales.count_axis(ax.yaxis, lang, "per_month", unit=headline_unit(lang))
    ax.set_xlim(0.5, 12.5)
    ax.set_xticks(range(1, 13), [short_month(pd.Timestamp(2000, m, 1), lang) for m in range(1, 13)])
    style.name_ends(ax, ends)
    return ax


@style.chart
def plot_petitions(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw petitions by channel, first and repeated (`petitions_by_channel`), in grey those that do not say."""
    names = row_names(table, "channel", lang)
    ax = style.axes(ax, size=(style.WIDTH, 0.32 * len(table) + 1.05), labels=names, right=0.7)
    places, left = np.arange(len(table))[::-1], np.zeros(len(table))
    parts = {"first_time": table["first"].fillna(0), "repeated_petition": table["x"].fillna(0)}
    parts["repeat_not_stated"] = table["n"] - sum(parts.values())
    for (part, counts), colour in zip(parts.items(), (style.ACCENT, style.TINT, style.LIGHT), strict=True):
        if counts.any():
            values = counts.to_numpy("float64")
            ax.barh(places, values, left=left, color=colour, height=0.62, label=sentence(part, lang))
            left = left + values
    for place, total in zip(places, table["n"], strict=True):
        style.beside(ax, f"{total:,}", (total, place))
    ax.set_yticks(places, names)
    ax.set_ylim(-1.35, len(table) - 0.5)  # below the bars there is room for the legend
    scales.count_axis(ax.xaxis, lang, "petitions")
    ax.legend(loc="lower right", ncols=len(parts), borderaxespad=0.1)
    return ax


@style.chart
def plot_weekday_hours(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw weekday by hour (`weekday_hours`): darker is more an hour."""
    days = sentence("weekday_names", lang).split("|")
    cells = table.pivot_table(index="weekday", columns="hour", values="estimate").reindex(range(7))
    ax = style.axes(ax, size=(style.WIDTH, 2.1), labels=days, right=0.1)
    style.grid(ax, cells, days, cmap="Blues", vmin=0, linewidths=0.4)
    ax.set_xticks(np.arange(0, 24, 3), [f"{h}时" if lang == "zh" else f"{h}:00" for h in range(0, 24, 3)], ha="left")
    return ax
