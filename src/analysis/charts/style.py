"""How every chart looks: the face, the colours, the margins, and what a figure says about itself in words."""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

FONTS = Path(__file__).resolve().parent / "fonts"
FAMILY = "Report Sans SC"
# For characters outside the packaged face (traditional ones), where the machine has one of these.
INSTALLED = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei")

# One accent; the second only for what stands out against it. Apart for colour-blind readers and in grey print
# (lightness 38 and 62 of 100); after Okabe & Ito's blue and orange, darkened to carry text.
ACCENT, CONTRAST = "#0b5d8f", "#d98014"
INK, MUTED, LIGHT, GRID = "#1f2328", "#59636e", "#b6bec8", "#e3e7eb"

WIDTH = 4.8  # inches: 691 px at 144 dpi; on a phone of 390 px the smallest text is still 9 px high
TITLE, TEXT, SMALL = 11.0, 9.5, 8.8
_LINE = 1.35  # line height in font sizes

_RC = {
    "axes.axisbelow": True, "axes.edgecolor": LIGHT, "axes.facecolor": "white", "axes.grid": False,
    "axes.labelcolor": MUTED, "axes.labelsize": TEXT, "axes.linewidth": 0.8, "axes.titlelocation": "left",
    "axes.prop_cycle": mpl.cycler(color=[ACCENT, CONTRAST, MUTED, LIGHT]), "axes.spines.right": False,
    "axes.spines.top": False, "axes.titlesize": TEXT, "axes.unicode_minus": True, "figure.autolayout": False,
    "figure.constrained_layout.use": False, "figure.dpi": 144, "figure.facecolor": "white", "font.size": TEXT,
    "grid.color": GRID, "grid.linewidth": 0.8, "hatch.color": LIGHT, "hatch.linewidth": 0.8, "legend.fontsize": SMALL,
    "legend.frameon": False, "lines.linewidth": 1.8, "savefig.bbox": None, "text.color": INK, "xtick.color": MUTED,
    "xtick.labelsize": SMALL, "xtick.major.size": 3, "ytick.color": MUTED, "ytick.labelsize": SMALL,
    "ytick.major.size": 0,
}  # fmt: skip


@cache
def families() -> list[str]:
    """Return the faces to draw with: the packaged one, which this registers, then what has a character it lacks."""
    for file in sorted(FONTS.glob("*.ttf")):
        font_manager.fontManager.addfont(file)
    own = os.environ.get("ANALYSIS_FONT")  # a font file for a text that the packaged face cannot draw
    if own:
        font_manager.fontManager.addfont(own)
    names = {font.name for font in font_manager.fontManager.ttflist}
    also = [font_manager.FontProperties(fname=own).get_name()] if own else []
    return [FAMILY, *also, *(name for name in INSTALLED if name in names), "DejaVu Sans"]


def use() -> None:
    """Put the style in force; called by every chart, so that a theme set in between does not stay."""
    mpl.rcParams.update(_RC | {"font.family": families()})


def em(text: str) -> float:
    """Return the width of a text in font sizes: 1 for a Chinese character, 0.56 for the rest."""
    return sum(1.0 if unicodedata.east_asian_width(character) in "WF" else 0.56 for character in text)


def inches(labels: Iterable[str], size: float = SMALL) -> float:
    """Return how wide the widest of some labels is drawn."""
    return max((em(line) for label in labels for line in label.split("\n")), default=0.0) * size / 72


# A Chinese character with the closing marks after it, or a word with the unit after it, stays on one line.
_PIECES = re.compile(r"[（“《]?(?:[^\s\u2e80-\uffef]+[\u4e00-\u9fff]?|[\u2e80-\uffef])[，。；：、！？）”》%]*\s*")


