"""What differs between two versions of a page, and what from: told on the page itself, by `compare` and by `verify`.

A figure is a number or a verdict that a page opens with, or a cell of one of its tables.
"""

import datetime as dt
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from src.codebook import vocabulary
from src.reports.run.runs import Record

# What a page depends on, with what it is called, in the order in which a change is told.
INPUTS = {
    "data": "changed_data", "definitions": "changed_definitions", "notebook": "changed_notebook",
    "code": "changed_code", "packages": "changed_packages",
}  # fmt: skip
DIGITS = re.compile(r"\d[\d,.]*")
CLAUSE = re.compile(r"[：；。，]|[:;.,] ")
Figure = tuple[str, ...]  # its table, row and column, or its name where a page opens with it


def what_changed(before: Record, now: Record) -> Record:
    """Return the headline numbers then and now and the inputs that differ; nothing for a page made the first time.

    Numbers of another period, or made-up ones beside real ones, are not set beside each other.
    """
    if not before.get("made_at") or not before.get("inputs"):
        return {}
    then = {name: value for name, value, _ in before.get("figures", [])}
    figures = [{"name": name, "then": then[name], "now": value} for name, value, _ in now["figures"] if name in then]
    because = [name for name in INPUTS if before["inputs"].get(name) != now["inputs"][name]]
    because += ["period"] * (before["period_label"] != now["period_label"])
    apart = "period" in because or before.get("synthetic") != now.get("synthetic")
    return {"since": before["made_at"], "figures": [] if apart else figures, "because": because, "apart": apart,
            "period": before["period_label"]}  # fmt: skip


def causes(because: list[str], lang: str, period: str = "") -> str:
    """Return in words the inputs that differ."""
    known = {**INPUTS, "period": "changed_period"}
    return vocabulary.enumerated((vocabulary.sentence(known[name], lang, period=period) for name in because), lang)


def differing_inputs(then: Record, now: Record, known_by: str = "file") -> Iterator[tuple[str, str, str, str]]:
    """Yield what differs in what two runs, or pages, say that they were made from: its kind, its name, then and now.

    Deliveries are known by their files, in public by their tables.
    """
    before, after = ({"data": _hashes(stated["deliveries"], known_by), "definitions": stated.get("definitions", {}),
                      "code": {"": _code(stated["code"])}, "packages": stated["packages"]}
                     for stated in (then, now))  # fmt: skip
    for kind in before:
        for name in sorted(before[kind].keys() | after[kind].keys()):
            pair = [stated[kind].get(name, "—") for stated in (before, after)]
            if pair[0] != pair[1]:
                yield kind, name, *pair


def _hashes(deliveries: list[Record], known_by: str) -> dict[str, str]:
    found = defaultdict(list)
    for delivery in deliveries:
        found[delivery[known_by]].append(delivery["sha256"][:12])
    return {name: ", ".join(sorted(hashes)) for name, hashes in found.items()}


def _code(code: Record) -> str:
    return f"{code['commit'] or '—'}{'+' if code['changed'] else ''}"


def tier_of(then: Any, now: Any) -> str:
    """Return how a figure changed: `appeared`, `gone`, its `verdict` (words), its `number`; empty for not at all.

    Counts are exact; of other numbers what differs by less than `rounding` is none.
    """
    if then is None or now is None:
        return "appeared" if then is None else "gone"
    if isinstance(then, float) and isinstance(now, float):
        counts = then.is_integer() and now.is_integer()
        same = then == now or (not counts and math.isclose(then, now, rel_tol=vocabulary.threshold("rounding")))
        return "" if same else "number"
    then, now = written(then), written(now)
    return "" if then == now else "number" if DIGITS.sub("0", then) == DIGITS.sub("0", now) else "verdict"


def written(value: Any) -> str:
    """Return a figure as it is told; what there is not is a dash."""
    if isinstance(value, float):
        return f"{value:,.6g}" if not value.is_integer() else f"{value:,.0f}"
    return f"{value:%Y-%m-%d}" if isinstance(value, dt.date) else str(value or "—")


def figures_of(record: Record, workbook: Path, opens: str, verdict: str) -> dict[Figure, tuple[str, Any]]:
    """Return what a page says, each figure with what it is called: how it opens, and the cells of its tables.

    `opens` and `verdict` are what its key sentence and the verdicts on its headline numbers are called.
    """
    found: dict[Figure, tuple[str, Any]] = {("",): (opens, record["headline"])}
    for name, value, judged in record["figures"]:
        found |= {(name,): (name, value), (name, verdict): (f"{name} · {verdict}", judged)}
    return found | _cells(workbook)


@cache
def _cells(workbook: Path) -> dict[Figure, tuple[str, Any]]:
    """Return the captions and cells of a page's tables: a table is known by its heads, a row by its first columns."""
    book, found = CalamineWorkbook.from_path(workbook), {}
    tables: Counter[str] = Counter()
    for sheet in book.sheet_names[1:]:  # the first is the cover
        (caption, *_), heads, *rows = book.get_sheet_by_name(sheet).to_python()
        caption = caption.split("\u3000")[0]
        table, called = _numbered("|".join(heads), tables), CLAUSE.split(caption)[0]
        found[(table,)] = called, caption
        numbers = [any(isinstance(row[at], float) for row in rows) for at in range(len(heads))]
        keys = numbers.index(True, 1) if True in numbers[1:] else 1
        names: Counter[str] = Counter()
        for row in rows:
            name = " ".join(f"{key:g}" if isinstance(key, float) else written(key) for key in row[:keys])
            name = _numbered(name, names)
            for head, cell in zip(heads[keys:], row[keys:], strict=True):
                found[table, name, head] = " · ".join((called, name, head)), cell
    return found


def _numbered(name: str, seen: Counter[str]) -> str:
    """Return a name, numbered where it has been seen before."""
    seen[name] += 1
    return name if seen[name] == 1 else f"{name} ({seen[name]})"
