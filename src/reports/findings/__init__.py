"""What a page says: estimates → the sentences of its opening, its findings and its answers, in two languages.

Findings are computed sentences at the top of a page, ranked by how much they matter and how sure they are.
"""

import importlib
from collections.abc import Iterable
from types import ModuleType
from typing import NamedTuple

from src.codebook.vocabulary import sentence

LEAST, MOST = 3, 6
SURE = {"clear": 1.0, "unclear": 0.5, "few": 0.2}

__all__ = [
    "brief",
    "changes",
    "definition",
    "effect",
    "leaders",
    "overview",
    "participation",
    "quality",
    "trends",
    "where_next",
]


class Opening(NamedTuple):
    """How a page opens: the sentence to remember, few figures (name, value, verdict), the key findings, the title."""

    sentence: str
    figures: list[tuple[str, str, str]]
    findings: list[tuple[str, str]]
    title: str


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


class Finding(NamedTuple):
    """One sentence that holds its number, interval and window, and `limit`: what it cannot say.

    `matters`: 1 for what the page is about, less for a part of it. `sure`: `clear`, `unclear` (within normal
    variation) or `few` (told as counts).
    """

    text: str
    limit: str
    matters: float
    sure: str


def finding(key: str, lang: str, *, matters: float, sure: str = "clear", **words: object) -> Finding:
    """Return a finding in the words of the vocabulary: `finding` and what it cannot say, `finding_limit`.

    Raises `KeyError` for a finding that does not say what it cannot say.
    """
    assert sure in SURE, sure
    return Finding(
        sentence("finding", lang, case=key, **words), sentence("finding_limit", lang, case=key), matters, sure
    )


def sureness(lower: float, upper: float, flag: str = "", null: float = 0.0) -> str:
    """Return how sure a difference is: `few` cases, `clear` where the interval leaves out `null`, else `unclear`."""
    if flag == "too_few" or lower != lower:
        return "few"
    return "clear" if lower > null or upper < null else "unclear"


def key_findings(
    found: Iterable[Finding | None], lang: str, lacking: str = "finding_too_little"
) -> list[tuple[str, str]]:
    """Return the weightiest findings, each with what it cannot say; at most six, and a word where the data carry few.

    A finding of nothing (None) is left out. `lacking`: the sentence that says why there are few; none where the page's
    first sentence has said it. `headline` of the charts shows the result.
    """
    ranked = sorted((f for f in found if f is not None), key=lambda f: -f.matters * SURE[f.sure])
    limits = [f.limit for f in ranked]
    # What several of them cannot say is said once.
    stated = [(f.text, "" if f.limit in limits[:n] else f.limit) for n, f in enumerate(ranked[:MOST])]
    if lacking and (len(stated) < LEAST or all(f.sure == "few" for f in ranked)):
        stated.append((sentence(lacking, lang), ""))
    return stated
