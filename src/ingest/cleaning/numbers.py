"""Numbers as people write them, and how a sender writes, as the first lines of a table show it: marks, signs, flags.

Chinese numerals: 二〇二一 digit by digit, 三万五千 by place, 叁万伍仟 as on a bill.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from src.codebook import vocabulary
from src.codebook.tables import Column
from src.ingest.batch import CellError
from src.ingest.readers.grid import Line, ShownNumber, as_text

IN_PLAIN = str.maketrans("零○两壹贰叁肆伍陆柒捌玖拾佰仟萬億贰兩", "〇〇二一二三四五六七八九十百千万亿二二")
DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {"廿": 20, "卅": 30}
UNITS = {"十": 10, "百": 100, "千": 1000}
NUMERAL = "[〇零○一二两兩三四五六七八九十廿卅百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億]"
# A place that is skipped is written as 〇: 一百〇二 is 102, while 一百二 may be 120 in speech and is not taken.
_D = "[一二三四五六七八九]"
_TENS = f"(?:{_D}?十|廿|卅){_D}?"
_HUNDREDS = f"{_D}百(?:{_D}十{_D}?|〇{_D})?"
_THOUSANDS = f"{_D}千(?:{_HUNDREDS}|〇(?:{_D}十{_D}?|{_D}))?"
_BELOW = f"(?:{_THOUSANDS}|{_HUNDREDS}|{_TENS}|{_D})"
_REST = f"(?:{_THOUSANDS}|〇{_BELOW})?"
BY_PLACE = re.compile(
    f"(?:(?P<hundred_millions>{_BELOW})亿(?:(?P<more>{_THOUSANDS}|〇?{_BELOW})万)?|(?P<myriads>{_BELOW})万)(?P<rest>{_REST})|(?P<below>{_BELOW})"
)
BY_DIGIT = re.compile("[〇一二三四五六七八九]+")

SIGN = r"[A-Z]{0,3}[$¥€£₩₹₽₺₫฿₱₴₦]|zł|RMB|CNY|人民币"
WRITTEN = re.compile(
    rf"(?:(?P<before>{SIGN}):?)?\s*(?P<number>-?\d(?:[\d.,'’ ]*\d)?)\s*(?P<behind>{SIGN})?"
    rf"\s*(?P<unit>(?:[^\d\s,.~-]\S*?)?)(?P<last>\s*{SIGN})?"
)
SHOWN_SIGN = re.compile(rf"{SIGN}|(?<![A-Z])[A-Z]{{3}}(?![A-Z])")
IN_BRACKETS = re.compile(r"\[(?!\$[^-\]])[^\]]*\]")  # of a format: its numerals, its locale, but for [$US$-409]
IN_CHINESE = re.compile(rf"(?:人民币[:：]?)?\s*(?P<number>{NUMERAL}+)\s*(?P<unit>\S*)")
SPACED = re.compile(r"(-?\d{1,3})((?:[ '’]\d{3})+)(?:([.,])(\d+))?")
FINE_COMMA = re.compile(r"^-?[1-9]\d*,\d{3,}$")  # 12,0000 is no fraction of a person or a yuan
MARK = re.compile("[., '’]")
LOCAL_SIGNS = ("", "¥", "RMB", "CNY", "人民币")
POINT, COMMA, BOTH = ".", ",", "?"
GROUPED = {
    decimal: re.compile(rf"-?[1-9]\d{{0,2}}(?:[{other}]\d{{3}})+(?:[{decimal}]\d+)?")
    for decimal, other in ((POINT, COMMA), (COMMA, POINT))
}
PLAIN = {decimal: re.compile(rf"-?\d+(?:[{decimal}]\d+)?") for decimal in (POINT, COMMA)}


def readings(number: str) -> dict[str, float]:
    """Return what a written number is by the decimal mark that is assumed: one reading, two (1.200), or none."""
    if spaced := SPACED.fullmatch(number):
        whole, groups, mark, fraction = spaced.groups()
        value = float(f"{whole}{re.sub('[^0-9]', '', groups)}.{fraction or 0}")
        return {mark: value} if mark else {POINT: value, COMMA: value}
    found = {}
    for decimal, other in ((POINT, COMMA), (COMMA, POINT)):
        if GROUPED[decimal].fullmatch(number) or PLAIN[decimal].fullmatch(number):
            found[decimal] = float(number.replace(other, "").replace(decimal, "."))
    return found


def decimal_mark(texts: Iterable[str]) -> str:
    """Return the decimal mark of one sender's numbers: `.` or `,`, `?` where they have both, nothing where none tells.

    12.500,00 and 1.200.000 tell by themselves. 12,5 tells only where it is no slip among more numbers like 1,200.
    """
    sure, likely, unsure = Counter(), Counter(), Counter()
    for number in (written["number"] for written in map(WRITTEN.fullmatch, texts) if written):
        found = readings(number)
        if len(found) == 2 and len(set(found.values())) == 2:
            unsure[POINT if POINT in number else COMMA] += 1
        elif len(found) == 1 and not FINE_COMMA.search(number):
            (sure if len(MARK.findall(number)) > 1 else likely).update([*found])
    marks = set(sure) | {mark for mark, count in likely.items() if count >= unsure[mark]}
    return BOTH if len(marks) == 2 else "".join(marks)


def currency_sign(cells: list[object]) -> str:
    """Return the sign of a currency that all numbers with a sign have; nothing where there are several or none.

    A number of a sheet shows its sign by its format: one without stands for another currency than those with one.
    """
    numbers = [cell for cell in cells if isinstance(cell, (ShownNumber, int, float))]
    shown = {sign_shown(cell.shown) if isinstance(cell, ShownNumber) else "" for cell in numbers}
    texts = [WRITTEN.fullmatch(vocabulary.normal(cell).strip()) for cell in cells if isinstance(cell, str)]
    found = {sign for written in filter(None, texts) for sign in signs_of(written)}
    found |= shown - {""}
    return found.pop() if len(found) == 1 and len(shown) < 2 else ""


def signs_of(written: re.Match) -> list[str]:
    """Return the signs of currencies before and behind a written number."""
    return [sign.strip() for sign in written.group("before", "behind", "last") if sign]


def sign_shown(text: str) -> str:
    """Return the sign of a currency in what a sheet shows of a number."""
    found = SHOWN_SIGN.search(IN_BRACKETS.sub("", vocabulary.normal(text)))
    return found[0] if found else ""


def refuse_currency(found: str, right: str) -> None:
    """Raise `CellError` for the sign of a currency that is not the one of its column."""
    if found not in (LOCAL_SIGNS if right in LOCAL_SIGNS else ("", right)):
        raise CellError("unknown_unit", unit=found)


def read_number(text: str, decimal: str, sign: str, large_units: Iterable[str]) -> tuple[float, str | None]:
    """Return a number and its unit ("" where none is written, None where it needs none); raises `CellError`.

    `decimal`: the mark that is known, as `decimal_mark` returns it; `sign`: the sign of a currency that is right.
    """
    if chinese := IN_CHINESE.fullmatch(text):
        number = number_of(chinese["number"])
        if number is None:
            raise CellError("not_a_number")
        unit = chinese["unit"].rstrip("整正")
        return number, unit or (None if set(chinese["number"]) & set("万萬亿億") else "")
    written = WRITTEN.fullmatch(text)
    if not written:
        raise CellError("not_a_number")
    for found in signs_of(written) or [""]:
        refuse_currency(found, sign)
    if written["unit"] in large_units and decimal == "":
        decimal = POINT  # nobody writes thousands of ten thousands: 1.234万
    return _chosen(written["number"], decimal), written["unit"].rstrip("整正")


def _chosen(number: str, decimal: str) -> float:
    """Return the reading by the mark that is known, or the only one; without any, commas alone are thousands."""
    found = readings(number)
    if decimal in (POINT, COMMA):
        if decimal not in found:
            raise CellError("not_a_number")
        return found[decimal]
    is_slip = list(found) == [COMMA] and len(MARK.findall(number)) == 1  # 12,50
    if not found or (is_slip and decimal != BOTH):
        raise CellError("not_a_number")
    if len(set(found.values())) > 1 and (POINT in number or decimal == BOTH):
        raise CellError("ambiguous_number")
    return next(iter(found.values()))


def number_of(numeral: str) -> int | None:
    """Return the whole number that a Chinese numeral means; None where it is none, or may mean two."""
    plain = numeral.translate(IN_PLAIN)
    if BY_DIGIT.fullmatch(plain):
        return int("".join(str(DIGITS[digit]) for digit in plain))
    if not (match := BY_PLACE.fullmatch(plain)):
        return None
    parts = {name: _below_ten_thousand(part or "") for name, part in match.groupdict().items()}
    myriads = parts["myriads"] + parts["more"]
    return parts["hundred_millions"] * 10**8 + myriads * 10**4 + parts["rest"] + parts["below"]


def _below_ten_thousand(plain: str) -> int:
    total = digit = 0
    for sign in plain:
        if sign in UNITS:
            total, digit = total + (digit or 1) * UNITS[sign], 0
        elif sign in "廿卅":
            total += DIGITS[sign]
        else:
            digit = DIGITS[sign]
    return total + digit


SURVEYED_LINES = 300
LONG_ID = re.compile(r"\d{16,}")
EXACT_DIGITS = 15  # of a number as spreadsheets keep it
LEAST_ZEROS = 3  # together a chance of one in a thousand
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


def notation_of(column: Column, unit: str, cells: Iterable[object], *, is_large: bool) -> Notation:
    """Return how the cells of a column are written."""
    cells = list(cells)
    texts = {vocabulary.normal(as_text(cell)).strip() for cell in cells}
    if column.type == "id":
        return Notation(digits_lost=_digits_lost(texts))
    if column.type == "flag":
        return Notation(unclear=_unclear(set(map(vocabulary.fold, texts))))
    if column.type in ("count", "money", "number"):
        sign = currency_sign(cells) if column.type == "money" and not unit else ""
        return Notation(decimal_mark(texts) or (POINT if is_large else ""), sign)
    return Notation()


def cells_at(lines: Iterable[Line], positions: Iterable[int]) -> Iterator[object]:
    """Yield the cells that stand at some positions of a table's first lines."""
    for line in lines:
        yield from (line.cells[position] for position in positions if position < len(line.cells))


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
