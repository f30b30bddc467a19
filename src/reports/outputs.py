"""What a notebook shows, block by block: a chart, a table, a sentence, the opening of a page; data beside its HTML."""

import base64
import os
from collections import Counter
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import style
from src.codebook.messages import one_language
from src.codebook.vocabulary import both, case_of, sentence
from src.reports import pictures
from src.reports.describe.words import Words
from src.reports.html import block_html, picture_html
from src.reports.tables import Table, table_of

BLOCK = "application/vnd.analysis.block+json"  # a block's words and tables, for page, workbook and briefing
PICTURES = "ANALYSIS_PICTURES"  # in the environment of a run's cells: the formats of charts
SHORTEST_ALT = 12  # characters: less says that there is a chart, not what it shows
RATIOS = ["raw", "estimate", "lower", "upper", "lower_exact", "upper_exact", "overall", "p", "phi", "z"]
ROWS_ALONE = 40  # a longer table says nothing where its chart says nothing
displayed: Counter[str] = Counter()  # how many blocks of each kind, since the report was opened


def display_block(block: str, text: str, png: bytes = b"", svg: str = "", **content: Any) -> None:
    """Display one block, for people as HTML and text (and a chart as PNG), and as the data it is made from.

    In a run nobody looks at a cell: its data and pictures are all there is.
    """
    from IPython import get_ipython
    from IPython.display import display

    displayed[block] += 1
    if get_ipython() is None:  # a script: nobody could look at HTML there
        print(text)
        return
    stated = {"block": block, **content}
    data = {BLOCK: stated, "text/plain": text}
    if not os.environ.get(PICTURES):
        data["text/html"] = block_html(stated, picture_html(png, content["alt"]) if png else "")
    if png:
        data["image/png"] = base64.b64encode(png).decode("ascii")
    if svg:
        data["image/svg+xml"] = svg
    display(data, raw=True)


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
        raise ValueError(both("chart_without_words"))
    if len(words.alt.strip()) < SHORTEST_ALT:
        raise ValueError(both("alt_too_short", alt=words.alt, least=SHORTEST_ALT))
    formats = (os.environ.get(PICTURES) or "png").split(",")  # PNG has its letters with it
    svg, missing = pictures.svg(figure, words.alt) if "svg" in formats else ("", "")
    png, missing = pictures.png(figure) if "png" in formats else (b"", missing)
    plt.close(figure)
    caption = words.caption
    if missing:
        caption = f"{caption} {sentence('missing_glyphs', lang, characters=missing)}".strip()
    behind = None
    if table is not None:
        behind = table_of(table, words.title, lang, words.percent, words.method or "table").as_json()
    text = "\n".join(filter(None, (words.title, words.sentence, caption)))
    carried = {name: getattr(words, name) for name in ("title", "alt", "sentence", "method")}
    display_block("figure", text, png, svg, **carried, caption=caption, table=behind)


def _show_table_alone(frame: pd.DataFrame, reason: str, name: str, lang: str) -> None:
    """Say why nothing is drawn, and show the table where it has rows that say something by themselves."""
    if reason == "none":  # nothing to say: a section of nothing else is left out of the page
        return
    listed = len(frame) <= ROWS_ALONE
    unlisted = "" if listed or reason not in ("too_few", "no_base") else "unlisted"
    say(sentence("not_drawn", lang, case=case_of(reason, unlisted)), lang)
    if listed:
        if {"current", "reference"} <= set(frame):  # a change is stated as its counts
            frame = frame.drop(columns=RATIOS, errors="ignore")
        shares = ("estimate", "lower", "upper", "share") if {"x", "n"} <= set(frame) else ()
        table(frame, sentence("table_alone", lang), lang, percent=shares, name=name or "table")


def table(frame: pd.DataFrame, caption: str, lang: str = "zh", **options: Any) -> None:
    """Show a table with its caption (`table_of` has the options); on the page a reader downloads the whole."""
    made = table_of(frame, one_language(caption, lang), lang, **options)
    text = f"{made.caption}\n{frame.to_string(index=False, max_rows=20)}"
    display_block("table", text, table=made.as_json())


def say(text: str, lang: str = "zh") -> None:
    """Show one computed sentence, if there is any; whatever it holds is shown as text, never run."""
    if text := one_language(text, lang):
        display_block("sentence", text, sentence=text)


def format_plain_frames(lang: str) -> None:
    """Have what a cell leaves as a plain frame or series stand on the page as a table of ours.

    JupyterLab shows it as pandas does; the output carries both.
    """
    from IPython import get_ipython

    if (shell := get_ipython()) is None:
        return

    def bundle(thing: pd.DataFrame | pd.Series, **_: Any) -> dict[str, Any]:
        made = plain_table(thing, lang)
        return {BLOCK: {"block": "table", "table": made.as_json()}} if made else {}

    for kind in (pd.DataFrame, pd.Series):
        shell.display_formatter.mimebundle_formatter.for_type(kind, bundle)


def plain_table(thing: pd.DataFrame | pd.Series, lang: str) -> Table | None:
    """Return a frame that nobody gave a caption as a table: numbers rounded, without an index that only counts.

    Nothing where it cannot be one: two columns of one name.
    """
    frame = thing.to_frame(name="value" if thing.name is None else thing.name) if thing.ndim == 1 else thing
    if not isinstance(frame.index, pd.RangeIndex) and (frame.index.names != [None] or thing.ndim == 1):
        frame = frame.reset_index()
    frame = frame.set_axis([_name(column) for column in frame.columns], axis=1)
    return table_of(frame, sentence("plain_table", lang), lang) if frame.columns.is_unique else None


def _name(column: Any) -> str:
    return " ".join(str(part) for part in column if part != "") if isinstance(column, tuple) else str(column)
