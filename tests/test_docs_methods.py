"""The methods pages: every function that answers a question is explained in both languages."""

import inspect

import pytest

from src import analysis
from src.codebook.vocabulary import LANGS
from src.reports.page import methods


@pytest.mark.parametrize("lang", LANGS)
def test_every_exported_method_has_its_anchor(lang):
    homes = {name: getattr(inspect.unwrap(getattr(analysis, name)), "__module__", "") for name in dir(analysis)}
    exported = {name for name, home in homes.items() if ".stats." in home}
    assert "period_change" in exported
    assert exported - methods.anchors(lang).keys() == set()


def test_both_languages_explain_the_same():
    assert methods.anchors("zh").keys() == methods.anchors("en").keys()


@pytest.mark.parametrize("lang", LANGS)
def test_a_page_has_one_title_and_chapters_below_it(lang):
    html, heads = methods.body_of(lang)
    assert html.count("<h1") == 1
    assert heads[0][0] == 2 and {level for level, _, _ in heads} == {2, 3}
    assert len({anchor for _, anchors, _ in heads for anchor in anchors}) == sum(len(names) for _, names, _ in heads)
