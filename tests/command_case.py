"""The commands as ./run hands them over, each to the package that has it."""

import importlib
import runpy

from src.codebook import paths

COMMANDS = runpy.run_path(str(paths.ROOT / "run"), run_name="run")["COMMANDS"]
PACKAGES = {name: where for name, (where, _) in COMMANDS.items() if isinstance(where, str)}


def main(arguments: list[str]) -> int:
    """Run a command of a package here and return its exit code."""
    return importlib.import_module(f"{PACKAGES[arguments[0]]}.__main__").main(arguments)
