"""A papermill engine that runs the cells in a process forked from one that has everything imported already.

What the stock engine does in a new kernel (1.3 s to start, 1.2 s of imports), this does in a child of the standard
library's fork server: some 0.04 s. The child is one IPython shell; outputs come back over a pipe, in order. A crash or
a time-out becomes an error in the cell. Linux only; elsewhere the stock engine does the work.
"""

import json
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from nbformat import from_dict
from papermill.engines import Engine, papermill_engines

from src.codebook import vocabulary
from src.ingest import parallel

NAME = "forked"
PRELOADED = "src.reports.run.preload"


def available() -> bool:
    """Return whether processes can be forked safely here."""
    return sys.platform == "linux"


def start_server(period: str = "", compare: str = "previous_year", audience: str = "internal") -> None:
    """Start the fork server, which imports in the background what notebooks need and works out what they share."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOADED])
    from multiprocessing import forkserver

    os.environ[parallel.IN_COMMON] = json.dumps({"period": period, "compare": compare, "audience": audience})
    forkserver.ensure_running()


class ForkedEngine(Engine):
    """Runs a notebook's cells in a forked IPython shell."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, execution_timeout: float | None = None, **kwargs: Any
    ) -> None:
        """Run each code cell and record its outputs; after an error the rest is not run, as with the stock engine."""
        from src.reports.run.shell import serve

        start_server()
        context = multiprocessing.get_context("forkserver")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, dict(os.environ)), name=parallel.OURS)
        process.start()
        theirs.close()
        named: dict[str, list] = {}  # outputs that a later cell may update
        try:
            for index, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, index)
                failed = _takes_part(cell) and not _run_cell(cell, ours, process, execution_timeout, named)
                if failed:
                    nb_man.cell_exception(cell, cell_index=index)
                nb_man.cell_complete(cell, cell_index=index)
                if failed:
                    break
        finally:
            process.kill()
            process.join()
            ours.close()


def _takes_part(cell: Any) -> bool:
    return cell.cell_type == "code" and cell.source.strip() and "skip-execution" not in cell.metadata.get("tags", [])


def _run_cell(cell: Any, ours: Connection, process: Any, timeout: float | None, named: dict[str, list]) -> bool:
    """Run one cell and return whether it went well."""
    record = _Record(cell, named)
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        ours.send(cell.source)
        while True:
            if not ours.poll(None if deadline is None else max(deadline - time.monotonic(), 0)):
                process.kill()
                return record.fail("CellTimeoutError", vocabulary.both("proof_timeout", seconds=timeout))
            kind, content = ours.recv()
            if kind == "done":
                cell.execution_count = content["execution_count"]
                return content["success"] or "raises-exception" in cell.metadata.get("tags", [])
            record.take(kind, content)
    except (EOFError, ConnectionError):
        process.join(5)
        return record.fail("DeadKernelError", vocabulary.both("proof_died", cause=_cause(process.exitcode)))


def _cause(exitcode: int | None) -> str:
    return signal.Signals(-exitcode).name if exitcode is not None and exitcode < 0 else f"exit {exitcode}"


class _Record:
    """The outputs of one cell, put together from messages the way a notebook client does."""

    def __init__(self, cell: Any, named: dict[str, list]) -> None:
        self.cell, self.clear_next, self.named = cell, False, named

    def take(self, kind: str, content: dict) -> None:
        name = content.pop("display_id", None)
        if kind == "update_display_data":
            for output in self.named.get(name, []):
                output.update(content)
            return
        if kind == "clear_output":
            self.clear_next = content["wait"]
            if not content["wait"]:
                self.cell.outputs.clear()
            return
        if self.clear_next:
            self.cell.outputs.clear()
            self.clear_next = False
        last = self.cell.outputs[-1] if self.cell.outputs else None
        if kind == "stream" and last is not None and last.output_type == "stream" and last.name == content["name"]:
            last.text += content["text"]
        else:
            self.cell.outputs.append(from_dict({"output_type": kind, **content}))
            if name is not None:
                self.named.setdefault(name, []).append(self.cell.outputs[-1])

    def fail(self, name: str, value: str) -> bool:
        self.take("error", {"ename": name, "evalue": value, "traceback": [f"{name}: {value}"]})
        return False


papermill_engines.register(NAME, ForkedEngine)
