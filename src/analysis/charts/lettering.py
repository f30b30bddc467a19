"""How wide a text is drawn, and where it breaks into lines."""

import re
import unicodedata
from functools import cache
from pathlib import Path

from PIL import ImageFont

FONTS = Path(__file__).resolve().parent / "fonts"


def em(text: str) -> float:
    """Return the width of a text in font sizes: 1 for a Chinese character, 0.56 for the rest."""
    return sum(1.0 if unicodedata.east_asian_width(character) in "WF" else 0.56 for character in text)


def drawn(text: str) -> float:
    """Return the width of a text in font sizes to the letter, as the packaged face draws it."""
    return sum(map(_advance, text))


@cache
def _advance(character: str) -> float:
    return _face().getlength(character) / _face().size


@cache
def _face() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / "ReportSansSC-Regular.ttf", 100)


# A Chinese character with the closing marks after it, or a word with the unit after it, stays on one line.
_PIECES = re.compile(r"[（“《]?(?:[^\s\u2e80-\uffef]+[\u4e00-\u9fff]?|[\u2e80-\uffef])[，。；：、！？）”》%]*\s*")


def wrap(text: str, width: float) -> str:
    """Break a text into lines of at most `width` font sizes; Chinese between characters, English between words."""
    lines, line = [], ""
    for piece in _PIECES.findall(text):
        if line and em((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return "\n".join([*lines, line.rstrip()])
