"""How every chart looks: the fonts, the colours, the margins, and the parts that charts share."""

import functools
import inspect
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from src.codebook.vocabulary import sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

__all__ = ["use_style"]

FONTS = Path(__file__).resolve().parent / "fonts"
FAMILY = "Report Sans SC"
# For characters outside the packaged font (traditional ones), where the machine has one of these.
INSTALLED = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei")

# One colour, one meaning, in every chart. Orange: clearly more than what it is held against, nothing else (`bands`).
# Blue: what the chart is of, and beside orange what is clearly less; a lighter blue is a part of it. Grey: neither, or
# what stands beside. Apart for colour-blind readers and in grey print (lightness 38 and 62 of 100); after Okabe & Ito.
ACCENT, TINT, PALE, MORE = "#0b5d8f", "#7fb2d3", "#c9dfee", "#d98014"
INK, MUTED, LIGHT, GRID = "#1f2328", "#59636e", "#b6bec8", "#e3e7eb"
FILLS = {"above": (MORE, 0.45), "below": (ACCENT, 0.3), "same": (LIGHT, 0.3)}  # weak enough that names read on them
LESS_TO_MORE = [TINT, "#ffffff", "#f2b25c"]  # text on it reads

WIDTH = 4.3  # inches: on a phone of 390 px the smallest text is still 11 px high
TITLE, TEXT, SMALL = 11.0, 9.5, 8.8
DASHED = (0, (4, 2))
CONTROL = r"[\x00-\x1f\x7f-\x9f]"  # what no font draws and no SVG may hold
NOT_DRAWN = "not drawn: "  # begins the gid of the note in axes that hold nothing else

# What stays on one line, with the closing marks after it: two Chinese characters, as most words have, and three where
# one would be left over; another mark of theirs; a word of other letters with the unit after it.
_HAN = r"[\u4e00-\u9fff]"
_PIECES = re.compile(
    rf"[（“《]?(?:[^\s\u2e80-\uffef]+{_HAN}?|{_HAN}{{3}}(?!{_HAN})|{_HAN}{{2}}|[\u2e80-\uffef])[，。；：、！？）”》%]*\s*"
)

_RC = {
    "axes.axisbelow": True, "axes.edgecolor": LIGHT, "axes.facecolor": "white", "axes.grid": False,
    "axes.labelcolor": MUTED, "axes.labelsize": TEXT, "axes.linewidth": 0.8, "axes.spines.right": False,
    "axes.spines.top": False, "axes.titlepad": 22.0, "axes.titlesize": TITLE,
    "axes.titleweight": "bold", "axes.unicode_minus": True, "figure.autolayout": False,
    "figure.constrained_layout.use": False, "figure.dpi": 144, "figure.facecolor": "white", "font.size": TEXT,
    "grid.color": GRID, "grid.linewidth": 0.8, "hatch.color": LIGHT, "hatch.linewidth": 0.8, "legend.fontsize": SMALL,
    "legend.frameon": False, "lines.linewidth": 1.8, "patch.linewidth": 0.0, "savefig.bbox": None, "text.color": INK,
    "text.parse_math": False, "xtick.color": MUTED, "xtick.labelsize": SMALL, "xtick.major.size": 3,
    "xtick.major.width": 0.8, "ytick.color": MUTED, "ytick.labelsize": SMALL, "ytick.major.size": 0,
}  # fmt: skip


def use_style() -> None:
    """Give charts drawn from here on the house style, and a font that has Chinese.

    For a chart of one's own, in a script or in Lab, before or after any of ours; `plot_…` calls it. A `$` in a text is
    a dollar and begins no formula, so a logarithmic axis wants plain numbers: `ax.xaxis.set_major_formatter("{x:g}")`.
    """
    import seaborn as sns

    sns.set_theme(style="ticks", palette=[ACCENT, TINT, MUTED, LIGHT], rc=_RC | {"font.family": families()})


@cache
def families() -> list[str]:
    """Return the fonts to draw with: the packaged one, which this registers, then what has a character it lacks."""
    from matplotlib import font_manager

    for file in sorted(FONTS.glob("*.ttf")):
        font_manager.fontManager.addfont(file)
    own = os.environ.get("ANALYSIS_FONT")  # a font file for a text that the packaged font cannot draw
    if own:
        font_manager.fontManager.addfont(own)
    names = {font.name for font in font_manager.fontManager.ttflist}
    also = [font_manager.FontProperties(fname=own).get_name()] if own else []
    return [FAMILY, *also, *(name for name in INSTALLED if name in names), "DejaVu Sans"]


