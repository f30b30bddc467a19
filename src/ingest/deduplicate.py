"""Which rows are one record: by their keys rows repeat, revise or contradict another, and are dropped from the store.

With a key: the same content is a repeat; another content in a later delivery supersedes the earlier one; in the same
delivery both are set aside. Without a key the whole line has to be the same. Two incidents may look alike: where no
time is finer than an hour, equal lines of one delivery are incidents of their own, and a later delivery repeats as
many as it has; `rows` in `sources.yml` decides otherwise.

A key is a number of 64 bits. Among ten million rows two that differ share one in a build of 100,000.
"""

from collections import defaultdict

import numpy as np
import pandas as pd
import pyarrow as pa

from src.ingest.batch import Batch, hash_of, mixed
from src.ingest.cleaning.table import TableReader
from src.ingest.cleaning.values import DAY_US, NONE, Values
from src.ingest.result import DeliveredTable, cells_again
from src.ingest.rowstore import Rows, RowStore

AREA = ["street", "community"]
EVENT = 3  # how finely an event is counted; a count by the parts of a place that it names
COLUMNS = ["origin", "line", "other_origin", "other_line", "code", "by_line", "days_apart", "cells"]


def keys_of(table: TableReader, batch: Batch, values: Values) -> np.ndarray:
    """Return the key of each row: of what identifies it, else of its whole line, where it is odd.

    A month of counts, and the kind where each has a column of its own, are parts of it.
    """
    names = [name for name, position in table.key.items() if position is None]
    keys, stated = np.full(len(batch), hash_of(repr((table.source.publisher, names)))), np.ones(len(batch), bool)
    for name, position in table.key.items():
        if position is None:
            stated &= ~values[name].missing()
        if stated.any():
            keys = mixed(values[name].hashes() if position is None else batch.columns[position].hashes(), keys)
    if not stated.all():
        keys[~stated] = _line_keys(table, batch.keep(~stated))
    if table.source.kinds:
        keys = mixed(values["kind"].hashes(), keys)
    if (month := values["precision"].holds(lambda meaning: meaning == "month")).any():
        keys = np.where(month, mixed(values["reported_at"].hashes(), keys), keys)
    return keys & ~np.uint64(1) | ~stated


def _line_keys(table: TableReader, batch: Batch) -> np.ndarray:
    """Return numbers of whole lines; empty cells count for nothing, so that their number does not either."""
    keys, block = np.zeros(len(batch), np.uint64), table.block
    for position, column in enumerate(batch.columns[block.first : block.last]):
        keys += np.where(column.empty(), np.uint64(0), mixed(column.hashes(), hash_of(str(position))))
    return keys


