"""Who takes part in community governance in a district, and do incidents fall.

Everything here is loaded on first use, so that importing the package costs nothing. See the README, "In Python".
"""

import importlib
import inspect
import pkgutil
import sys
from functools import cache
from typing import Any

# jsonschema (under nbformat) tries this for URI formats, which no schema here has; importing it takes 4 s.
sys.modules.setdefault("rfc3987_syntax", None)

HANDED_ON = {
    "src.ingest.load": ["LoadResult", "UnreadableFile", "read_table"],
    "src.ingest.folders": ["DataRefused", "Locked"],
    "src.ingest.store": ["BuildSummary", "build"],
}
_PARTS = {part.name for part in pkgutil.iter_modules(__path__)}


@cache
def _public() -> dict[str, Any]:
    """Return what is public, by name: of each module its `__all__`, else loaders and charts; and what is handed on."""
    from src.analysis.interface import checked, with_columns

    found = {name: getattr(importlib.import_module(home), name) for home, names in HANDED_ON.items() for name in names}
    for part in pkgutil.walk_packages(__path__, f"{__name__}."):
        module = importlib.import_module(part.name)
        own = [name for name in vars(module) if name.startswith(("load_", "plot_"))]
        for name in getattr(module, "__all__", own):
            thing = getattr(module, name)
            thing = with_columns(thing) if name.startswith("load_") else thing
            found[name] = checked(thing) if inspect.isfunction(thing) else thing
    return found


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return list(_public())
    if name.startswith("_") or name in _PARTS or name not in _public():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _public()[name]


def __dir__() -> list[str]:
    return sorted(_public())
