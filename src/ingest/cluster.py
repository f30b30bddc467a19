"""Work handed to the workers of an existing dask.distributed scheduler; no scheduler of our own.

A worker needs the same code and packages, keeps what it is given in its own folder, and may die: another one does its
work again.
"""

import dataclasses
import io
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO

from src.codebook import vocabulary
from src.ingest.cleaning.apart import Outbox, read_one
from src.ingest.cleaning.gather import Part, Task
from src.ingest.columns.delimited import Delimited
from src.ingest.deliveries import made_with
from src.ingest.readers.grid import UnreadableFile

Files = dict[str, bytes]


class ClusterError(ValueError):
    """A cluster cannot be used; the message says why, and what would be right."""

    exit_code = 2


class Cluster:
    """An existing scheduler, by its address; raises `ClusterError` where it cannot be used."""

    def __init__(self, address: str) -> None:
        try:
            import dask
            from distributed import Client

            dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"})  # deliveries are large
            self.client = Client(address, timeout=10)
        except ImportError:
            raise ClusterError(vocabulary.both("cluster_not_installed")) from None
        except (OSError, ValueError) as error:
            raise ClusterError(vocabulary.both("cluster_unreachable", address=address, cause=error)) from None
        if not self.client.nthreads():
            raise ClusterError(vocabulary.both("cluster_empty", address=address))

    @property
    def width(self) -> int:
        """Return how much can be done at the same time: a worker does one thing at a time, whatever its threads."""
        return max(len(self.client.nthreads()), 1)

    def give(self, content: Any) -> Any:
        """Give something to each worker that several calls need, so that one may die; return what stands for it."""
        return self.client.scatter(content, broadcast=True, hash=False)

    def call(self, function: Callable, *arguments: Any) -> Any:
        """Have a worker call a function, and return its result or raise what it raised."""
        return self.client.submit(function, *arguments, pure=False).result()

    def read(self, tasks: list[Task]) -> Iterator[tuple[Part, BinaryIO]]:
        """Have deliveries read, some at the same time; yield in their order what each holds, and its plain rows."""
        folder = vocabulary.folder()
        words = {path.name: path.read_bytes() for path in folder.glob("vocabulary.yml")}
        pool = ThreadPoolExecutor(self.width)
        try:
            yield from pool.map(partial(self._read, words), tasks)
        except KeyboardInterrupt:
            self.client.close()  # what is under way is given up
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _read(self, words: Files, task: Task) -> tuple[Part, BinaryIO]:
        try:
            content = task.path.read_bytes()
        except OSError:  # reading it here says what is wrong with it
            here = io.BytesIO()
            return read_one(task, Outbox(here)), io.BytesIO(here.getvalue())
        try:
            part, rows = self.call(_read_there, content, words, made_with(), task)
        except UnreadableFile:
            raise
        except Exception as error:  # the last worker died, or it is another version
            cause = f"{type(error).__name__}: {error}"
            raise ClusterError(vocabulary.both("cluster_unread", file=task.path.name, cause=cause)) from None
        for again in part.texts.values():
            if isinstance(again.text, Delimited):
                again.text.open.path = task.path
        return part, io.BytesIO(rows)


one_at_a_time = RLock()  # a vocabulary in force and the environment are the whole worker's, also of its other threads


def _read_there(content: bytes, words: Files, made_with_here: list[str], task: Task) -> tuple[Part, bytes]:
    """Read one delivery on a worker, in the worker's own folder."""
    with one_at_a_time:
        vocabulary.use(home(f"words-{made_with_here[0][:16]}", {".": words}))
        if (found := made_with()) != made_with_here:
            raise RuntimeError(f"the worker's code or packages differ ({found} is not {made_with_here})")
        rows = io.BytesIO()
        with tempfile.TemporaryDirectory(dir=own_folder()) as folder:
            unpacked({task.path.name: content}, Path(folder))
            part = read_one(dataclasses.replace(task, path=Path(folder) / task.path.name), Outbox(rows))
        return part, rows.getvalue()


def own_folder() -> Path:
    """Return the folder of the worker that this runs on."""
    from distributed import get_worker

    return Path(get_worker().local_directory)


def home(name: str, folders: dict[str, Files]) -> Path:
    """Return a folder of the worker's own that holds some files, put there by the first that asks for it."""
    place = own_folder() / name
    if not place.is_dir():
        fresh = Path(tempfile.mkdtemp(dir=own_folder()))
        for folder, files in folders.items():
            unpacked(files, fresh / folder)
        try:
            fresh.rename(place)
        except OSError:  # another thread of this worker was first
            assert place.is_dir()
    return place


def packed(folder: Path) -> Files:
    """Return the files below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def unpacked(files: Files, folder: Path) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
