"""Sentences that judge are no more often false than docs/calibration.md promises; with few draws of each world."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from benchmarks.calibration import Question, questions
from benchmarks.calibration_page import write
from src.codebook import paths

PROMISED = [question for question in questions() if question.promise is not None]
CLEARLY = 0.001
ROOT = paths.ROOT


def is_clearly_above(question: Question, times: float) -> bool:
    rate, draws = question.rate(times)
    return bool(binom.sf(round(rate * draws) - 1, draws, question.promise) < CLEARLY)


def test_the_methods_pages_hold_its_table_once_and_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    for lang in ("zh", "en"):
        text = (ROOT / "docs" / f"methods.{lang}.md").read_text(encoding="utf-8")
        (tmp_path / "docs" / f"methods.{lang}.md").write_text(text, encoding="utf-8")
    rows = [(q.holds, q.sentence, q.world, 0.0123, 0.01, 100, q.promise) for q in PROMISED]
    table = pd.DataFrame(rows, columns=["holds", "sentence", "world", "rate", "error", "draws", "promise"])
    for _ in range(2):
        write(table)
    for lang, heading in (("zh", "## 这些说法错的时候有多少"), ("en", "## How often these sentences are false")):
        text = (tmp_path / "docs" / f"methods.{lang}.md").read_text(encoding="utf-8")
        assert text.count(heading) == 1
        assert text.count("| 1.2 | 1.2 | ≤ ") == 7
    assert (tmp_path / "docs" / "calibration.md").read_text(encoding="utf-8").count("| 1.2 | 1.0 | 100 |") == len(rows)


@pytest.mark.slow
@pytest.mark.parametrize("question", PROMISED, ids=lambda question: f"{question.sentence}: {question.world}")
def test_no_sentence_is_clearly_more_often_false_than_promised(question):
    assert not is_clearly_above(question, 0.05)


def test_a_sentence_that_is_false_too_often_is_seen():
    often, seldom = (Question("s", "w", lambda rng, p=p: rng.random() < p, 100, 0.05) for p in (0.4, 0.05))
    assert is_clearly_above(often, 1.0)
    assert not is_clearly_above(seldom, 1.0)
    assert often.rate() == often.rate()
    assert np.isclose(often.rate()[0], 0.4, atol=0.15)
