"""Charts of notebook 01: from delivered lines to clean rows, and who has delivered which month."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from src.analysis.charts import scales, style
from src.analysis.charts.words import named, with_places
from src.codebook.vocabulary import enumerated, label, sentence

WHOLE = ("lines", "records", "clean")


def plot_line_waterfall(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw how delivered lines become clean rows (`line_waterfall`): whole bars and what each step takes away."""
    labels = [label("step", step, lang) for step in table["step"]]
    ax = style.axes(ax, size=(style.WIDTH, 0.3 * len(table) + 0.5), labels=labels, right=0.75)
    colours = [style.ACCENT if s == "clean" else style.MUTED if s in WHOLE else style.LIGHT for s in table["step"]]
    places = np.arange(len(table))[::-1]
    ax.barh(places, table["end"] - table["start"], left=table["start"], color=colours, height=0.62)
    scales.count_axis(ax.xaxis, lang, "lines")
    ax.set_yticks(places, labels)
    for place, row in zip(places, table.itertuples(), strict=True):
        style.beside(ax, f"{row.count:,}", (row.end, place))
    counts = table.set_index("step")["count"]
    words = {step: abs(int(counts.get(step, 0))) for step in ("lines", "records", "duplicate", "quarantined", "clean")}
    words["quarantined_pct"] = 100 * words["quarantined"] / max(words["records"], 1)
    return style.tell(ax, "waterfall", lang, words, method="line_waterfall")


def plot_delivered_months(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw who has delivered which month (`delivered_months`): streets down, months across, gaps outlined."""
    table = with_places(table, lang)
    table = table.assign(row=table["street"] + " " + table["source"].map(lambda source: label("source", source, lang)))
    rows = list(table["row"].unique())
    ax = style.axes(ax, size=(style.WIDTH, 0.2 * len(rows) + 0.6), labels=rows, right=0.1)
    grid = table.pivot_table(index="row", columns="month", values="count", sort=False).reindex(rows).astype("float64")
    shade = grid.div(grid.max(axis=1).replace(0, 1), axis=0)
    edges = [np.arange(length + 1) for length in grid.shape[::-1]]
    ax.pcolormesh(*edges, shade, cmap="Blues", vmin=-0.2, vmax=1.4, edgecolors="white", linewidth=0.5)
    flags = table.pivot_table(index="row", columns="month", values="flag", aggfunc="first", sort=False).reindex(rows)
    for row, month in np.argwhere(flags.isin(["missing", "never"]).to_numpy()):
        corner = (month + 0.08, row + 0.08)
        ax.add_patch(Rectangle(corner, 0.84, 0.84, fill=False, edgecolor=style.INK, linewidth=1))
    ax.invert_yaxis()
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows)
    januaries = [i for i, month in enumerate(grid.columns) if month.month == 1] or [0]
    ax.set_xticks(januaries, [str(grid.columns[i].year) for i in januaries], ha="left")
    for spine in ax.spines.values():
        spine.set_visible(False)
    missing, never = (table[table["flag"].eq(flag)] for flag in ("missing", "never"))
    listed = [f"{row.row} {row.month:%Y-%m}" for row in missing.itertuples()]
    words = {
        "missing": len(missing), "streets": table["street"].nunique(), "months": grid.shape[1],
        "first": "".join(listed[:1]), "list": named(listed, lang),
        "first_month": f"{grid.columns[0]:%Y-%m}", "last_month": f"{grid.columns[-1]:%Y-%m}",
    }  # fmt: skip
    words["silent"] = enumerated(never["row"].unique(), lang)
    which = "missing" if len(missing) else "never" if len(never) else "all"
    also = ["delivered_sentence_never"] if len(missing) and len(never) else []
    keys = {"title": f"title_{which}", "said": f"sentence_{which}"}
    sentences = style.goes_on(sentence(f"delivered_sentence_{which}", lang, **words), also, lang, words)
    return style.tell(ax, "delivered", lang, words, **keys, sentence=sentences, method="delivered_months")
