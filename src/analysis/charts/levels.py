"""Charts of the level: months without the season, the moving annual total apart, and which months are special (XmR)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, YearLocator

from src.analysis.charts import scales, style
from src.analysis.charts.words import direction, headline_unit, month_name, month_of_year, per_day
from src.codebook.vocabulary import enumerated, sentence, threshold


def _years(ax: Axes) -> None:
    ax.xaxis.set_major_locator(YearLocator())
    ax.xaxis.set_major_formatter(DateFormatter("%Y"))


def _few_a_month(rate: pd.Series) -> bool:
    """Return whether the mean month of a daily rate has fewer cases than a change is told of in per cent."""
    return 365 / 12 * rate.mean() < threshold("min_count_for_percent")


def plot_seasonally_adjusted(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", name: str = "") -> Axes:
    """Draw the months per day as they came and freed of season and festival (`seasonally_adjusted`)."""
    ax = style.axes(ax, size=(style.WIDTH, 2.5), right=0.75)
    ax.plot(table["month"], table["rate"], color=style.LIGHT, linewidth=1.2)
    ax.plot(table["month"], table["trend"], color=style.MUTED, linewidth=1.2, linestyle=style.DASHED)
    ax.plot(table["month"], table["estimate"], color=style.ACCENT, marker="o", markersize=2.6)
    scales.rate_axis(ax.yaxis, lang, "per_day", unit=headline_unit(lang))
    _years(ax)
    last = table.dropna(subset="estimate").iloc[-1]
    ends = {"adjusted_line": ("estimate", style.ACCENT), "raw_line": ("rate", style.MUTED)}
    labels = [(last[column], sentence(key, lang), colour) for key, (column, colour) in ends.items()]
    _label_right(ax, labels)
    season = table.groupby(table["month"].dt.month)["seasonal"].mean()
    high, low = season.idxmax(), season.idxmin()
    known = table.dropna(subset="trend")
    first = known.iloc[max(len(known) - 13, 0)]
    words = {
        "name": name, "since": month_name(known["month"].iloc[0], lang), "months": len(known),
        "high": month_of_year(high, lang), "high_pct": 100 * (season[high] - 1),
        "low": month_of_year(low, lang), "low_pct": 100 * (1 - season[low]),
        "last": month_name(last["month"], lang), "level": per_day(last["trend"]),
        "first": month_name(first["month"], lang), "earlier": per_day(first["trend"]),
    }  # fmt: skip
    words |= {"unit": headline_unit(lang), "least": threshold("min_count_for_percent")}
    few = "_few" if _few_a_month(table["rate"]) else ""  # a season of a few cases is mostly chance
    variants = {"title": f"title{few}", "said": f"sentence{few}"}
    also = ["months_not_drawn"] if table["estimate"].isna().any() else []
    return style.tell(ax, "adjusted", lang, words, **variants, also=also, method="seasonally_adjusted")


def _label_right(ax: Axes, labels: list[tuple[float, str, str]]) -> None:
    """Write each line's name at the right edge, moved apart where the ends lie close."""
    low, high = ax.get_ylim()
    edge, previous = ax.get_xlim()[1], -np.inf
    for value, text, colour in sorted(labels):
        previous = max(value, previous + (high - low) * 0.09)
        style.beside(ax, text, (edge, previous), 3, color=colour, annotation_clip=False)


def plot_moving_annual_total(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", name: str = "") -> Axes:
    """Draw the sum of the last twelve months (`moving_annual_total`): the level, without a season."""
    ax = style.axes(ax, size=(style.WIDTH, 2.1), left=0.62, right=0.75)
    ax.plot(table["month"], table["estimate"], color=style.ACCENT)
    scales.count_axis(ax.yaxis, lang, "twelve_months", unit=headline_unit(lang))
    _years(ax)
    last, peak = table.iloc[-1], table.loc[table["estimate"].idxmax()]
    ax.scatter([last["month"]], [last["estimate"]], color=style.ACCENT, s=18, zorder=3)
    at = (last["month"], last["estimate"])
    style.beside(ax, f"{last['estimate']:,.0f}", at, 6, color=style.ACCENT, annotation_clip=False)
    words = {
        "name": name,
        "last": month_name(last["month"], lang),
        "total": int(last["estimate"]),
        "unit": headline_unit(lang),
    }
    words |= {"peak": month_name(peak["month"], lang), "peak_total": int(peak["estimate"])}
    words["change"] = direction(last["change"], lang)
    known, few = pd.notna(last["reference"]), last[["estimate", "reference"]].min() < threshold("min_count_for_percent")
    said = "sentence_first" if not known else "sentence_few" if few else "sentence"
    words["before"] = int(last["reference"]) if known else 0
    return style.tell(ax, "annual", lang, words, said=said, percent=("change",), method="moving_annual_total")


def plot_xmr(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", name: str = "", baseline: int = 0) -> Axes:
    """Draw points with their mean and limits (`xmr`); special ones stand out, the baseline is shaded.

    `baseline`: how many points at the start fixed the limits.
    """
    ax = style.axes(ax, size=(style.WIDTH, 2.5), right=0.75)
    if baseline:
        ax.axvspan(table["month"].iloc[0], table["month"].iloc[baseline - 1], color=style.GRID, linewidth=0, zorder=0)
    ax.plot(table["month"], table["estimate"], color=style.LIGHT, linewidth=1.2)
    for column in ("lower", "upper"):
        ax.plot(table["month"], table[column].clip(lower=0), color=style.MUTED, linewidth=1, linestyle=style.DASHED)
    ax.plot(table["month"], table["mean"], color=style.MUTED, linewidth=1)
    special = table["flag"].eq("high"), table["flag"].eq("low")
    ax.scatter(table["month"], table["estimate"], color=style.bands(*special, style.LIGHT), s=16, zorder=3)
    scales.rate_axis(ax.yaxis, lang, "per_day", unit=headline_unit(lang))
    ax.set_ylim(max(0, 0.9 * min(table["lower"].min(), table["estimate"].min())), None)
    _years(ax)
    row = table.iloc[-1]
    ends = [(max(row["lower"], 0), "xmr_lower"), (row["mean"], "xmr_mean"), (row["upper"], "xmr_upper")]
    _label_right(ax, [(value, sentence(key, lang), style.MUTED) for value, key in ends])
    high, low = table[table["flag"].eq("high")], table[table["flag"].eq("low")]
    outside = table[table["note"].str.contains("outside")]
    words = {
        "name": name, "n": len(table), "special": len(high) + len(low), "high": len(high), "low": len(low),
        "mean": per_day(row["mean"]), "lower": per_day(max(row["lower"], 0)), "upper": per_day(row["upper"]),
        "baseline": baseline or len(table), "unit": headline_unit(lang),
        "outside": enumerated((month_name(m, lang) for m in outside["month"][-4:]), lang) or sentence("none", lang),
    }  # fmt: skip
    share = words["special"] / len(table)
    few = _few_a_month(table["estimate"])
    which = "common" if not share else "special" if share <= 0.5 or few else "moving"
    title = "title_few" if few else f"title_{which}"
    return style.tell(
        ax, "xmr", lang, words, title=title, said=f"sentence_{which}", also=style.coloured(*special), method="xmr"
    )
