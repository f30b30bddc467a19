"""Charts of a change: what its parts add to it, and where it is beyond what such numbers do by themselves."""

import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.labels import grouped_by, row_names, with_place_names
from src.codebook.vocabulary import sentence


def part_names(table: pd.DataFrame, by: str, lang: str) -> list[str]:
    """Return what the parts of a change are called; those that state no part together are one."""
    rest = sentence("contributions_rest", lang)
    return [name if isinstance(name, str) else rest for name in row_names(table, by, lang)]


@style.chart
def plot_contributions(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw what each part adds to the change of the total, in percentage points (`contributions`)."""
    by, table = grouped_by(table), with_place_names(table, lang)
    names, values = part_names(table, by, lang), table["estimate"].fillna(0).to_numpy(float)
    ax = style.axes(ax, size=(style.WIDTH, 0.27 * len(table) + 0.5), labels=names, right=0.3)
    places = style.bars(ax, values, names, style.bands(values > 0, values < 0))
    reach = max(abs(values).max(initial=0), 0.1)
    ends = min(values.min(initial=0), -0.02 * reach), max(values.max(initial=0), 0.02 * reach)
    room = 0.45 / (ax.get_position().width * ax.figure.get_figwidth())  # on each side: for the number beside a bar
    space = room * (ends[1] - ends[0]) / (1 - 2 * room)
    ax.set_xlim(ends[0] - space, ends[1] + space)
    for place, value in zip(places, values, strict=True):
        style.beside(ax, f"{value:+.1f}".replace("-", "−"), (value, place), 4 if value >= 0 else -4)
    scales.change_axis(ax, lang, "points")
    return ax


@style.chart
def plot_area_changes(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw the change of each area with its interval (`area_changes`), in the order of the register."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["flag"].ne("too_few") & table["estimate"].notna()].iloc[::-1]
    ax, _ = style.rows(list(shown[by]), ax)
    clear = shown["flag"].eq("rose"), shown["flag"].eq("fell")
    limits = 100 * shown[["lower", "estimate", "upper"]]
    style.intervals(ax, limits, style.bands(*clear, style.LIGHT), style.bands(*clear), size=24)
    scales.change_axis(ax, lang)
    style.overall(ax, 100 * (table["current"].sum() / max(table["reference"].sum(), 1) - 1))
    return ax
