"""Bytes of a text → records of cells: encoding, delimiter and quotes by what they yield, every line accounted for.

Nearly any bytes are GB18030, and most of what comes out nobody wrote.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from src.codebook import vocabulary
from src.ingest.readers.grid import Line, UnreadableFile

DELIMITERS = (",", "\t", ";", "|", "，")
CONTROL = re.compile(r"[\0-\x08\x0e-\x19]")
END_MARKS = "\0\x1a"  # what programs of old write behind the last line
QUOTING_LINES = 300  # by which the quoting is decided

KnownHeaders = Callable[[list[str]], int]
"""How many of a line's cells are headers that the vocabulary or the source knows."""
CHINESE = ("gb18030", "cp950")
ESCAPED = ("iso2022_jp_2", "hz", "utf-7")  # what looks like ASCII
UTF_16 = ("utf-16-be", "utf-16-le")
WIDE = {
    "utf-32-le": b"\xff\xfe\0\0", "utf-32-be": b"\0\0\xfe\xff", "utf-16-be": b"\xfe\xff", "utf-16-le": b"\xff\xfe",
}  # fmt: skip
BOMS = {b"\xef\xbb\xbf": "utf-8"} | {mark: encoding for encoding, mark in WIDE.items()}
LINE_END = re.compile(rb"\r\n|\r|\n")
IDEOGRAPH = re.compile("[\u3400-\u9fff\ue000-\uf8ff\uf900-\ufaff\U00020000-\U0003ffff]")
LETTER = re.compile(r"[^\W\d_]")
HANGUL, KANA, CYRILLIC = (re.compile(span) for span in ("[\uac00-\ud7a3]", "[\u3041-\u30fa]", "[\u0400-\u04ff]"))
MIXED = re.compile("[A-Za-z](?=[^\\W\\d_a-zA-Z])|[^\\W\\d_a-zA-Z](?=[A-Za-z])")
# East Asian encodings that their script gives away, and its least share of the letters beyond ASCII.
SCRIPTS = {"cp932": (KANA, 0.25), "euc_jp": (KANA, 0.25), "cp949": (HANGUL, 0.95)}
JAPANESE = ("cp932", "euc_jp")  # Chinese is never read so; by chance it is read as Korean
WESTERN, EASTERN = ["cp1252", "cp1250"], ["cp1251", "cp1253"]
LEAST_LETTERS = 8  # of a script, before it is sure
DOUBT = 0.5  # of a character: one common one of two is chance
KANA_WEIGHT = 4  # characters that Chinese would not have: EUC-JP is read as GB18030, its kana as kana
LEAST_COMMON = 0.45  # Chinese prose of any subject has more than half, what was never Chinese less than a third


@lru_cache(maxsize=4)
def _common(_: str) -> frozenset[str]:
    """Return the characters of our own words: labels, headers, places, sentences."""
    words = vocabulary.current()
    parts = (words.codes, words.kinds, words.headers, words.sentences, words.marks, words.calendar)
    places = (vocabulary.HERE / "places.csv").read_text("utf-8")
    return frozenset(IDEOGRAPH.findall(vocabulary.fold(f"{parts}{places}")))


def encoding_of(file: str, sample: bytes, known: KnownHeaders, stated: str | None) -> tuple[str, int]:
    """Return the encoding of a text by its first lines, and the length of its byte order mark."""
    bom = next((mark for mark in BOMS if sample.startswith(mark)), b"")
    encoding = BOMS.get(bom) or _utf16_without_bom(sample[:4096], known) or stated
    return encoding or likeliest_encoding(LINE_END.split(sample[len(bom) :]), known, file), len(bom)


def recoded(content: bytes, encoding: str) -> bytes:
    """Return UTF-16 or 32 as UTF-8, which blocks can be cut of; what it cannot read, UTF-8 cannot either."""
    return (
        content.removeprefix(WIDE[encoding])
        .decode(encoding, errors="replace")
        .encode()
        .replace("\ufffd".encode(), b"\xff")
    )


