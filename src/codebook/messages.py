"""Values as a sentence says them: lists with the language's mark, one or several of a count, names that begin small.

A sentence asks for it where it names a value: `{n:problem is|problems are}` gives "1 problem is" or "3 problems are",
`{n:|is|are}` the word alone, `{name:small}` a name within an English sentence, `{text:capital}` one that begins it.
"""

import re
from collections.abc import Mapping
from numbers import Integral
from typing import Any

CHINESE = re.compile("[\u3400-\u9fff]")
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return a name as a terminal, a log or a page may show it: what controls them is escaped."""
    return UNPRINTABLE.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


def one_language(line: str, lang: str) -> str:
    """Return the part of a line that holds both languages (`接报宗数 | Reports`); any other line as it is."""
    parts = [part.strip() for part in line.split(" | ")]
    chinese = [bool(CHINESE.search(part)) for part in parts]
    return parts[chinese.index(lang == "zh")] if sorted(chinese) == [False, True] else line


def in_text(name: str) -> str:
    """Return an English name as it stands within a sentence: it begins small, unless it is an acronym."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


class Text(str):
    """A text that may begin small or with a capital."""

    def __format__(self, spec: str) -> str:
        """Return it as `small` or `capital` asks, else as any text."""
        if spec == "small":
            return in_text(self)
        return self[:1].upper() + self[1:] if spec == "capital" else super().__format__(spec)


class Count(int):
    """A count with the word for one or for several."""

    def __format__(self, spec: str) -> str:
        """Return `one|several` with the number before it, `|one|several` without, else as any number."""
        if "|" not in spec:
            return super().__format__(spec)
        *alone, one, several = spec.split("|")
        word = one if self == 1 else several
        return word if alone else f"{int(self):,} {word}"


def formattable(values: Mapping[str, Any], between: str) -> dict[str, Any]:
    """Return the values of a sentence as they are said in its language; `between` stands between those of a list."""
    return {name: _formattable(value, between) for name, value in values.items()}


def _formattable(value: Any, between: str) -> Any:
    if isinstance(value, list | tuple):
        value = between.join(map(str, value))
    if isinstance(value, str):
        return Text("\n".join(map(printable, value.split("\n"))))
    return Count(value) if isinstance(value, Integral) and not isinstance(value, bool) else value
