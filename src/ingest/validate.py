"""Well-formed deliveries that cannot be true, held against the tables of the last good build and their own past."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from src.codebook import vocabulary
from src.codebook.vocabulary import threshold
from src.ingest.deliveries import Delivery
from src.ingest.rowstore import Rows, RowStore

NEEDED = ["reported_at", "precision", "street", "group", "kind", "incident_count", "source_file"]
CELLS = ["month", "street", "group", "kind", "file"]
NAMED = 4  # parts of a month that a sentence names
ROWS_AT_ONCE = 1 << 18
SERIES = ("", "street", "group", "kind")  # the district, then its parts


@dataclass(frozen=True)
class Finding:
    """One thing about some delivered files that their own past calls impossible."""

    files: tuple[str, ...]
    code: str
    words: dict

    def sentence(self, lang: str) -> str:
        """Return it in a language; of many parts that are far off the first few are named."""
        words = {"files": [*self.files], **self.words}
        if parts := words.get("parts"):
            label = vocabulary.current().label
            named = [{**part, "of": label(*part["of"], lang)} for part in parts[:NAMED]]
            words["parts"] = [vocabulary.sentence("held_part", lang, **part) for part in named]
            words["parts"] += ["……"] * (len(parts) > NAMED)
        return vocabulary.sentence(self.code, lang, **words)

    def __str__(self) -> str:
        return " ".join(map(self.sentence, vocabulary.LANGS))


def held_by(store: RowStore, deliveries: list[Delivery], last: Any) -> tuple[list[Finding], list[Finding]]:
    """Return what is held back of deliveries, and what `accepted` in sources.yml lets through.

    `last`: the summary of the last good build, none where there was none. What came in it unchanged is not asked again.
    """
    known = {} if last is None else {entry["sha256"]: entry["file"].split("/")[-1] for entry in last.deliveries}
    here = {delivery.sha256 for delivery in deliveries}
    changed = {d.path.name for d in deliveries if d.sha256 not in known}
    changed |= {file for digest, file in known.items() if digest not in here}
    if not changed:
        return [], []
    before = counts_before(last.processed) if last else None
    received = {delivery.path.name: delivery.source.received for delivery in deliveries}
    found = [*suspect(counts_of(store), before, changed, received), *same_events(store, changed)]
    accepted = {d.path.name for d in deliveries if any(d.sha256.startswith(start) for start in d.source.accepted)}
    return [f for f in found if not accepted.issuperset(f.files)], [f for f in found if accepted.issuperset(f.files)]


def counts_of(store: RowStore) -> pd.DataFrame:
    """Return how many incidents the clean rows tell: one row is a month × street × group × kind × file.

    `count`; `last_day`: the last day of the month with a record, the 31st where the month alone is known of some.
    """
    return _summed(_counted(store.decoded(rows)) for rows in store.buckets())


def counts_before(processed: Path) -> pd.DataFrame:
    """Return the same of the tables of the last build."""
    with pq.ParquetFile(processed / "incidents.parquet") as file:
        batches = file.iter_batches(ROWS_AT_ONCE, columns=NEEDED)
        return _summed(_counted(pa.Table.from_batches([batch])) for batch in batches)


def _counted(rows: pa.Table) -> pd.DataFrame:
    """Return the counts of some rows of the clean table."""
    month = pc.floor_temporal(rows["reported_at"], unit="month").cast(pa.timestamp("s"))
    cells = pa.table({
        **{name: rows[name] for name in ("street", "group", "kind", "precision", "incident_count")},
        "file": rows["source_file"], "month": month, "last_day": pc.day(rows["reported_at"]),
    })  # fmt: skip
    grouped = cells.group_by([*CELLS, "precision"], use_threads=False)
    found = grouped.aggregate([("incident_count", "sum"), ("last_day", "max")]).to_pandas()
    found = found.rename(columns={"incident_count_sum": "count", "last_day_max": "last_day"})
    return found.assign(last_day=found["last_day"].mask(found.pop("precision").eq("month"), 31))


def _summed(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    rows = pd.concat([pd.DataFrame(columns=[*CELLS, "count", "last_day"]), *parts])
    rows = rows.astype({"month": "datetime64[s]", "count": float, "last_day": float})
    found = rows.groupby(CELLS, dropna=False, as_index=False, observed=True)
    return found.agg(count=("count", "sum"), last_day=("last_day", "max"))


def suspect(now: pd.DataFrame, before: pd.DataFrame | None, changed: set[str], received: dict) -> list[Finding]:
    """Return what of `now` its own past calls impossible, where files that came or changed have a part in it.

    `before`: the counts of the last good build, none where there was none. `changed`: the files that came, changed or
    went since. `received`: by file the day on which it came, where that is stated.
    """
    before = None if before is None or before.empty else before
    gone = [] if before is None else [*_months_gone(now, before, changed)]
    if now.empty:
        return gone
    cut_off = [] if before is None else _cut_off(now, before, changed, received)
    return [*gone, *cut_off, *_outside_its_past(now, before, changed)]


def _months_gone(now: pd.DataFrame, before: pd.DataFrame, changed: set[str]) -> Iterator[Finding]:
    """Yield the months of which the last build had more records, by the files that came, changed or went."""
    was, now_is = (counts.groupby("month")["count"].sum() for counts in (before, now))
    lost = was - now_is.reindex(was.index, fill_value=0)
    least = threshold("min_count_for_percent") if len(now) else 1  # all of it is gone, however few a month had
    months = lost[(lost >= least) & (lost > was * threshold("held_gone_pct") / 100)].index
    here = pd.concat([before, now])
    files = _names(here[here["month"].isin(months)], changed)
    if len(months) and files:
        words = {"before": int(was[months].sum()), "after": int(now_is.reindex(months, fill_value=0).sum())}
        yield Finding(files, "held_months_gone", {"first": _month(months.min()), "last": _month(months.max()), **words})


def _cut_off(now: pd.DataFrame, before: pd.DataFrame, changed: set[str], received: dict) -> Iterator[Finding]:
    """Yield the newest month where it ends early, and that of the last build did not."""
    rows = now[now["month"].eq(now["month"].max())]
    files = _names(rows, changed)
    ends = [_missing_at_end(counts) for counts in (before, now)]
    known = [received[file] for file in files if received.get(file)]
    begun = any(pd.Timestamp(day).to_period("M") <= rows["month"].iloc[0].to_period("M") for day in known)
    if files and not begun and ends[0] <= threshold("held_silent_records") < ends[1]:
        yield Finding(
            files, "held_cut_off", {"month": _month(rows["month"].iloc[0]), "day": int(rows["last_day"].max())}
        )


def _missing_at_end(counts: pd.DataFrame) -> float:
    """Return how many records the days after the last one of the newest month would have had."""
    rows = counts[counts["month"].eq(counts["month"].max())]
    last = rows["last_day"].max()
    return rows["count"].sum() / last * (rows["month"].iloc[0].days_in_month - last) if len(rows) else 0


def _outside_its_past(now: pd.DataFrame, before: pd.DataFrame | None, changed: set[str]) -> Iterator[Finding]:
    """Yield the newest months in which the district, a street, a group or a kind is far from what was expected."""
    if now.empty:
        return
    newest = sorted(now["month"].unique())[-int(threshold("held_newest_months")) :]
    if _missing_at_end(now) > threshold("held_silent_records"):
        newest = newest[:-1]  # it has only begun
    for month in newest:
        files = _names(now[now["month"].eq(month)], changed)
        parts = [part for by in SERIES for part in _far_off(now, before, month, by)] if files else []
        if parts:
            yield Finding(files, "held_outside", {"month": _month(month), "parts": parts})


def _far_off(now: pd.DataFrame, before: pd.DataFrame | None, month: pd.Timestamp, by: str) -> Iterator[dict]:
    """Yield the parts of a month that are far off now and were not, if they were there, in the last build."""
    wide = by_month(now, by)
    limits = expected(wide.to_numpy(float, na_value=np.nan), wide.index.get_loc(month))
    was = {} if before is None else by_month(before, by)
    for code, (lower, upper) in zip(wide.columns, limits.T, strict=True):
        count, earlier = wide.loc[month, code], was.get(code, {}).get(month, np.nan)
        if (count < lower and not earlier < lower) or (count > upper and not earlier > upper):
            of = (by, code) if by else ("district", "district")
            yield {"of": of, "count": int(count), "lower": lower, "upper": upper}


def by_month(counts: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return counts: one row a month, without a gap, one column each code of `by`."""
    codes = counts[by] if by else pd.Series("district", counts.index)
    wide = counts.pivot_table(index="month", columns=codes, values="count", aggfunc="sum")
    return wide.reindex(pd.date_range(counts["month"].min(), counts["month"].max(), freq="MS"))


