"""The site: finished pages moved into place, the last good page kept where one failed, and the index of all of them."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.analysis import vocabulary
from src.analysis.folders import replace_file
from src.analysis.report import methods
from src.analysis.report.plan import Report
from src.analysis.report.provenance import now

if TYPE_CHECKING:
    from src.analysis.report.make import Outcome

STATE = "state.json"  # what is published: one record a page


class Busy(RuntimeError):
    """Another run is publishing to the folder."""

    exit_code = 4


class Site:
    """One output folder: its pages, their records, its runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.records: dict[str, dict[str, Any]] = json.loads((folder / STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or cut short: pages are made anew
            self.records = {}

    def is_current(self, report: Report) -> bool:
        """Return whether the page stands as this report would make it."""
        record = self.records.get(report.page, {})
        good = record.get("status") == "good" and record.get("fingerprint") == report.fingerprint
        return good and (self.folder / report.page).is_file()

    def publish(self, outcomes: Sequence["Outcome"], scratch: Path) -> None:
        """Move finished pages into place, note the failures, and bring links and index up to date."""
        from src.analysis.report.page import with_slot

        made = {outcome.report.page for outcome in outcomes if outcome.page is not None}
        self.records |= {outcome.report.page: self._record(outcome) for outcome in outcomes}
        for page, record in self.records.items():
            source, place = (scratch if page in made else self.folder) / page, self.folder / page
            if not source.is_file():
                continue
            standing = source.read_text(encoding="utf-8")
            linked = with_slot(standing, _render("slot.html.j2", record=record, near=self._near(page, record)))
            if page in made or linked != standing:
                place.parent.mkdir(parents=True, exist_ok=True)
                if page in made:  # first: a page never links to a workbook that is not there
                    book = source.with_suffix(".xlsx")
                    replace_file(place.with_suffix(".xlsx"), lambda path, book=book: shutil.copyfile(book, path))
                replace_file(place, lambda path, text=linked: path.write_text(text, encoding="utf-8"))
        self._save()

    def _record(self, outcome: "Outcome") -> dict[str, Any]:
        report, page, at = outcome.report, outcome.page, now().isoformat()
        area, notebook = report.area, report.notebook
        stated = {
            "notebook": notebook.name, "stem": report.stem, "titles": notebook.titles, "lang": report.lang,
            "area": area.slug, "level": area.level, "street": area.street,
            "area_zh": area.label_zh, "area_en": area.label_en,
        }  # fmt: skip
        if page is not None:
            known = {name: page.manifest[name] for name in ("period_label", "synthetic", "fingerprint")}
            return {**stated, **known, "status": "good", "headline": page.headline, "made_at": at}
        before = self.records.get(report.page, {})
        status = "stale" if (self.folder / report.page).is_file() else "failed"
        unknown = {"headline": "", "made_at": "", "period_label": "", "since": at}
        return {**unknown, **before, **stated, "status": status, "reason": outcome.faults[0], "fingerprint": ""}

    def _near(self, page: str, record: dict[str, Any]) -> list[dict[str, str]]:
        """Return the pages one tap away: the other language, the larger area, and the area's other reports."""
        others, larger, same = [], [], []
        for other, its in self.records.items():
            if other == page or its["status"] == "failed":
                continue
            link = {"address": f"../{other}", "lang": its["lang"]}
            if its["area"] == record["area"] and its["stem"] == record["stem"]:
                others.append(link | {"text": vocabulary.sentence("other_language", its["lang"])})
            elif its["lang"] == record["lang"] and its["stem"] == record["stem"] and _lies_in(record, its):
                larger.append(link | {"text": its[f"area_{its['lang']}"]})
            elif its["lang"] == record["lang"] and its["area"] == record["area"] and its["stem"] == its["notebook"]:
                same.append(link | {"text": its["titles"][its["lang"]]})
        return [*others, *larger, *same]

    def _save(self) -> None:
        from src.analysis.report.page import with_face

        text = json.dumps(self.records, ensure_ascii=False, indent=1)
        replace_file(self.folder / STATE, lambda path: path.write_text(text, encoding="utf-8"))
        index = with_face(_render("site.html.j2", **self._index()))
        replace_file(self.folder / "index.html", lambda path: path.write_text(index, encoding="utf-8"))

    def _index(self) -> dict[str, Any]:
        levels = ("district", "street", "community")
        records = [{**record, "page": page} for page, record in self.records.items()]
        records.sort(key=lambda r: (levels.index(r["level"]), r["area"], r["stem"], vocabulary.LANGS.index(r["lang"])))
        groups: dict[str, dict] = {}
        for record in records:
            group = groups.setdefault(record["area"], {**record, "reports": {}})
            group["reports"].setdefault(record["stem"], []).append(record)
        made = [r["made_at"] for r in records if r["made_at"]]
        return {
            "groups": list(groups.values()), "good": sum(r["status"] == "good" for r in records),
            "failed": sum(r["status"] != "good" for r in records), "at": minute(max(made, default="—")),
            "methods": [lang for lang in vocabulary.LANGS if methods.source(lang).is_file()],
            "synthetic": any(r.get("synthetic") for r in records),
        }  # fmt: skip

    def forget_runs(self, keep: int) -> None:
        """Delete all but the last runs' logs and leftovers."""
        runs = sorted(path for path in (self.folder / "runs").glob("*") if path.is_dir())
        for path in runs[: max(len(runs) - keep, 0)]:
            shutil.rmtree(path, ignore_errors=True)


def minute(at: str) -> str:
    """Return a time as readers take it, to the minute."""
    return at[:16].replace("T", " ")


def _lies_in(record: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether a record's area is a part of the other's."""
    if other["level"] == "district":
        return record["level"] != "district"
    return other["level"] == "street" and record["level"] == "community" and record["street"] == other["street"]


def _render(template: str, **values: Any) -> str:
    from src.analysis.report.page import exporter

    return exporter().environment.get_template(template).render(**values, minute=minute)


@contextlib.contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold the output folder alone; raises `Busy` naming who holds it. The lock ends with its process."""
    import filelock

    lock, holder = filelock.FileLock(folder / ".lock", timeout=0), folder / ".holder"
    try:
        lock.acquire()
    except filelock.Timeout:
        who = holder.read_text(encoding="utf-8") if holder.is_file() else "?"
        raise Busy(vocabulary.both("run_locked", folder=folder, holder=who)) from None
    try:
        holder.write_text(f"pid {os.getpid()}, {now():%Y-%m-%d %H:%M}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
