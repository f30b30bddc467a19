"""What a page says: estimates → the sentences of its opening, its findings and its answers, in two languages."""

import importlib
from types import ModuleType

__all__ = [
    "brief",
    "changes",
    "definition",
    "effect",
    "leaders",
    "overview",
    "participation",
    "quality",
    "trends",
    "where_next",
]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
