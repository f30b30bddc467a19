"""Cells that a page draws, small and inline, never without words: a verdict's icon, a line of months, links.

A drawing is data (what `Drawn` carries and JSON keeps): `{"icon": "fell_more"}` before the text (read as its `words`),
with `"alone"` in its place, `{"line": [31, 28, None, 30]}` in its place (with `low` and `high`, a band behind it;
`since`: how many months come before the period), `{"places": {"buji": "布吉街道"}}`, links where the site has pages.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any

LINE, BANDED = (96, 18), (150, 30)  # how wide and high a line is, alone and over a band
LETTER = 14  # so wide is a letter: a line grows with the text of its table
WHOLE = "—"  # runs of it are not broken
ROOM = {"line": 8, "band": 12, "icon": 1}  # dashes that a drawing takes in place of its text
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
    return WHOLE * ROOM[kind] + beside if kind else text


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
    last = f'<circle cx="{drawn[-1][0]:.0f}" cy="{drawn[-1][1]:.1f}" r="2" fill="currentColor"/>' if drawn[-1] else ""
    return (
        f'<svg viewBox="0 0 {wide} {tall}" width="{wide / LETTER:.2f}em" height="{tall / LETTER:.2f}em" role="img">'
        f"<title>{escape(title)}</title>"
        + (f'<path d="{band}" fill="currentColor" opacity=".13"/>' if band else "")
        + '<g fill="none" stroke="currentColor" stroke-width="1.2">'
        + (f'<path d="{_runs(drawn[: since + 1])}" opacity=".5"/>' if since else "")
        + f'<path d="{_runs(drawn[since:])}" style="color:{colour}"/></g><g style="color:{colour}">{last}</g></svg>'
    )


def _runs(points: Sequence[tuple[float, float] | None]) -> str:
    """Return a path through points, broken where one is missing."""
    return "".join(_path(run) for is_known, run in groupby(points, bool) if is_known)


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.1f}" for x, y in points)
