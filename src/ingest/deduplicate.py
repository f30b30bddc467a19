"""Rows that repeat, revise or contradict another: found by hash, told apart exactly, dropped from the store.

With a key: the same content is a repeat; another content in a later delivery supersedes the earlier one; in the same
delivery both are set aside. Without a key the whole line has to be the same. Two incidents may look alike: where no
time is finer than an hour, equal lines of one delivery are incidents of their own, and a later delivery repeats as
many as it has; `rows` in `sources.yml` decides otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from src.ingest.cleaning.values import NONE
from src.ingest.delivered import DeliveredTable, lines_again
from src.ingest.rowstore import Rows, RowStore

COLUMNS = ["origin", "line", "other_origin", "other_line", "code", "by_line", "days_apart", "cells"]


@dataclass
class Duplicates:
    """Rows that do not stand: one row each, with its table and line, those of the row that stands, and its cells.

    `repeats` have the code `repeated` or `revised`; `by_line`: no key told that they are the same, but the whole line;
    `days_apart`: how far a revision moves the date. `conflicts` are two contents under one key. `copies` are pairs of
    tables received on one day that have most of their look-alike rows in common, with the count of these.
    """

    repeats: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))
    conflicts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))
    copies: list[tuple[int, int, int]] = field(default_factory=list)


def deduplicate(store: RowStore, tables: list[DeliveredTable]) -> Duplicates:
    """Drop from the store all rows that do not stand."""
    found = list(store.may_repeat())
    if not found:
        return Duplicates()
    rows = store.rows([store.segments[number] for number, _ in found], [which for _, which in found])
    segments = np.concatenate([np.full(len(which), number) for number, which in found])
    places = np.concatenate([which for _, which in found])
    received = np.array([table.received.toordinal() for table in tables])[rows["origin"]]
    contents = _contents(store, rows, tables)
    keys, by_line, copies = _keys_of(store, rows, contents, received, tables)
    twice = np.flatnonzero(np.bincount(keys)[keys] > 1)
    same_key = pd.DataFrame({
        "key": keys[twice], "received": received[twice], "origin": rows["origin"][twice], "line": rows["line"][twice],
        "content": contents[twice], "at": twice, "by_line": by_line[twice],
        "day": _days(rows)[twice],
    })  # fmt: skip
    order, ascending = ["key", "received", "origin", "line"], [True, False, True, True]
    same_key = same_key.sort_values(order, ascending=ascending, ignore_index=True)
    first = same_key.groupby("key", sort=False)[same_key.columns.drop("key").tolist()].transform("first")
    is_other = same_key["at"].ne(first["at"])
    is_alike, is_newest = same_key["content"].eq(first["content"]), same_key["received"].eq(first["received"])
    clash = is_other & is_newest & ~is_alike
    against = same_key[clash].groupby("key")[["origin", "line"]].first()
    heads = ~is_other & same_key["key"].isin(against.index)
    repeats = is_other & ~clash
    others = pd.concat([
        first.loc[clash, ["origin", "line"]], against.loc[same_key.loc[heads, "key"]].set_axis(same_key.index[heads]),
    ])  # fmt: skip
    gone = same_key["at"][repeats | clash | heads].to_numpy()
    store.drop(segments[gone], places[gone])
    cells = np.empty(len(keys), object)
    for row, line in lines_again(rows, gone, tables):
        cells[row] = tables[rows["origin"][row]].keys.cells(line)
    same_key["cells"] = cells[same_key["at"]]
    same_key["days_apart"] = (same_key["day"] - first["day"]).abs()
    code = pd.Series(np.where(is_alike, "repeated", "revised"))
    conflicts = _beside(same_key.loc[others.index], others, "conflict")
    return Duplicates(_beside(same_key[repeats], first[repeats], code[repeats]), conflicts, copies)


def _beside(rows: pd.DataFrame, others: pd.DataFrame, code: object) -> pd.DataFrame:
    """Return rows beside the ones that they repeat or contradict."""
    found = rows.assign(other_origin=others["origin"], other_line=others["line"], code=code)
    return found.sort_values(["origin", "line"], ignore_index=True)[COLUMNS]


def _keys_of(
    store: RowStore, rows: Rows, contents: np.ndarray, received: np.ndarray, tables: list[DeliveredTable]
) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int, int]]]:
    """Return the number of each row's key, whether that is its whole line, which is read again; and copied tables.

    Several entries of `sources.yml` may read one line, each its own columns of it: what they state differs.
    """
    keys = [table.keys.columns for table in tables]
    publishers = list(dict.fromkeys(table.keys.publisher for table in tables))
    publisher = np.array([publishers.index(table.keys.publisher) for table in tables])[rows["origin"]]
    stated, numbers = np.zeros(len(rows["line"]), bool), np.zeros(len(rows["line"]), np.int64)
    for columns in dict.fromkeys(key for key in keys if key):
        here = np.array([key == columns for key in keys])[rows["origin"]]
        for name in columns:
            here &= ~_is_null(rows[name])
        parts = [publisher, _months(store, rows), _kinds(rows, tables), *(_numbered(rows[name]) for name in columns)]
        numbers[here] = combined(parts)[here] + 1 + numbers.max(initial=0)
        stated |= here
    by_line, seen = np.zeros(len(rows["line"]), bool), {}
    for row, line in lines_again(rows, np.flatnonzero(~stated), tables):
        key, is_key = tables[rows["origin"][row]].keys.of_line(line, partial(store.value, rows, row))
        numbers[row], by_line[row] = -1 - seen.setdefault(key, len(seen)), not is_key
    numbers = combined([pd.factorize(numbers)[0], np.where(by_line, contents, 0)])
    own = by_line & _may_look_alike(store, rows, tables)
    order = np.lexsort([rows["line"], rows["origin"]])
    look = pd.DataFrame({"key": numbers, "received": received, "origin": rows["origin"]})[own].loc[order[own[order]]]
    nth = np.zeros(len(numbers), np.int64)  # of those of one delivery that look alike
    nth[look.index] = look.groupby(["key", "received"]).cumcount()
    return combined([numbers, nth]), by_line, list(_copies(look, store))


def _copies(look: pd.DataFrame, store: RowStore) -> Iterator[tuple[int, int, int]]:
    """Yield tables of one day that share most of the rows of one of them: look-alikes of one delivery all count."""
    alike = look.groupby(["key", "received", "origin"]).size().rename("count").reset_index()
    pairs = alike.merge(alike, on=["key", "received"]).query("origin_x < origin_y")
    records = store.counts()
    for (first, second), shared in pairs.groupby(["origin_x", "origin_y"])[["count_x", "count_y"]]:
        in_first, in_second = shared["count_x"].sum(), shared["count_y"].sum()
        if (count := min(in_first, in_second)) > 1 and (
            2 * in_first > records[first] or 2 * in_second > records[second]
        ):
            yield first, second, int(count)


def _may_look_alike(store: RowStore, rows: Rows, tables: list[DeliveredTable]) -> np.ndarray:
    """Return which rows are incidents of their own, though others of their delivery look the same."""
    stated = np.array([table.cleaner.source.rows for table in tables])[rows["origin"]]
    if "precision" not in rows:
        return stated == "incidents"
    precise = np.array(store.listed("precision"), object)[rows["precision"]]
    return (stated == "incidents") | (stated == "") & np.isin(precise, ["hour", "day"])


def _months(store: RowStore, rows: Rows) -> np.ndarray:
    """Return the month of rows that count those of one month, which is a part of their key."""
    if "precision" not in rows or "month" not in store.values["precision"]:
        return np.zeros(len(rows["line"]), np.int64)
    counts = rows["precision"] == store.values["precision"]["month"]
    return pd.factorize(np.where(counts, rows["reported_at"], NONE))[0]


def _kinds(rows: Rows, tables: list[DeliveredTable]) -> np.ndarray:
    """Return the kind of rows of tables that have a column for each, which is a part of their key."""
    wide = np.array([table.keys.by_kind for table in tables])[rows["origin"]]
    return np.where(wide, rows["kind"], -1) + 1 if "kind" in rows else np.zeros(len(rows["line"]), np.int64)


def _days(rows: Rows) -> np.ndarray:
    """Return the day of each row, as a number; that of no date is none."""
    when = rows.get("reported_at", np.full(len(rows["line"]), NONE))
    return np.where(when == NONE, np.nan, when // 86_400_000_000)


def _is_null(cells: np.ndarray | pa.Array) -> np.ndarray:
    if isinstance(cells, pa.Array):
        return cells.is_null().to_numpy(zero_copy_only=False)
    return cells == (NONE if cells.dtype == np.int64 else -1)


def _numbered(cells: np.ndarray | pa.Array) -> np.ndarray:
    if isinstance(cells, pa.Array):
        return cells.dictionary_encode().indices.fill_null(-1).to_numpy().astype(np.int64) + 1
    return pd.factorize(cells)[0]


def combined(parts: list[np.ndarray]) -> np.ndarray:
    """Return the number of each distinct combination of numbers."""
    numbers = np.zeros(len(parts[0]), np.int64)
    for part in parts:
        numbers = pd.factorize(numbers << 32 | part)[0]
    return numbers


def _contents(store: RowStore, rows: Rows, tables: list[DeliveredTable]) -> np.ndarray:
    """Return a number for what each row states and under which columns; equal for equal content alone."""
    names = [frozenset(table.names) for table in tables]
    stated = np.array([names.index(one) for one in names])[rows["origin"]]
    return combined([stated, *(_numbered(rows[name]) for name in store.kinds)])
