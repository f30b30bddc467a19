"""Delivered files → clean rows, and what is left when those that overlap, repeat or contradict others are taken out.

Each record is clean, a duplicate, or set aside with its reason.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import periods, tables, vocabulary
from src.ingest import result as results
from src.ingest.batch import Batch, Issue, explained
from src.ingest.cleaning.places import packaged_register
from src.ingest.cleaning.table import TableReader, number_of, numbers_in
from src.ingest.deduplicate import deduplicate, overlapping
from src.ingest.delivery import Task, no_search_for_cycles, read_delivery, some
from src.ingest.parallel import Cluster, ClusterError
from src.ingest.readers.grid import Line, UnreadableFile, as_text
from src.ingest.result import DeliveredTable, FileResult, LoadResult, Place
from src.ingest.rowstore import RowStore
from src.ingest.sources import Source, entries_for, read_sources, source_from

OTHER = "\ufffc"  # stands for another line in a reason that many lines have


Readers = Callable[[list[Task]], Iterator[FileResult]]
"""What reads deliveries elsewhere: yields in their order what each of them holds."""
__all__ = ["LoadResult", "UnreadableFile", "read_files", "read_table", "register_of", "sources_for"]


def read_table(
    path: str | Path,
    table: str,
    *,
    sources: str | Path | dict | None = None,
    places: str | Path | pd.DataFrame | None = None,
) -> LoadResult:
    """What does a delivered file hold, and what of it can be trusted?

    `sources`: the path of a sources.yml (the entry that matches the file is used) or one entry as a dict. `places`: a
    place register as a frame or a CSV's path; Longgang's own by default. Raises `UnreadableFile` (file and cause) and
    `VocabularyError` (line and key of sources.yml).

    >>> read_table("register.xlsx", "projects").quarantined[["line", "column", "value", "reason"]]  # doctest: +SKIP
    """
    path = Path(path)
    vocabulary.use(Path(sources).parent if isinstance(sources, (str, Path)) else None)
    tables.columns(table)
    given = [(path, source) for source in sources_for(path, table, sources).values()]
    return read_files(given, table, register_of(places))


def sources_for(path: Path, table: str, sources: str | Path | dict | None) -> dict[int, Source]:
    """Return the entries that read a file as a table, by their number in a sources.yml; 0 for one from elsewhere."""
    if sources is None or isinstance(sources, dict):
        return {0: source_from({"table": table, **(sources or {})})}
    path, entries = path.resolve(), read_sources(Path(sources))
    found = entries_for(path, Path(sources).resolve().parent, [entry for entry in entries if entry.table == table])
    return {number: entry for number, entry in enumerate(entries, 1) if entry in found} or {0: Source(table)}


def register_of(places: str | Path | pd.DataFrame | None) -> pd.DataFrame:
    """Return the place register of a frame or a CSV's path; Longgang's own by default."""
    if places is None:
        return packaged_register()
    if isinstance(places, pd.DataFrame):
        return places
    return read_files([(Path(places), Source("communities"))], "communities", None).clean  # by the words in force


@no_search_for_cycles()
def read_files(
    deliveries: list[tuple[Path, Source]], table: str, register: pd.DataFrame | None, readers: Readers | None = None
) -> LoadResult:
    """Read all deliveries of one table together, so that duplicates and revisions are seen across files.

    `readers`: what reads them elsewhere, such as the workers of a cluster.
    """
    today = periods.today()
    tasks = [Task(*delivery, register, today) for delivery in deliveries]
    each = iter(readers(tasks) if readers else map(read_delivery, tasks))
    result = next(each, None) or FileResult(RowStore(table, register))
    for other in each:
        result.add_all(other)
    return reconcile(result)


def on_cluster(cluster: Cluster, tasks: list[Task]) -> Iterator[FileResult]:
    """Have the workers of a cluster read deliveries."""
    cluster.share(raw={path.name: path.read_bytes() for path in vocabulary.folder().glob("vocabulary.yml")})
    yield from cluster.each(partial(_by_worker, cluster), tasks)


def _by_worker(cluster: Cluster, task: Task) -> FileResult:
    try:
        content = task.path.read_bytes()
    except OSError:  # reading it here says what is wrong with it
        return read_delivery(task)
    try:
        result, _ = cluster.call(_read_there, task, {task.path.name: content})
    except UnreadableFile:
        raise
    except Exception as error:  # the last worker died, or it is another version
        cause = f"{type(error).__name__}: {error}"
        raise ClusterError(vocabulary.both("cluster_unread", file=task.path.name, cause=cause)) from None
    for table in result.tables:
        table.sheet.found_at(task.path)
    return result


def _read_there(task: Task, _: Path, own: Path) -> FileResult:
    return read_delivery(replace(task, path=own / task.path.name))


def reconcile(result: FileResult) -> LoadResult:
    """Return what deliveries hold together."""
    store = result.store
    pa.default_memory_pool().release_unused()
    _quarantine_overlaps(result)
    repeated, conflicts = deduplicate(store, result.tables)
    _quarantine_conflicts(result, conflicts)
    issues = _by_place(pa.Table.from_batches(result.issues, results.QUARANTINED), store)
    repeats = _by_place(_repeats(repeated, store), store)
    assert len(store) + len(issues) + len(repeats) == result.record_count, "records lost"
    ledger = results.ledger_of(result.lines, store, issues, repeats)
    warnings = [*result.warnings, *_of_totals(result), *_of_duplicates(repeated, conflicts, result)]
    empty = results.records_by(ledger, ["file"]).query("delivered == 0")["file"]  # headers and totals alone
    warnings += (vocabulary.both("no_records", file=file) for file in empty)
    columns = pd.DataFrame(result.columns, columns=results.COLUMNS)
    lacks_zone = any(table.cleaner.table.without_zone() for table in result.tables)
    return LoadResult(store.table, store, issues, repeats, ledger, columns, list(dict.fromkeys(warnings)), lacks_zone)


def _quarantine_overlaps(result: FileResult) -> None:
    """Set aside delivered counts that overlap what is counted more finely."""
    of_events = {n for n, table in enumerate(result.tables) if table.cleaner.source.rows == "incidents"}
    store, (segments, places) = result.store, overlapping(result.store, of_events)
    which = [places[segments == number] for number in np.unique(segments)]
    rows = store.rows([store.segments[number] for number in np.unique(segments)], which)
    for row, cells in results.cells_again(rows, np.arange(len(rows["line"])), result.tables):
        count = as_text(store.listed("incident_count")[rows["incident_count"][row]])
        issue = Issue("incident_count", count, "aggregate_overlap", {})
        result.quarantine(rows["origin"][row], [rows["line"][row]], [cells], [issue])
    store.drop(segments, places)


def _quarantine_conflicts(result: FileResult, conflicts: pd.DataFrame) -> None:
    """Set aside both contents of a key that has two in one delivery."""
    for origin, rows in conflicts.groupby("origin"):
        others = zip(rows["other_origin"], rows["other_line"], strict=True)
        words = [{"other": results.standing_at(*result.store.origins[other], line)} for other, line in others]
        result.quarantine(origin, rows["line"], rows["cells"], [Issue("", "", "conflict", one) for one in words])


def _by_place(rows: pa.Table, store: RowStore) -> pa.Table:
    """Return rows by file and sheet, in the order of their lines."""
    ranks: dict[Place, int] = {place: rank for rank, place in enumerate(dict.fromkeys(store.origins))}
    places = map(ranks.get, zip(rows["file"].to_pylist(), rows["sheet"].to_pylist(), strict=True))
    return rows.take(pa.array(np.lexsort([rows["line"].to_numpy(), np.fromiter(places, np.int64, len(rows))])))


def _repeats(repeats: pd.DataFrame, store: RowStore) -> pa.Table:
    """Return the rows that repeat another or were superseded, with the reason in both languages."""
    origins = np.array([*store.origins, ("", "")], object)
    here, there = (origins[repeats[name].astype(int)].T for name in ("origin", "other_origin"))
    words = {code: explained(code, other=OTHER) for code in repeats["code"].unique()}
    others = [*map(results.standing_at, *there, repeats["other_line"])]
    reasons = (
        [words[code][name].replace(OTHER, other) for code, other in zip(repeats["code"], others, strict=True)]
        for name in ("reason", "reason_zh")
    )
    columns = [*here, repeats["line"], *there, repeats["other_line"], repeats["code"], *reasons, repeats["cells"]]
    schema = results.DUPLICATES
    return pa.table([pa.array(list(c), kind.type) for c, kind in zip(columns, schema, strict=True)], schema)


def _of_totals(result: FileResult) -> list[str]:
    """Return a sentence for each total that its lines do not add up to."""
    found, origins = [], result.store.origins
    for table in (table for table in result.tables if table.lines and table.cleaner.table.block.totals):
        clean = result.store.lines([n for n, place in enumerate(origins) if place == table.place])
        found += _totals_that_differ(table.cleaner.table, _data_lines(table.cleaner.table, table.lines, clean))
    return found


def _of_duplicates(repeats: pd.DataFrame, conflicts: pd.DataFrame, result: FileResult) -> Iterator[str]:
    """Yield sentences about rows that were taken for repeats, and keys that do not seem to identify a row."""
    tables, threshold = result.tables, vocabulary.threshold
    by_line = repeats["by_line"].astype(bool)
    if result.store.table == "incidents":
        yield from _by_file("repeats_without_id", repeats[by_line], tables)
    by_months = repeats["code"].eq("revised") & (repeats["days_apart"] > threshold("revision_days"))
    yield from _by_file("revised_by_months", repeats[by_months], tables)
    keyed = pd.concat([repeats[~by_line], conflicts])
    lines = keyed.groupby(["other_origin", "other_line"])["line"].transform("size") + 1
    yield from _by_file("key_on_many_lines", keyed[lines >= threshold("lines_of_one_key")], tables, with_others=True)


def _by_file(key: str, rows: pd.DataFrame, tables: list[DeliveredTable], *, with_others: bool = False) -> Iterator[str]:
    """Yield a sentence for each file of some rows: how many there are, with those that they repeat, and where."""
    files = pd.Series([tables[origin].place[0] for origin in rows["origin"]], rows.index, dtype=object)
    for file, its in rows.groupby(files, sort=False):
        others = its[["other_origin", "other_line"]].drop_duplicates() if with_others else ()
        lines = some(sorted(its["line"].tolist()))
        yield vocabulary.both(key, file=file, count=len(its) + len(others), lines=lines)


def _totals_that_differ(table: TableReader, data: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each total that its lines do not add up to, neither all of them nor those that are clean.

    A total may stand below its lines or above them, and may span smaller totals: it has to be the sum of the lines
    between itself and any other total, or an end of the table; or of those of the same month and kind, if it has one.
    """
    totals = sorted(table.block.totals, key=lambda line: line.number)
    cuts = [0, *np.searchsorted(data["line"], [line.number for line in totals]).tolist(), len(data)]
    for position, reader in table.numeric.items():
        columns = [data[position], data[position].where(data["is_clean"], 0.0)]
        running = [np.append(0.0, np.cumsum(column)) for column in columns]
        for which, line in enumerate(totals, 1):
            stated = number_of(line.cells[position], reader) if position < len(line.cells) else 0.0
            here = cuts[which]
            sums = [abs(sum_to[here] - sum_to[other]) for sum_to in running for other in cuts]
            name = _names(table, line)
            sums += [float(column[data[name]].sum()) for column in columns] if name in data else [0.0]
            if stated and not any(math.isclose(stated, found, rel_tol=1e-6) for found in sums):
                summed = running[0][here] - running[0][cuts[which - 1]] or running[0][here]
                words = {"file": table.grid.file, "line": line.number, "column": reader.name}
                yield vocabulary.both("total_differs", **words, stated=f"{stated:,.10g}", summed=f"{summed:,.10g}")


