"""Cells that a page draws, small and inline, never without words: a verdict's icon, a line of months, a link.

A drawing is data (what `Drawn` carries and JSON keeps): `{"icon": "fell_more"}` before the text, with `"alone"` in its
place, `{"line": [31, 28, None, 30]}` in its place, `{"place": "buji"}`, which the site makes a link where it has pages.
"""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Any

WIDE, HIGH = 96, 18  # of a line, in its own units
ROOM = {"line": 6, "icon": 1}  # letters that a drawing takes in place of its text
BLUE, ORANGE = "var(--accent,#0b5d8f)", "var(--warn,#8a4b00)"  # with the page's style sheet as light or dark has them
DOWN = '<path d="M1.5 2.5h9L6 10z" fill="none" stroke="currentColor" stroke-width="1.5"/>'
BAR_DOWN = '<path d="M0 0h12v2H0zM0 3.5h12L6 12z" fill="currentColor"/>'
SHAPES = {  # the shape says it, the colour only again
    "fell_more": (BLUE, DOWN),
    "fell_unlike": (BLUE, BAR_DOWN),
    "rose_more": (ORANGE, f'<g transform="rotate(180 6 6)">{DOWN}</g>'),
    "rose_unlike": (ORANGE, f'<g transform="rotate(180 6 6)">{BAR_DOWN}</g>'),
    "within": ("inherit", '<circle cx="6" cy="6" r="1.8" fill="currentColor"/>'),
    "unknown": ("inherit", '<path d="M2 6h2M8 6h2" stroke="currentColor" stroke-width="1.5"/>'),
}


def drawing_html(text: str, drawing: dict[str, Any]) -> str:
    """Return a cell as a page draws it; whatever its text holds is shown as text."""
    if "place" in drawing:
        return f'<a data-place="{escape(drawing["place"])}">{escape(text)}</a>'
    if "line" in drawing:
        return _line(drawing["line"], text)
    icon = _icon(drawing["icon"], text if drawing.get("alone") else "")
    return icon if drawing.get("alone") else f"{icon} {escape(text)}"


def room_of(text: str, drawing: dict[str, Any] | None) -> str:
    """Return a text as wide as what is drawn in place of this one."""
    kind = "line" if "line" in (drawing or {}) else "icon" if (drawing or {}).get("alone") else ""
    return "口" * ROOM[kind] if kind else text


def _icon(name: str, title: str) -> str:
    colour, shape = SHAPES[name]
    spoken = f'role="img"><title>{escape(title)}</title>' if title else 'aria-hidden="true">'
    return f'<svg viewBox="0 0 12 12" width="12" height="12" style="color:{colour}" {spoken}{shape}</svg>'


def _line(counts: Sequence[float | None], title: str) -> str:
    """Return counts as a line from zero, broken where one is missing, with a dot for the last."""
    known = [count for count in counts if count is not None]
    across, up = (WIDE - 6) / max(len(counts) - 1, 1), (HIGH - 4) / max([*known, 1])
    points = [None if count is None else (2 + n * across, HIGH - 2 - count * up) for n, count in enumerate(counts)]
    path = "".join(
        "M" + "L".join(f"{x:.0f} {y:.1f}" for x, y in run) for is_known, run in groupby(points, bool) if is_known
    )
    dot = f'<circle cx="{points[-1][0]:.0f}" cy="{points[-1][1]:.1f}" r="2" fill="currentColor"/>' if points[-1] else ""
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}" role="img"><title>{escape(title)}</title>'
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.2"/>{dot}</svg>'
    )
