"""What every command does: end on an interruption, turn errors into a sentence and an exit code, outlive its reader."""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TextIO

FINDING, USAGE, REFUSED, LOCKED, INCOMPLETE, INTERRUPTED = 1, 2, 3, 4, 5, 130  # exit codes; the README explains each
MISNAMED = (FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError)
AGAIN_SECONDS = 0.1
ACCEPT = "let through, this once, deliveries that were held back because they cannot be true by their own past"


class Commands:
    """The commands of one package, as `./run` hands them over; what runs one takes options, returns an exit code."""

    def __init__(self, description: str) -> None:
        self._parser = argparse.ArgumentParser(prog="./run", description=description)
        self._added = self._parser.add_subparsers(required=True, metavar="COMMAND")

    def add(self, name: str, run: Callable[[argparse.Namespace], int], text: str, **own: Any) -> Callable:
        """Add a command and return what adds an option to it."""
        command = self._added.add_parser(name, help=text, description=text, **own)
        command.set_defaults(run=run)
        return command.add_argument

    def run(self, arguments: list[str] | None = None) -> int:
        """Run one command and return its exit code; what is wrong with the input is said in one sentence."""
        options = self._parser.parse_args(arguments)
        try:
            with interruptible():
                return options.run(options)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return INTERRUPTED
        except (ValueError, RuntimeError) as error:
            code = getattr(error, "exit_code", None)  # of an error that is the user's to mend
            if code is None:
                raise
            print(error, file=sys.stderr)
            return code
        except OSError as error:
            if error.filename is None:
                raise
            from src.codebook import vocabulary

            print(vocabulary.both("path_unusable", path=error.filename, cause=error.strerror), file=sys.stderr)
            return USAGE if isinstance(error, MISNAMED) else FINDING


def start(main: Callable[[], int]) -> NoReturn:
    """Run a program and exit with its code."""
    sys.stdout, sys.stderr = _ClosableStream(sys.stdout), _ClosableStream(sys.stderr)
    sys.exit(main())


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
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

    def unraisable(ignored: Any) -> None:
        if not isinstance(ignored.exc_value, KeyboardInterrupt):  # within a finaliser; it comes again
            shown(ignored)

    shown, sys.unraisablehook = sys.unraisablehook, unraisable
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    heard = [number for number in before if before[number] not in (None, signal.SIG_IGN)]  # not what `nohup` shuts out
    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = shown
        for number in heard:
            signal.signal(number, before[number])


def _clearing_away() -> bool:
    """Return whether what runs now runs because of an interruption."""
    error = sys.exception()
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return bool(error)


class _ClosableStream:
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
