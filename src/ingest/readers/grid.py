"""What a delivered sheet is before anything is interpreted: lines with their physical numbers and their raw cells."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from src.codebook import vocabulary

ERROR_TEXTS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "Err:502", "Err:508", "Err:522"}
)
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
Range = tuple[tuple[int, int], tuple[int, int]]
"""A merge: its first and last (row, column), counted from 0."""


def printable(text: str) -> str:
    """Return a name as a terminal, a log or a page may show it: what controls them is escaped."""
    return UNPRINTABLE.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


class UnreadableFile(ValueError):
    """A delivery that cannot be read at all; the message names the file, the cause and what would be right."""

    exit_code = 3

    def __init__(self, file: str, cause: str) -> None:
        file, cause = printable(file), printable(cause)
        super().__init__(f"{file}: {cause}")
        self.file, self.cause = file, cause

    @classmethod
    def because(cls, file: str, key: str, **values: object) -> "UnreadableFile":
        """Return the refusal of a file for a reason of the vocabulary, told in both languages."""
        return cls(file, vocabulary.both(key, **values))

    def __reduce__(self) -> tuple:
        return type(self), (self.file, self.cause)


class ShownNumber(float):
    """A number of which a cell shows more: zeros in front, words around it. As text it is what was shown.

    Where what is shown cannot be told, its text is the number and the format behind it, 〔格式 …〕.
    """

    def __new__(cls, number: float, shown: str) -> "ShownNumber":
        """Return the number with what is shown of it."""
        made = super().__new__(cls, number)
        made.shown = shown
        return made

    def __eq__(self, other: object) -> bool:
        """Return whether both number and text are the same."""
        return isinstance(other, ShownNumber) and float(self) == float(other) and self.shown == other.shown

    def __hash__(self) -> int:
        """Return a hash of both."""
        return hash((float(self), self.shown))

    def __reduce__(self) -> tuple:
        return ShownNumber, (float(self), self.shown)


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

    @cached_property
    def texts(self) -> list[str]:
        """The cells as a person reads them, without the spaces around."""
        return [as_text(cell).strip() for cell in self.cells]


@dataclass
class Grid:
    """One sheet of one file (`sheet` is empty for text), or one table of a page."""

    file: str
    sheet: str
    lines: list[Line]
    hidden: bool = False
    hidden_rows: int = 0  # that a filter or a person hides: they are read, and told
    delimiter: str = ""  # of a text: a line with too few cells is damaged there; a sheet has no such thing
    epoch_1904: bool = False
    part: str = ""  # of a workbook's package, that it was read from

    @property
    def place(self) -> tuple[str, str]:
        """Its file and sheet."""
        return self.file, self.sheet


def as_text(cell: object) -> str:
    """Return a raw cell as the text that a person sees: 12.0 is "12", a date is ISO, nothing is ""."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, ShownNumber):
        return cell.shown
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def refuse_size(file: str, sheet: str, rows: int, columns: int, written: int | None = None) -> None:
    """Raise `UnreadableFile` for a sheet that is larger than the thresholds allow.

    `written`: the cells that were found so far. What a file states (a far place, a row that comes again) is no promise:
    a sheet that claims to be many times larger than what is written in it is refused before room is made for it.
    """
    limit = vocabulary.threshold
    most = limit("max_cells_per_sheet")
    if written is not None:
        most = min(most, max(limit("max_cells_unwritten"), written * limit("max_cells_per_written")))
    if rows > limit("max_rows_per_sheet") or columns > limit("max_columns") or rows * columns > most:
        raise UnreadableFile.because(file, "file_sheet_large", sheet=sheet, rows=rows, columns=columns)


def sheet_grid(file: str, sheet: str, rows: list[list], ranges: list[Range], marked: dict | None = None) -> Grid:
    """Return the grid of a sheet: merges filled, errors and what else is `marked` by (row, column) held as broken."""
    merged = fill_merges(file, rows, ranges)
    broken: dict[int, dict[int, str]] = defaultdict(dict)
    for (row, column), what in (marked or {}).items():
        broken[row][column] = what
    lines = []
    for position, cells in enumerate(rows):
        line = Line(position + 1, cells)
        if not ERROR_TEXTS.isdisjoint(cells):
            line.broken = {c: cell for c, cell in enumerate(cells) if cell in ERROR_TEXTS}
        if position in broken:
            line.broken |= broken[position]
        if position in merged:
            line.merged = frozenset(merged[position])
        lines.append(line)
    while lines and not lines[-1].broken and not any(as_text(cell).strip() for cell in lines[-1].cells):
        lines.pop()
    return Grid(file, sheet, lines)


def fill_merges(file: str, rows: list[list], ranges: list[Range]) -> dict[int, set[int]]:
    """Copy each merge's value into its cells, in place; return row → columns whose value covers several rows."""
    merged: dict[int, set[int]] = defaultdict(set)
    cells = sum(map(len, rows))
    for (top, left), (bottom, right) in ranges:
        if top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        for row in range(top, min(bottom, len(rows) - 1) + 1):
            last = min(right, len(rows[row]) - 1)
            cells -= max(last - left + 1, 0)
            if cells < 0:
                raise UnreadableFile.because(file, "file_overlaps")
            for column in range(left, last + 1):
                rows[row][column] = value
                if bottom > top:
                    merged[row].add(column)
    return merged