def deduplicate(store: RowStore, tables: list[DeliveredTable]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Drop from the store all rows that do not stand; return repeats, and two contents under one key.

    One row each: its table and line, those of the row that stands, its cells; the code `repeated` or `revised`;
    `by_line`: no key told that they are the same, but the whole line; `days_apart`: how far a revision moves the date.
    """
    found = list(store.may_repeat())
    if not found:
        return pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=COLUMNS)
    rows = store.rows([store.segments[number] for number, _ in found], [which for _, which in found])
    segments = np.repeat([number for number, _ in found], [len(which) for _, which in found])
    places = np.concatenate([which for _, which in found])
    same = _compared(rows, store, tables)
    look = same[same["by_line"] & _may_be_identical(store, rows, tables)].sort_values(["origin", "line"], kind="stable")
    nth = look.groupby(["key", "content", "received"]).cumcount()  # of those of one delivery that look alike
    contents = same["content"].where(same["by_line"], 0)  # entries may read columns of their own of a line
    same["key"] = combined([same["key"], contents, nth.reindex(same.index, fill_value=0)])
    same = same[same["key"].duplicated(keep=False)]
    order = ["key", "received", "origin", "line"]
    same = same.sort_values(order, ascending=[True, False, True, True], ignore_index=True)
    first = same.groupby("key", sort=False)[same.columns.drop("key").tolist()].transform("first")
    is_other, is_alike = same["at"].ne(first["at"]), same["content"].eq(first["content"])
    clash = is_other & same["received"].eq(first["received"]) & ~is_alike
    against = same[clash].groupby("key")[["origin", "line"]].first()
    heads = ~is_other & same["key"].isin(against.index)
    others = pd.concat([
        first.loc[clash, ["origin", "line"]], against.loc[same.loc[heads, "key"]].set_axis(same.index[heads]),
    ])  # fmt: skip
    gone = same["at"][is_other | heads].to_numpy()
    store.drop(segments[gone], places[gone])
    same["cells"] = same["at"].map(dict(cells_again(rows, gone, tables)))
    same["days_apart"] = (same["day"] - first["day"]).abs()
    repeats, code = is_other & ~clash, pd.Series(np.where(is_alike, "repeated", "revised"))
    conflicts = _beside(same.loc[others.index], others, "conflict")
    return _beside(same[repeats], first[repeats], code[repeats]), conflicts


def _compared(rows: Rows, store: RowStore, tables: list[DeliveredTable]) -> pd.DataFrame:
    """Return what rows are compared by, and their places among themselves."""
    days = rows.get("reported_at", np.full(len(rows["key"]), NONE)) // DAY_US
    return pd.DataFrame({
        "key": rows["key"], "received": np.array([table.received.toordinal() for table in tables])[rows["origin"]],
        "origin": rows["origin"], "line": rows["line"], "content": _contents(store, rows, tables),
        "at": np.arange(len(rows["key"])), "by_line": rows["key"] % 2 == 1,
        "day": np.where(days == NONE // DAY_US, np.nan, days),
    })  # fmt: skip


def _beside(rows: pd.DataFrame, others: pd.DataFrame, code: object) -> pd.DataFrame:
    """Return rows beside the ones that they repeat or contradict."""
    found = rows.assign(other_origin=others["origin"], other_line=others["line"], code=code)
    return found.sort_values(["origin", "line"], ignore_index=True)[COLUMNS]


def _may_be_identical(store: RowStore, rows: Rows, tables: list[DeliveredTable]) -> np.ndarray:
    """Return which rows are incidents of their own, though others of their delivery look the same."""
    stated = np.array([table.cleaner.source.rows for table in tables])[rows["origin"]]
    if "precision" not in rows:
        return stated == "incidents"
    precise = np.array(store.listed("precision"), object)[rows["precision"]]
    return (stated == "incidents") | (stated == "") & np.isin(precise, ["hour", "day"])


def _contents(store: RowStore, rows: Rows, tables: list[DeliveredTable]) -> np.ndarray:
    """Return a number for what each row states and under which columns; equal for equal content alone."""
    names = [frozenset(table.names) for table in tables]
    stated = np.array([names.index(one) for one in names])[rows["origin"]]
    return combined([stated, *(rows[name] for name in store.kinds)])


def combined(parts: list) -> np.ndarray:
    """Return the number of each distinct combination of what columns hold."""
    numbers = np.zeros(len(parts[0]), np.int64)
    for part in parts:
        part = part.dictionary_encode().indices.fill_null(-1) if isinstance(part, pa.Array) else part
        numbers = pd.factorize(numbers << 32 | pd.factorize(np.asarray(part))[0])[0]
    return numbers


def overlapping(store: RowStore, of_events: set[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the monthly counts that overlap what is counted more finely, as segments and places in them.

    Finer are events, and counts of parts of the area. `of_events`: the origins of which `sources.yml` says that a line
    is an incident, whatever is known of its day.
    """
    month = store.values.get("precision", {}).get("month")
    if month is None:
        return np.zeros((2, 0), np.int64)
    one = store.values["incident_count"].get(1, -2)
    finest: dict[tuple, int] = defaultdict(int)
    counts: list[tuple] = []
    for number, segment in enumerate(store.segments):
        rows = store.rows([segment])
        facts = pd.DataFrame({name: rows[name] for name in ("group", *AREA)})
        facts["month"] = rows["reported_at"].view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        is_event = ~rows["incident_id"].is_null().to_numpy(zero_copy_only=False) & (rows["incident_count"] == one)
        is_event |= segment.origin in of_events
        is_count = (rows["precision"] == month) & ~is_event  # of an event the month alone may be known
        facts["level"] = np.where(is_count, (facts[AREA] >= 0).sum(axis=1), EVENT)
        for group, street, community, when, level in facts.drop_duplicates().itertuples(index=False):
            for area in {(street, community), (street, -1), (-1, -1)}:
                finest[group, when, area] = max(level, finest[group, when, area])
        for place, group, street, community, when, level in facts[is_count].itertuples():
            counts.append((number, place, level, (group, when, (street, community))))
    found = [(number, place) for number, place, level, at in counts if finest[at] > level]
    return np.array(found, np.int64).reshape(-1, 2).T
