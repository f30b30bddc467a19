"""Charts of projects: who took part, where they are against demand, and what went with them (02, 04, 05)."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import labels, style
from src.codebook.vocabulary import PLACES, current, label, sentence, threshold

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = ("both", "residents_only", "organisations_only", "neither")
SHADES = ((style.ACCENT, "#ffffff"), (style.TINT, style.INK), (style.PALE, style.INK), (style.GRID, style.INK))
OUTSIDE = ("under", "over")  # of what chance allows
MOST = 12  # communities that a chart has a row for
CHECKS = ("with_leads", "sign_flips_trend", "drop_one_street", "lead_bin", "placebo_outcome", "placebo_dates", "naive")
WHOLE = 2  # the first month after the start that a project ran in full


@style.chart
def plot_participation_rate(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", differences: pd.DataFrame | None = None
) -> "Axes":
    """Draw shares with their Wilson intervals (`participation_rate`); the line is all together.

    Fields are sorted by their share, places stand in the register's order. `differences`: `share_differences` of the
    same groups; those whose difference from the rest survives many comparisons are coloured.
    """
    by = labels.grouped_by(table)
    flags = table["flag"] if differences is None else differences["flag"].set_axis(table.index)
    shown = labels.with_place_names(table.assign(flag=flags), lang)
    shown = shown[shown["n"].ge(threshold("min_projects_for_share"))].iloc[::-1]
    shown = shown if by in PLACES else shown.sort_values("estimate", kind="stable")
    ax, _ = style.rows(labels.with_counts(labels.row_names(shown, by, lang), shown, lang), ax)
    style.intervals(ax, shown, style.bands(shown))
    style.overall(ax, table["x"].sum() / table["n"].sum())
    labels.share_axis(ax.xaxis)
    return ax


@style.chart
def plot_participation_overlap(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw who took part in the projects of each group (`participation_overlap`): both, one of them, neither.

    A bar is all projects of a group that state both, its parts are counts. Fields are sorted by the share in which
    residents took part, places stand in the register's order; groups under the threshold of projects are left out.
    """
    by = labels.grouped_by(table) if {*labels.GROUPS} & {*table} else ""
    table = labels.with_place_names(table[table["flag"].eq("")] if by else table, lang)
    names = labels.row_names(table, by, lang) if by else pd.Series(sentence("overlap_all", lang), table.index)
    counts = table.assign(name=names).pivot_table("x", "name", "part", "sum", sort=False)[[*PARTS]]
    shares = counts.div(counts.sum(axis=1), axis=0)
    with_residents = shares["both"] + shares["residents_only"]
    order = shares.iloc[::-1] if by in PLACES else shares.loc[with_residents.sort_values(kind="stable").index]
    wide = sum(style.inches([sentence("overlap_part", lang, case=part)]) + 0.33 for part in PARTS)
    columns = 4 if wide < style.WIDTH - style.inches(order.index) - 0.3 else 2
    top = 0.36 if columns == 4 else 0.54
    ax, places = style.rows(list(order.index), ax, room=0.4 + top, top=top, right=0.62)
    room, before = ax.get_window_extent().width / ax.figure.dpi, order.cumsum(axis=1) - order
    for part, (colour, ink) in zip(PARTS, SHADES, strict=True):
        label = sentence("overlap_part", lang, case=part)
        bars = ax.barh(places, order[part], left=before[part], height=0.68, color=colour, label=label)
        texts = counts.loc[order.index, part].map(str)
        fits = order[part] * room > texts.map(lambda text: style.inches([text])) + 0.06
        ax.bar_label(bars, texts.where(fits, ""), label_type="center", fontsize=style.SMALL, color=ink)
    for place, n in zip(places, counts.sum(axis=1)[order.index], strict=True):
        style.beside(ax, sentence("overlap_projects", lang, n=int(n)), (1, place), color=style.MUTED)
    look = {"columnspacing": 1.0, "handlelength": 0.9, "handletextpad": 0.4, "borderaxespad": 0, "borderpad": 0}
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=columns, **look)
    ax.set(xlim=(0, 1))
    labels.share_axis(ax.xaxis)
    return ax


