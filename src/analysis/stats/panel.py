"""Communities by month, with the month each one's first project of a field began: what effects are estimated from."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from src.analysis.stats.counts import PLACE, Window, windows_of
from src.analysis.stats.coverage import demand_field
from src.analysis.stats.delivery import looks_missing
from src.codebook import vocabulary
from src.codebook.periods import Period

FAR = -999  # the event month of a community without a project: before any lead


@dataclass(frozen=True)
class Panel:
    """Counts by community (rows) and month (columns), the position of each start (missing: none), what is left out."""

    counts: pd.DataFrame
    starts: pd.Series
    known: np.ndarray  # False: a cell that is left out

    @property
    def event(self) -> np.ndarray:
        """Return the months since the start for each cell; `FAR` where there is no start."""
        since = np.arange(self.counts.shape[1]) - self.starts.to_numpy()[:, None]
        return np.where(np.isnan(since), FAR, since).astype("int64")

    @property
    def treated(self) -> int:
        """Return how many communities start within the panel."""
        return int(self.starts.lt(self.counts.shape[1]).sum())

    @property
    def untreated(self) -> int:
        """Return how many communities have no project of the field in the last month."""
        return len(self.starts) - self.treated

    @property
    def enough(self) -> bool:
        """Return whether there are communities enough on both sides to compare."""
        both = self.treated >= vocabulary.threshold("min_treated_for_effect")
        both &= self.untreated >= vocabulary.threshold("min_untreated_for_effect")
        return both and self.counts.to_numpy().sum() > 0

    def keeping(self, rows: np.ndarray) -> "Panel":
        """Return the panel of some of its communities."""
        return Panel(self.counts[rows], self.starts[rows], self.known[rows])

    def starting(self, starts: pd.Series, known: np.ndarray | None = None) -> "Panel":
        """Return the panel with other starts (a placebo)."""
        return replace(self, starts=starts, known=self.known if known is None else known)

    def cells(self) -> pd.DataFrame:
        """Return one row per community and month that is not left out: place, month, `count`, `event`, `start`."""
        rows, columns = np.nonzero(self.known)
        street, community = (self.counts.index.get_level_values(name).to_numpy()[rows] for name in PLACE)
        count, event = self.counts.to_numpy()[rows, columns], self.event[rows, columns]
        cells = {"place": street + "/" + community, "month": columns, "count": count, "event": event}
        return pd.DataFrame({**cells, "start": self.starts.to_numpy()[rows]})


def counts_by_field(incidents: pd.DataFrame) -> pd.DataFrame:
    """Return incidents of each field of governance: one row is one community, field and month with its `count`.

    The field is that of the kind. Petitions, which come by another road and later, and records without a place are
    left out.
    """
    rows = incidents[incidents["group"].ne("petition") & incidents["community"].notna()]
    rows = rows.assign(field=demand_field(rows), month=rows["reported_at"].dt.to_period("M"))
    counted = rows.groupby([*PLACE, "field", "month"], sort=False)["incident_count"].sum().astype("int64")
    return counted.rename("count").reset_index()


def effect_months(incidents: pd.DataFrame, projects: pd.DataFrame, asked: Window | None = None) -> Period:
    """Return the months `asked` for, else January two years before the first start to the last whole month."""
    if asked:
        return windows_of(asked)[0]
    last = incidents["reported_at"].max()
    last = projects["started_on"].max() if pd.isna(last) else last
    month = last.to_period("M")
    if last.normalize() < month.end_time.normalize():
        month -= 1
    first = projects["started_on"].min()
    year = (first if pd.notna(first) else last).year - 2
    return Period(pd.Timestamp(year, 1, 1).date(), month.end_time.date())


def field_panel(counted: pd.DataFrame, projects: pd.DataFrame, field: str, months: Period) -> Panel:
    """Return the panel of a field from `counts_by_field`.

    Left out: communities with a project of the field that has no date or that began before the panel; months in which
    a street delivered nothing while others did; months in which too few communities are still without a project.
    Raises `ValueError` for a field that the vocabulary does not have.
    """
    if field not in vocabulary.current().codes["field"]:
        known = ", ".join(vocabulary.current().codes["field"])
        raise ValueError(vocabulary.both("not_known", name="field", value=field, allowed=known))
    every = pd.period_range(months.first_day, months.last_day, freq="M")
    counted = counted[counted["month"].between(every[0], every[-1])]
    ours = projects[projects["field"].eq(field) & projects["status"].ne("planned") & projects["community"].notna()]
    places = pd.concat([counted[PLACE], projects[PLACE].dropna()]).drop_duplicates().sort_values(PLACE)
    index = pd.MultiIndex.from_frame(places)
    counts = counted[counted["field"].eq(field)].set_index([*PLACE, "month"])["count"].unstack("month")
    counts = counts.reindex(index=index, columns=every).fillna(0).astype("int64")
    first = ours.groupby(PLACE)["started_on"].agg(lambda days: days.min() if days.notna().all() else pd.NaT)
    start = (first.dt.to_period("M").astype("int64") - every[0].ordinal).where(first.notna()).reindex(index)
    unclear = index.isin(first.index[first.isna()]) | start.le(0).to_numpy()
    whole = _delivered(counted, index, every)[~unclear]
    return _comparable(Panel(counts[~unclear], start[~unclear].astype("float64"), whole))


def _delivered(counted: pd.DataFrame, index: pd.MultiIndex, every: pd.PeriodIndex) -> np.ndarray:
    """Return for each cell whether its street delivered that month (`looks_missing`, over the months of the panel)."""
    by_street = counted.groupby(["street", "month"])["count"].sum().unstack("month").reindex(columns=every).fillna(0)
    table = by_street.rename_axis(columns="month").stack().rename("count").reset_index()
    missing = looks_missing(table, ["street"])
    whole = pd.DataFrame(~missing.to_numpy().reshape(by_street.shape), by_street.index)
    return whole.reindex(index.get_level_values("street"), fill_value=False).to_numpy(dtype=bool)


def _comparable(panel: Panel) -> Panel:
    still = (panel.event < 0).sum(axis=0)
    kept = np.flatnonzero(still >= vocabulary.threshold("min_untreated_for_effect"))
    counts = panel.counts.iloc[:, kept]  # a start after the last month kept is none yet
    starts = panel.starts.where(panel.starts.lt(len(kept)))
    return Panel(counts, starts, panel.known[:, kept])
