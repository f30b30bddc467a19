"""The notebooks that reports are made from, and their prose.

Prose stands in a notebook twice, in cells tagged `lang-zh` and `lang-en`, or a heading in both languages in one line
(`## 逐月变化 | Month by month`); a page keeps one. Notebooks that other tools saved will do, too.
"""

import argparse
import ast
import contextlib
import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from src.codebook import paths, vocabulary
from src.codebook.messages import one_language
from src.codebook.vocabulary import LANGS
from src.reports.parameters import NAMES, ParameterError, assigned

LEVELS = ("district", "street", "community")
# What the format asks of a cell, and not every tool writes.
LEAST = {"markdown": {"metadata": {}}, "raw": {"metadata": {}}}
LEAST["code"] = {"metadata": {}, "outputs": [], "execution_count": None}
STATED = ("levels", "public", "why_not", "despite_refusal")
OPENS = "open_report"
NEW = Path(__file__).with_name("new.ipynb")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
HEADING = re.compile(r"^(#+ )(.+)$", re.MULTILINE)


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
    defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)  # what its parameters cell assigns

    @property
    def name(self) -> str:
        """Return its file's name without ending."""
        return self.path.stem

    @property
    def own(self) -> dict[str, Any]:
        """Return the parameters that it has besides those of every notebook, with their defaults."""
        return {name: value for name, value in self.defaults.items() if name not in NAMES}

    def levels_for(self, audience: str) -> tuple[str, ...]:
        """Return the kinds of area that it can be made for."""
        return self.public if audience == "public" else self.levels


def notebooks(names: Sequence[str] = (), folder: Path | None = None) -> list[Notebook]:
    """Return the notebooks that are meant (`03`, `my_question`, a file), by default all those with a number.

    A file may lie anywhere; any other name is looked for in the folder of the notebooks.
    """
    folder = folder or paths.notebooks()
    files = {file.stem: file for file in sorted(folder.glob("*.ipynb"))}
    if not files and not names:
        raise ParameterError(vocabulary.both("no_notebooks", folder=folder.name))
    chosen = [_which(name, files) for name in names] or [file for name, file in files.items() if name[0].isdigit()]
    return [_read_notebook(file) for file in chosen]


def _which(name: str, files: Mapping[str, Path]) -> Path:
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name)
    asked = Path(name).name.removesuffix(".ipynb")
    asked = asked.zfill(2) if asked.isdecimal() else asked  # 3 is 03
    if asked in files:
        return files[asked]
    fitting = [one for one in files if one.split("_")[0] == asked or one.partition("_")[2] == asked]
    if len(fitting) != 1:
        likely = difflib.get_close_matches(asked, files, 3, cutoff=0.3) or list(files)
        raise ParameterError(vocabulary.both("notebook_unknown", name=asked[:60], likely=likely))
    return files[fitting[0]]


def _read_notebook(path: Path) -> Notebook:
    content = read_content(path)
    titles = {lang: title_of(content, lang) or path.stem for lang in LANGS}
    stated = stated_by(content)
    stated |= {"levels": tuple(stated.get("levels", LEVELS)), "public": tuple(stated.get("public", ()))}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Notebook(path, titles, digest=digest, defaults=defaults(content), **stated)


def read_content(path: Path) -> dict[str, Any]:
    """Return a notebook as version 4 of the format has it; raises `ParameterError` for a file that is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        if content["nbformat"] != 4:
            import nbformat

            content = nbformat.convert(nbformat.from_dict(content), 4)
        cells = [
            {"id": f"cell-{number}", **LEAST[cell["cell_type"]], **cell} for number, cell in enumerate(content["cells"])
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        cause = f"{type(error).__name__}: {error}"[:120]
        raise ParameterError(vocabulary.both("notebook_unreadable", file=path.name, cause=cause)) from None
    return {**content, "cells": cells, "nbformat_minor": 5}


def defaults(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a notebook's tagged cell assigns, with their values where these are plain."""
    tagged = [cell for cell in content["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    values = assigned(source_of(tagged[0])) if tagged else {}
    return {name: value for name, value in values.items() if value is not ...}


def stated_by(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a notebook says of itself in its call of `open_report`, read without running it."""
    for cell in content["cells"]:
        if cell["cell_type"] == "code" and OPENS in (source := source_of(cell)):
            with contextlib.suppress(SyntaxError):  # a cell with a magic
                calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
                for call in (call for call in calls if getattr(call.func, "id", "") == OPENS):
                    return {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg in STATED}
    return {}


def speaks(cell: Mapping[str, Any], lang: str) -> bool:
    """Return whether a cell stands on the page of a language: it is tagged with none or with that one."""
    return not {f"lang-{other}" for other in LANGS if other != lang} & set(cell["metadata"].get("tags", []))


def source_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's source as one text; a file may keep it in lines."""
    return "".join(cell["source"])


def in_language(prose: str, lang: str) -> str:
    """Return Markdown with each heading that holds both languages in its own, and the levels by their own names."""
    prose = HEADING.sub(lambda found: found[1] + one_language(found[2].strip(), lang), prose)
    return vocabulary.current().named(prose, lang)


def title_of(notebook: Mapping[str, Any], lang: str) -> str:
    """Return a notebook's title in a language: the first heading of its prose."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and speaks(cell, lang) and (found := TITLE.search(source_of(cell))):
            return vocabulary.current().named(one_language(found[1].strip(), lang), lang)
    return ""


def main(options: argparse.Namespace) -> int:
    """Write a notebook of one's own that runs as it stands, for `new NAME`, and say how.

    Raises `ParameterError` for a name that cannot be or is taken.
    """
    path = paths.notebooks() / f"{options.name.removesuffix('.ipynb')}.ipynb"
    if not re.fullmatch(r"[\w-]+", path.stem) or Path(options.name).name != options.name:
        raise ParameterError(vocabulary.both("new_name", name=options.name[:60]))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(NEW.read_text(encoding="utf-8").replace("NAME", path.stem))
    except FileExistsError:
        raise ParameterError(vocabulary.both("new_taken", name=path.name)) from None
    print(vocabulary.both("new_written", path=f"{path.parent.name}/{path.name}", name=path.stem))
    return 0
