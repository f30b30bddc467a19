"""Deliveries → processed tables, rebuilt only when a file, the vocabulary or the code changed; and loading them."""

import contextlib
import fnmatch
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pandas as pd

from src.analysis import paths, tables, vocabulary
from src.analysis.clean import Reading, read_files
from src.analysis.clean.places import Area, packaged_register, resolve_area
from src.analysis.clean.sources import Source, read_sources
from src.analysis.ingest import UnreadableFile

# Communities come first: the other tables' places are looked up in them.
ORDER = ("communities", "projects", "incidents", "demonstration_sites", "published_figures")
PACKAGE = "datapackage.json"


class DataRefused(ValueError):
    """The deliveries cannot be used; the tables of the last good build stay. The message says which and why."""


class Locked(RuntimeError):
    """Another process is building the same tables."""


@dataclass(frozen=True)
class BuildSummary:
    """What a build did: whether anything was rebuilt, the ledger of all files, warnings, and where the tables are."""

    rebuilt: bool
    ledger: pd.DataFrame
    deliveries: list[dict]
    warnings: list[str]
    processed: Path
    synthetic: bool
    fingerprint: str = ""

    def records(self) -> pd.DataFrame:
        """Return records by table: delivered, clean, duplicate, quarantined."""
        counted = self.ledger[self.ledger["counted"].eq("records")]
        wide = counted.pivot_table(
            index="table", columns="class", values="count", aggfunc="sum", fill_value=0, sort=False
        )
        wide = wide.reindex(columns=["clean", "duplicate", "quarantined"], fill_value=0)
        return wide.assign(delivered=wide.sum(axis=1))[["delivered", "clean", "duplicate", "quarantined"]].reset_index()


@dataclass
class _Delivery:
    path: Path
    source: Source
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        self.sha256 = _digest_of(self.path, self.path.stat().st_mtime_ns, self.path.stat().st_size)


