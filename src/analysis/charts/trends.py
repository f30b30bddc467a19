"""Charts of what was delivered and over time: lines, months, daily means, level, quarters; petitions, hours."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import labels, style
from src.analysis.charts.labels import headline_unit, row_names, short_month, with_place_names
from src.analysis.stats.counts import HEADLINE
from src.analysis.stats.delivery import WHOLE
from src.codebook.vocabulary import both, current, label, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = 13  # font sizes that a name beside its line may be wide
LEVEL_ROOM = 0.7  # inches that the number of a year's level takes


def by_year(table: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return the months of each year by their number; raises `ValueError` where a month stands in several rows."""
    if table["month"].duplicated().any():
        raise ValueError(both("series_several", name="table"))
    return {year: rows.set_index(rows["month"].dt.month) for year, rows in table.groupby(table["month"].dt.year)}


@style.chart
def plot_monthly_counts(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", year: int | None = None
) -> "Axes":
    """Draw months of one year beside the year before and the `base_year` of the vocabulary (`monthly_counts`).

    The band is the usual monthly variation; each line has its year as its label.
    """
    years = by_year(table)
    year = year or max(years)
    ax = style.axes(ax, size=(style.WIDTH, 2.7), right=0.65)
    ends = []
    for other, colour, dashes in ((current().base_year, style.LIGHT, (0, (3, 2))), (year - 1, style.MUTED, "solid")):
        if other in years and other != year:
            counts = years[other]["estimate"]
            (line,) = ax.plot(counts.index, counts, color=colour, linewidth=1.3, linestyle=dashes, label=str(other))
            ends.append((counts.iloc[-1], str(other), style.MUTED, line))
    now = years[year]
    ax.fill_between(now.index, now["lower"], now["upper"], color=style.ACCENT, alpha=0.15, linewidth=0)
    (line,) = ax.plot(now.index, now["estimate"], color=style.ACCENT, marker="o", markersize=3.5, label=str(year))
    ends.append((now["estimate"].iloc[-1], str(year), style.ACCENT, line))
    labels.count_axis(ax.yaxis, lang, "per_month", unit=headline_unit(lang))
    ax.set_xlim(0.5, 12.5)
    ax.set_xticks(range(1, 13, 2), [short_month(pd.Timestamp(2000, m, 1), lang) for m in range(1, 13, 2)])
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
    labels.count_axis(ax.xaxis, lang, "petitions")
    ax.legend(loc="lower right", ncols=len(parts), borderaxespad=0.1)
    return ax


