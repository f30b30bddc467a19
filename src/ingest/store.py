"""Deliveries → processed tables, rebuilt only when a file, the vocabulary or the code changed."""

import json
import shlex
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from src.codebook import paths, vocabulary
from src.codebook.messages import printable
from src.ingest import deliveries as delivered
from src.ingest.cleaning.personal import mask
from src.ingest.cleaning.places import PACKAGED
from src.ingest.deliveries import Delivery, digest_of
from src.ingest.folders import DataRefused, HeldBack, clear_halves, locked, replace_file, replace_text, writable
from src.ingest.load import LoadResult, Readers, read_files
from src.ingest.readers.grid import UnreadableFile
from src.ingest.result import commonest, quarantined_pct, records_by
from src.ingest.sources import Source
from src.ingest.validate import Finding, held_by

# Communities come first: the other tables' places are looked up in them.
ORDER = ("communities", "projects", "incidents", "boundaries", "demonstration_sites", "published_figures")
PACKAGE = "datapackage.json"
SHOWN = 12  # digits of a hash, which tell a file apart


@dataclass(frozen=True, repr=False)
class BuildSummary:
    """What a build did: whether anything was rebuilt, the ledger of all files, warnings, and where the tables are."""

    rebuilt: bool
    ledger: pd.DataFrame
    deliveries: list[dict]
    warnings: list[str]
    processed: Path
    synthetic: bool
    fingerprint: str
    registered: tuple[dict, ...] = ()  # what was decided before the data: `registered.yml`, since when, until what
    accepted: tuple[dict, ...] = ()  # what looked impossible and somebody let through: file, sha256, finding
    refusal: str = ""  # why the newest deliveries were refused, where these are the tables of an earlier build
    exit_code: int = 0  # of that refusal

    def __repr__(self) -> str:
        """Return what a person wants to see of it: how many records of each table are used, and how many warnings."""
        used = [
            f"{row.table} {row.clean:,} of {row.delivered:,}" for row in self.records().itertuples() if row.delivered
        ]
        state = f"{'rebuilt' if self.rebuilt else 'unchanged'}{', synthetic' if self.synthetic else ''}"
        return f"<BuildSummary {state}, {len(self.warnings)} warnings\n  records used: {', '.join(used)}>"

    def records(self) -> pd.DataFrame:
        """Return records by table: delivered, clean, duplicate, quarantined."""
        return records_by(self.ledger, ["table"])


def build(
    raw: str | Path | None = None, processed: str | Path | None = None, *, readers: Readers | None = None,
    accept: bool = False,
) -> BuildSummary:  # fmt: skip
    """Turn everything in raw/ into processed tables, if anything changed; all of it or nothing.

    `readers`: what reads the deliveries elsewhere, such as the workers of a cluster. `accept`: let through what their
    own past calls impossible. Raises `DataRefused` (no file is described, one cannot be read, or too much of it was set
    aside), `HeldBack` (they cannot be true), `VocabularyError` (sources.yml), and `Locked`. On each of them the tables
    stay as they were.

    >>> build().records().set_index("table").loc["projects", "clean"]
    np.int64(436)
    """
    raw, processed = Path(raw or paths.raw()).resolve(), Path(processed or paths.processed()).resolve()
    vocabulary.use(raw)
    if processed in _last_good:
        return _last_good[processed]
    deliveries, warnings = delivered.find_deliveries(raw)
    delivered.read_registered(raw)  # refused before anything is read
    fingerprint = delivered.fingerprint_of(deliveries, raw)
    if kept := _kept(processed, fingerprint):
        return kept
    with writable(processed), locked(processed):
        if kept := _kept(processed, fingerprint):
            return kept
        for folder in (processed, paths.quarantine(processed)):
            clear_halves(folder)
        readings, unreadable = _read_all(deliveries, readers)
        package = _publish(readings, unreadable, deliveries, warnings, processed, raw, accept)
        return _summary(processed, package, rebuilt=True)


_last_good: dict[Path, BuildSummary] = {}


