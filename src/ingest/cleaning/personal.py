"""What identifies a person in free text → masked, before it reaches a clean table, a page or a log."""

import re

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁韦马方任袁"
    "柳唐罗薛雷贺汤殷邓郝黄温廖梁赖曾谭邱钟丘涂刘叶欧林胡郭高蔡丁余"
)
SURNAME = f"[{SURNAMES}]"
PLAIN_DIGITS = str.maketrans("０１２３４５６７８９－　", "0123456789- ")  # as long as what it replaces
IDENTITY = re.compile(
    r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)"
    r"|(?<!\d)[1-8]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}(?!\d)"
)
TELEPHONE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d(?:[-\s]?\d{4}){2}(?!\d)|(?<!\d)0\d{2,3}[-\s]?\d{7,8}(?!\d)")
NAMED = re.compile(
    rf"(?P<surname>{SURNAME})(?:[\u4e00-\u9fff]{{1,2}}(?=先生|女士|同志|小姐)|[\u4e00-\u9fff]{{2}}(?=阿姨|大爷|大妈))"
    rf"|(?<=[人者名][:：])\s*(?P<labelled>{SURNAME})[\u4e00-\u9fff]{{1,2}}(?![\u4e00-\u9fff])"
)
NAME = re.compile(rf"{SURNAME}[\u4e00-\u9fff]{{1,2}}")


def mask(text: str) -> str:
    """Return a text with identity numbers, telephone numbers and named persons hidden (李小明先生 → 李某先生)."""
    if not text:
        return text
    for pattern, shown in ((IDENTITY, "〔证件号〕"), (TELEPHONE, "〔电话〕")):
        for match in reversed([*pattern.finditer(text.translate(PLAIN_DIGITS))]):
            text = text[: match.start()] + shown + text[match.end() :]
    return NAMED.sub(lambda match: f"{match['surname'] or match['labelled']}某", text)


def mask_cell(text: str) -> str:
    """Return a rejected cell as pages and `check` may show it: whole, or its first character and how many there are."""
    personal = NAME.fullmatch(text) or mask(text) != text
    return f"{mask(text)[0]}…（{len(text)}）" if personal or len(text) > 24 else text
