"""Markdown as HTML; what its headings are called in a contents list, and the anchors that links lead to."""

import re

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

NAME = re.compile(r"<code>(\w+)</code>")


class Prose(IPythonRenderer):
    """Renders texts one after another; `heads` are the level, anchor and text of the headings below the title.

    A heading's anchors are the functions that it names in code marks, else its number.
    """

    def __init__(self) -> None:
        super().__init__(escape=True, exclude_anchor_links=True)
        self.heads: list[tuple[int, str, str]] = []

    def html(self, markdown: str) -> str:
        """Return a text as HTML."""
        return MarkdownWithMath(renderer=self).render(markdown)

    def heading(self, text: str, level: int, **_: object) -> str:
        """Return a heading with its anchors."""
        if level == 1:
            return f"<h1>{text}</h1>\n"
        first, *others = NAME.findall(text) or [f"s{len(self.heads) + 1}"]
        self.heads.append((level, first, text))
        more = "".join(f'<span id="{name}"></span>' for name in others)
        return f'<h{level} id="{first}">{more}{text}</h{level}>\n'
