"""Plain rows that repeat others are found by columns, as comparing records finds them."""

import datetime as dt

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from src.ingest.columns.order import order_by
from src.ingest.columns.repeats import COMPARED, Again, alike, standing_of
from src.ingest.sources import Source

EARLIER, LATER = dt.date(2022, 1, 5), dt.date(2022, 2, 5)


def text(received=EARLIER, publisher="分局", names=("incident_id", "kind")):
    return Again(None, Source("incidents", received=received, publisher=publisher), {}, list(names))


def found(*rows, texts, others=()):
    """Return which row stands for each of `(origin, number, kind)`, and whether it states the same."""
    origins, ids, kinds = zip(*rows, strict=True)
    table = pa.table({
        "origin": pa.array(origins, pa.int16()), "line": pa.array(range(2, len(rows) + 2), pa.int32()),
        "incident_id": pa.array(ids, pa.string()), "kind": pa.array(kinds, pa.int16()),
    })  # fmt: skip
    told = np.array([{"A": 7, "B": 8, None: 5}[number] for number in ids], np.uint32)
    standing = standing_of(table, texts, told, np.array(others, np.uint32))
    return standing.tolist(), alike(table, texts, standing).tolist()


def test_the_first_of_one_delivery_stands_for_those_like_it():
    standing, _ = found((0, "A", 1), (0, "B", 1), (0, "A", 1), (1, "B", 1), (0, "A", 1), texts=[text(), text()])
    assert standing == [0, 1, 0, 1, 0]


def test_the_latest_delivery_stands_for_the_same_and_for_what_it_revises():
    standing, same = found(
        (0, "A", 1), (0, "B", 1), (1, "A", 1), (1, "B", 2), (2, "A", 1), texts=[text(), text(LATER), text(None)]
    )
    assert standing == [2, 3, 2, 3, 2]
    assert same == [True, False, True, True, True]


def test_one_number_of_two_publishers_is_no_repeat():
    assert found((0, "A", 1), (1, "A", 1), texts=[text(), text(publisher="街道办")])[0] == [0, 1]


def test_a_column_that_one_text_lacks_is_another_content():
    texts = [text(), text(LATER, names=("incident_id",))]
    assert found((0, "A", None), (1, "A", None), texts=texts) == ([1, 1], [False, True])


def test_records_are_compared_where_columns_do_not_suffice():
    rows = (0, "A", 1), (0, "A", 2), (1, "A", 1), (0, "B", None), (0, "B", None), (0, None, 1), (0, None, 1)
    texts = [text(LATER), text()]
    assert found(*rows, texts=texts)[0] == [COMPARED] * 3 + [3, 3] + [COMPARED] * 2  # a contradiction, and no key
    assert found(*rows[3:5], texts=texts, others=[8])[0] == [COMPARED] * 2  # a record may have that key


NUMBERS = st.lists(st.integers(-(2**62), 2**62) | st.integers(0, 5), max_size=30)


@given(NUMBERS.flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))))
def test_rows_are_ordered_as_by_comparing(keys):
    first, then = (np.array(key, np.int64) // 2 for key in keys)
    assert order_by(first, then).tolist() == np.lexsort([then, first]).tolist()
