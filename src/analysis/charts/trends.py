"""Charts of notebook 03 over time: months against other years, petitions by channel, hours of the week."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.words import area_names, headline_unit, month_of_year, short_month, told_counts, went
from src.analysis.stats.profiles import busiest, uneven_days
from src.codebook import vocabulary
from src.codebook.vocabulary import enumerated, sentence

HOURS_TOGETHER = 3  # whose sum is told: of single hours too many are alike


def plot_monthly_counts(
    table: pd.DataFrame,
    ax: Axes | None = None,
    lang: str = "zh",
    year: int | None = None,
    last: int = 12,
    name: str = "",
    festivals: list[int] | None = None,
    gaps: list[int] | None = None,
) -> Axes:
    """Draw months of one year beside the year before and 2019 (`monthly_counts`), with the band of normal variation.

    `last`: the last complete month of the year; later ones are hatched and not compared, nor are `gaps`: months
    that a street did not deliver in that year or the one before. `festivals`: the months that hold a Spring Festival.
    """
    if table["month"].duplicated().any():
        raise ValueError(vocabulary.both("series_several", name="table"))
    year = year or int(table["month"].dt.year.max())
    by_year = {y: rows.set_index(rows["month"].dt.month) for y, rows in table.groupby(table["month"].dt.year)}
    ax = style.axes(ax, size=(style.WIDTH, 2.7), right=0.65)
    for month in festivals or []:
        ax.axvspan(month - 0.5, month + 0.5, color=style.GRID, linewidth=0, zorder=0)
    looks = {2019: (style.LIGHT, (0, (3, 2))), year - 1: (style.MUTED, "solid")}
    others = [other for other in looks if other in by_year and other != year]
    labels = []
    for other in others:
        rows, (colour, dashes) = by_year[other], looks[other]
        ax.plot(rows.index, rows["estimate"], color=colour, linewidth=1.3, linestyle=dashes)
        labels.append((rows["estimate"].iloc[-1], rows.index[-1], str(other), style.MUTED))
    now = by_year[year]
    whole = now[now.index <= last]
    ax.fill_between(whole.index, whole["lower"], whole["upper"], color=style.ACCENT, alpha=0.15, linewidth=0)
    ax.plot(whole.index, whole["estimate"], color=style.ACCENT, marker="o", markersize=3.5)
    hatched = now.index[(now.index > last) | now.index.isin(gaps or [])]
    look = {"fill": False, "hatch": "////", "edgecolor": style.LIGHT, "linewidth": 0}
    ax.bar(hatched, now.loc[hatched, "estimate"], width=0.7, **look)
    if len(whole):
        labels.append((whole["estimate"].iloc[-1], whole.index[-1], str(year), style.ACCENT))
    scales.count_axis(ax.yaxis, lang, "per_month", unit=headline_unit(lang))
    _label_ends(ax, labels)
    ax.set_xlim(0.5, 12.5)
    ax.set_xticks(range(1, 13), [short_month(pd.Timestamp(2000, m, 1), lang) for m in range(1, 13)])
    words, said = _months_words(by_year, year, whole.drop(gaps or [], errors="ignore"), name, lang)
    grey = enumerated([sentence("the_year", lang, year=other) for other in others], lang)
    words["beside"] = sentence("months_beside", lang, listed=grey) if others else ""
    drawn = {"months_hatched": len(hatched), "months_festival": len(festivals or [])}
    also = [key for key, there in drawn.items() if there]
    title = {"title": "sentence_alone"} if said == "sentence_alone" else {}
    return style.tell(ax, "months", lang, words, **title, said=said, also=also, method="monthly_counts")


def _label_ends(ax: Axes, labels: list[tuple]) -> None:
    """Write each line's name at its end, moved apart where the ends lie close."""
    low, high = ax.get_ylim()
    gap, previous = (high - low) * 0.075, -np.inf
    for value, month, text, colour in sorted(labels):
        place = max(value, previous + gap)
        ax.annotate(
            text, (month, value), (12.65, place), textcoords="data", va="center", color=colour, fontsize=style.SMALL,
            annotation_clip=False,
        )  # fmt: skip
        previous = place


def _months_words(by_year: dict, year: int, whole: pd.DataFrame, name: str, lang: str) -> tuple[dict, str]:
    """Return what is told of the months beside those of the year before, and by which sentence."""
    before, words = by_year.get(year - 1), {"year": year, "name": name}
    if before is None or whole.empty:
        return words, "sentence_alone"
    both = whole.join(before["estimate"].rename("before"), how="inner")
    change = both["estimate"] - both["before"]
    counts = {"lower": change.lt(0), "higher": change.gt(0), "equal": change.eq(0)}
    words["counted"] = told_counts({key: int(months.sum()) for key, months in counts.items()}, "months", lang)
    most = change.idxmin() if len(change) else 1
    least = vocabulary.threshold("min_count_for_percent")
    if change.empty or change.min() >= 0 or both.loc[most, "before"] < least:
        return words, "sentence_no_fall"
    words["most"] = month_of_year(most, lang)
    words["went"] = went(both.loc[most, "before"], both.loc[most, "estimate"], headline_unit(lang), lang)
    return words, "sentence"


