"""`doctor`: what would keep tomorrow's run from working, each finding with its cure."""

import argparse
import datetime as dt
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from src.analysis import loading
from src.codebook import paths, vocabulary
from src.codebook.periods import now, today
from src.ingest import folders, store
from src.reports.context.delivered import not_yet_delivered
from src.reports.run.runs import CURRENT, STATE, holder_of, read_json, sound_pages

Findings = Iterator[str]


def main(options: argparse.Namespace) -> int:
    """Print each finding with its cure; 0 for none, 1 for any."""
    found = 0
    for key in ("doctor_site",) if options.pages else CHECKS:
        found_here = list(CHECKS[key]())
        found += len(found_here)
        if found_here or not options.pages:
            print(f"{'!' if found_here else '✓'} {vocabulary.both(key)}")
        for line in found_here:
            print(f"    {line}")
    return 1 if found else 0


def interpreter() -> Findings:
    """Is this the Python of the checkout, and new enough?"""
    expected = (paths.ROOT / ".venv").resolve()
    if sys.version_info < (3, 11) or Path(sys.prefix).resolve() != expected:
        yield vocabulary.both("doctor_interpreter_other", python=sys.executable, expected=expected)


def packages() -> Findings:
    """Is what is installed what the lock names?"""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    installed = {canonicalize_name(found.name): found.version for found in metadata.distributions()}
    text = (paths.ROOT / "requirements.lock").read_text("utf-8")
    for line in re.findall(r"^[\w.-]+==[^\\\n]+", text, re.MULTILINE):
        locked = Requirement(line)
        have = installed.get(canonicalize_name(locked.name), "—")
        if (locked.marker is None or locked.marker.evaluate()) and not locked.specifier.contains(have, True):
            yield vocabulary.both(
                "doctor_packages_other", name=locked.name, have=have, version=str(locked.specifier)[2:]
            )


def fonts() -> Findings:
    """Can the charts draw every name of the register?"""
    from fontTools.ttLib import TTFont

    from src.analysis.charts.style import FONTS

    names = "".join(loading.load_communities()[["street", "community"]].astype("str").stack())
    for file in sorted(FONTS.glob("*.ttf")):
        if lacking := sorted(set(names) - set(map(chr, TTFont(file).getBestCmap()))):
            yield vocabulary.both("doctor_fonts_lacking", file=file.name, characters="".join(lacking))


def disk() -> Findings:
    """Is there room for the tables and for the runs that are kept?"""
    least = vocabulary.threshold("least_free_gb")
    for folder in (paths.processed(), paths.reports()):
        place = next(p for p in (folder, *folder.parents) if p.exists())
        if (free := shutil.disk_usage(place).free / 1e9) < least:
            yield vocabulary.both("doctor_disk_full", folder=folder, free=free, least=least)


def data() -> Findings:
    """Do the deliveries load, are they of late, and has everybody delivered?"""
    try:
        summary = store.build()
    except (folders.DataRefused, folders.Locked, vocabulary.VocabularyError) as error:
        yield str(error)
        return
    received = max((d["received"] for d in summary.deliveries if d["received"]), default="")
    oldest = today() - dt.timedelta(days=vocabulary.threshold("oldest_delivery_days"))
    if received and dt.date.fromisoformat(received) < oldest:
        yield vocabulary.both("doctor_data_old", received=received)
    yield from not_yet_delivered()


def lock() -> Findings:
    """Has a run been killed, or does one hold the folder?"""
    import filelock

    folder = paths.reports()
    if not (folder / ".holder").is_file():
        return
    try:
        with filelock.FileLock(folder / ".lock", timeout=0):
            yield vocabulary.both("doctor_lock_stale", holder=holder_of(folder))
    except filelock.Timeout:
        yield vocabulary.both("doctor_lock_held", holder=holder_of(folder))


def timer() -> Findings:
    """Is there a timer or a line of cron, and did its last run end well?"""
    states = {
        scope: [_said("systemctl", *scope, "is-enabled", "longling-report.timer"),
                _said("systemctl", *scope, "is-failed", "longling-report.service")]
        for scope in ((), ("--user",))
    }  # fmt: skip
    if any(failed == "failed" for _, failed in states.values()):
        yield vocabulary.both("doctor_timer_failed")
    enabled = any(state == "enabled" for state, _ in states.values())
    if not enabled and str(paths.ROOT) not in _said("crontab", "-l"):
        yield vocabulary.both("doctor_timer_none")


def site() -> Findings:
    """Is any page older than it should be, and how long ago did a run find all of them up to date?"""
    found = read_json(paths.reports() / CURRENT).get("at", "")
    longest = dt.timedelta(days=vocabulary.threshold("stale_pages_days"))
    if not found or now() - dt.datetime.fromisoformat(found) > longest:
        yield vocabulary.both("doctor_site_stale", folder=paths.reports(), at=found[:16].replace("T", " ") or "—")
    for page, record in sound_pages(read_json(paths.reports() / STATE)).items():
        if record["status"] != "good":
            yield f"{page}: {record['reason']}"


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout.strip()
    except OSError:
        return ""


CHECKS: dict[str, Callable[[], Findings]] = {
    "doctor_interpreter": interpreter, "doctor_packages": packages, "doctor_fonts": fonts, "doctor_disk": disk,
    "doctor_data": data, "doctor_lock": lock, "doctor_timer": timer, "doctor_site": site,
}  # fmt: skip
