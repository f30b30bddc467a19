"""The prose of a notebook, which stands in it twice: cells tagged `lang-zh` and `lang-en`; a page keeps one."""

import re
from collections.abc import Mapping
from typing import Any

from src.analysis.vocabulary import LANGS

HEADING = re.compile(r"^# (.+)$", re.MULTILINE)


def speaks(cell: Mapping[str, Any], lang: str) -> bool:
    """Return whether a cell stands on the page of a language: it is tagged with none or with that one."""
    return not {f"lang-{other}" for other in LANGS if other != lang} & set(cell["metadata"].get("tags", []))


def source_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's source as one text; a file may keep it in lines."""
    return "".join(cell["source"])


def title_of(notebook: Mapping[str, Any], lang: str) -> str:
    """Return a notebook's title in a language: the first heading of its prose."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and speaks(cell, lang) and (found := HEADING.search(source_of(cell))):
            return found[1].strip()
    return ""
