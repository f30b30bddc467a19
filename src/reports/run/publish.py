"""The site: finished pages moved into place, the last good page kept where one failed, and the index of all of them.

Beside a page stand its charts, on request a Word briefing, a printed PDF; publishing it anew deletes them.
"""

import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from src.codebook import vocabulary
from src.codebook.periods import now, zone
from src.ingest.folders import replace_file, replace_text
from src.reports.parameters import reason_for
from src.reports.run import changes, plan, runs
from src.reports.run.index import earlier_html, index_html, slot_html

NAMED = 5  # of pages whose records were left out
SUFFIXES = (".docx", ".pdf", ".zip")
PRINT_SECONDS = 120  # a page takes 1 or 2
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-pdf-header-footer",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Site:
    """One output folder: its pages, their records, its runs (those of a public folder beside it)."""

    def __init__(self, folder: Path, keep: int, audience: str = "internal") -> None:
        self.folder, self.keep, self.audience = folder, keep, audience
        self.workings = runs.workings(folder, audience)
        stated = runs.read_json(self.workings / runs.STATE)
        sound = runs.sound_pages(stated)
        self.dropped = sorted(stated.keys() - sound.keys())
        published: dict[str, runs.Record] = {}  # what the runs say: all there is where the records are damaged or gone
        for manifest in runs.finished(self.workings).values():
            published |= manifest["pages"]
        published |= {page: {**published[page], "fingerprint": ""} for page in self.dropped if page in published}
        self.records = published | sound

    @property
    def remark(self) -> str:
        """Return in words that records were left out; empty where none were."""
        if not self.dropped:
            return ""
        return vocabulary.both("records_dropped", n=len(self.dropped), pages=", ".join(self.dropped[:NAMED]))

    @property
    def audiences(self) -> set[str]:
        """Return whom the pages of the folder are for, by their records and, of a page without one, by the page."""
        strays = [p for p in self.folder.glob("*/*.html") if p.relative_to(self.folder).as_posix() not in self.records]
        by_page = {runs.audience_of(page.read_text(encoding="utf-8", errors="replace")) for page in strays}
        return by_page - {None} | {record["audience"] for record in self.records.values()}

    def recover(self) -> None:
        """Bring to its end what a run that was killed while it published had begun."""
        for run in runs.runs(self.workings):
            if begun := runs.read_run(run / runs.JOURNAL):
                self._carry_out(run, begun)
            else:
                (run / runs.JOURNAL).unlink(missing_ok=True)

    def is_current(self, report: plan.PlannedPage, *, docx: bool = False) -> bool:
        """Return whether the page, with `docx` its briefing too, stands as this report would make it."""
        record = self.records.get(report.page, {})
        good = record.get("status") == "good" and record.get("fingerprint") == report.fingerprint
        page = self.folder / report.page
        return good and page.is_file() and (not docx or page.with_suffix(".docx").is_file())

    def publish(self, outcomes: Sequence[plan.Outcome], run: Path, manifest: dict[str, Any], refusal: str = "") -> None:
        """Move finished pages into place, note the failures, and bring links and index up to date.

        From here to its end the run has a journal: whoever comes next finishes what it says.
        """
        refusal = reason_for(self.audience, refusal)
        changed = {outcome.report.page: self._record(outcome, run.name, manifest["note"]) for outcome in outcomes}
        if refusal:  # what was not made anew stands on older data
            others = {page: record for page, record in self.records.items() if page not in changed}
            changed |= {page: _stale(record, refusal) for page, record in others.items() if record["made_at"]}
        begun = {**manifest, "refusal": refusal, "pages": changed}
        runs.write_json(run / runs.JOURNAL, begun, private=True)
        self._carry_out(run, begun)

    def _carry_out(self, run: Path, begun: dict[str, Any]) -> None:
        self.records |= begun["pages"]
        for page, record in self.records.items():
            made = record["status"] == "good" and record["run"] == run.name and (run / page).is_file()
            source, place = (run if made else self.folder) / page, self.folder / page
            if not source.is_file():
                continue
            standing = source.read_text(encoding="utf-8")
            told_anew = page in begun["pages"]  # made, or with another note: its other forms show what no longer stands
            linked = self._linked(standing, page, [] if told_anew else beside(place))
            if made or linked != standing:
                place.parent.mkdir(parents=True, exist_ok=True)
                if made:  # first: a page never links to a workbook that is not there
                    book = source.with_suffix(".xlsx")
                    replace_file(place.with_suffix(".xlsx"), lambda path, book=book: shutil.copyfile(book, path))
                replace_text(place, linked)
                for name in beside(place) if told_anew else ():
                    (place.parent / name).unlink(missing_ok=True)
                for name in beside(source) if made else ():
                    own = source.with_name(name)
                    replace_file(place.with_name(name), lambda path, own=own: shutil.copyfile(own, path))
            if made and self.workings == self.folder:  # the run keeps its own copy, which points to the newest
                replace_text(source, earlier_html(standing, page, record))
        runs.write_json(self.workings / runs.STATE, self.records)
        self.write_index(run.name, begun)
        runs.finish(run, begun)

    def link_what_stands_beside(self) -> None:
        """Lead from pages and index to the briefings and PDFs that have been made of them since."""
        changed = False
        for page in self.records:
            place = self.folder / page
            if (names := beside(place)) and place.is_file():
                standing = place.read_text(encoding="utf-8")
                linked = self._linked(standing, page, names)
                if linked != standing:
                    replace_text(place, linked)
                    changed = True
        if changed:
            self.write_index()

    def _linked(self, html: str, page: str, names: list[str]) -> str:
        return slot_html(html, page, self.records, self._earlier(page, self.records[page]), names)

    def write_index(self, run: str = "", begun: runs.Record | None = None) -> None:
        """Write the index; the run that is publishing has not said yet that it finished."""
        others = {name: stated for name, stated in runs.finished(self.workings).items() if name != run}
        manifests = others | ({run: begun} if begun else {})
        records = {p: {**r, "beside": beside(self.folder / p)} for p, r in self.records.items()}
        index = index_html(records, manifests, self._compared())
        replace_text(self.folder / "index.html", index)

    def _compared(self) -> dict[str, list[str]]:
        """Return the pages that set a run beside an earlier one, by run, the newest first; the public is not told."""
        kept = runs.runs(self.folder) if self.workings == self.folder else []
        return {
            run.name: sorted((page.name for page in run.glob("compared_*.html")), reverse=True) for run in kept[::-1]
        }

    def _earlier(self, page: str, record: dict[str, Any]) -> list[str]:
        """Return the files of runs that a page leads to, the newest first: its versions, from the first comparisons."""
        if self.workings != self.folder:
            return []
        kept = [run for run in runs.runs(self.folder)[: -self.keep - 1 : -1] if run.name < record["run"]]
        found = [f"{run.name}/{page}" for run in kept if (run / page).is_file()]
        if record["level"] == "district" and record["notebook"] == min(
            its["notebook"] for its in self.records.values()
        ):
            pages = [f"{run}/{file}" for run, files in self._compared().items() for file in files]
            found = [file for file in pages if file.endswith(f".{record['lang']}.html")] + found
        return found

    def _record(self, outcome: plan.Outcome, run: str, note: str) -> dict[str, Any]:
        report, at = outcome.report, now().isoformat()
        area, notebook = report.area, report.notebook
        stated = {
            "notebook": notebook.name, "stem": report.stem, "titles": notebook.titles, "lang": report.lang,
            "area": area.slug, "level": area.level, "street": area.street,
            "audience": report.given["audience"], "area_zh": area.label_zh, "area_en": area.label_en,
        }  # fmt: skip
        before = self.records.get(report.page, {})
        if outcome.faults:
            standing = self._made_at(report.page)
            unknown = {"headline": "", "figures": [], "made_at": standing, "period_label": "", "run": run}
            return _stale({**unknown, **before, **stated}, reason_for(self.audience, outcome.faults[0]))
        known = {name: outcome.manifest[name] for name in ("period_label", "synthetic", "inputs", "fingerprint")}
        made = {**stated, **known, **outcome.opening, "status": "good", "made_at": at, "run": run}
        return {**made, "note": note, "changed": changes.what_changed(before, made)}

    def _made_at(self, page: str) -> str:
        """Return when a page was written that no record tells of; empty where there is none."""
        try:
            written = (self.folder / page).stat().st_mtime
        except OSError:
            return ""
        return dt.datetime.fromtimestamp(written, zone()).astimezone(zone()).isoformat(timespec="seconds")


