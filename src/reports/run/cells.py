"""The cells of a notebook run in this process: one IPython shell, whose outputs are put into the cells, in order."""

import base64
import builtins
import gc
import io
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets import Type
from traitlets.config import Config

from src.codebook import vocabulary

MOST_PRINTED = 2_000_000  # characters of one cell; a page of as many is refused


class _Outputs(NotebookClient):
    """The outputs of the cell that runs, put together as a notebook client does, for any thread of it."""

    def begin(self, number: int) -> None:
        self.number, self.cell, self.printed = number, self.nb.cells[number], 0
        self.cell.outputs, self.clear_before_next_output = [], False

    def hear(self, kind: str, **content: Any) -> None:
        with LOCK:
            last = self.cell.outputs[-1] if self.cell.outputs and not self.clear_before_next_output else {}
            if kind == "stream":
                content["text"] = self._fitting(content["text"])
                if (last.get("output_type"), last.get("name")) == (kind, content["name"]):
                    last.text += content["text"]
                    return
            message = {"msg_type": kind, "header": {"msg_type": kind}, "parent_header": {}, "content": content}
            self.process_message(message, self.cell, self.number)

    def _fitting(self, text: str) -> str:
        """Return what of a text is kept: a cell that prints without end is not to fill the memory."""
        room, self.printed = MOST_PRINTED - self.printed, self.printed + len(text)
        if 0 <= room < len(text):
            return text[:room] + vocabulary.both("printed_cut", most=MOST_PRINTED)
        return text if room >= 0 else ""


LOCK = threading.RLock()
_outputs = _Outputs(NotebookNode())


class _Stream(io.TextIOBase):
    """Standard output or error of the cells."""

    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        self.name = name

    def write(self, text: str) -> int:
        if text:
            _outputs.hear("stream", name=self.name, text=text)
        return len(text)

    def writable(self) -> bool:
        return True


def _bundle(data: dict, metadata: dict | None) -> dict[str, Any]:
    encoded = {
        kind: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for kind, value in data.items()
    }
    return {"data": encoded, "metadata": metadata or {}}


class _Publisher(DisplayPublisher):
    """Takes what `display` is given."""

    def publish(self, data: dict, metadata: dict | None = None, *, update: bool = False, **more: Any) -> None:
        kind, transient = "update_display_data" if update else "display_data", more.get("transient")
        _outputs.hear(kind, **_bundle(data, metadata), transient=transient)

    def clear_output(self, wait: bool = False) -> None:
        _outputs.hear("clear_output", wait=wait)


class _Hook(DisplayHook):
    """Takes the value of a cell's last expression."""

    def write_output_prompt(self) -> None:
        """Leave out the prompt."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        _outputs.hear("execute_result", **_bundle(format_dict, md_dict), execution_count=self.prompt_count)

    def finish_displayhook(self) -> None:
        """Write nothing after the value."""


class _Shell(InteractiveShell):
    """IPython without a terminal."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        _outputs.hear("error", ename=str(etype.__name__), evalue=str(evalue), traceback=list(stb))

    def enable_gui(self, gui: str | None = None) -> None:
        """Have no window."""

    def init_virtualenv(self) -> None:
        """Leave the path as it is."""


def takes_part(cell: NotebookNode) -> bool:
    """Return whether a cell is one to run."""
    return cell.cell_type == "code" and cell.source.strip() and "skip-execution" not in cell.metadata.get("tags", [])


def run_cells(notebook: NotebookNode, heard: Callable[[Any], object]) -> NotebookNode:
    """Run the code cells of a notebook until one fails, as a notebook client does, and return it.

    `heard` is told of the notebook, then of each cell that did not fail with its number. The process is this notebook's
    from now on: its standard streams are the cells'.
    """
    heard(notebook)
    shell, _outputs.nb = _start(), notebook
    _outputs.reset_execution_trackers()
    with tempfile.TemporaryFile() as below:  # what C code and programs write without asking Python
        os.dup2(below.fileno(), 1)
        os.dup2(below.fileno(), 2)
        seen = 0
        for cell in (cell for cell in notebook.cells if takes_part(cell)):
            _outputs.begin(notebook.cells.index(cell))
            result = shell.run_cell(cell.source, store_history=True)
            cell.execution_count = shell.execution_count - 1
            below.seek(seen)
            sys.stdout.write(below.read().decode("utf-8", "replace"))
            seen = below.seek(0, os.SEEK_END)
            if not (result.success or "raises-exception" in cell.metadata.get("tags", [])):
                break
            heard((_outputs.number, cell))
    return notebook


def _start() -> _Shell:
    gc.set_threshold(100_000)  # a report lives for a second: at 700 the collector took 5 % of it
    shell = _Shell.instance(config=Config({"HistoryManager": {"enabled": False}}), colors="linux")
    sys.stdout, sys.stderr = _Stream("stdout"), _Stream("stderr")
    builtins.input = shell.user_ns["input"] = _no_input
    if "MPLBACKEND" not in os.environ:
        shell.enable_matplotlib("inline")  # in each child: set up before the fork, figures would show as text
    return shell


def _no_input(prompt: str = "") -> str:
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")
