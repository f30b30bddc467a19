"""Texts told apart by their shapes, rows ordered by counting, exact repeats found by columns."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.analysis.clean.columns import shapes
from src.analysis.clean.columns.order import order_by

NUMBERS = st.lists(st.integers(-(2**62), 2**62) | st.integers(0, 5), max_size=30)


def test_texts_of_one_shape_come_together():
    texts = pa.array(["2021-03-05", "2021/03/06", "2021-12-31", "", "2021年3月", "2021/03/0x"])
    found = {tuple(rows): shapes.numbers_of(places).tolist() for rows, places in shapes.by_shape(texts)}
    assert found == {(0, 2): [20210305, 20211231], (1,): [20210306], (3,): [0], (4,): [20213], (5,): [2021030]}


def test_a_part_of_an_array_is_read_alone():
    texts = pa.array(["10:00", "11:00", "12:00"])[1:]
    assert [shapes.numbers_of(places).tolist() for _, places in shapes.by_shape(texts)] == [[1100, 1200]]


def test_a_length_with_many_shapes_is_left_out(monkeypatch):
    monkeypatch.setattr(shapes, "MOST_SHAPES", 2)
    assert [rows.tolist() for rows, _ in shapes.by_shape(pa.array(["a1", "b1", "c1", "a2"]))] == [[0, 3], [1]]


@pytest.mark.parametrize("most", [0, 1_000_000])
@given(st.lists(st.integers(0, 10**9 - 1), min_size=1, max_size=30))
def test_distinct_numbers_however_far_apart(most, numbers):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "MOST_APART", most)
        asked = []
        (said,) = shapes.of_each(np.array(numbers, np.int32), lambda distinct: asked.append(distinct) or [-distinct])
    assert asked[0].tolist() == sorted(set(numbers))
    assert (-said).tolist() == numbers


@given(NUMBERS.flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))))
def test_rows_are_ordered_as_by_comparing(keys):
    first, then = (np.array(key, np.int64) // 2 for key in keys)
    assert order_by(first, then).tolist() == np.lexsort([then, first]).tolist()