def go_on_with_last_good(refused: DataRefused) -> BuildSummary:
    """Use the tables of the last good build from here on, with the ledger of the one that was just refused.

    For the page that shows why: `build` and all that load give them until the process ends. Raises the refusal again
    where there was no good build yet.
    """
    raw, processed = paths.raw().resolve(), paths.processed().resolve()
    standing = _kept(processed, None)
    ledger = paths.quarantine(processed) / "refused_ledger.parquet"
    if standing is None or not ledger.is_file():  # it could not be written
        raise refused
    deliveries, warnings = delivered.find_deliveries(raw)
    described = [delivery.described(raw) for delivery in deliveries]
    _last_good[processed] = replace(
        standing,
        refusal=mask(str(refused)),
        exit_code=refused.exit_code,
        ledger=pd.read_parquet(ledger),
        deliveries=described,
        warnings=[mask(warning) for warning in (str(refused), *warnings)],
    )
    return _last_good[processed]


def _summary(processed: Path, package: dict, *, rebuilt: bool) -> BuildSummary:
    ledger = pd.read_parquet(processed / "ledger.parquet")
    known = {name: package[name] for name in ("warnings", "synthetic", "fingerprint")}
    known |= {name: tuple(package.get(name, ())) for name in ("registered", "accepted")}
    return BuildSummary(rebuilt, ledger, package["sources"], processed=processed, **known)


def _read_all(deliveries: list[Delivery], readers: Readers | None) -> tuple[dict[str, LoadResult], list[str]]:
    """Return what each table's files hold, and why some files could not be read."""
    readings: dict[str, LoadResult] = {}
    unreadable: list[str] = []
    register = None
    for table in ORDER:
        given = [(d.path, d.source) for d in deliveries if d.source.table == table]
        readings[table] = _read_what_can_be(given, table, register, unreadable, readers)
        if table == "communities":
            if not given and vocabulary.current().is_of_shipped_district:  # no delivery, and no line in the ledger
                packaged = read_files([(PACKAGED, Source(table))], table, None)
                readings[table] = replace(readings[table], store=packaged.store)
            register = readings[table].clean
            vocabulary.call_places(register.to_dict("records"))  # for what is said of what is read by it
    return readings, unreadable


def _read_what_can_be(
    given: list[tuple], table: str, register: pd.DataFrame | None, unreadable: list[str], readers: Readers | None
) -> LoadResult:
    while True:
        try:
            return read_files(given, table, register, readers)
        except UnreadableFile as error:  # the others are read all the same: the ledger shows them
            left = [(path, source) for path, source in given if printable(path.name) != error.file.split("/")[0]]
            if len(left) == len(given):
                raise DataRefused(str(error)) from None
            unreadable.append(str(error))
            given = left


def _publish(
    readings: dict[str, LoadResult], unreadable: list[str], deliveries: list[Delivery], warnings: list[str],
    processed: Path, raw: Path, accept: bool,
) -> dict:  # fmt: skip
    """Write everything beside its place and move it there, the data package last: it says that the rest is whole."""
    set_aside = paths.quarantine(processed)
    refusal = "\n".join(unreadable) or _refusal(readings, deliveries, raw)
    last = None if refusal else _kept(processed, None)
    held, accepted = ([], []) if refusal else held_by(readings["incidents"].store, deliveries, last)
    if held and not accept:
        refusal = _held_back(held, deliveries)
    prefix = "refused_" if refusal else ""
    with writable(set_aside, private=True):
        for name, part in (("quarantined", "issues"), ("duplicates", "repeats")):
            rows = {table: getattr(reading, part) for table, reading in readings.items()}
            rows = pa.concat_tables(r.add_column(0, "table", pa.repeat(table, len(r))) for table, r in rows.items())
            replace_file(set_aside / f"{prefix}{name}.parquet", partial(pq.write_table, rows), private=True)
        for name in ("ledger", "columns"):
            _write(set_aside / f"{prefix}{name}.parquet", _together(readings, name), private=True)
    if refusal:
        raise (HeldBack if held else DataRefused)(refusal)
    package = _data_package(readings, deliveries, warnings, raw)
    package["accepted"] = [*_still(last, deliveries), *_described([*accepted, *held], deliveries)]
    with writable(processed):
        for table in sorted(readings, key=lambda name: name != "incidents"):  # first what is checked as it is written
            replace_file(processed / f"{table}.parquet", readings[table].write)
        _write(processed / "ledger.parquet", _together(readings, "ledger"))
        package["registered"] = delivered.registered(
            raw, processed / "incidents.parquet", last.registered if last else ()
        )
        for resource in package["resources"]:
            resource["sha256"] = digest_of(processed / resource["path"])
        replace_text(processed / PACKAGE, json.dumps(package, ensure_ascii=False, indent=1))
    return package


