"""A chart with its words and the table behind it, as a notebook shows it."""

import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import style
from src.codebook import vocabulary
from src.reports import outputs, pictures
from src.reports.describe.words import Words
from src.reports.outputs import display_block, say
from src.reports.outputs import table as show_table
from src.reports.tables import table_of

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
    formats = outputs.pictures_asked_for()
    svg, missing = pictures.svg(figure, words.alt) if "svg" in formats else ("", "")
    png, missing = pictures.png(figure) if "png" in formats else (b"", missing)
    plt.close(figure)
    caption = words.caption
    if missing:
        caption = f"{caption} {vocabulary.sentence('missing_glyphs', lang, characters=missing)}".strip()
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
    say(vocabulary.sentence("not_drawn", lang, case=vocabulary.case_of(reason, unlisted)), lang)
    if listed:
        if {"current", "reference"} <= set(frame):  # a change is stated as its counts
            frame = frame.drop(columns=RATIOS, errors="ignore")
        shares = ("estimate", "lower", "upper", "share") if {"x", "n"} <= set(frame) else ()
        show_table(frame, vocabulary.sentence("table_alone", lang), lang, percent=shares, name=name or "table")
