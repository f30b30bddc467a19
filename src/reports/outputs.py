"""What a notebook shows, block by block: a table, a sentence, the opening of a page; each marked for the page."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from src.codebook.messages import one_language
from src.codebook.vocabulary import sentence
from src.reports.html import ROWS_SHOWN, table_html

MARK = "analysis"  # under this name an output says in its metadata what block of the page it is
displayed: Counter[str] = Counter()  # how many blocks of each kind, since the report was opened
PAGE_TABLE = "application/vnd.analysis.table+html"  # a plain frame as the page shows it; JupyterLab shows pandas' own


def display_block(block: str, html: str, text: str, png: str = "", **words: Any) -> None:
    """Display one block as HTML and as plain text (and a chart as PNG), marked for the page."""
    from IPython import get_ipython
    from IPython.display import display

    displayed[block] += 1
    if get_ipython() is None:  # a script: nobody could look at HTML there
        print(text)
        return
    data = {"text/html": html, "text/plain": text}
    metadata: dict[str, Any] = {MARK: {"block": block, **words}}
    if png:
        data["image/png"] = png
        metadata["image/png"] = words
    display(data, raw=True, metadata=metadata)


def paragraph(kind: str, text: str) -> str:
    """Return a text as one paragraph of a kind, escaped; nothing for no text."""
    return f'<p class="{kind}">{escape(text)}</p>' if text else ""


def table(
    frame: pd.DataFrame,
    caption: str,
    lang: str = "zh",
    percent: Sequence[str] = (),
    name: str = "table",
    rows: int = ROWS_SHOWN,
) -> None:
    """Show a table with its caption, its first `rows`; on the page a reader downloads the whole as CSV."""
    caption = one_language(caption, lang)
    html = table_html(frame, caption, lang, percent, name, rows)
    display_block("table", html, f"{caption}\n{frame.to_string(index=False, max_rows=20)}", caption=caption)


def say(text: str, lang: str = "zh") -> None:
    """Show one computed sentence, if there is any; whatever it holds is shown as text, never run."""
    if text := one_language(text, lang):
        display_block("sentence", paragraph("finding", text), text, sentence=text)


def summary(
    title: str,
    key_sentence: str,
    figures: Sequence[tuple[str, str, str]] = (),
    findings: Sequence[tuple[str, str]] = (),
) -> None:
    """Show what the page opens with: its title, the sentence to remember, few figures (name, value, verdict).

    Then the key findings, each a sentence and what it cannot say (`key_findings` of the reports ranks them).
    """
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd><strong>{escape(value)}</strong> <span>{escape(verdict)}</span></dd></div>"
        for name, value, verdict in figures
    )
    limits = [f' <span class="limit">{escape(limit)}</span>' if limit else "" for _, limit in findings]
    items = "".join(f"<li>{escape(text)}{limit}</li>" for (text, _), limit in zip(findings, limits, strict=True))
    html = (
        f'<p class="key"><strong>{escape(key_sentence)}</strong></p>'
        + (f'<dl class="figures">{tiles}</dl>' if tiles else "")
        + (f'<ol class="findings">{items}</ol>' if items else "")
    )
    listed = [f"{text} {limit}".strip() for text, limit in findings]
    carried = {"figures": [list(figure) for figure in figures], "findings": listed}
    text = "\n".join([title, key_sentence, *listed])
    display_block("headline", html, text, title=title, sentence=key_sentence, **carried)


def format_plain_frames(lang: str) -> None:
    """Have what a cell leaves as a plain frame or series stand on the page as a table of ours.

    JupyterLab shows it as pandas does; the output carries both.
    """
    from IPython import get_ipython

    if (shell := get_ipython()) is None:
        return

    def bundle(thing: pd.DataFrame | pd.Series, **_: Any) -> dict[str, str]:
        html = plain_table(thing, lang)
        return {PAGE_TABLE: html} if html else {}

    for kind in (pd.DataFrame, pd.Series):
        shell.display_formatter.mimebundle_formatter.for_type(kind, bundle)


def plain_table(thing: pd.DataFrame | pd.Series, lang: str) -> str:
    """Return a frame that nobody gave a caption as a table: numbers rounded, without an index that only counts.

    Empty where it cannot be one: two columns of one name.
    """
    frame = thing.to_frame(name="value" if thing.name is None else thing.name) if thing.ndim == 1 else thing
    if not isinstance(frame.index, pd.RangeIndex) and (frame.index.names != [None] or thing.ndim == 1):
        frame = frame.reset_index()
    frame = frame.set_axis([_name(column) for column in frame.columns], axis=1)
    return table_html(frame, sentence("plain_table", lang), lang) if frame.columns.is_unique else ""


def _name(column: Any) -> str:
    return " ".join(str(part) for part in column if part != "") if isinstance(column, tuple) else str(column)
