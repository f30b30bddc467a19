"""`compare RUN RUN`: two kept runs side by side, figure by figure, in tiers, each with what it comes from.

A change of method never passes for one of the world: every figure says whether its data are the same.
`verify PAGE`: does a page come out again from what it says it was made from? If not, what differs first?
"""

import argparse
import re
import tempfile
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

import pandas as pd

from src.codebook import vocabulary
from src.codebook.vocabulary import both, sentence
from src.ingest import folders, store
from src.reports.context import notebooks, provenance
from src.reports.html import table_html
from src.reports.page.page import SLOT, templates, with_face
from src.reports.parameters import NAMES, ParameterError
from src.reports.run import engine, index, publish, runs
from src.reports.run.changes import causes, differing_inputs, figures_of, tier_of, what_changed, written
from src.reports.run.plan import PlannedPage, plan
from src.reports.tables import table_of

TIERS = {  # in which order they are told, and what each is called
    "verdict": "compare_verdict", "number": "compare_number", "appeared": "compare_appeared", "gone": "compare_gone",
    "apart": "compare_apart",
}  # fmt: skip
COLUMNS = ["tier", "page", "figure", "then", "now", "because"]
ROWS_PRINTED = 10
OTHER = dict(zip(vocabulary.LANGS, reversed(vocabulary.LANGS), strict=True))
# What tells when and on what a page was made, and the letters it carries, is no part of what it says.
ASIDE = re.compile(r"<style>.*?</style>|<footer>.*?</footer>|<template.*?</template>", re.DOTALL)


def main(options: argparse.Namespace) -> int:
    """Write the page in each language and print its gist; raises `ParameterError` for runs that there are not."""
    site = publish.Site(runs.folder_of(options).resolve(), 0, options.audience)
    pair = sorted(_named(name, list(runs.finished(site.workings)), site.workings) for name in options.runs)
    compared = {lang: Comparison(site, *pair, lang) for lang in vocabulary.LANGS}
    print(*(one.conclusion for one in compared.values()))
    for tier, found in compared["zh"].changes.groupby("tier", sort=False):
        print(f"{both(TIERS[tier])}: {len(found)}")
        for row in found.head(ROWS_PRINTED).itertuples():
            print(f"    {row.page} · {row.figure}: {row.then} → {row.now} ({row.because})")
    with runs.only_run(site.workings):
        for one in compared.values():
            print(one.write())
        site.link_what_stands_beside()
        site.write_index()
    return 0


def _named(name: str, kept: list[str], folder: Path) -> str:
    """Return the run that a name or number means; raises `ParameterError` naming those that there are."""
    for run in kept:
        if name == run or (name.isdecimal() and int(name) == int(run.split("-")[0])):
            return run
    raise ParameterError(both("compare_no_run", name=name[:60], folder=folder, runs=kept or ["—"]))


