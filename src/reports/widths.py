"""How narrow each column of a table may become: by this pages, workbooks and briefings give columns their widths."""

from collections.abc import Sequence

from src.analysis.charts.labels import drawn, wrap

# In font sizes. Up to the first a text stays whole, else it has the second at least (two words of Chinese in a line)
# and so many lines at most, or the most; where a table has room for it, cells stay whole to the length of a name.
HEAD, CELL, NAME, LINES, MOST, WIDEST, PADDING = (3.0, 3.0), (5.0, 4.5), (9.0, 4.5), 4, 12.0, 18.0, 0.85
BOLD, HEAD_SIZE = 1.06, 0.92  # letters beside regular ones; a head beside the cells under it, as in the style sheet


def widths(heads: Sequence[str], columns: Sequence[Sequence[str]], numeric: Sequence[bool], room: float) -> list[float]:
    """Return the width of each column in font sizes, padding included: numbers stay whole, texts and heads are broken.

    `room`: what the table has; it may come out wider.
    """
    for cell in (NAME, CELL):
        needed = [
            max((drawn(text) if right else _broken(text, *cell) for text in set(texts)), default=0.0)
            for texts, right in zip(columns, numeric, strict=True)
        ]
        needed[0] *= BOLD
        least = [BOLD * HEAD_SIZE * _broken(head, *HEAD) for head in heads]
        found = [min(max(pair), WIDEST) + PADDING for pair in zip(needed, least, strict=True)]
        if sum(found) <= room:
            break
    return found


def _broken(text: str, whole: float, least: float) -> float:
    """Return how narrow a text may become: whole words, no more than `LINES` lines unless it is long."""
    width = drawn(text)
    if width <= whole:
        return width
    return max(least, min(width / LINES, MOST), *map(drawn, wrap(text, 0).split("\n")))


def lines_of(text: str, width: float) -> int:
    """Return over how many lines a text runs in a column of a width in font sizes."""
    return wrap(text, max(width - PADDING, 1)).count("\n") + 1
