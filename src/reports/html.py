"""Blocks of a notebook as accessible HTML, for JupyterLab and for the page."""

import base64
from collections.abc import Callable, Sequence
from html import escape
from itertools import repeat
from typing import Any

from src.analysis.charts.labels import drawn, wrap
from src.codebook.vocabulary import sentence
from src.reports.drawings import drawing_html, room_of
from src.reports.tables import Table

# Widths in font sizes. Up to the first a text stays whole, else it has the second at least (two words of Chinese in a
# line) and so many lines at most, or the most; where a table has room for it, cells stay whole to the length of a name.
HEAD, CELL, NAME, LINES, MOST, WIDEST, PADDING = (3.0, 3.0), (5.0, 4.5), (9.0, 4.5), 4, 12.0, 18.0, 0.85
ROOM = 46  # of a page for a table
BOLD, HEAD_SIZE = 1.06, 0.92  # letters beside regular ones; a head beside the cells under it, as in the style sheet
Leads = Callable[[Table], str]  # gives the link to a whole table


def csv_link(table: Table) -> str:
    """Return a link that carries the table as CSV within itself; the page needs no second file."""
    return csv_within(table, f"{table.name}.csv")


def csv_within(table: Table, file: str) -> str:
    """Return a link that carries the table as a CSV file of that name."""
    data = base64.b64encode(table.csv()).decode("ascii")
    text = escape(sentence("download_csv", table.lang))
    return f'<a class="csv" download="{escape(file)}" href="data:text/csv;charset=utf-8;base64,{data}">{text}</a>'


def block_html(block: dict[str, Any], picture: str = "", leads: Leads = csv_link, method: str = "") -> str:
    """Return a block as HTML; whatever it holds is shown as text, never run.

    `picture` is a chart's, `leads` gives the link to a whole table, `method` the one to what is said of the method.
    """
    kind = block["block"]
    if kind == "figure":
        return _figure(block, picture, leads, method)
    if kind == "table":
        return table_html(Table.read(block["table"]), leads)
    if kind == "headline":
        return _headline(block, leads)
    if kind == "notes":
        return "".join(paragraph("note", note) for note in block["notes"])
    return paragraph("finding", block.get("sentence", ""))  # where numbers come from stands on the page alone


def paragraph(kind: str, text: str, more: str = "") -> str:
    """Return a text as one paragraph of a kind, escaped, and HTML after it; nothing for no text."""
    return f'<p class="{kind}">{escape(text)}{more}</p>' if text else ""


def picture_html(png: bytes, alt: str) -> str:
    """Return a picture that fits where it stands, also without the page's style sheet."""
    wide, high = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))  # PNG header: width, height
    data = base64.b64encode(png).decode("ascii")
    fits = "max-width:100%;height:auto;background:#fff"
    return f'<img alt="{escape(alt)}" width="{wide}" height="{high}" style="{fits}" src="data:image/png;base64,{data}">'


def _figure(block: dict[str, Any], picture: str, leads: Leads, method: str) -> str:
    below = paragraph("finding", block["sentence"]) + paragraph("caption", block["caption"], method)
    title = f'<p class="title"><strong>{escape(block["title"])}</strong></p>'
    pan = f'<div class="pan" role="group" tabindex="0" aria-label="{escape(block["title"])}">{picture}</div>'
    html = f'<figure class="chart">{title}{pan}<figcaption>{below}</figcaption></figure>'
    if block["table"] is None:
        return html
    table = Table.read(block["table"])
    behind = escape(sentence("table_behind", table.lang))
    return f"{html}<details><summary>{behind}</summary>{table_html(table, leads)}</details>"


def _headline(block: dict[str, Any], leads: Leads) -> str:
    """Return what a page opens with: the sentence, its figures (in a table where there is one), and the findings."""
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd><strong>{escape(value)}</strong> <span>{escape(verdict)}</span></dd></div>"
        for name, value, verdict in block["figures"]
    )
    items = "".join(
        f"<li>{escape(text)}" + (f' <span class="limit">{escape(limit)}</span>' if limit else "") + "</li>"
        for text, limit in block["findings"]
    )
    figures = f'<dl class="figures">{tiles}</dl>' if tiles else ""
    if table := block.get("table"):
        figures = table_html(Table.read(table), leads) + paragraph("caption", block["note"])
    listed = f'<ol class="findings">{items}</ol>' if items else ""
    return f'<p class="key"><strong>{escape(block["sentence"])}</strong></p>{figures}{listed}'


def table_html(table: Table, leads: Leads = csv_link) -> str:
    """Return a captioned table with scopes, numbers to the right, and what leads to the whole of it.

    Each column says how narrow it may become, and the table what that comes to: the page's style sheet sets its font
    by it. In JupyterLab, without that style sheet, cells say themselves to which side they stand.
    """
    caption = escape(table.caption)
    numeric = [column.is_number for column in table.spoken]
    heads = [column.head for column in table.spoken]
    columns = [
        [*zip(table.shown(column), column.drawings or repeat(None), strict=False)]  # of long tables the first rows
        for column in table.spoken
    ]
    rooms = _rooms(heads, [[room_of(*cell) for cell in cells] for cells in columns], numeric)
    inline = leads is csv_link
    head = "".join(
        f'<th scope="col"{_align(right, inline, room)}>{escape(text)}</th>'
        for text, right, room in zip(heads, numeric, rooms, strict=True)
    )
    sides = [_align(right, inline) for right in numeric]
    body = "".join(f"<tr>{_row(row, sides)}</tr>" for row in zip(*columns, strict=True))
    cut = sentence("rows_cut", table.lang, shown=table.rows_shown, rows=len(table))
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{caption}">'
        f'<table class="numbers" style="--em:{sum(rooms) + 0.5:.1f}"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{paragraph('cut', cut) if len(table) > table.rows_shown else ''}{leads(table)}"
    )


def _row(row: Sequence[tuple[str, dict | None]], sides: Sequence[str]) -> str:
    first, *cells = [drawing_html(text, drawing) if drawing else escape(text) for text, drawing in row]
    return f'<th scope="row"{sides[0]}>{first}</th>' + "".join(
        f"<td{side}>{cell}</td>" for cell, side in zip(cells, sides[1:], strict=True)
    )


def _align(right: bool, inline: bool, room: float = 0) -> str:
    side = f"text-align:{'right' if right else 'left'}" if inline else ""
    style = ";".join(filter(None, [side, f"min-width:{room / HEAD_SIZE:.3g}em" if room else ""]))
    return ("" if right else ' class="t"') + (f' style="{style}"' if style else "")


def _rooms(heads: Sequence[str], columns: Sequence[Sequence[str]], numeric: Sequence[bool]) -> list[float]:
    """Return how narrow each column may become, padding included: numbers stay whole, texts and heads are broken."""
    for cell in (NAME, CELL):
        needed = [
            max((drawn(text) if right else _broken(text, *cell) for text in set(texts)), default=0.0)
            for texts, right in zip(columns, numeric, strict=True)
        ]
        needed[0] *= BOLD
        least = [BOLD * HEAD_SIZE * _broken(head, *HEAD) for head in heads]
        rooms = [min(max(pair), WIDEST) + PADDING for pair in zip(needed, least, strict=True)]
        if sum(rooms) <= ROOM:
            break
    return rooms


def _broken(text: str, whole: float, least: float) -> float:
    """Return how narrow a text may become: whole words, no more than `LINES` lines unless it is long."""
    width = drawn(text)
    if width <= whole:
        return width
    return max(least, min(width / LINES, MOST), *map(drawn, wrap(text, 0).split("\n")))
