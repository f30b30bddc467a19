"""What follows from a record's own cells, and what cannot be true together."""

from collections.abc import Iterator
from typing import Any

from src.codebook import vocabulary
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import read_hour
from src.ingest.cleaning.issue import CellError
from src.ingest.readers.grid import as_text

# A flag of a project, the column that shows it to be true, and what is wrong where it is stated not to be.
SHOWN = {
    "residents_took_part": ("residents_count", "residents_contradict"),
    "organisations_took_part": ("organisation_kinds", "organisations_contradict"),
}


def complete_incident(values: dict[str, Any], helpers: dict[str, object], month: CellReader | None) -> None:
    """Fill an incident's precision, its count of 1, its group; raises `CellError` where that cannot be told.

    Times are pairs of a time and its precision; `helpers` are cells that belong to no column of the table, such as the
    hour in one of its own, or the month, which `month` reads.
    """
    if month is not None and values.get("reported_at") is None:
        found = month.read(helpers["month"])
        if isinstance(found, CellError):
            raise CellError(found.code, column="month", **found.words)
        values["reported_at"] = found and (found[0].replace(day=1), "month")
    if as_text(helpers.get("occurred_hour", "")).strip():
        _add_hour(values, helpers["occurred_hour"])
    if values.get("reported_at") is not None:
        values["precision"] = values["reported_at"][1]
    event = values.get("incident_id") and "incident_count" not in values  # it has a number of its own: it is one
    if values.get("incident_count") is None and (event or values.get("precision") != "month"):
        values["incident_count"] = 1
    kind = vocabulary.current().kinds.get(values.get("kind") or "", {})
    if values.get("group") is None and kind:
        if "group" not in kind:
            raise CellError("group_unknown", column="group")
        values["group"] = kind["group"]


def _add_hour(values: dict, cell: object) -> None:
    """Add the hour that a column of its own states to the day that it belongs to."""
    hour = read_hour(cell)
    name = "occurred_at" if values.get("occurred_at") is not None else "reported_at"
    if values.get(name) is not None and values[name][1] == "day":
        values[name] = (values[name][0].replace(hour=hour), "hour")


def contradictions(values: dict[str, Any]) -> Iterator[tuple[str, str, CellError]]:
    """Yield column, value and reason of what cannot be true together.

    Times are compared by day, since either may lack its time of day.
    """
    happened, received = values.get("occurred_at"), values.get("reported_at")
    if happened and received and happened.date() > received.date():
        yield "occurred_at", as_text(happened), CellError("occurred_after_report", other=received)
    started, ended = values.get("started_on"), values.get("ended_on")
    if started and ended and ended < started:
        yield "ended_on", f"{ended:%Y-%m-%d}", CellError("ended_before_start", other=f"{started:%Y-%m-%d}")
    for flag, (shown, code) in SHOWN.items():
        if values.get(flag) is False and values.get(shown):
            yield flag, "否", CellError(code, other=values[shown])
