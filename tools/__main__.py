"""The commands that serve the repository: `python -m tools sample | documents`, from its root. Imports stay inside."""

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from src.codebook.command_line import Commands, start


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    commands = Commands("What serves the repository itself.")
    add = commands.add("sample", _sample, "write the synthetic sample deliveries")
    add("--variant", choices=("effect", "placebo", "rtm_trap"), default="effect")
    add("--seed", type=_number(int, "0 or above", lambda n: n >= 0), default=20210930)
    add("--scale", type=_number(float, "above 0", lambda n: 0 < n < float("inf")), default=1.0)
    add("--to", metavar="DIR")
    text = "write what the documentation takes from the code: dictionary, README chart"
    commands.add("documents", _documents, text)
    return commands.run(arguments)


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


def _number(kind: type, right: str, possible: Callable[[Any], bool]) -> Callable[[str], Any]:
    """Return what reads a number of an option, and says what would be right where it cannot be one."""

    def read(text: str) -> Any:
        with contextlib.suppress(ValueError):
            if possible(number := kind(text)):
                return number
        raise argparse.ArgumentTypeError(f"{text!r} is not possible; right would be a number, {right}")

    return read


if __name__ == "__main__":
    start(main)
