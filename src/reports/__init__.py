"""What a scheduled run makes of the notebooks: parameters, sentences, pages, workbooks, and their publishing.

A notebook imports `open_report`, the words of charts (`describe`) and the sentences of `findings` from here, each
loaded on first use.
"""

import importlib
from typing import Any

_EXPORTS = {"describe": "src.reports.describe", "findings": "src.reports.findings", "open_report": "src.reports.report"}
__all__ = list(_EXPORTS)


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(_EXPORTS[name])
    return module if module.__name__.endswith(f".{name}") else getattr(module, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
