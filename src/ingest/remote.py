"""Deliveries read elsewhere, some at the same time: by a process of our own, or by the workers of a cluster."""

import gc
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from src.codebook import vocabulary
from src.ingest.deliveries import made_with
from src.ingest.delivery import FileResult, Task, read_delivery
from src.ingest.parallel import (
    Cluster,
    ClusterError,
    Files,
    from_both_ends,
    home,
    may_have_processes,
    one_at_a_time,
    own_folder,
    unpacked,
)  # fmt: skip
from src.ingest.readers.files import MEGABYTE, kind_of
from src.ingest.readers.grid import UnreadableFile
from src.ingest.rowstore import RowStore

Readers = Callable[[list[Task]], Iterator[FileResult]]
"""What reads deliveries elsewhere: yields in their order what each of them holds."""


def read_alone(task: Task) -> FileResult:
    """Read one delivery into a store of its own."""
    gc.disable()  # as in `read_files`
    return read_delivery(task, FileResult(RowStore(task.source.table, task.register)))


def in_processes(tasks: list[Task]) -> Iterator[FileResult]:
    """Read deliveries here and in a process of its own."""
    return from_both_ends(read_alone, tasks)


def pays(tasks: list[Task]) -> bool:
    """Return whether a process of its own saves more time than it takes to start."""
    return may_have_processes() and sum(sorted(map(_weight_mb, tasks))[:-1]) >= vocabulary.threshold("apart_mb")


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
    words = {path.name: path.read_bytes() for path in vocabulary.folder().glob("vocabulary.yml")}
    pool = ThreadPoolExecutor(cluster.width)
    try:
        yield from pool.map(partial(_by_worker, cluster, words), tasks)
    except KeyboardInterrupt:
        cluster.client.close()  # what is under way is given up
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _by_worker(cluster: Cluster, words: Files, task: Task) -> FileResult:
    try:
        content = task.path.read_bytes()
    except OSError:  # reading it here says what is wrong with it
        return read_alone(task)
    try:
        result = cluster.call(_read_there, content, words, made_with(), task)
    except UnreadableFile:
        raise
    except Exception as error:  # the last worker died, or it is another version
        cause = f"{type(error).__name__}: {error}"
        raise ClusterError(vocabulary.both("cluster_unread", file=task.path.name, cause=cause)) from None
    for table in result.tables:
        table.sheet.found_at(task.path)
    return result


def _read_there(content: bytes, words: Files, made_with_here: list[str], task: Task) -> FileResult:
    """Read one delivery on a worker, in the worker's own folder."""
    with one_at_a_time:
        vocabulary.use(home(f"words-{made_with_here[0][:16]}", {".": words}))
        if (found := made_with()) != made_with_here:
            raise RuntimeError(f"the worker's code or packages differ ({found} is not {made_with_here})")
        with tempfile.TemporaryDirectory(dir=own_folder()) as folder:
            unpacked({task.path.name: content}, Path(folder))
            return read_alone(replace(task, path=Path(folder) / task.path.name))
