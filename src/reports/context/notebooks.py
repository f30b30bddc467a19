"""The notebooks that reports are made from, and their prose.

Prose stands in a notebook twice, in cells tagged `lang-zh` and `lang-en`; a page keeps one.
"""

import ast
import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.codebook import paths, vocabulary
from src.codebook.vocabulary import LANGS
from src.reports.context.parameters import ParameterError

LEVELS = ("district", "street", "community")
STATED = ("levels", "public", "why_not", "despite_refusal")
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Notebook:
    """A notebook that reports are made from: its file, its titles, and the kinds of area it can be made for."""

    path: Path
    titles: dict[str, str]
    levels: tuple[str, ...]
    digest: str
    public: tuple[str, ...] = ()  # the kinds of area it can be made for in public
    why_not: str = ""  # names the sentence that says why not for the others
    despite_refusal: bool = False  # shows refused deliveries, and is made for them too

    @property
    def name(self) -> str:
        """Return its file's name without ending."""
        return self.path.stem

    def levels_for(self, audience: str) -> tuple[str, ...]:
        """Return the kinds of area that it can be made for."""
        return self.public if audience == "public" else self.levels


def notebooks(names: Sequence[str] = (), folder: Path | None = None) -> list[Notebook]:
    """Return the notebooks that are meant (`03`, `03_incident_trends`, a file), all of them by default."""
    folder = folder or paths.notebooks()
    files = {file.stem: file for file in sorted(folder.glob("[0-9]*.ipynb"))}
    if not files:
        raise ParameterError(vocabulary.both("no_notebooks", folder=folder.name))
    chosen = [files[_which(name, list(files))] for name in names] or files.values()
    return [_read_notebook(file) for file in chosen]


def _which(name: str, known: list[str]) -> str:
    asked = Path(name).name.removesuffix(".ipynb")
    asked = asked.zfill(2) if asked.isdecimal() else asked  # 3 is 03
    fitting = [one for one in known if one == asked or one.split("_")[0] == asked or one.partition("_")[2] == asked]
    if len(fitting) != 1:
        likely = difflib.get_close_matches(asked, known, 3, cutoff=0.3) or known
        raise ParameterError(vocabulary.both("notebook_unknown", name=asked[:60], likely=likely))
    return fitting[0]


def _read_notebook(path: Path) -> Notebook:
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)
    titles = {lang: title_of(content, lang) or path.stem for lang in vocabulary.LANGS}
    stated = stated_by(content)
    digest = hashlib.sha256(text.encode()).hexdigest()
    of_areas = {"levels": tuple(stated.get("levels", LEVELS)), "public": tuple(stated.get("public", ()))}
    return Notebook(path, titles, digest=digest, **{**stated, **of_areas})


def stated_by(content: dict) -> dict[str, Any]:
    """Return what a notebook says of itself in its call of `check_parameters`, read without running it."""
    for cell in content["cells"]:
        if cell["cell_type"] == "code" and "check_parameters" in (source := source_of(cell)):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check_parameters":
                    return {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg in STATED}
    return {}


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