def _held_back(held: list[Finding], deliveries: list[Delivery]) -> str:
    """Return what is held back and what lets it through."""
    names = {file for finding in held for file in finding.files}
    digests = [f"{d.sha256[:SHOWN]} ({d.path.name})" for d in deliveries if d.path.name in names] or ["—"]
    reasons = {lang: "\n".join(finding.sentence(lang) for finding in held) for lang in vocabulary.LANGS}
    return "\n".join(vocabulary.sentence("held_back", lang, reasons=reasons[lang], digests=digests) for lang in reasons)


def _described(findings: list[Finding], deliveries: list[Delivery]) -> list[dict]:
    """Return what was let through as provenance keeps it."""
    digests = {delivery.path.name: delivery.sha256 for delivery in deliveries}
    return [
        {"file": mask(file), "sha256": digests.get(file, ""), "finding": mask(str(finding))}
        for finding in findings
        for file in finding.files
    ]


def _still(last: BuildSummary | None, deliveries: list[Delivery]) -> list[dict]:
    """Return what was let through before, of files that are still delivered."""
    digests = {delivery.sha256 for delivery in deliveries}
    return [entry for entry in (last.accepted if last else ()) if entry["sha256"] in digests]


def _together(readings: dict[str, LoadResult], name: str) -> pd.DataFrame:
    rows = pd.concat([getattr(r, name).assign(table=t) for t, r in readings.items()], ignore_index=True)
    for named in ("file", "sheet"):  # whoever named them may have put a person into it
        rows[named] = rows[named].map({text: mask(text) for text in rows[named].unique()})
    return rows[["table", *rows.columns.drop("table")]]


def _write(path: Path, rows: pd.DataFrame, *, private: bool = False) -> None:
    replace_file(path, lambda beside: rows.to_parquet(beside, index=False), private=private)


def _data_package(readings: dict[str, LoadResult], deliveries: list[Delivery], warnings: list[str], raw: Path) -> dict:
    rows = vocabulary.current().tables
    return {
        "name": "longling-analysis",
        "fingerprint": delivered.fingerprint_of(deliveries, raw),
        "synthetic": any(delivery.source.synthetic for delivery in deliveries),
        "warnings": list(dict.fromkeys(map(mask, [*warnings, *(w for r in readings.values() for w in r.warnings)]))),
        "sources": [delivery.described(raw) for delivery in deliveries],
        "resources": [
            {"name": t, "path": f"{t}.parquet", "rows": len(r.store), "description": rows[t]["row"]["en"]}
            for t, r in readings.items()
        ],
    }


def _refusal(readings: dict[str, LoadResult], deliveries: list[Delivery], raw: Path) -> str:
    """Return why a delivery is refused as a whole: too much of it was set aside; empty where none is."""
    if not deliveries:
        return delivered.nothing_delivered(raw)
    for delivery in deliveries:
        reading, ledger = readings[delivery.source.table], readings[delivery.source.table].ledger
        name, limit = delivery.path.name, delivery.source.most_quarantined_pct
        of_file = ledger["file"].eq(name) | ledger["file"].str.startswith(f"{name}/")
        records = ledger.loc[of_file & ledger["counted"].eq("records"), "count"].sum()
        enough = records >= vocabulary.threshold("min_records_for_pct")  # a share of one or two records tells nothing
        if enough and (pct := quarantined_pct(ledger[of_file])) > limit:
            words = {"title": delivery.source.title or name, "pct": pct, "limit": limit, "table": reading.table}
            words["file"] = shlex.quote(str(paths.from_root(delivery.path)))
            most = commonest(reading.issues, name)
            return " ".join(vocabulary.sentence("refused", lang, **words, **most[lang]) for lang in vocabulary.LANGS)
    return ""


def _kept(processed: Path, fingerprint: str | None) -> BuildSummary | None:
    """Return the summary of the last build where nothing changed since (None: whatever did) and all of it is there."""
    try:
        package = json.loads((processed / PACKAGE).read_text(encoding="utf-8"))
        whole = all(digest_of(processed / r["path"]) == r["sha256"] for r in package["resources"])
        fits = fingerprint in (None, package["fingerprint"])
        return _summary(processed, package, rebuilt=False) if whole and fits else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
