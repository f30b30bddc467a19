"""A workbook whose long sheets hold each distinct cell of a column only once, below their first rows: quick to read.

What a cell holds does not depend on where it stands. So the cells of a well-formed sheet are told apart as bytes, and
the reader of workbooks, with all that it looks for, reads each distinct one; plain texts need no reading at all.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from src.ingest.readers.grid import ERROR_TEXTS, refuse_size
from src.ingest.readers.workbook import STRINGS, package_of, plain_name

CELL, ROW, END_ROW = b'<c r="', b'<row r="', b"</row>"
LETTERED, MOST_PLACE = 26**4, 10  # more than the columns there are; the characters of a place
UTF_8 = re.compile(rb"""(?i)<(?:\?xml[^>]*\sencoding\s*=\s*["']utf-8["']|\w)""")
END = r"[^\x00-\x20\x7f-\xa0\p{Z}<&_]"  # how a text begins and ends that is read as it stands
ERRORS = pa.array(sorted(ERROR_TEXTS))
PLAIN = rf"<t(?: xml:space=\"preserve\")?>(?P<text>{END}(?:[^\r\n\t<&_]*{END})?)</t>"
CELL_TEXT = rf'^"(?: s="\d+")? t="(?:inlineStr"><is>{PLAIN}</is>|s"><v>(?P<shared>\d{{1,9}})</v>)</c>\s*$'
SHARED_TEXT = rf"^{PLAIN}</si>\s*(?:</sst>\s*)?$"
LAST = b'" t="inlineStr"><is><t>.</t></is></c>'  # or the reader would leave out what looks empty at the end
EMPTY = re.compile(rb'"[^<>]*(?:/>|></c>)')
MERGE = re.compile(rb"""<mergeCell\s[^>]*ref\s*=\s*["'](?:[A-Z]+\d+:)?[A-Z]+(\d+)""")


class NotRegular(Exception):
    """A sheet that is not written as common programs do; the message says what about it."""


@dataclass
class Column:
    """Rows of a column: each has one of the distinct cells (0: none), texts or null where the reader is asked."""

    indices: np.ndarray
    texts: pa.Array


def condensed(file: str, content: bytes, head_rows: int) -> tuple[bytes, dict[str, dict[int, Column]]]:
    """Return a workbook with its regular long sheets condensed, and what was taken out of each, by the part's name."""
    package, small, bodies = package_of(content), {}, {}
    shared = _shared_texts(package.pop(STRINGS, b""))
    for part, xml in package.items():
        if b"<sheetData>" in xml:
            try:
                small[part], bodies[part] = _condensed_sheet(file, part, xml, head_rows, shared)
            except NotRegular:
                continue
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as written:
        for name in dict.fromkeys(source.namelist()) if small else ():
            written.writestr(name, small.get(plain_name(name)) or source.read(name))
    return target.getvalue(), bodies


def _condensed_sheet(
    file: str, part: str, xml: bytes, head_rows: int, shared: pa.Array
) -> tuple[bytes, dict[int, Column]]:
    start, end = xml.index(b"<sheetData>") + len(b"<sheetData>"), xml.rfind(b"</sheetData>")
    if end < start or len(xml) > np.iinfo(np.int32).max or not UTF_8.match(xml):
        raise NotRegular("too large, or of another encoding")
    if any(int(last) > head_rows for last in MERGE.findall(xml, end)):
        raise NotRegular("a merge below the head")
    cut, tags, pieces, rows, columns = _places(xml, start, end, head_rows)
    refuse_size(file, part, int(rows[-1]), int(columns.max()) + 1)
    found, asked, elements = {}, [], [b'<r r="%b' % tag + b"</r>" * (tag[-2:] != b"/>") for tag in tags]
    for position in np.flatnonzero(np.bincount(columns)):
        here = np.flatnonzero(columns == position)
        distinct = pieces.take(pa.array(2 * here)).dictionary_encode()
        texts = _texts(distinct.dictionary, shared)
        unread = distinct.dictionary.filter(texts.is_null()).to_pylist()
        elements += (b'<r><c r="%b</r>' % piece for piece in unread)
        if len(unread) < len(texts) or not all(map(EMPTY.fullmatch, unread)):
            indices = np.zeros(rows[-1] - head_rows, np.int32)
            indices[rows[here] - head_rows - 1] = distinct.indices.to_numpy() + 1
            found[int(position)] = Column(indices, pa.concat_arrays([pa.array([""]), texts]))
            asked += unread
    wide, asked = width_of(found), [*asked, LAST]
    lines = (b'<c x="'.join([b"", *asked[first : first + wide]]) for first in range(0, len(asked), wide))
    below = [b'<row r="%d">%b</row>' % (head_rows + 1 + number, line) for number, line in enumerate(lines)]
    small = b"".join([xml[:cut], *below, xml[end:]])
    for text in (small, b"<all>%b</all>" % b"".join(elements)):
        _refuse_malformed(text)
    return small, found


def width_of(body: dict[int, Column]) -> int:
    """Return how many cells that are asked for stand in a row: in columns that are certainly in use."""
    return 1 + max(
        (position for position, column in body.items() if column.texts.null_count < len(column.texts) - 1), default=0
    )


def _refuse_malformed(xml: bytes) -> None:
    try:
        expat.ParserCreate().Parse(xml, True)
    except expat.ExpatError as error:
        raise NotRegular(f"malformed: {error}") from None


def _between(xml: bytes, begins: np.ndarray, ends: np.ndarray) -> pa.Array:
    """Return what stands from each of some places to another; only every second one, what is between is there too."""
    offsets = np.append(np.stack([begins, ends], 1).ravel(), ends[-1]).astype(np.int32)
    return pa.Array.from_buffers(pa.binary(), 2 * len(begins), [None, pa.py_buffer(offsets), pa.py_buffer(xml)])


def _shared_texts(xml: bytes) -> pa.Array:
    """Return the texts that cells share by their numbers, null for those that are more than a plain text."""
    plain = xml.count(b"<si") == xml.count(b"<si>") and b"<!" not in xml and UTF_8.match(xml)
    return _extracted(pa.array(xml.split(b"<si>")[1:] if plain else [], pa.binary()), SHARED_TEXT)[0]


def _texts(cells: pa.Array, shared: pa.Array) -> pa.Array:
    """Return the texts of cells that hold or share one as it is, null for all others."""
    texts, numbers = _extracted(cells, CELL_TEXT)
    numbers = pc.if_else(pc.equal(numbers, ""), None, numbers).cast(pa.int32())
    numbers = pc.if_else(pc.less(numbers, len(shared)), numbers, None)
    texts = pc.coalesce(pc.if_else(pc.equal(texts, ""), None, texts), shared.take(numbers))
    return pc.if_else(pc.is_in(texts, ERRORS), None, texts)


def _extracted(pieces: pa.Array, pattern: str) -> list[pa.Array]:
    try:
        return pc.extract_regex(pieces.cast(pa.string()), pattern).flatten()
    except pa.ArrowInvalid:
        raise NotRegular("bytes that are no UTF-8") from None


def _places(
    xml: bytes, start: int, end: int, head_rows: int
) -> tuple[int, list[bytes], pa.Array, np.ndarray, np.ndarray]:
    """Return where the rows below the head begin, what their tags hold, what each cell of theirs holds behind its
    place (see `_between`), its row and its column.
    """
    data = np.frombuffer(xml, np.uint8)
    tags = np.flatnonzero(data[start : end + 1] == ord("<"))  # counted from the start: there are millions of them
    first, second, third = (data[start + behind :][tags] for behind in (1, 2, 3))
    if ((first == ord("!")) | (first == ord("?"))).any():
        raise NotRegular("comments, instructions or literal data")
    row, closing = (first == ord("r")) & (second == ord("o")), (first == ord("/")) & (second == ord("r"))
    found = np.flatnonzero((first == ord("c")) | row | closing & (third == ord("o")))
    row, cell, at = row[found], first[found] == ord("c"), start + tags[found]
    following = start + tags[np.minimum(found + 1, len(tags) - 1)]
    opened = row & (data[following - 2] != ord("/"))
    depth = np.cumsum(opened.astype(np.int64) - (~row & ~cell))
    if not len(depth) or depth[-1] or ((depth != 0) & (depth != 1)).any() or (depth[cell] != 1).any():
        raise NotRegular("rows within rows, or cells beside them")
    closed, after = ~row & ~cell, np.append(at[1:], end)
    if at[0] != start or (after - at != len(END_ROW))[closed].any():
        raise NotRegular("something between rows")
    for tag, places in ((CELL, at[cell]), (ROW, at[row]), (END_ROW, at[closed])):
        if (_window(data, places, len(tag)) != np.frombuffer(tag, np.uint8)).any():
            raise NotRegular("cells or rows that do not say where they are, or do not end")
    stated = row | cell
    is_row = row[stated]
    number, column, begins = _stated(data, at[stated] + np.where(is_row, len(ROW), len(CELL)))
    own = np.maximum.accumulate(np.where(is_row, np.arange(len(number)), 0))
    if (number != number[own]).any() or (np.diff(number.astype(np.int64) * LETTERED + column) <= 0).any():
        raise NotRegular("rows or cells that are not in order")
    below, until = number > head_rows, after[stated]
    cells, rows = below & ~is_row, below & is_row
    if ((column == 0) != is_row).any() or not cells.any():
        raise NotRegular("a row with letters, a cell without, or a short sheet")
    tags = _between(xml, begins[rows], until[rows]).take(pa.array(2 * np.arange(rows.sum()))).unique().to_pylist()
    pieces = _between(xml, begins[cells], until[cells])
    return int(at[stated][rows][0]), tags, pieces, number[cells], column[cells] - 1


def _stated(data: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of each place that is stated from a byte on its row, its column (A is 1, none 0), and where it ends."""
    number, column, length = (np.zeros(len(at), np.int32) for _ in range(3))
    lettered, going = np.ones(len(at), bool), np.ones(len(at), bool)
    for byte in _window(data, at, MOST_PLACE).T:
        lettered &= (byte >= ord("A")) & (byte <= ord("Z")) & (column < LETTERED // 26)
        digit = going & ~lettered & (byte >= ord("0")) & (byte <= ord("9"))
        column[lettered] = column[lettered] * 26 + byte[lettered] - (ord("A") - 1)
        number[digit] = number[digit] * 10 + byte[digit] - ord("0")
        going &= lettered | digit
        length += going
    if (number == 0).any() or (data[at + length] != ord('"')).any():
        raise NotRegular("a place that is none")
    return number, column, at + length


def _window(data: np.ndarray, at: np.ndarray, width: int) -> np.ndarray:
    """Return the bytes that begin at each place."""
    return np.lib.stride_tricks.sliding_window_view(data, width)[at]
