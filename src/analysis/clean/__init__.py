"""Delivered files → clean rows. Each record is clean, a duplicate, or set aside with its reason."""

import contextlib
import gc
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from src.analysis import clock, tables, vocabulary
from src.analysis.clean.duplicates import refuse_overlaps, settle, where
from src.analysis.clean.findings import findings, totals_that_differ
from src.analysis.clean.personal import mask
from src.analysis.clean.places import Places, packaged_register
from src.analysis.clean.reading import COLUMNS, DUPLICATES, QUARANTINED, Reading, explained, ledger_of
from src.analysis.clean.records import BlockReader, Record
from src.analysis.clean.sources import Source, given_by, read_sources, source_from
from src.analysis.ingest import Block, Grid, HeaderWords, Layout, UnreadableFile, lay_out, read_grids

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


def _read_files(deliveries: list[tuple[Path, Source]], table: str, register: pd.DataFrame | None) -> Reading:
    places = None if table in WITHOUT_PLACES or register is None else Places(register)
    today = clock.today()
    lines: dict[tuple[str, str], Counter] = defaultdict(Counter)
    records: list[Record] = []
    warnings: list[str] = []
    columns: list[tuple] = []
    totalled: list[BlockReader] = []
    for path, source in deliveries:
        words = HeaderWords(table, source.columns, given_by(source))
        read = [(grid, lay_out(grid, words)) for grid in read_grids(path, words, source.encoding)]
        for grid, layout in _chosen(read, source, path.name, warnings):
            lines[grid.file, grid.sheet] += layout.classes
            assert sum(layout.classes.values()) == sum(line.span for line in grid.lines), f"{grid.file}: lines lost"
            for block in layout.blocks:
                reader = BlockReader(grid, block, source, places, today)
                records += reader.records()
                columns += _columns_of(grid, block, reader)
                warnings += findings(reader)
                totalled += [reader] if block.totals else []
    return _sorted_out(records, table, lines, warnings, columns, totalled)


def _columns_of(grid: Grid, block: Block, reader: BlockReader) -> list[tuple]:
    matched = {p: (h.words, "" if h.column == "-" else h.column) for p, h in block.headers.items()}
    others = {p: (words, "incident_count" if p in reader.months.columns else "") for p, words in block.unknown.items()}
    return [(grid.file, grid.sheet, *found) for _, found in sorted((matched | others).items())]


def _chosen(
    read: list[tuple[Grid, Layout]], source: Source, file: str, warnings: list[str]
) -> list[tuple[Grid, Layout]]:
    """Return the sheets to read: those named, else the visible ones with a header; raises where there is none."""
    chosen = []
    for grid, layout in read:
        named = grid.sheet in source.sheets
        if grid.hidden and not named:
            warnings.append(vocabulary.both("hidden_sheet", file=grid.file, sheet=grid.sheet))
        elif source.sheets and not named:
            continue
        elif layout.blocks:
            _require_columns(layout.blocks, source, grid.file)
            for block in layout.aside:
                found = _header_of(block)
                warnings.append(vocabulary.both("table_aside", file=grid.file, sheet=grid.sheet or "-", found=found))
            chosen.append((grid, layout))
        else:
            warnings.append(vocabulary.both("sheet_without_header", file=grid.file, sheet=grid.sheet))
    if not chosen:
        needed = "、".join(
            " / ".join(_spoken(source.table, name) for name in group) for group in tables.needed(source.table)
        )
        raise UnreadableFile(file, vocabulary.both("no_header", table=source.table, needed=needed))
    return chosen


def _header_of(block: Block) -> str:
    """Return a header as a message may show it."""
    return mask("、".join([*(h.words for h in block.headers.values()), *block.unknown.values()]))


def _spoken(table: str, column: str) -> str:
    return vocabulary.current().headers[table][column][0]


def _require_columns(blocks: list[Block], source: Source, file: str) -> None:
    """Raise where one column has two headers, or where no table of the sheet has every column that it needs."""
    for block in blocks:
        have: dict[str, str] = {}
        for header in block.headers.values():
            if header.column in have and header.column in tables.columns(source.table):
                words = {"first": have[header.column], "second": header.words, "column": header.column}
                raise UnreadableFile(file, vocabulary.both("column_twice", **words))
            have[header.column] = header.words
    words = HeaderWords(source.table, given=given_by(source))
    missing = [words.missing(block.columns()) for block in blocks]
    if all(missing):
        needed = "、".join(" / ".join(_spoken(source.table, name) for name in group) for group in missing[0])
        found = _header_of(blocks[0])
        raise UnreadableFile(file, vocabulary.both("column_missing", needed=needed, found=found))


def _sorted_out(
    records: list[Record],
    table: str,
    lines: dict,
    warnings: list[str],
    columns: list[tuple],
    totalled: list[BlockReader],
) -> Reading:
    if table == "incidents":
        refuse_overlaps(records)
    repeats = settle(records)
    repeated = {id(record) for record, _, _ in repeats}
    quarantined = [record for record in records if record.problems]
    clean = [record for record in records if not record.problems and id(record) not in repeated]
    assert len(clean) + len(repeats) + len(quarantined) == len(records), "records lost"
    used = {(record.file, record.sheet, record.line) for record in clean} if totalled else set()
    warnings += (sentence for reader in totalled for sentence in totals_that_differ(reader, used))
    counts: dict[tuple[str, str], Counter] = {place: Counter() for place in lines}
    for name, found in (("clean", clean), ("duplicate", [r for r, _, _ in repeats]), ("quarantined", quarantined)):
        for record in found:
            counts[record.file, record.sheet][name] += 1
    values = {name: [record.values.get(name) for record in clean] for name in tables.columns(table)}
    values |= {f"source_{part}": [getattr(record, part) for record in clean] for part in ("file", "sheet", "line")}
    return Reading(
        table,
        clean=tables.check(tables.frame(table, values), table),
        quarantined=pd.DataFrame([_set_aside(record) for record in quarantined], columns=QUARANTINED),
        duplicates=pd.DataFrame([_repeat(*repeat) for repeat in repeats], columns=DUPLICATES),
        ledger=ledger_of(lines, counts),
        columns=pd.DataFrame(columns, columns=COLUMNS),
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
