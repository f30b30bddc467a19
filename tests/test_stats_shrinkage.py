"""Rates drawn towards the rate of all: Marshall's published example, and what must hold for any."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.analysis.stats.rates import shrunken_rates

# Sudden infant deaths in the 100 counties of North Carolina, 1974: events and births (SIDS2 of PySAL's examples).
EVENTS = """1 0 5 1 9 7 0 0 4 1 2 16 4 4 4 18 3 4 1 1 1 0 1 2 10 23 13 6 4 16 8 0 10 6 0 2 16 2 4 1 0 8 5 5 0 5 7 2 11 3
14 5 9 6 2 0 7 3 4 5 12 18 6 10 8 2 5 44 3 3 5 5 0 10 3 11 1 0 4 1 2 38 1 4 15 7 0 4 4 0 13 8 29 31 5 8 4 15 12 5"""
BIRTHS = """\
1091 487 3188 508 1421 1452 286 420 968 1612 1035 4449 1671 1556 2180 3608 1638 3146 1323 484 751 781 1269 1399
11858 16184 4672 1324 3164 7970 4021 671 3657 3609 770 1549 14484 765 4139 1207 1333 5509 3573 990 248 1946 4456 1646
3702 4606 5094 5754 7515 3999 2110 521 2692 675 870 2252 2992 6638 3776 4866 2216 1143 2648 21588 4099 1258 2356 2574
415 3589 1173 9014 533 797 3025 542 1027 20366 578 3915 1570 1494 338 2483 2756 284 5868 2255 11158 7889 2414 1782 1228
3350 5526 2181"""
COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 1000)), min_size=1, max_size=12)


def test_gives_the_published_example():
    """PySAL's esda prints .0016973 .0017054 .0017731 .0020129 .0035349 for the first five counties."""
    events, births = (pd.Series([int(n) for n in text.split()]) for text in (EVENTS, BIRTHS))
    found = shrunken_rates(events, births)["estimate"]
    expected = [0.0016972973, 0.0017053777, 0.001773087, 0.0020128681, 0.0035349131]
    np.testing.assert_allclose(found.head(5), expected, atol=5e-8)


@given(COUNTS)
def test_a_shrunken_rate_lies_between_its_own_and_that_of_all(counts):
    events, base = (pd.Series(column) for column in zip(*counts, strict=True))
    table = shrunken_rates(events, base)
    overall = events.sum() / base.sum()
    assert table["estimate"].ge(np.minimum(table["raw"], overall) - 1e-12).all()
    assert table["estimate"].le(np.maximum(table["raw"], overall) + 1e-12).all()
    limited = table.dropna(subset=["lower", "upper"])
    assert limited["lower"].le(limited["estimate"] + 1e-12).all()
    assert limited["upper"].ge(limited["lower"]).all()  # a very skew gamma has its mean beyond its upper limit
    assert len(limited) in (0, len(table))


@given(COUNTS, st.floats(1, 5))
def test_more_variation_by_chance_means_more_shrinkage(counts, phi):
    events, base = (pd.Series(column) for column in zip(*counts, strict=True))
    plain, wide = shrunken_rates(events, base), shrunken_rates(events, base, phi=phi)
    assert wide["weight"].le(plain["weight"] + 1e-9).all()
    pd.testing.assert_series_equal(wide["raw"], plain["raw"])


def test_an_area_without_people_has_no_rate_and_stays_in_the_table():
    table = shrunken_rates(pd.Series([3, 1, 0], ["a", "b", "c"]), pd.Series([100.0, 0.0, np.nan], ["a", "b", "c"]))
    assert table["flag"].tolist() == ["", "no_base", "no_base"]
    assert table["estimate"].isna().tolist() == [False, True, True]


def test_nothing_happened_anywhere():
    table = shrunken_rates(pd.Series([0, 0]), pd.Series([10, 20]))
    assert table["estimate"].tolist() == [0, 0]


def test_refuses_negative_events():
    with pytest.raises(ValueError, match="-1 is not a count"):
        shrunken_rates(pd.Series([-1]), pd.Series([10]))
