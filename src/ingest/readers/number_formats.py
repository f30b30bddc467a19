"""What a spreadsheet shows of a cell by its format: `"JQ2020-"000000` shows 12 as JQ2020-000012."""

import datetime as dt
import re
from functools import lru_cache

from src.ingest.readers.grid import ShownNumber

TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|(?:_(.)|\* )'
    r"|\[(\$[^][-]*)(?:-[^][]*)?\]|\[(?:Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color\d+)\]"
    r"|(General|G/通用格式|#,##0(?![,0#?]))|([0#?])|(.)",
    re.IGNORECASE | re.DOTALL,
)
AS_THEY_STAND = frozenset("-+()' :&~{}^=<>!$¥€£")
TOLD = frozenset("$€£₩₹₽₺₫฿₱₴₦%‰")  # another currency, or a share that the number is not: to be read, not passed over
THOUSANDS, IN_CHINESE = "#,##0", "[dbnum"
MOST_DIGITS = 15
DATE_LETTERS = frozenset("eymdhsgbap")  # and those of 1E+05: no words
WORDS = re.compile(r"\[[^][]*\]|\"[^\"]*\"|\\.")
QUOTED_LETTER = re.compile(r"[\"\\][^\"]*[A-Za-z0-9]")  # "JQ"yyyy is no month
PERCENT = ("other", "%")
Token = tuple[str, str]
"""`literal`, `digit` (0, # or ?), `whole` (all of the number) or `other` (what is not rendered here), and the text."""


def shown(cell: object, code: str) -> object:
    """Return a cell as one with this format shows it; the cell itself where nothing but it is shown."""
    if isinstance(cell, str):
        return _shown_text(cell, code)
    if isinstance(cell, dt.date):
        return _shown_date(cell, code)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _shown_number(cell, code)
    return cell


def _shown_text(text: str, code: str) -> str:
    """Return a text with the words that the last section of its format puts around: `"JQ-"@`."""
    section = _sections(code)[-1]
    if not text or ("other", "@") not in section:
        return text
    return "".join(text if token == ("other", "@") else token[1] for token in section)


def _shown_date(when: dt.date, code: str) -> dt.date | str:
    """Return what a format without days shows of a first day: a month or a year that was typed became it."""
    if not has_no_day(code) or when != type(when)(when.year, when.month, 1):
        return when
    return f"{when:%Y-%m}" if "m" in WORDS.sub("", code).lower() else f"{when:%Y}"


@lru_cache(maxsize=1000)
def has_no_day(code: str) -> bool:
    """Return whether a format shows years and no days: 2021年3月."""
    letters, words = WORDS.sub("", code).lower(), "".join(WORDS.findall(code))
    return "y" in letters and "d" not in letters and not QUOTED_LETTER.search(words)


def _shown_number(number: float, code: str) -> float:
    if not is_special(code) or abs(number) >= 10**MOST_DIGITS:
        return number
    sections = _sections(code)
    section = sections[0]
    if number <= 0 and len(sections) > 1:
        section = sections[1] if number < 0 else sections[2] if len(sections) > 2 else section
    if PERCENT in section:
        return ShownNumber(number, f"{number * 100:.15g}%")
    text = _rendered(abs(number), section)
    if text is None:
        return ShownNumber(number, f"{number:.15g}〔格式 {code}〕")
    text = f"-{text.strip()}" if number < 0 and len(sections) == 1 else text.strip()
    return number if text == f"{number:.15g}" else ShownNumber(number, text)


@lru_cache(maxsize=1000)
def _sections(code: str) -> list[list[Token]]:
    sections: list[list[Token]] = [[]]
    for match in TOKEN.finditer(code):
        quoted, escaped, wide, currency, whole, digit, other = match.groups()
        if other == ";":
            sections.append([])
        elif digit or whole:
            sections[-1].append(("digit", digit) if digit else ("whole", whole))
        elif other and not (other in AS_THEY_STAND or ord(other) > 127):
            sections[-1].append(("other", other))
        else:
            text = quoted or escaped or (" " if wide else "") or (currency or "").removeprefix("$") or other or ""
            sections[-1].append(("literal", text))
    return sections


@lru_cache(maxsize=1000)
def is_special(code: str) -> bool:
    """Return whether a format shows words, signs, marks between digits, zeros in front, or a month: 12.00 is plain."""
    if IN_CHINESE in code.lower() or has_no_day(code):
        return True
    for section in _sections(code):
        if PERCENT in section:
            return True
        kinds = [kind for kind, _ in section]
        literal = "".join(text for kind, text in section if kind == "literal")
        letters = {text.lower() for kind, text in section if kind == "other" and text.isalpha()}
        fills = ("other", "*") in section  # up to the width of the column
        if fills or any(sign.isalnum() or sign in TOLD for sign in literal) or letters - DATE_LETTERS:
            return True
        digits = [place for place, kind in enumerate(kinds) if kind == "digit"]
        others = {text for kind, text in section if kind == "other"}
        if others - {".", ","} or not digits:
            continue
        whole = section[: section.index(("other", "."))] if "." in others else section
        between = any(section[place][1].strip() for place in range(digits[0], digits[-1]) if kinds[place] == "literal")
        if between or whole.count(("digit", "0")) > 1:
            return True
    return False


def _rendered(number: float, section: list[Token]) -> str | None:
    """Put a number into the places of a section; nothing where it does not fit, or the section is not rendered here."""
    point = section.index(("other", ".")) if ("other", ".") in section else len(section)
    before, behind = section[:point], section[point:]
    places = [kind for kind, _ in behind].count("digit")
    kinds = {kind for kind, _ in before}
    if len({"digit", "whole"} & kinds) != 1 or "other" in kinds | {kind for kind, _ in behind[1:]}:
        return None
    if round(number, places) != number or [kind for kind, _ in section].count("whole") > 1:
        return None
    whole, _, fraction = f"{number:.{places}f}".partition(".")
    of_whole = f"{int(whole):,}" if ("whole", THOUSANDS) in before else whole
    before = [("literal", of_whole) if kind == "whole" else (kind, text) for kind, text in before]
    from_the_right = _filled(whole.lstrip("0")[::-1], before[::-1])
    return "".join([*from_the_right[::-1], *_filled(fraction.rstrip("0"), behind)])


def _filled(digits: str, section: list[Token]) -> list[str]:
    """Put digits into their places one after another; what is more stands in the last of them."""
    left, parts, places = list(digits), [], [kind for kind, _ in section].count("digit")
    for kind, text in section:
        if kind == "digit":
            places -= 1
            parts.append(left.pop(0) if left else {"0": "0", "?": " "}.get(text, ""))
            parts += [] if places else left
        else:
            parts.append(text)
    return parts
