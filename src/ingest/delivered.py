"""One table of one sheet of a delivery, as it is known once its rows are in the store."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from src.ingest.batch import Batch
from src.ingest.cleaning.clean import Cleaner
from src.ingest.readers.blocks import LongText
from src.ingest.readers.sheets import Sheet
from src.ingest.rowstore import Rows


@dataclass
class DeliveredTable:
    """A table that rows are from: its sheet, which is asked again for lines; how it was cleaned; its columns."""

    sheet: Sheet | LongText
    cleaner: Cleaner
    names: set[str] = field(default_factory=set)  # the clean columns that it states
    lines: tuple[int, int] = (0, 0)  # where it begins and ends in the sheet
    no_data: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # lines of the sheet, for its totals

    @property
    def place(self) -> tuple[str, str]:
        """Its file and sheet."""
        return self.sheet.grid.place

    @property
    def received(self) -> dt.date:
        """When it was received; the first of all days where that is not stated."""
        return self.cleaner.source.received or dt.date.min

    def data(self) -> Iterator[tuple[Batch, np.ndarray]]:
        """Yield the batches of its sheet, read again, and which of their rows are its data."""
        (first, end), maker = self.lines, self.sheet.maker
        for batch in map(maker.widened, chain([maker.of_lines(self.sheet.head)], self.sheet.batches())):
            here = (batch.lines >= first) & (batch.lines < end)
            if here.any():
                yield batch, here & ~np.isin(batch.lines, self.no_data)


def cells_again(rows: Rows, which: np.ndarray, tables: list[DeliveredTable]) -> Iterator[tuple[int, list[str]]]:
    """Read the lines of some rows again; yield a row and the cells of its line."""
    at: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, origin, line in zip(
        which.tolist(), rows["origin"][which].tolist(), rows["line"][which].tolist(), strict=True
    ):
        at[id(tables[origin].sheet)][line].append(row)
    for sheet in {id(table.sheet): table.sheet for table in tables}.values():
        for line in sheet.lines_at(sorted(at[id(sheet)])):
            for row in at[id(sheet)][line.number]:
                yield row, tables[rows["origin"][row]].cleaner.table.cells(line)