def chart(plot: "Callable[..., Axes]") -> "Callable[..., Axes]":
    """Return a plot function that leaves a short note in the axes where a table gives no picture."""

    takes = inspect.signature(plot)

    @functools.wraps(plot)
    def drawn(table: pd.DataFrame, *more: Any, **look: Any) -> "Axes":
        if reason := why_not_drawn(table):
            given = takes.bind(table, *more, **look).arguments
            noted = axes(given.get("ax"), size=(WIDTH, 0.9), left=0.1, bottom=0.12)
            return _note(noted, reason, given.get("lang", "zh"))
        return plot(table.replace(CONTROL, " ", regex=True), *more, **look)

    return drawn


# Flags of rows without a number to draw.
UNDRAWABLE = ("too_few", "too_short", "no_base", "no_population", "no_projects")


def why_not_drawn(table: pd.DataFrame) -> str:
    """Return why nothing of a tidy table can be drawn: the one flag of all its rows, `none` for no counts, or empty."""
    if {"reference", "estimate"} <= set(table) and table["estimate"].isna().all():
        return "no_base"  # nothing to compare with: the data begin later
    flags = table["flag"].unique() if "flag" in table else []
    if len(flags) == 1 and flags[0] in UNDRAWABLE:
        return flags[0]
    counted = next((name for name in ("current", "x", "n", "estimate") if name in table), None)
    sums = [table[name].fillna(0).sum() for name in (counted, "reference", "n") if name in table]
    return "none" if table.empty or (counted is not None and not sum(sums)) else ""


def _note(ax: "Axes", reason: str, lang: str) -> "Axes":
    ax.set_axis_off()
    text = sentence("note", lang, case=reason)
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color=MUTED, gid=NOT_DRAWN + reason)
    return ax


def reason_noted(ax: "Axes") -> str:
    """Return why nothing is drawn in axes that hold a note alone, else nothing."""
    noted = [text.get_gid() for text in ax.texts if str(text.get_gid()).startswith(NOT_DRAWN)]
    return noted[0].removeprefix(NOT_DRAWN) if noted else ""


def drawn(text: str) -> float:
    """Return the width of a text in font sizes to the letter, as the packaged face draws it."""
    return sum(map(_advance, text))


@cache
def _advance(character: str) -> float:
    return _face().getlength(character) / _face().size


@cache
def _face() -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(FONTS / "ReportSansSC-Regular.ttf", 100)


def wrap(text: str, width: float) -> str:
    """Break a text into lines of at most `width` font sizes; Chinese between words of two characters."""
    lines, line = [], ""
    for piece in _PIECES.findall(text):
        if line and drawn((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return "\n".join([*lines, line.rstrip()])


def inches(labels: Iterable[str]) -> float:
    """Return how wide the widest of some labels is drawn."""
    return max((drawn(line) for label in labels for line in label.split("\n")), default=0.0) * SMALL / 72


def axes(
    ax: "Axes | None" = None,
    *,
    size: tuple[float, float] = (WIDTH, 2.9),
    labels: Iterable[str] | None = None,
    left: float = 0.55,
    right: float = 0.2,
    bottom: float = 0.4,
    top: float = 0.12,
) -> "Axes":
    """Return the axes to draw on: the given ones, or new ones with margins in inches, laid out without measuring.

    `labels` are the category names on the left of a horizontal chart; the left margin is made to fit them.
    """
    use_style()
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=size)
    figure.margins_in = (left if labels is None else inches(labels) + 0.15, right, bottom, top)
    ax = figure.subplots()
    lay_out(figure)
    return ax


def lay_out(figure: "Figure") -> None:
    """Give a figure's axes the room that its margins leave."""
    left, right, bottom, top = figure.margins_in
    wide, high = figure.get_size_inches()
    figure.subplots_adjust(left / wide, bottom / high, 1 - right / wide, 1 - top / high)
    figure.laid_out_for = (wide, high)


def rows(
    names: Sequence[str], ax: "Axes | None" = None, *, each: float = 0.27, room: float = 0.55, **margins: float
) -> "tuple[Axes, np.ndarray]":
    """Return axes with a row for each name, the first at the bottom, and the places of the rows.

    `each`: the height of a row in inches, `room` that of the rest, `margins` as in `axes`.
    """
    size = (WIDTH, each * max(len(names), 1) + room)
    ax = axes(ax, size=size, labels=names or [""], **{"right": 0.3, **margins})
    ax.set_yticks(np.arange(len(names)), names)
    ax.set_ylim(-0.7, max(len(names), 1) - 0.3)
    return ax, np.arange(len(names))


def grid(ax: "Axes", cells: pd.DataFrame, rows: Sequence[str], **look: object) -> None:
    """Draw a table as coloured cells (`seaborn.heatmap`), the first row on top, each with its name."""
    import seaborn as sns

    sns.heatmap(cells, ax=ax, cbar=False, linecolor="white", xticklabels=False, yticklabels=False, **look)
    ax.set(xlabel="", ylabel="")
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows)


