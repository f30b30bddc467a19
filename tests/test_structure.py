"""The rooms of the package and the arrows between them: data flows one way, and nothing imports upwards."""

import ast
from graphlib import TopologicalSorter

import pytest

from src.analysis import paths

# Each room and the rooms that it may import; a new arrow is a decision, made here.
ROOMS = {
    "paths": set(),
    "clock": set(),
    "vocabulary": {"paths"},
    "periods": {"vocabulary"},
    "folders": {"vocabulary"},
    "tables": {"vocabulary"},
    "ingest": {"vocabulary"},
    "processes": set(),
    "clean": {"clock", "ingest", "periods", "processes", "tables", "vocabulary"},
    "areas": {"clean", "vocabulary"},
    "deliveries": {"clean", "paths", "vocabulary"},
    "cluster": {"clean", "deliveries", "ingest", "vocabulary"},
    "store": {"clean", "deliveries", "folders", "ingest", "paths", "tables", "vocabulary"},
    "loading": {"areas", "paths", "periods", "store", "vocabulary"},
    "stats": {"clean", "periods", "vocabulary"},
    "charts": {"periods", "stats", "vocabulary"},
    "sample": {"clean", "paths", "tables", "vocabulary"},
    "documents": {"charts", "loading", "paths", "stats", "store", "tables", "vocabulary"},
    "context": {
        "areas", "charts", "clock", "folders", "loading", "paths", "periods", "stats", "store", "vocabulary",
    },
    "findings": {"charts", "context", "loading", "periods", "stats", "vocabulary"},
    "page": {"charts", "context", "folders", "loading", "paths", "vocabulary"},
    "report": {
        "areas", "charts", "clean", "clock", "cluster", "context", "deliveries", "findings", "folders",
        "loading", "page", "paths", "periods", "processes", "stats", "store", "vocabulary",
    },
    "interface": {"areas", "periods", "tables", "vocabulary"},
    "__main__": {
        "clean", "cluster", "documents", "folders", "ingest", "paths", "report", "sample", "store", "tables",
        "vocabulary",
    },
}  # fmt: skip


def imported_rooms(tree: ast.AST):
    for node in ast.walk(tree):
        modules = [node.module] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            if module == "src.analysis":
                yield from (alias.name for alias in node.names)
            elif module and module.startswith("src.analysis."):
                yield module.split(".")[2]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_lies_below_it(room):
    place = paths.PACKAGE / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    found = {name for file in files for name in imported_rooms(ast.parse(file.read_text(encoding="utf-8")))}
    assert found - {room} <= ROOMS[room]


def test_every_file_of_the_package_is_in_a_room():
    found = {p.stem if p.suffix == ".py" else p.name for p in paths.PACKAGE.iterdir() if p.suffix in ("", ".py")}
    assert found - {"__init__", "__pycache__"} == set(ROOMS)


def modules_imported(tree: ast.AST, known: set[str]):
    """Yield the modules of the package that a file imports, those within functions too; not those of types alone."""
    types = {id(n) for i in ast.walk(tree) if isinstance(i, ast.If) for n in ast.walk(i) if "TYPE_" in ast.dump(i.test)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in types:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module


def test_no_module_imports_in_a_circle():
    files = {".".join(f.relative_to(paths.ROOT).with_suffix("").parts): f for f in paths.PACKAGE.rglob("*.py")}
    trees = {name.removesuffix(".__init__"): ast.parse(file.read_text("utf-8")) for name, file in files.items()}
    graph = {name: set(modules_imported(tree, set(trees))) & (trees.keys() - {name}) for name, tree in trees.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(files)  # raises CycleError naming the circle
