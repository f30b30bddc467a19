"""Charts of notebook 02: shares of projects, their overlap, starts over the year, projects by community."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import style
from src.analysis.charts.show import say, show
from src.analysis.charts.show import table as show_table
from src.analysis.charts.words import month_name, place_of, with_places
from src.analysis.vocabulary import current, enumerated, label, sentence, threshold

UNDRAWABLE = (
    "too_few",
    "too_short",
    "no_base",
    "no_population",
    "no_projects",
)  # flags of rows without a number to draw
ROWS_ALONE = 40  # a longer table says nothing where its chart says nothing


def present(plot: Callable[..., Axes], table: pd.DataFrame, lang: str, **options: object) -> None:
    """Show a chart with its table; where there is nothing, or too little, to draw, say why and show the table alone."""
    if drawable(table):
        show(plot(table, lang=lang, **options), table)
        return
    flag = _common_flag(table)
    if not flag and (table.empty or not _counted(table)):
        say(sentence("not_drawn_none", lang))
        return
    say(sentence(f"not_drawn_{flag or 'too_few'}", lang))
    if len(table) <= ROWS_ALONE:
        shares = (
            ("estimate", "lower", "upper", "share") if "x" in table and "n" in table and "kind_of" not in table else ()
        )
        name = plot.__name__.removeprefix("plot_")
        show_table(table, sentence("table_alone", lang), lang, percent=shares, name=name)


def drawable(table: pd.DataFrame) -> bool:
    """Return whether a tidy table has anything that a chart may show: something counted, not all of it flagged out."""
    return not table.empty and not _common_flag(table) and _counted(table)


def _counted(table: pd.DataFrame) -> bool:
    """Return whether a tidy table counts anything at all."""
    counted = next((name for name in ("current", "x", "n", "estimate") if name in table), None)
    return counted is None or bool(
        sum(table[name].fillna(0).sum() for name in (counted, "reference", "n") if name in table)
    )


def _common_flag(table: pd.DataFrame) -> str:
    """Return why no row can be drawn, where one reason holds for all of them."""
    if "reference" in table and table["estimate"].isna().all():
        return "no_base"  # nothing to compare with: the data begin later
    flags = table["flag"].unique() if "flag" in table else []
    return flags[0] if len(flags) == 1 and flags[0] in UNDRAWABLE else ""


def area_names(table: pd.DataFrame, by: str, lang: str) -> list[str]:
    """Return what the rows of a tidy table are called: labels of codes, names of places, months."""
    if pd.api.types.is_datetime64_any_dtype(table[by]):
        return [f"{month.month}月" if lang == "zh" else f"{month:%b}" for month in table[by]]
    known = by in current().codes or by in ("kind", "roll_up")
    return [label(by, value, lang) if known else value for value in table[by].fillna(sentence("not_stated", lang))]


def plot_participation_rate(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", by: str = "field", kind: str = "residents"
) -> Axes:
    """Draw shares with their Wilson intervals (`participation_rate`), sorted by size; the line is all together."""
    table = with_places(table, lang)
    usable = table["n"].ge(threshold("min_projects_for_share"))
    shown = table[usable].sort_values("estimate", kind="stable")
    names = area_names(shown, by, lang)
    counts = [
        f"（{x:,}/{n:,}）" if lang == "zh" else f" ({x:,}/{n:,})" for x, n in zip(shown["x"], shown["n"], strict=True)
    ]
    labels = [name + count for name, count in zip(names, counts, strict=True)]
    ax = style.axes(ax, size=(style.WIDTH, 0.27 * len(shown) + 0.55), labels=labels, right=0.3)
    whole = _all_together(table)
    places = np.arange(len(shown))
    apart = (shown["lower"] > whole["overall"]) | (shown["upper"] < whole["overall"])
    colours = np.where(apart, style.CONTRAST, style.ACCENT)
    ax.hlines(places, shown["lower"], shown["upper"], color=colours, linewidth=1.6)
    ax.scatter(shown["estimate"], places, color=colours, s=26, zorder=3)
    ax.axvline(whole["overall"], color=style.MUTED, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    ax.set_yticks(places, labels)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    style.share_axis(ax.xaxis)
    few = area_names(table[~usable], by, lang)
    return style.annotate(
        ax,
        **_share_words(shown, names, whole, few, by, kind, lang),
        percent=("estimate", "lower", "upper"),
        method="participation_rate",
        lang=lang,
    )


def _all_together(table: pd.DataFrame) -> dict[str, float]:
    from src.analysis.stats.proportions import wilson_interval

    x, n = int(table["x"].sum()), int(table["n"].sum())
    whole = wilson_interval(x, n)
    return {"x": x, "n": n, "overall": whole.estimate, "lower": whole.lower, "upper": whole.upper}


def _share_words(
    shown: pd.DataFrame, names: list[str], whole: dict, few: list[str], by: str, kind: str, lang: str
) -> dict[str, str]:
    above = [name for name, low in zip(names, shown["lower"], strict=True) if low > whole["overall"]]
    below = [name for name, high in zip(names, shown["upper"], strict=True) if high < whole["overall"]]
    words = {**whole, "kind": sentence(f"kind_{kind}", lang), "by": sentence(f"by_{by}", lang)}
    words |= {"above": enumerated(above[::-1], lang), "below": enumerated(below, lang)}
    which = "differs" if above and below else "above" if above else "below" if below else "alike"
    verdict = sentence(
        "share_verdict_differs" if above or below else "share_verdict_alike",
        lang,
        **words,
        listed=enumerated(above[::-1] + below, lang),
    )
    if few:
        verdict = f"{verdict} {sentence('share_too_few', lang, listed=enumerated(few, lang))}".strip()
    ends = {"highest": names[-1] if names else "—", "lowest": names[0] if names else "—"}
    return {
        "title": sentence(f"share_title_{which}", lang, **words),
        "alt": sentence("share_alt", lang, **words, **ends),
        "caption": sentence("share_caption", lang),
        "sentence": sentence("share_sentence", lang, **words, verdict=verdict),
    }


def plot_participation_overlap(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw who took part in how many projects (`participation_overlap`): both, one of them, neither."""
    count = table.set_index("part")["x"]
    parts = ["both", "residents_only", "organisations_only", "neither"]
    labels = [sentence(f"overlap_{part}", lang) for part in parts]
    ax = style.axes(ax, size=(style.WIDTH, 1.7), labels=labels, right=0.9)
    values = count.reindex(parts, fill_value=0)
    places = np.arange(len(parts))[::-1]
    ax.barh(places, values, color=[style.ACCENT, style.ACCENT, style.ACCENT, style.LIGHT], height=0.62)
    ax.set_yticks(places, labels)
    style.count_axis(ax.xaxis, lang)
    total = int(values.sum())
    for place, value in zip(places, values, strict=True):
        ax.annotate(
            f"{value:,}（{value / max(total, 1):.0%}）" if lang == "zh" else f"{value:,} ({value / max(total, 1):.0%})",
            (value, place),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL,
        )
    words = {part: int(values[part]) for part in parts} | {"n": total}
    words["residents"] = words["both"] + words["residents_only"]
    words["organisations"] = words["both"] + words["organisations_only"]
    words["any"] = total - words["neither"]
    words["any_share"] = words["any"] / max(total, 1)
    return style.annotate(
        ax,
        title=sentence("overlap_title", lang, **words),
        alt=sentence("overlap_alt", lang, **words),
        caption=sentence("overlap_caption", lang),
        sentence=sentence("overlap_sentence", lang, **words),
        percent=("estimate",),
        method="participation_overlap",
        lang=lang,
    )


