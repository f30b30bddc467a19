"""Text bytes → blocks of Arrow columns, where that gives the very cells that the careful reader finds.

A block is parsed whole where its encoding reads it, each physical line is one record with as many cells as the header,
and quotes stand only around whole cells. Any other block is read by the careful reader of texts, and those of its
records that a single line holds, with as many cells, make up its columns all the same.
"""

import codecs
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from src.codebook import vocabulary
from src.ingest.readers import text as careful
from src.ingest.readers.grid import Grid, Line

# Arrow hears Ctrl-C itself while it parses and passes it on later; what comes as a parse ends is lost then.
pa.enable_signal_handlers(False)

BLOCK_BYTES = 12 << 20
AGAIN_BYTES = 1 << 20
AGAIN_LINES = 5_000
HEAD_LINES = 300  # more than the lines in which a header is looked for, and those below it that decide its blocks
ENCODING_LINES = 5000  # the careful reader decides the encoding by as many


class NotPlain(Exception):
    """Something that only the careful reader understands; the message says what."""


@dataclass
class Block:
    """Rows by columns with the number of each one's line; `odd` ones go the careful way, as the lines `aside` do."""

    lines: np.ndarray
    columns: list
    odd: np.ndarray
    aside: list[Line] = field(default_factory=list)


@dataclass
class Delimited:
    """A delimited text whose head has been read carefully: `grid` holds its first lines, `blocks` yields the rest."""

    open: Callable[[], BinaryIO]
    grid: Grid
    encoding: str
    delimiter: str
    head_bytes: int
    width: int

    def blocks(self, dictionaries: set[int]) -> Iterator[Block]:
        """Yield the blocks below the head; `dictionaries` are the positions to be read as distinct values."""
        text, coded = pa.string(), pa.dictionary(pa.int32(), pa.string())
        kinds = [coded if position in dictionaries else text for position in range(self.width)]
        before = self.grid.lines[-1]
        number, at, end, last = self._first(), self.head_bytes, self.head_bytes, False
        after_odd = bool(before.problem) or before.span > 1 or len(before.cells) != self.width
        with self.open() as stream:
            while not last:
                content, end = _piece(stream, at, end + BLOCK_BYTES)
                last = len(content) < end - at
                if not content:
                    continue
                try:
                    block, used = self._parsed(content, number, kinds), len(content)
                    block.odd[0] = after_odd
                    count, after_odd = len(block.lines), False
                except NotPlain:
                    block, used, count, after_odd = self._line_by_line(content, number, last, after_odd)
                number, at = number + count, at + used
                del content  # memory is for the block now, and then for the next one
                yield block
                del block

    def lines(self, block: Block, rows: np.ndarray) -> list[Line]:
        """Return rows of a block as lines with their physical numbers."""
        taken = [column.take(pa.array(rows)).cast(pa.string()) for column in block.columns]
        cells = zip(*(column.to_pylist() for column in taken), strict=True)
        return [Line(int(block.lines[row]), list(line)) for row, line in zip(rows, cells, strict=True)]

    def again(self, numbers: np.ndarray) -> Iterator[pa.ListArray]:
        """Yield the cells of some lines, some at a time, each of which was one row of a block; numbers are in order."""
        number, at, texts, count, left = self._first(), self.head_bytes, [], 0, numbers
        with self.open() as stream:
            while len(left):
                content, at = _piece(stream, at, at + AGAIN_BYTES)
                assert content, f"{self.grid.file}: changed while it was read"
                if b"\r" in content:
                    content = careful.LINE_END_BYTES.sub(b"\n", content)
                ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
                cuts = np.concatenate([[-1], ends, [] if content.endswith(b"\n") else [len(content)]]).astype(np.int64)
                here, left = np.split(left, [np.searchsorted(left, number + len(cuts) - 1)])
                runs = np.split(here - number, np.flatnonzero(np.diff(here) > 1) + 1) if len(here) else ()
                texts += (content[cuts[run[0]] + 1 : cuts[run[-1] + 1]] for run in runs)
                number, count = number + len(ends), count + len(here)
                if count >= AGAIN_LINES or not len(left):
                    yield self._cells(b"\n".join([*texts, b""]))
                    texts, count = [], 0

    def _first(self) -> int:
        """Return the number of the first line below the head."""
        return self.grid.lines[-1].number + self.grid.lines[-1].span

    def _cells(self, content: bytes) -> pa.ListArray:
        """Return the cells of lines, each of which is a record by itself."""
        try:
            block = self._parsed(content, 0, [pa.string()] * self.width)
        except NotPlain:
            lines = (text.decode(self.encoding) for text in content.split(b"\n")[:-1])
            cells = [next(careful.records_of([line], set(), self.delimiter)).cells for line in lines]
            return pa.array(cells, pa.list_(pa.string()))
        count = len(block.lines)
        by_line = np.arange(self.width * count).reshape(self.width, -1).T.ravel()
        cells = pa.concat_arrays(block.columns).take(pa.array(by_line))
        return pa.ListArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32) * self.width), cells)

    def _parsed(self, content: bytes, number: int, kinds: list[pa.DataType]) -> Block:
        """Return a block whose lines are all alike; raises `NotPlain`."""
        content = self._checked(content)
        names = [f"c{position}" for position in range(self.width)]
        reading = pyarrow.csv.ReadOptions(column_names=names, block_size=max(len(content), 1), use_threads=False)
        quoted = b'"' in content
        parsing = pyarrow.csv.ParseOptions(
            delimiter=self.delimiter, ignore_empty_lines=False, newlines_in_values=quoted,
            quote_char='"' if quoted else False,
        )  # fmt: skip
        convert = pyarrow.csv.ConvertOptions(
            column_types=dict(zip(names, kinds, strict=True)), strings_can_be_null=False, check_utf8=False
        )
        try:
            table = pyarrow.csv.read_csv(pa.BufferReader(content), reading, parsing, convert)
            columns = [_whole(column) for column in table.columns]
            for column in columns:  # what `check_utf8` does, once for each distinct cell
                getattr(column, "dictionary", column).validate(full=True)
        except pa.ArrowInvalid as error:
            raise NotPlain(str(error)) from None
        count = table.num_rows
        if quoted and count != content.count(b"\n") + (not content.endswith(b"\n")):
            raise NotPlain("a quoted cell runs over lines")
        return Block(number + np.arange(count), columns, np.zeros(count, bool))

    def _checked(self, content: bytes) -> bytes:
        """Return the content as UTF-8 with plain line ends, where cells are what Arrow takes for them."""
        if b"\r" in content:
            content = content.replace(b"\r\n", b"\n")
        if b"\0" in content or b"\r" in content:
            raise NotPlain("a NUL, or mixed line ends")
        if _may_have_longer(content, int(vocabulary.threshold("max_cell_characters"))):
            raise NotPlain("a line that may have a cell too long")
        if self.encoding != "utf-8":
            try:
                content = content.decode(self.encoding).encode()
            except UnicodeDecodeError:
                raise NotPlain("a line that the encoding cannot read") from None
        if content.startswith(codecs.BOM_UTF8):
            raise NotPlain("a byte order mark, which Arrow would drop")
        if b'"' in content:
            around = np.frombuffer(b"\n" + content + b"\n", np.uint8)
            quotes = np.flatnonzero(around == ord('"'))
            beside = np.concatenate([around[quotes[::2] - 1], around[quotes[1::2] + 1]])  # what opens, what closes
            if len(quotes) % 2 or not np.isin(beside, [ord(self.delimiter), ord("\n")]).all():
                raise NotPlain("quotes that do not stand around whole cells")
        return content

    def _line_by_line(self, content: bytes, number: int, last: bool, after_odd: bool) -> tuple[Block, int, int, bool]:
        """Return a block as the careful reader finds it, how many bytes and lines that is, and whether it ends oddly.

        A record is decided by the lines that a quote may stay open; those at the end wait for the next block.
        """
        ends = [match.end() for match in careful.LINE_END_BYTES.finditer(content)]
        texts, undecoded = careful.decode_lines(careful.LINE_END_BYTES.split(content), self.encoding)
        decided = len(texts) if last else len(texts) - int(vocabulary.threshold("open_quote_lines")) - 1
        rows, numbers, odd, aside, end = [], [], [], [], 0
        for line in careful.records_of(texts, undecoded, self.delimiter):
            if line.number > decided:
                break
            end = line.number - 1 + line.span
            plain = not line.problem and line.span == 1 and len(line.cells) == self.width
            line.number += number - 1
            if plain:
                rows.append(line.cells)
                numbers.append(line.number)
                odd.append(after_odd)  # a header may have a second line
            else:
                aside.append(line)
            after_odd = not plain
        columns = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
        columns = columns or [pa.array([], pa.string())] * self.width
        used = len(content) if last else ends[end - 1] if end else 0
        return Block(np.array(numbers, np.int64), columns, np.array(odd, bool), aside), used, end, after_odd


