"""Totals that were delivered, held against the lines that they are of."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from src.codebook import vocabulary
from src.ingest.batch import Batch
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.table import TableReader, number
from src.ingest.readers.grid import Line, as_text


@dataclass
class DataLines:
    """The lines of a table that hold data, in order: their numbers, which of them are clean rows, what they state.

    `numbers` are those of each column of numbers, by its position; `alike` the lines of the month and kind of a total.
    """

    lines: np.ndarray
    is_clean: np.ndarray
    numbers: dict[int, np.ndarray]
    alike: dict[tuple[str, ...], np.ndarray]


def totals_that_differ(table: TableReader, data: DataLines) -> Iterator[str]:
    """Yield a sentence for each total that its lines do not add up to, neither all of them nor those that are clean.

    A total may stand below its lines or above them, and may span smaller totals: it has to be the sum of the lines
    between itself and any other total, or an end of the table; or of those of the same month and kind, if it has one.
    """
    totals = sorted(table.block.totals, key=lambda line: line.number)
    cuts = [0, *np.searchsorted(data.lines, [line.number for line in totals]).tolist(), len(data.lines)]
    for position, reader in table.numeric.items():
        columns = [data.numbers[position], np.where(data.is_clean, data.numbers[position], 0.0)]
        running = [np.append(0.0, np.cumsum(column)) for column in columns]
        for which, line in enumerate(totals, 1):
            stated, here = _number_in(reader, line, position), cuts[which]
            sums = [abs(sum_to[here] - sum_to[other]) for sum_to in running for other in cuts]
            alike = data.alike.get(_names(table, line))
            sums += [0.0] if alike is None else [float(column[alike].sum()) for column in columns]
            if stated and not any(math.isclose(stated, found, rel_tol=1e-6) for found in sums):
                summed = running[0][here] - running[0][cuts[which - 1]] or running[0][here]
                words = {"file": table.grid.file, "line": line.number, "column": reader.name}
                yield vocabulary.both("total_differs", **words, stated=f"{stated:,.10g}", summed=f"{summed:,.10g}")


def data_lines(table: TableReader, batches: Iterable[tuple[Batch, np.ndarray]], clean: np.ndarray) -> DataLines:
    """Return a table's lines: `batches` come with a mask of its data, `clean` are the lines of clean rows."""
    parts: list[tuple] = []
    named = {name for name in (_names(table, line) for line in table.block.totals) if any(name)}
    for batch, mask in batches:
        readable = mask.copy()
        readable[[row for row, line in batch.odd.items() if line.problem]] = False
        numbers = {p: np.where(readable, _numbers(batch, p, reader), 0.0)[mask] for p, reader in table.numeric.items()}
        parts.append((batch.lines[mask], numbers, {name: _is_named(table, batch, name)[mask] for name in named}))
    lines = np.concatenate([np.zeros(0, np.int64), *(lines for lines, _, _ in parts)])
    numbers = {p: np.concatenate([np.zeros(0), *(found[p] for _, found, _ in parts)]) for p in table.numeric}
    alike = {name: np.concatenate([np.zeros(0, bool), *(found[name] for *_, found in parts)]) for name in named}
    return DataLines(lines, np.isin(lines, clean), numbers, alike)


def _named_by(table: TableReader) -> list[int]:
    return [position for position in table.block.naming if position not in table.block.places]


def _names(table: TableReader, line: Line) -> tuple[str, ...]:
    """Return what a line is of beside its place: its month and kind."""
    return tuple(line.texts[p] if p < len(line.cells) else "" for p in _named_by(table))


def _is_named(table: TableReader, batch: Batch, name: tuple[str, ...]) -> np.ndarray:
    found = np.ones(len(batch), bool)
    for position, text in zip(_named_by(table), name, strict=True):
        column = batch.column(position)
        texts = column.dictionary.answers("stripped", lambda cell: as_text(cell).strip())
        found &= np.fromiter((one == text for one in texts), bool, len(texts))[column.codes]
    return found


def _numbers(batch: Batch, position: int, reader: CellReader) -> np.ndarray:
    column = batch.column(position)
    found = column.dictionary.answers(("number", id(reader)), lambda cell: number(reader.read(cell)))
    return np.array(found, float)[column.codes]


def _number_in(reader: CellReader, line: Line, position: int) -> float:
    return number(reader.read(line.cells[position])) if position < len(line.cells) else 0.0
