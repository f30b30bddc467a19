"""A chart with its words and the table behind it, as a notebook shows it."""

import base64
import io
import re
import warnings
from collections.abc import Callable
from html import escape

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from src.codebook import vocabulary
from src.reports.html import table_html
from src.reports.outputs import display_block, paragraph, say, table

DPI = 144
_FITS = "max-width:100%;height:auto;background:#fff"  # also where the page's style sheet is not, as in JupyterLab
# Flags of rows without a number to draw.
UNDRAWABLE = ("too_few", "too_short", "no_base", "no_population", "no_projects")
RATIOS = ["raw", "estimate", "lower", "upper", "lower_exact", "upper_exact", "overall", "p", "phi", "z"]
ROWS_ALONE = 40  # a longer table says nothing where its chart says nothing


def show(axes: Axes, table: pd.DataFrame | None = None, lang: str | None = None) -> None:
    """Show one chart as a picture with alt text, its sentence, its caption and the table behind it; closes the figure.

    Raises `ValueError` for a chart without words: every plot function ends in `style.annotate`.
    """
    import matplotlib.pyplot as plt

    figure = axes.get_figure(root=True)
    alt = getattr(figure, "alt_text", "").strip()
    if not alt:
        raise ValueError("show: the chart has no alt text; give it one by annotate(ax, title=…, alt=…).")
    lang = lang or figure.lang
    png, missing = picture(figure)
    plt.close(figure)
    caption = figure.caption
    if missing:
        caption = f"{caption} {vocabulary.sentence('missing_glyphs', lang, characters=missing)}".strip()
    encoded = base64.b64encode(png).decode("ascii")
    wide, high = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))  # PNG header: width, height
    method = f'<p class="caption" data-method="{escape(figure.method)}">'  # the page makes a link of it
    words = paragraph("finding", figure.sentence) + paragraph("caption", caption).replace('<p class="caption">', method)
    html = (
        f'<figure class="chart"><img alt="{escape(alt)}" width="{wide}" height="{high}" style="{_FITS}" '
        f'src="data:image/png;base64,{encoded}"><figcaption>{words}</figcaption></figure>'
        f"{_behind(table, figure, lang)}"
    )
    display_block("figure", html, figure.sentence or alt, encoded, alt=alt, caption=caption, sentence=figure.sentence)


def present(plot: Callable[..., Axes], frame: pd.DataFrame, lang: str, **options: object) -> None:
    """Show a chart with its table; where there is nothing, or too little, to draw, say why and show the table alone."""
    flag = _common_flag(frame)
    if not flag and _counts(frame):
        show(plot(frame, lang=lang, **options), frame)
        return
    listed = bool(flag) and len(frame) <= ROWS_ALONE
    unlisted = "" if listed or flag not in ("too_few", "no_base") else "_unlisted"
    say(vocabulary.sentence(f"not_drawn_{flag or 'none'}{unlisted}", lang))
    if listed:
        if {"current", "reference"} <= set(frame):  # a change is told as its counts
            frame = frame.drop(columns=RATIOS, errors="ignore")
        shares = ("estimate", "lower", "upper", "share") if {"x", "n"} <= set(frame) else ()
        name = plot.__name__.removeprefix("plot_")
        table(frame, vocabulary.sentence("table_alone", lang), lang, percent=shares, name=name)


def _counts(frame: pd.DataFrame) -> bool:
    """Return whether a tidy table counts anything at all."""
    counted = next((name for name in ("current", "x", "n", "estimate") if name in frame), None)
    told = [frame[name].fillna(0).sum() for name in (counted, "reference", "n") if name in frame]
    return not frame.empty and (counted is None or bool(sum(told)))


def _common_flag(table: pd.DataFrame) -> str:
    """Return why no row can be drawn, where one reason holds for all of them."""
    if "reference" in table and table["estimate"].isna().all():
        return "no_base"  # nothing to compare with: the data begin later
    flags = table["flag"].unique() if "flag" in table else []
    return flags[0] if len(flags) == 1 and flags[0] in UNDRAWABLE else ""


def picture(figure: Figure) -> tuple[bytes, str]:
    """Return a figure as a small PNG, the same bytes each time, and the characters that no font at hand could draw."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.set_dpi(DPI)
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) if not axis.get_label_text()):
        for tick in axis.get_major_ticks():  # nothing stands beyond them: they are measured to be drawn, not thrice
            tick.label1.set_in_layout(False)
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings(record=True) as said:
        canvas.draw()
    missing = set()
    for warning in said:
        if found := re.match(r"Glyph (\d+) ", str(warning.message)):
            missing.add(chr(int(found[1])))
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    small = io.BytesIO()
    # 64 colours without dither: a quarter of the size, and flat colours stay flat. Chosen to cover all that is drawn:
    # a median cut goes by area, and a single small mark in its own colour would come out grey.
    few = drawn.quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(small, "PNG", compress_level=6, dpi=(DPI, DPI))  # the highest level: 10 % smaller in 7 times the time
    return small.getvalue(), "".join(sorted(missing))


def _behind(table: pd.DataFrame | None, figure: Figure, lang: str) -> str:
    if table is None:
        return ""
    summary = escape(vocabulary.sentence("table_behind", lang))
    behind = table_html(table, figure.title_text, lang, figure.percent, figure.method or "table")
    return f"<details><summary>{summary}</summary>{behind}</details>"