def key(ax: "Axes", ticks: Mapping[float, str], text: str = "") -> None:
    """Draw what the colours of a grid stand for below it: a bar with some values, and their unit."""
    high = ax.get_window_extent().height / ax.figure.dpi
    bar = ax.figure.colorbar(
        ax.collections[0], cax=ax.inset_axes((0.58, -0.42 / high, 0.42, 0.1 / high)), orientation="horizontal"
    )
    bar.set_ticks(list(ticks), labels=list(ticks.values()))
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, pad=2)
    bar.ax.annotate(text, (0, 0.5), (-6, 0), xycoords="axes fraction", textcoords="offset points", ha="right",
                    va="center", color=MUTED, fontsize=SMALL)  # fmt: skip


def intervals(ax: "Axes", table: pd.DataFrame, colours: np.ndarray, dots: np.ndarray | None = None) -> None:
    """Draw each row of a table in its row of the axes: `estimate` as a dot on the line from `lower` to `upper`."""
    places = np.arange(len(table))
    ax.hlines(places, table["lower"], table["upper"], color=colours, linewidth=1.6)
    ax.scatter(table["estimate"], places, color=colours if dots is None else dots, s=26, zorder=3, clip_on=False)


def rings(ax: "Axes", values: Sequence[float], places: np.ndarray, size: float = 20, zorder: float = 3) -> None:
    """Draw hollow dots: a value before, or as it was reported."""
    look = {"facecolors": "white", "edgecolors": MUTED, "linewidths": 1}
    ax.scatter(values, places, s=size, zorder=zorder, clip_on=False, **look)


def beside(ax: "Axes", text: str, at: tuple[object, float], points: float = 4, **look: object) -> "Text":
    """Write a text beside a mark, some points to its right; where these are negative, to its left."""
    side = "left" if points > 0 else "right"
    return ax.annotate(text, at, (points, 0), textcoords="offset points", ha=side, va="center", fontsize=SMALL, **look)


def name_ends(ax: "Axes", ends: Iterable[tuple[float, str, str, "Line2D"]], lines: float = 1) -> None:
    """Write each line's name (height of its end, name, colour, line) at the right edge, apart where ends lie close.

    `lines`: how many lines of text the longest name has. A line that is given another colour gives it to its name.
    """
    low, high = ax.get_ylim()
    edge, height = ax.get_xlim()[1], -np.inf
    for value, text, colour, line in sorted(ends, key=lambda end: end[:3]):
        height = max(value, height + lines * (high - low) * 0.085)
        _follow(beside(ax, text, (edge, height), 3, color=colour, annotation_clip=False), line)


def _follow(name: "Text", line: "Line2D") -> None:
    """Have a line's name drawn in the colour that the line was given since."""
    first, draw = line.get_color(), name.draw

    def drawn(renderer: Any) -> None:
        if line.get_color() != first:
            name.set_color(line.get_color())
        draw(renderer)

    name.draw = drawn


def overall(ax: "Axes", value: float) -> None:
    """Draw the line of all together, down a chart of rows."""
    ax.axvline(value, color=MUTED, linewidth=1, linestyle=DASHED, zorder=1)


def bands(table: pd.DataFrame, more: object = "above", less: object = "below", neither: str = MUTED) -> np.ndarray:
    """Return a colour for each row by its flag: clearly more than what it is held against, clearly less, or neither."""
    return np.select([table["flag"].eq(more), table["flag"].eq(less)], [MORE, ACCENT], neither)
