"""The four floors of the house and the arrows between them: data flows one way, and nothing imports upwards."""

import ast
from graphlib import TopologicalSorter

import pytest

from src.codebook import paths

# Each package and those that it may import.
FLOORS = {
    "src/codebook": set(),
    "src/ingest": {"codebook"},
    "src/analysis": {"codebook", "ingest"},
    "src/reports": {"codebook", "ingest", "analysis"},
}


def modules_imported(tree: ast.AST, known: set[str]):
    """Yield the modules that a file imports, those within functions too; not those of types alone."""
    types = {id(n) for i in ast.walk(tree) if isinstance(i, ast.If) for n in ast.walk(i) if "TYPE_" in ast.dump(i.test)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in types:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def modules() -> dict[str, ast.AST]:
    """Return every module of the house with its tree."""
    files = {".".join(f.relative_to(paths.ROOT).with_suffix("").parts): f for f in paths.SRC.rglob("*.py")}
    return {name.removesuffix(".__init__"): ast.parse(file.read_text("utf-8")) for name, file in files.items()}


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_what_lies_below_it(floor):
    for file in (paths.ROOT / floor).rglob("*.py"):
        found = set(modules_imported(ast.parse(file.read_text("utf-8")), set()))
        assert not [name for name in found if name.partition(".")[0] == "tools"], file
        above = {name.split(".")[1] for name in found if name.startswith("src.")}
        assert above - {floor.removeprefix("src/")} <= FLOORS[floor], file


def test_every_package_is_a_floor():
    assert {p.name for p in paths.SRC.iterdir() if (p / "__init__.py").is_file()} == {f[4:] for f in FLOORS}


def with_packages(names: set[str]) -> set[str]:
    """Return modules and the packages that they lie in: those are imported first."""
    return names | {name.rpartition(".")[0] for name in names}


def test_no_module_imports_in_a_circle():
    trees = modules()
    graph = {
        name: with_packages(set(modules_imported(tree, set(trees)))) & (trees.keys() - with_packages({name}))
        for name, tree in trees.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(trees)  # raises CycleError naming the circle
