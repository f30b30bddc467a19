"""What is left of delivered rows when those that overlap, repeat or contradict others are taken out; the ledger."""

from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import vocabulary
from src.ingest.cleaning.issue import Issue
from src.ingest.cleaning.totals import data_lines, totals_that_differ
from src.ingest.deduplicate import Duplicates, deduplicate
from src.ingest.delivered import DeliveredTable, lines_again
from src.ingest.delivery import FileResult
from src.ingest.overlaps import overlapping
from src.ingest.readers.grid import as_text
from src.ingest.result import COLUMNS, DUPLICATES, KINDS, LoadResult, Place, files_without_records, ledger_of
from src.ingest.rowstore import RowStore

OF_REPEATS = pa.schema([
    (name, KINDS.get(name, pa.string())) for name in DUPLICATES if name not in ("file", "sheet", "reason", "reason_zh")
])  # fmt: skip


def reconcile(result: FileResult) -> LoadResult:
    """Return what deliveries hold together."""
    store = result.store
    pa.default_memory_pool().release_unused()
    _set_overlaps_aside(result)
    duplicates = deduplicate(store, result.tables)
    _set_conflicts_aside(result, duplicates.conflicts)
    issues, repeats = _issues(result), _repeats(duplicates.repeats, store)
    records: dict[Place, Counter] = {place: Counter() for place in store.origins}
    for origin, count in store.counts().items():
        records[store.origins[origin]]["clean"] += count
    for name, by_place in (("quarantined", issues), ("duplicate", repeats)):
        for place, rows in by_place.items():
            records[place][name] += len(rows)
    assert sum(counts.total() for counts in records.values()) == result.record_count, "records lost"
    ledger = ledger_of(result.lines, records)
    warnings = [*result.warnings, *_of_totals(result), *_of_duplicates(duplicates, result)]
    warnings += (vocabulary.both("no_records", file=file) for file in files_without_records(ledger))
    columns = pd.DataFrame(result.columns, columns=COLUMNS)
    return LoadResult(store.table, store, issues, repeats, ledger, columns, list(dict.fromkeys(warnings)))


def _set_overlaps_aside(result: FileResult) -> None:
    """Set aside delivered counts that overlap what is counted more finely."""
    of_events = {n for n, table in enumerate(result.tables) if table.cleaner.source.rows == "incidents"}
    store, (segments, places) = result.store, overlapping(result.store, of_events)
    which = [places[segments == number] for number in np.unique(segments)]
    rows = store.rows([store.segments[number] for number in np.unique(segments)], which)
    for row, line in lines_again(rows, np.arange(len(rows["line"])), result.tables):
        count = as_text(store.value(rows, row, "incident_count"))
        issue = Issue(row, "incident_count", count, "aggregate_overlap", {})
        origin = rows["origin"][row]
        result.set_aside(origin, [(line.number, result.tables[origin].keys.cells(line))], [issue])
    store.drop(segments, places)


def _set_conflicts_aside(result: FileResult, conflicts: pd.DataFrame) -> None:
    """Set aside both contents of a key that has two in one delivery."""
    for origin, rows in conflicts.groupby("origin"):
        others = zip(rows["other_origin"], rows["other_line"], strict=True)
        words = [{"other": _where(result.store.origins[other], line)} for other, line in others]
        issues = [Issue(0, "", "", "conflict", one) for one in words]
        result.set_aside(origin, list(zip(rows["line"], rows["cells"], strict=True)), issues)


def _where(place: Place, line: int) -> str:
    """Return where a line stands as people write it: file, sheet, line."""
    file, sheet = place
    return f"{file}[{sheet}]:{line}" if sheet else f"{file}:{line}"


def _issues(result: FileResult) -> dict[Place, pa.Table]:
    """Return the rows that were set aside, by file and sheet in the order of their lines."""
    by_place: dict[Place, list[pa.RecordBatch]] = defaultdict(list)
    for origin, batch in result.issues:
        by_place[result.store.origins[origin]].append(batch)
    found = {}
    for place in dict.fromkeys(result.store.origins):
        if place in by_place:
            rows = pa.Table.from_batches(by_place[place])
            found[place] = rows.take(pa.array(np.argsort(rows["line"].to_numpy(), kind="stable")))
    return found


def _repeats(repeats: pd.DataFrame, store: RowStore) -> dict[Place, pa.Table]:
    """Return the rows that repeat another or were superseded, by file and sheet in the order of their lines."""
    found, origins = {}, store.origins
    for place in dict.fromkeys(origins) if len(repeats) else ():
        rows = repeats[repeats["origin"].isin([n for n, one in enumerate(origins) if one == place])]
        rows = rows.sort_values("line", kind="stable")
        if len(rows):
            others = [origins[origin] for origin in rows["other_origin"]]
            columns = [
                rows["line"], [file for file, _ in others], [sheet for _, sheet in others], rows["other_line"],
                rows["code"], rows["cells"],
            ]  # fmt: skip
            arrays = [pa.array(list(cells), kind.type) for cells, kind in zip(columns, OF_REPEATS, strict=True)]
            found[place] = pa.table(arrays, schema=OF_REPEATS)
    return found


def _of_totals(result: FileResult) -> list[str]:
    """Return a sentence for each total that its lines do not add up to."""
    found, origins = [], result.store.origins
    for table in (table for table in result.tables if table.cleaner.table.block.totals):
        clean = result.store.lines([n for n, place in enumerate(origins) if place == table.place])
        found += totals_that_differ(table.cleaner.table, data_lines(table.cleaner.table, table.data(), clean))
    return found


def _of_duplicates(duplicates: Duplicates, result: FileResult) -> list[str]:
    """Return sentences about rows that were taken for repeats, and keys that do not seem to identify a row."""
    repeats, tables, found = duplicates.repeats, result.tables, []
    if result.store.table == "incidents":
        for file, rows in _by_file(repeats[repeats["by_line"].astype(bool)], tables):
            words = {"file": file, "count": len(rows), "lines": _some(rows)}
            found.append(vocabulary.both("repeats_without_id", **words))
    for first, second, count in duplicates.copies:
        (file, _), (other, _) = (tables[origin].place for origin in (first, second))
        if file != other:
            found.append(vocabulary.both("copied_on_one_day", file=file, other=other, count=count))
    months = repeats[repeats["code"].eq("revised") & (repeats["days_apart"] > vocabulary.threshold("revision_days"))]
    for file, rows in _by_file(months, tables):
        found.append(vocabulary.both("revised_by_months", file=file, count=len(rows), lines=_some(rows)))
    keyed = pd.concat([repeats[~repeats["by_line"].astype(bool)], duplicates.conflicts])
    size = keyed.groupby(["other_origin", "other_line"])["line"].transform("size") + 1
    for file, rows in _by_file(keyed[size >= vocabulary.threshold("lines_of_one_key")], tables):
        count = len(rows) + len(rows[["other_origin", "other_line"]].drop_duplicates())
        found.append(vocabulary.both("key_on_many_lines", file=file, count=count, lines=_some(rows)))
    return found


def _by_file(rows: pd.DataFrame, tables: list[DeliveredTable]) -> list[tuple[str, pd.DataFrame]]:
    files = pd.Series([tables[origin].place[0] for origin in rows["origin"]], rows.index, dtype=object)
    return list(rows.groupby(files, sort=False))


def _some(rows: pd.DataFrame, most: int = 5) -> list[int | str]:
    lines = sorted(rows["line"].tolist())
    return lines[:most] + ["…"] * (len(lines) > most)
