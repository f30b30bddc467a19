"""Texts told apart by their shapes."""

import pyarrow as pa

from src.ingest.columns import shapes


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
