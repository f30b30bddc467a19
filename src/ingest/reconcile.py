"""What is left of delivered rows when those that overlap, repeat or contradict others are taken out; the ledger."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import vocabulary
from src.ingest.cleaning.issue import Issue
from src.ingest.cleaning.totals import data_lines, totals_that_differ
from src.ingest.deduplicate import Duplicates, deduplicate
from src.ingest.delivered import DeliveredTable, cells_again
from src.ingest.delivery import FileResult, some
from src.ingest.readers.grid import as_text
from src.ingest.result import (
    COLUMNS,
    OF_REPEATS,
    QUARANTINED,
    LoadResult,
    Place,
    files_without_records,
    ledger_of,
    standing_at,
)
from src.ingest.rowstore import RowStore

AREA = ["street", "community"]
EVENT = 3  # how finely an event is counted; a count by the parts of a place that it names


def reconcile(result: FileResult) -> LoadResult:
    """Return what deliveries hold together."""
    store = result.store
    pa.default_memory_pool().release_unused()
    _set_overlaps_aside(result)
    duplicates = deduplicate(store, result.tables)
    _set_conflicts_aside(result, duplicates.conflicts)
    issues = _by_place(pa.Table.from_batches(result.issues, QUARANTINED), store)
    repeats = _by_place(_repeats(duplicates.repeats, store), store)
    assert len(store) + len(issues) + len(repeats) == result.record_count, "records lost"
    ledger = ledger_of(result.lines, store, issues, repeats)
    warnings = [*result.warnings, *_of_totals(result), *_of_duplicates(duplicates, result)]
    warnings += (vocabulary.both("no_records", file=file) for file in files_without_records(ledger))
    columns = pd.DataFrame(result.columns, columns=COLUMNS)
    return LoadResult(store.table, store, issues, repeats, ledger, columns, list(dict.fromkeys(warnings)))


def overlapping(store: RowStore, of_events: set[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the monthly counts that overlap what is counted more finely, as segments and places in them.

    Finer are events, and counts of parts of the area. `of_events`: the origins of which `sources.yml` says that a line
    is an incident, whatever is known of its day.
    """
    month = store.values.get("precision", {}).get("month")
    if month is None:
        return np.zeros((2, 0), np.int64)
    one = store.values["incident_count"].get(1, -2)
    finest: dict[tuple, int] = defaultdict(int)
    counts: list[tuple] = []
    for number, segment in enumerate(store.segments):
        rows = store.rows([segment])
        facts = pd.DataFrame({name: rows[name] for name in ("group", *AREA)})
        facts["month"] = rows["reported_at"].view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        is_event = ~rows["incident_id"].is_null().to_numpy(zero_copy_only=False) & (rows["incident_count"] == one)
        is_event |= segment.origin in of_events
        is_count = (rows["precision"] == month) & ~is_event  # of an event the month alone may be known
        facts["level"] = np.where(is_count, (facts[AREA] >= 0).sum(axis=1), EVENT)
        for group, street, community, when, level in facts.drop_duplicates().itertuples(index=False):
            for area in {(street, community), (street, -1), (-1, -1)}:
                finest[group, when, area] = max(level, finest[group, when, area])
        for place, group, street, community, when, level in facts[is_count].itertuples():
            counts.append((number, place, level, (group, when, (street, community))))
    found = [(number, place) for number, place, level, at in counts if finest[at] > level]
    return np.array(found, np.int64).reshape(-1, 2).T


def _set_overlaps_aside(result: FileResult) -> None:
    """Set aside delivered counts that overlap what is counted more finely."""
    of_events = {n for n, table in enumerate(result.tables) if table.cleaner.source.rows == "incidents"}
    store, (segments, places) = result.store, overlapping(result.store, of_events)
    which = [places[segments == number] for number in np.unique(segments)]
    rows = store.rows([store.segments[number] for number in np.unique(segments)], which)
    for row, cells in cells_again(rows, np.arange(len(rows["line"])), result.tables):
        count = as_text(store.listed("incident_count")[rows["incident_count"][row]])
        issue = Issue("incident_count", count, "aggregate_overlap", {})
        result.set_aside(rows["origin"][row], [rows["line"][row]], [cells], [issue])
    store.drop(segments, places)


