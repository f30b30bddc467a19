"""What follows from a record's own cells, and what cannot be true together."""

from src.codebook import vocabulary
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import read_hour
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.record import Record
from src.ingest.readers.grid import as_text

# A flag of a project, the column that shows it to be true, and what is wrong where it is stated not to be.
SHOWN = {
    "residents_took_part": ("residents_count", "residents_contradict"),
    "organisations_took_part": ("organisation_kinds", "organisations_contradict"),
}


def project_follows(record: Record) -> None:
    """Fill the flags of who took part that a project leaves open though it says how many, or what kinds.

    Only where the delivery has a column for the flag: else every project that states it would state a yes.
    """
    values = record.values
    for flag, (shown, _) in SHOWN.items():
        if flag in values and values[flag] is None and values.get(shown):
            values[flag] = True


def register_follows(record: Record) -> None:
    """Take each street as its only community where the register has no column of communities."""
    record.values.setdefault("community", record.values.get("street"))


def incident_follows(record: Record, month: CellReader | None) -> None:
    """Fill an incident's precision, its count of 1, its group; raises `CellError` where that cannot be told."""
    values = record.values
    if month is not None and values.get("reported_at") is None:
        found = month.read(record.helpers["month"])
        if isinstance(found, CellError):
            raise CellError(found.code, column="month", **found.words)
        values["reported_at"] = found and (found[0].replace(day=1), "month")
    if as_text(record.helpers.get("occurred_hour", "")).strip():
        _add_hour(values, record.helpers["occurred_hour"])
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


def without_precision(record: Record, dated: list[str]) -> None:
    """Keep of each date and time the moment alone; its precision has been used."""
    for name in dated:
        if isinstance(record.values.get(name), tuple):
            record.values[name] = record.values[name][0]


def contradictions(record: Record) -> None:
    """Refuse what cannot be true together; times are compared by day, since either may lack its time of day."""
    values = record.values
    happened, received = values.get("occurred_at"), values.get("reported_at")
    if happened and received and happened.date() > received.date():
        record.refuse("occurred_at", happened, "occurred_after_report", other=received)
    started, ended = values.get("started_on"), values.get("ended_on")
    if started and ended and ended < started:
        record.refuse("ended_on", f"{ended:%Y-%m-%d}", "ended_before_start", other=f"{started:%Y-%m-%d}")
    for flag, (shown, reason) in SHOWN.items():
        if values.get(flag) is False and values.get(shown):
            record.refuse(flag, "否", reason, other=values[shown])
