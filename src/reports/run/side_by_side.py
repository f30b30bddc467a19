"""Many reports at a time, each in processes of its own or on a cluster: progress, a log, an end when interrupted."""

import contextlib
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from pathlib import Path

from src.codebook import vocabulary
from src.codebook.periods import now
from src.reports.run.plan import Outcome, PlannedPage

Maker = Callable[[PlannedPage, Path], Outcome]


def make_all(due: Sequence[PlannedPage], run: Path, jobs: int, maker: Maker) -> list[Outcome]:
    """Make reports below a run's folder, some at a time; return their outcomes in the order of the plan.

    An interruption ends their processes, then goes on. A terminal shows how far they are.
    """
    from tqdm import tqdm

    with ThreadPoolExecutor(min(jobs, len(due))) as pool:
        futures = [pool.submit(maker, report, run) for report in due]
        try:
            tqdm.monitor_interval = 0
            for future in tqdm(as_completed(futures), total=len(futures), unit="report", leave=False, disable=None):
                _tell(future.result(), run / "log.txt")
        except KeyboardInterrupt:
            _end(futures)
            raise
    return [future.result() for future in futures]


def _tell(outcome: Outcome, log: Path) -> None:
    report = outcome.report
    message = vocabulary.both("log_failed" if outcome.faults else "log_made", page=report.page, seconds=outcome.seconds)
    lines = [f"{now():%Y-%m-%d %H:%M:%S} {message}"]
    if outcome.faults:
        title, reason = report.notebook.titles[report.lang], outcome.faults[0]
        words = {"title": title, "area": report.area.label_zh, "reason": reason}
        print(vocabulary.sentence("run_failed", "zh", **words), file=sys.stderr)
        lines += [*outcome.faults, outcome.traceback]
    with contextlib.suppress(OSError), log.open("a", encoding="utf-8", errors="replace") as file:  # it stops nothing
        file.writelines(f"{line}\n" for line in lines)


def _end(futures: list[Future]) -> None:
    """End every process that this one started, until no report is under way."""
    import psutil

    for future in futures:
        future.cancel()
    while not all(future.done() for future in futures):
        for process in psutil.Process().children(recursive=True):
            process.kill()
        wait(futures, timeout=0.2)