@style.chart
def plot_weekday_hours(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw weekday by hour (`weekday_hours`): darker is more an hour."""
    days = sentence("weekday_names", lang).split("|")
    cells = table.pivot_table(index="weekday", columns="hour", values="estimate").reindex(range(7))
    ax = style.axes(ax, size=(style.WIDTH, 2.58), labels=days, right=0.2, bottom=0.83)
    style.grid(ax, cells, days, cmap="Blues", vmin=0, linewidths=0.4)
    most = cells.max(axis=None)
    style.key(ax, {0: "0", most: f"{most:.2g}"}, sentence("axis.per_hour", lang))
    ax.set_xticks(np.arange(0, 24, 3), [f"{h}时" if lang == "zh" else f"{h}:00" for h in range(0, 24, 3)], ha="left")
    return ax


@style.chart
def plot_daily_averages(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", year: int | None = None
) -> "Axes":
    """Draw how many a day, month by month, over what is expected and the level of each year (`daily_averages`).

    The year is blue, the last by default; months unlike what is expected have a dot of their own colour. On top what
    happened outside, by the `events` of the vocabulary's calendar.
    """
    when = table["month"] + pd.to_timedelta(15 * table["months"], unit="D")  # its middle
    years, estimate = table["month"].dt.year, table["estimate"]
    year, events = year or years.max(), _events(table["month"], lang)
    ax = style.axes(ax, size=(style.WIDTH, 2.5), right=0.55, top=0.16)
    ax.fill_between(when, table["lower"].clip(lower=0), table["upper"], color=style.GRID, linewidth=0)
    now = years.eq(year) | years.shift(-1).eq(year)  # the blue line begins where the grey one ends
    ax.plot(
        when, estimate, color=style.MUTED, linewidth=1.1, marker="o", markersize=2.2, label=sentence("line.raw", lang)
    )
    ax.plot(when[now], estimate[now], color=style.ACCENT, label=str(year))
    special = table[table["flag"].isin(["high", "low"])]
    colours = style.bands(special, "high", "low")
    ax.scatter(when[special.index], special["estimate"], color=colours, s=26, zorder=4)
    labels.rate_axis(ax.yaxis, lang, "per_day", unit=headline_unit(lang))
    _draw_levels(ax, table, when, year, lang)
    for day, text in events:
        ax.axvline(day, color=style.MUTED, linewidth=0.8, linestyle=style.DASHED, zorder=1)
        _above(ax, text, (day, 1.0), style.MUTED, xycoords=("data", "axes fraction"))
    last = table[now & estimate.notna()].tail(1 if now.sum() > 6 else 0)  # beside the number of a year's level
    for at, value in zip(when[last.index], last["estimate"], strict=True):
        text = f"{value:,.{1 if value >= 1 else 2}f}"
        style.beside(ax, text, (at, value), 6, color=style.ACCENT, weight="bold", annotation_clip=False)
    return ax


def _events(months: pd.Series, lang: str) -> list[tuple[pd.Timestamp, str]]:
    """Return the events of the calendar within some months: the day and its words, broken into lines."""
    dated = {pd.Timestamp(day): style.wrap(words[lang], NAMES) for day, words in current().calendar["events"].items()}
    return [(day, text) for day, text in dated.items() if months.min() <= day < months.max() + pd.DateOffset(months=1)]


def _draw_levels(ax: "Axes", table: pd.DataFrame, when: pd.Series, year: int, lang: str) -> None:
    """Draw the level of each year, with its number above what is drawn of the year, and the years below."""
    tops = table[["estimate", "upper"]].max(axis=1)
    ax.set_ylim(0, 1.15 * tops.max())  # room for the numbers below the unit of the axis
    groups = table.groupby(table["month"].dt.year)
    each = -(-len(groups) * LEVEL_ROOM // style.WIDTH)  # of many years not all have room for a number
    for number, (one, rows) in enumerate(groups):
        ends, level = when[rows.index], rows["level"].iloc[0]
        colour = style.ACCENT if one == year else style.MUTED
        ax.hlines(level, ends.iloc[0], ends.iloc[-1], color=colour, linewidth=1, linestyle=style.DASHED)
        if (number - len(groups) + 1) % each == 0 and level == level:
            text = sentence("level_of_year", lang, level=f"{level:,.{1 if level >= 1 else 2}f}")
            _above(ax, text, (ends.mean(), tops[rows.index].max()), colour)
    ax.set_xticks([when[rows.index].mean() for _, rows in groups], [f"{one}" for one, _ in groups])


def _above(ax: "Axes", text: str, at: tuple[object, float], colour: str, **look: object) -> None:
    """Write a text above a mark, in the middle."""
    look |= {"ha": "center", "va": "bottom", "color": colour, "fontsize": style.SMALL, "annotation_clip": False}
    ax.annotate(text, at, (0, 3), textcoords="offset points", **look)


@style.chart
def plot_quarters(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw a line for each roll-up (`roll_up`, `quarter`, `n`), named at its end; blue is the headline's."""
    quarters = sorted(pd.to_datetime(table["quarter"].unique()))
    names = {code: label("roll_up", code, lang) for code in table["roll_up"].unique()}
    broken = {code: style.wrap(name, NAMES) for code, name in names.items()}
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
    labels.count_axis(ax.yaxis, lang, "per_quarter")
    style.name_ends(ax, ends, lines=max(name.count("\n") + 1 for name in broken.values()))
    return ax


@style.chart
def plot_line_waterfall(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw what each step from delivered lines to clean rows takes away (`line_waterfall`), between the whole numbers.

    Of a quarter of a million lines what was lost would be too thin to see: wholes are numbers, losses are bars.
    """
    names = [label("step", step, lang) for step in table["step"]]
    ax = style.axes(ax, size=(style.WIDTH, 0.3 * len(table) + 0.5), labels=names, right=0.75)
    whole, places = table["step"].isin(WHOLE), np.arange(len(table))[::-1]
    lost = (table["end"] - table["start"]).mask(whole, 0)
    ax.barh(places, lost, color=style.MUTED, height=0.62)
    ax.set_xlim(0, max(1.05 * lost.max(), 1))
    labels.count_axis(ax.xaxis, lang, "lines_lost")
    ax.set_yticks(places, names)
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


@style.chart
def plot_seasonally_adjusted(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the months per day as they came and freed of season and festival (`seasonally_adjusted`)."""
    ax = style.axes(ax, size=(style.WIDTH, 2.5), right=0.75)
    raw, adjusted, trend = (sentence("line", lang, case=name) for name in ("raw", "adjusted", "trend"))
    (grey,) = ax.plot(table["month"], table["rate"], color=style.LIGHT, linewidth=1.2, label=raw)
    ax.plot(table["month"], table["trend"], color=style.MUTED, linewidth=1.2, linestyle=style.DASHED, label=trend)
    (blue,) = ax.plot(table["month"], table["estimate"], color=style.ACCENT, marker="o", markersize=2.6, label=adjusted)
    labels.rate_axis(ax.yaxis, lang, "per_day", unit=headline_unit(lang))
    _by_year(ax)
    last = table.dropna(subset="estimate").iloc[-1]
    style.name_ends(ax, [(last["estimate"], adjusted, style.ACCENT, blue), (last["rate"], raw, style.MUTED, grey)])
    return ax


@style.chart
def plot_moving_annual_total(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the sum of the last twelve months (`moving_annual_total`): the level, without a season."""
    ax = style.axes(ax, size=(style.WIDTH, 2.1), left=0.62, right=0.75)
    (line,) = ax.plot(table["month"], table["estimate"], color=style.ACCENT)
    labels.count_axis(ax.yaxis, lang, "twelve_months", unit=headline_unit(lang))
    _by_year(ax)
    last = table["estimate"].iloc[-1]
    style.name_ends(ax, [(last, f"{last:,.0f}", style.ACCENT, line)])
    return ax


def _by_year(ax: "Axes") -> None:
    from matplotlib.dates import DateFormatter, YearLocator

    ax.xaxis.set_major_locator(YearLocator())
    ax.xaxis.set_major_formatter(DateFormatter("%Y"))
