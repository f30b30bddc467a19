"""`registered.yml`: what was decided before the data of a period arrived, and since when the builds know of it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from src.codebook import periods, vocabulary
from src.codebook.periods import parse_period
from src.codebook.reader import VocabularyError, check_against, line_of, read_schema, read_yaml

FILE = "registered.yml"
SCHEMA = Path(__file__).with_name("registered_schema.yml")


def read_registered(raw: Path) -> list[dict[str, Any]]:
    """Return the entries of `registered.yml`, of none where there is no such file.

    Raises `VocabularyError` naming line, key and what would be right.
    """
    path = raw / FILE
    if not path.is_file():
        return []
    content, node = read_yaml(path)
    if not isinstance(content, list):
        raise VocabularyError(f"{FILE}, line 1: {vocabulary.both('registered_no_list')}")
    return [_checked(entry, node.value[n], path) for n, entry in enumerate(content)]


def _checked(entry: Any, node: Any, path: Path) -> dict[str, Any]:
    entry = check_against(read_schema(SCHEMA), entry, node, path)
    try:
        parse_period(entry["period"])
    except ValueError as error:
        raise VocabularyError(f"{FILE}, line {line_of(node, ['period'])}: {error}") from None
    fields = vocabulary.current().codes["field"]
    asked = [("fields", name, fields) for name in entry.get("fields", [])]
    asked += [("years_left_out", year, None) for year in entry.get("years_left_out", {})]
    for key, value, allowed in asked:
        if value not in allowed if allowed else not (value.isdigit() and len(value) == 4):
            words = {"name": key, "value": value, "allowed": ", ".join(allowed or ["2020"])}
            raise VocabularyError(f"{FILE}, line {line_of(node, [key])}: {vocabulary.both('not_known', **words)}")
    return entry


def registered(raw: Path, incidents: Path, before: tuple[dict, ...]) -> list[dict[str, Any]]:
    """Return what was registered, each entry with the day on which a build first saw it and what it held then.

    `incidents`: the table as it is now; `before`: the same of the last build, whose days stand where an entry is word
    for word the one it saw. `data_until`: the last day of the incidents at that time, empty where there was none: what
    comes later had not arrived.
    """
    entries, seen = read_registered(raw), {entry["sha256"]: entry for entry in before}
    if not entries:
        return []
    last = pc.max(pq.read_table(incidents, columns=["reported_at"])["reported_at"]).as_py()
    first = {"registered_on": str(periods.today()), "data_until": str(last.date()) if last else ""}
    stated = {hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest(): entry for entry in entries}
    known = ("registered_on", "data_until")
    return [
        {**entry, "sha256": digest, **({name: seen[digest][name] for name in known} if digest in seen else first)}
        for digest, entry in stated.items()
    ]


def concerning(entries: tuple[dict, ...], period: Any) -> list[dict[str, Any]]:
    """Return the entries that were registered for a period, each with `before_data`: none of its data was there yet."""
    asked = parse_period(period)
    within = [(entry, parse_period(entry["period"])) for entry in entries]
    return [
        {**entry, "before_data": entry["data_until"] < str(stated.first_day)}
        for entry, stated in within
        if stated.first_day <= asked.first_day and asked.last_day <= stated.last_day
    ]
