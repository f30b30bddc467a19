"""Sentences that judge are no more often false than docs/calibration.md promises; with few draws of each world."""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.calibration import Question, questions

PROMISED = [question for question in questions() if question.promise is not None]
CLEARLY = 0.001


def is_clearly_above(question: Question, times: float) -> bool:
    rate, draws = question.rate(times)
    return bool(binom.sf(round(rate * draws) - 1, draws, question.promise) < CLEARLY)


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
