"""Totals that were delivered, held against the lines that they are of."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from src.codebook import vocabulary
from src.ingest.batch import Batch
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.table import TableReader, number_of, numbers_in
from src.ingest.readers.grid import Line, as_text


def totals_that_differ(table: TableReader, data: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each total that its lines do not add up to, neither all of them nor those that are clean.

    A total may stand below its lines or above them, and may span smaller totals: it has to be the sum of the lines
    between itself and any other total, or an end of the table; or of those of the same month and kind, if it has one.
    """
    totals = sorted(table.block.totals, key=lambda line: line.number)
    cuts = [0, *np.searchsorted(data["line"], [line.number for line in totals]).tolist(), len(data)]
    for position, reader in table.numeric.items():
        columns = [data[position], data[position].where(data["is_clean"], 0.0)]
        running = [np.append(0.0, np.cumsum(column)) for column in columns]
        for which, line in enumerate(totals, 1):
            stated, here = _number_in(reader, line, position), cuts[which]
            sums = [abs(sum_to[here] - sum_to[other]) for sum_to in running for other in cuts]
            name = _names(table, line)
            sums += [float(column[data[name]].sum()) for column in columns] if name in data else [0.0]
            if stated and not any(math.isclose(stated, found, rel_tol=1e-6) for found in sums):
                summed = running[0][here] - running[0][cuts[which - 1]] or running[0][here]
                words = {"file": table.grid.file, "line": line.number, "column": reader.name}
                yield vocabulary.both("total_differs", **words, stated=f"{stated:,.10g}", summed=f"{summed:,.10g}")


def data_lines(table: TableReader, batches: Iterable[tuple[Batch, np.ndarray]], clean: np.ndarray) -> pd.DataFrame:
    """Return the lines of a table that hold data: `batches` come with a mask of them, `clean` are those of clean rows.

    Columns: `line`, `is_clean`; by position what each column of numbers states; by the month and kind of a total
    whether the line is of these.
    """
    parts = [pd.DataFrame({"line": np.zeros(0, np.int64), "is_clean": np.zeros(0, bool)})]
    named = {name for name in (_names(table, line) for line in table.block.totals) if any(name)}
    for batch, mask in batches:
        readable = mask.copy()
        readable[[row for row, line in batch.odd.items() if line.problem]] = False
        rows: dict = {"line": batch.lines, "is_clean": np.isin(batch.lines, clean)}
        rows |= {p: np.where(readable, numbers_in(batch, p, reader), 0.0) for p, reader in table.numeric.items()}
        rows |= {name: _is_named(table, batch, name) for name in named}
        parts.append(pd.DataFrame({name: cells[mask] for name, cells in rows.items()}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _named_by(table: TableReader) -> list[int]:
    return [position for position in table.block.naming if position not in table.block.places]


def _names(table: TableReader, line: Line) -> tuple[str, ...]:
    """Return what a line is of beside its place: its month and kind."""
    return tuple(line.texts[p] if p < len(line.cells) else "" for p in _named_by(table))


def _is_named(table: TableReader, batch: Batch, name: tuple[str, ...]) -> np.ndarray:
    found = np.ones(len(batch), bool)
    for position, text in zip(_named_by(table), name, strict=True):
        found &= batch.columns[position].encoded().asked("stripped", lambda cell: as_text(cell).strip(), object) == text
    return found


def _number_in(reader: CellReader, line: Line, position: int) -> float:
    return number_of(line.cells[position], reader) if position < len(line.cells) else 0.0
