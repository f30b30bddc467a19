"""Deliveries read apart from one another: each by a process or another machine, what they hold taken in their order."""

import contextlib
import gc
import multiprocessing
import os
import pickle
import shutil
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import BinaryIO

from src.codebook import vocabulary
from src.ingest import processes
from src.ingest.cleaning.gather import Part, Task, carefully
from src.ingest.columns.plain import Plain
from src.ingest.columns.spool import Spool
from src.ingest.readers.files import MEGABYTE, kind_of

Readers = Callable[[list[Task]], Iterator[tuple[Part, BinaryIO]]]
"""What reads deliveries elsewhere: yields in their order what each holds, and its plain rows as `Outbox` wrote them."""


class Outbox:
    """Takes the plain rows of one delivery where the spool would, to be sent to it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def add(self, origin: tuple[int, str, str], plain: Plain) -> None:
        """Add plain rows of one text."""
        pickle.dump((origin, plain), self.stream)

    def forget(self, _: int) -> None:
        """Take back all rows."""
        self.stream.seek(0)
        self.stream.truncate()


def read_one(task: Task, _: Spool | Outbox) -> Part:
    """Read one delivery."""
    return carefully(task)


def taken(read: Iterator[tuple[Part, BinaryIO]], spool: Spool) -> Iterator[Part]:
    """Yield what deliveries hold that were read elsewhere, their plain rows put into the spool."""
    for part, rows in read:
        while rows.read(1):
            rows.seek(-1, os.SEEK_CUR)
            spool.add(*pickle.load(rows))
        yield part


def pays(tasks: list[Task]) -> bool:
    """Return whether a process of its own saves more time than it takes to start."""
    if multiprocessing.current_process().daemon or (os.cpu_count() or 1) < 2:
        return False  # such a process may have none of its own
    return sum(sorted(map(_weight_mb, tasks))[:-1]) >= vocabulary.threshold("apart_mb")


def _weight_mb(task: Task) -> float:
    """Return a delivery's size as text; a workbook or an archive takes as long as a text several times as large."""
    try:
        with task.path.open("rb") as stream:
            times = 1 if kind_of(stream.read(4096)) == "text" else vocabulary.threshold("apart_packed_times")
        return task.path.stat().st_size / MEGABYTE * times
    except OSError:  # reading it will say so
        return 0.0


def in_processes(tasks: list[Task]) -> Iterator[tuple[Part, BinaryIO]]:
    """Read deliveries from the first one on, while a process of its own reads them from the last one on.

    An interruption ends that process; where something else does, this one goes on alone.
    """
    left, given, lock = deque(range(len(tasks))), {}, threading.RLock()
    with tempfile.TemporaryDirectory() as folder:
        pool = ProcessPoolExecutor(1, processes.Context(), _begin, (vocabulary.folder(), folder))

        def give(_: Future | None = None) -> None:
            with lock, contextlib.suppress(RuntimeError):  # it has ended
                if left:
                    given[left[-1]] = pool.submit(_read_into, Path(folder) / f"{left[-1]}", tasks[left[-1]])
                    given[left.pop()].add_done_callback(give)

        try:
            give()
            for number, task in enumerate(tasks):
                with lock:
                    future = given.get(number)
                    if future is None:
                        left.popleft()
                file = Path(folder) / f"{number}"
                try:
                    part = future.result() if future else _read_into(file, task)
                except BrokenExecutor:
                    part = _read_into(file, task)
                with file.open("rb") as rows:
                    yield part, rows
                file.unlink()
        finally:
            processes.end()
            pool.shutdown(cancel_futures=True)


def _read_into(file: Path, task: Task) -> Part:
    with file.open("wb") as rows:
        return read_one(task, Outbox(rows))


def _begin(words: Path, folder: str) -> None:
    """Make ready a process that reads deliveries: it ends when it is told to, or clears away after who started it."""
    gc.disable()  # as in `read_files`
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    vocabulary.use(words)


def _end_with_parent(folder: str) -> None:
    """Wait for the end of who started this process; rows of deliveries are not to outlive it."""
    multiprocessing.parent_process().join()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
