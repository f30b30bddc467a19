"""`report`: build the tables, plan the reports, make them side by side, publish what is whole."""

import argparse
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from src.analysis import paths, store, vocabulary
from src.analysis.report.methods import publish_methods
from src.analysis.report.parameters import ParameterError, check_period, check_values
from src.analysis.report.plan import Report, notebooks, plan
from src.analysis.report.provenance import now
from src.analysis.report.publish import Site, only_run

if TYPE_CHECKING:
    from src.analysis.report.make import Outcome

INTERRUPTED = 130


def main(options: argparse.Namespace) -> int:
    """Make the reports that the options ask for; return 0 all good, 1 a report failed, 130 interrupted.

    Raises `ParameterError` (exit 2), `DataRefused` (3), `Busy` (4); see `options.py` for what the options are.
    """
    started = time.monotonic()
    store.build()
    reports = _wanted(options)
    folder = Path(options.out).expanduser().resolve() if options.out else paths.reports()
    _make_writable(folder)
    with only_run(folder), _terminated_as_interrupted():
        site = Site(folder)
        due = [report for report in reports if options.force or not site.is_current(report)]
        scratch = folder / "runs" / f"{now():%Y%m%d-%H%M%S}-{os.getpid()}"
        try:
            outcomes = _make_all(due, scratch, options) if due else []
        except KeyboardInterrupt:
            shutil.rmtree(scratch, ignore_errors=True)
            print(vocabulary.both("run_interrupted"), file=sys.stderr)
            return INTERRUPTED
        if outcomes:
            site.publish(outcomes, scratch)
        publish_methods(folder)
        if options.pdf:
            from src.analysis.report.pdf import print_pages

            print_pages([folder / report.page for report in reports])
        site.forget_runs(options.keep)
    failed = sum(bool(outcome.faults) for outcome in outcomes)
    counts = {"made": len(due) - failed, "kept": len(reports) - len(due), "failed": failed}
    print(vocabulary.both("run_done", **counts, seconds=time.monotonic() - started, index=folder / "index.html"))
    return 1 if failed else 0


def _wanted(options: argparse.Namespace) -> list[Report]:
    """Return the reports that are asked for; every mistake in the options is found here, before anything is made."""
    if options.jobs < 1:
        raise ParameterError(vocabulary.both("jobs_wrong", value=options.jobs))
    langs = options.lang.replace("，", ",").split(",") if options.lang else []
    choices = {"compare": options.compare, "audience": options.audience}
    for lang in langs or ["zh"]:
        check_values({**choices, "lang": lang})
    check_period(options.period, "zh")
    return plan(notebooks(options.notebooks), options.area, langs, period=options.period, **choices)


def _make_all(due: Sequence[Report], scratch: Path, options: argparse.Namespace) -> list["Outcome"]:
    """Make the reports, some at a time; an interruption ends the processes that run cells, then goes on."""
    from src.analysis.report import engine
    from src.analysis.report.make import make

    chosen = options.engine or (engine.NAME if engine.available() else "stock")
    scratch.mkdir(parents=True)
    log = _log(scratch / "log.txt")
    outcomes = []
    with ThreadPoolExecutor(min(options.jobs, len(due))) as pool:  # the cells run in processes of their own
        futures = [pool.submit(make, report, scratch, chosen) for report in due]
        try:
            for future in _progress(futures):
                outcomes.append(future.result())
                _tell(outcomes[-1], log)
        except KeyboardInterrupt:
            _end(futures)
            raise
    return outcomes


def _tell(outcome: "Outcome", log: logging.Logger) -> None:
    report = outcome.report
    log.info("%s %s %.1f s", "failed" if outcome.faults else "made", report.page, outcome.seconds)
    if outcome.faults:
        title, reason = report.notebook.titles[report.lang], outcome.faults[0]
        print(
            vocabulary.sentence("run_failed", "zh", title=title, area=report.area.label_zh, reason=reason),
            file=sys.stderr,
        )
        log.error("%s\n%s", "\n".join(outcome.faults), outcome.traceback)


def _end(futures: list[Future]) -> None:
    """End every process that this one started, until no report is under way."""
    import psutil

    for future in futures:
        future.cancel()
    while not all(future.done() for future in futures):
        for process in psutil.Process().children(recursive=True):
            process.kill()
        wait(futures, timeout=0.2)


def _progress(futures: list[Future]) -> Iterator[Future]:
    """Yield reports as they end, with a bar on a terminal and a plain line now and then elsewhere."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        tqdm.monitor_interval = 0
        yield from tqdm(as_completed(futures), total=len(futures), unit="report", leave=False)
        return
    for number, future in enumerate(as_completed(futures), 1):
        yield future
        if number % 10 == 0 or number == len(futures):
            print(f"{number}/{len(futures)}", file=sys.stderr, flush=True)


def _log(file: Path) -> logging.Logger:
    for noisy in ("papermill", "traitlets", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    log = logging.getLogger("src.analysis.report.log")
    log.propagate = False
    log.setLevel(logging.INFO)
    log.handlers = [logging.FileHandler(file, encoding="utf-8")]
    log.handlers[0].setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    return log


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ParameterError(
            vocabulary.both("run_not_writable", folder=folder, cause=error.strerror or error)
        ) from None


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM (a scheduler's stop) end a run as Ctrl-C does."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
