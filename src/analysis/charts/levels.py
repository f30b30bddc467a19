"""Charts of the level: months without the season, the moving annual total apart, and which months are special."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, YearLocator

from src.analysis.charts import scales, style
from src.analysis.charts.labels import headline_unit
from src.codebook.vocabulary import sentence


def _years(ax: Axes) -> None:
    ax.xaxis.set_major_locator(YearLocator())
    ax.xaxis.set_major_formatter(DateFormatter("%Y"))


@style.chart
def plot_seasonally_adjusted(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw the months per day as they came and freed of season and festival (`seasonally_adjusted`)."""
    ax = style.axes(ax, size=(style.WIDTH, 2.5), right=0.75)
    raw, adjusted, trend = (sentence(f"{name}_line", lang) for name in ("raw", "adjusted", "trend"))
    ax.plot(table["month"], table["rate"], color=style.LIGHT, linewidth=1.2, label=raw)
    ax.plot(table["month"], table["trend"], color=style.MUTED, linewidth=1.2, linestyle=style.DASHED, label=trend)
    ax.plot(table["month"], table["estimate"], color=style.ACCENT, marker="o", markersize=2.6, label=adjusted)
    scales.rate_axis(ax.yaxis, lang, "per_day", unit=headline_unit(lang))
    _years(ax)
    last = table.dropna(subset="estimate").iloc[-1]
    style.name_ends(ax, [(last["estimate"], adjusted, style.ACCENT), (last["rate"], raw, style.MUTED)])
    return ax


@style.chart
def plot_moving_annual_total(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
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
def plot_special_months(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw months beside what is expected of them and its limits (`special_months`, `xmr`); special ones stand out."""
    ax = style.axes(ax, size=(style.WIDTH, 2.5), right=0.75)
    ends = []
    for column, dashes in (("lower", style.DASHED), ("mean", "solid"), ("upper", style.DASHED)):
        values, name = table[column].clip(lower=0), sentence(f"special_{column}", lang)
        ax.plot(table["month"], values, color=style.MUTED, linewidth=0.9, linestyle=dashes, label=name)
        ends.append((values.dropna().iloc[-1], name, style.MUTED))
    special = table["flag"].eq("high"), table["flag"].eq("low")
    ax.scatter(table["month"], table["estimate"], color=style.bands(*special, style.LIGHT), s=16, zorder=3)
    scales.rate_axis(ax.yaxis, lang, "per_day", unit=headline_unit(lang))
    ax.set_ylim(max(0, 0.9 * min(table["lower"].min(), table["estimate"].min())), None)
    _years(ax)
    style.name_ends(ax, ends)
    return ax
