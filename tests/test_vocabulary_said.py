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


MESSAGES = ("sentence", "sentence_of", "both", "say", "compose")


def code() -> list[ast.AST]:
    """Return the syntax trees of all code that may say a sentence, notebooks too."""
    files = [path for room in ("src", "deploy", "tools") for path in (paths.ROOT / room).rglob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in files]
    for path in paths.notebooks().glob("[0-9]*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [ast.parse(text) for text in texts]


def literals() -> set[str]:
    """Return the texts that stand in the code and in the templates of pages."""
    nodes = [node for tree in code() for node in ast.walk(tree)]
    found = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    for template in paths.ROOT.glob("src/**/*.j2"):
        found |= set(re.findall(r"[\"'(]([a-z_0-9.]+)[\"')]", template.read_text(encoding="utf-8")))
    return found


def calls() -> list[ast.Call]:
    found = [node for tree in code() for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    return [node for node in found if getattr(node.func, "attr", getattr(node.func, "id", "")) in MESSAGES]


def test_every_sentence_is_said():
    known = literals()
    silent = [key for key in vocabulary.current().sentences if not {key, key.split(".")[0]} & known]
    assert silent == []


def test_no_key_is_put_together_where_it_is_said():
    """A reader who finds a sentence on a page finds its message by searching the code for the name before the dot."""
    assert [ast.unparse(call) for call in calls() if isinstance(call.args[0], ast.JoinedStr | ast.BinOp)] == []
    cases = [keyword.value for call in calls() for keyword in call.keywords if keyword.arg == "case"]
    assert cases and [ast.unparse(case) for case in cases if isinstance(case, ast.JoinedStr | ast.BinOp)] == []


def test_every_sentence_that_is_said_exists():
    sentences = vocabulary.current().sentences
    messages = {key.split(".")[0] for key in sentences}
    for call in calls():
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in ("sentence", "both") and isinstance(call.args[0], ast.Constant):
            has_cases = any(keyword.arg == "case" for keyword in call.keywords)
            assert call.args[0].value in (messages if has_cases else sentences), ast.unparse(call)


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
