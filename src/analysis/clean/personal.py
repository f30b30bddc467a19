"""What identifies a person in free text → masked, before it reaches a clean table, a page or a log."""

import re

IDENTITY = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)")
TELEPHONE = re.compile(r"(?<!\d)1[3-9]\d(?:[-\s]?\d{4}){2}(?!\d)|(?<!\d)0\d{2,3}[-\s]\d{7,8}(?!\d)")
NAMED = re.compile(
    r"(?P<surname>[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁韦马方任袁柳唐罗薛雷贺汤殷邓郝黄温廖梁赖曾谭邱钟丘涂刘叶欧林胡郭高蔡丁余])"
    r"[\u4e00-\u9fff]{1,2}(?P<title>先生|女士|同志|小姐|阿姨|大爷|大妈|老人)"
)


def mask(text: str) -> str:
    """Return a text with identity numbers, telephone numbers and named persons hidden (李小明先生 → 李某先生)."""
    if not text:
        return text
    hidden = TELEPHONE.sub("〔电话〕", IDENTITY.sub("〔证件号〕", text))
    return NAMED.sub(lambda match: f"{match['surname']}某{match['title']}", hidden)


def mask_cell(text: str, keep: int = 2) -> str:
    """Return a rejected cell as pages and `check` may show it: the first characters, then how many are hidden."""
    hidden = mask(text)
    return hidden if hidden == text and len(text) <= 24 else f"{hidden[:keep]}…（{len(text)}）"