def _utf16_without_bom(head: bytes, known: KnownHeaders) -> str | None:
    """Return the order of bytes that yields known headers; without any the one whose every second byte is often zero.

    Zeros alone do not tell: 一 and the wide space end in one where ASCII begins with it.
    """
    if b"\0" not in head:
        return None
    texts = {encoding: head.decode(encoding, errors="replace").splitlines() for encoding in UTF_16}
    headers = {encoding: most_known(lines, known)[0] for encoding, lines in texts.items()}
    if any(headers.values()):
        return max(headers, key=headers.__getitem__)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < max(4, len(head) // 20) or min(even, odd) * 4 > max(even, odd):
        return None
    return UTF_16[even < odd]


def likeliest_encoding(raw_lines: list[bytes], known: KnownHeaders, file: str = "") -> str:
    """Return UTF-8 where most lines beyond ASCII are; else what yields most known headers, then fewest bad lines.

    Where no header beyond ASCII is known, what comes out has to be Chinese that somebody may have written: nearly any
    bytes are GB18030. Raises `UnreadableFile` where no encoding is sure.
    """
    beyond_ascii = [raw for raw in raw_lines if not raw.isascii()]
    if not beyond_ascii:
        return next((encoding for encoding in ESCAPED if _is_escaped(raw_lines, encoding)), "utf-8")
    if 2 * len(decode_lines(beyond_ascii, "utf-8")[1]) <= len(beyond_ascii):
        return "utf-8"
    scores = {encoding: _score(raw_lines, encoding, known) for encoding in CHINESE}
    best = max(scores, key=scores.__getitem__)
    headers, common, _ = scores[best]
    sure, likely = _by_script(b"\n".join(beyond_ascii))
    if headers or (common >= LEAST_COMMON and sure not in JAPANESE):
        return best
    if not sure:
        refuse_binary(file, [raw.decode("latin-1") for raw in raw_lines])
        raise UnreadableFile.because(file, "file_encoding_open", likely=likely)
    return sure


def _is_escaped(raw_lines: list[bytes], encoding: str) -> bool:
    """Return whether lines of ASCII hold letters beyond it: in UTF-7, of which +86- is some too, common Chinese."""
    texts, bad = decode_lines(raw_lines, encoding)
    is_ascii = all(text.isascii() for text in texts)
    return not (bad or is_ascii) and (encoding != "utf-7" or (_commonness(texts) or 0) >= LEAST_COMMON)


def _score(raw_lines: list[bytes], encoding: str, known: KnownHeaders) -> tuple[int, float, int]:
    """Return known headers if any is beyond ASCII, the share of what was decoded that is common Chinese, good lines."""
    texts, bad = decode_lines(raw_lines, encoding)
    found, _ = most_known(texts, known)
    sure = found and most_known(texts, lambda cells: known([cell for cell in cells if not cell.isascii()]))[0]
    common = _commonness(text for number, text in enumerate(texts, 1) if number not in bad)
    good = 1 - len(bad) / max(sum(not raw.isascii() for raw in raw_lines), 1)
    return found if sure else 0, float(good == 1) if common is None else good * common, -len(bad)


def decode_lines(raw_lines: list[bytes], encoding: str) -> tuple[list[str], set[int]]:
    """Return lines as texts and the numbers of those that the encoding cannot read; raises `LookupError`."""
    texts, bad = [], set()
    for number, raw in enumerate(raw_lines, 1):
        try:
            texts.append(raw.decode(encoding))
        except UnicodeDecodeError:
            texts.append(raw.decode(encoding, errors="backslashreplace"))
            bad.add(number)
    # A line end closes its line: what follows the last one is a line only if something stands there.
    last = texts.pop().rstrip(END_MARKS) if texts else ""
    return texts + [last] * bool(last), bad


def _commonness(texts: Iterable[str]) -> float | None:
    """Return the share of Chinese characters that are common ones; nothing where there are none."""
    folded = vocabulary.fold("".join(texts))
    found, kana = IDEOGRAPH.findall(folded), KANA.findall(folded)
    common = _common(vocabulary.current().digest)
    uncommon = KANA_WEIGHT * len(kana)
    return (sum(sign in common for sign in found) - DOUBT) / (len(found) + uncommon) if found else None


def _by_script(content: bytes) -> tuple[str, list[str]]:
    """Return the encoding that its script makes sure, else nothing, and those that are likely."""
    likely = []
    for encoding, (script, least) in SCRIPTS.items():
        letters = _letters(content, encoding)
        counted = len(script.findall(letters))
        if letters and counted >= least * len(letters):
            likely.append(encoding)
            if counted >= LEAST_LETTERS:
                return encoding, likely
    if not likely:
        text = content.decode("cp1252", errors="replace")
        within_words = len(MIXED.findall(text)) >= 0.2 * len(_letters(content, "cp1252"))
        likely = WESTERN if within_words else EASTERN
    return "", likely


def _letters(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode(encoding, errors="ignore") if encoding == "cp1252" else ""
    return "".join(letter for letter in LETTER.findall(text) if not letter.isascii())


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
        line.cells = [cell.rstrip("\0 ") if "\0" in cell else cell for cell in line.cells]
        if any(number in undecoded for number in range(line.number, line.number + line.span)):
            line.problem = "undecodable"
        elif any("\0" in cell for cell in line.cells):
            line.problem = "nul"
        elif any(len(cell) > most for cell in line.cells):
            line.problem = "cell_too_long"
        yield line


def refuse_binary(file: str, texts: list[str]) -> None:
    """Raise `UnreadableFile` where the head of a text is full of control characters: it is none."""
    head = "\n".join(texts[:1000])[: 1 << 16]
    cells = (cell.rstrip("\0") for cell in re.split(r'[,;|\t"\n]', head))  # some programs fill them up with NULs
    if 20 * sum(len(CONTROL.findall(cell)) for cell in cells) > len(head):
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
