"""A chart with its words and the table behind it, as a notebook shows it."""

import io
import re
import warnings

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter
from matplotlib.transforms import Bbox

from src.analysis.charts import style
from src.codebook import vocabulary
from src.reports.describe.words import Words
from src.reports.outputs import display_block, say
from src.reports.outputs import table as show_table
from src.reports.tables import table_of

DPI = 144
SLACK = 0.01  # inches that something may reach over the edge
SHORTEST_ALT = 12  # characters: less says that there is a chart, not what it shows
RATIOS = ["raw", "estimate", "lower", "upper", "lower_exact", "upper_exact", "overall", "p", "phi", "z"]
ROWS_ALONE = 40  # a longer table says nothing where its chart says nothing


def show(ax: Axes, table: pd.DataFrame | None = None, words: Words | None = None, lang: str | None = None) -> None:
    """Show a chart: its title, the picture with alt text, its sentence and caption, and the table behind it.

    Where a table gave no picture (`plot_…` left a note in the axes), the sentence that says why, and the table alone.
    The figure is closed, so that a notebook does not show it twice; the axes may be changed and shown again. Raises
    `ValueError` for a chart without words, or with an alt text too short to say what the picture shows.
    """
    import matplotlib.pyplot as plt

    figure = ax.get_figure(root=True)
    lang = lang or (words.lang if words else "zh")
    if table is not None and (reason := style.reason_noted(ax)):
        plt.close(figure)
        _show_table_alone(table, reason, words.method if words else "", lang)
        return
    if words is None:
        raise ValueError(vocabulary.both("chart_without_words"))
    if len(words.alt.strip()) < SHORTEST_ALT:
        raise ValueError(vocabulary.both("alt_too_short", alt=words.alt, least=SHORTEST_ALT))
    png, missing = picture(figure)
    plt.close(figure)
    caption = words.caption
    if missing:
        caption = f"{caption} {vocabulary.sentence('missing_glyphs', lang, characters=missing)}".strip()
    behind = None
    if table is not None:
        behind = table_of(table, words.title, lang, words.percent, words.method or "table").as_json()
    text = "\n".join(filter(None, (words.title, words.sentence, caption)))
    carried = {name: getattr(words, name) for name in ("title", "alt", "sentence", "method")}
    display_block("figure", text, png, **carried, caption=caption, table=behind)


def _show_table_alone(frame: pd.DataFrame, reason: str, name: str, lang: str) -> None:
    """Say why nothing is drawn, and show the table where it has rows that say something by themselves."""
    listed = reason != "none" and len(frame) <= ROWS_ALONE
    unlisted = "" if listed or reason not in ("too_few", "no_base") else "_unlisted"
    say(vocabulary.sentence(f"not_drawn_{reason}{unlisted}", lang), lang)
    if listed:
        if {"current", "reference"} <= set(frame):  # a change is stated as its counts
            frame = frame.drop(columns=RATIOS, errors="ignore")
        shares = ("estimate", "lower", "upper", "share") if {"x", "n"} <= set(frame) else ()
        show_table(frame, vocabulary.sentence("table_alone", lang), lang, percent=shares, name=name or "table")


def picture(figure: Figure) -> tuple[bytes, str]:
    """Return a figure as a small PNG, the same bytes each time, and the characters that no font at hand could draw.

    What is laid out by us is drawn as it is; where a title or another size left something outside, there is made room.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.set_dpi(DPI)
    _prepare(figure)
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings(record=True) as warned:
        canvas.draw()
        drawn = canvas.buffer_rgba()
        if box := _room_for_all(figure):
            whole = io.BytesIO()
            figure.savefig(whole, format="png", dpi=DPI, bbox_inches=box)
            drawn = np.asarray(Image.open(whole).convert("RGBA"))
    missing = set()
    for warning in warned:
        if found := re.match(r"Glyph (\d+) ", str(warning.message)):
            missing.add(chr(int(found[1])))
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    drawn = Image.fromarray(np.asarray(drawn)).convert("RGB")
    small = io.BytesIO()
    # 64 colours without dither: a quarter of the size, and flat colours stay flat. Chosen to cover all that is drawn:
    # a median cut goes by area, and a single small mark in its own colour would come out grey.
    few = drawn.quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(small, "PNG", compress_level=6, dpi=(DPI, DPI))  # the highest level: 10 % smaller in 7 times the time
    return small.getvalue(), "".join(sorted(missing))


def _prepare(figure: Figure) -> None:
    """Lay a chart of ours out for the size it was given since, and give texts of any chart fonts that have Chinese."""
    if getattr(figure, "laid_out_for", None) not in (None, tuple(figure.get_size_inches())):
        style.lay_out(figure)
    for text in figure.findobj(Text):
        if style.FAMILY not in text.get_fontfamily():
            text.set_fontfamily([*text.get_fontfamily(), *style.families()])
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        for tick in axis.get_major_ticks():
            if isinstance(axis.get_major_formatter(), LogFormatter):
                tick.label1.set_parse_math(True)  # powers of ten are formulas
            elif not axis.get_label_text():  # nothing stands beyond them: they are measured to be drawn, not thrice
                tick.label1.set_in_layout(False)


def _room_for_all(figure: Figure) -> Bbox | None:
    """Return the box, in inches, of a figure of which a title, a label or a mark lies in part outside; else nothing."""
    page, drawn = Bbox([[0, 0], figure.get_size_inches()]), figure.get_tightbbox()
    within = Bbox.union([page.padded(SLACK), drawn]).size - page.padded(SLACK).size
    return None if within.max() <= 0 else Bbox.union([page, drawn.padded(0.1)])
