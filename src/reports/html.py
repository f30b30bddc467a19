"""Blocks of a notebook as accessible HTML, for JupyterLab and for the page, and the cells of tables that are drawn.

A drawing is small and inline, never without words: a verdict's icon, a line of months, links. It is data (what `Drawn`
carries and JSON keeps): `{"icon": "fell_more"}` before the text (read as its `words`), with `"alone"` in its place,
`{"line": [31, 28, None, 30]}` in its place (with `low` and `high`, a band behind it; `since`: how many months come
before the period), `{"places": {"buji": "布吉街道"}}`, links where the site has pages.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import groupby, pairwise, repeat
from typing import Any

from src.codebook.vocabulary import sentence
from src.reports.tables import HEAD_SIZE, Table, widths

ROOM = 46  # of a page for a table, in font sizes
LINE, BANDED = (96, 18), (150, 30)  # how wide and high a line is, alone and over a band
LETTER = 14  # so wide is a letter: a line grows with the text of its table
WHOLE = "—"  # runs of it are not broken
ROOM_OF = {"line": 8, "band": 12, "icon": 1}  # dashes that a drawing takes in place of its text
BLUE, ORANGE = "var(--accent,#0b5d8f)", "var(--warn,#8a4b00)"  # with the page's style sheet as light or dark has them
DOWN = '<path d="M1.5 2.5h9L6 10z" fill="none" stroke="currentColor" stroke-width="1.5"/>'
BAR_DOWN = '<path d="M0 0h12v2H0zM0 3.5h12L6 12z" fill="currentColor"/>'
SHAPES = {  # the shape says it, the colour only again
    "fell_more": (BLUE, DOWN),
    "fell_unlike": (BLUE, BAR_DOWN),
    "rose_more": (ORANGE, f'<g transform="rotate(180 6 6)">{DOWN}</g>'),
    "rose_unlike": (ORANGE, f'<g transform="rotate(180 6 6)">{BAR_DOWN}</g>'),
    "within": ("inherit", '<circle cx="6" cy="6" r="1.8" fill="currentColor"/>'),
    "likely_met": (BLUE, '<path d="M1.5 6.5l3 3 6-7" fill="none" stroke="currentColor" stroke-width="1.8"/>'),
    "likely_missed": (ORANGE, '<path d="M2 2l8 8M10 2l-8 8" fill="none" stroke="currentColor" stroke-width="1.8"/>'),
    "open": ("inherit", '<circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.5"/>'),
    "unknown": ("inherit", '<path d="M2 6h2M8 6h2" stroke="currentColor" stroke-width="1.5"/>'),
}
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


def drawing_html(text: str, drawing: dict[str, Any]) -> str:
    """Return a cell as a page draws it; whatever its text holds is shown as text."""
    if "places" in drawing:
        links = [f'<a data-place="{escape(slug)}">{escape(name)}</a>' for slug, name in drawing["places"].items()]
        return " ".join(links)
    if "line" in drawing:
        return _line(text, **drawing)
    icon = _icon(drawing["icon"], text if drawing.get("alone") else drawing.get("words", ""))
    return icon if drawing.get("alone") else f"{icon}\N{NO-BREAK SPACE}{escape(text)}"


def room_of(text: str, drawing: dict[str, Any] | None) -> str:
    """Return a text as wide as what is drawn in place of this one, or before it."""
    drawing = drawing or {}
    kind = "band" if "low" in drawing else "line" if "line" in drawing else "icon" if "icon" in drawing else ""
    beside = f" {text}" if kind == "icon" and not drawing.get("alone") else ""
    return WHOLE * ROOM_OF[kind] + beside if kind else text


def _icon(name: str, title: str) -> str:
    colour, shape = SHAPES[name]
    spoken = f'role="img"><title>{escape(title)}</title>' if title else 'aria-hidden="true">'
    return f'<svg viewBox="0 0 12 12" width="12" height="12" style="color:{colour}" {spoken}{shape}</svg>'


def _line(
    title: str, line: Sequence[float | None], low: Sequence[float | None] = (), high: Sequence[float | None] = (),
    since: int = 0,
) -> str:  # fmt: skip
    """Return counts as a line from zero over its band, broken where one is missing, with a dot for the last."""
    known, (wide, tall) = [count for count in [*line, *high] if count is not None], BANDED if high else LINE
    across, up = (wide - 6) / max(len(line) - 1, 1), (tall - 4) / max([*known, 1])

    def points(counts: Sequence[float | None]) -> list[tuple[float, float] | None]:
        return [None if count is None else (2 + n * across, tall - 2 - count * up) for n, count in enumerate(counts)]

    ends = zip(points(low), points(high), strict=True)
    runs = [list(run) for is_known, run in groupby(ends, lambda pair: None not in pair) if is_known]
    band = "".join(_path([*(a for a, _ in run), *(b for _, b in reversed(run))]) + "Z" for run in runs)
    drawn, colour = points(line), BLUE if band else "inherit"
    last = f'<circle cx="{drawn[-1][0]:.0f}" cy="{drawn[-1][1]:.1f}" r="1.4" fill="currentColor"/>' if drawn[-1] else ""
    return (
        f'<svg viewBox="0 0 {wide} {tall}" width="{wide / LETTER:.2f}em" height="{tall / LETTER:.2f}em" role="img">'
        f"<title>{escape(title)}</title>"
        + (f'<path d="{band}" fill="currentColor" opacity=".13"/>' if band else "")
        + '<g fill="none" stroke="currentColor" stroke-width="1.2">'
        + (f'<path d="{_runs(drawn[: since + 1])}" opacity=".5"/>' if since else "")
        + f'<g style="color:{colour}"><path d="{_runs(drawn[since:])}"/>{last}</g></g></svg>'
    )


def _runs(points: Sequence[tuple[float, float] | None]) -> str:
    """Return a path through points, broken where one is missing."""
    return "".join(_path(run) for is_known, run in groupby(points, bool) if is_known)


def _path(points: Iterable[tuple[float, float]]) -> str:
    """Return a path by its steps, which take less room than places."""
    places = [(round(x), round(y, 1)) for x, y in points]
    steps = (f"l{x - x0} {y - y0:.1f}" for (x0, y0), (x, y) in pairwise(places))
    path = "".join([f"M{places[0][0]} {places[0][1]}", *steps, "l"]).replace(".0l", "l")[:-1]
    return path.replace(" 0.", " .").replace("-0.", "-.").replace(" -", "-")
