"""What a delivered sheet is before anything is interpreted: lines with their physical numbers and their raw cells."""

import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from src.codebook import vocabulary
from src.codebook.messages import printable

ERROR_TEXTS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "Err:502", "Err:508", "Err:522"}
)
Range = tuple[tuple[int, int], tuple[int, int]]
"""A merge: its first and last (row, column), counted from 0."""
Marks = dict[tuple[int, int], str]
"""What is wrong with cells: by (row, column), counted from 0."""
POWERS = {"2": "²", "3": "³"}
HEAD_LINES = 300  # more than the lines in which a header is looked for, and those below it that decide its blocks


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


@dataclass(frozen=True)
class ShownNumber:
    """A number of which a cell shows more: zeros in front, words around it. As text it is what was shown.

    Where what is shown cannot be told, its text is the number and the format behind it, 〔格式 …〕.
    """

    number: float
    shown: str


@dataclass
class Line:
    """One record as delivered: its first physical line (1-based), the lines it covers, its cells.

    `problem` names why the line cannot be read, whatever its cells say; `merged` holds the positions of cells that
    were filled from a merge, `broken` those with an error instead of a value.
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
    """One sheet of one file (`sheet` is empty for text), or one table of a page: its first lines, and rows below.

    `rows` are cells alone; those of them that are merged or broken are `odd` lines, by their number.
    """

    file: str
    sheet: str
    lines: list[Line]
    rows: list[list] = field(default_factory=list)
    odd: dict[int, Line] = field(default_factory=dict)
    hidden: bool = False
    hidden_rows: int = 0  # that a filter or a person hides: they are read, and told
    delimiter: str = ""  # of a text: a line with too few cells is damaged there; a sheet has no such thing
    epoch_1904: bool = False

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


def with_raised(before: str, mark: str) -> str:
    """Return a text with what is raised behind it, which is no part of it: J7¹ is no J71."""
    if before.endswith("m") and mark in POWERS:
        return before + POWERS[mark]
    return f"{before}〔{mark}〕" if before.strip() and mark.strip() else before + mark


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


def sheet_grid(
    file: str,
    sheet: str,
    rows: list[list],
    ranges: list[Range],
    marked: Marks | None = None,
    written: int | None = None,
) -> Grid:
    """Return the grid of a sheet's rows, made equally long: merges filled, errors and marked cells broken."""
    width = max(map(len, rows), default=0)
    refuse_size(file, sheet, len(rows), width, written)
    for cells in rows:
        if len(cells) < width:
            cells += [""] * (width - len(cells))
    merged = fill_merges(file, rows, ranges)
    broken: dict[int, dict[int, str]] = defaultdict(dict)
    if not ERROR_TEXTS.isdisjoint(chain.from_iterable(rows)):
        for row, cells in enumerate(rows):
            if not ERROR_TEXTS.isdisjoint(cells):
                broken[row] = {c: cell for c, cell in enumerate(cells) if cell in ERROR_TEXTS}
    for (row, column), what in (marked or {}).items():
        broken[row][column] = what
    while rows and len(rows) - 1 not in broken and not any(as_text(cell).strip() for cell in rows[-1]):
        rows.pop()

    def line(row: int) -> Line:
        return Line(row + 1, rows[row], merged=frozenset(merged.get(row, ())), broken=broken.get(row, {}))

    odd = {row + 1: line(row) for row in {*merged, *broken} if HEAD_LINES <= row < len(rows)}
    return Grid(file, sheet, [line(row) for row in range(min(len(rows), HEAD_LINES))], rows[HEAD_LINES:], odd)


def fill_merges(file: str, rows: list[list], ranges: list[Range]) -> dict[int, set[int]]:
    """Copy each merge's value into its cells; return row → columns of all of them."""
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
                merged[row].add(column)
    return merged


def member_of(archive: zipfile.ZipFile, name: str | zipfile.ZipInfo) -> bytes:
    """Return a member of a package, as long as it states to be: more is never unpacked; raises `BadZipFile`."""
    member = archive.getinfo(name) if isinstance(name, str) else name
    with archive.open(member) as stream:
        return stream.read(member.file_size + 1)  # checks the sum of what it was cut at
