"""Charts of notebook 05: demand against projects, communities most alike, and how their projects went."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.lettering import wrap
from src.analysis.charts.words import place_of, told_counts, with_places
from src.codebook.vocabulary import current, enumerated, label, sentence, threshold

BEYOND = ("under", "over")
SHARES = ("demand_share", "project_share")


def plot_coverage_gap(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", order: list[str] | None = None
) -> Axes:
    """Draw demand against projects (`coverage_gap`): areas down, fields across, projects / expected in each cell.

    `order`: the areas from top to bottom; by default those that lack most projects first.
    """
    table = with_places(table, lang)
    by = "community" if "community" in table else "street"
    if by == "community":  # 凤凰 is a community of two streets
        twice = table.groupby("community")["street"].transform("nunique").gt(1)
        names = [place_of(row, lang) for row in table.to_dict("records")]
        table = table.assign(community=table["community"].mask(twice, names))
    short = table.groupby(by, sort=False)["estimate"].sum().sort_values(ascending=False, kind="stable")
    rows = [name for name in (label(by, place, lang) for place in order or short.index) if name in short.index]
    fields = [code for code in current().entries("field") if code in set(table["field"])]
    cells = table.set_index([by, "field"])
    heads = [wrap(label("field", code, lang), 6.2) for code in fields]
    size = (style.WIDTH, 0.25 * len(rows) + 0.62)
    ax = style.axes(ax, size=size, labels=rows, right=0.05, bottom=0.08)
    _room_for_heads(ax, 0.12 + 0.16 * max(head.count("\n") + 1 for head in heads))
    strength = np.array([[_strength(cells.loc[(row, field)]) for field in fields] for row in rows])
    ax.pcolormesh(strength, cmap=style.LESS_TO_MORE, vmin=-2, vmax=2, edgecolors="white", linewidth=1.2)
    for y, row in enumerate(rows):
        for x, field in enumerate(fields):
            _cell(ax, x, y, cells.loc[(row, field)])
    ax.invert_yaxis()
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows)
    ax.set_xticks(np.arange(len(fields)) + 0.5, heads)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    words = _gap_words(table, by, lang)
    said = "sentence_beyond" if table["flag"].isin(BEYOND).any() else "sentence_within"
    marked = {"gap_bold": table["flag"].isin(BEYOND), "gap_faint": table["flag"].eq("too_few")}
    also = [key for key, cells in marked.items() if cells.any()]
    return style.tell(ax, "gap", lang, words, said=said, also=also, method="coverage_gap", percent=SHARES)


def _room_for_heads(ax: Axes, top: float) -> None:
    figure = ax.get_figure(root=True)
    if hasattr(figure, "margins_in"):
        figure.margins_in = (*figure.margins_in[:3], top)


def _strength(cell: pd.Series) -> float:
    """Return how many more projects than expected, in standard deviations of a Poisson count; half within chance."""
    beyond = 1.0 if cell["flag"] in BEYOND else 0.5
    return float(-beyond * cell["estimate"] / np.sqrt(max(cell["expected"], 1.0)))


def _cell(ax: Axes, x: int, y: int, cell: pd.Series) -> None:
    faint = cell["flag"] == "too_few"
    text = f"{cell['x']}/{cell['expected']:.1f}"
    colour, weight = style.MUTED if faint else style.INK, "bold" if cell["flag"] in BEYOND else "normal"
    ax.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=style.SMALL, color=colour, fontweight=weight)


def _gap_words(table: pd.DataFrame, by: str, lang: str) -> dict[str, object]:
    most, tested = table.loc[table["estimate"].idxmax()], table[table["flag"].ne("too_few")]
    none = int(tested["x"].eq(0).sum())
    return {
        "by": sentence(f"by_{by}", lang), "place": most[by], "field": label("field", most["field"], lang),
        "x": int(most["x"]),
        "expected": most["expected"], "tested": len(tested), "counted": against_demand(tested["flag"], "cells", lang),
        "empty": sentence("gap_empty", lang, none=none) if none else "",
    }  # fmt: skip


def against_demand(flags: pd.Series, what: str, lang: str) -> str:
    """Return how many cells or places have clearly fewer projects than demand, clearly more, or neither."""
    counts = {flag: int(flags.eq(flag).sum()) for flag in ("under", "over")}
    return told_counts(counts | {"by_chance": len(flags) - sum(counts.values())}, what, lang)


def plot_coverage_totals(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw how many projects each community is short of, within its street (`coverage_totals`): one dot a community."""
    table = with_places(table, lang)
    streets = list(dict.fromkeys(table["street"]))
    ax = style.axes(ax, size=(style.WIDTH, 0.36 * len(streets) + 0.55), labels=streets, right=0.75)
    for line, street in enumerate(streets):
        rows = table[table["street"].eq(street)]
        colours = style.bands(rows["flag"].eq("over"), rows["flag"].eq("under"))
        sizes = np.where(rows["flag"].ne(""), 40, 16)
        ax.scatter(
            rows["estimate"], [line] * len(rows), s=sizes, alpha=0.75, linewidths=0, color=colours, clip_on=False
        )
        most = rows.loc[rows["estimate"].idxmax()]
        style.beside(ax, most["community"].removesuffix("社区"), (most["estimate"], line), 5)
    scales.change_axis(ax, lang, "projects_short")
    ax.set_yticks(range(len(streets)), streets)
    ax.set_ylim(len(streets) - 0.4, -0.6)
    under, least = table["flag"].eq("under"), threshold("least_projects_short")
    most = table.loc[(table["estimate"][under] if under.any() else table["estimate"]).idxmax()]
    words = {
        "place": place_of(most, lang), "estimate": most["estimate"], "expected": most["expected"],
        "x": int(most["x"]), "n": len(table), "counted": against_demand(table["flag"], "communities", lang),
        "least": least, "short": int(table["estimate"].ge(least).sum()),
    }  # fmt: skip
    title = "title_beyond" if under.any() else "title_within"
    also = style.coloured(table["flag"].eq("over"), under, "totals")
    return style.tell(ax, "totals", lang, words, title=title, also=also, method="coverage_gap")


