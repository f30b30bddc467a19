"""What was delivered and when tables have to be made anew; what was registered before it arrived.

Files that `sources.yml` describes, their hashes; `registered.yml`, and since when the builds know of it.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from src.codebook import paths, periods, vocabulary
from src.codebook.messages import printable
from src.codebook.periods import parse_period
from src.codebook.reader import VocabularyError, check_against, line_of, read_schema, read_yaml
from src.ingest.cleaning.personal import mask
from src.ingest.sources import Source, entries_for, read_sources

RULES = ("sources.yml", "vocabulary.yml", "registered.yml")
NOT_DELIVERED = (*RULES, "README.md")
NAMED = 5  # files that a refusal names


@dataclass
class Delivery:
    """One delivered file and the entry of `sources.yml` that describes it."""

    path: Path
    source: Source
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        try:
            self.sha256 = digest_of(self.path)
        except OSError:  # may not be opened: reading it will say so
            self.sha256 = "unreadable"

    def described(self, raw: Path) -> dict:
        """Return what provenance says about it: the file, its entry, its size and hash; persons masked."""
        texts = [f"{name}{lang}" for name in ("title", "publisher") for lang in ("", "_en")]
        names = ["table", *texts, "licence", "synthetic", "planted", "expected"]
        return {
            "file": printable(mask(self.path.relative_to(raw).as_posix())),
            **{name: _masked(getattr(self.source, name)) for name in names},
            "received": str(self.source.received or ""),
            "bytes": self.path.stat().st_size,
            "sha256": self.sha256,
        }


def _masked(stated: object) -> object:
    """Return what an entry of `sources.yml` states with its texts masked."""
    if isinstance(stated, dict):
        return {name: _masked(value) for name, value in stated.items()}
    return mask(stated) if isinstance(stated, str) else stated


def digest_of(path: Path) -> str:
    """Return a file's SHA-256; it is read again only when its time or size changed."""
    stat = path.stat()
    return _digest(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _digest(path: Path, changed_ns: int, size: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a hash of the code that makes clean tables: it rebuilds them when a rule changed."""
    files = [*(paths.SRC / "ingest").rglob("*"), paths.SRC / "codebook" / "tables.py"]
    return digest_of_all(file for file in files if file.suffix in (".py", ".yml"))


def digest_of_all(files: Iterable[Path]) -> str:
    """Return one SHA-256 of files, whatever their order."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


@lru_cache(maxsize=8)
def _sources(path: Path, sha256: str) -> list[Source]:
    return read_sources(path)


def find_deliveries(raw: Path) -> tuple[list[Delivery], list[str]]:
    """Return the files that `sources.yml` describes, and warnings about files and entries that do not meet."""
    stated = raw / "sources.yml"
    sources = _sources(stated, digest_of(stated)) if stated.is_file() else read_sources(stated)
    read_by = {path: entries_for(path, raw, sources) for path in _files(raw)}
    found, warnings = [], []
    for source in sources:
        read = [path for path, entries in read_by.items() if source in entries]
        found += [Delivery(path, source) for path in read]
        if not read:
            fitting = any(source.describes(path, raw) for path in read_by)
            warnings.append(vocabulary.both("entry_unused" if fitting else "no_files", files=source.files))
    unmatched = [path.relative_to(raw).as_posix() for path, entries in read_by.items() if not entries]
    return found, [*warnings, *(vocabulary.both("unmatched_file", file=name) for name in unmatched)]


def nothing_delivered(raw: Path) -> str:
    """Return why nothing can be made of a folder in which no entry of `sources.yml` matches a file."""
    entries = [glob for source in read_sources(raw / "sources.yml") for glob in source.files]
    found = [path.relative_to(raw).as_posix() for path in _files(raw)]
    shown = found[:NAMED] + ["……"] * (len(found) > NAMED)
    return vocabulary.both("nothing_delivered", entries=entries or ["—"], folder=raw, found=shown or ["—"])


def _files(raw: Path) -> list[Path]:
    return sorted(path for path in raw.rglob("*") if path.is_file() and _may_be_delivery(path, raw))


def _may_be_delivery(path: Path, raw: Path) -> bool:
    """Return whether a file is there to be read: not a lock or backup file, not the sample beside real deliveries."""
    return (
        not path.name.startswith((".", "~$")) and path.name not in NOT_DELIVERED and raw / "sample" not in path.parents
    )


def made_with() -> list[str]:
    """Return what tables are made with: the hashes of the vocabulary and the code, and the version of pandas."""
    return [vocabulary.current().digest, code_digest(), pd.__version__]


def fingerprint_of(deliveries: list[Delivery], raw: Path) -> str:
    """Return a hash of everything that clean tables are made from: files, sources.yml, vocabulary, code, pandas."""
    parts = [*made_with(), *(digest_of(raw / name) for name in RULES if (raw / name).is_file())]
    parts += sorted(f"{d.path.relative_to(raw).as_posix()} {d.sha256}" for d in deliveries)
    return hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()


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
