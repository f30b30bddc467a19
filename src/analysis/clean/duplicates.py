"""Records that repeat another one, were superseded by a later delivery, or contradict it."""

from collections import defaultdict

from src.analysis.clean.records import Record
from src.analysis.clean.values import Unreadable


def where(record: Record) -> str:
    """Return a record's place as people write it: file, sheet, line."""
    sheet = f"[{record.sheet}]" if record.sheet else ""
    return f"{record.file}{sheet}:{record.line}"


def settle(records: list[Record], key: tuple[str, ...]) -> list[tuple[Record, Record, str]]:
    """Return `(record, the one it repeats, repeated|revised)`; mark both of two contents under one key in one delivery.

    With a key: the same content is a repeat; another content in a later `received` supersedes the earlier one; in the
    same delivery both are set aside. Without a key the whole line has to be the same, within one delivery or across.
    """
    found: list[tuple[Record, Record, str]] = []
    by_key: dict[tuple, list[Record]] = defaultdict(list)
    for record in records:
        if record.problems:
            continue
        stated = tuple(record.values.get(name, record.values.get(f"key:{name}")) for name in key)
        whole = ("line", *record.cells) if not key or None in stated else stated
        by_key[whole].append(record)
    for same in by_key.values():
        if len(same) > 1:
            found += _settle_one(same)
    return found


def _settle_one(same: list[Record]) -> list[tuple[Record, Record, str]]:
    found = []
    newest = max((r.received for r in same if r.received), default=None)
    current = [r for r in same if r.received == newest]
    standing = current[0]
    for record in current[1:]:
        if record.values == standing.values:
            found.append((record, standing, "repeated"))
        else:
            _conflict(record, standing)
    for record in same:
        if record.received != newest:
            found.append((record, standing, "repeated" if record.values == standing.values else "revised"))
    return found


def _conflict(one: Record, other: Record) -> None:
    for record, against in ((one, other), (other, one)):
        if not record.problems:
            record.problems.append(("", "", Unreadable("conflict", other=where(against))))
