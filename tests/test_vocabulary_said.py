"""Values as sentences say them; and every sentence of the vocabulary is said somewhere, and every one said exists."""

import ast
import json
import re

import numpy as np
import pytest

from src.codebook import paths, vocabulary
from src.codebook.messages import formattable, in_text

VALUES = {"names": ["甲", "乙"], "n": 1, "many": np.int64(1200), "share": 0.5, "name": "Online", "flag": True}


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("{names}", "甲, 乙"),
        ("{n:problem is|problems are} listed", "1 problem is listed"),
        ("{many:problem is|problems are} listed", "1,200 problems are listed"),
        ("{n} {n:|lies|lie}; {many:,} {many:|lies|lie}", "1 lies; 1,200 lie"),
        ("most by {name:small}; {name}", "most by online; Online"),
        ("{share:.0%} {flag} {many:05d}", "50% True 01200"),
    ],
)
def test_values_are_said_as_a_sentence_asks(sentence, told):
    assert sentence.format(**formattable(VALUES, ", ")) == told


def test_acronyms_and_first_words_keep_their_capitals():
    assert [in_text(name) for name in ("GDP", "12345 hotline", "Theft", "")] == ["GDP", "12345 hotline", "theft", ""]
    assert "{told:capital}".format(**formattable({"told": "theft: 3"}, ", ")) == "Theft: 3"


def test_a_list_has_the_mark_of_each_language():
    said = vocabulary.both("area_unknown", value="x", likely=["甲", "乙"])
    assert "甲、乙" in said and "甲, 乙" in said


def spoken() -> tuple[set[str], set[str], set[str]]:
    """Return what the code says: keys by their name, patterns of those it puts together, subjects of charts."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths.ROOT.glob("src/**/*.py")]
    trees += [
        ast.parse(p.read_text("utf-8")) for room in ("deploy", "tools") for p in (paths.ROOT / room).rglob("*.py")
    ]
    for path in paths.notebooks().glob("[0-9]*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        trees += [ast.parse("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    names, patterns, subjects = set(), set(), set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = [re.escape(part.value) if isinstance(part, ast.Constant) else ".*" for part in node.values]
            if re.search("[a-z]{2}", "".join(parts)):
                patterns.add("".join(parts))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "compose":
            subjects.add(node.args[0].value)
    for template in paths.ROOT.glob("src/**/*.j2"):
        names |= set(re.findall(r"[\"'(]([a-z_0-9]+)[\"')]", template.read_text(encoding="utf-8")))
    return names, patterns, subjects


def test_every_sentence_is_said():
    names, patterns, subjects = spoken()
    put_together = re.compile("|".join(patterns))
    of_charts = re.compile(rf"({'|'.join(subjects)})_[a-z_]*(title|alt|caption|sentence)\w*")
    in_parts = re.compile("(coloured|totals|changed|status|beside)_[a-z]+")  # put together of two names
    sentences = vocabulary.current().sentences
    silent = [key for key in sentences if key not in names and not put_together.fullmatch(key)]
    assert [key for key in silent if not of_charts.fullmatch(key) and not in_parts.fullmatch(key)] == []


def test_every_sentence_that_is_said_exists():
    sentences = vocabulary.current().sentences
    for path in paths.ROOT.glob("src/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name in ("sentence", "both") and isinstance(node.args[0], ast.Constant):
                assert node.args[0].value in sentences, f"{path.name}, line {node.lineno}"


ABOUT = {"by_chance", "apart", "least", "chance"}  # told as about so much, or what was chosen


@pytest.mark.parametrize("lang", vocabulary.LANGS)
def test_every_percentage_has_one_decimal(lang):
    """So that one change reads alike in tables and sentences; `change_text` writes what is published with two."""
    stated = {
        key: re.findall(r"\{(\w+):[^{}]*?\.(\d)(?:%\}|f\}%)", entry[lang])
        for key, entry in vocabulary.current().sentences.items()
        if not key.startswith("held_")  # what `build` says of a delivery
    }
    assert not {
        key: told for key, told in stated.items() for name, digits in told if digits != "1" and name not in ABOUT
    }
