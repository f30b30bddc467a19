"""The notebooks read as sentences: few imports, public names alone, short cells, headings in both languages."""

import ast
import json
import re

import pytest

from src import analysis, reports
from src.codebook import paths
from src.codebook.messages import one_language
from src.codebook.vocabulary import LANGS
from src.reports import describe, findings

FILES = sorted(paths.notebooks().glob("[0-9]*.ipynb"))
PUBLIC = {"la": analysis, "describe": describe, "findings": findings}
MOST_CELLS, MOST_LINES, MOST_IMPORTS = 15, 14, 3


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def cells(request):
    found = json.loads(request.param.read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])) for cell in found]


@pytest.fixture
def code(cells):
    return [source for kind, source, _ in cells if kind == "code"]


def test_cells_are_few_and_short(code):
    assert len(code) <= MOST_CELLS
    assert max(len(source.splitlines()) for source in code) <= MOST_LINES


def test_they_import_public_packages_and_use_public_names_alone(code):
    tree = ast.parse("\n".join(code))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert len(imports) <= MOST_IMPORTS
    for node in imports:
        names = {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            public = {"src": {"analysis"}, "src.reports": set(reports.__all__)}
            assert names <= public.get(node.module, set()), node.module
        else:
            assert names <= {"pandas", "seaborn"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in PUBLIC:
            assert node.attr in PUBLIC[node.value.id].__all__, f"{node.value.id}.{node.attr}"


def test_they_define_nothing_and_know_no_path(code):
    tree = ast.parse("\n".join(code))
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Lambda)]
    assert not re.search(r"sys\.path|Path\(|__file__|\.\./", "\n".join(code))


def test_every_heading_is_in_both_languages(cells):
    prose = [(source, tags) for kind, source, tags in cells if kind == "markdown"]
    headings = [line.lstrip("# ") for source, _ in prose for line in source.splitlines() if line.startswith("#")]
    assert headings
    for line in headings:
        assert len({one_language(line, lang) for lang in LANGS}) == 2, line
    assert all(tags in (["lang-zh"], ["lang-en"]) for source, tags in prose if not source.startswith("#"))