def plot_similar_communities(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", target: str = "") -> Axes:
    """Draw the communities most alike (`similar_communities`): the shorter the line, the more alike."""
    table = with_places(table, lang)
    names = [place_of(row, lang) for _, row in table.iterrows()]
    ax = style.axes(ax, size=(style.WIDTH, 0.29 * len(table) + 0.5), labels=names, right=0.3)
    places = np.arange(len(table))[::-1]
    ax.hlines(places, 0, table["distance"], color=style.LIGHT, linewidth=1.4)
    ax.scatter(table["distance"], places, color=style.ACCENT, s=30, zorder=3, clip_on=False)
    ax.set_yticks(places, names)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlim(0, None)
    ax.grid(True, axis="x")
    scales.unit(ax.xaxis, sentence("axis_distance", lang))
    same = int(table["same_street"].sum())
    left_out = [name for name in str(table["note"].iloc[0]).split(";") if name]
    words = {"target": target, "first": names[0], "k": len(table), "n": len(table)}
    words["in_street"] = sentence("similar_in_street", lang, same=same) if same else ""
    words["listed"] = enumerated(names, lang)
    lacking = enumerated((sentence(f"column_{name}", lang) for name in left_out), lang)
    said = sentence("similar_sentence", lang, **words)
    said += sentence("similar_lacking", lang, lacking=lacking) if lacking else ""
    percent = ("floating_share", "urban_village_share")
    return style.tell(ax, "similar", lang, words, sentence=said, percent=percent, method="similar_communities")


def plot_typical_cases(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw how incidents moved where projects run (`typical_cases`): shrunken with limits, as reported, and overall."""
    table = with_places(table, lang)
    shown = table[table["flag"].ne("too_few") & table["estimate"].notna()].iloc[::-1]
    names = [f"{row.community}·{label('field', row.field, lang)}" for row in shown.itertuples()]
    ax, places = style.rows(names, ax, right=0.45)
    apart = shown["lower"] > shown["overall"], shown["upper"] < shown["overall"]
    limits = 100 * shown[["lower", "estimate", "upper"]]
    style.intervals(ax, limits, style.bands(*apart))
    rings = {"s": 20, "facecolors": "white", "edgecolors": style.MUTED, "linewidths": 0.9}
    ax.scatter(100 * shown["raw"], places, **rings, zorder=2, clip_on=False)
    ax.scatter(100 * shown["overall"], places, marker="|", s=90, color=style.INK, linewidths=1.2, zorder=4)
    scales.change_axis(ax, lang)
    low, high = ax.get_xlim()
    ax.set_xticks([tick for tick in ax.get_xticks() if low <= tick <= high])
    worse, better = (int(rows.sum()) for rows in apart)
    counts = {"better": better, "worse": worse, "like_the_district": len(shown) - better - worse}
    counted = told_counts(counts, "cases", lang)
    few = int(table["flag"].eq("too_few").sum())
    words = {"better": better, "worse": worse, "x": int(table["x"].sum()), "counted": counted,
             "too_few": sentence("cases_too_few", lang, few=few) if few else ""}  # fmt: skip
    percent = ("raw", "estimate", "lower", "upper", "overall")
    alike = not shown["upper"].gt(shown["lower"]).all()
    also = style.coloured(*apart) + (["cases_alike"] if alike else [])
    return style.tell(ax, "cases", lang, words, also=also, percent=percent, method="typical_cases")
