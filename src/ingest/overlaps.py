"""Delivered monthly counts that overlap what is counted more finely: events, or counts of parts of the area."""

from collections import defaultdict

import numpy as np
import pandas as pd

from src.ingest.rowstore import RowStore

AREA = ["street", "community"]
EVENT = 3  # how finely an event is counted; a count by the parts of a place that it names


def overlapping(store: RowStore, of_events: set[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that are such counts, as segments and places in them.

    `of_events`: the origins of which `sources.yml` says that a line is an incident, whatever is known of its day.
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
