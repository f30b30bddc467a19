"""Deliveries read elsewhere, some at the same time: by processes of our own, or by the workers of a cluster."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from src.codebook import vocabulary
from src.ingest.delivery import FileResult, Task, read_delivery
from src.ingest.parallel import Cluster, ClusterError, in_processes, may_have_processes
from src.ingest.readers.files import MEGABYTE, kind_of
from src.ingest.readers.grid import UnreadableFile

Readers = Callable[[list[Task]], Iterator[FileResult]]
"""What reads deliveries elsewhere: yields in their order what each of them holds."""


by_processes: Readers = partial(in_processes, read_delivery)


def pays(tasks: list[Task]) -> bool:
    """Return whether processes of our own save more time than they take to start."""
    saved = sum(sorted(map(_weight_mb, tasks))[:-1])
    return len(tasks) > 1 and may_have_processes() and saved >= vocabulary.threshold("apart_mb")


def _weight_mb(task: Task) -> float:
    """Return a delivery's size as text; a workbook or an archive takes as long as a text several times as large."""
    try:
        with task.path.open("rb") as stream:
            times = 1 if kind_of(stream.read(4096)) == "text" else vocabulary.threshold("apart_packed_times")
        return task.path.stat().st_size / MEGABYTE * times
    except OSError:  # reading it will say so
        return 0.0


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
