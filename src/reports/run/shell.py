"""The other end of the forked engine: one IPython shell that sends what its cells show over a pipe, in order."""

import base64
import builtins
import ctypes
import gc
import io
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from multiprocessing.connection import Connection
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets import Type
from traitlets.config import Config

PR_SET_PDEATHSIG = 1  # prctl(2): die when the parent does


class _Wire:
    """The pipe to the engine, for any thread of a cell."""

    def __init__(self, wire: Connection) -> None:
        self.wire, self.one_at_a_time = wire, threading.RLock()

    def send(self, message: tuple[str, dict]) -> None:
        with self.one_at_a_time:
            self.wire.send(message)


class _Stream(io.TextIOBase):
    """Standard output or error of the cells, sent as it is written."""

    encoding = "utf-8"

    def __init__(self, name: str, wire: _Wire) -> None:
        self.name, self.wire = name, wire

    def write(self, text: str) -> int:
        if text:
            self.wire.send(("stream", {"name": self.name, "text": text}))
        return len(text)

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


def _jsonable(data: dict) -> dict:
    return {
        kind: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


class _Publisher(DisplayPublisher):
    """Sends what `display` is given."""

    wire = AnyTrait()

    def publish(
        self, data: dict, metadata: dict | None = None, *, transient: dict | None = None, update: bool = False, **_: Any
    ) -> None:
        content = {
            "data": _jsonable(data),
            "metadata": metadata or {},
            "display_id": (transient or {}).get("display_id"),
        }
        self.wire.send(("update_display_data" if update else "display_data", content))

    def clear_output(self, wait: bool = False) -> None:
        self.wire.send(("clear_output", {"wait": wait}))


class _Hook(DisplayHook):
    """Sends the value of a cell's last expression."""

    wire = AnyTrait()

    def write_output_prompt(self) -> None:
        """Leave out the prompt."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        content = {"data": _jsonable(format_dict), "metadata": md_dict or {}, "execution_count": self.prompt_count}
        self.wire.send(("execute_result", content))

    def finish_displayhook(self) -> None:
        """Write nothing after the value."""


class _Shell(InteractiveShell):
    """IPython without a terminal."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    wire = AnyTrait()

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.wire.send(("error", {"ename": str(etype.__name__), "evalue": str(evalue), "traceback": list(stb)}))

    def enable_gui(self, gui: str | None = None) -> None:
        """Have no window."""

    def init_virtualenv(self) -> None:
        """Leave the path as it is."""


def serve(wire: Connection, environment: dict[str, str]) -> None:
    """Run the cells that arrive until the other end closes; the process dies with its parent."""
    os.environ.clear()  # the server's is from when it started
    os.environ.update(environment)
    gc.set_threshold(100_000)  # a report lives for a second: at 700 the collector took 5 % of it
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run that started it ends it
    out = _Wire(wire)
    shell = _start(out)
    with tempfile.TemporaryFile() as below:  # what C code and programs write without asking Python
        os.dup2(below.fileno(), 1)
        os.dup2(below.fileno(), 2)
        seen = 0
        while True:
            try:
                source = wire.recv()
            except (EOFError, OSError):
                return
            result = shell.run_cell(source, store_history=True)
            count = shell.execution_count - 1
            below.seek(seen)
            if text := below.read().decode("utf-8", "replace"):
                out.send(("stream", {"name": "stdout", "text": text}))
            seen = below.seek(0, os.SEEK_END)
            out.send(("done", {"success": bool(result.success), "execution_count": count}))


def _end_with_the_run() -> None:
    """End when the run that asked for the cells is gone, killed perhaps: the fork server lives as long as this does."""
    multiprocessing.parent_process().join()
    os.kill(os.getpid(), signal.SIGKILL)


def _start(wire: _Wire) -> _Shell:
    quiet = Config({"HistoryManager": {"enabled": False}})
    shell = _Shell.instance(config=quiet, wire=wire, colors="linux")
    shell.displayhook.wire = shell.display_pub.wire = wire
    sys.stdout, sys.stderr = _Stream("stdout", wire), _Stream("stderr", wire)
    builtins.input = shell.user_ns["input"] = _no_input
    if "MPLBACKEND" not in os.environ:
        shell.enable_matplotlib("inline")  # in each child: set up before the fork, figures would show as text
    return shell


def _no_input(prompt: str = "") -> str:
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")