def _stale(record: dict[str, Any], reason: str) -> dict[str, Any]:
    """Return a record of a page that could not be made anew; it is out of date since the first time that it failed."""
    status = "stale" if record["made_at"] else "failed"
    since = record["since"] if record.get("status") == status else now().isoformat()
    return {**record, "status": status, "since": since, "reason": reason, "fingerprint": ""}


def beside(page: Path) -> list[str]:
    """Return the names of the files that stand beside a page."""
    return [file.name for suffix in SUFFIXES if (file := page.with_suffix(suffix)).is_file()]


def print_pages(pages: Iterable[Path]) -> int:
    """Print each page that has no PDF beside it, where there is a browser; return how many it could not print."""
    if chromium() is None:
        print(vocabulary.both("pdf_no_chromium"), file=sys.stderr)
        return 0
    failed = 0
    for page in pages:
        file = page.with_suffix(".pdf")
        if page.is_file() and not file.is_file():
            try:
                replace_file(file, lambda path, page=page: print_page(page, path))
            except subprocess.SubprocessError:
                cause = vocabulary.both("beside_program_failed")
                print(vocabulary.both("beside_failed", file=file, cause=cause), file=sys.stderr)
                failed += 1
    return failed


def chromium() -> str | None:
    """Return the program of the browser that prints pages, if one is installed: there is no second layout to keep."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def print_page(page: Path, to: Path) -> None:
    """Print one page; raises `subprocess.SubprocessError` where the browser fails or hangs."""
    with tempfile.TemporaryDirectory() as profile:
        command = (chromium(), *QUIET, f"--user-data-dir={profile}", f"--print-to-pdf={to}", page.as_uri())
        subprocess.run(command, capture_output=True, timeout=PRINT_SECONDS, check=True)
    if not to.read_bytes().startswith(b"%PDF"):  # it may end well and have printed nothing
        raise subprocess.SubprocessError
