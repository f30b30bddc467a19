"""Delivered files → clean rows. Each record is clean, a duplicate, or set aside with its reason; the ledger proves it."""

import datetime as dt
from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd

from src.analysis import tables, vocabulary
from src.analysis.clean.duplicates import settle, where
from src.analysis.clean.places import Places, packaged_register
from src.analysis.clean.reading import DUPLICATES, QUARANTINED, Reading, explained, ledger_of
from src.analysis.clean.records import BlockReader, Record
from src.analysis.clean.sources import Source, read_sources, source_from
from src.analysis.ingest import Grid, HeaderWords, Layout, UnreadableFile, lay_out, read_grids

__all__ = ["Reading", "UnreadableFile", "read_files", "read_table"]

# What a table cannot do without: each line is met by any one of its columns.
NEEDED = {
    "projects": [("project_id",), ("title",), ("community", "address"), ("field",)],
    "incidents": [("reported_at", "month"), ("kind",)],
    "communities": [("street",), ("community",)],
    "demonstration_sites": [("site",), ("street", "community", "address")],
    "published_figures": [("figure",), ("value",)],
}


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
    source = _source_for(path, table, sources)
    return read_files([(path, path.name, source)], table, _register(places))


def _source_for(path: Path, table: str, sources: str | Path | dict | None) -> Source:
    if isinstance(sources, dict):
        return source_from({"table": table, **sources})
    if sources is not None:
        fitting = [s for s in read_sources(Path(sources)) if s.table == table and any(path.match(g) for g in s.files)]
        if fitting:
            return fitting[0]
    return Source(table)


def _register(places: str | Path | pd.DataFrame | None) -> pd.DataFrame:
    if places is None:
        return packaged_register()
    if isinstance(places, pd.DataFrame):
        return places
    return read_table(places, "communities").clean


def read_files(deliveries: list[tuple[Path, str, Source]], table: str, register: pd.DataFrame | None) -> Reading:
    """Read all deliveries of one table together, so that duplicates and revisions are seen across files."""
    places = None if table in ("communities", "published_figures") or register is None else Places(register)
    today = dt.date.today()
    lines: dict[tuple[str, str], Counter] = defaultdict(Counter)
    warnings: list[str] = []
    records: list[Record] = []
    for path, _, source in deliveries:
        words = HeaderWords(table, source.columns)
        read = [(grid, lay_out(grid, words)) for grid in read_grids(path, words, source.encoding)]
        for grid, layout in _chosen(read, source, words, path.name, warnings):
            lines[grid.file, grid.sheet] += layout.classes
            assert sum(layout.classes.values()) == sum(line.span for line in grid.lines), f"{grid.file}: lines lost"
            for block in layout.blocks:
                records += BlockReader(grid, block, source, places, today).records()
                if block.unknown:
                    warnings.append(
                        vocabulary.both("unknown_columns", file=grid.file, columns="、".join(block.unknown.values()))
                    )
    for order, record in enumerate(records):
        record.order = order
    key = next((source.key for _, _, source in deliveries if source.key), tuple(tables.key(table)))
    return _sorted_out(records, settle(records, key), table, lines, warnings)


def _chosen(
    read: list[tuple[Grid, Layout]], source: Source, words: HeaderWords, file: str, warnings: list[str]
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
            for block in layout.blocks:
                _require_columns(block, source, grid.file)
            chosen.append((grid, layout))
        else:
            warnings.append(vocabulary.both("sheet_without_header", file=grid.file, sheet=grid.sheet))
    if not chosen:
        needed = "、".join(" / ".join(_spoken(source.table, name) for name in group) for group in NEEDED[source.table])
        raise UnreadableFile(file, vocabulary.both("no_header", table=source.table, needed=needed))
    return chosen


def _spoken(table: str, column: str) -> str:
    return vocabulary.current().headers[table][column][0]


def _require_columns(block, source: Source, file: str) -> None:
    have: dict[str, str] = {}
    for header in block.headers.values():
        if header.column != "-" and header.column in have and header.column in tables.columns(source.table):
            raise UnreadableFile(
                file,
                vocabulary.both("column_twice", first=have[header.column], second=header.words, column=header.column),
            )
        have[header.column] = header.words
    for group in NEEDED[source.table]:
        given = {*have, *source.constants, *(("address",) if source.place_from else ())}
        if not given.intersection(group):
            needed = " / ".join(_spoken(source.table, name) for name in group)
            raise UnreadableFile(
                file,
                vocabulary.both(
                    "column_missing", needed=needed, found="、".join([*have.values(), *block.unknown.values()])
                ),
            )


def _sorted_out(records: list[Record], repeats: list, table: str, lines: dict, warnings: list[str]) -> Reading:
    repeated = {record.order for record, _, _ in repeats}
    counts: dict[tuple[str, str], Counter] = {place: Counter() for place in lines}
    clean, quarantined = [], []
    for record in records:
        name = "quarantined" if record.problems else "duplicate" if record.order in repeated else "clean"
        counts[record.file, record.sheet][name] += 1
        if name == "clean":
            clean.append(record)
        elif name == "quarantined":
            quarantined.append(_set_aside(record))
    values = {name: [record.values.get(name) for record in clean] for name in tables.columns(table)}
    values |= {
        "source_file": [r.file for r in clean],
        "source_sheet": [r.sheet for r in clean],
        "source_line": [r.line for r in clean],
    }
    rows = tables.check(tables.frame(table, values), table)
    set_aside = pd.DataFrame(quarantined, columns=QUARANTINED)
    duplicates = pd.DataFrame([_repeat(*repeat) for repeat in repeats], columns=DUPLICATES)
    duplicates = duplicates[
        ~duplicates.index.isin([i for i, (r, _, _) in enumerate(repeats) if r.problems])
    ].reset_index(drop=True)
    assert len(rows) + len(duplicates) + len(set_aside) == len(records), "records lost"
    return Reading(table, rows, set_aside, duplicates, ledger_of(lines, counts), warnings)


def _set_aside(record: Record) -> dict:
    column, value, problem = record.problems[0]
    words = {"value": value, "column": column} | problem.words
    return {
        "file": record.file, "sheet": record.sheet, "line": record.line, "column": column, "value": value,
        **explained(problem.reason, **words), "cells": record.cells,
    }  # fmt: skip


def _repeat(record: Record, other: Record, code: str) -> dict:
    return {
        "file": record.file, "sheet": record.sheet, "line": record.line,
        "repeats_file": other.file, "repeats_sheet": other.sheet, "repeats_line": other.line,
        **explained(code, other=where(other)), "cells": record.cells,
    }  # fmt: skip
