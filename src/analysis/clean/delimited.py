"""Text bytes → blocks of Arrow columns, where that gives the very cells that the careful reader finds; else `NotPlain`.

What has to hold of every block: its encoding reads it, each physical line is one record with as many cells as the
header, and quotes stand only around whole cells.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from src.analysis.ingest import Grid, Line
from src.analysis.ingest import text as careful

BLOCK_BYTES = 8 << 20
HEAD_LINES = 300  # more than the lines in which a header is looked for, and those below it that decide its blocks
ENCODING_LINES = 5000  # the careful reader decides the encoding by as many


class NotPlain(Exception):
    """Something that only the careful reader understands; the message says what."""


@dataclass
class Delimited:
    """A delimited text whose head has been read carefully: `grid` holds its first lines, `blocks` yields the rest."""

    open: Callable[[], BinaryIO]
    grid: Grid
    encoding: str
    delimiter: str
    head_bytes: int
    width: int

    def blocks(self, dictionaries: set[int], only: int | None = None) -> Iterator[tuple[int, list[pa.Array]]]:
        """Yield `(line, columns)`: the number of a block's first line, its columns as text.

        `dictionaries` are the positions to be read as distinct values; `only` is the one column that is wanted.
        """
        names = [f"c{position}" for position in range(self.width)]
        text, coded = pa.string(), pa.dictionary(pa.int32(), pa.string())
        convert = pyarrow.csv.ConvertOptions(
            column_types={name: coded if p in dictionaries else text for p, name in enumerate(names)},
            strings_can_be_null=False,
            include_columns=names if only is None else [names[only]],
        )
        line = HEAD_LINES + 1
        with self.open() as stream:
            stream.seek(self.head_bytes)
            for block in _cut_at_lines(stream):
                content, count = self._checked(block)
                table = self._parsed(content, names, convert)
                if table.num_rows != count:
                    raise NotPlain("a quoted cell runs over lines, or a line is empty")
                yield line, [_whole(column) for column in table.columns]
                line += count

    def lines(self, first: int, columns: list[pa.Array], rows: np.ndarray) -> list[Line]:
        """Return rows of a block as lines with their physical numbers."""
        cells = zip(*(column.take(pa.array(rows)).to_pylist() for column in columns), strict=True)
        return [Line(int(first + row), list(line)) for row, line in zip(rows, cells, strict=True)]

    def seen_as_odd(self, count: int) -> np.ndarray:
        """Return which rows of a block have more to them than their cells: none in a text."""
        return np.zeros(count, bool)

    def _checked(self, block: bytes) -> tuple[bytes, int]:
        """Return the block as UTF-8 and how many lines it has."""
        if b"\0" in block:
            raise NotPlain("a NUL")
        if block.count(b"\r") != block.count(b"\r\n"):
            raise NotPlain("line ends are mixed")
        if self.encoding != "utf-8":
            try:
                block = block.decode(self.encoding).encode()
            except UnicodeDecodeError:
                raise NotPlain("a line that the encoding cannot read") from None
        if quotes := block.count(b'"'):
            around = b"\n" + block.replace(b"\r\n", b"\n") + (b"" if block.endswith(b"\n") else b"\n")
            mark = self.delimiter.encode()
            opening = around.count(mark + b'"') + around.count(b'\n"')
            closing = around.count(b'"' + mark) + around.count(b'"\n')
            if not opening == closing == quotes / 2:
                raise NotPlain("quotes that do not stand around whole cells")
        return block, block.count(b"\n") + (not block.endswith(b"\n"))

    def _parsed(self, content: bytes, names: list[str], convert: pyarrow.csv.ConvertOptions) -> pa.Table:
        reading = pyarrow.csv.ReadOptions(column_names=names, block_size=max(len(content), 1), use_threads=False)
        parsing = pyarrow.csv.ParseOptions(
            delimiter=self.delimiter, ignore_empty_lines=False, newlines_in_values=True,
            quote_char='"' if b'"' in content else False,
        )  # fmt: skip
        try:
            return pyarrow.csv.read_csv(pa.BufferReader(content), reading, parsing, convert)
        except pa.ArrowInvalid as error:
            raise NotPlain(str(error)) from None


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _cut_at_lines(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while read := stream.read(BLOCK_BYTES):
        end = read.rfind(b"\n") + 1
        if end:
            yield rest + read[:end]
            rest = read[end:]
        else:
            rest += read
    if rest:
        yield rest


def open_delimited(
    name: str, opening: Callable[[], BinaryIO], known: careful.KnownHeaders, stated: str | None
) -> Delimited:
    """Read the head of a text as the careful reader does, and return what the rest can be read with."""
    with opening() as stream:
        lines = [line for _, line in zip(range(ENCODING_LINES + 1), stream, strict=False)]
    head = b"".join(lines)
    bom = next((mark for mark in careful.BOMS if head.startswith(mark)), b"")
    encoding = careful.BOMS.get(bom) or careful._utf16_without_bom(head[:4096]) or stated
    encoding = encoding or careful._likeliest_encoding(careful.LINE_END_BYTES.split(head[len(bom) :]), known)
    first = b"".join(lines[:HEAD_LINES])
    if len(lines) <= HEAD_LINES or encoding not in careful.ENCODINGS or b"\r" in head.replace(b"\r\n", b""):
        raise NotPlain("short, or its line ends or encoding are of another kind")
    careful._refuse_binary(name, careful._decoded(name, head, known, encoding)[0])
    grid = careful.read_text(name, first, known, encoding)
    if any(line.problem or line.span > 1 for line in grid.lines) or len(grid.lines) != HEAD_LINES:
        raise NotPlain("a line of its head is damaged")
    texts, _ = careful._decoded(name, first, known, encoding)
    delimiter = careful._delimiter(texts, known)
    if not delimiter.isascii():
        raise NotPlain("a delimiter of several bytes")
    return Delimited(opening, grid, encoding, delimiter, len(first), len(grid.lines[-1].cells))


def opener(content: bytes) -> Callable[[], BinaryIO]:
    """Return how a text that is in memory already is opened."""
    return lambda: io.BytesIO(content)
