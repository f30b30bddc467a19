"""What the columns of a delivery are called: a header's words → our column and the unit it states."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from src.analysis import vocabulary
from src.analysis.ingest.grid import as_text

BRACKETS = re.compile(r"[（(\[【〔]([^）)\]】〕]*)[）)\]】〕]")


@dataclass(frozen=True)
class Header:
    """One known header: our column (`-` for what is known and not kept), the factor its unit states, its words."""

    column: str
    factor: float | None
    words: str


class HeaderWords:
    """The headers that one table knows: those of the vocabulary and those that its source states."""

    def __init__(self, table: str, stated: dict[str, str] | None = None, extra: Iterable[str] = ()) -> None:
        words = vocabulary.current()
        self.units: dict[str, dict] = words.marks["units"]
        self.columns: dict[str, str] = {}
        for column, synonyms in words.headers[table].items():
            for synonym in (column, *synonyms):
                self.columns[vocabulary.fold(synonym)] = column
        for column in words.tables[table]["columns"]:
            self.columns[vocabulary.fold(column)] = column
        for unused in (*words.headers["personal"], *words.headers["ignored"]):
            self.columns.setdefault(vocabulary.fold(unused), "-")
        self.stated = {vocabulary.fold(header): column for header, column in (stated or {}).items()}
        self.columns |= self.stated
        self.columns |= {vocabulary.fold(header): header for header in extra}
        self._seen: dict[str, Header | None] = {}

    def match(self, text: str) -> Header | None:
        """Return what a header cell means: `预算（万元）` is budget_cny with the factor 10000; None if unknown."""
        if len(self._seen) > 20_000:  # the cells of a long table pass through here too
            self._seen.clear()
        if text not in self._seen:
            self._seen[text] = self._match(text)
        return self._seen[text]

    def _match(self, text: str) -> Header | None:
        whole = vocabulary.fold(text)
        words = " ".join(text.split())
        if not whole or len(whole) > 60:
            return None
        if whole in self.columns:
            return Header(self.columns[whole], None, words)
        bare = vocabulary.fold(BRACKETS.sub("", text)).strip("*＊:：")
        column = self.columns.get(bare)
        if column is None:
            return None
        inside = [vocabulary.fold(unit) for unit in BRACKETS.findall(text)]
        units = {vocabulary.fold(unit): factor for unit, factor in self.units.get(column, {}).items()}
        return Header(column, next((units[unit] for unit in inside if unit in units), None), words)

    def count(self, cells: list) -> int:
        """Return how many different known columns a line's cells name."""
        found = (self.match(as_text(cell)) for cell in cells if cell is not None and cell != "")
        return len({header.words for header in found if header})
