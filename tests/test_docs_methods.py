"""The methods pages: every function that answers a question is explained in both languages."""

import pytest

from src.analysis import _EXPORTS
from src.codebook.vocabulary import LANGS
from src.reports.page import methods


@pytest.mark.parametrize("lang", LANGS)
def test_every_exported_method_has_its_anchor(lang):
    exported = {
        name for module, names in _EXPORTS.items() if module.startswith("analysis.stats.") for name in names.split()
    }
    assert exported - methods.anchors(lang) == set()


def test_both_languages_explain_the_same():
    assert methods.anchors("zh") == methods.anchors("en")
