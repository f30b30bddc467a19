"""Processes of our own: a child does not run the user's script again, whatever the way it is started."""

import multiprocessing
import signal
from multiprocessing import context, spawn
from typing import Any

OURS = "of longling-analysis"
IN_COMMON = "ANALYSIS_IN_COMMON"  # in the environment of the fork server: what the reports of a run have in common


def _told_to_children(name: str, whole: Any = spawn.get_preparation_data) -> dict[str, Any]:
    """Return what `multiprocessing` tells a child; ours are not to import the user's script again.

    A script needs no `if __name__ == "__main__"` then, and what it does is done once.
    """
    told = whole(name)
    return {key: told[key] for key in told if name != OURS or not key.startswith("init_main")}


spawn.get_preparation_data = _told_to_children


class Process(context.SpawnProcess):
    """A process that begins anew: the fork server is the reports', and has imported what they need."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named | {"name": OURS})

    def start(self) -> None:
        """Start it deaf to Ctrl-C from its first moment: the one that starts it ends it."""
        if not hasattr(signal, "pthread_sigmask"):
            return super().start()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Context(context.SpawnContext):
    """What a pool starts such processes by."""

    Process = Process


def end() -> int:
    """End the processes of pools, whatever they do; return how many there were."""
    ours = [process for process in multiprocessing.active_children() if isinstance(process, Process)]
    for process in ours:
        process.kill()
        process.join()
    return len(ours)