def plot_project_starts(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", period: str = "") -> Axes:
    """Draw how many projects started in each month (`project_starts`)."""
    ax = style.axes(ax, size=(style.WIDTH, 2.0), bottom=0.4)
    places, n = np.arange(len(table)), int(table["x"].sum())
    peak = int(table["x"].to_numpy().argmax())
    most = table["x"].eq(table["x"].max())
    ax.bar(places, table["x"], color=np.where(most & (most.sum() == 1), style.ACCENT, style.LIGHT), width=0.72)
    names = area_names(table, "month", lang)
    step = 1 if len(table) <= 14 else 6
    ax.set_xticks(places[::step], [f"{m.year}-{m.month:02d}" for m in table["month"]][::step] if step > 1 else names)
    style.count_axis(ax.yaxis, lang)
    top = int(table["x"].nlargest(3).sum())
    words = {
        "n": n,
        "months": int(table["x"].gt(0).sum()),
        "peak": month_name(table["month"].iloc[peak], lang) if len(table) > 12 else names[peak],
        "peak_count": int(table["x"].iloc[peak]),
        "top": top,
        "period": period,
    }
    words["top_share"] = top / max(n, 1)
    tied = "_tied" if most.sum() > 1 else ""
    few = "_few" if n < threshold("min_projects_for_share") else "_short" if len(table) <= 3 else ""
    return style.annotate(
        ax,
        title=sentence(f"starts_title{tied}", lang, **words),
        alt=sentence(f"starts_alt{tied}", lang, **words),
        caption=sentence("starts_caption", lang),
        sentence=sentence(f"starts_sentence{few}", lang, **words),
        method="project_starts",
        lang=lang,
    )


def plot_projects_by_community(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", here: str | None = None
) -> Axes:
    """Draw the projects of each community within its street (`projects_by_community`): one dot is one community.

    `here`: the community that the page is about, among the others of its street.
    """
    here = here if table["community"].eq(here).any() else None  # it stood in another time
    marked = table["community"].eq(here) if here else pd.Series(True, index=table.index)
    table = with_places(table, lang)
    streets = list(table["street"].unique())
    ax = style.axes(ax, size=(style.WIDTH, 0.36 * len(streets) + 0.5), labels=streets)
    for line, street in enumerate(streets):
        counts = table.loc[table["street"].eq(street), "x"]
        for value, same in counts.groupby(counts):
            lift = (np.arange(len(same)) - (len(same) - 1) / 2) * min(0.13, 0.8 / len(same))
            colours = np.where(marked[same.index], style.ACCENT, style.LIGHT)
            ax.scatter(
                [value] * len(same),
                line + lift,
                s=np.where(marked[same.index] & bool(here), 30, 13),
                c=colours,
                linewidths=0,
            )
    ax.set_yticks(range(len(streets)), streets)
    ax.set_ylim(len(streets) - 0.4, -0.6)
    style.count_axis(ax.xaxis, lang)
    ax.set_xlim(-0.3, None)
    first = table.loc[table["x"].idxmax()]
    words = {
        "n": int(table["x"].sum()), "communities": len(table), "with_projects": int(table["x"].gt(0).sum()),
        "least": int(table["x"].min()), "most": int(table["x"].max()),
        "first": place_of(first, lang),
    }  # fmt: skip
    if here:
        own = table[marked].iloc[0]
        words |= {"place": own["community"], "street": own["street"], "x": own["x"], "median": table["x"].median()}
        words |= {"more": int(table["x"].gt(own["x"]).sum()), "fewer": int(table["x"].lt(own["x"]).sum())}
    said = "communities" if not here else "communities_here" if len(table) > 1 else "communities_only"
    return style.annotate(
        ax,
        title=sentence(f"{said}_title", lang, **words),
        alt=sentence("communities_alt", lang, **words),
        caption=sentence("communities_caption", lang),
        sentence=sentence(f"{said}_sentence", lang, **words),
        method="projects_by_community",
        lang=lang,
    )
