"""Intervals and tests of one number or of columns: one implementation, held against other libraries."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from src.analysis.stats import intervals

COUNTS = st.integers(0, 3000)
PAIRS = st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=8)
WAYS = {
    "share": lambda x, n: intervals.wilson_interval(x, x + n + 1),
    "difference": lambda x, n: intervals.proportion_difference(x, x + n + 1, n, x + n + 1),
    "rate": lambda x, n: intervals.rate_interval(x, n),
    "ratio": lambda x, n: intervals.count_ratio(x, n, phi=2.5),
    "exact ratio": lambda x, n: intervals.count_ratio(x, n, spans=2),
    "e-test": lambda x, n: intervals.poisson_e_test(x, n, 0.9),
}


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=settings.default.max_examples // 8)
@given(PAIRS)
def test_a_column_gives_what_each_of_its_numbers_gives(way, pairs):
    column = pd.DataFrame(pairs, columns=["x", "n"], index=range(5, 5 + len(pairs)))
    whole = WAYS[way](column["x"], column["n"])
    assert whole.index.equals(column.index)
    for (x, n), row in zip(pairs, whole.to_dict("records"), strict=True):
        alone = WAYS[way](x, n)
        assert isinstance(alone, intervals.Estimate)
        for name in whole.columns.intersection(["estimate", "lower", "upper", "p"]):
            one = getattr(alone, name)
            digits = 1e-12 if way == "e-test" else 0  # sums over a grid, the wider the larger the largest count
            np.testing.assert_allclose(row[name], np.nan if one is None else one, rtol=digits, atol=digits)


def test_an_estimate_unpacks_and_a_column_joins():
    estimate, lower, upper = intervals.wilson_interval(81, 263)
    assert [round(value, 4) for value in (estimate, lower, upper)] == [0.3080, 0.2553, 0.3662]  # Newcombe 1998, p. 861
    table = pd.DataFrame({"x": [81, 0], "n": [263, 0]})
    joined = table.join(intervals.wilson_interval(table["x"], table["n"])[["estimate", "note"]])
    assert joined["note"].tolist() == ["", "no_base"] and np.isnan(joined["estimate"][1])


@given(COUNTS, COUNTS, st.sampled_from([0.8, 0.95, 0.998]))
def test_shares_are_those_of_statsmodels(x, more, confidence):
    n = x + more
    if not n:
        return
    found = intervals.wilson_interval(x, n, confidence)
    there = proportion_confint(x, n, 1 - confidence, "wilson")
    assert [found.lower, found.upper] == pytest.approx(there, abs=1e-12)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_differences_are_those_of_statsmodels(x1, n1, x2, n2):
    x1, x2 = min(x1, n1), min(x2, n2)
    found = intervals.proportion_difference(x1, n1, x2, n2)
    there = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff")
    assert [found.lower, found.upper] == pytest.approx(there, abs=1e-12)
    if 0 < x1 + x2 < n1 + n2:
        assert found.p == pytest.approx(proportions_ztest([x1, x2], [n1, n2])[1], abs=1e-12)


@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from([1, 2, 3, 31 / 28]))
def test_a_ratio_without_dispersion_has_the_exact_binomial_p(current, past, spans):
    if past:
        there = stats.binomtest(current, current + past, 1 / (1 + spans)).pvalue
        assert intervals.count_ratio(current, past, spans=spans).p == pytest.approx(there, abs=1e-12)


@settings(max_examples=settings.default.max_examples * 2 // 5)
@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from([1, 28 / 31, 2.5]))
@example(65, 64, 28 / 31)
def test_the_e_test_is_that_of_scipy(current, past, exposure):
    if current == past * exposure:
        return
    there = stats.poisson_means_test(current, exposure, past, 1).pvalue
    rate = (current + past) / (1 + exposure)
    seen = stats.poisson.pmf(current, rate * exposure) * stats.poisson.pmf(past, rate)  # SciPy's rounding may lose it
    assert intervals.poisson_e_test(current, past, exposure).p in (
        pytest.approx(there, abs=1e-9), pytest.approx(there + seen, abs=1e-9)
    )  # fmt: skip


@settings(max_examples=settings.default.max_examples // 4)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_are_those_of_statsmodels_and_a_missing_one_is_no_test(p):
    for method, theirs in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
        found = intervals.adjust([*p, np.nan], method)
        assert found[:-1] == pytest.approx(multipletests(p, method=theirs)[1], abs=1e-12)
        assert np.isnan(found[-1])


def test_the_first_wrong_number_of_a_column_is_named():
    with pytest.raises(ValueError, match=r"past: -3\.0 is not a count"):
        intervals.count_ratio(pd.Series([1, 2]), pd.Series([4, -3]))
    with pytest.raises(ValueError, match="5"):
        intervals.wilson_interval(pd.Series([1, 5]), pd.Series([4, 4]))


def test_counts_of_a_million_are_compared_without_a_table_of_all_outcomes():
    """SciPy's `poisson_means_test` takes 8 GB for these; with so many the test is that of a normal variable."""
    found = intervals.poisson_e_test(1_000_000, 998_000)
    assert found.p == pytest.approx(2 * stats.norm.sf(2000 / 1_998_000**0.5), abs=1e-5)
