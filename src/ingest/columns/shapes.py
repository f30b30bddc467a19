"""Texts that differ by their digits alone, found by columns of bytes: what makes equal dates quick to find."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

MOST_SHAPES = 8  # of one length; beyond them a column holds no dates
ZERO = np.uint8(ord("0"))


def by_length(texts: pa.Array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield for each length the rows that have it, and their texts as rows of bytes."""
    lengths = np.diff(_offsets(texts))
    for length in map(int, np.flatnonzero(np.bincount(lengths))):
        rows = np.flatnonzero(lengths == length)
        alike = texts if len(rows) == len(texts) else texts.take(pa.array(rows))
        start, end = _offsets(alike)[[0, -1]]
        letters = np.frombuffer(alike.buffers()[2] or b"", np.uint8)[start:end]
        yield rows, letters.reshape(len(rows), length)


def _offsets(texts: pa.Array) -> np.ndarray:
    return np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]


def by_shape(texts: pa.Array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows whose texts differ by their digits alone, and their bytes: one row for each place in the text.

    Texts of a length that has many such shapes are left out.
    """
    for rows, letters in by_length(texts):
        for _ in range(MOST_SHAPES):
            places = letters.T.copy()
            fits = np.ones(len(rows), bool)
            for here, digit in zip(places, _are_digits(places), strict=True):
                fits &= here - ZERO <= 9 if digit else here == here[0]
            if fits.all():
                yield rows, places
                break
            yield rows[fits], letters.take(np.flatnonzero(fits), axis=0).T.copy()
            rest = np.flatnonzero(~fits)
            rows, letters = rows[rest], letters.take(rest, axis=0)


def _are_digits(places: np.ndarray) -> np.ndarray:
    return places[:, 0] - ZERO <= 9


def numbers_of(places: np.ndarray) -> np.ndarray:
    """Return the digits of each text of one shape, nine at most, as a number."""
    numbers = np.zeros(places.shape[1], np.int32)
    for here in places[_are_digits(places)]:
        numbers *= 10
        numbers += here - ZERO
    return numbers