@style.chart
def plot_project_starts(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw how many projects started in each month (`project_starts`); the one with most is blue."""
    import seaborn as sns

    ax = style.axes(ax, size=(style.WIDTH, 2.0))
    most = table["x"].eq(table["x"].max())
    stands_out = most & (most.sum() == 1) & (table["x"].sum() >= threshold("min_projects_for_share"))
    places, step = np.arange(len(table)), 1 if len(table) <= 14 else 6
    palette = dict(zip(places, np.where(stands_out, style.ACCENT, style.LIGHT), strict=True))
    look = {"hue": places, "palette": palette, "saturation": 1, "legend": False, "width": 0.72, "errorbar": None}
    sns.barplot(x=places, y=table["x"].to_numpy(), order=places, ax=ax, **look)
    names = labels.row_names(table, "month", lang) if step == 1 else [f"{month:%Y-%m}" for month in table["month"]]
    ax.set_xticks(places[::step], names[::step])
    labels.count_axis(ax.yaxis, lang, "projects")
    return ax


@style.chart
def plot_projects_by_community(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", here: str | None = None
) -> "Axes":
    """Draw the projects of each community within its street (`projects_by_community`): one dot is one community.

    `here`: the community that the page is about, among the others of its street.
    """
    import seaborn as sns

    own = table["community"].eq(here)  # none where it stood in another time
    table = labels.with_place_names(table, lang)
    streets = list(table["street"].unique())
    ax = style.axes(ax, size=(style.WIDTH, 0.36 * len(streets) + 0.5), labels=streets)
    shown = table.assign(x=table["x"].astype(float))
    colour = style.LIGHT if own.any() else style.ACCENT
    size = min(3.6, 20 / shown.groupby(["street", "x"]).size().max())  # points: so many stand in a row of dots
    sns.swarmplot(shown[~own], x="x", y="street", order=streets, color=colour, size=size, warn_thresh=1, ax=ax)
    places = [streets.index(street) for street in shown["street"][own]]
    ax.scatter(shown["x"][own], places, s=30, color=style.ACCENT, linewidths=0, zorder=4, clip_on=False)
    for dots in ax.collections:
        dots.set_clip_on(False)
    ax.set_ylim(len(streets) - 0.4, -0.6)
    labels.count_axis(ax.xaxis, lang, "projects")
    ax.set(ylabel="", xlim=(-0.3, None))
    return ax


@style.chart
def plot_coverage_gap(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", order: list[str] | None = None
) -> "Axes":
    """Draw demand against projects (`coverage_gap`): areas down, fields across, projects / expected in each cell.

    `order`: the areas from top to bottom; by default those that lack most projects first.
    """
    import seaborn as sns

    by, table = with_area_names(table, lang)
    short = table.groupby(by, sort=False)["estimate"].sum().sort_values(ascending=False, kind="stable")
    rows = [name for name in (label(by, place, lang) for place in order or short.index) if name in short.index]
    fields = [code for code in current().entries("field") if code in set(table["field"])]
    wide = (style.WIDTH - style.inches(rows) - 0.2) * 72 / style.SMALL / len(fields)  # of a column, in font sizes
    heads = [style.wrap(label("field", code, lang), min(wide - 0.5, 6.2)) for code in fields]
    top = 0.12 + 0.16 * max(head.count("\n") + 1 for head in heads)
    size = (style.WIDTH, 0.25 * len(rows) + 0.08 + top)
    ax = style.axes(ax, size=size, labels=rows, right=0.05, bottom=0.08, top=top)
    outside = table["flag"].isin(OUTSIDE)
    cells = table.assign(
        # How many projects more than expected, in standard deviations of a Poisson count; within chance half as dark.
        strength=-np.where(outside, 1, 0.5) * table["estimate"] / np.sqrt(table["expected"].clip(lower=1)),
        text=[f"{x}/{expected:.1f}" for x, expected in zip(table["x"], table["expected"], strict=True)],
        weight=np.where(outside, "bold", "normal"),
        colour=np.where(table["flag"].eq("too_few"), style.MUTED, style.INK),
    ).set_index([by, "field"])
    parts = {name: cells[name].unstack().reindex(rows)[fields] for name in ("strength", "text", "weight", "colour")}
    colours = sns.blend_palette(style.LESS_TO_MORE, as_cmap=True)
    look = {"annot": parts["text"], "fmt": "", "annot_kws": {"fontsize": style.SMALL}, "linewidths": 1.2}
    style.grid(ax, parts["strength"], rows, cmap=colours, vmin=-2, vmax=2, **look)
    looks = zip(parts["weight"].to_numpy().flat, parts["colour"].to_numpy().flat, strict=True)
    for text, (weight, colour) in zip(ax.texts, looks, strict=True):
        text.set(fontweight=weight, color=colour)
    ax.set_xticks(np.arange(len(fields)) + 0.5, heads)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    return ax


def with_area_names(table: pd.DataFrame, lang: str) -> tuple[str, pd.DataFrame]:
    """Return by which level of place a table is, and it with names of the places that are told apart by them."""
    table = labels.with_place_names(table, lang)
    if "community" not in table:
        return "street", table
    twice = table.groupby("community")["street"].transform("nunique").gt(1)  # 凤凰 is a community of two streets
    names = [labels.place_name(row, lang) for row in table.to_dict("records")]
    return "community", table.assign(community=table["community"].mask(twice, names))


@style.chart
def plot_coverage_totals(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw projects beside those that demand would have (`coverage_totals`): of communities that are short of most.

    Dots are the projects there are, ticks those expected, bands what chance gives one community looked at alone.
    """
    ordered = table.sort_values("estimate", ascending=False, kind="stable")
    first = (np.arange(len(ordered)) < MOST) & ordered["estimate"].gt(0)
    shown = (ordered[first | ordered["flag"].isin(OUTSIDE)] if first.any() else ordered.head(MOST)).iloc[::-1]
    ax, places = style.rows([labels.place_name(row, lang) for row in shown.to_dict("records")], ax, right=0.75)
    colours = style.bands(shown, "over", "under")
    ax.barh(places, shown["upper"] - shown["lower"], left=shown["lower"], height=0.66, color=style.GRID)
    ax.hlines(places, shown["x"], shown["expected"], color=colours, linewidth=1.3)
    ax.scatter(shown["expected"], places, marker="|", s=130, color=style.INK, linewidths=1.6, zorder=3)
    ax.scatter(shown["x"], places, color=colours, s=30, zorder=4, clip_on=False)
    labels.count_axis(ax.xaxis, lang, "projects")
    for place, short, colour in zip(places, shown["estimate"], colours, strict=True):
        text = sentence("projects_short" if short > 0 else "projects_more", lang, n=abs(short))
        style.beside(ax, text, (ax.get_xlim()[1], place), color=colour, annotation_clip=False)
    return ax


@style.chart
def plot_similar_communities(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the communities most alike (`similar_communities`): the shorter the line, the more alike."""
    names = [labels.place_name(row, lang) for row in table.to_dict("records")][::-1]
    ax, places = style.rows(names, ax, each=0.29, room=0.5)
    distances = table["distance"].iloc[::-1]
    ax.hlines(places, 0, distances, color=style.LIGHT, linewidth=1.4)
    ax.scatter(distances, places, color=style.ACCENT, s=30, zorder=3, clip_on=False)
    ax.set_xlim(0, None)
    ax.grid(True, axis="x")
    labels.unit(ax.xaxis, sentence("axis.distance", lang))
    return ax


@style.chart
def plot_typical_cases(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw how incidents moved where projects run (`typical_cases`): shrunken with limits, as reported, and overall."""
    shown = labels.with_place_names(table[is_drawn(table)], lang).iloc[::-1]
    names = [f"{row.community}·{label('field', row.field, lang)}" for row in shown.itertuples()]
    ax, places = style.rows(names, ax, right=0.45)
    apart = [shown["lower"] > shown["overall"], shown["upper"] < shown["overall"]]
    style.intervals(ax, shown, style.bands(shown.assign(flag=np.select(apart, ["above", "below"], ""))))
    style.rings(ax, shown["raw"], places, zorder=2)
    ax.scatter(shown["overall"], places, marker="|", s=90, color=style.INK, linewidths=1.2, zorder=4)
    labels.change_axis(ax.xaxis, lang)
    return ax


def is_drawn(table: pd.DataFrame) -> pd.Series:
    """Return which typical cases have incidents enough to be drawn."""
    return table["flag"].ne("too_few") & table["estimate"].notna()


@style.chart
def plot_event_study(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the months around the start with their intervals (`event_study`)."""
    ax = style.axes(ax, size=(style.WIDTH, 2.6), bottom=0.55)
    month = table["event_month"]
    colours = np.where(month >= WHOLE, style.ACCENT, np.where(month < 0, style.MUTED, style.LIGHT))
    ax.axvline(-0.5, color=style.MUTED, linewidth=1, linestyle=style.DASHED)
    ax.vlines(month, table["lower_pct"], table["upper_pct"], color=colours, linewidth=1.6)
    ax.scatter(month, table["estimate_pct"], color=colours, s=22, zorder=3)
    ax.set_xticks(month, [f"{m:d}".replace("-", "−") for m in month])
    ax.set_xlabel(sentence("event_axis", lang))
    labels.change_axis(ax.yaxis, lang)
    return ax


@style.chart
def plot_effect_checks(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", effect: pd.DataFrame | None = None
) -> "Axes":
    """Draw the checks of an effect (`effect_checks`), below the main estimate (`effect`, a `programme_effect`)."""
    checks = table.set_index("check")
    shown = checks.loc[[name for name in CHECKS if pd.notna(checks.loc[name, "estimate"])]]
    if effect is not None:
        shown = pd.concat([effect.assign(check="effect", flag="").set_index("check")[list(checks)], shown])
    shown = shown.iloc[::-1]
    names = labels.with_flags([label("check", name, lang) for name in shown.index], shown["flag"], ("fails",), lang)
    ax, _ = style.rows(names, ax, right=0.4)
    colours = {"effect": style.ACCENT, "naive": style.LIGHT}
    style.intervals(ax, _in_percent(shown), [colours.get(name, style.MUTED) for name in shown.index])
    labels.change_axis(ax.xaxis, lang)
    return ax


@style.chart
def plot_permutations(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", found: float = 0.0) -> "Axes":
    """Draw what shuffled starts give (`Study.permutations`, log points) and where the one found lies."""
    import seaborn as sns

    ax = style.axes(ax, size=(style.WIDTH, 1.8), left=0.3, right=0.4)
    here = np.expm1(found)
    sns.histplot(x=np.expm1(table["estimate"].to_numpy(float)), bins=30, color=style.LIGHT, alpha=1, linewidth=0, ax=ax)
    ax.axvline(here, color=style.ACCENT, linewidth=2)
    ax.set_yticks([])  # only the shape and the place of the line matter
    ax.set_ylabel("")
    ax.spines["left"].set_visible(False)
    labels.change_axis(ax.xaxis, lang)
    ax.grid(False, axis="x")
    right = here > sum(ax.get_xlim()) / 2  # written towards the middle
    place = {"xycoords": ("data", "axes fraction"), "color": style.ACCENT}
    change = f"{100 * here:+.1f}%".replace("-", "−")
    style.beside(ax, sentence("chance_here", lang, change=change), (here, 0.93), -6 if right else 6, **place)
    return ax


@style.chart
def plot_effects_by_field(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the fields beside each other (`effects_by_field`), in the order of the vocabulary."""
    shown = table[table["flag"].ne("too_few")].iloc[::-1]
    names = labels.with_counts([label("field", field, lang) for field in shown["field"]], shown, lang)
    ax, places = style.rows(names, ax, each=0.32, room=0.6, right=0.4)
    holds = shown["flag"].eq("earned")
    lines, dots = (np.where(holds, style.ACCENT, other) for other in (style.LIGHT, style.MUTED))
    style.intervals(ax, _in_percent(shown), lines, dots)
    if "planted_pct" in shown:
        hollow = {"facecolors": "none", "edgecolors": style.INK, "linewidths": 1.2, "marker": "D", "s": 34}
        ax.scatter(shown["planted_pct"], places, zorder=4, **hollow)
    labels.change_axis(ax.xaxis, lang)
    return ax


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: table[f"{name}_pct"] for name in ("lower", "estimate", "upper")})
