"""One executed notebook → one self-contained page: no script, no request, one language of prose."""

import json
import re
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from pathlib import Path
from threading import Lock
from typing import Any

from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from traitlets.config import Config

from src.codebook import vocabulary
from src.reports.context.notebooks import TITLE, in_language, speaks, title_of
from src.reports.outputs import MARK, PAGE_TABLE
from src.reports.page.face import font_face
from src.reports.page.methods import with_links

HERE = Path(__file__).resolve().parent
# Around the part of a page that changes when other pages do: links to them, and whether this one is out of date.
SLOT = re.compile(r"<!--site-->.*?<!--/site-->", re.DOTALL)
HIDDEN = "remove-output"  # a cell with this tag shows in JupyterLab alone what it shows
ALIGNED = re.compile(r' style="text-align:(?:left|right)"')  # the page's style sheet says it once for all cells
_one_at_a_time = Lock()  # jinja's environment is shared between threads


@dataclass(frozen=True)
class Page:
    """A rendered page, what it opens with, and the manifest it carries."""

    html: str
    title: str
    headline: str
    figures: list[list[str]]  # the headline numbers: name, value, verdict
    manifest: dict[str, Any]


class _Exporter(TemplateExporter):
    """nbconvert with our template; `HTMLExporter` would parse each page again and add what needs a network."""

    output_mimetype = "text/html"
    file_extension = ".html"

    @property
    def default_config(self) -> Config:
        order = ["text/html", "text/markdown", "image/png", "text/plain"]
        # None of the preprocessors is wanted, and after each the notebook would be validated again.
        ours = Config({"NbConvertBase": {"display_data_priority": order}, "Exporter": {"default_preprocessors": []}})
        ours.merge(super().default_config)
        return ours


@cache
def exporter() -> TemplateExporter:
    """Return the exporter whose environment also renders the index."""
    made = _Exporter(template_name="template", extra_template_basedirs=[str(HERE)])
    css = (HERE / "template" / "style.css").read_text("utf-8")
    made.environment.globals |= {"say": vocabulary.sentence, "css": css}
    made.environment.filters["e"] = lambda text: escape(str(text))
    return made


def _marked(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the outputs that say which block of the page they are, in order."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output for output in outputs if MARK in output.get("metadata", {})]


def blocks(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Return what the outputs say they are, in order: figure, table, sentence, headline, notes, provenance."""
    return [output.metadata[MARK] for output in _marked(notebook)]


def manifest_of(notebook: NotebookNode) -> dict[str, Any] | None:
    """Return the manifest that the runner's last cell left, or nothing where it was not reached."""
    found = [block["manifest"] for block in blocks(notebook) if block["block"] == "provenance"]
    return found[-1] if found else None


def render_page(notebook: NotebookNode, name: str, extra: dict[str, Any] | None = None) -> Page:
    """Return the page of an executed notebook; downloads are called after `name`, `extra` goes into the manifest."""
    manifest = (manifest_of(notebook) or {}) | (extra or {})
    lang = manifest["parameters"]["lang"]
    words = {block["block"]: block for block in blocks(notebook)}
    title = words.get("headline", {}).get("title") or title_of(notebook, lang)
    contents: list[tuple[str, str]] = []
    kept = [cell for cell in notebook.cells if cell.cell_type in ("code", "markdown") and speaks(cell, lang)]
    shown = NotebookNode({**notebook, "cells": [_prepared(cell, lang, contents) for cell in kept]})
    resources = {
        "lang": lang,
        "title": title,
        "manifest": manifest,
        "contents": contents,
        "headline": _html_of(notebook, "headline"),
        "provenance": _html_of(notebook, "provenance"),
        "data": escape(json.dumps(manifest, ensure_ascii=False, sort_keys=True)),
    }
    with _one_at_a_time:
        html, _ = exporter().from_notebook_node(shown, resources={"page": resources})
    opening = words.get("headline", {})
    whole = with_face(with_links(_named_downloads(ALIGNED.sub("", html), name), lang))
    return Page(whole, title, opening.get("sentence", ""), opening.get("figures", []), manifest)


def _prepared(cell: NotebookNode, lang: str, contents: list[tuple[str, str]]) -> NotebookNode:
    """Return a cell as the template takes it: prose as HTML, outputs only those in the flow of the page."""
    if cell.cell_type == "markdown":
        return NotebookNode({**cell, "html": _prose(in_language(cell.source, lang), contents)})
    if HIDDEN in cell.metadata.get("tags", []):
        return NotebookNode({**cell, "outputs": []})
    elsewhere = ("headline", "notes", "provenance")
    outputs = [o for o in cell.outputs if o.get("metadata", {}).get(MARK, {}).get("block") not in elsewhere]
    return NotebookNode({**cell, "outputs": [_as_on_page(output) for output in outputs]})


def _as_on_page(output: NotebookNode) -> NotebookNode:
    """Return a plain frame as the table that it carries for the page; any other output as it is."""
    if PAGE_TABLE not in output.get("data", {}):
        return output
    return NotebookNode({**output, "data": {"text/html": output.data[PAGE_TABLE]}})


def _prose(source: str, contents: list[tuple[str, str]]) -> str:
    """Return Markdown as HTML without its first-level heading, its other headings numbered for the contents list."""
    source = TITLE.sub("", source, count=1)
    html = MarkdownWithMath(renderer=IPythonRenderer(escape=True, exclude_anchor_links=True)).render(source)

    def numbered(found: re.Match) -> str:
        if found[1] != "2":
            return f"<h{found[1]}>"
        contents.append((f"s{len(contents) + 1}", unescape(re.sub(r"<[^>]+>", "", found[2]))))
        return f'<h2 id="{contents[-1][0]}">'

    return re.sub(r"<h([1-6])[^>]*>(?=(.*?)</h\1>)", numbered, html)


def _html_of(notebook: NotebookNode, block: str) -> str:
    found = [output.data["text/html"] for output in _marked(notebook) if output.metadata[MARK]["block"] == block]
    return found[-1] if found else ""


def _named_downloads(html: str, name: str) -> str:
    numbers = iter(range(1, 10_000))
    return re.sub(r'download="table\.csv"', lambda _: f'download="{name}_{next(numbers)}.csv"', html)


def with_face(html: str) -> str:
    """Put the page's own characters in as a font."""
    visible = unescape(re.sub(r'(?:href|src)="data:[^"]*"|<style>.*?</style>', "", html, flags=re.DOTALL))
    return html.replace("/*face*/", font_face({*visible, *letters_of_links()}), 1)


LATER = ("stale", "proof", "other_", "all_", "changed_", "earlier_", "beside_", "data_refused")
ASCII = frozenset(map(chr, range(32, 127)))


@cache
def letters_of_links() -> frozenset[str]:
    """Return the characters of what a finished page may be given later: links, and the note that it is out of date."""
    from src.analysis import loading
    from src.reports.context.notebooks import notebooks

    sentences, district = vocabulary.current().sentences, vocabulary.current().district
    later = [sentences[key] for key in sentences if key.startswith(LATER)]
    said = [entry[lang] for entry in [*later, district, *(n.titles for n in notebooks())] for lang in vocabulary.LANGS]
    return ASCII | frozenset("".join([*said, *loading.load_communities()["street"].unique()]))


def with_slot(html: str, content: str) -> str:
    """Return a page with other links or another note in its slot."""
    return SLOT.sub(lambda _: f"<!--site-->{content}<!--/site-->", html, count=1)