def expected(counts: np.ndarray, at: int) -> np.ndarray:
    """Return the least and the most that each column may hold at a row of months; missing where its past is too short.

    The month of the year before, times the last three months over the same three of that year, as logarithms; the
    limits are `held_deviations` times the spread of what that rule missed in the past (median absolute deviation, at
    least `held_least_spread`) and of the two counts themselves. A month without a record is told as not delivered.
    """
    logs = np.log(counts + 0.5)
    level = np.full_like(logs, np.nan)
    for row in range(15, at + 1):
        level[row] = logs[row - 12] + np.log(counts[row - 3 : row].sum(0) / counts[row - 15 : row - 12].sum(0))
    missed = np.abs(logs - level)[15:at]
    if at < threshold("held_least_months"):
        return np.full((2, counts.shape[1]), np.nan)
    middle = pd.DataFrame(missed).median().to_numpy()  # of the months that were delivered
    spread = np.maximum(1.4826 * middle, threshold("held_least_spread"))
    usual = np.exp(level[at])
    width = threshold("held_deviations") * np.sqrt(spread**2 + 1 / usual + 1 / (counts[at - 12] + 0.5))
    limits = usual * np.exp([-width, width])
    return np.where(usual >= threshold("min_count_for_percent"), limits, np.nan)