def _piece(stream: BinaryIO, start: int, least: int) -> tuple[bytes, int]:
    """Return the bytes from a place to the end of the line that another is in, and where that is; fewer at the end."""
    stream.seek(least)
    stream.readline()
    end = stream.tell()
    stream.seek(start)
    return stream.read(end - start), end


def _may_have_longer(content: bytes, most: int) -> bool:
    """Return whether a line may be longer; lines are looked at only where half as much has no line end in it."""
    half = most // 2
    if all(content.find(b"\n", at, at + half) >= 0 for at in range(0, len(content) - half, half)):
        return False
    return max(map(len, content.split(b"\n"))) > most


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def open_delimited(
    name: str, opening: Callable[[], BinaryIO], known: careful.KnownHeaders, stated: str | None
) -> Delimited:
    """Read the head of a text as the careful reader does, and return what the rest can be read with."""
    with opening() as stream:
        lines = [line for _, line in zip(range(ENCODING_LINES + 1), stream, strict=False)]
    head = b"".join(lines)
    bom = next((mark for mark in careful.BOMS if head.startswith(mark)), b"")
    encoding = careful.BOMS.get(bom) or careful.utf16_without_bom(head[:4096], known) or stated
    encoding = encoding or careful.likeliest_encoding(careful.LINE_END_BYTES.split(head[len(bom) :]), known)
    if len(lines) <= HEAD_LINES or encoding not in careful.ENCODINGS:
        raise NotPlain("short, or of an encoding of another kind")
    careful.refuse_binary(name, careful.decoded(name, head, known, encoding)[0])
    first = lines[: HEAD_LINES + int(vocabulary.threshold("open_quote_lines")) + 1]
    grid = careful.read_text(name, b"".join(first), known, encoding)
    grid.lines = [line for line in grid.lines if line.number <= HEAD_LINES]
    end = grid.lines[-1].number - 1 + grid.lines[-1].span
    if b"\r" in b"".join(lines[:end]).replace(b"\r\n", b""):
        raise NotPlain("line ends of another kind in its head")
    if not grid.delimiter.isascii():
        raise NotPlain("a delimiter of several bytes")
    width = Counter(len(line.cells) for line in grid.lines).most_common(1)[0][0]
    return Delimited(opening, grid, encoding, grid.delimiter, len(b"".join(lines[:end])), width)
