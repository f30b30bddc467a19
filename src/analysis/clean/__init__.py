"""Delivered files → clean rows. Each record is clean, a duplicate, or set aside with its reason."""

import contextlib
import gc
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from src.analysis import clock, tables, vocabulary
from src.analysis.clean.delimited import NotPlain
from src.analysis.clean.duplicates import refuse_overlaps, settle, where
from src.analysis.clean.fast import fast_texts
from src.analysis.clean.findings import totals_that_differ
from src.analysis.clean.gather import carefully, plainly
from src.analysis.clean.parts import Part, clean_rows, events_of, seen_again
from src.analysis.clean.places import Places, packaged_register
from src.analysis.clean.reading import COLUMNS, DUPLICATES, QUARANTINED, Reading, explained, ledger_of
from src.analysis.clean.records import Record
from src.analysis.clean.sources import Source, read_sources, source_from
from src.analysis.ingest import UnreadableFile

__all__ = ["Reading", "UnreadableFile", "read_files", "read_table", "register_of", "source_for"]

WITHOUT_PLACES = ("communities", "published_figures")


def read_table(
    path: str | Path,
    table: str,
    *,
    sources: str | Path | dict | None = None,
    places: str | Path | pd.DataFrame | None = None,
) -> Reading:
    """What does a delivered file hold, and what of it can be trusted?

    `sources`: the path of a sources.yml (the entry that matches the file is used) or one entry as a dict. `places`: a
    place register as a frame or a CSV's path; Longgang's own by default. Raises `UnreadableFile` (file and cause) and
    `VocabularyError` (line and key of sources.yml).

    >>> read_table("register.xlsx", "projects").quarantined[["line", "column", "value", "reason"]]  # doctest: +SKIP
    """
    path = Path(path)
    vocabulary.use(Path(sources).parent if isinstance(sources, (str, Path)) else None)
    tables.columns(table)
    source = source_for(path, table, sources)
    return read_files([(path, source)], table, register_of(places))


def source_for(path: Path, table: str, sources: str | Path | dict | None) -> Source:
    """Return the entry that describes a file: the one given, the first that matches, or one that states the table."""
    if isinstance(sources, dict):
        return source_from({"table": table, **sources})
    if sources is not None:
        fitting = [s for s in read_sources(Path(sources)) if s.table == table and any(path.match(g) for g in s.files)]
        if fitting:
            return fitting[0]
    return Source(table)


def register_of(places: str | Path | pd.DataFrame | None) -> pd.DataFrame:
    """Return the place register of a frame or a CSV's path; Longgang's own by default."""
    if places is None:
        return packaged_register()
    if isinstance(places, pd.DataFrame):
        return places
    return read_table(places, "communities").clean


def read_files(deliveries: list[tuple[Path, Source]], table: str, register: pd.DataFrame | None) -> Reading:
    """Read all deliveries of one table together, so that duplicates and revisions are seen across files."""
    with _no_search_for_cycles():
        return _read_files(deliveries, table, register)


@contextlib.contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep the collector from walking millions of cells, which have no cycles: a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_files(
    deliveries: list[tuple[Path, Source]],
    table: str,
    register: pd.DataFrame | None,
    careful: frozenset[int] = frozenset(),
) -> Reading:
    """Read each delivery the fast way where it is plain, else carefully; repeats are looked for in all of them."""
    places = None if table in WITHOUT_PLACES or register is None else Places(register)
    today = clock.today()
    fast = {n: fast_texts(*d, table, places, today) for n, d in enumerate(deliveries) if n not in careful}
    fast = {number: texts for number, texts in fast.items() if texts}
    parts = {n: carefully(*d, places, today) for n, d in enumerate(deliveries) if n not in fast}
    again = seen_again(fast.values(), [part.records for part in parts.values()])
    for number, texts in fast.items():
        path, source = deliveries[number]
        try:
            parts[number] = plainly(texts, path, source, places, today, again)
        except NotPlain:
            return _read_files(deliveries, table, register, careful | {number})
    return _sorted_out([parts[number] for number in range(len(deliveries))], table)


def _sorted_out(parts: list[Part], table: str) -> Reading:
    records = [record for part in parts for record in part.records]
    if table == "incidents":
        refuse_overlaps(records, events_of(parts, records))
    repeats = settle(records)
    repeated = {id(record) for record, _, _ in repeats}
    quarantined = [record for record in records if record.problems]
    clean = {id(record) for record in records if not record.problems and id(record) not in repeated}
    assert len(clean) + len(repeats) + len(quarantined) == len(records), "records lost"
    totalled = [reader for part in parts for reader in part.totalled]
    used = {(r.file, r.sheet, r.line) for r in records if id(r) in clean} if totalled else set()
    warnings = [warning for part in parts for warning in part.warnings]
    warnings += (sentence for reader in totalled for sentence in totals_that_differ(reader, used))
    lines: dict[tuple[str, str], Counter] = defaultdict(Counter)
    counts: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for part in parts:
        for place, classes in part.lines.items():
            lines[place] += classes
        for record in part.records:
            name = "clean" if id(record) in clean else "quarantined" if record.problems else "duplicate"
            counts[record.file, record.sheet][name] += 1
        for rows in part.plain:
            counts[rows.file, rows.sheet]["clean"] += len(rows)
    return Reading(
        table,
        clean=tables.check(clean_rows(parts, table, clean), table),
        quarantined=pd.DataFrame([_set_aside(record) for record in quarantined], columns=QUARANTINED),
        duplicates=pd.DataFrame([_repeat(*repeat) for repeat in repeats], columns=DUPLICATES),
        ledger=ledger_of(lines, counts),
        columns=pd.DataFrame([column for part in parts for column in part.columns], columns=COLUMNS),
        warnings=list(dict.fromkeys(warnings)),
    )


def _set_aside(record: Record) -> dict:
    column, value, problem = record.problems[0]
    at = {"file": record.file, "sheet": record.sheet, "line": record.line, "column": column, "value": value}
    return (
        at | explained(problem.reason, **{"value": value, "column": column, **problem.words}) | {"cells": record.cells}
    )


def _repeat(record: Record, other: Record, code: str) -> dict:
    at = {part: getattr(record, part) for part in ("file", "sheet", "line")}
    repeats = {f"repeats_{part}": getattr(other, part) for part in ("file", "sheet", "line")}
    return at | repeats | explained(code, other=where(other)) | {"cells": record.cells}
