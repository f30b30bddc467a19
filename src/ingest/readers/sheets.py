"""A delivery → its sheets and texts: of each the first lines, then batches of what stands below, as often as asked."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from src.ingest.batch import Batch, BatchMaker
from src.ingest.layout.headers import HeaderWords
from src.ingest.readers.blocks import LongText
from src.ingest.readers.files import parts_of
from src.ingest.readers.grid import Grid, Line, UnreadableFile

BATCH_LINES = 50_000


class Sheet:
    """One sheet that is read into memory: its first lines as they are, the others as batches."""

    def __init__(self, grid: Grid) -> None:
        self.grid, self.head, self._rest = grid, grid.lines, grid.rows
        self.maker = BatchMaker(len(grid.lines[0].cells))
        self.line_count = len(self.head) + len(self._rest)
        self._made: list[Batch] = []
        grid.rows = []

    def batches(self) -> Iterator[Batch]:
        """Yield what stands below the first lines."""
        yield from list(self._made)
        while self._rest:
            numbers = self.line_count - len(self._rest) + 1 + np.arange(min(len(self._rest), BATCH_LINES))
            some, self._rest = self._rest[:BATCH_LINES], self._rest[BATCH_LINES:]
            odd = {int(row): self.grid.odd[numbers[row]] for row in np.flatnonzero(np.isin(numbers, [*self.grid.odd]))}
            self._made.append(self.maker.of_rows(numbers, some, odd))
            yield self._made[-1]

    def found_at(self, path: Path) -> None:
        """Hear where its file is, if that was read elsewhere; nothing of it is read again."""

    def lines_at(self, numbers: Iterable[int]) -> Iterator[Line]:
        """Yield some of the lines, in order."""
        wanted = np.array(list(numbers), np.int64)
        yield from (line for line in self.head if line.number in wanted)
        for batch in self._made:
            yield from batch.lines_at(np.flatnonzero(np.isin(batch.lines, wanted)))


def sheets_of(path: Path, words: HeaderWords, encoding: str | None) -> Iterator[Sheet | LongText]:
    """Yield the sheets of a delivery, archives unpacked; raises `UnreadableFile`."""
    for name, kind, content in parts_of(path):
        if kind == "text":
            yield LongText(name, content, words.count, encoding)
        else:
            yield from map(Sheet, _grids_in(name, kind, content))


def _grids_in(name: str, kind: str, content: bytes) -> list[Grid]:
    """Return the sheets of a workbook or page that hold anything; raises `UnreadableFile`."""
    from src.ingest.readers.geojson import read_geojson, read_shapes
    from src.ingest.readers.markup import read_html, read_opendocument, read_spreadsheetml
    from src.ingest.readers.workbook import read_old_workbook, read_workbook

    readers = {
        "xlsx": read_workbook, "xls": read_old_workbook, "ods": read_opendocument, "html": read_html,
        "spreadsheetml": read_spreadsheetml, "geojson": read_geojson, "shapes": read_shapes,
    }  # fmt: skip
    try:
        return [grid for grid in readers[kind](name, content) if grid.lines]
    except UnreadableFile:
        raise
    except Exception as error:  # a damaged file fails in as many ways as it has parts
        cause = str(error) or type(error).__name__
        is_locked = type(error).__name__ == "PasswordError" or "encrypted" in cause
        raise UnreadableFile.because(name, "file_locked" if is_locked else "file_damaged", cause=cause) from None
