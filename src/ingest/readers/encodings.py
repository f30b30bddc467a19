"""Whether decoded text is what somebody wrote: nearly any bytes are GB18030, and most of what comes out is nonsense."""

import re
from collections.abc import Iterable
from functools import lru_cache

from src.codebook import vocabulary

IDEOGRAPH = re.compile("[\u3400-\u9fff\ue000-\uf8ff\uf900-\ufaff\U00020000-\U0003ffff]")
LETTER = re.compile(r"[^\W\d_]")
HANGUL, KANA, CYRILLIC = (re.compile(span) for span in ("[\uac00-\ud7a3]", "[\u3041-\u30fa]", "[\u0400-\u04ff]"))
MIXED = re.compile("[A-Za-z](?=[^\\W\\d_a-zA-Z])|[^\\W\\d_a-zA-Z](?=[A-Za-z])")
# East Asian encodings that their script gives away, and its least share of the letters beyond ASCII.
SCRIPTS = {"cp932": (KANA, 0.25), "euc_jp": (KANA, 0.25), "cp949": (HANGUL, 0.95)}
JAPANESE = ("cp932", "euc_jp")  # Chinese is never read so; by chance it is read as Korean
WESTERN, EASTERN = ["cp1252", "cp1250"], ["cp1251", "cp1253"]
LEAST_LETTERS = 8  # of a script, before it is sure
DOUBT = 0.5  # of a character: one common one of two is chance
KANA_WEIGHT = 4  # characters that Chinese would not have: EUC-JP is read as GB18030, its kana as kana
LEAST_COMMON = 0.45  # Chinese prose of any subject has more than half, what was never Chinese less than a third


@lru_cache(maxsize=4)
def _common(_: str) -> frozenset[str]:
    """Return the characters of our own words: labels, headers, places, sentences."""
    words = vocabulary.current()
    parts = (words.codes, words.kinds, words.headers, words.sentences, words.marks, words.calendar)
    places = (vocabulary.HERE / "places.csv").read_text("utf-8")
    return frozenset(IDEOGRAPH.findall(vocabulary.fold(f"{parts}{places}")))


def commonness(texts: Iterable[str]) -> float | None:
    """Return the share of Chinese characters that are common ones; nothing where there are none."""
    folded = vocabulary.fold("".join(texts))
    found, kana = IDEOGRAPH.findall(folded), KANA.findall(folded)
    common = _common(vocabulary.current().digest)
    uncommon = KANA_WEIGHT * len(kana)
    return (sum(sign in common for sign in found) - DOUBT) / (len(found) + uncommon) if found else None


def by_script(content: bytes) -> tuple[str, list[str]]:
    """Return the encoding that its script makes sure, else nothing, and those that are likely."""
    likely = []
    for encoding, (script, least) in SCRIPTS.items():
        letters = _letters(content, encoding)
        counted = len(script.findall(letters))
        if letters and counted >= least * len(letters):
            likely.append(encoding)
            if counted >= LEAST_LETTERS:
                return encoding, likely
    if not likely:
        text = content.decode("cp1252", errors="replace")
        within_words = len(MIXED.findall(text)) >= 0.2 * len(_letters(content, "cp1252"))
        likely = WESTERN if within_words else EASTERN
    return "", likely


def _letters(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode(encoding, errors="ignore") if encoding == "cp1252" else ""
    return "".join(letter for letter in LETTER.findall(text) if not letter.isascii())
