"""Who takes part in community governance in a district, and do incidents fall.

Everything here is loaded on first use, so that importing the package costs nothing. See the README, "In Python".
"""

import importlib
from typing import Any

_EXPORTS = {
    "clean": ("Reading", "UnreadableFile", "read_table"),
    "folders": ("DataRefused",),
    "store": (
        "BuildSummary", "build", "load_communities", "load_incidents", "load_projects", "load_published_figures",
        "load_set_aside", "load_sites",
    ),
}  # fmt: skip
_MODULES = {name: module for module, names in _EXPORTS.items() for name in names}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
