"""A raw cell and its column's type → a value, nothing, or the reason why it is neither."""

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from typing import Any

from src.codebook import vocabulary
from src.codebook.tables import Column
from src.ingest.cleaning.dates import DateGrammar
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.personal import mask
from src.ingest.readers.grid import as_text

NUMBER = re.compile(r"(?:[¥￥]\s*)?(-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*((?:[^\d\s,.~-]\S*)?)")
NAMED = 12  # values that a reason names as right
LIST_MARKS = re.compile(r"[;；、，,/\n+＋]")
LOST_DIGITS = 1e15
NOT_SEEN = object()


@dataclass
class CellReader:
    """Reads the cells of one delivered column; each distinct cell is read once."""

    column: Column
    grammar: DateGrammar
    unit: str = ""
    stated: dict[str, str] = field(default_factory=dict)
    latest: dt.datetime | None = None
    _seen: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.name = self.column.name

    def __getstate__(self) -> dict:
        return vars(self) | {"_seen": {}}

    def read(self, cell: object) -> Any:
        """Return the value, or an `CellError` (returned, not raised, so that it is kept for the next such cell)."""
        kept = cell if isinstance(cell, str) else (type(cell), cell)
        found = self._seen.get(kept, NOT_SEEN)
        if found is NOT_SEEN:
            try:
                found = self._read(cell)
            except CellError as problem:
                found = problem.kept()
            self._seen[kept] = found
        return found

    def _read(self, cell: object) -> Any:
        text = as_text(cell).strip()
        if self.stated:
            text = cell = self.stated.get(text, cell)
            text = as_text(text).strip()
        if self.column.type in ("text", "id"):
            return self._read_text(text, cell)
        folded = vocabulary.fold(text)
        if self.column.type == "flag":
            return _flag(folded)
        if folded in _missing_marks():
            return None
        return READ.get(self.column.type, CellReader._read_number)(self, text, cell)

    def _read_text(self, text: str, cell: object) -> str | None:
        if self.column.type == "id":
            if isinstance(cell, float) and abs(cell) >= LOST_DIGITS:
                raise CellError("lost_digits")
            return vocabulary.normal(text) or None if text not in ("-", "/", "—") else None
        if not self.column.required and vocabulary.fold(text) in _missing_marks():
            return None
        return mask(" ".join(text.split())) or None

    def _read_date(self, text: str, cell: object) -> tuple[dt.datetime, str]:
        when, precision = self.grammar.read(cell if isinstance(cell, (dt.date, float, int)) else text)
        if self.latest and when > self.latest and not self.column.may_be_future:
            raise CellError("future_date", latest=f"{self.latest:%Y-%m-%d}")
        if self.latest and (years := self.column.years_ahead) and when.year > self.latest.year + years:
            raise CellError("far_future_date", years=years)
        if precision == "month" and self.column.type == "date":
            raise CellError("day_missing")
        return when, precision

    def _read_codes(self, text: str, cell: object) -> str:
        """Return the code of a text; where a column may hold several, those of its parts in the order of their list."""
        spellings = vocabulary.current().spellings[self.column.listname]
        several = self.column.type == "codes" and vocabulary.fold(text) not in spellings
        parts = [part for part in LIST_MARKS.split(text) if part.strip()] if several else [text]
        found = {spellings.get(vocabulary.fold(part)) for part in parts}
        if not found or None in found:
            raise CellError("not_in_list", allowed=self._allowed())
        return ";".join(sorted(found, key=list(vocabulary.current().entries(self.column.listname)).index))

    def _allowed(self) -> list[str]:
        names = [entry["zh"] for entry in vocabulary.current().entries(self.column.listname).values()]
        return names if len(names) <= NAMED else [*names[:NAMED], "……"]

    def _read_number(self, text: str, cell: object) -> float | int:
        if isinstance(cell, bool) or (isinstance(cell, float) and not math.isfinite(cell)):
            raise CellError("not_a_number")
        match = NUMBER.fullmatch(vocabulary.normal(text).strip())
        if not match and not isinstance(cell, (int, float)):
            raise CellError("not_a_number")
        number = float(cell) if isinstance(cell, (int, float)) else float(match[1].replace(",", ""))
        number *= self._factor(match[2] if match and not isinstance(cell, (int, float)) else "")
        if number < 0 and self.column.type in ("count", "money"):
            raise CellError("negative")
        if self.column.type not in ("count", "year"):
            return round(number, 6)
        if abs(number - round(number)) > 1e-6:
            raise CellError("not_whole")
        return round(number)

    def _factor(self, unit: str) -> float:
        """Return the factor of the cell's own unit, else of its header's."""
        if unit == "%" and self.column.type == "number":
            return 0.01
        factors = {"": 1, "万": 10_000} | vocabulary.current().marks["units"].get(self.column.name, {})
        stated = vocabulary.fold(unit) or self.unit
        factor = {vocabulary.fold(name): factor for name, factor in factors.items()}.get(stated)
        if factor is None:
            raise CellError("unknown_unit", unit=unit or self.unit)
        return factor


READ = {
    "date": CellReader._read_date, "time": CellReader._read_date, "code": CellReader._read_codes,
    "codes": CellReader._read_codes,
}  # fmt: skip


def _flag(folded: str) -> bool | None:
    marks = vocabulary.current().folded_marks
    if folded in marks["flag_true"]:
        return True
    if folded in marks["flag_false"]:
        return False
    if folded in marks["missing"]:
        return None
    raise CellError("not_yes_or_no")


def _missing_marks() -> frozenset[str]:
    return vocabulary.current().folded_marks["missing"]
