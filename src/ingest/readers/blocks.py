"""A delimited text in blocks: pyarrow parses the regular ones, the csv module with all its care the others."""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from src.codebook import vocabulary
from src.ingest.batch import Batch, BatchMaker
from src.ingest.readers import text
from src.ingest.readers.grid import HEAD_LINES, Grid, Line, UnreadableFile

# Arrow hears Ctrl-C itself while it parses and passes it on later; what comes as a parse ends is lost then.
pa.enable_signal_handlers(False)

BLOCK_BYTES = 8 << 20
SNIFFED_LINES = 5_000  # by which encoding and delimiter are decided


class Irregular(Exception):
    """A block that the csv module has to read."""


@dataclass(frozen=True)
class Block:
    """Where a block of a text begins, how many bytes it has, its first and last line, and whether each is a record."""

    at: int
    size: int
    first: int
    last: int
    is_regular: bool


class LongText:
    """A text: how it is written is decided by its first lines; blocks of the others are parsed one after another."""

    def __init__(self, name: str, opened: Callable[[], BinaryIO], known: text.KnownHeaders, stated: str | None) -> None:
        self.open = opened
        self.encoding, start = text.encoding_of(name, sample := self._first_lines(SNIFFED_LINES), known, stated)
        if self.encoding in text.WIDE:
            with self.open() as stream:
                self.open = partial(io.BytesIO, text.recoded(stream.read(), self.encoding))
            self.encoding, start, sample = "utf-8", 0, self._first_lines(SNIFFED_LINES)
        try:
            texts, _ = text.decode_lines(text.LINE_END.split(sample[start:]), self.encoding)
        except (LookupError, ValueError):  # none, or one that is not for files
            raise UnreadableFile.because(name, "file_encoding", encoding=self.encoding) from None
        text.refuse_binary(name, texts)
        self.delimiter = text.delimiter_of(texts, known)
        self.quoting = text.quoting_of(texts, self.delimiter)
        self.open_quote_lines = int(vocabulary.threshold("open_quote_lines"))
        content = self._first_lines(HEAD_LINES + self.open_quote_lines)[start:]
        self.head, used, self.line_count = self._line_by_line(content, 1, HEAD_LINES)
        self.grid = Grid(name, "", self.head, delimiter=self.delimiter)
        widths = Counter(len(line.cells) for line in self.head)
        self.maker = BatchMaker(max(widths, key=widths.__getitem__))
        self.body = start + used, 1 + self.line_count  # where what stands below the head begins: byte and line
        self.blocks: list[Block] = []

    def _first_lines(self, count: int) -> bytes:
        """Return so many lines and one more."""
        with self.open() as stream:
            return b"".join(islice(stream, count + 1))

    def batches(self) -> Iterator[Batch]:
        """Yield what stands below the head; the block that follows is parsed while this one is worked on."""
        (at, number), size, blocks = self.body, BLOCK_BYTES, []
        with self.open() as stream, ThreadPoolExecutor(1) as pool:
            coming = pool.submit(self._parsed, stream, at, number, size, self._kinds())
            while coming:
                block, parsed, is_last = coming.result()
                size = BLOCK_BYTES if block.size else 2 * size  # a quote stays open for longer than that
                at, number = at + block.size, block.last + 1
                blocks.append(block)
                coming = None if is_last else pool.submit(self._parsed, stream, at, number, size, self._kinds())
                if block.last >= block.first:
                    yield self._batch(block, parsed)
                del parsed
        self.blocks, self.line_count = blocks, number - 1

    def _kinds(self) -> dict[str, pa.DataType]:
        coded = pa.dictionary(pa.int32(), pa.string())
        return {str(p): pa.string() if p in self.maker.texts else coded for p in range(self.maker.width)}

    def _parsed(
        self, stream: BinaryIO, at: int, number: int, size: int, kinds: dict[str, pa.DataType]
    ) -> tuple[Block, list, bool]:
        """Return a block, its columns or its lines, and whether it is the last."""
        stream.seek(at)
        content = stream.read(size)
        content += stream.readline()
        is_last = len(content) < size
        try:
            arrays = self._regular(content, kinds)
            return Block(at, len(content), number, number + len(arrays[0]) - 1, True), arrays, is_last
        except Irregular:
            decided = None if is_last else content.count(b"\n") - self.open_quote_lines
            lines, used, count = self._line_by_line(content, number, decided)
            return Block(at, used, number, number + count - 1, False), lines, is_last

    def _batch(self, block: Block, parsed: list) -> Batch:
        if block.is_regular:
            return self.maker.of_arrow(np.arange(block.first, block.last + 1), parsed)
        return self.maker.of_lines(parsed)

    def found_at(self, path: Path) -> None:
        """Hear where its file is, if that was read elsewhere."""
        if self.open.func is not io.BytesIO:
            self.open = partial(path.open, "rb")

    def lines_at(self, numbers: Iterable[int]) -> Iterator[Line]:
        """Yield some of the lines, in order; they are read again."""
        wanted = np.array(sorted(numbers), np.int64)
        yield from (line for line in self.head if line.number in wanted)
        with self.open() as stream:
            for block in self.blocks:
                here = wanted[slice(*np.searchsorted(wanted, [block.first, block.last + 1]))]
                if len(here):
                    stream.seek(block.at)
                    yield from self._lines_in(stream.read(block.size), block, here)

    def _lines_in(self, content: bytes, block: Block, wanted: np.ndarray) -> Iterable[Line]:
        if not block.is_regular:
            lines, _, _ = self._line_by_line(content, block.first, None)
            return (line for line in lines if line.number in wanted)
        physical = content.split(b"\n")
        lines, _, _ = self._line_by_line(b"\n".join(physical[n] for n in wanted - block.first), 1, None)
        return (replace(line, number=number) for line, number in zip(lines, wanted.tolist(), strict=True))

    def _regular(self, content: bytes, kinds: dict[str, pa.DataType]) -> list[pa.Array]:
        """Parse a block in which each physical line is one record as wide as the others; raises `Irregular`."""
        content, quoted = self._checked(content), b'"' in content
        reading = pa.csv.ReadOptions(column_names=list(kinds), block_size=max(len(content), 1), use_threads=False)
        parsing = pa.csv.ParseOptions(
            delimiter=self.delimiter, ignore_empty_lines=False, newlines_in_values=quoted,
            quote_char='"' if quoted else False,
        )  # fmt: skip
        convert = pa.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False, check_utf8=False)
        try:
            table = pa.csv.read_csv(pa.BufferReader(content), reading, parsing, convert)
            arrays = [c.chunk(0) if c.num_chunks == 1 else c.combine_chunks() for c in table.columns]
            for array in arrays:  # what `check_utf8` does, once for each distinct cell
                getattr(array, "dictionary", array).validate(full=True)
        except pa.ArrowInvalid as error:
            raise Irregular(str(error)) from None
        if quoted and len(table) != content.count(b"\n") + (not content.endswith(b"\n")):
            raise Irregular("a quoted cell runs over lines")
        return arrays

    def _checked(self, content: bytes) -> bytes:
        """Return a block as UTF-8 with plain line ends, where its cells are what Arrow takes for them."""
        content = content.replace(b"\r\n", b"\n") if b"\r" in content else content
        if not (self.delimiter.isascii() and self.quoting == text.PLAIN) or b"\0" in content or b"\r" in content:
            raise Irregular("quotes of its own manner, a NUL, or mixed line ends")
        half = int(vocabulary.threshold("max_cell_characters")) // 2
        if any(content.find(b"\n", at, at + half) < 0 for at in range(0, len(content) - half, half)):
            raise Irregular("a line that may have a cell too long")
        if self.encoding != "utf-8":
            try:
                content = content.decode(self.encoding).encode()
            except UnicodeDecodeError:
                raise Irregular("a line that the encoding cannot read") from None
        if content.startswith(b"\xef\xbb\xbf"):
            raise Irregular("a byte order mark, which Arrow would drop")
        if b'"' in content:
            around = np.frombuffer(b"\n" + content + b"\n", np.uint8)
            quotes = np.flatnonzero(around == ord('"'))
            beside = np.concatenate([around[quotes[::2] - 1], around[quotes[1::2] + 1]])  # what opens, what closes
            if len(quotes) % 2 or not np.isin(beside, [ord(self.delimiter), ord("\n")]).all():
                raise Irregular("quotes that do not stand around whole cells")
        return content

    def _line_by_line(self, content: bytes, number: int, decided: int | None) -> tuple[list[Line], int, int]:
        """Return lines, and how many bytes and physical lines they take; records that begin after `decided` wait."""
        ends = [match.end() for match in text.LINE_END.finditer(content)]
        texts, undecoded = text.decode_lines(text.LINE_END.split(content), self.encoding)
        lines, end = [], 0
        for line in text.records_of(texts, undecoded, self.delimiter, self.quoting):
            if decided is not None and line.number > decided:
                break
            end = line.number - 1 + line.span
            line.number += number - 1
            lines.append(line)
        return lines, len(content) if end >= len(texts) else ends[end - 1] if end else 0, end
