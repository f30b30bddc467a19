"""Charts over time: months beside other years, level, special months, quarters; petitions, hours of the week."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import scales, style
from src.analysis.charts.labels import headline_unit, row_names, short_month, wrap
from src.analysis.stats.counts import HEADLINE
from src.codebook.vocabulary import both, current, label, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = 13  # font sizes that a name beside its line may be wide


def by_year(table: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return the months of each year by their number; raises `ValueError` where a month stands in several rows."""
    if table["month"].duplicated().any():
        raise ValueError(both("series_several", name="table"))
    return {year: rows.set_index(rows["month"].dt.month) for year, rows in table.groupby(table["month"].dt.year)}


@style.chart
def plot_monthly_counts(
    table: pd.DataFrame,
    ax: "Axes | None" = None,
    lang: str = "zh",
    year: int | None = None,
    last: int = 12,
    festivals: Collection[int] = (),
    gaps: Collection[int] = (),
) -> "Axes":
    """Draw months of one year beside the year before and the `base_year` of the vocabulary (`monthly_counts`).

    The band is how far months scatter; each line has its year as its label. `last`: the last complete month of the
    year; later ones are hatched, and so are `gaps`: months that a street did not deliver. `festivals`: the months that
    hold a Spring Festival, shaded.
    """
    years = by_year(table)
    year = year or max(years)
    ax = style.axes(ax, size=(style.WIDTH, 2.7), right=0.65)
    for month in festivals:
        ax.axvspan(month - 0.5, month + 0.5, color=style.GRID, linewidth=0, zorder=0)
    ends = []
    for other, colour, dashes in ((current().base_year, style.LIGHT, (0, (3, 2))), (year - 1, style.MUTED, "solid")):
        if other in years and other != year:
            counts = years[other]["estimate"]
            (line,) = ax.plot(counts.index, counts, color=colour, linewidth=1.3, linestyle=dashes, label=str(other))
            ends.append((counts.iloc[-1], str(other), style.MUTED, line))
    now = years[year]
    whole = now[now.index <= last]
    ax.fill_between(whole.index, whole["lower"], whole["upper"], color=style.ACCENT, alpha=0.15, linewidth=0)
    (line,) = ax.plot(whole.index, whole["estimate"], color=style.ACCENT, marker="o", markersize=3.5, label=str(year))
    hatched = now.index[(now.index > last) | now.index.isin(gaps)]
    look = {"fill": False, "hatch": "////", "edgecolor": style.LIGHT, "linewidth": 0}
    ax.bar(hatched, now.loc[hatched, "estimate"], width=0.7, **look)
    if len(whole):
        ends.append((whole["estimate"].iloc[-1], str(year), style.ACCENT, line))
    scales.count_axis(ax.yaxis, lang, "per_month", unit=headline_unit(lang))
    ax.set_xlim(0.5, 12.5)
    ax.set_xticks(range(1, 13), [short_month(pd.Timestamp(2000, m, 1), lang) for m in range(1, 13)])
    style.name_ends(ax, ends)
    return ax


