"""What a delivered sheet is before anything is interpreted: lines with their physical numbers and their raw cells."""

from dataclasses import dataclass, field


class UnreadableFile(ValueError):
    """A delivery that cannot be read at all; the message names the file, the cause and what would be right."""

    def __init__(self, file: str, cause: str) -> None:
        super().__init__(f"{file}: {cause}")
        self.file, self.cause = file, cause


@dataclass
class Line:
    """One record as delivered: its first physical line (1-based), the lines it covers, its cells.

    `problem` names why the line cannot be read, whatever its cells say; `merged` holds the positions of cells that
    were filled from a merge over several lines, and `broken` those that hold an error instead of a value.
    """

    number: int
    cells: list
    span: int = 1
    problem: str = ""
    merged: frozenset[int] = frozenset()
    broken: dict[int, str] = field(default_factory=dict)


@dataclass
class Grid:
    """One sheet of one file (`sheet` is empty for text), or one table of a page."""

    file: str
    sheet: str
    lines: list[Line]
    hidden: bool = False
    ragged: bool = False  # text: a line with too few cells is damaged; a sheet has no such thing
    epoch_1904: bool = False


def as_text(cell: object) -> str:
    """Return a raw cell as the text that a person sees: 12.0 is "12", a date is ISO, nothing is ""."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)
