"""`verify PAGE`: does the page come out again from what it says it was made from? If not, what differs first?"""

import argparse
import re
import tempfile
from html import unescape
from pathlib import Path
from typing import Any

from src.codebook import vocabulary
from src.ingest import store
from src.reports.context.notebooks import notebooks
from src.reports.context.provenance import made_from
from src.reports.page.page import SLOT
from src.reports.parameters import NAMES, ParameterError
from src.reports.run import engine
from src.reports.run.changes import differing_inputs
from src.reports.run.plan import PlannedPage, plan
from src.reports.run.runs import carried_by

# What tells when and on what a page was made, and the letters it carries, is no part of what it says.
ASIDE = re.compile(r"<style>.*?</style>|<footer>.*?</footer>|<template.*?</template>", re.DOTALL)


def main(options: argparse.Namespace) -> int:
    """Make a page again from its manifest and say whether it is the same; 0 it is, 1 it is not."""
    page = Path(options.page)
    html, stated = _read(page)
    known_by = "table" if stated["audience"] == "public" else "file"
    inputs = [f"{name}: {then} → {now}" if name else f"{then} → {now}"
              for _, name, then, now in differing_inputs(stated, made_from(store.build()), known_by)]  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        report = _report(stated)
        outcome, made = engine.make_one(report, Path(scratch)), Path(scratch) / report.page
        found = outcome.faults[0] if outcome.faults else first_difference(html, made.read_text(encoding="utf-8"))
    if found:
        print(vocabulary.both("verify_differs", page=page.name, difference=inputs[0] if inputs else found))
        return 1
    print(vocabulary.both("verify_same", page=page.name))
    for difference in inputs:
        print(vocabulary.both("verify_although", difference=difference))
    return 0


def _read(page: Path) -> tuple[str, dict[str, Any]]:
    html = page.read_text(encoding="utf-8", errors="replace")
    try:
        return html, carried_by(html)
    except ValueError as error:
        raise ParameterError(f"{page}: {error}") from None


def _report(stated: dict[str, Any]) -> PlannedPage:
    given = dict(stated["parameters"])
    own = {name: given.pop(name) for name in given.keys() - set(NAMES)}
    return plan(notebooks([stated["notebook"]]), given.pop("area"), [given.pop("lang")], own=own, **given)[0]


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
