"""Key findings: ranked, three to six, each with what it cannot say, in both languages."""

from types import SimpleNamespace

import pandas as pd
import pytest

from src.codebook import vocabulary
from src.codebook.periods import parse_period
from src.reports.describe.words import interval_text
from src.reports.findings import Finding, finding, key_findings, sureness
from src.reports.findings.trends import _earlier_years


def made(text: str, matters: float, sure: str = "clear", limit: str = "") -> Finding:
    return Finding(text, limit or f"not {text}", matters, sure)


def test_what_matters_and_is_sure_comes_first():
    found = [made("small", 0.3), made("noise", 1.0, "unclear"), None, made("main", 0.9), made("few", 1.0, "few")]
    assert [text for text, _ in key_findings(found, "en")] == ["main", "noise", "small", "few"]


def test_six_at_most():
    assert len(key_findings([made(str(n), n / 10) for n in range(9)], "zh")) == 6


def test_too_little_data_is_said():
    said = vocabulary.sentence("finding_too_little", "en")
    assert key_findings([made("a", 1), made("b", 1)], "en")[-1] == (said, "")
    assert key_findings([made(name, 1, "few") for name in "abcd"], "en")[-1] == (said, "")
    assert said not in dict(key_findings([made(name, 1) for name in "abc"], "en"))


def test_a_limit_that_several_share_is_said_once():
    found = [made("a", 1, limit="same"), made("b", 0.9, limit="same"), made("c", 0.8)]
    assert [limit for _, limit in key_findings(found, "en")] == ["same", "", "not c"]


def test_every_finding_of_the_vocabulary_says_what_it_cannot_say():
    keys = [key for key in vocabulary.current().sentences if key.startswith("finding.")]
    limits = [key for key in vocabulary.current().sentences if key.startswith("finding_limit.")]
    assert keys and {key.partition(".")[2] for key in keys} == {key.partition(".")[2] for key in limits}
    with pytest.raises(KeyError):
        finding("of_nothing", "zh", matters=1)


@pytest.mark.parametrize(
    ("limits", "sure"), [((-0.2, -0.1), "clear"), ((-0.1, 0.1), "unclear"), ((float("nan"), 1), "few")]
)
def test_how_sure_a_change_is(limits, sure):
    assert sureness(*limits) == sure


def test_an_interval_reads_from_the_smaller_to_the_larger_with_its_sign_in_words():
    assert interval_text(-0.324, -0.241, "zh") == "降幅的95%区间为24.1%至32.4%"
    assert interval_text(0.05, 0.2, "en") == "95% interval: up 5.0% to 20.0%"
    assert interval_text(-0.108, 0.034, "zh") == "95%区间为下降10.8%至上升3.4%"


@pytest.mark.parametrize(
    ("earlier", "told"), [("-8.5%; -16.1%", "年份太少"), ("-1%; -2%; 3%; 1%; 2%", "寻常年份在−5.0%至+5.0%之间")]
)
def test_an_ordinary_year_is_not_told_by_two(earlier, told):
    change = pd.Series({"p_unlike": 0.2, "earlier": earlier, "ordinary_lower": -0.05, "ordinary_upper": 0.05})
    totals = pd.DataFrame({"year": [], "value": []})
    report = SimpleNamespace(
        lang="zh", level=None, incidents=pd.DataFrame(), period=parse_period("2021"), earlier_totals=lambda _: totals
    )
    assert told in _earlier_years(change, "petition", report)
