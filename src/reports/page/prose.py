"""Markdown as HTML; what its headings are called in a contents list, and the anchors that links lead to."""

import re

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

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