class Comparison:
    """What the pages of a site said after one run, and after a later one, in the pages' language where there are such.

    `changes` has one row a figure: its tier, page, name, what it was and is, and what that comes from.
    """

    def __init__(self, site: publish.Site, then: str, now: str, lang: str) -> None:
        self.site, self.runs, self.lang = site, (then, now), lang
        self.kept, self.sources = runs.finished(site.workings), set[str]()
        self.before, self.after = self._pages(then), self._pages(now)
        found = pd.DataFrame(self._changes(), columns=COLUMNS)
        found["tier"] = pd.Categorical(found["tier"], [*TIERS], ordered=True)
        self.changes = found.sort_values("tier", kind="stable").astype({"tier": str})

    def _pages(self, run: str) -> dict[str, runs.Record]:
        """Return the records of the pages as a run left them, each report once."""
        records = {page: record for page, record in self.site.records.items() if record["run"] <= run}
        for name, stated in self.kept.items():
            records |= stated["pages"] if name <= run else {}
        good = {page: record for page, record in records.items() if record["status"] != "failed"}
        first: dict[tuple[str, str], str] = {}
        for page in sorted(good, key=lambda page: good[page]["lang"] != self.lang):
            first.setdefault((good[page]["area"], good[page]["stem"]), page)
        return index.in_order({page: good[page] for page in first.values()})

    def _changes(self) -> Iterator[tuple[str, ...]]:
        for page in index.in_order(self.before | self.after):
            before, after = self.before.get(page), self.after.get(page)
            name = self._title(after or before)
            if before is None or after is None:
                tier = "appeared" if before is None else "gone"
                yield tier, name, sentence("compare_page", self.lang), "", "", ""
            elif before["run"] != after["run"]:
                changed = what_changed(before, after)
                because = self._because(changed["because"], changed["period"])
                if changed["apart"]:
                    yield "apart", name, "", before["period_label"], after["period_label"], because
                for tier, *row in () if changed["apart"] else self._figures(page, before, after):
                    self.sources |= set(changed["because"])
                    yield tier, name, *row, because

    def _figures(self, page: str, before: runs.Record, after: runs.Record) -> Iterator[tuple[str, str, str, str]]:
        books = [(self.site.workings / "runs" / one["run"] / page).with_suffix(".xlsx") for one in (before, after)]
        if not all(book.is_file() for book in books):  # of the older run nothing but its record is left
            yield "apart", sentence("compare_no_tables", self.lang), "", ""
            return
        words = [sentence(key, self.lang) for key in ("compare_opening", "column.verdict")]
        then, now = (figures_of(record, book, *words) for record, book in zip((before, after), books, strict=True))
        for figure, (called, _) in (then | now).items():
            pair = [said.get(figure, (called, None))[1] for said in (then, now)]
            if tier := tier_of(*pair):
                yield tier, called, *map(written, pair)

    def _title(self, record: runs.Record) -> str:
        return f"{record[f'area_{self.lang}']} {record['titles'][self.lang]}"

    def _because(self, because: list[str], period: str) -> str:
        reason = causes(because, self.lang, period) or sentence("compare_unexplained", self.lang)
        return reason if "data" in because else reason + sentence("compare_same_data", self.lang)

    @property
    def inputs(self) -> pd.DataFrame:
        """Return what differs in what the pages were made from: one row a delivery, file or package."""
        made = {(self.before[page]["run"], after["run"]) for page, after in self.after.items() if page in self.before}
        pairs = [[self.kept[run] for run in pair] for pair in sorted(made) if set(pair) <= self.kept.keys()]
        rows = dict.fromkeys(row for pair in pairs for row in differing_inputs(*pair))
        return pd.DataFrame([(causes([kind], self.lang), *row) for kind, *row in rows],
                            columns=["because", "name", "then", "now"])  # fmt: skip

    @property
    def conclusion(self) -> str:
        """Return in a sentence whether what changed comes from the data, from the method, or may come from either."""
        if not self.sources:
            return sentence("compare_nothing", self.lang) if self.changes.empty else ""
        key = "compare_mixed" if "data" in self.sources else "compare_method"
        return sentence("compare_data" if self.sources == {"data"} else key, self.lang)

    def write(self) -> Path:
        """Write the page and its CSV into the folder of the later run, with which they go, and return the page."""
        name, other = (f"compared_{self.runs[0]}.{lang}.html" for lang in (self.lang, OTHER[self.lang]))
        page = self.site.workings / "runs" / self.runs[1] / name
        named = {tier: sentence(key, self.lang) for tier, key in TIERS.items()}
        tables = {sentence("compare_inputs", self.lang): self.inputs}
        for tier, rows in self.changes.groupby("tier", sort=False):
            tables[named[tier]] = rows.drop(columns="tier")
        made = [table_of(rows, caption, self.lang, name="compared") for caption, rows in tables.items() if len(rows)]
        whole = table_of(self.changes.replace({"tier": named}), "", self.lang, name="compared")
        folders.replace_text(page.with_suffix(".csv"), whole.csv().decode())
        file = page.with_suffix(".csv").name
        text = escape(sentence("download_csv", self.lang, file=file))
        link = f'<a class="csv" href="{file}" download>{text}</a>'
        html = templates().get_template("compare.html.j2").render(
            lang=self.lang, runs=self.runs, conclusion=self.conclusion, other=other,
            body=[table_html(table, lambda _: link) for table in made], index=self.site.workings == self.site.folder,
        )  # fmt: skip
        folders.replace_text(page, with_face(html))
        return page


def verify(options: argparse.Namespace) -> int:
    """Make a page again from its manifest and say whether it is the same; 0 it is, 1 it is not."""
    page = Path(options.page)
    html = page.read_text(encoding="utf-8", errors="replace")
    try:
        stated = runs.carried_by(html)
    except ValueError as error:
        raise ParameterError(f"{page}: {error}") from None
    known_by = "table" if stated["audience"] == "public" else "file"
    made = provenance.made_from(store.build())
    inputs = [f"{name}: {then} → {now}".removeprefix(": ")
              for _, name, then, now in differing_inputs(stated, made, known_by)]  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        report = _planned(stated)
        outcome, made = engine.make_one(report, Path(scratch)), Path(scratch) / report.page
        found = outcome.faults[0] if outcome.faults else first_difference(html, made.read_text(encoding="utf-8"))
    if found:
        print(both("verify_differs", page=page.name, difference=inputs[0] if inputs else found))
        return 1
    print(both("verify_same", page=page.name))
    for difference in inputs:
        print(both("verify_although", difference=difference))
    return 0


def _planned(stated: dict[str, Any]) -> PlannedPage:
    given = dict(stated["parameters"])
    own = {name: given.pop(name) for name in given.keys() - set(NAMES)}
    return plan(notebooks.notebooks([stated["notebook"]]), given.pop("area"), [given.pop("lang")], own=own, **given)[0]


def first_difference(then: str, now: str) -> str:
    """Return the first place where what two pages say differs, as the old words and the new ones; empty for none."""
    parts = [re.findall(r"<[^>]+>|[^<]+", ASIDE.sub("", SLOT.sub("", html))) for html in (then, now)]
    for old, new in zip(*parts, strict=False):
        if old != new:
            return f"{_shown(old)} → {_shown(new)}"
    if len(parts[0]) != len(parts[1]):
        return f"{len(parts[0])} → {len(parts[1])}"
    return ""


def _shown(part: str) -> str:
    if alt := re.search(r'(?:alt|aria-label)="([^"]*)"', part):
        part = f"[{unescape(alt[1])}]"
    return " ".join(unescape(part).split())[:100]
