"""Who takes part in community governance in a district, and do incidents fall.

Everything here is loaded on first use, so that importing the package costs nothing. See the README, "In Python".
"""

import ast
import importlib
import pkgutil
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

# jsonschema (under nbformat) tries this for URI formats, which no schema here has; importing it takes 4 s.
sys.modules.setdefault("rfc3987_syntax", None)

FROM_INGEST = {
    "LoadResult": "load", "UnreadableFile": "load", "read_table": "load", "DataRefused": "folders", "Locked": "folders",
    "BuildSummary": "store", "build": "store",
}  # fmt: skip
_PARTS = {part.name for part in pkgutil.iter_modules(__path__)}


@cache
def _modules() -> dict[str, str]:
    """Return the module of each public name: those in its `__all__`, else loaders and charts; and what is handed on."""
    found = {name: f"src.ingest.{module}" for name, module in FROM_INGEST.items()}
    for file in Path(__path__[0]).rglob("*.py"):  # read, not imported: whoever asks for a name pays for its module
        text, part = file.read_text("utf-8"), file.relative_to(__path__[0]).with_suffix("").parts
        stated = re.search(r"^__all__ = (\[.*?\])", text, re.DOTALL | re.MULTILINE)
        named = ast.literal_eval(stated[1]) if stated else re.findall(r"^def ((?:load|plot)_\w+)", text, re.MULTILINE)
        found |= dict.fromkeys(named, ".".join((__name__, *part)))
    return found


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return list(_modules())
    if name.startswith("_") or name in _PARTS or name not in _modules():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _modules()[name]
    thing = getattr(importlib.import_module(module), name)
    if module.startswith((f"{__name__}.stats.", f"{__name__}.charts.")):
        from src.analysis.interface import checked

        thing = checked(thing)
    elif name.startswith("load_"):
        from src.analysis.loading import with_columns

        thing = with_columns(thing)
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    return sorted(_modules())
