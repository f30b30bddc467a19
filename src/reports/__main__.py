"""The commands: `python -m src.reports build | check | report | sample | documents`. Thin; imports stay inside."""

import argparse
import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from src.reports.run.options import add_arguments

EXIT_FINDING, EXIT_USAGE, EXIT_REFUSED, EXIT_LOCKED, EXIT_INTERRUPTED = 1, 2, 3, 4, 130
MISNAMED = (FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError)
AGAIN_SECONDS = 0.1


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; what is wrong with the input is said in one sentence."""
    options = _parser().parse_args(arguments)
    try:
        with _interruptible():
            return options.run(options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except (ValueError, RuntimeError) as error:
        code = _exit_code(error)
        if code is None:
            raise
        print(error, file=sys.stderr)
        return code
    except OSError as error:
        if error.filename is None:
            raise
        from src.codebook import vocabulary

        print(vocabulary.both("path_unusable", path=error.filename, cause=error.strerror), file=sys.stderr)
        return EXIT_USAGE if isinstance(error, MISNAMED) else EXIT_FINDING


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM (a scheduler's stop) end a command: what it has begun is cleared away.

    Compiled code that calls Python may take the interruption for a failure of its own and go on, as numpy does where
    it compares types. So it comes again until it is heeded.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield  # signals are for the main thread
        return

    def stop(number: int, _: object) -> None:
        if number == signal.SIGALRM and _clearing_away():
            return
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS, AGAIN_SECONDS)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    heard = [number for number in before if before[number] not in (None, signal.SIG_IGN)]  # not what `nohup` shuts out
    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number in heard:
            signal.signal(number, before[number])


def _clearing_away() -> bool:
    """Return whether what runs now runs because of an interruption."""
    error = sys.exception()
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return bool(error)


def _exit_code(error: Exception) -> int | None:
    from src.codebook.vocabulary import VocabularyError
    from src.ingest.folders import DataRefused, Locked
    from src.ingest.readers.grid import UnreadableFile

    if isinstance(error, Locked):
        return EXIT_LOCKED
    refused = isinstance(error, DataRefused | UnreadableFile | VocabularyError)
    return EXIT_REFUSED if refused else getattr(error, "exit_code", None)


def _build(options: argparse.Namespace) -> int:
    from src.ingest.store import build

    if options.cluster:
        from src.ingest.cluster import Cluster
    summary = build(options.raw, options.processed, readers=Cluster(options.cluster).read if options.cluster else None)
    print(summary.records().to_string(index=False))
    lines = summary.ledger[summary.ledger["counted"].eq("lines")].groupby("class", sort=False)["count"].sum()
    print("lines: " + ", ".join(f"{name} {count:,}" for name, count in lines.items() if count))
    for warning in summary.warnings:
        print(f"! {warning}")
    state = "rebuilt" if summary.rebuilt else "unchanged"
    print(f"{state}: {summary.processed}" + ("  [合成数据 synthetic sample]" if summary.synthetic else ""))
    return 0


def _check(options: argparse.Namespace) -> int:
    from src.codebook import paths
    from src.ingest.check import check_file

    sources = options.sources or paths.sources_of(Path(options.file))
    text, reading = check_file(options.file, options.table, sources, options.places)
    print(text)
    return EXIT_REFUSED if reading is None else EXIT_FINDING if len(reading.quarantined) else 0


def _main_of(module: str) -> Callable[[argparse.Namespace], int]:
    """Return what runs a command that has a module of its own in `report/`, imported only then."""
    return lambda options: importlib.import_module(f"src.reports.run.{module}").main(options)


def _sample(options: argparse.Namespace) -> int:
    from src.codebook import paths
    from tools.sample.deliveries import write_sample

    to = Path(options.to) if options.to else paths.ROOT / "data" / "raw" / "sample"
    for path in write_sample(to, variant=options.variant, seed=options.seed, scale=options.scale):
        print(path)
    return 0


def _documents(options: argparse.Namespace) -> int:
    from tools.documents import write_documents

    for path in write_documents():
        print(path)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m src.reports", description="Community governance and incidents in a district."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        # report has a help of its own
        sub = commands.add_parser(name, help=text, description=text, add_help=name != "report")
        sub.set_defaults(run=run)
        return sub

    build = command("build", _build, "turn the deliveries in data/raw/ into clean tables and print the ledger")
    build.add_argument("--raw", metavar="DIR", help="the folder of the deliveries and their sources.yml")
    build.add_argument("--processed", metavar="DIR", help="where the clean tables go")
    build.add_argument(
        "--cluster", metavar="ADDRESS", help="have a dask.distributed scheduler's workers read the deliveries: tcp://…"
    )
    check = command("check", _check, "show what would load from one file, and what would not")
    check.add_argument("file", metavar="FILE")
    check.add_argument(
        "--table", required=True, help="projects, incidents, communities, demonstration_sites or published_figures"
    )
    check.add_argument(
        "--sources", metavar="FILE", help="a sources.yml that describes the file (default: the nearest one)"
    )
    check.add_argument("--places", metavar="FILE", help="another place register (CSV)")
    add_arguments(command("report", _main_of("run"), "run the notebooks and publish their pages"))
    verify = command("verify", _main_of("verify"), "make a page again from what it says it was made from, and compare")
    verify.add_argument("page", metavar="PAGE")
    command("doctor", _main_of("doctor"), "check what a run needs, and say the cure for what is missing")
    schedule = command(
        "schedule", _main_of("schedule"), "print a systemd service and timer, and a cron line, for this checkout"
    )
    schedule.add_argument("--to", type=Path, metavar="DIR", help="write them into a folder instead")
    sample = command("sample", _sample, "write the synthetic sample deliveries")
    sample.add_argument("--variant", choices=("effect", "placebo", "rtm_trap"), default="effect")
    sample.add_argument("--seed", type=_number(int, "0 or above", lambda n: n >= 0), default=20210930)
    sample.add_argument("--scale", type=_number(float, "above 0", lambda n: 0 < n < float("inf")), default=1.0)
    sample.add_argument("--to", metavar="DIR")
    command("documents", _documents, "write what the documentation takes from the code: dictionary, README chart")
    return parser


def _number(kind: type, right: str, possible: Callable[[Any], bool]) -> Callable[[str], Any]:
    """Return what reads a number of an option, and says what would be right where it cannot be one."""

    def read(text: str) -> Any:
        with contextlib.suppress(ValueError):
            if possible(number := kind(text)):
                return number
        raise argparse.ArgumentTypeError(f"{text!r} is not possible; right would be a number, {right}")

    return read


class _Unheard:
    """A stream that whoever reads it may close, or that has no room: what a command does must not depend on that."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as long as we run
        self._stream.reconfigure(errors="replace")  # a terminal without Chinese shows the English

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


if __name__ == "__main__":
    sys.stdout, sys.stderr = _Unheard(sys.stdout), _Unheard(sys.stderr)
    sys.exit(main())
