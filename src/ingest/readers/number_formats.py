"""What a spreadsheet shows of a number by its format: `"JQ2020-"000000` shows 12 as JQ2020-000012."""

import re
from functools import lru_cache

from src.ingest.readers.grid import ShownNumber

TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|_(.)|\[(\$[^\]-]*)(?:-[^\]]*)?\]|\[(?:Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color\d+)\]'
    r"|(General|G/通用格式|#,##0(?![.,0#?]))|([0#?])|(.)",
    re.IGNORECASE | re.DOTALL,
)
AS_THEY_STAND = frozenset("-+()' :&~{}^=<>!$¥€£")
THOUSANDS, IN_CHINESE = "#,##0", "[dbnum"
MOST_DIGITS = 15
Token = tuple[str, str]
"""`literal`, `digit` (0, # or ?), `whole` (all of the number) or `other` (what is not rendered here), and the text."""


def shown(number: float, code: str) -> float:
    """Return a number as a cell with this format shows it; the number itself where nothing but it is shown."""
    if not is_special(code) or abs(number) >= 10**MOST_DIGITS:
        return number
    sections = _sections(code)
    section = sections[0]
    if number <= 0 and len(sections) > 1:
        section = sections[1] if number < 0 else sections[2] if len(sections) > 2 else section
    if number != int(number) or any(kind == "other" for kind, _ in section) or not _has_number(section):
        return ShownNumber(number, f"{number:.15g}〔格式 {code}〕")
    text = _rendered(f"{abs(int(number))}", section).strip()
    text = f"-{text}" if number < 0 and len(sections) == 1 else text
    return number if text == f"{int(number)}" else ShownNumber(number, text)


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
    """Return whether a format shows words, marks between digits or zeros in front: an amount, a share are plain."""
    if IN_CHINESE in code.lower():
        return True
    for section in _sections(code):
        kinds = [kind for kind, _ in section]
        said = "".join(text for kind, text in section if kind == "literal")
        if any(sign.isalnum() for sign in said):
            return True
        digits = [place for place, kind in enumerate(kinds) if kind == "digit"]
        if "other" in kinds or not digits:
            continue
        between = any(section[place][1].strip() for place in range(digits[0], digits[-1]) if kinds[place] == "literal")
        if between or [text for kind, text in section if kind == "digit"].count("0") > 1:
            return True
    return False


def _has_number(section: list[Token]) -> bool:
    kinds = [kind for kind, _ in section]
    return ("digit" in kinds) != ("whole" in kinds) and kinds.count("whole") < 2


def _rendered(digits: str, section: list[Token]) -> str:
    """Put digits into their places from the right; what is more stands before the first of them."""
    first = next((place for place, (kind, _) in enumerate(section) if kind == "digit"), 0)
    parts, left = [], digits.lstrip("0")
    for place in range(len(section) - 1, -1, -1):
        kind, text = section[place]
        if kind == "whole":
            parts.append(f"{int(digits):,}" if text == THOUSANDS else digits)
        elif kind == "literal":
            parts.append(text)
        else:
            parts.append(left[-1:] or {"0": "0", "?": " "}.get(text, ""))
            left = left[:-1]
            if place == first:
                parts.append(left)
    return "".join(reversed(parts))
