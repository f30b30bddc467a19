"""Markdown as HTML, and the methods pages beside the reports: `docs/methods.<lang>.md`, with an anchor a function.

A heading of those files that names a function in code marks, such as `## Change (`period_change`)`, is its anchor.
"""

import re
from functools import cache
from pathlib import Path

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from src.codebook import paths
from src.codebook.vocabulary import LANGS, sentence

NAME, CODE = re.compile(r"<code>(\w+)</code>"), re.compile(r"\s*[（(]<code>")


class Prose(IPythonRenderer):
    """Renders texts one after another; `heads` are the level, anchors and text of each heading below the title.

    A heading's anchors are the functions that it names in code marks, else its number.
    """

    def __init__(self) -> None:
        super().__init__(escape=True, exclude_anchor_links=True)
        self.heads: list[tuple[int, list[str], str]] = []

    def html(self, markdown: str) -> str:
        """Return a text as HTML."""
        return MarkdownWithMath(renderer=self).render(markdown)

    def heading(self, text: str, level: int, **_: object) -> str:
        """Return a heading with its anchors."""
        if level == 1:
            return f"<h1>{text}</h1>\n"
        anchors = NAME.findall(text) or [f"s{len(self.heads) + 1}"]
        self.heads.append((level, anchors, CODE.split(text)[0]))
        more = "".join(f'<span id="{name}"></span>' for name in anchors[1:])
        return f'<h{level} id="{anchors[0]}">{more}{text}</h{level}>\n'


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
