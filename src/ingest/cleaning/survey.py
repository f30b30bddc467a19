"""How a sender writes, as the first lines of a table show it: what one cell alone does not tell."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from src.codebook import vocabulary
from src.codebook.tables import Column
from src.ingest.cleaning.numbers import POINT, currency_sign, decimal_mark
from src.ingest.readers.grid import Line, as_text

SURVEYED_LINES = 300
LONG_ID = re.compile(r"\d{16,}")
WITH_OFFSET = re.compile(r":\d\d(?:[.,]\d+)?\s*(?:Z|UTC|GMT|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?)\s*$")
EXACT_DIGITS = 15  # of a number as spreadsheets keep it
LEAST_ZEROS = 3  # together a chance of one in a thousand
LEAST_TIMES = 3  # different ones, all at full hours: a chance of one in 200,000
LEAST_SHORT_LINES, LEAST_SHORT_PCT = 2, 5  # of which an exporter leaves out the empty cells at the end


@dataclass(frozen=True)
class Notation:
    """How one column is written.

    `decimal`: its decimal mark, as `decimal_mark` returns it; `sign`: the one sign of a currency; `digits_lost`:
    whether long identifiers end in zeros as rounded numbers do; `unclear`: words for yes and no that may mean either;
    `rounded`: `hour` or `day`, where times that are written to the minute are all full hours, or all midnights;
    `offset`: a time that states its offset from UTC.
    """

    decimal: str = ""
    sign: str = ""
    digits_lost: bool = False
    unclear: frozenset[str] = frozenset()
    rounded: str = ""
    offset: str = ""


def notation_of(column: Column, unit: str, cells: Iterable[object]) -> Notation:
    """Return how the cells of a column are written."""
    cells = list(cells)
    texts = {vocabulary.normal(as_text(cell)).strip() for cell in cells}
    if column.type == "id":
        return Notation(digits_lost=_digits_lost(texts))
    if column.type == "flag":
        return Notation(unclear=_unclear(set(map(vocabulary.fold, texts))))
    if column.type in ("count", "money", "number"):
        large = column.type == "number" or unit in large_units(column.name)
        sign = currency_sign(cells) if column.type == "money" and not unit else ""
        return Notation(decimal_mark(texts) or (POINT if large else ""), sign)
    return Notation()


def notation_of_times(meanings: dict[object, object]) -> Notation:
    """Return how times are written, by some of their cells and what each means."""
    times = {meaning[0] for meaning in meanings.values() if isinstance(meaning, tuple) and meaning[1] == "minute"}
    offset = next((text for text in map(as_text, meanings) if WITH_OFFSET.search(text)), "")
    if len(times) < LEAST_TIMES or any(when.minute or when.second for when in times):
        return Notation(offset=offset)
    return Notation(rounded="hour" if any(when.hour for when in times) else "day", offset=offset)


def cells_at(lines: Iterable[Line], positions: Iterable[int]) -> Iterator[object]:
    """Yield the cells that stand at some positions of a table's first lines."""
    for line in lines:
        yield from (line.cells[position] for position in positions if position < len(line.cells))


def large_units(column: str) -> set[str]:
    """Return the units of a column in which no one writes thousands (万元)."""
    units = vocabulary.current().marks["units"].get(column, {})
    return {"万", *(vocabulary.fold(unit) for unit, factor in units.items() if factor and factor >= 10_000)}


def _digits_lost(texts: set[str]) -> bool:
    """Return whether long numbers end in zeros where a spreadsheet keeps no digits, more than chance would have it."""
    numbers = [text for text in texts if LONG_ID.fullmatch(text)]
    rounded = [number for number in numbers if is_rounded(number)]
    zeros = sum(len(number) - EXACT_DIGITS for number in rounded)
    return 2 * len(rounded) > len(numbers) and zeros >= LEAST_ZEROS


def is_rounded(text: str) -> bool:
    """Return whether a long number ends in zeros from where a spreadsheet keeps no digits."""
    return bool(LONG_ID.fullmatch(text)) and not text[EXACT_DIGITS:].strip("0")


def _unclear(words: set[str]) -> frozenset[str]:
    """Return the words for yes and no that contradict others of the column, or say nothing by themselves."""
    marks = vocabulary.current().folded_marks
    crosses, ticks, circles = words & marks["flag_cross"], words & marks["flag_tick"], words & marks["flag_circle"]
    found: set[str] = set()
    if ticks and circles:
        found |= circles
    others = words & (marks["flag_true"] | marks["flag_false"]) - crosses
    if crosses and not (ticks or circles) and (others & marks["flag_false"] or (not others and "x" in crosses)):
        found |= crosses
    if "无" in words and "有" not in words and words & marks["flag_false"] - {"无"}:
        found.add("无")
    return frozenset(found)


def leaves_out_empty_cells(lines: Iterable[Line], width: int) -> bool:
    """Return whether a text's lines end with their last filled cell: short ones are not cut off then."""
    counts = [(len(line.cells), line.texts[-1]) for line in lines if line.texts and not line.problem]
    short = sum(1 < count < width for count, _ in counts)
    closed = all(last for count, last in counts if count > 1)
    return closed and short >= max(LEAST_SHORT_LINES, LEAST_SHORT_PCT * len(counts) / 100)
