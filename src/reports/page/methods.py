"""The methods pages beside the reports: `docs/methods.<lang>.md` as a page of each language, with an anchor a function.

A heading of those files that names a function in code marks, such as `## Change (`period_change`)`, is its anchor.
"""

from functools import cache
from pathlib import Path

from src.codebook import paths
from src.codebook.vocabulary import LANGS, sentence
from src.reports.page.prose import Prose


def source(lang: str) -> Path:
    """Return the file that a language's methods page is made from."""
    return paths.ROOT / "docs" / f"methods.{lang}.md"


@cache
def body_of(lang: str) -> tuple[str, list[tuple[int, list[str], str]]]:
    """Return the page's HTML, and the level, anchors and text of its headings."""
    prose = Prose()
    return prose.html(source(lang).read_text(encoding="utf-8")), prose.heads


@cache
def anchors(lang: str) -> dict[str, str]:
    """Return the functions that the methods page explains, each under which heading; none where there is no page."""
    heads = body_of(lang)[1] if source(lang).is_file() else ()
    return {name: text for _, names, text in heads for name in names}


def method_link(method: str, lang: str) -> str:
    """Return the link from a chart's caption to its method, where the methods page explains it."""
    if method not in anchors(lang):
        return ""
    return f' <a href="../methods.{lang}.html#{method}">{sentence("method_link", lang, name=anchors(lang)[method])}</a>'


def methods_are_current(folder: Path) -> bool:
    """Return whether the methods pages in a folder are at least as new as what they are made from."""
    made = [(source(lang), folder / f"methods.{lang}.html") for lang in LANGS if source(lang).is_file()]
    return all(page.is_file() and page.stat().st_mtime >= text.stat().st_mtime for text, page in made)
