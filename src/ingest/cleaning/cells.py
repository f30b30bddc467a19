"""A raw cell and its column's type → a value, nothing, or the reason why it is neither."""

import datetime as dt
import html
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from src.codebook import vocabulary
from src.codebook.tables import Column
from src.ingest.batch import CellError
from src.ingest.cleaning import numbers
from src.ingest.cleaning.dates import DateGrammar, notation_of_times
from src.ingest.cleaning.personal import mask
from src.ingest.readers.grid import ERROR_TEXTS, ShownNumber, as_text

ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,7}|#x[\dA-Fa-f]{2,6});")
PROTECTED = re.compile(r'="(.*)"|=(\d+)', re.DOTALL)  # how Excel is kept from taking a text for a number
APOSTROPHE = re.compile(r"^['’](?=[^'’]+$)")  # keeps Excel from a cell too
THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d*,\d{3,}(?![\d.,])")
FORMAT = re.compile(r"〔格式 .*〕$", re.DOTALL)  # of a number of which it cannot be told what was shown
SCALED = re.compile(r"[0#?],+(?![0#?])")  # a format that shows thousands of a number, which itself is whole
SCIENTIFIC = re.compile(r"[+-]?(?:\d(?:\.\d+)?E\+\d{1,3}|\d\.\d+E\d{1,3})", re.IGNORECASE)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # what neither XML nor a page can hold
NAMED = 12  # values that a reason names as right
LIST_MARKS = re.compile(r"[;；、，,/\n+＋]")
LOST_DIGITS = 1e15
MYRIAD = 10_000  # in units so large nobody writes thousands: 1.234万


@dataclass
class CellReader:
    """Reads the cells of one delivered column."""

    column: Column
    grammar: DateGrammar
    unit: str = ""
    stated: dict[str, str] = field(default_factory=dict)
    latest: dt.datetime | None = None
    marks: dict[str, str] = field(default_factory=dict)
    notation: numbers.Notation = field(default_factory=numbers.Notation)

    def __post_init__(self) -> None:
        self.name = self.column.name
        self._factors = vocabulary.current().units_of(self.name)
        self._large = {unit for unit, factor in self._factors.items() if factor and factor >= MYRIAD}
        self._missing = vocabulary.current().folded_marks["missing"]
        self._scaling = {"%", "‰", *(unit for unit, factor in self._factors.items() if factor != 1)}

    @property
    def is_time(self) -> bool:
        """Return whether it reads days or times."""
        return self.column.type in ("date", "time")

    def survey(self, cells: Iterable[object]) -> None:
        """Look at some cells of the column before any is read: how they are written decides what each means."""
        if self.is_time:
            self.notation = notation_of_times({cell: self.read(cell) for cell in cells})
        else:
            is_large = self.column.type == "number" or vocabulary.fold(self.unit) in self._large
            self.notation = numbers.notation_of(self.column, self.unit, cells, is_large=is_large)

    def read(self, cell: object) -> Any:
        """Return the value, or a `CellError` (returned, not raised, so that it is kept for the next such cell)."""
        try:
            return self._read(cell)
        except CellError as problem:
            return problem.kept()

    def _read(self, cell: object) -> Any:
        if isinstance(cell, str):
            cell = _unwrapped(cell)
        text = as_text(cell).strip()
        if self.stated:
            text = cell = self.stated.get(text, cell)
            text = as_text(text).strip()
        if self.column.type in ("text", "id"):
            return self._read_text(text, cell)
        folded = vocabulary.fold(text)
        if self.column.type == "flag":
            if folded in self.notation.unclear:
                raise CellError("flag_unclear")
            return _flag(folded)
        if folded in self._missing:
            return None
        return READ.get(self.column.type, CellReader._read_number)(self, text, cell)

    def _read_text(self, text: str, cell: object) -> str | None:
        if self.column.type == "id":
            return self._read_id(text.translate(vocabulary.WIDTH).strip(), cell)
        if not self.column.required and vocabulary.fold(text) in self._missing:
            return None
        return mask(" ".join(CONTROL.sub(" ", text).split())) or None

    def _read_id(self, text: str, cell: object) -> str | None:
        """Return an identifier as it was shown; words for nothing are none."""
        text, marks = APOSTROPHE.sub("", text), vocabulary.current().folded_marks
        folded = vocabulary.fold(text)
        bare = folded.strip("()[]【】")
        bare = next((bare.removesuffix(end) for end in marks["identifier_endings"] if bare.endswith(end)), bare)
        if not {folded, bare}.isdisjoint(marks["missing"] | marks["no_identifier"]):
            return None
        if isinstance(cell, (dt.date, dt.time)):
            raise CellError("id_became_date")
        if text in ERROR_TEXTS or not text.strip("#"):
            raise CellError("error_cell")
        if text.startswith("="):
            raise CellError("uncalculated")
        if folded in marks["as_above"]:
            raise CellError("as_above")
        if not any(map(str.isalnum, text)):
            return None
        if FORMAT.search(text):
            raise CellError("format_not_shown")
        is_large = isinstance(cell, (int, float)) and abs(cell) >= LOST_DIGITS
        if is_large or SCIENTIFIC.fullmatch(text) or (self.notation.digits_lost and numbers.is_rounded(text)):
            raise CellError("lost_digits")
        return CONTROL.sub(" ", text)

    def _read_date(self, text: str, cell: object) -> tuple[dt.datetime, str]:
        when, precision = self.grammar.read(cell if isinstance(cell, (dt.date, float, int)) else text)
        if self.latest and when > self.latest and not self.column.may_be_future:
            raise CellError("future_date", latest=f"{self.latest:%Y-%m-%d}")
        if self.latest and (years := self.column.years_ahead) and when.year > self.latest.year + years:
            raise CellError("far_future_date", years=years)
        if precision == "month" and self.column.type == "date":
            raise CellError("day_missing")
        if precision == "minute" and self.notation.rounded and not (when.minute or when.second):
            precision = "hour" if when.hour else self.notation.rounded
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

    def _read_measure(self, text: str, cell: object) -> str:
        """Return how a figure is recomputed: `communities` and its like, or `incidents:theft` of a roll-up."""
        words, (name, colon, of) = vocabulary.current(), vocabulary.normal(text).strip().partition(":")
        known = words.codes["measure_of_roll_up" if colon else "measure"]
        if name not in known or (colon and of not in words.roll_ups):
            of_roll_ups = [f"{one}:{{{'|'.join(words.roll_ups)}}}" for one in words.codes["measure_of_roll_up"]]
            raise CellError("not_in_list", allowed=[*words.codes["measure"], *of_roll_ups])
        return name + colon + of

    def _read_outline(self, text: str, cell: object) -> str:
        """Return an outline as the list of its polygons, in JSON."""
        try:
            return json.dumps(polygons_of(text))
        except ValueError:
            raise CellError("no_outline") from None

    def _read_number(self, text: str, cell: object) -> float | int:
        if isinstance(cell, bool):
            raise CellError("not_a_number")
        if isinstance(cell, ShownNumber):
            number, unit = self._number_shown(cell)
        elif isinstance(cell, (int, float)):
            number, unit = float(cell), ""
        else:
            plain = APOSTROPHE.sub("", vocabulary.normal(text)).strip()
            number, unit = numbers.read_number(plain, self._decimal(plain), self.notation.sign, self._large)
        number *= 1 if unit is None else self._factor(unit)
        if not math.isfinite(number):
            raise CellError("not_a_number")
        if number < 0 and self.column.type in ("count", "money"):
            raise CellError("negative")
        if self.column.type not in ("count", "year"):
            return round(number, 6)
        if abs(number - round(number)) > 1e-6:
            raise CellError("not_whole")
        return round(number)

    def _number_shown(self, cell: ShownNumber) -> tuple[float, str | None]:
        """Return number and unit of a cell that shows words: 5 that shows as 5万元, or as 5美元, is no 5元."""
        seen = vocabulary.normal(cell.shown).strip()
        if self.column.type == "money":
            numbers.refuse_currency(numbers.sign_shown(cell.shown), self.notation.sign)
        if seen.endswith("%") and self.column.type == "number":
            return cell.number, ""  # the share itself
        if FORMAT.search(seen):
            if not SCALED.search(seen) and any(unit in vocabulary.fold(seen) for unit in self._scaling):
                raise CellError("format_not_shown")
            return cell.number, ""
        try:
            return numbers.read_number(seen, numbers.POINT, self.notation.sign, self._large)
        except CellError as problem:
            if problem.code != "not_a_number":
                raise
            return cell.number, ""  # words that are no unit, as those of an office's numbers

    def _decimal(self, text: str) -> str:
        """Return the decimal mark: as stated, else as the column shows it."""
        thousands = self.marks.get("thousands", "")
        if stated := self.marks.get("decimal") or {numbers.COMMA: numbers.POINT, numbers.POINT: numbers.COMMA}.get(
            thousands, ""
        ):
            return stated
        if self.notation.decimal == numbers.COMMA and self.column.type != "number" and THOUSANDS.search(text):
            raise CellError("ambiguous_number")  # the column shows a comma; people here write thousands so
        return self.notation.decimal

    def _factor(self, unit: str) -> float:
        """Return the factor of the cell's own unit, else of its header's."""
        if unit == "%" and self.column.type == "number":
            return 0.01
        factor = self._factors.get(vocabulary.fold(unit) or self.unit)
        if factor is None:
            raise CellError("unknown_unit", unit=unit or self.unit)
        return factor