def _set_conflicts_aside(result: FileResult, conflicts: pd.DataFrame) -> None:
    """Set aside both contents of a key that has two in one delivery."""
    for origin, rows in conflicts.groupby("origin"):
        others = zip(rows["other_origin"], rows["other_line"], strict=True)
        words = [{"other": standing_at(*result.store.origins[other], line)} for other, line in others]
        result.set_aside(origin, rows["line"], rows["cells"], [Issue("", "", "conflict", one) for one in words])


def _by_place(rows: pa.Table, store: RowStore) -> pa.Table:
    """Return rows by file and sheet, in the order of their lines."""
    ranks: dict[Place, int] = {place: rank for rank, place in enumerate(dict.fromkeys(store.origins))}
    places = map(ranks.get, zip(rows["file"].to_pylist(), rows["sheet"].to_pylist(), strict=True))
    return rows.take(pa.array(np.lexsort([rows["line"].to_numpy(), np.fromiter(places, np.int64, len(rows))])))


def _repeats(repeats: pd.DataFrame, store: RowStore) -> pa.Table:
    """Return the rows that repeat another or were superseded."""
    origins = np.array([*store.origins, ("", "")], object)
    here, there = origins[repeats["origin"].astype(int)].T, origins[repeats["other_origin"].astype(int)].T
    columns = [*here, repeats["line"], *there, *(repeats[name] for name in ("other_line", "code", "cells"))]
    return pa.table(
        [pa.array(list(cells), kind.type) for cells, kind in zip(columns, OF_REPEATS, strict=True)], OF_REPEATS
    )


def _of_totals(result: FileResult) -> list[str]:
    """Return a sentence for each total that its lines do not add up to."""
    found, origins = [], result.store.origins
    for table in (table for table in result.tables if table.cleaner.table.block.totals):
        clean = result.store.lines([n for n, place in enumerate(origins) if place == table.place])
        found += totals_that_differ(table.cleaner.table, data_lines(table.cleaner.table, table.data(), clean))
    return found


def _of_duplicates(duplicates: Duplicates, result: FileResult) -> Iterator[str]:
    """Yield sentences about rows that were taken for repeats, and keys that do not seem to identify a row."""
    repeats, tables, threshold = duplicates.repeats, result.tables, vocabulary.threshold
    by_line = repeats["by_line"].astype(bool)
    if result.store.table == "incidents":
        yield from _said("repeats_without_id", repeats[by_line], tables)
    for first, second, count in duplicates.copies:
        (file, _), (other, _) = (tables[origin].place for origin in (first, second))
        if file != other:
            yield vocabulary.both("copied_on_one_day", file=file, other=other, count=count)
    by_months = repeats["code"].eq("revised") & (repeats["days_apart"] > threshold("revision_days"))
    yield from _said("revised_by_months", repeats[by_months], tables)
    keyed = pd.concat([repeats[~by_line], duplicates.conflicts])
    lines = keyed.groupby(["other_origin", "other_line"])["line"].transform("size") + 1
    yield from _said("key_on_many_lines", keyed[lines >= threshold("lines_of_one_key")], tables, with_others=True)


def _said(key: str, rows: pd.DataFrame, tables: list[DeliveredTable], *, with_others: bool = False) -> Iterator[str]:
    """Yield a sentence for each file of some rows: how many there are, with those that they repeat, and where."""
    files = pd.Series([tables[origin].place[0] for origin in rows["origin"]], rows.index, dtype=object)
    for file, its in rows.groupby(files, sort=False):
        others = its[["other_origin", "other_line"]].drop_duplicates() if with_others else ()
        lines = some(sorted(its["line"].tolist()))
        yield vocabulary.both(key, file=file, count=len(its) + len(others), lines=lines)
