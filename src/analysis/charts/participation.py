"""Charts of notebook 02: shares of projects, their overlap, starts over the year, projects by community."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.words import (
    area_names,
    grouped_by,
    month_name,
    named,
    place_of,
    told_names,
    with_counts,
    with_places,
)
from src.analysis.stats.intervals import wilson_interval
from src.analysis.stats.proportions import differences_of
from src.codebook.vocabulary import PLACES, enumerated, sentence, threshold


def plot_participation_rate(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", kind: str = "residents"
) -> Axes:
    """Draw shares with their Wilson intervals (`participation_rate`); the line is all together.

    Fields are sorted by their share, places stand in the register's order. A group is called clearly different, and
    coloured, where its difference from the rest survives many comparisons (`share_differences`), not where its
    interval leaves out the line.
    """
    by = grouped_by(table)
    table = with_places(table.assign(apart=differences_of(table)["flag"]), lang)
    usable = table["n"].ge(threshold("min_projects_for_share"))
    shown = table[usable].iloc[::-1]
    shown = shown if by in PLACES else shown.sort_values("estimate", kind="stable")
    names, few = (area_names(rows, by, lang) for rows in (shown, table[~usable]))
    ax, _ = style.rows(with_counts(names, shown, lang), ax)
    names, few = (told_names(listed, by, lang) for listed in (names, few))
    x, n = int(table["x"].sum()), int(table["n"].sum())
    whole = wilson_interval(x, n)
    high, low = shown["apart"].eq("above"), shown["apart"].eq("below")
    alone = (shown["lower"].gt(whole.estimate) | shown["upper"].lt(whole.estimate)) & ~high & ~low
    style.intervals(ax, shown, style.bands(high, low))
    style.overall(ax, whole.estimate)
    scales.share_axis(ax.xaxis)
    above, below, by_itself = (list(np.array(names)[flags][::-1]) for flags in (high, low, alone))
    ordered = shown.assign(name=names).sort_values("estimate", kind="stable")["name"]
    words = {
        "x": x, "n": n, "overall": whole.estimate, "lower": whole.lower, "upper": whole.upper,
        "kind": sentence(f"kind_{kind}", lang), "by": sentence(f"by_{by}", lang),
        "above": enumerated(above, lang), "below": enumerated(below, lang), "compared": len(shown),
        "highest": ordered.iloc[-1], "lowest": ordered.iloc[0],
    }  # fmt: skip
    words["verdict"] = _verdict(above + below, by_itself, few, words, lang)
    alike = "one" if len(shown) == 1 else "alike_some" if few else "alike"
    which = "differs" if above and below else "above" if above else "below" if below else alike
    shares, also = {"percent": ("estimate", "lower", "upper")}, style.coloured(high, low)
    return style.tell(
        ax, "share", lang, words, title=f"title_{which}", also=also, **shares, method="participation_rate"
    )


def _verdict(apart: list[str], by_itself: list[str], few: list[str], words: dict[str, object], lang: str) -> str:
    """Return which groups differ from the rest, which only seem to, and which have too few projects to tell."""
    key = "differs" if apart else "alike" if words["compared"] > 1 else ""
    told = {f"share_verdict_{key}": apart, "share_by_itself": by_itself if key else [], "share_too_few": few}
    said = [
        sentence(name, lang, **words, listed=enumerated(listed, lang))
        for name, listed in told.items()
        if listed or name == "share_verdict_alike"
    ]
    return (" " if lang == "en" else "").join(said)


def plot_participation_overlap(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", registered: int | None = None
) -> Axes:
    """Draw who took part in how many projects (`participation_overlap`): both, one of them, neither.

    `registered`: how many projects are on record; of those that do not state both, the sentence says so.
    """
    count = table.set_index("part")["x"]
    parts = ["both", "residents_only", "organisations_only", "neither"]
    labels = [sentence(f"overlap_{part}", lang) for part in parts]
    ax = style.axes(ax, size=(style.WIDTH, 1.7), labels=labels, right=0.9)
    values = count.reindex(parts, fill_value=0)
    places = np.arange(len(parts))[::-1]
    ax.barh(places, values, color=[style.ACCENT, style.ACCENT, style.ACCENT, style.LIGHT], height=0.62)
    ax.set_yticks(places, labels)
    scales.count_axis(ax.xaxis, lang, "projects")
    total = int(values.sum())
    few = total < threshold("min_projects_for_share")
    for place, value in zip(places, values, strict=True):
        share = "" if few else sentence("listed_aside", lang, listed=f"{value / total:.0%}")
        style.beside(ax, f"{value:,}{share}", (value, place))
    words = {part: int(values[part]) for part in parts} | {"n": total}
    words["residents"] = words["both"] + words["residents_only"]
    words["organisations"] = words["both"] + words["organisations_only"]
    words["any"] = total - words["neither"]
    words["any_share"] = words["any"] / max(total, 1)
    told, title = sentence("overlap_sentence_few" if few else "overlap_sentence", lang, **words), "title"
    if registered is not None and registered > total:
        told, title = sentence("overlap_sentence_some", lang, told=told, n=total, registered=registered), "title_some"
    more = {"percent": ("estimate",), "method": "participation_overlap"}
    return style.tell(ax, "overlap", lang, words, title=title, sentence=told, **more)


def plot_project_starts(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", period: str = "") -> Axes:
    """Draw how many projects started in each month (`project_starts`)."""
    ax = style.axes(ax, size=(style.WIDTH, 2.0), bottom=0.4)
    places, n = np.arange(len(table)), int(table["x"].sum())
    peak = int(table["x"].to_numpy().argmax())
    most = table["x"].eq(table["x"].max())
    few = n < threshold("min_projects_for_share")
    ax.bar(
        places, table["x"], color=np.where(most & (most.sum() == 1) & (not few), style.ACCENT, style.LIGHT), width=0.72
    )
    names = area_names(table, "month", lang)
    step = 1 if len(table) <= 14 else 6
    ax.set_xticks(places[::step], [f"{m.year}-{m.month:02d}" for m in table["month"]][::step] if step > 1 else names)
    scales.count_axis(ax.yaxis, lang, "projects")
    top = int(table["x"].nlargest(3).sum())
    words = {
        "n": n, "months": int(table["x"].gt(0).sum()), "period": period, "top": top, "top_share": top / max(n, 1),
        "peak": month_name(table["month"].iloc[peak], lang) if len(table) > 12 else names[peak],
        "peak_count": int(table["x"].iloc[peak]),
    }  # fmt: skip
    tied = "_few" if few else "_tied" if most.sum() > 1 else ""
    short = "_few" if few else "_short" if len(table) <= 3 else ""
    return style.tell(
        ax, "starts", lang, words, title=f"title{tied}", alt=f"alt{tied}", said=f"sentence{short}",
        method="project_starts",
    )  # fmt: skip


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
            sizes = np.where(marked[same.index] & bool(here), 30, 13)
            ax.scatter([value] * len(same), line + lift, s=sizes, c=colours, linewidths=0, clip_on=False)
    ax.set_yticks(range(len(streets)), streets)
    ax.set_ylim(len(streets) - 0.4, -0.6)
    scales.count_axis(ax.xaxis, lang, "projects")
    ax.set_xlim(-0.3, None)
    most, there = table[table["x"].eq(table["x"].max())], int(table["x"].gt(0).sum())
    words = {
        "n": int(table["x"].sum()), "communities": len(table), "with_projects": there,
        "least": int(table["x"].min()), "most": int(table["x"].max()),
        "first": named([place_of(place, lang) for _, place in most.iterrows()], lang),
        "each": sentence("communities_each", lang) if len(most) > 1 else "",
    }  # fmt: skip
    words["having"] = sentence(f"communities_{'all' if there == len(table) else 'some'}", lang, **words)
    if here:
        own = table[marked].iloc[0]
        words |= {"place": own["community"], "street": own["street"], "x": own["x"], "median": table["x"].median()}
        words |= {"more": int(table["x"].gt(own["x"]).sum()), "fewer": int(table["x"].lt(own["x"]).sum())}
    which = "" if not here else "here_" if len(table) > 1 else "only_"
    return style.tell(
        ax, "communities", lang, words, title=f"{which}title", said=f"{which}sentence", method="projects_by_community"
    )