def _data_lines(table: TableReader, batches: list[Batch], clean: np.ndarray) -> pd.DataFrame:
    """Return the lines of a table that hold data; `clean` are those of clean rows.

    Columns: `line`, `is_clean`; by position what each column of numbers states; by the month and kind of a total
    whether the line is of these.
    """
    parts = []
    named = {name for name in (_names(table, line) for line in table.block.totals) if any(name)}
    for batch in batches:
        readable = np.ones(len(batch), bool)
        readable[[row for row, line in batch.odd.items() if line.problem]] = False
        rows: dict = {"line": batch.lines, "is_clean": np.isin(batch.lines, clean)}
        rows |= {p: np.where(readable, numbers_in(batch, p, reader), 0.0) for p, reader in table.numeric.items()}
        rows |= {name: _is_named(table, batch, name) for name in named}
        parts.append(pd.DataFrame(rows))
    return pd.concat(parts).sort_values("line", ignore_index=True)


def _named_by(table: TableReader) -> list[int]:
    return [position for position in table.block.naming if position not in table.block.places]


def _names(table: TableReader, line: Line) -> tuple[str, ...]:
    """Return what a line is of beside its place: its month and kind."""
    return tuple(line.texts[p] if p < len(line.cells) else "" for p in _named_by(table))


def _is_named(table: TableReader, batch: Batch, name: tuple[str, ...]) -> np.ndarray:
    found = np.ones(len(batch), bool)
    for position, text in zip(_named_by(table), name, strict=True):
        found &= batch.columns[position].encoded().asked("stripped", lambda cell: as_text(cell).strip(), object) == text
    return found
