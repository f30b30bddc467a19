"""The site: finished pages moved into place, the last good page kept where one failed, and the index of all of them."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.analysis.clock import now
from src.analysis.folders import replace_file
from src.analysis.report.changed import what_changed
from src.analysis.report.index import earlier_html, index_html, slot_html
from src.analysis.report.plan import Report
from src.analysis.report.runs import JOURNAL, finish, finished, read_json, runs, write_json

if TYPE_CHECKING:
    from src.analysis.report.make import Outcome

STATE = "state.json"  # what is published: one record a page


class Site:
    """One output folder: its pages, their records, its runs."""

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder, self.keep = folder, keep
        stated: dict[str, dict[str, Any]] = read_json(folder / STATE)
        self.records = {page: record for page, record in stated.items() if "run" in record}
        if not self.records:  # none yet, or damaged: what the runs say they published
            for manifest in finished(folder).values():
                self.records |= manifest["pages"]

    def recover(self) -> None:
        """Bring to its end what a run that was killed while it published had begun."""
        for run in runs(self.folder):
            if begun := read_json(run / JOURNAL):
                self._carry_out(run, begun)

    def is_current(self, report: Report) -> bool:
        """Return whether the page stands as this report would make it."""
        record = self.records.get(report.page, {})
        good = record.get("status") == "good" and record.get("fingerprint") == report.fingerprint
        return good and (self.folder / report.page).is_file()

    def publish(self, outcomes: Sequence["Outcome"], run: Path, manifest: dict[str, Any], refusal: str = "") -> None:
        """Move finished pages into place, note the failures, and bring links and index up to date.

        From here to its end the run has a journal: whoever comes next finishes what it says.
        """
        changed = {outcome.report.page: self._record(outcome, run.name, manifest["note"]) for outcome in outcomes}
        if refusal:  # what was not made anew stands on older data
            others = {page: record for page, record in self.records.items() if page not in changed}
            changed |= {page: _stale(record, refusal) for page, record in others.items() if record["made_at"]}
        begun = {**manifest, "refusal": refusal, "pages": changed}
        write_json(run / JOURNAL, begun)
        self._carry_out(run, begun)

    def _carry_out(self, run: Path, begun: dict[str, Any]) -> None:
        self.records |= begun["pages"]
        for page, record in self.records.items():
            made = record["status"] == "good" and record["run"] == run.name and (run / page).is_file()
            source, place = (run if made else self.folder) / page, self.folder / page
            if not source.is_file():
                continue
            standing = source.read_text(encoding="utf-8")
            linked = slot_html(standing, page, self.records, self._earlier(page, record))
            if made or linked != standing:
                place.parent.mkdir(parents=True, exist_ok=True)
                if made:  # first: a page never links to a workbook that is not there
                    book = source.with_suffix(".xlsx")
                    replace_file(place.with_suffix(".xlsx"), lambda path, book=book: shutil.copyfile(book, path))
                for printed in (".pdf", ".docx"):  # they show what no longer stands
                    place.with_suffix(printed).unlink(missing_ok=True)
                replace_file(place, lambda path, text=linked: path.write_text(text, encoding="utf-8"))
            if made:  # the run keeps its own copy, which points to the newest
                kept = earlier_html(standing, page, record)
                replace_file(source, lambda path, text=kept: path.write_text(text, encoding="utf-8"))
        write_json(self.folder / STATE, self.records)
        others = {name: stated for name, stated in finished(self.folder).items() if name != run.name}
        index = index_html(self.records, {**others, run.name: begun})
        replace_file(self.folder / "index.html", lambda path: path.write_text(index, encoding="utf-8"))
        finish(run, begun)

    def _earlier(self, page: str, record: dict[str, Any]) -> list[str]:
        """Return the runs that still have an earlier version of a page, the newest first."""
        return [
            run.name
            for run in runs(self.folder)[: -self.keep - 1 : -1]
            if run.name < record["run"] and (run / page).is_file()
        ]

    def _record(self, outcome: "Outcome", run: str, note: str) -> dict[str, Any]:
        report, page, at = outcome.report, outcome.page, now().isoformat()
        area, notebook = report.area, report.notebook
        stated = {
            "notebook": notebook.name, "stem": report.stem, "titles": notebook.titles, "lang": report.lang,
            "area": area.slug, "level": area.level, "street": area.street,
            "audience": report.given["audience"], "area_zh": area.label_zh, "area_en": area.label_en,
        }  # fmt: skip
        before = self.records.get(report.page, {})
        if page is None:
            unknown = {"headline": "", "figures": [], "made_at": "", "period_label": "", "run": run}
            return _stale({**unknown, **before, **stated}, outcome.faults[0])
        known = {name: page.manifest[name] for name in ("period_label", "synthetic", "inputs", "fingerprint")}
        opening = {"headline": page.headline, "figures": page.figures}
        made = {**stated, **known, **opening, "status": "good", "made_at": at, "run": run}
        return {**made, "note": note, "changed": what_changed(before, made)}


def _stale(record: dict[str, Any], reason: str) -> dict[str, Any]:
    """Return a record of a page that could not be made anew; it is out of date since the first time that it failed."""
    status = "stale" if record["made_at"] else "failed"
    since = record["since"] if record.get("status") == status else now().isoformat()
    return {**record, "status": status, "since": since, "reason": reason, "fingerprint": ""}