def wrap(text: str, width: float) -> str:
    """Break a text into lines of at most `width` font sizes; Chinese between characters, English between words."""
    lines, line = [], ""
    for piece in _PIECES.findall(text):
        if line and em((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return "\n".join([*lines, line.rstrip()])


def axes(
    ax: Axes | None = None,
    *,
    size: tuple[float, float] = (WIDTH, 2.9),
    labels: Iterable[str] | None = None,
    left: float = 0.55,
    right: float = 0.2,
    bottom: float = 0.4,
) -> Axes:
    """Return the axes to draw on: the given ones, or new ones with margins in inches, laid out without measuring.

    `labels` are the category names on the left of a horizontal chart; the left margin is made to fit them.
    """
    use()
    return ax if ax is not None else panels(1, 1, size=size, labels=labels, left=left, right=right, bottom=bottom)[0]


def panels(
    rows: int,
    columns: int,
    *,
    size: tuple[float, float] = (WIDTH, 3.6),
    labels: Iterable[str] | None = None,
    left: float = 0.55,
    right: float = 0.2,
    bottom: float = 0.4,
    gap: tuple[float, float] = (0.25, 0.5),
    share: bool = True,
) -> list[Axes]:
    """Return the axes of small multiples in reading order, on one scale; `gap` is across and down, in inches."""
    import matplotlib.pyplot as plt

    use()
    if labels is not None:
        left = inches(labels) + 0.15
    figure = plt.figure(figsize=size)
    figure.margins_in = (left, right, bottom, 0.12)
    wide = (size[0] - left - right - gap[0] * (columns - 1)) / columns
    high = (size[1] - bottom - 0.12 - gap[1] * (rows - 1)) / rows
    grid = figure.subplots(
        rows,
        columns,
        sharex=share,
        sharey=share,
        squeeze=False,
        gridspec_kw={"wspace": gap[0] / wide, "hspace": gap[1] / high},
    )
    _lay_out(figure)
    return list(grid.flat)


def _lay_out(figure: Figure) -> None:
    left, right, bottom, top = figure.margins_in
    wide, high = figure.get_size_inches()
    figure.subplots_adjust(left / wide, bottom / high, 1 - right / wide, 1 - top / high)


def annotate(
    ax: Axes,
    *,
    title: str,
    alt: str,
    caption: str = "",
    sentence: str = "",
    percent: Sequence[str] = (),
    method: str = "",
    lang: str = "zh",
) -> Axes:
    """Give a chart its words and return its axes; the figure carries `title_text`, `alt_text`, `caption`, `sentence`.

    The title is the comparison as a sentence; the figure grows by its lines. `percent` names the columns of the table
    behind the chart that are shares, `method` the function it draws, to which the caption leads on the methods page.
    """
    title, sentence = (text[:1].upper() + text[1:] for text in (title, sentence))  # some begin with a label
    figure = ax.get_figure(root=True)
    figure.title_text, figure.alt_text, figure.caption, figure.sentence = title, alt, caption, sentence
    figure.percent, figure.method, figure.lang = tuple(percent), method, lang
    margins = getattr(figure, "margins_in", None)
    if margins is None:  # the analyst's own figure: its layout is not ours
        ax.set_title(title, loc="left", fontsize=TEXT, fontweight="bold")
        return ax
    wide, high = figure.get_size_inches()
    text = wrap(title, (wide - 0.2) * 72 / TITLE / 1.04)  # the bold face is wider
    room = (text.count("\n") + 1) * TITLE * _LINE / 72 + 0.12
    figure.set_size_inches(wide, high + room)
    figure.margins_in = (*margins[:3], margins[3] + room)
    _lay_out(figure)
    figure.suptitle(
        text, x=0.1 / wide, y=1 - 0.07 / (high + room), ha="left", va="top", fontsize=TITLE, fontweight="bold",
        linespacing=_LINE,
    )  # fmt: skip
    return ax


def short_count(count: float, lang: str = "zh") -> str:
    """Return a count as an axis shows it: 1.2万 in Chinese from ten thousand on, 12,000 in English."""
    if lang == "zh" and abs(count) >= 10_000:
        return f"{count / 10_000:g}万"
    return f"{count:,.0f}"


def count_axis(axis: Axis, lang: str = "zh") -> None:
    """Make an axis of counts, after drawing: from zero, whole numbers, light lines across."""
    axis.set_major_locator(MaxNLocator(nbins=5, integer=True, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: short_count(value, lang)))
    _from_zero(axis)


def share_axis(axis: Axis) -> None:
    """Make an axis of shares (0 to 1) that reads in per cent, after drawing: from zero, light lines across."""
    axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
    _from_zero(axis)


def _from_zero(axis: Axis) -> None:
    (axis.axes.set_ylim if axis.axis_name == "y" else axis.axes.set_xlim)(0, None)
    axis.grid(True)


def faults(figure: Figure) -> list[str]:
    """Return what a reader would stumble over: text cut off at the edge of the picture, or printed over other text."""
    figure.canvas.draw()
    renderer, page = figure.canvas.get_renderer(), figure.bbox
    hidden = _outside(figure)
    boxes = [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(mpl.text.Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden
    ]
    found = [
        f"cut off: {text!r}"
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > page.x1 + 1 or box.y1 > page.y1 + 1
    ]
    for number, (text, box) in enumerate(boxes):
        for other, beside in boxes[number + 1 :]:
            across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            down = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            if across > 2 and down > 2:
                found.append(f"over each other: {text!r} and {other!r}")
    return found


def _outside(figure: Figure) -> set[int]:
    """Return the labels of ticks outside the limits, which exist but are not drawn."""
    hidden = set()
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        margin = 1e-9 * (high - low)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low - margin <= tick.get_loc() <= high + margin:
                hidden |= {id(tick.label1), id(tick.label2)}
    return hidden
