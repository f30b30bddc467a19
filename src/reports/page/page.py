"""What a notebook says → one self-contained page: no script, no request, one language of prose.

Its characters are a web font within it: a machine without a Chinese font still shows every one of them.
"""

import base64
import copy
import datetime as dt
import io
import json
import re
from collections.abc import Iterable
from functools import cache, partial
from html import escape, unescape
from pathlib import Path
from threading import Lock
from typing import Any

from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from jinja2 import Environment, FileSystemLoader

from src.analysis.charts.style import FAMILY, FONTS
from src.codebook import vocabulary
from src.reports import pictures, tables
from src.reports.html import block_html, csv_link, picture_html
from src.reports.page.content import Block, Content, archive
from src.reports.page.methods import Prose, method_link

TEMPLATES = Path(__file__).resolve().parent / "template"
# Around the part of a page that changes when other pages do: links to them, and whether this one is out of date.
SLOT = re.compile(r"<!--site-->.*?<!--/site-->", re.DOTALL)
LONGEST_CSV = 1_000  # bytes: of a longer table the page leads to its workbook, and stays light
_one_at_a_time = Lock()  # a font reads its tables when they are first asked for, and not for two threads at once
FACE = "ReportSansSC-Regular.ttf"  # browsers embolden it for headings: the bold face would be a fifth of a page


@cache
def templates() -> Environment:
    """Return what renders pages, the index and what links them."""
    found = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=False)  # templates say `| e` themselves
    found.globals |= {"say": vocabulary.sentence, "label": vocabulary.label, "day": dt.date.fromisoformat}
    found.globals["css"] = (TEMPLATES / "style.css").read_text("utf-8")
    found.filters["e"] = lambda text: escape(str(text))
    return found


def render_page(content: Content) -> str:
    """Return the page of what a notebook says."""
    prose = Prose()
    data = json.dumps(content.manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    html = templates().get_template("index.html.j2").render(
        lang=content.lang,
        title=content.title,
        manifest=content.manifest,
        headline=block_html(content.opening, leads=lambda table: "") if content.opening["sentence"] else "",
        body="".join(_block(block, content, prose) for block in content.blocks),
        heads=[head for head in prose.heads if head[0] == 2],
        data=escape(data, quote=False),
    )  # fmt: skip
    return with_face(html, letters_of_links(content.manifest["level"] == "street"))


def _block(block: Block, content: Content, prose: Prose) -> str:
    if block["block"] == "prose":
        return prose.html(block["source"])
    if block["block"] == "output":
        return _output_html(block)
    leads = partial(_whole_table, content.manifest["workbook"])
    return block_html(block, block["svg"], leads, method_link(block.get("method", ""), content.lang))


def _whole_table(workbook: str, table: tables.Table) -> str:
    """Return the link to a table as CSV, of a long one to its sheet of the workbook."""
    if len(table.csv()) <= LONGEST_CSV:
        return csv_link(table)
    text = escape(vocabulary.sentence("workbook_table_link", table.lang, sheet=table.name))
    return f'<a class="csv" href="{escape(workbook)}" download>{text}</a>'


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


def with_face(html: str, later: Iterable[str] = ()) -> str:
    """Put the page's own characters in as a font, with those that it may be given `later`."""
    return html.replace("/*face*/", font_face({*unescape(html), *ASCII, *later}), 1)


LATER = ("stale", "proof", "other_", "all_", "changed_", "earlier_", "beside.", "data_refused")
ASCII = frozenset(map(chr, range(32, 127)))


@cache
def letters_of_links(to_streets: bool) -> frozenset[str]:
    """Return the characters of what a finished page may be given later: links, and the note that it is out of date.

    Streets lead to each other; what else a page leads to has the letters of its own address.
    """
    from src.analysis import loading
    from src.reports.context.notebooks import notebooks

    sentences, district = vocabulary.current().sentences, vocabulary.current().district
    later = [sentences[key] for key in sentences if key.startswith(LATER)]
    texts = [entry[lang] for entry in [*later, district, *(n.titles for n in notebooks())] for lang in vocabulary.LANGS]
    return frozenset("".join([*texts, *(loading.load_communities()["street"].unique() if to_streets else ())]))


def with_slot(html: str, content: str) -> str:
    """Return a page with other links or another note in its slot."""
    return SLOT.sub(lambda _: f"<!--site-->{content}<!--/site-->", html, count=1)


def figures_bytes(content: Content) -> bytes:
    """Return the charts of a page as an archive, each file called as its chart is linked; nothing without charts."""
    files = {}
    for block in content.blocks:
        if block["block"] == "figure" and block["svg"]:
            files[f"{block['name']}.svg"] = pictures.standalone(block["svg"], font_face(block["svg"])).encode()
            if block["table"]:
                files[f"{block['name']}.csv"] = tables.Table.read(block["table"]).csv()
    return archive(files) if files else b""


@cache
def _whole() -> tuple[TTFont, dict[int, str]]:
    font = TTFont(FONTS / FACE)
    return font, font.getBestCmap()


def font_face(characters: Iterable[str]) -> str:
    """Return a CSS rule with the packaged face cut down to some characters; those it lacks the reader's fonts show."""
    with _one_at_a_time:
        whole, known = _whole()
        mapped = {ord(c): known[ord(c)] for c in sorted(set(characters)) if ord(c) in known and ord(c) < 0x10000}
        data = base64.b64encode(_cut(whole, mapped)).decode("ascii")
    return f'@font-face{{font-family:"{FAMILY}";src:url(data:font/woff;base64,{data}) format("woff")}}'


def _cut(whole: TTFont, mapped: dict[int, str]) -> bytes:
    """Put a font together from the glyphs of another; eight times faster than fontTools' general subsetter.

    It may be this short because the packaged face has neither composite glyphs nor layout tables.
    """
    names = [whole.getGlyphOrder()[0], *dict.fromkeys(mapped.values())]
    font = TTFont(recalcBBoxes=False, recalcTimestamp=False)
    font.setGlyphOrder(names)
    for tag in ("head", "hhea", "maxp", "OS/2", "post", "name"):
        font[tag] = copy.copy(whole[tag])  # compiling writes counts into them
    glyphs = whole["glyf"].glyphs
    _add(font, "glyf", glyphs={name: glyphs[name] for name in names}, glyphOrder=names)
    _add(font, "loca")
    _add(font, "hmtx", metrics={name: whole["hmtx"].metrics[name] for name in names})
    table = CmapSubtable.newSubtable(4)
    table.platformID, table.platEncID, table.language, table.cmap = 3, 1, 0, mapped
    _add(font, "cmap", tableVersion=0, tables=[table])
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out, reorderTables=False)
    return out.getvalue()


def _add(font: TTFont, tag: str, **values: Any) -> None:
    font[tag] = newTable(tag)
    vars(font[tag]).update(values)
