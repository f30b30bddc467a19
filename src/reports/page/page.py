"""What a notebook says → one self-contained page: no script, no request, one language of prose."""

import json
import re
from collections.abc import Iterator
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from src.codebook import vocabulary
from src.reports.html import block_html, csv_within, picture_html
from src.reports.page.content import Block, Content, parts
from src.reports.page.face import font_face
from src.reports.page.methods import method_link
from src.reports.tables import Table

TEMPLATES = Path(__file__).resolve().parent / "template"
# Around the part of a page that changes when other pages do: links to them, and whether this one is out of date.
SLOT = re.compile(r"<!--site-->.*?<!--/site-->", re.DOTALL)
LONGEST_CSV = 2_000  # bytes: of a longer table the page leads to its workbook, and stays light


@cache
def templates() -> Environment:
    """Return what renders pages, the index and what links them."""
    found = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=False)  # templates say `| e` themselves
    found.globals |= {"say": vocabulary.sentence, "label": vocabulary.label}
    found.globals["css"] = (TEMPLATES / "style.css").read_text("utf-8")
    found.filters["e"] = lambda text: escape(str(text))
    return found


def render_page(content: Content, name: str) -> str:
    """Return the page of what a notebook says; downloads are called after `name`."""
    headings = [part.text for part in parts(content) if part.kind == "heading" and part.level == 1]
    html = templates().get_template("index.html.j2").render(
        lang=content.lang,
        title=content.title,
        manifest=content.manifest,
        contents=[(f"s{number}", text) for number, text in enumerate(headings, 1)],
        headline=block_html(content.opening, leads=lambda table: "") if content.opening["sentence"] else "",
        body="".join(_bodies(content, name)),
        data=escape(json.dumps(content.manifest, ensure_ascii=False, sort_keys=True)),
    )  # fmt: skip
    return with_face(html)


def _bodies(content: Content, name: str) -> Iterator[str]:
    """Yield the blocks of a page as HTML."""
    prose = _Prose()
    numbers = iter(range(1, 10_000))

    def leads(table: Table) -> str:
        if len(table.csv()) > LONGEST_CSV:
            text = escape(vocabulary.sentence("workbook_table_link", content.lang))
            return f'<a class="csv" href="{escape(content.manifest["workbook"])}" download>{text}</a>'
        return csv_within(table, f"{name}_{next(numbers)}.csv" if table.name == "table" else f"{table.name}.csv")

    for block in content.blocks:
        if block["block"] == "prose":
            yield MarkdownWithMath(renderer=prose).render(block["source"])
        elif block["block"] == "output":
            yield _output_html(block)
        else:
            yield block_html(block, block["svg"], leads, method_link(block.get("method", ""), content.lang))


class _Prose(IPythonRenderer):
    """Markdown as HTML, its headings of the second level numbered for the contents list."""

    def __init__(self) -> None:
        super().__init__(escape=True, exclude_anchor_links=True)
        self.sections = 0

    def heading(self, text: str, level: int, **_: Any) -> str:
        self.sections += level == 2
        anchor = f' id="s{self.sections}"' if level == 2 else ""
        return f"<h{level}{anchor}>{text}</h{level}>\n"


def _output_html(block: Block) -> str:
    """Return what a cell showed by itself: HTML as it is, a picture, or text; its standard error is not for readers."""
    output = block["output"]
    data = output.get("data", {})
    if "text/html" in data:
        return data["text/html"]
    if block["png"] and "text/markdown" not in data:
        alt = output.metadata.get("image/png", {}).get("alt", "")
        return f'<figure class="chart">{picture_html(block["png"], alt)}</figure>'
    text = data.get("text/markdown") or data.get("text/plain") or (output.get("name") == "stdout" and output.text)
    return f"<pre>{escape(text)}</pre>" if text else ""


def with_face(html: str) -> str:
    """Put the page's own characters in as a font."""
    return html.replace("/*face*/", font_face({*unescape(html), *letters_of_links()}), 1)


LATER = ("stale", "proof", "other_", "all_", "changed_", "earlier_", "beside_", "data_refused")
ASCII = frozenset(map(chr, range(32, 127)))


@cache
def letters_of_links() -> frozenset[str]:
    """Return the characters of what a finished page may be given later: links, and the note that it is out of date."""
    from src.analysis import loading
    from src.reports.context.notebooks import notebooks

    sentences, district = vocabulary.current().sentences, vocabulary.current().district
    later = [sentences[key] for key in sentences if key.startswith(LATER)]
    texts = [entry[lang] for entry in [*later, district, *(n.titles for n in notebooks())] for lang in vocabulary.LANGS]
    return ASCII | frozenset("".join([*texts, *loading.load_communities()["street"].unique()]))


def with_slot(html: str, content: str) -> str:
    """Return a page with other links or another note in its slot."""
    return SLOT.sub(lambda _: f"<!--site-->{content}<!--/site-->", html, count=1)