def plot_petitions(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw petitions by channel, first and repeated (`petitions_by_channel`), in grey those that do not say."""
    names = area_names(table, "channel", lang)
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
    words, which = _petition_words(table, lang)
    also = ["petitions_unstated"] if table["channel"].isna().any() or parts["repeat_not_stated"].any() else []
    more = {"percent": ("estimate",), "method": "petitions_by_channel"}
    return style.tell(ax, "petitions", lang, words, title=f"title{which}", also=also, **more)


def _petition_words(table: pd.DataFrame, lang: str) -> tuple[dict[str, object], str]:
    """Return what is told of petitions, each of those that state it and nothing that none states; and which title."""
    n, said = int(table["n"].sum()), int((table["first"] + table["x"]).sum())
    few = "_few" if n < vocabulary.threshold("min_count_for_percent") else ""
    placed, repeats = table[table["channel"].notna()], int(table["x"].sum())
    words = {"n": n, "largest": "", "repeated": "", "involved": ""}
    if len(placed):
        m, top = int(placed["n"].sum()), placed.loc[[placed["n"].idxmax()]]
        words |= {"first": area_names(top, "channel", lang)[0], "x": int(top["n"].iloc[0])}
        words |= {"share": words["x"] / max(m, 1)}
        of = sentence("petitions_of_channel", lang, n=m) if m < n else ""
        words["largest"] = sentence("petitions_largest", lang, of=of, **words)
    if said:
        words |= {"repeats": repeats, "repeat": repeats / said}
        of = sentence("petitions_of_repeat", lang, n=said) if said < n else ""
        words["repeated"] = sentence(f"petitions_repeated{few}", lang, of=of, **words)
    if table["people_count"].notna().any():
        words["involved"] = sentence("petitions_involved", lang, people=int(table["people_count"].sum()))
    words["few"] = sentence("petitions_few", lang) if few and (words["largest"] or words["repeated"]) else ""
    stated = "" if len(placed) and said else "_channel" if len(placed) else "_repeat" if said else "_alone"
    return words, ("_few" if len(placed) else "_alone") if few else stated


def plot_weekday_hours(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw weekday by hour (`weekday_hours`): darker is more an hour."""
    days = sentence("weekday_names", lang).split("|")
    grid = table.pivot_table(index="weekday", columns="hour", values="estimate")
    ax = style.axes(ax, size=(style.WIDTH, 2.1), labels=days, right=0.1)
    ax.pcolormesh(np.arange(25), np.arange(8), grid, cmap="Blues", vmin=0, edgecolors="white", linewidth=0.4)
    ax.invert_yaxis()
    ax.set_yticks(np.arange(7) + 0.5, days)
    ax.set_xticks(np.arange(0, 24, 3), [f"{h}时" if lang == "zh" else f"{h}:00" for h in range(0, 24, 3)], ha="left")
    for spine in ax.spines.values():
        spine.set_visible(False)
    words, which = _busy(table, days, lang)
    words["told"] = sentence(f"hours_title{which}", lang, **words)
    method = {"method": "weekday_hours"}
    return style.tell(ax, "hours", lang, words, title=f"title{which}", said=f"sentence{which}", **method)


def _busy(table: pd.DataFrame, days: list[str], lang: str) -> tuple[dict[str, object], str]:
    """Return which hours and which weekday have most, each only where they differ by more than chance gives."""
    hours, week = busiest(table, "hour", HOURS_TOGETHER), busiest(table, "weekday")
    alpha = 1 - vocabulary.threshold("confidence")
    above = {"day": days[week["start"]], "pct": 100 * (week["share"] / week["even"] - 1)}
    words = {"n": int(table["x"].sum()), "share": hours["share"], "even": hours["even"]}
    words["hours"] = _from_hour(hours["start"], lang)
    few = hours["low_x"] < vocabulary.threshold("min_count_for_percent")  # a share of them is not told
    least = {"hours": _from_hour(hours["low_start"], lang), "share": hours["low_share"]}
    words["least"] = "" if few else sentence("hours_least", lang, **least)
    differ = uneven_days(table) < vocabulary.threshold("uneven_days_pct") / 100
    words["week"] = sentence("hours_day" if differ else "hours_days_alike", lang, **above)
    return words, "" if hours["p"] < alpha else "_even"


def _from_hour(first: int, lang: str) -> str:
    """Return from which hour to which several together last: 21时至24时, 22时至次日1时."""
    over, last = divmod(first + HOURS_TOGETHER - 1, 24)
    return sentence("hours_over_midnight" if over else "hours_from", lang, first=first, last=last + 1)
