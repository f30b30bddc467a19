"""Blocks of a notebook as accessible HTML, for JupyterLab and for the page."""

import base64
from collections.abc import Callable, Sequence
from html import escape
from itertools import repeat
from typing import Any

from src.codebook.vocabulary import sentence
from src.reports.drawings import drawing_html, room_of
from src.reports.tables import Table
from src.reports.widths import HEAD_SIZE, widths

ROOM = 46  # of a page for a table, in font sizes
Leads = Callable[[Table], str]  # gives the link to a whole table


def csv_link(table: Table) -> str:
    """Return a link that carries the table as CSV within itself; the page needs no second file."""
    data, file = base64.b64encode(table.csv()).decode("ascii"), escape(f"{table.name}.csv")
    text = sentence("download_csv", table.lang, file=file)
    return f'<a class="csv" download="{file}" href="data:text/csv;charset=utf-8;base64,{data}">{text}</a>'


def block_html(block: dict[str, Any], picture: str = "", leads: Leads = csv_link, method: str = "") -> str:
    """Return a block as HTML; whatever it holds is shown as text, never run.

    `picture` is a chart's, `leads` gives the link to a whole table, `method` the one to what is said of the method.
    """
    kind = block["block"]
    if kind == "figure":
        return _figure(block, picture, leads, method)
    if kind == "table":
        return table_html(Table.read(block["table"]), leads, block.get("name", ""))
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
    title, name = escape(block["title"]), escape(block.get("name", "figure"))
    linked = f'<p class="title"><strong><a href="#{name}">{title}</a></strong></p>'
    pan = f'<div class="pan" role="group" tabindex="0" aria-label="{title}">{picture}</div>'
    html = f'<figure class="chart" id="{name}">{linked}{pan}<figcaption>{below}</figcaption></figure>'
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
        figures = table_html(Table.read(table), leads, block.get("name", "")) + paragraph("caption", block["note"])
    listed = f'<ol class="findings">{items}</ol>' if items else ""
    return f'<p class="key"><strong>{escape(block["sentence"])}</strong></p>{figures}{listed}'


def table_html(table: Table, leads: Leads = csv_link, anchor: str = "") -> str:
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
    rooms = widths(heads, [[room_of(*cell) for cell in cells] for cells in columns], numeric, ROOM)
    inline, named = leads is csv_link, f' id="{escape(anchor)}"' if anchor else ""
    head = "".join(
        f'<th scope="col"{_align(right, inline, room)}>{escape(text)}</th>'
        for text, right, room in zip(heads, numeric, rooms, strict=True)
    )
    sides = [_align(right, inline) for right in numeric]
    body = "".join(f"<tr>{_row(row, sides)}</tr>" for row in zip(*columns, strict=True))
    cut = sentence("rows_cut", table.lang, shown=table.rows_shown, rows=len(table))
    return (
        f'<div class="table"{named} role="region" tabindex="0" aria-label="{caption}">'
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
