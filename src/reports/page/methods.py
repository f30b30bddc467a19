"""The methods pages beside the reports: `docs/methods.<lang>.md` as a page of each language, with an anchor a function.

A heading of those files that names a function in code marks, such as `## Change (`period_change`)`, is its anchor.
"""

import re
from functools import cache
from pathlib import Path

from src.codebook import paths
from src.codebook.vocabulary import LANGS, sentence

_NAME = re.compile(r"<code>(\w+)</code>")


def source(lang: str) -> Path:
    """Return the file that a language's methods page is made from."""
    return paths.ROOT / "docs" / f"methods.{lang}.md"


@cache
def anchors(lang: str) -> frozenset[str]:
    """Return which functions the methods page explains; none where there is no such page."""
    return frozenset(re.findall(r' id="(\w+)"', body_of(lang))) if source(lang).is_file() else frozenset()


def method_link(method: str, lang: str) -> str:
    """Return the link from a chart's caption to its method, where the methods page explains it."""
    if method not in anchors(lang):
        return ""
    return f' <a href="../methods.{lang}.html#{method}">{sentence("method_link", lang)}</a>'


def methods_are_current(folder: Path) -> bool:
    """Return whether the methods pages in a folder are at least as new as what they are made from."""
    made = [(source(lang), folder / f"methods.{lang}.html") for lang in LANGS if source(lang).is_file()]
    return all(page.is_file() and page.stat().st_mtime >= text.stat().st_mtime for text, page in made)


def body_of(lang: str) -> str:
    """Return the Markdown as HTML; each heading that names functions has their names as anchors."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=True, exclude_anchor_links=True)
    html = MarkdownWithMath(renderer=renderer).render(source(lang).read_text(encoding="utf-8"))

    def anchored(found: re.Match) -> str:
        names = _NAME.findall(found[2])
        others = "".join(f'<span id="{name}"></span>' for name in names[1:])
        first = f' id="{names[0]}"' if names else ""
        return f"<h{found[1]}{first}>{others}{found[2]}</h{found[1]}>"

    return re.sub(r"<h([1-6])[^>]*>(.*?)</h\1>", anchored, html, flags=re.DOTALL)
