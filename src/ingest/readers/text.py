"""Text bytes → lines of cells: encoding and delimiter found by what they yield, every physical line accounted for."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from src.codebook import vocabulary
from src.ingest.readers import encodings
from src.ingest.readers.grid import Grid, Line, UnreadableFile

DELIMITERS = (",", "\t", ";", "|", "，")
ENCODINGS = ("utf-8", "gb18030", "cp950")
UTF_16 = ("utf-16-be", "utf-16-le")
BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xfe\xff": "utf-16-be", b"\xff\xfe": "utf-16-le"}
LINE_END = re.compile(r"\r\n|\r|\n")
CONTROL = re.compile(r"[\0-\x08\x0e-\x19]")
END_MARKS = "\0\x1a"  # what programs of old write behind the last line
QUOTING_LINES = 300  # by which the quoting is decided
LINE_END_BYTES = re.compile(rb"\r\n|\r|\n")

KnownHeaders = Callable[[list[str]], int]
"""How many of a line's cells are headers that the vocabulary or the source knows."""


@dataclass(frozen=True)
class Quoting:
    """How cells are quoted: by which mark, and whether a space may stand before it."""

    mark: str = '"'
    after_spaces: bool = False


PLAIN = Quoting()


def read_text(file: str, content: bytes, known: KnownHeaders, encoding: str | None = None) -> Grid:
    """Return the grid of a delimited text; lines that cannot be decoded or parsed carry their problem."""
    texts, undecoded = decoded(file, content, known, encoding)
    refuse_binary(file, texts)
    delimiter = delimiter_of(texts, known)
    lines = records_of(texts, undecoded, delimiter, quoting_of(texts, delimiter))
    return Grid(file, "", list(lines), delimiter=delimiter)


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


def decoded(file: str, content: bytes, known: KnownHeaders, stated: str | None) -> tuple[list[str], set[int]]:
    """Return the physical lines and the numbers of those that the encoding cannot read."""
    bom = next((mark for mark in BOMS if content.startswith(mark)), b"")
    encoding = BOMS.get(bom) or utf16_without_bom(content[:4096], known) or stated
    if encoding and encoding.startswith("utf-16"):
        texts = _split(content[len(bom) :], encoding)
        bad = {number for number, text in enumerate(texts, 1) if "\ufffd" in text}
        return _without_last_empty(texts), bad
    raw_lines = LINE_END_BYTES.split(content[len(bom) :])
    encoding = encoding or likeliest_encoding(raw_lines, known, file)
    try:
        return decode_lines(raw_lines, encoding)
    except LookupError:
        raise UnreadableFile.because(file, "file_encoding", encoding=encoding) from None


def refuse_binary(file: str, texts: list[str]) -> None:
    """Raise `UnreadableFile` where the head of a text is full of control characters: it is none."""
    head = "".join(texts[:1000])[: 1 << 16]
    if 20 * len(CONTROL.findall(head)) > len(head):
        raise UnreadableFile.because(file, "file_binary")


def utf16_without_bom(head: bytes, known: KnownHeaders) -> str | None:
    """Return the order of bytes that yields known headers; without any the one whose every second byte is often zero.

    Zeros alone do not tell: 一 and the wide space end in one where ASCII begins with it.
    """
    if b"\0" not in head:
        return None
    headers = {encoding: _most_known(_split(head, encoding), known)[0] for encoding in UTF_16}
    if any(headers.values()):
        return max(headers, key=headers.__getitem__)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < max(4, len(head) // 20) or min(even, odd) * 4 > max(even, odd):
        return None
    return UTF_16[even < odd]


def _split(content: bytes, encoding: str) -> list[str]:
    return LINE_END.split(content.decode(encoding, errors="replace"))


def likeliest_encoding(raw_lines: list[bytes], known: KnownHeaders, file: str = "") -> str:
    """Return UTF-8 where most lines beyond ASCII are; else what yields most known headers, then fewest bad lines.

    Where no header beyond ASCII is known, what comes out has to be Chinese that somebody may have written: nearly any
    bytes are GB18030. Raises `UnreadableFile` where no encoding is sure.
    """
    raw_lines = raw_lines[:5000]
    beyond_ascii = [raw for raw in raw_lines if not raw.isascii()]
    in_utf8 = len(beyond_ascii) - len(decode_lines(beyond_ascii, "utf-8")[1])
    if 2 * in_utf8 >= len(beyond_ascii):
        return "utf-8"

    scores = {encoding: _plausible(raw_lines, encoding, known) for encoding in ENCODINGS[1:]}
    best = max(scores, key=scores.__getitem__)
    headers, common, _ = scores[best]
    sure, likely = encodings.by_script(b"\n".join(beyond_ascii))
    if headers or (common >= encodings.LEAST_COMMON and sure not in encodings.JAPANESE):
        return best
    if not sure:
        refuse_binary(file, [raw.decode("latin-1") for raw in raw_lines])
        raise UnreadableFile.because(file, "file_encoding_open", likely=likely)
    return sure


def _plausible(raw_lines: list[bytes], encoding: str, known: KnownHeaders) -> tuple[int, float, int]:
    """Return known headers if any is beyond ASCII, the share of what was decoded that is common Chinese, good lines."""
    texts, bad = decode_lines(raw_lines, encoding)
    found, _ = _most_known(texts, known)
    sure, _ = (
        _most_known(texts, lambda cells: known([cell for cell in cells if not cell.isascii()])) if found else (0, "")
    )
    common = encodings.commonness(text for number, text in enumerate(texts, 1) if number not in bad)
    good = 1 - len(bad) / max(sum(not raw.isascii() for raw in raw_lines), 1)
    return found if sure else 0, float(good == 1) if common is None else good * common, -len(bad)


def decode_lines(raw_lines: list[bytes], encoding: str) -> tuple[list[str], set[int]]:
    """Return lines as texts and the numbers of those that the encoding cannot read; raises `LookupError`."""
    try:
        return _without_last_empty([raw.decode(encoding) for raw in raw_lines]), set()
    except UnicodeDecodeError:
        pass
    texts, bad = [], set()
    for number, raw in enumerate(raw_lines, 1):
        try:
            texts.append(raw.decode(encoding))
        except UnicodeDecodeError:
            texts.append(raw.decode(encoding, errors="backslashreplace"))
            bad.add(number)
    return _without_last_empty(texts), bad


def _without_last_empty(texts: list[str]) -> list[str]:
    """A line end closes its line: what follows the last one is a line only if something stands there."""
    if texts and texts[-1][-1:] in tuple(END_MARKS):
        texts = [*texts[:-1], texts[-1].rstrip(END_MARKS)]
    return texts[:-1] if texts and not texts[-1] else texts


def _most_known(texts: list[str], known: KnownHeaders, quoting: Quoting = PLAIN) -> tuple[int, str]:
    """Return the largest number of known headers on one line, over the delimiters, and the delimiter that yields it."""
    head = texts[: int(vocabulary.threshold("header_rows_searched"))]
    found = [(max((known(line.cells) for line in _records(head, d, quoting)), default=0), d) for d in DELIMITERS]
    return max(found, key=lambda pair: pair[0])


def delimiter_of(texts: list[str], known: KnownHeaders) -> str:
    """Return the delimiter that yields most known headers on one line."""
    plain, single = (_most_known(texts, known, quoting) for quoting in (PLAIN, Quoting("'")))
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