def same_events(store: RowStore, changed: set[str]) -> Iterator[Finding]:
    """Yield the pairs of files of which one tells mostly what the other tells, under other identifiers or none."""
    if len({file for file, _ in store.origins}) < 2 or store.table != "incidents":
        return
    files = pd.Series([file for file, _ in store.origins])
    size, shared = Counter(), Counter()
    for rows in store.buckets():
        counted = pd.DataFrame({"event": _events(store, rows), "file": files.to_numpy()[rows["origin"]]})
        counted = counted[rows["precision"] != store.values["precision"].get("month", -2)].groupby(["event", "file"])
        counted = counted.size().rename("count").reset_index()
        size.update(counted.groupby("file")["count"].sum().to_dict())
        several = counted[counted["event"].duplicated(keep=False)]
        pairs = several.merge(several, on="event").query("file_x < file_y")
        both = pairs.assign(count=pairs[["count_x", "count_y"]].min(axis=1))
        shared.update(both.groupby(["file_x", "file_y"])["count"].sum().to_dict())
    for pair, count in shared.items():
        pct = 100 * count / min(size[file] for file in pair)
        enough = pct >= threshold("held_same_pct") and count >= threshold("min_count_for_percent")
        if enough and (files := _names(pd.DataFrame({"file": pair}), changed)):
            others = [file for file in pair if file.split("/")[0] != files[-1]] or [pair[0]]  # both in one archive
            yield Finding(files[-1:], "held_same_events", {"other": others[0], "count": int(count), "pct": pct})


def if_delivered(store: RowStore, before: pd.DataFrame, file: str) -> list[Finding]:
    """Return what would be held back of one file: its months take the place of those of the same office before."""
    own = counts_of(store)
    others = before[~before["month"].isin(own["month"]) & (before["file"].str.split("/").str[0] != file)]
    return suspect(pd.concat([others, own]), before, {file}, {})


def _events(store: RowStore, rows: Rows) -> np.ndarray:
    """Return one number for all that a row tells but its identifier."""
    columns = {name: rows[name] for name in (*store.times, *store.coded)}
    return pd.util.hash_pandas_object(pd.DataFrame(columns), index=False).to_numpy()


def _names(rows: pd.DataFrame, changed: set[str]) -> tuple[str, ...]:
    """Return the delivered files of some rows that came or changed; a member of an archive stands for it."""
    return tuple(sorted({file.split("/")[0] for file in rows["file"].unique()} & changed))


def _month(month: pd.Timestamp) -> str:
    return f"{month:%Y-%m}"
