"""Folders that several processes write to: files replaced whole, one writer at a time, refusals in plain words."""

import contextlib
import os
import secrets
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from src.codebook import vocabulary

HALF = ".half-"  # how a file is named until it is whole


class DataRefused(ValueError):
    """The deliveries cannot be used; the tables of the last good build stay. The message says which and why."""

    exit_code = 3


class HeldBack(DataRefused):
    """The deliveries are well-formed and cannot be true by their own past; the tables stay until somebody accepts."""

    exit_code = 6


class Locked(RuntimeError):
    """Another process holds the folder."""

    exit_code = 4


def replace_file(path: Path, write: Callable[[Path], object], *, private: bool = False) -> None:
    """Write a file beside its place and move it there, so that a reader sees the old one or the new one, whole.

    The umask says who may read it; what is private is for the owner alone, or for the group that shares the folder.
    """
    beside = path.with_name(f"{HALF}{secrets.token_hex(8)}{path.suffix}")
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _private(path.parent) if private else 0o666))
    mode = stat.S_IMODE(beside.stat().st_mode)
    try:
        write(beside)
        with beside.open("rb") as written:
            os.fsync(written.fileno())  # else a power cut may leave the new name on an empty file
        beside.chmod(mode)  # a program that printed it may have put a file of its own there
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def replace_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text file as `replace_file` does."""
    replace_file(path, lambda beside: beside.write_text(text, encoding="utf-8"), private=private)


def keep_private(path: Path) -> None:
    """Make a file private, an empty one where there is none yet: what is written into it is so from the first byte."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, _private(path.parent)))
    path.chmod(_private(path.parent))


def _private(folder: Path) -> int:
    """Return the mode of a private file in a folder: for the owner alone, or for the group that shares the folder."""
    return 0o660 if folder.stat().st_mode & stat.S_IWGRP else 0o600


def clear_halves(folder: Path) -> None:
    """Delete what writers that were killed have left below a folder; whoever calls holds it alone."""
    for path in folder.rglob(f"{HALF}*"):
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def writable(folder: Path, *, private: bool = False) -> Iterator[None]:
    """Make a folder and let the caller write in it; what the system refuses is told as `DataRefused`."""
    try:
        if private:
            make_private(folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        message = vocabulary.both("not_writable", folder=folder, cause=error.strerror or error)
        raise DataRefused(message + way_out(error, folder)) from None


def way_out(error: Exception, folder: Path) -> str:
    """Return what lets several people work in a folder, where its permissions are what hinders."""
    if not isinstance(error, PermissionError):
        return ""
    return f" {vocabulary.both('folder_shared', folder=shlex.quote(str(folder)))}"


def make_private(folder: Path) -> None:
    """Make a folder for the owner alone, or for the group where it may write in the folder above."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    shared = folder.parent.stat().st_mode & stat.S_IWGRP
    folder.mkdir(mode=0o770 if shared else 0o700, exist_ok=True)
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o007:
        folder.chmod(mode & ~0o007)


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
