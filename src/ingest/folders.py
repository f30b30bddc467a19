"""Folders that several processes write to: files replaced whole, one writer at a time, refusals in plain words."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from src.codebook import vocabulary

HALF = ".half-"  # how a file is named until it is whole


class DataRefused(ValueError):
    """The deliveries cannot be used; the tables of the last good build stay. The message says which and why."""

    exit_code = 3


class Locked(RuntimeError):
    """Another process holds the folder."""

    exit_code = 4


def replace_file(path: Path, write: Callable[[Path], object], *, private: bool = False) -> None:
    """Write a file beside its place and move it there, so that a reader sees the old one or the new one, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=HALF, suffix=path.suffix)
    os.close(handle)
    beside = Path(name)
    try:
        write(beside)
        with beside.open("rb") as written:
            os.fsync(written.fileno())  # else a power cut may leave the new name on an empty file
        beside.chmod(0o600 if private else 0o644)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write a text file as `replace_file` does."""
    replace_file(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def clear_halves(folder: Path) -> None:
    """Delete what writers that were killed have left below a folder; whoever calls holds it alone."""
    for path in folder.rglob(f"{HALF}*"):
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def writable(folder: Path, *, private: bool = False) -> Iterator[None]:
    """Make a folder and let the caller write in it; what the system refuses is told as `DataRefused`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if private:
            folder.chmod(0o700)
        yield
    except OSError as error:
        raise DataRefused(vocabulary.both("not_writable", folder=folder, cause=error.strerror or error)) from None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder alone; raises `Locked` when another process does not let go of it."""
    import filelock

    with writable(folder):
        lock = filelock.FileLock(folder / ".lock", timeout=600)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise Locked(vocabulary.both("locked", folder=folder)) from None
    try:
        yield
    finally:
        lock.release()
