"""Lines of text → records of cells: delimiter and quotes by what they yield, every physical line accounted for."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from src.codebook import vocabulary
from src.ingest.readers.grid import Line, UnreadableFile

DELIMITERS = (",", "\t", ";", "|", "，")
CONTROL = re.compile(r"[\0-\x08\x0e-\x19]")
END_MARKS = "\0\x1a"  # what programs of old write behind the last line
QUOTING_LINES = 300  # by which the quoting is decided

KnownHeaders = Callable[[list[str]], int]
"""How many of a line's cells are headers that the vocabulary or the source knows."""


@dataclass(frozen=True)
class Quoting:
    """How cells are quoted: by which mark, and whether a space may stand before it."""

    mark: str = '"'
    after_spaces: bool = False


PLAIN = Quoting()


def records_of(texts: list[str], undecoded: set[int], delimiter: str, quoting: Quoting = PLAIN) -> Iterator[Line]:
    """Yield physical lines as records; one that holds any of the undecoded lines, a NUL or too much has its problem."""
    most = vocabulary.threshold("max_cell_characters")
    for line in _records(texts, delimiter, quoting):
        if len(line.cells) == 1 and not line.cells[0].strip(END_MARKS):
            line.cells = [""]
        if any(number in undecoded for number in range(line.number, line.number + line.span)):
            line.problem = "undecodable"
        elif any("\0" in cell for cell in line.cells):
            line.problem = "nul"
        elif any(len(cell) > most for cell in line.cells):
            line.problem = "cell_too_long"
        yield line


def refuse_binary(file: str, texts: list[str]) -> None:
    """Raise `UnreadableFile` where the head of a text is full of control characters: it is none."""
    head = "".join(texts[:1000])[: 1 << 16]
    if 20 * len(CONTROL.findall(head)) > len(head):
        raise UnreadableFile.because(file, "file_binary")


def most_known(texts: list[str], known: KnownHeaders, quoting: Quoting = PLAIN) -> tuple[int, str]:
    """Return the largest number of known headers on one line, over the delimiters, and the delimiter that yields it."""
    head = texts[: int(vocabulary.threshold("header_rows_searched"))]
    found = [(max((known(line.cells) for line in _records(head, d, quoting)), default=0), d) for d in DELIMITERS]
    return max(found, key=lambda pair: pair[0])


def delimiter_of(texts: list[str], known: KnownHeaders) -> str:
    """Return the delimiter that yields most known headers on one line."""
    plain, single = (most_known(texts, known, quoting) for quoting in (PLAIN, Quoting("'")))
    return single[1] if single[0] > plain[0] else plain[1]


def quoting_of(texts: list[str], delimiter: str) -> Quoting:
    """Return how the cells of a text are quoted, as its first lines show it."""
    head, by = [text for text in texts[:QUOTING_LINES] if text], re.escape(delimiter)
    single = re.compile(rf"(?:^|{by} *)'[^']*(?:''[^']*)*' *(?={by}|$)")
    mark = "'" if 2 * sum(bool(single.search(text)) for text in head) > len(head) else '"'
    spaced = [text for text in head if re.search(rf"{by} +{mark}(?!{mark})", text)]
    trial = Quoting(mark, bool(spaced))
    if spaced and any(line.problem for line in _records(spaced, delimiter, trial)):
        return Quoting(mark)  # the mark stands within a text: 1,he said, "well" and left,2
    return trial


def _records(texts: list[str], delimiter: str, quoting: Quoting = PLAIN) -> Iterator[Line]:
    """Yield one line per record; a record that cannot be parsed is one physical line of one cell with its problem."""
    csv.field_size_limit(1 << 30)
    start, most = 0, int(vocabulary.threshold("open_quote_lines"))
    while start < len(texts):
        try:
            for cells, first, end in _parsed(texts, start, delimiter, quoting, most):
                yield Line(first + 1, cells, end - first)
                start = end
        except csv.Error:
            yield _single(texts[start], start, delimiter, quoting)
            start += 1


def _parsed(
    texts: list[str], start: int, delimiter: str, quoting: Quoting, most: int
) -> Iterator[tuple[list[str], int, int]]:
    """Yield `(cells, first, end)` until the first record that is malformed or whose quote stays open too long."""
    first = start

    def fed() -> Iterator[str]:
        for position in range(start, len(texts)):
            if position - first > most:
                raise csv.Error("a quote is not closed")
            yield texts[position] + "\n"

    marks = {"quotechar": quoting.mark, "skipinitialspace": quoting.after_spaces}
    reader = csv.reader(fed(), delimiter=delimiter, strict=True, **marks)
    for cells in reader:
        end = start + reader.line_num
        if end - first > 1 and _swallowed_lines(cells, delimiter):
            raise csv.Error("a stray quote swallowed whole lines")
        yield cells, first, end
        first = end


def _swallowed_lines(cells: list[str], delimiter: str) -> bool:
    """Return whether a cell holds lines that look like records of their own: as many delimiters as the record has."""
    return len(cells) > 2 and any(
        part.count(delimiter) >= len(cells) - 1 for cell in cells if "\n" in cell for part in cell.split("\n")
    )


def _single(text: str, position: int, delimiter: str, quoting: Quoting) -> Line:
    """Read one line on its own: with backslash escapes if it has them, else as it stands, marked malformed."""
    if f"\\{quoting.mark}" in text:
        marks = {"quotechar": quoting.mark, "skipinitialspace": quoting.after_spaces, "escapechar": "\\"}
        try:
            cells = next(csv.reader([text], delimiter=delimiter, strict=True, **marks))
            return Line(position + 1, cells)
        except (csv.Error, StopIteration):
            pass
    return Line(position + 1, [text], problem="malformed_quotes")
