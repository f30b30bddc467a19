"""The one way to do many things at once: processes of our own, or the workers of a dask.distributed scheduler.

A process of ours does not run the user's script again, whatever the way it is started. A worker needs the same code and
packages, keeps what it is given in its own folder, and may die: another one does its work again.
"""

import contextlib
import hashlib
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import spawn
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from src.codebook import vocabulary
from src.ingest.deliveries import made_with

OURS = "a process of src.ingest.parallel"
IN_COMMON = "ANALYSIS_IN_COMMON"  # in the environment of the fork server: what the reports of a run have in common
Files = dict[str, bytes]


def _prepared(name: str, prepare: Any = spawn.get_preparation_data) -> dict[str, Any]:
    """Return what `multiprocessing` has a child prepare; ours are not to import the user's script again.

    A script needs no `if __name__ == "__main__"` then, and what it does is done once.
    """
    steps = prepare(name)
    return {key: steps[key] for key in steps if name != OURS or not key.startswith("init_main")}


spawn.get_preparation_data = _prepared


class Died(RuntimeError):
    """A process of ours ended before its work was done: by a signal or exit code, its `cause`, or as it took long."""

    def __init__(self, seconds: float, cause: str = "") -> None:
        key = "proof_died" if cause else "proof_timeout"
        super().__init__(vocabulary.both(key, cause=cause, seconds=seconds))
        self.cause = cause


def apart(function: Callable, *arguments: Any, heard: Callable[[Any], object], seconds: float | None = None) -> Any:
    """Call a function in a child process and return what it returns; raises `Died` where it ended before.

    The last thing it is called with is a function of its own: what that is given comes to `heard`. It is ended where
    nothing has come for so many seconds; what it started ends with it. It ends when this process does. As a child of
    the fork server it has everything imported.
    """
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    arguments = (theirs, dict(os.environ), function, arguments)
    process = context.Process(target=_in_child, args=arguments, name=OURS)
    process.start()
    theirs.close()
    try:
        while ours.poll(seconds):
            is_result, content = ours.recv()
            if is_result:
                return content
            heard(content)
        raise Died(seconds)
    except (EOFError, ConnectionError):
        process.join(5)
        code = process.exitcode
        raise Died(0, signal.Signals(-code).name if code is not None and code < 0 else f"exit {code}") from None
    finally:
        with contextlib.suppress(ProcessLookupError, AttributeError):  # it had no group yet; Windows has none
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.join()
        ours.close()


def _in_child(wire: Connection, environment: dict[str, str], function: Callable, arguments: tuple) -> None:
    os.environ.clear()  # the server's is from when it started
    os.environ.update(environment)
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own, with all that it starts; Ctrl-C is for who started it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    wire.send((True, function(*arguments, lambda message: wire.send((False, message)))))


def _end_with_parent() -> None:
    """End when who started this is gone, killed perhaps."""
    multiprocessing.parent_process().join()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


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

    def share(self, **folders: Files) -> None:
        """State the folders that all calls need: a worker is sent them when it lacks them; `raw` has the vocabulary."""
        self.name, self.common = hashlib.sha256(pickle.dumps(folders)).hexdigest()[:16], folders

    def call(self, function: Callable, task: Any, files: Files) -> tuple[Any, Files]:
        """Have a worker call `function(task, common, own)` and return its result and the files it made in `own/made`.

        `common` is the folder that is shared, `own` one that holds `files`. What the function raises is raised.
        """
        asked = (function, task, files, self.name, made_with())
        try:
            return self.client.submit(_called_there, *asked, pure=False).result()
        except _NotShared:  # by this worker, which may be a new one
            return self.client.submit(_called_there, *asked, self.common, pure=False).result()

    def each(self, do: Callable[[Any], Any], tasks: list) -> Iterator[Any]:
        """Do tasks, each of which waits for a call, as many at a time as there are workers; yield in their order."""
        pool = ThreadPoolExecutor(self.width)
        try:
            yield from pool.map(do, tasks)
        except KeyboardInterrupt:
            self.client.close()  # what is under way is given up
            raise
        finally:
            pool.shutdown(cancel_futures=True)


class _NotShared(Exception):
    """A worker has not been given yet what is in common; it is sent with the next call."""


_one_at_a_time = threading.RLock()  # the vocabulary in force and the environment are those of all threads of a worker


def _called_there(
    function: Callable,
    task: Any,
    files: Files,
    name: str,
    made_with_here: list[str],
    folders: dict[str, Files] | None = None,
) -> tuple[Any, Files]:
    from distributed import get_worker

    place = Path(get_worker().local_directory)
    with _one_at_a_time, tempfile.TemporaryDirectory(dir=place) as own:
        if not (common := place / name).is_dir():
            if folders is None:
                raise _NotShared
            fresh = Path(tempfile.mkdtemp(dir=place))
            for folder, content in folders.items():
                unpacked(content, fresh / folder)
            fresh.rename(common)
        vocabulary.use(common / "raw")
        if (found := made_with()) != made_with_here:
            raise RuntimeError(f"the worker's code or packages differ ({found} is not {made_with_here})")
        unpacked(files, Path(own))
        return function(task, common, Path(own)), packed(Path(own) / "made")


def packed(folder: Path) -> Files:
    """Return the files below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def unpacked(files: Files, folder: Path) -> None:
    """Write files below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
