"""Numbers written in Chinese: 二〇二一 digit by digit, 三万五千 by place, 叁万伍仟 as on a bill."""

import re

PLAIN = str.maketrans("零○两壹贰叁肆伍陆柒捌玖拾佰仟萬億贰兩", "〇〇二一二三四五六七八九十百千万亿二二")
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


def number_of(numeral: str) -> int | None:
    """Return the whole number that a Chinese numeral means; None where it is none, or may mean two."""
    plain = numeral.translate(PLAIN)
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
