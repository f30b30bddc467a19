"""What links the pages of a site: the index of all of them, the slot at the head of each, and the methods pages."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

from src.codebook import vocabulary
from src.ingest.folders import replace_text
from src.reports.context.notebooks import LEVELS
from src.reports.page import methods
from src.reports.page.page import templates, with_face, with_slot
from src.reports.run.changes import causes

RUNS_LISTED = 20
PLACE = re.compile(r'<a data-place="([^"]*)"(?: href="[^"]*")?>')  # a name that leads to pages, if there are any


def slot_html(html: str, page: str, records: dict[str, dict[str, Any]], earlier: list[str], beside: list[str]) -> str:
    """Return a page with its links to other pages and to what stands beside it, what changed, and whether it is stale.

    `earlier` are files of runs: earlier versions of the page, and pages that compare two runs.
    """
    record = records[page]
    older = [{"address": f"../runs/{file}", "text": _called(file, record["lang"])} for file in earlier]
    changed = record.get("changed") or {"because": [], "period": ""}
    because = causes(changed["because"], record["lang"], changed["period"])
    slot = _render("slot.html.j2", record=record, near=_near(page, records), earlier=older, beside=beside,
                   because=because)  # fmt: skip
    return _leading_to_places(with_slot(html, slot), page, records)


def _leading_to_places(html: str, page: str, records: dict[str, dict[str, Any]]) -> str:
    """Return a page whose names of places (`data-place`) lead to the first page of each, of the same kind of period."""
    record, own = records[page], _variant(records[page])
    first: dict[str, str] = {}
    for other, its in sorted(records.items()):
        if its["status"] != "failed" and its["lang"] == record["lang"] and _variant(its) == own:
            first.setdefault(its["area"], other)

    def link(found: re.Match) -> str:
        address = f' href="../{first[found[1]]}"' if found[1] in first else ""
        return f'<a data-place="{found[1]}"{address}>'

    return PLACE.sub(link, html)


def _variant(record: dict[str, Any]) -> str:
    """Return what of a page's name is not the notebook's: a period, another comparison."""
    return record["stem"].removeprefix(record["notebook"])


def earlier_html(html: str, page: str, record: dict[str, Any]) -> str:
    """Return a page as its run keeps it: with a link to the newest version."""
    html = html.replace('href="../methods.', 'href="../../../methods.')
    return with_slot(html, _render("earlier.html.j2", lang=record["lang"], address=f"../../../{page}", page=page))


def _called(file: str, lang: str) -> str:
    """Return what a file of a run is called: when the run made it, or which earlier run it is compared with."""
    run, _, name = file.partition("/")
    if name.startswith("compared_"):
        return vocabulary.sentence("compare_link", lang, run=name[9:15])
    return _made_at(run)


def _made_at(run: str) -> str:
    stamp = run.split("-", 1)[1]
    return f"{dt.datetime.strptime(stamp, '%Y%m%d-%H%M%S'):%Y-%m-%d %H:%M}"


def _near(page: str, records: dict[str, dict[str, Any]]) -> list[dict[str, str]]:
    """Return the pages one tap away: the other language, the larger area, its neighbours, the area's other reports."""
    record = records[page]
    others, larger, same, beside = [], [], [], []
    for other, its in in_order(records).items():
        if other == page or its["status"] == "failed":
            continue
        link = {"address": f"../{other}", "lang": its["lang"]}
        alike = its["lang"] == record["lang"] and its["stem"] == record["stem"]
        if its["area"] == record["area"] and its["stem"] == record["stem"]:
            others.append(link | {"text": vocabulary.sentence("other_language", its["lang"])})
        elif alike and (its["level"], its["street"]) in _above(record):
            larger.append(link | {"text": its[f"area_{its['lang']}"]})
        elif alike and record["level"] != "district" and _above(its) == _above(record):
            beside.append(link | {"text": its[f"area_{its['lang']}"]})
        elif its["lang"] == record["lang"] and its["area"] == record["area"] and its["stem"] == its["notebook"]:
            same.append(link | {"text": its["titles"][its["lang"]]})
    return [*others, *larger, *same, *beside]


def in_order(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the records of pages as readers look for them, whichever was made first: area, notebook, language."""

    def place(item: tuple[str, dict[str, Any]]) -> tuple:
        record = item[1]
        return LEVELS.index(record["level"]), record["area"], record["stem"], vocabulary.LANGS.index(record["lang"])

    return dict(sorted(records.items(), key=place))


def _above(record: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Return level and street of the areas that a record's is a part of."""
    above = [("district", None), ("street", record["street"])]
    return above[: LEVELS.index(record["level"])]


def index_html(
    records: dict[str, dict[str, Any]], manifests: dict[str, dict[str, Any]], compared: dict[str, list[str]]
) -> str:
    """Return the index: every report by area, the largest areas with the headline of their first, then the runs.

    `compared` are the pages that set a run beside an earlier one.
    """
    pages = [{**record, "page": page} for page, record in in_order(records).items()]
    groups: dict[str, dict] = {}
    for record in pages:
        group = groups.setdefault(record["area"], {**record, "reports": {}, "headlines": [], "stale": []})
        group["reports"].setdefault(record["stem"], []).append(record)
        group["headlines"] += filter(None, [record["headline"]])
        group["stale"] += [record] * (record["status"] != "good")
    made = [r["made_at"] for r in pages if r["made_at"]]
    newest = list(manifests.values())[-1] if manifests else {}
    good = sum(record["status"] == "good" for record in pages)
    html = _render(
        "site.html.j2", groups=list(groups.values()), good=good, failed=len(pages) - good,
        at=minute(max(made, default="—")), synthetic=any(r.get("synthetic") for r in pages),
        methods=[lang for lang in vocabulary.LANGS if methods.source(lang).is_file()],
        refusal=newest.get("refusal", ""), note=newest.get("note", ""),
        runs=list(manifests.items())[: -RUNS_LISTED - 1 : -1], compared=compared, lang="zh",
    )  # fmt: skip
    return with_face(html)


def publish_methods(folder: Path) -> None:
    """Write the methods pages into the folder of the reports; nothing for a language that has none."""
    template = templates().get_template("methods.html.j2")
    pages = {lang: f"methods.{lang}.html" for lang in vocabulary.LANGS if methods.source(lang).is_file()}
    for lang, page in pages.items():
        body, heads = methods.body_of(lang)
        title, h1, rest = body.partition("</h1>")
        words = {"title": title.removeprefix("<h1>"), "body": (title + h1, rest), "heads": heads}
        others = [(other, its_page) for other, its_page in pages.items() if other != lang]
        replace_text(folder / page, with_face(template.render(lang=lang, others=others, **words)))


def subject(title: str) -> str:
    """Return what a title names before it asks: 数据质量 of 数据质量：交付了什么，采用了多少."""
    return re.split(r"：|: ", title)[0]


def minute(at: str) -> str:
    """Return a time as readers take it, to the minute."""
    return at[:16].replace("T", " ")


def _render(template: str, **values: Any) -> str:
    return templates().get_template(template).render(**values, minute=minute, subject=subject)
