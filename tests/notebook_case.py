"""A notebook's cells run in this process: what they show, and whether their sentences hold what their tables do."""

import json
import re

import pytest
from chart_faults import faults
from sentence_readers import CHARTS, KEYS, OPENINGS

from src.analysis.charts.style import reason_noted
from src.codebook import paths
from src.reports import outputs, report

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def numbers(text: str) -> set[float]:
    return {float(found.replace(",", "")) for found in NUMBER.findall(text)}


class Shown(list):
    """What a notebook showed: (method, sentence, table) of charts, every text, the opening, and what cells left."""

    def __init__(self) -> None:
        self.name = ""
        self.texts: list[str] = []
        self.tables: list[tuple[str, int]] = []  # caption and length
        self.opening = ""
        self.space: dict = {}


def watched(monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs a notebook's cells here and returns what they showed."""
    shown = Shown()

    def draw(figure):
        assert faults(figure) == []
        return b"", ""

    def record(ax, table=None, words=None, lang=None, show=outputs.show):
        if not reason_noted(ax):
            shown.append((words.method, words.sentence, table))
        show(ax, table, words, lang)

    def display_block(block, text, png=b"", svg="", **words):
        shown.texts.append(words["sentence"] if block == "figure" else text)
        if block == "headline":
            shown.opening = text

    def listed(frame, caption, *args, table_of=outputs.table_of, **options):
        shown.tables.append((caption, len(frame)))
        return table_of(frame, caption, *args, **options)

    monkeypatch.setattr(outputs.pictures, "png", draw)
    monkeypatch.setattr(outputs, "show", record)
    monkeypatch.setattr(outputs, "table_of", listed)
    monkeypatch.setattr(outputs, "display_block", display_block)

    def run(name: str, **parameters: str) -> Shown:
        shown.clear()
        shown.__init__()
        shown.name = name
        run_cells(name, shown.space, **parameters)
        return shown

    return run


def run_cells(name: str, space: dict | None = None, **parameters: str) -> dict:
    """Run the cells of a notebook here, and return what they left."""
    space = {} if space is None else space
    cells = json.loads((paths.notebooks() / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    for cell in (cell for cell in cells if cell["cell_type"] == "code"):
        exec("".join(cell["source"]), space)
        space.update(parameters if "parameters" in cell["metadata"].get("tags", []) else {})
    report.close_report()
    return space


def check(shown: Shown) -> None:
    for method, said, table in shown:
        if method in CHARTS:
            assert_holds(said, CHARTS[method](table))
    if shown.name in KEYS:
        assert_holds(shown.opening.split("\n")[1], KEYS[shown.name](shown.space))
    if shown.name in OPENINGS:
        assert_holds(shown.opening, OPENINGS[shown.name](shown.space))
    for caption, length in shown.tables:
        stated = re.search(r"[（(](\d[\d,]*)[个条]?[）)]", caption)
        assert stated is None or numbers(stated[1]) == {length}, caption
    prose = [text for text in shown.texts if "\n" not in text]
    assert not [text for text in [*prose, shown.opening] if re.search(r"\bnan\b|\binf\b|\{[a-z_]+[:}]", text)]


def assert_holds(said: str, expected: list[float]) -> None:
    missing = [n for n in expected if not any(abs(n - m) < 1e-9 for m in numbers(said))]
    assert not missing, f"{missing} not in {said!r}"
