"""Streets as tiles that lie roughly as on a map: small charts of their months, all on one scale."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import style
from src.codebook.vocabulary import current, label, threshold

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACROSS = 4  # tiles in a row where the vocabulary has no place for a street
HIGH = 1.05  # inches of a tile


def tile_places(streets: list[str]) -> dict[str, tuple[int, int]]:
    """Return the row and column of each street: those of the vocabulary, or in their order where it lacks one."""
    known = current().tiles
    if set(streets) <= set(known):
        return {street: tuple(known[street]) for street in streets}
    return {street: divmod(number, ACROSS) for number, street in enumerate(streets)}


def change_by_street(table: pd.DataFrame) -> pd.DataFrame:
    """Return for each street the incidents of the months known in both years, `current` and `reference`, and `change`.

    The change is missing under the threshold of counts. `table`: `monthly_rates`.
    """
    both = table[table[["estimate", "reference"]].notna().all(axis=1)]
    both = both.assign(before=both["reference"] * both["n"] / 10_000)
    sums = both.groupby("street", sort=False)[["x", "before"]].sum().reindex(table["street"].unique())
    sums = sums.set_axis(["current", "reference"], axis=1)
    enough = sums.min(axis=1) >= threshold("min_count_for_percent")
    return sums.assign(change=(sums["current"] / sums["reference"] - 1).where(enough))


@style.chart
def plot_tile_map(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the months of each street beside those of the year before (`monthly_rates`), tiles as the streets lie.

    Blue: the period; grey: the year before. All tiles have one scale, from zero to what stands at the top line of the
    first; above each tile stands its name and how far its incidents moved.
    """
    streets, changes = list(table["street"].unique()), change_by_street(table)["change"].dropna()
    places, names = tile_places(streets), {street: label("street", street, lang) for street in streets}
    titles = {street: [name, f"{changes[street]:+.0%}".replace("-", "−")] if street in changes else [name]
              for street, name in names.items()}  # fmt: skip
    down, across = (max(place[side] for place in places.values()) + 1 for side in (0, 1))
    fits = style.inches(" ".join(title) for title in titles.values()) < style.WIDTH / across - 0.1
    ax = style.axes(ax, size=(style.WIDTH, HIGH * down + 0.1), left=0.05, right=0.1, bottom=0.05, top=0.05)
    ax.set_axis_off()
    top = _round_up(np.nanmax(table[["estimate", "reference"]].to_numpy()))
    for street, rows in table.groupby("street", sort=False):
        row, column = places[street]
        box = ((column + 0.16) / across, 1 - (row + 0.92) / down, 0.8 / across, (0.66 if fits else 0.54) / down)
        tile = ax.inset_axes(box, gid=street)
        _draw(tile, rows, top)
        tile.set_title((" " if fits else "\n").join(titles[street]), fontsize=style.SMALL, fontweight="normal",
                       loc="left", pad=4)  # fmt: skip
        if street == streets[0]:
            tile.set_yticks([0, top], ["0", f"{top:g}"])
    return ax


def _draw(tile: "Axes", rows: pd.DataFrame, top: float) -> None:
    months = np.arange(len(rows))
    now, before = rows["estimate"].to_numpy("float64"), rows["reference"].to_numpy("float64")
    tile.axhline(top, color=style.GRID, linewidth=0.8)
    tile.fill_between(months, now, before, color=style.PALE, linewidth=0)
    tile.plot(months, before, color=style.MUTED, linewidth=1, marker="." if len(rows) == 1 else None)
    tile.plot(months, now, color=style.ACCENT, linewidth=1.8, marker="." if len(rows) == 1 else None)
    tile.set(ylim=(0, top * 1.02), xticks=[], yticks=[])
    tile.spines["left"].set_visible(False)


def _round_up(most: float) -> float:
    """Return the next number that reads at the top line of a scale: 12 for 10.6, 0.4 for 0.35."""
    step = 10.0 ** np.floor(np.log10(most)) / 5 if most > 0 else 1.0
    return float(np.ceil(most / step) * step)
