"""Delivered files → clean rows. Each record is clean, a duplicate, or set aside with its reason."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from src.codebook import periods, tables, vocabulary
from src.ingest.cleaning.places import packaged_register
from src.ingest.delivery import Task, no_search_for_cycles, read_delivery
from src.ingest.parallel import Cluster, ClusterError
from src.ingest.readers.grid import UnreadableFile
from src.ingest.reconcile import reconcile
from src.ingest.result import FileResult, LoadResult
from src.ingest.rowstore import RowStore
from src.ingest.sources import Source, entries_for, read_sources, source_from

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
    results = iter(readers(tasks) if readers else map(read_delivery, tasks))
    result = next(results, None) or FileResult(RowStore(table, register))
    for other in results:
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
