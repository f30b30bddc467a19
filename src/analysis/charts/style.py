"""How every chart looks: the face, the colours, the margins, and what a figure says about itself in words."""

import os
from collections.abc import Iterable, Sequence
from functools import cache

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text

from src.analysis.charts.lettering import FONTS, em, wrap_title
from src.codebook import vocabulary

FAMILY = "Report Sans SC"
# For characters outside the packaged face (traditional ones), where the machine has one of these.
INSTALLED = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei")

# One colour, one meaning, in every chart. Orange: clearly more than what it is held against, nothing else (`bands`).
# Blue: what the chart is of, and beside orange what is clearly less; a lighter blue is a part of it. Grey: neither, or
# what stands beside. Apart for colour-blind readers and in grey print (lightness 38 and 62 of 100); after Okabe & Ito.
ACCENT, TINT, MORE = "#0b5d8f", "#7fb2d3", "#d98014"
INK, MUTED, LIGHT, GRID = "#1f2328", "#59636e", "#b6bec8", "#e3e7eb"
LESS_TO_MORE = LinearSegmentedColormap.from_list("less to more", [TINT, "#ffffff", "#f2b25c"])  # text on it reads

WIDTH = 4.8  # inches: 691 px at 144 dpi; on a phone of 390 px the smallest text is still 9 px high
TITLE, TEXT, SMALL = 11.0, 9.5, 8.8
_LINE = 1.35  # line height in font sizes
DASHED = (0, (4, 2))

_RC = {
    "axes.axisbelow": True, "axes.edgecolor": LIGHT, "axes.facecolor": "white", "axes.grid": False,
    "axes.labelcolor": MUTED, "axes.labelsize": TEXT, "axes.linewidth": 0.8, "axes.titlelocation": "left",
    "axes.prop_cycle": mpl.cycler(color=[ACCENT, TINT, MUTED, LIGHT]), "axes.spines.right": False,
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


def inches(labels: Iterable[str]) -> float:
    """Return how wide the widest of some labels is drawn."""
    return max((em(line) for label in labels for line in label.split("\n")), default=0.0) * SMALL / 72


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
    import matplotlib.pyplot as plt

    mpl.rcParams.update(_RC | {"font.family": families()})  # by every chart: a theme set in between does not stay
    if ax is not None:
        return ax
    figure = plt.figure(figsize=size)
    figure.margins_in = (left if labels is None else inches(labels) + 0.15, right, bottom, 0.12)
    ax = figure.subplots()
    lay_out(figure)
    return ax


def rows(
    names: Sequence[str], ax: Axes | None = None, *, each: float = 0.27, room: float = 0.55, **margins: float
) -> tuple[Axes, np.ndarray]:
    """Return axes with a row for each name, the first at the bottom, and the places of the rows.

    `each`: the height of a row in inches, `room` that of the rest, `margins` as in `axes`.
    """
    size = (WIDTH, each * max(len(names), 1) + room)
    ax = axes(ax, size=size, labels=names or [""], **{"right": 0.3, **margins})
    ax.set_yticks(np.arange(len(names)), names)
    ax.set_ylim(-0.7, max(len(names), 1) - 0.3)
    return ax, np.arange(len(names))


def intervals(
    ax: Axes,
    table: pd.DataFrame,
    colours: np.ndarray,
    dots: np.ndarray | None = None,
    size: float = 26,
    width: float = 1.6,
) -> None:
    """Draw each row of a table in its row of the axes: `estimate` as a dot on the line from `lower` to `upper`."""
    places = np.arange(len(table))
    ax.hlines(places, table["lower"], table["upper"], color=colours, linewidth=width)
    ax.scatter(table["estimate"], places, color=colours if dots is None else dots, s=size, zorder=3, clip_on=False)


def beside(ax: Axes, text: str, at: tuple[object, float], points: float = 4, **look: object) -> None:
    """Write a text beside a mark, some points to its right; where these are negative, to its left."""
    side = "left" if points > 0 else "right"
    ax.annotate(text, at, (points, 0), textcoords="offset points", ha=side, va="center", fontsize=SMALL, **look)


def overall(ax: Axes, value: float) -> None:
    """Draw the line of all together, down a chart of rows."""
    ax.axvline(value, color=MUTED, linewidth=1, linestyle=DASHED, zorder=1)


def lay_out(figure: Figure) -> None:
    """Give a figure's axes the room that its margins leave."""
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
    if margins is None:  # the analyst's own figure: its layout is not ours, but its characters have to show
        ax.set_title(title, loc="left", fontsize=TEXT, fontweight="bold")
        for words in figure.findobj(Text):
            words.set_fontfamily(families())
        return ax
    wide, high = figure.get_size_inches()
    text = wrap_title(title, (wide - 0.2) * 72 / TITLE / 1.04)  # the bold face is wider
    room = (text.count("\n") + 1) * TITLE * _LINE / 72 + 0.12
    figure.set_size_inches(wide, high + room)
    figure.margins_in = (*margins[:3], margins[3] + room)
    lay_out(figure)
    figure.suptitle(
        text, x=0.1 / wide, y=1 - 0.07 / (high + room), ha="left", va="top", fontsize=TITLE, fontweight="bold",
        linespacing=_LINE,
    )  # fmt: skip
    return ax


def bands(more: pd.Series, less: pd.Series, neither: str = MUTED) -> np.ndarray:
    """Return a colour for each row: clearly more than what it is held against, clearly less, or neither."""
    return np.select([more, less], [MORE, ACCENT], neither)


def coloured(more: pd.Series, less: pd.Series, what: str = "coloured") -> list[str]:
    """Return what a caption says of the colours of `bands`, as far as they are there: `<what>_more`, `<what>_less`."""
    return [f"{what}_{flag}" for flag, rows in (("more", more), ("less", less)) if rows.any()]


def tell(
    ax: Axes,
    subject: str,
    lang: str,
    words: dict[str, object],
    *,
    title: str = "title",
    alt: str = "alt",
    caption: str = "caption",
    said: str = "sentence",
    also: Sequence[str] = (),
    **more: object,
) -> Axes:
    """Give a chart the words of its subject (`annotate`): `<subject>_title`, `_alt`, `_caption`, `_sentence`.

    `title`, `alt`, `caption` and `said` name another variant of theirs in the vocabulary, such as `title_few`; `also`
    the sentences that the caption goes on with, since what they tell of is drawn.
    """
    keys = {"title": title, "alt": alt, "caption": caption, "sentence": said}
    told = {part: vocabulary.sentence(f"{subject}_{key}", lang, **words) for part, key in keys.items()}
    told["caption"] = goes_on(told["caption"], also, lang, words)
    return annotate(ax, **told | more, lang=lang)


def goes_on(text: str, keys: Iterable[str], lang: str, words: dict[str, object]) -> str:
    """Return a text with some sentences after it."""
    return (" " if lang == "en" else "").join([text, *(vocabulary.sentence(key, lang, **words) for key in keys)])
