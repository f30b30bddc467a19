"""Maps: streets as tiles of their months that lie roughly as on a map, and rates within delivered boundaries."""

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import style
from src.analysis.charts.labels import grouped_by
from src.analysis.stats.counts import columns_of
from src.codebook.vocabulary import current, label, sentence, threshold

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

ACROSS = 4  # tiles in a row where the vocabulary has no place for a street
HIGH = 1.05  # inches of a tile
FINEST = 600  # steps across a map: corners nearer to each other are one
LOOKS = {  # of a map's bands: colour, hatch, and the sign beside the name
    "above": (style.FILLS["above"], "", "▲"), "below": (style.FILLS["below"], "", "▼"),
    "same": (style.FILLS["same"], "", ""), "few": ("none", "////", ""),
}  # fmt: skip


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
    places = tile_places(streets)
    down, across = (max(place[side] for place in places.values()) + 1 for side in (0, 1))
    ax = style.axes(ax, size=(style.WIDTH, HIGH * down + 0.25), left=0.05, right=0.1, bottom=0.2, top=0.05)
    ax.set_axis_off()
    ax.text(0, 0, sentence("axis.per_10000", lang), va="top", color=style.MUTED, fontsize=style.SMALL)
    top = _round_up(np.nanmax(table[["estimate", "reference"]].to_numpy()))
    for street, rows in table.groupby("street", sort=False):
        row, column = places[street]
        box = ((column + 0.13) / across, 1 - (row + 0.95) / down, 0.85 / across, 0.6 / down)
        tile = ax.inset_axes(box, gid=street)
        _draw(tile, rows, top)
        moved = f"{100 * changes[street]:+.1f}%".replace("-", "−") if street in changes else ""
        title = f"{label('street', street, lang)}\n{moved}".strip()
        tile.set_title(title, fontsize=style.SMALL, fontweight="normal", loc="left", pad=4, linespacing=1.35)
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


def map_bands(table: pd.DataFrame) -> pd.Series:
    """Return the band of each area of `incident_rate`: `above`, `below`, `same` or, not judged, `few`."""
    few = table["x"].lt(threshold("min_count_for_percent")) | table["flag"].isin(["no_population", "incomplete"])
    return table["flag"].where(table["flag"].isin(["above", "below"]), "same").mask(few, "few")


@style.chart
def plot_map(table: pd.DataFrame, boundaries: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw rates in three bands within the boundaries of their areas (`incident_rate` and `load_boundaries`).

    Orange and ▲: clearly more than all together; blue and ▼: clearly fewer, as `incident_rate` judges it; grey: no
    clear difference; hatched: too few or not delivered. Areas without a boundary are not drawn. Coordinates stand as
    they were delivered; degrees are drawn as wide as they are at that latitude.
    """
    from matplotlib.patches import Patch, PathPatch

    names = columns_of(by := grouped_by(table))
    own = boundaries[boundaries["community"].isna()] if by == "street" else boundaries.dropna(subset="community")
    shapes = {place: _rings(rows["geometry"]) for place, rows in (own if len(own) else boundaries).groupby(names)}
    corners = np.concatenate([ring for rings in shapes.values() for ring in rings])
    low, high = corners.min(axis=0), corners.max(axis=0)
    stretch = 1 / np.cos(np.radians((low[1] + high[1]) / 2)) if np.abs(corners).max() <= 180 else 1.0
    tall = style.WIDTH * stretch * (high[1] - low[1]) / (high[0] - low[0])
    sides = {"left": 0.05, "right": 0.05, "bottom": 0.55, "top": 0.05}
    ax = style.axes(ax, size=(style.WIDTH, np.clip(tall, 2, 5.5) + 0.6), **sides)
    bands = map_bands(table)
    looks = {
        band: {"facecolor": colour, "hatch": hatch, "edgecolor": style.MUTED, "linewidth": 0.8}
        for band, (colour, hatch, _) in LOOKS.items()
    }
    for place, band in zip(table[names].itertuples(index=False, name=None), bands, strict=True):
        if place in shapes:
            path = _path(shapes[place], low, (high[0] - low[0]) / FINEST)
            ax.add_patch(PathPatch(path, gid="/".join(place), **looks[band]))
            text = " ".join([label(by, place[-1], lang), LOOKS[band][-1]]).strip()
            ax.annotate(text, _middle(shapes[place]), ha="center", va="center", fontsize=style.SMALL)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect=stretch)
    ax.set_axis_off()
    shown = [Patch(label=sentence("band", lang, case=band), **looks[band]) for band in LOOKS if bands.eq(band).any()]
    ax.legend(handles=shown, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2)
    return ax


def _rings(outlines: pd.Series) -> list[np.ndarray]:
    """Return all rings of an area as corners: outer ones turn left, holes right, so that holes stay empty."""
    polygons = [polygon for text in outlines for polygon in json.loads(text)]
    return [
        ring if (_turn(ring) > 0) == (number == 0) else ring[::-1]
        for polygon in polygons
        for number, ring in enumerate(map(np.array, polygon))
    ]


def _turn(ring: np.ndarray) -> float:
    """Return twice the area of a ring, positive where it turns left."""
    (x, y), (u, v) = ring[:-1].T, ring[1:].T
    return float((x * v - u * y).sum())


def _path(rings: list[np.ndarray], low: np.ndarray, step: float) -> "Path":
    """Return rings as one path, without corners that are less than a step from the one before."""
    from matplotlib.path import Path

    steps = [np.diff(np.round((ring - low) / step), axis=0).any(axis=1) for ring in rings]
    kept = [ring[np.r_[True, moved]] for ring, moved in zip(rings, steps, strict=True)]
    return Path.make_compound_path(*(Path(np.vstack([ring, ring[:1]]), closed=True) for ring in kept if len(ring) > 2))


def _middle(rings: list[np.ndarray]) -> tuple[float, float]:
    """Return the middle of the widest stretch of an area at the middle height of its largest part."""
    largest = max(rings, key=_turn)
    y = (largest[:, 1].min() + largest[:, 1].max()) / 2
    starts, ends = np.vstack([ring[:-1] for ring in rings]), np.vstack([ring[1:] for ring in rings])
    crossing = (starts[:, 1] > y) != (ends[:, 1] > y)
    (x, v), (u, w) = starts[crossing].T, ends[crossing].T
    at = np.sort(x + (y - v) * (u - x) / (w - v)).reshape(-1, 2)
    return float(at[np.ptp(at, axis=1).argmax()].mean()), float(y)
