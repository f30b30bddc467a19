"""Plain rows made into records again, where one may repeat another of any delivery."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from src.analysis.clean.columns.delimited import Delimited
from src.analysis.clean.columns.plain import ID
from src.analysis.clean.columns.sheet import Sheet
from src.analysis.clean.records import Record
from src.analysis.clean.sources import Source


@dataclass
class Again:
    """What is needed of a text or sheet once it has been read the fast way; its rows have the columns `names`."""

    text: Delimited | Sheet
    source: Source
    constants: dict[str, Any]
    names: list[str]

    def records(self, values: dict[str, list], lines: np.ndarray, raw: list[list[str]]) -> list[Record]:
        """Return plain rows, their cells read again, as the records that the careful way would have made of them."""
        columns, grid = [values[name] for name in self.names], self.text.grid
        records = []
        for number, cells, *told in zip(lines.tolist(), raw, *columns, strict=True):
            stated = self.constants | dict(zip(self.names, told, strict=True))
            record = Record(grid.file, grid.sheet, number, cells, stated, received=self.source.received)
            if stated.get(ID) is not None:
                record.key = (self.source.publisher, stated[ID])
            records.append(record)
        return records