@style.chart
def plot_petitions(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
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
def plot_weekday_hours(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw weekday by hour (`weekday_hours`): darker is more an hour."""
    days = sentence("weekday_names", lang).split("|")
    cells = table.pivot_table(index="weekday", columns="hour", values="estimate").reindex(range(7))
    ax = style.axes(ax, size=(style.WIDTH, 2.1), labels=days, right=0.1)
    style.grid(ax, cells, days, cmap="Blues", vmin=0, linewidths=0.4)
    ax.set_xticks(np.arange(0, 24, 3), [f"{h}时" if lang == "zh" else f"{h}:00" for h in range(0, 24, 3)], ha="left")
    return ax


def _years(ax: "Axes") -> None:
    from matplotlib.dates import DateFormatter, YearLocator

    ax.xaxis.set_major_locator(YearLocator())
    ax.xaxis.set_major_formatter(DateFormatter("%Y"))


@style.chart
def plot_seasonally_adjusted(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the months per day as they came and freed of season and festival (`seasonally_adjusted`)."""
    ax = style.axes(ax, size=(style.WIDTH, 2.5), right=0.75)
    raw, adjusted, trend = (sentence(f"{name}_line", lang) for name in ("raw", "adjusted", "trend"))
    (grey,) = ax.plot(table["month"], table["rate"], color=style.LIGHT, linewidth=1.2, label=raw)
    ax.plot(table["month"], table["trend"], color=style.MUTED, linewidth=1.2, linestyle=style.DASHED, label=trend)
    (blue,) = ax.plot(table["month"], table["estimate"], color=style.ACCENT, marker="o", markersize=2.6, label=adjusted)
    scales.rate_axis(ax.yaxis, lang, "per_day", unit=headline_unit(lang))
    _years(ax)
    last = table.dropna(subset="estimate").iloc[-1]
    style.name_ends(ax, [(last["estimate"], adjusted, style.ACCENT, blue), (last["rate"], raw, style.MUTED, grey)])
    return ax


@style.chart
def plot_moving_annual_total(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the sum of the last twelve months (`moving_annual_total`): the level, without a season."""
    ax = style.axes(ax, size=(style.WIDTH, 2.1), left=0.62, right=0.75)
    ax.plot(table["month"], table["estimate"], color=style.ACCENT)
    scales.count_axis(ax.yaxis, lang, "twelve_months", unit=headline_unit(lang))
    _years(ax)
    last = table.iloc[-1]
    at = (last["month"], last["estimate"])
    ax.scatter(*([value] for value in at), color=style.ACCENT, s=18, zorder=3)
    style.beside(ax, f"{last['estimate']:,.0f}", at, 6, color=style.ACCENT, annotation_clip=False)
    return ax


@style.chart
def plot_special_months(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw months beside what is expected of them and its limits (`special_months`, `xmr`); special ones stand out."""
    ax = style.axes(ax, size=(style.WIDTH, 2.5), right=0.75)
    ends = []
    for column, dashes in (("lower", style.DASHED), ("mean", "solid"), ("upper", style.DASHED)):
        values, name = table[column].clip(lower=0), sentence(f"special_{column}", lang)
        (line,) = ax.plot(table["month"], values, color=style.MUTED, linewidth=0.9, linestyle=dashes, label=name)
        ends.append((values.dropna().iloc[-1], name, style.MUTED, line))
    special = table["flag"].eq("high"), table["flag"].eq("low")
    ax.scatter(table["month"], table["estimate"], color=style.bands(*special, style.LIGHT), s=16, zorder=3)
    scales.rate_axis(ax.yaxis, lang, "per_day", unit=headline_unit(lang))
    ax.set_ylim(max(0, 0.9 * min(table["lower"].min(), table["estimate"].min())), None)
    _years(ax)
    style.name_ends(ax, ends)
    return ax


@style.chart
def plot_quarters(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw a line for each roll-up (`roll_up`, `quarter`, `n`), named at its end; blue is the headline's."""
    quarters = sorted(pd.to_datetime(table["quarter"].unique()))
    names = {code: label("roll_up", code, lang) for code in table["roll_up"].unique()}
    broken = {code: wrap(name, NAMES) for code, name in names.items()}
    ax = style.axes(ax, size=(style.WIDTH, 2.75), right=0.3 + style.inches(broken.values()), bottom=0.55)
    ends = []
    for code, rows in table.sort_values("quarter").groupby("roll_up", sort=False):
        colour = style.ACCENT if code == HEADLINE else style.MUTED
        places, counts = [quarters.index(day) for day in rows["quarter"]], rows["n"].astype(float)
        (line,) = ax.plot(places, counts, color=colour, marker="o", markersize=3, label=names[code])
        ends.append((counts.iloc[-1], broken[code], colour, line))
    begins = [place == 0 or day.quarter == 1 for place, day in enumerate(quarters)]
    years = [f"\n{day.year}" if begun else "" for day, begun in zip(quarters, begins, strict=True)]
    ax.set_xticks(range(len(quarters)), [f"Q{day.quarter}{year}" for day, year in zip(quarters, years, strict=True)])
    scales.count_axis(ax.yaxis, lang, "per_quarter")
    style.name_ends(ax, ends, lines=max(name.count("\n") + 1 for name in broken.values()))
    return ax
