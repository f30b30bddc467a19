"""Records that repeat another one, were superseded by a later delivery, or contradict it."""

from collections import defaultdict

from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.record import Record

Repeat = tuple[Record, Record, str]


def where(record: Record) -> str:
    """Return a record's place as people write it: file, sheet, line."""
    sheet = f"[{record.sheet}]" if record.sheet else ""
    return f"{record.file}{sheet}:{record.line}"


def settle(records: list[Record]) -> list[Repeat]:
    """Return `(record, the one it repeats, repeated|revised)`; mark both of two contents under one key in one delivery.

    With a key: the same content is a repeat; another content in a later `received` supersedes the earlier one; in the
    same delivery both are set aside. Without a key the whole line has to be the same, in one delivery or across.
    """
    by_key: dict[tuple, list[Record]] = defaultdict(list)
    for record in records:
        if not record.problems:
            month = record.values["reported_at"] if record.values.get("precision") == "month" else None
            # Several entries may read one line, each its own columns of it.
            alone = record.key or ("line", *record.cells, *record.values.values())
            by_key[(*alone, month, record.column)].append(record)
    repeats = [repeat for same in by_key.values() if len(same) > 1 for repeat in _settle_one(same)]
    return [repeat for repeat in repeats if not repeat[0].problems]


def _settle_one(same: list[Record]) -> list[Repeat]:
    newest = max((r.received for r in same if r.received), default=None)
    standing, *others = [r for r in same if r.received == newest]
    found = [(r, standing, "repeated") for r in others if r.values == standing.values]
    for record in others:
        if record.values != standing.values:
            _conflict(record, standing)
            _conflict(standing, record)
    earlier = [r for r in same if r.received != newest]
    return found + [(r, standing, "repeated" if r.values == standing.values else "revised") for r in earlier]


def _conflict(record: Record, against: Record) -> None:
    if not record.problems:
        record.problems.append(("", "", CellError("conflict", other=where(against))))


def refuse_overlaps(records: list[Record], events: list[Record] = ()) -> None:
    """Set aside delivered counts that overlap what is counted more finely: events, or counts of parts of the area.

    `events` stand for rows that are no records: one for each group, month and area.
    """
    if all(record.values.get("precision") != "month" for record in records):
        return
    finest: dict[tuple, set[int]] = defaultdict(set)
    counts = []
    for record in [*records, *events]:
        if record.problems:
            continue
        values = record.values
        place = (values.get("street"), values.get("community"))
        event = values.get("incident_id") and values.get("incident_count") == 1  # of which the month alone is known
        is_count = values["precision"] == "month" and not event
        level = 3 if not is_count else sum(part is not None for part in place)
        if is_count:
            counts.append((record, place, level))
        month = values["reported_at"].replace(day=1, hour=0, minute=0, second=0)
        for area in {place, (place[0], None), (None, None)}:
            finest[values["group"], month, area].add(level)
    for record, place, level in counts:
        if max(finest[record.values["group"], record.values["reported_at"], place]) > level:
            record.refuse("incident_count", record.values["incident_count"], "aggregate_overlap")
