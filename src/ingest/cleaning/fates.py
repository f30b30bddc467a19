"""What becomes of each record: clean, a repeat of another, or set aside; records and plain rows alike."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from src.codebook import tables, vocabulary
from src.ingest.cleaning.findings import totals_that_differ
from src.ingest.cleaning.gather import Part
from src.ingest.cleaning.record import Record
from src.ingest.columns import hashes
from src.ingest.columns.repeats import COMPARED, standing_of, told_of
from src.ingest.columns.spool import Spool
from src.ingest.deduplicate import Repeat, refuse_overlaps, settle
from src.ingest.reading import COLUMNS, DUPLICATES, QUARANTINED, Reading, Told, files_without_records, ledger_of, why

SETTLED_AT_ONCE = 5_000


def sorted_out(parts: list[Part], spool: Spool, table: str) -> Reading:
    """Return the reading of several deliveries, whose plain rows are in the spool."""
    records = [record for part in parts for record in part.records]
    if table == "incidents":
        refuse_overlaps(records, _events_of(spool, records))
    order = {origin: n for n, origin in enumerate((part.number, *place) for part in parts for place in part.lines)}
    spool.order, read = order, spool.counts()
    set_aside, repeated, again = Told(QUARANTINED), Told(DUPLICATES), set()
    gone: dict[tuple, list] = defaultdict(list)
    for repeats, plain in _settled(parts, spool, repeated, gone):
        for record, other, code in repeats:
            repeated.add(record, _repeat(record, other, code))
        here = {id(record) for record, _, _ in repeats}
        for record in plain:
            if record.problems:
                set_aside.add(record, why(record))
            if record.problems or id(record) in here:
                gone[record.origin].append([record.line])
        again |= here - {id(record) for record in plain}
    spool.settled()
    for origin, dropped in gone.items():
        spool.drop(origin, np.concatenate(dropped))
    for record in records:
        if record.problems:
            set_aside.add(record, why(record))
    clean = [record for record in records if not record.problems and id(record) not in again]
    counts = Counter(record.origin for record in clean) + Counter(spool.counts())
    assert counts.total() + len(set_aside) + len(repeated) == len(records) + sum(read.values()), "records lost"
    for part in parts:
        set_aside.add_all(part.set_aside)
    if table == "incidents":
        for origin in dict.fromkeys(record.origin for record in clean):
            spool.add_records(origin, [record for record in clean if record.origin == origin])
    warnings = [warning for part in parts for warning in part.warnings]
    used = {(r.file, r.sheet, r.line) for r in clean} if any(part.totalled for part in parts) else set()
    warnings += (said for part in parts for reader in part.totalled for said in totals_that_differ(reader, used))
    ledger = _ledger(parts, read, counts, {"quarantined": set_aside, "duplicate": repeated})
    warnings += (vocabulary.both("no_records", file=file) for file in files_without_records(ledger))
    return Reading(
        table, spool if table == "incidents" else _frame_of(clean, table), set_aside, repeated, order,
        ledger=ledger,
        columns=pd.DataFrame([column for part in parts for column in part.columns], columns=COLUMNS),
        warnings=list(dict.fromkeys(warnings)),
    )  # fmt: skip


def _frame_of(records: list[Record], table: str) -> pd.DataFrame:
    """Return clean records as the clean table has them."""
    values = {name: [record.values.get(name) for record in records] for name in tables.columns(table)}
    values |= {f"source_{part}": [getattr(record, part) for record in records] for part in ("file", "sheet", "line")}
    return tables.frame(table, values)


def _ledger(parts: list[Part], read: dict, clean: Counter, others: dict[str, Told]) -> pd.DataFrame:
    lines: dict[tuple[str, str], Counter] = defaultdict(Counter)
    counts: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for part in parts:
        for place, classes in part.lines.items():
            lines[place] += classes
            lines[place]["data"] += read.get((part.number, *place), 0)
            counts[place]["clean"] += clean[part.number, *place]
    for name, told in others.items():
        for place, count in told.counts().items():
            counts[place][name] += count
    return ledger_of(lines, counts)


def _settled(
    parts: list[Part], spool: Spool, by_columns: Told, gone: dict[tuple, list]
) -> Iterator[tuple[list[Repeat], list[Record]]]:
    """Yield `(repeats, plain rows among those looked at)`, some at a time; what contradicts another has its problem.

    Plain rows that need no record to be compared are told of and gone `by_columns` before.
    """
    records = [record for part in parts for record in part.records if not record.problems]
    if not len(spool):
        yield settle(records), []
        return
    numbers = hashes.kept(hashes.of_records(records))
    pa.default_memory_pool().release_unused()
    repeated = hashes.repeated([numbers, *(batch.hashes for batch in spool.batches)])
    told, rows = spool.twice(repeated)
    if not len(told):
        yield settle(records), []
        return
    order = np.lexsort([rows["line"].to_numpy(), rows["origin"].to_numpy()])
    told, rows = told[order], rows.take(order)
    texts, place_of = [parts[origin[0]].texts[origin[1:]] for origin in spool.origins], _places(parts)
    standing = standing_of(rows, texts, told, numbers)
    gone_here, cells = told_of(rows, standing, texts, spool, by_columns)
    gone |= gone_here
    compared = standing == COMPARED
    for some in np.array_split(repeated, min(len(repeated), 1 + np.sum(compared) // SETTLED_AT_ONCE)):
        which = np.flatnonzero(compared & (told >= some[0]) & (told <= some[-1]))
        plain = _records(rows.take(which), [cells[n] for n in which.tolist()], parts, spool)
        others = [records[n] for n in np.flatnonzero((numbers >= some[0]) & (numbers <= some[-1]))]
        yield settle(sorted([*others, *plain], key=place_of)), plain


def _places(parts: list[Part]) -> Callable[[Record], tuple]:
    """Return what orders records as the careful way has them: as they came, which on the fast way is by line."""
    sheets = [{place: number for number, place in enumerate(part.lines)} for part in parts]
    came = {id(record): number for part in parts if not part.texts for number, record in enumerate(part.records)}
    return lambda record: (
        (record.part, 0, came[id(record)])
        if id(record) in came
        else (record.part, sheets[record.part][record.file, record.sheet], record.line)
    )


def _records(rows: pa.Table, raw: list, parts: list[Part], spool: Spool) -> list[Record]:
    """Return rows of the spool, in order, as records."""
    values, lines, records = spool.values(rows), rows["line"].to_numpy(), []
    for origin, number in spool.origins.items():
        here = slice(*np.searchsorted(rows["origin"].to_numpy(), [number, number + 1]))
        if here.start < here.stop:
            told = {column: cells[here] for column, cells in values.items()}
            for record in parts[origin[0]].texts[origin[1:]].records(told, lines[here], raw[here]):
                record.part = origin[0]
                records.append(record)
    return records


def _events_of(spool: Spool, records: list[Record]) -> list[Record]:
    """Return records that stand for the plain rows where delivered counts might overlap them."""
    if not any(record.values.get("precision") == "month" for record in records):
        return []
    events = {}
    for places in spool.some_places():
        rows = spool.decoded(spool.rows(places))
        seen = pd.DataFrame({name: rows[name].to_pandas() for name in ("group", "street", "community")})
        seen["month"] = rows["reported_at"].to_numpy().astype("datetime64[M]")
        for group, *place, month in seen.drop_duplicates().astype(object).to_numpy():
            street, community = (None if pd.isna(name) else name for name in place)
            values = {"group": group, "street": street, "community": community, "precision": "day"}
            values["reported_at"] = pd.Timestamp(month).to_pydatetime()
            events[group, street, community, month] = Record("", "", 0, [], values)
    return list(events.values())


def _repeat(record: Record, other: Record, code: str) -> dict:
    at = {part: getattr(record, part) for part in ("file", "sheet", "line")}
    repeats = {f"repeats_{part}": getattr(other, part) for part in ("file", "sheet", "line")}
    return at | repeats | {"code": code, "cells": record.cells}
