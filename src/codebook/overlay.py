"""A city's own words laid over those shipped."""

import re
from typing import Any

# What an entry may state in one of several ways: where a city states one, those shipped do not stay beside it.
INSTEAD = {"kinds": {"group", "groups"}, "roll_ups": {"groups", "kinds", "without_kinds"}}


def overlaid(parts: dict, content: Any) -> Any:
    """Lay a city's words over those shipped; what a kind or a roll-up is made of is replaced, not added to."""
    if isinstance(content, dict) and content.get("district", parts["district"]) != parts["district"]:
        parts = elsewhere(parts)
    for part, instead in INSTEAD.items():
        entries = content.get(part) if isinstance(content, dict) else None
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict) and name in parts[part] and entry.keys() & instead:
                kept = {key: value for key, value in parts[part][name].items() if key not in instead}
                parts = {**parts, part: {**parts[part], name: kept}}
    if isinstance(content, dict):  # an empty mapping empties an entry, no whole part
        content = {part: its for part, its in content.items() if its != {} or part not in parts}
    return parts if content == {} else merged(parts, content)


def elsewhere(parts: dict) -> dict:
    """Return the words of another district: without the days and the places of the one shipped."""
    return {**parts, "calendar": {name: type(days)() for name, days in parts["calendar"].items()}, "tiles": {}}


class Renamed:
    """Says texts with a city's own names of its levels and its festival."""

    def __init__(self, shipped: dict, names: dict) -> None:
        english = {shipped[name][form]: own[form] for name, own in names.items() for form in ("en", "en_many")}
        english |= {_capital(word): _capital(own) for word, own in english.items()}
        self.words = {"zh": {shipped[name]["zh"]: own["zh"] for name, own in names.items()}, "en": english}
        self.patterns = {
            "zh": re.compile(rf"(?:{'|'.join(self.words['zh'])})(?!治理)"),
            "en": re.compile(rf"(?<![\w{{])(?:{'|'.join(english)})(?!\w| governance)"),
        }
        self.differs = names != shipped

    def __call__(self, text: str, lang: str) -> str:
        """Return a text with the names, but for what is in braces, and for community governance, which is no level."""
        return self.patterns[lang].sub(lambda word: self.words[lang][word[0]], text) if self.differs else text


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def merged(base: Any, over: Any) -> Any:
    """Lay one tree over another: mappings entry by entry, lists by adding what is new, the rest replaced.

    An empty list or mapping empties the one below it.
    """
    if isinstance(base, dict) and isinstance(over, dict) and over:
        return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
    if isinstance(base, list) and isinstance(over, list) and over:
        return base + [item for item in over if item not in base]
    return over