@lru_cache(maxsize=4096)
def _digest_of(path: Path, changed_ns: int, size: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a hash of the code that makes clean tables: it rebuilds them when a rule changed."""
    digest = hashlib.sha256()
    for room in ("ingest", "clean", "tables.py", "store.py"):
        place = paths.PACKAGE / room
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.suffix in (".py", ".yml"):
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _deliveries(raw: Path) -> tuple[list[_Delivery], list[str]]:
    """Return the files that `sources.yml` describes, and warnings about files and entries that do not meet."""
    sources = read_sources(raw / "sources.yml")
    files = sorted(
        p for p in raw.rglob("*")
        if p.is_file() and not p.name.startswith((".", "~$")) and p.name not in ("sources.yml", "vocabulary.yml", "README.md")
        and (raw / "sample" not in p.parents)
    )  # fmt: skip
    matched: dict[Path, Source] = {}
    warnings = []
    for source in sources:
        fitting = [
            p for p in files if any(fnmatch.fnmatch(p.relative_to(raw).as_posix(), glob) for glob in source.files)
        ]
        if not fitting:
            warnings.append(vocabulary.both("no_files", files="、".join(source.files)))
        matched |= {p: source for p in fitting if p not in matched}
    warnings += [
        vocabulary.both("unmatched_file", file=p.relative_to(raw).as_posix()) for p in files if p not in matched
    ]
    return [_Delivery(path, source) for path, source in matched.items()], warnings


def _fingerprint(deliveries: list[_Delivery], raw: Path) -> str:
    parts = [
        vocabulary.current().digest,
        code_digest(),
        pd.__version__,
        _digest_of(raw / "sources.yml", (raw / "sources.yml").stat().st_mtime_ns, 0),
    ]
    parts += sorted(f"{d.path.relative_to(raw).as_posix()} {d.sha256}" for d in deliveries)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def build(raw: str | Path | None = None, processed: str | Path | None = None) -> BuildSummary:
    """Turn everything in raw/ into processed tables, if anything changed; all of it or nothing.

    Raises `DataRefused` (a file cannot be read, or too much of it was set aside), `VocabularyError` (sources.yml), and
    `Locked`. On each of them the tables stay as they were.
    """
    raw, processed = Path(raw or paths.raw()).resolve(), Path(processed or paths.processed()).resolve()
    vocabulary.use(raw)
    deliveries, warnings = _deliveries(raw)
    fingerprint = _fingerprint(deliveries, raw)
    if kept := _kept(processed, fingerprint):
        return kept
    with _locked(processed):
        if kept := _kept(processed, fingerprint):
            return kept
        try:
            readings = _read_all(deliveries)
        except UnreadableFile as error:
            raise DataRefused(str(error)) from None
        return _publish(readings, deliveries, warnings, processed, raw, fingerprint)


def _read_all(deliveries: list[_Delivery]) -> dict[str, Reading]:
    readings: dict[str, Reading] = {}
    register = packaged_register()
    for table in ORDER:
        given = [(d.path, d.source) for d in deliveries if d.source.table == table]
        readings[table] = read_files(given, table, register)
        if table == "communities" and given:
            register = readings[table].clean
        elif table == "communities":
            readings[table] = _packaged_communities(readings[table])
    return readings


def _packaged_communities(empty: Reading) -> Reading:
    rows = packaged_register().replace("", None)
    values = {name: rows[name].tolist() for name in rows.columns}
    for name in ("valid_from", "valid_to"):
        values[name] = [pd.Timestamp(day) if day else None for day in values[name]]
    values |= {
        "source_file": ["places.csv"] * len(rows),
        "source_sheet": [""] * len(rows),
        "source_line": list(range(2, len(rows) + 2)),
    }
    return Reading(
        "communities", tables.frame("communities", values), empty.quarantined, empty.duplicates, empty.ledger, []
    )


def _publish(
    readings: dict[str, Reading],
    deliveries: list[_Delivery],
    warnings: list[str],
    processed: Path,
    raw: Path,
    fingerprint: str,
) -> BuildSummary:
    set_aside = paths.quarantine(processed)
    with _writable(processed), _writable(set_aside, private=True):
        for name in ("quarantined", "duplicates"):
            together = pd.concat([getattr(r, name).assign(table=t) for t, r in readings.items()], ignore_index=True)
            _replace(
                set_aside / f"{name}.parquet",
                lambda path, rows=together: rows.to_parquet(path, index=False),
                private=True,
            )
        _refuse_too_dirty(readings, deliveries)
        for table, reading in readings.items():
            _replace(
                processed / f"{table}.parquet",
                lambda path, rows=_ordered(reading.clean, table): rows.to_parquet(path, index=False),
            )
        ledger = pd.concat([r.ledger.assign(table=t) for t, r in readings.items()], ignore_index=True)
        ledger = ledger[["table", *[c for c in ledger.columns if c != "table"]]]
        _replace(processed / "ledger.csv", lambda path: ledger.to_csv(path, index=False))
        listed = [_listed(delivery, raw) for delivery in deliveries]
        warnings = [*warnings, *dict.fromkeys(w for r in readings.values() for w in r.warnings)]
        package = {
            "name": "longling-analysis",
            "fingerprint": fingerprint,
            "synthetic": any(d.source.synthetic for d in deliveries),
            "warnings": warnings,
            "sources": listed,
            "resources": [{"name": t, "path": f"{t}.parquet", "rows": len(r.clean), "description": vocabulary.current().tables[t]["row"]["en"]} for t, r in readings.items()],
        }  # fmt: skip
        _replace(
            processed / PACKAGE,
            lambda path: path.write_text(json.dumps(package, ensure_ascii=False, indent=1), encoding="utf-8"),
        )
    return BuildSummary(True, ledger, listed, warnings, processed, package["synthetic"], fingerprint)


def _ordered(rows: pd.DataFrame, table: str) -> pd.DataFrame:
    """Sort incidents by place and time, so that an area's or a period's rows lie together in the file."""
    return rows.sort_values(["street", "community", "reported_at"], kind="stable") if table == "incidents" else rows


def _listed(delivery: _Delivery, raw: Path) -> dict:
    source = delivery.source
    return {
        "file": delivery.path.relative_to(raw).as_posix(), "table": source.table, "title": source.title, "publisher": source.publisher,
        "received": str(source.received or ""), "licence": source.licence, "synthetic": source.synthetic,
        "sha256": delivery.sha256, "bytes": delivery.path.stat().st_size, "expected": source.expected,
    }  # fmt: skip


def _refuse_too_dirty(readings: dict[str, Reading], deliveries: list[_Delivery]) -> None:
    for reading in readings.values():
        records = reading.ledger[reading.ledger["counted"].eq("records")]
        for delivery in (d for d in deliveries if d.source.table == reading.table):
            of_file = records[
                records["file"].eq(delivery.path.name) | records["file"].str.startswith(f"{delivery.path.name}/")
            ]
            pct = 100 * of_file.loc[of_file["class"].eq("quarantined"), "count"].sum() / max(of_file["count"].sum(), 1)
            if pct > delivery.source.most_quarantined_pct:
                raise DataRefused(
                    vocabulary.both(
                        "refused",
                        title=delivery.source.title or delivery.path.name,
                        pct=pct,
                        limit=delivery.source.most_quarantined_pct,
                    )
                )


def _kept(processed: Path, fingerprint: str) -> BuildSummary | None:
    """Return the summary of the last build where nothing changed since and nothing of it is missing."""
    try:
        package = json.loads((processed / PACKAGE).read_text(encoding="utf-8"))
        whole = all((processed / resource["path"]).is_file() for resource in package["resources"])
        if package["fingerprint"] != fingerprint or not whole:
            return None
        ledger = pd.read_csv(processed / "ledger.csv", dtype={"file": "str", "sheet": "str"}, keep_default_na=False)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return BuildSummary(
        False, ledger, package["sources"], package["warnings"], processed, package["synthetic"], fingerprint
    )


def _replace(path: Path, write, *, private: bool = False) -> None:
    """Write a file beside its place and move it there, so that a reader sees the old one or the new one, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    os.close(handle)
    beside = Path(name)
    try:
        write(beside)
        beside.chmod(0o600 if private else 0o644)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextlib.contextmanager
def _writable(folder: Path, *, private: bool = False) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if private:
            folder.chmod(0o700)
        yield
    except OSError as error:
        raise DataRefused(vocabulary.both("not_writable", folder=folder, cause=error.strerror or error)) from None


@contextlib.contextmanager
def _locked(processed: Path) -> Iterator[None]:
    import filelock

    with _writable(processed):
        lock = filelock.FileLock(processed / ".lock", timeout=600)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise Locked(vocabulary.both("locked", folder=processed)) from None
    try:
        yield
    finally:
        lock.release()


@lru_cache(maxsize=8)
def _loaded(path: Path, fingerprint: str) -> pd.DataFrame:
    return pd.read_parquet(path)


def _load(table: str, area: str | None, period: str | None, clock: str | None) -> pd.DataFrame:
    summary = build()
    rows = _loaded(summary.processed / f"{table}.parquet", summary.fingerprint)
    keep = pd.Series(True, index=rows.index)
    if area is not None:
        place = find_area(area)
        if place.street is not None:
            keep &= rows["street"].eq(place.street)
        if place.community is not None:
            keep &= rows["community"].eq(place.community)
    if period is not None and clock is not None:
        from src.analysis.periods import parse_period

        stated = parse_period(period)
        keep &= rows[clock].ge(pd.Timestamp(stated.first_day)) & rows[clock].lt(
            pd.Timestamp(stated.last_day) + pd.Timedelta(days=1)
        )
    return rows[keep].reset_index(drop=True)


def find_area(text: str) -> Area:
    """Return the area that a name means in the loaded register; raises `AreaError` saying what would be right."""
    return resolve_area(text, load_communities())


def load_projects(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the clean projects: one row is one governance project; `period` keeps those that started in it."""
    return _load("projects", area, period, "started_on")


def load_incidents(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the clean incidents: one row is one incident or delivered count; `period` is by `reported_at`."""
    return _load("incidents", area, period, "reported_at")


def load_communities(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the place register: one row is one community in one period; `period` keeps entries valid at its end."""
    rows = _loaded_all("communities")
    if area is not None:
        place = resolve_area(area, rows)
        rows = rows[
            (rows["street"].eq(place.street) | (place.street is None))
            & (rows["community"].eq(place.community) | (place.community is None))
        ]
    if period is not None:
        from src.analysis.periods import parse_period

        day = pd.Timestamp(parse_period(period).last_day)
        rows = rows[~rows["valid_from"].gt(day) & ~rows["valid_to"].lt(day)]
    return rows.reset_index(drop=True)


def _loaded_all(table: str) -> pd.DataFrame:
    summary = build()
    return _loaded(summary.processed / f"{table}.parquet", summary.fingerprint)


def load_sites(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the demonstration points: one row is one point; `period` keeps those opened in it."""
    return _load("demonstration_sites", area, period, "opened_on")


def load_published_figures(area: str | None = None, period: str | None = None) -> pd.DataFrame:
    """Return the published figures: one row is one number; area and period are taken for symmetry and must be None."""
    if area is not None or period is not None:
        raise ValueError("load_published_figures: published figures carry their own area and period; leave both out.")
    return _loaded_all("published_figures").copy()


def load_set_aside(which: str = "quarantined") -> pd.DataFrame:
    """Return the rejected (`quarantined`) or repeated (`duplicates`) records of the last build, whole."""
    return pd.read_parquet(paths.quarantine(build().processed) / f"{which}.parquet")
