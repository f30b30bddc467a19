"""Runs one way of doing something in a process of its own: wall time, CPU time with its children, peak memory."""

import importlib
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def measured(call: str, warm: Path | str, *arguments: object, times: int = 3) -> list[dict]:
    """Return what several runs of a function took: `module:function` or `module:TABLE:name`, arguments as text."""
    command = [sys.executable, "-m", "benchmarks.measure", call, str(warm), *map(str, arguments)]
    found = []
    for _ in range(times):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{call}: {done.stderr[-2000:]}")
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return found


def median(runs: list[dict], what: str) -> float:
    """Return the median of what was measured."""
    return statistics.median(run[what] for run in runs)


def spread(runs: list[dict], what: str) -> str:
    """Return median, least and most."""
    values = [run[what] for run in runs]
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def _run(call: str, warm: str, *arguments: str) -> dict:
    """Measure a function; what it imports is imported by a run on the small input `warm` before, if there is one."""
    module, *names = call.split(":")
    function = getattr(importlib.import_module(module), names[0])
    function = function[names[1]] if len(names) > 1 else function
    if warm:
        function(Path(warm), *map(Path, arguments[1:]))
    started, used = time.perf_counter(), _cpu()
    answer = function(*map(Path, arguments))
    wall, cpu = time.perf_counter() - started, _cpu() - used
    peak = max(_peak_kb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    return {"wall": wall, "cpu": cpu, "peak_mb": peak / 1024, "answer": answer}


def _peak_kb() -> int:
    """Return the peak of this process alone: what `getrusage` says begins with that of the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def _cpu() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


if __name__ == "__main__":
    print(json.dumps(_run(*sys.argv[1:]), ensure_ascii=False))
