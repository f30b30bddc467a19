"""One table of one sheet of a delivery, as it is known once its rows are in the store."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from src.ingest.batch import Batch
from src.ingest.cleaning.clean import Cleaner
from src.ingest.keys import Keys
from src.ingest.readers.blocks import LongText
from src.ingest.readers.grid import Line
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

    def __post_init__(self) -> None:
        self.keys = Keys(self.cleaner.table)

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


def lines_again(rows: Rows, which: np.ndarray, tables: list[DeliveredTable]) -> Iterator[tuple[int, Line]]:
    """Read the lines of some rows again; yield row and line."""
    by_sheet: dict[int, list[int]] = defaultdict(list)
    for origin, table in enumerate(tables):
        by_sheet[id(table.sheet)].append(origin)
    for origins in by_sheet.values():
        at: dict[int, list[int]] = defaultdict(list)
        for row in which[np.isin(rows["origin"][which], origins)].tolist():
            at[int(rows["line"][row])].append(row)
        for line in tables[origins[0]].sheet.lines_at(sorted(at)) if at else ():
            for row in at[line.number]:
                yield row, line