READ = {
    "date": CellReader._read_date, "time": CellReader._read_date, "code": CellReader._read_codes,
    "codes": CellReader._read_codes, "outline": CellReader._read_outline,
    "measure": CellReader._read_measure,
}  # fmt: skip


def _unwrapped(cell: str) -> str:
    """Return a text without what stands around it for another program's sake: entities of HTML, ="…" of Excel."""
    if "&" in cell and ENTITY.search(cell):
        cell = ENTITY.sub(lambda entity: html.unescape(entity[0]), cell)
    if cell[:1] == "=" and (match := PROTECTED.fullmatch(cell.strip())):
        return match[1].replace('""', '"') if match[1] is not None else match[2]
    return cell


def _flag(folded: str) -> bool | None:
    marks = vocabulary.current().folded_marks
    if folded in marks["flag_true"]:
        return True
    if folded in marks["flag_false"]:
        return False
    if folded in marks["missing"]:
        return None
    raise CellError("not_yes_or_no")


def polygons_of(text: str) -> list[list[list[list[float]]]]:
    """Return the polygons of an outline, each its rings of (x, y), the outer one first; raises `ValueError`."""
    try:
        stated: dict[str, Any] = json.loads(text)
        polygons = {"Polygon": [stated["coordinates"]], "MultiPolygon": stated["coordinates"]}[stated["type"]]
        found = [[[[float(x), float(y)] for x, y, *_ in ring] for ring in rings] for rings in polygons]
    except (KeyError, TypeError, RecursionError):
        raise ValueError("no outline") from None
    rings = [ring for polygon in found for ring in polygon]
    if not rings or not all(len(ring) >= 4 and all(map(math.isfinite, chain(*ring))) for ring in rings):
        raise ValueError("no outline")
    return found
