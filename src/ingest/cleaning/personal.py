"""What identifies a person in free text → masked, before it reaches a clean table, a page or a log.

What is looked for is data: `personal.yml`. A bare name in a running text, a nickname or a description cannot be seen.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from src.codebook import vocabulary

HAN = "[\u4e00-\u9fff]"
# Full-width or small → half-width and capital: as long as what it replaces.
NOT_PLAIN = re.compile("[a-z\uff01-\uff5e\u3000]")
PLAIN = {code: ord(chr(code - 0xFEE0).upper()) for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
PLAIN |= {code: code - 0x20 for code in range(ord("a"), ord("z") + 1)}
LOOKED_AT, PERSONAL_SHARE = 200, 0.2  # distinct cells of a column, and how many of them say that it is about persons


@dataclass(frozen=True)
class Rule:
    """One kind of what is hidden."""

    shown: str
    needs: re.Pattern
    patterns: list[re.Pattern]
    fits: Callable[[str], bool]

    def found(self, plain: str) -> Iterator[tuple[int, int]]:
        """Yield from where to where a text is hidden."""
        for pattern in self.patterns:
            for match in pattern.finditer(plain):
                if self.fits(match[0]):
                    yield match.span("hidden" if "hidden" in pattern.groupindex else 0)


def mask(text: str) -> str:
    """Return a text with numbers, accounts, addresses and marked names hidden (李小明先生 → 李某先生)."""
    if not text:
        return text
    plain = _plain(text)
    for rule in _rules(vocabulary.current().digest):
        if rule.needs.search(plain):
            for start, end in _outermost(rule.found(plain)):
                text = text[:start] + rule.shown + text[end:]
            plain = _plain(text)
    return text


def _plain(text: str) -> str:
    """Return a text as patterns see it."""
    return text.translate(PLAIN) if NOT_PLAIN.search(text) else text


def mask_cell(text: str) -> str:
    """Return a rejected cell as pages and `check` may show it: whole, or its first character and how many there are."""
    personal = is_name(text) or mask(text) != text
    return f"{mask(text)[0]}…（{len(text)}）" if personal or len(text) > 24 else text


def is_name(text: str) -> bool:
    """Return whether a text is no more than what a person may be called."""
    surnames = vocabulary.current().personal["names"]["surnames"]
    return 2 <= len(text) <= 3 and text[0] in surnames and re.fullmatch(f"{HAN}+", text) is not None


def looks_personal(cells: Iterable[str]) -> bool:
    """Return whether the cells of a column, masked or not, are to a good part names, numbers or addresses."""
    distinct = list(dict.fromkeys(cells))[:LOOKED_AT]
    shown = tuple(rule.shown for rule in _rules(vocabulary.current().digest)[:-1])
    personal = [c for c in distinct if is_name(c) or mask(c) != c or any(one in c for one in shown)]
    return len(personal) > PERSONAL_SHARE * len(distinct)


def _outermost(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans from the last to the first, those that meet as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans, reverse=True):
        if joined and end > joined[-1][0]:
            start, end = min(start, joined[-1][0]), max(end, joined.pop()[1])
        joined.append((start, end))
    return joined


@lru_cache(maxsize=4)
def _rules(digest: str) -> list[Rule]:
    """Return what the vocabulary in force, known by its digest, says is hidden; a name last: a number may mark it."""
    stated = vocabulary.current().personal
    kinds = sorted(stated["kinds"].items(), key=lambda kind: kind[0] == "name")
    names = {key: words if isinstance(words, str) else "|".join(words) for key, words in stated["names"].items()}
    shown = "|".join(re.escape(kind["shown"]) for name, kind in kinds if name != "name")
    parts = {**names, "shown": shown, **stated["parts"]}

    def compiled(pattern: str) -> re.Pattern:
        for name in reversed(parts):  # a part may be made of those before it
            pattern = pattern.replace(f"<{name}>", parts[name])
        try:
            return re.compile(pattern)
        except re.error as error:
            raise vocabulary.VocabularyError(vocabulary.both("personal_pattern", value=pattern, cause=error)) from None

    return [
        Rule(kind["shown"], compiled(kind["needs"]), [*map(compiled, kind["patterns"])], CHECKS[kind.get("check")])
        for _, kind in kinds
    ]


def _luhn(text: str) -> bool:
    """Return whether the last digit is the one that a card's others ask for (ISO/IEC 7812-1)."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    return sum(digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)) % 10 == 0


CHECKS = {None: lambda text: True, "luhn": _luhn}
