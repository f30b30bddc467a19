"""A figure as a picture: SVG whose text is the page's own, or PNG where that font is not (JupyterLab, Word)."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter
from matplotlib.transforms import Bbox

from src.analysis.charts import style

DPI = 144
SLACK = 0.01  # inches that something may reach over the edge
DENSE = 500  # points of a scatter: more are smaller as an image
# Colours of the house that the page's style sheet knows, so that they change in the dark and in print.
VARIABLES = {
    style.ACCENT: "c-accent", style.TINT: "c-tint", style.PALE: "c-pale", style.MORE: "c-more", style.INK: "c-ink",
    style.MUTED: "c-muted", style.LIGHT: "c-light", style.GRID: "c-grid", "#ffffff": "c-ground",
}  # fmt: skip
XLINK = "http://www.w3.org/1999/xlink"
_COLOUR = re.compile("|".join(VARIABLES))
_SVG = {"svg.fonttype": "none", "svg.hashsalt": "report"}  # text stays text, ids come from the content: equal bytes
_IDLE = "|".join(
    ("<!--.*?-->", "<metadata>.*?</metadata>", "<style.*?</style>", '<g id="[^"]*"/>', '(?<=<g) id="[^"]*"',
     r' transform="rotate\(-0 [^"]*"')
)  # fmt: skip
_ALIKE = r'<use [^>]* (style="[^"]*")/>(?:<use [^>]* \1/>)+'  # marks of one line
_NOTHING = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def svg(figure: Figure, alt: str) -> tuple[str, str]:
    """Return a figure as SVG within a page, and the characters that no font at hand could draw.

    Heat maps and dense scatters are images within; these keep their light ground, as their colours have no dark twin.
    """
    for dense in figure.findobj(_is_dense):
        dense.set_rasterized(True)
    with mpl.rc_context(_SVG):
        saved, missing = _saved(figure, format="svg", metadata=_NOTHING)
    drawn = _light(saved.decode("utf-8"))
    box, ground = re.search(r'viewBox="[^"]*"', drawn)[0], "light" if "<image" in drawn else "house"
    opening = f'<svg class="{ground}" role="img" aria-label="{escape(alt)}" {box}>'
    return re.sub(r"<svg[^>]*>", lambda _: opening, drawn, count=1), missing


def standalone(drawn: str, face: str) -> str:
    """Return an SVG of a page as a file of its own: in its colours and, where it is shown in a browser, its `face`.

    Programs that read no face from a file take the first of the listed ones that the machine has.
    """
    colours = {name: colour for colour, name in VARIABLES.items()}
    drawn = re.sub(r"var\(--(c-\w+)\)", lambda found: colours[found[1]], drawn)
    names = ", ".join(f"'{name}'" for name in (style.FAMILY, *style.INSTALLED))
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="{XLINK}" style="font-family:{names},sans-serif"'
    return drawn.replace("<svg", opening, 1).replace(">", f"><style>{face}</style>", 1)


def _light(drawn: str) -> str:
    """Return an SVG as a part of a page: in its letters and colours, without what says nothing there."""
    drawn = re.sub(_IDLE, "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    drawn = re.sub(r"\s*\n\s*", " ", drawn).replace("> <", "><")
    drawn = re.sub(r"<[^>]+>", _light_tag, drawn)
    groups: list[bool] = []  # those that are open: whether each was left out

    def without_idle(found: re.Match) -> str:
        if found[0] == "</g>":
            return "" if groups.pop() else "</g>"
        groups.append(found[0] == "<g>")
        return "" if groups[-1] else found[0]

    drawn = re.sub(r"</g>|<g(?: [^>]*[^/>])?>", without_idle, drawn)
    return re.sub(_ALIKE, lambda run: f"<g {run[1]}>{run[0].replace(f' {run[1]}', '')}</g>", drawn)


def _light_tag(found: re.Match) -> str:
    tag = re.sub(r"(\b0\.\d\d|\b\d+\.\d)\d+", r"\1", found[0])  # to a tenth of a point
    tag = re.sub(r"([:;]) ", r"\1", tag).replace(' "', '"')
    tag = re.sub(r"font-family:[^;\"]*;", "", tag)  # the page's own face
    tag = re.sub(r'(<use xlink:href="#m[^>]*?);stroke[^"]*', r"\1", tag)  # the mark itself states its stroke
    tag = tag if " C " in tag or " Q " in tag else tag.replace(" L ", " ")  # what follows a place is a line
    return _COLOUR.sub(lambda colour: f"var(--{VARIABLES[colour[0]]})", tag)


def _is_dense(artist: Artist) -> bool:
    return isinstance(artist, QuadMesh) or (isinstance(artist, PathCollection) and len(artist.get_offsets()) > DENSE)


def png(figure: Figure) -> tuple[bytes, str]:
    """Return a figure as a small PNG, the same bytes each time, and the characters that no font at hand could draw."""
    from PIL import Image

    saved, missing = _saved(figure, format="png", pil_kwargs={"compress_level": 1})
    # 64 colours without dither: a quarter of the size, and flat colours stay flat. Chosen to cover all that is drawn:
    # a median cut goes by area, and a single small mark in its own colour would come out grey.
    drawn = Image.open(io.BytesIO(saved)).convert("RGB")
    few, small = drawn.quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE), io.BytesIO()
    few.save(small, "PNG", compress_level=6, dpi=(DPI, DPI))  # the highest level: 10 % smaller in 7 times the time
    return small.getvalue(), missing


def _saved(figure: Figure, **options: Any) -> tuple[bytes, str]:
    """Return a figure as a file; where a title or another size left something outside, there is made room."""
    _prepare(figure)
    out = io.BytesIO()
    with _missing() as missing:
        figure.savefig(out, dpi=DPI, bbox_inches=_room_for_all(figure), **options)
    return out.getvalue(), "".join(sorted(missing))


@contextmanager
def _missing() -> Iterator[set[str]]:
    """Collect the characters that no font has while something is drawn; other warnings, and these, go their way."""
    missing: set[str] = set()
    with warnings.catch_warnings(record=True) as warned:
        yield missing
    for warning in warned:
        if found := re.match(r"Glyph (\d+) ", str(warning.message)):
            missing.add(chr(int(found[1])))
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


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
