"""Did incidents of a field move where projects of that field began, against where none had begun yet?"""

import numpy as np
import pandas as pd

from src.analysis.stats.counts import PLACE, Window, windows_of
from src.analysis.stats.coverage import demand_field
from src.analysis.stats.delivery import looks_missing
from src.analysis.stats.ppml import FAR, Panel, combined, detectable_effect, fit, score_test
from src.codebook import vocabulary
from src.codebook.periods import Period

__all__ = ["event_study", "programme_effect"]

FIRST_LEAD = -6
COLUMNS = ("estimate", "lower", "upper", "p")


def programme_effect(
    incidents: pd.DataFrame, projects: pd.DataFrame, field: str, months: Window | None = None
) -> pd.DataFrame:
    """By how much did incidents of a field differ once its projects were in full, against communities without one?

    One row. `field`, `x` (communities with a project), `n` (all communities), `estimate`, `lower`, `upper` (log points;
    -0.12 is 11 % fewer), `p`, `estimate_pct`, `lower_pct`, `upper_pct`, `detectable_pct` (the least fall found with
    80 %, `detectable_effect`), `flag` (`too_few`: nothing estimated). Poisson with community and month effects,
    saturated in start month × months since (Wooldridge, Econometrics Journal 26 (2023) C31-C66); the mean over months 2
    and later. Errors are clustered by community, n/(n - 1) wider where an indicator fits n communities by itself; t
    with the communities in full. Never read it without `effect_checks`. `months`: by default January two years before
    the first start to the last whole month.
    """
    return effect_of(_panel(incidents, projects, field, months), field)


def _panel(incidents: pd.DataFrame, projects: pd.DataFrame, field: str, months: Window | None) -> Panel:
    return field_panel(counts_by_field(incidents), projects, field, effect_months(incidents, projects, months))


def effect_of(panel: Panel, field: str) -> pd.DataFrame:
    """Return `programme_effect` of a panel."""
    found = in_full(panel, leads=False) if panel.enough else dict.fromkeys(COLUMNS, np.nan)
    row = {"field": field, "x": panel.treated, "n": len(panel.starts), **found}
    least = -np.expm1(-detectable_effect(panel)) if panel.enough else np.nan
    return in_percent(pd.DataFrame([row])).assign(detectable_pct=least, flag="" if panel.enough else "too_few")


def in_percent(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its log points as relative changes too (-0.113 is 11.3 % fewer)."""
    return table.assign(**{f"{name}_pct": np.expm1(table[name]) for name in COLUMNS[:3]})


def in_full(panel: Panel, *, leads: bool) -> dict[str, float]:
    """Return the mean effect of the months in full; with `leads` against the months before the sixth lead only."""
    cells, terms = saturated(panel, leads=leads)
    coefficients, covariance = fit(cells, terms)
    full = cells[cells["event"] >= 2]
    weights = full["cell"].value_counts(normalize=True)
    places = full.groupby("cell")["place"].nunique()
    free = 1 - (weights / places).sum()  # what of the residuals is left by indicators that fit their few communities
    widened = covariance / free if free > 0 else covariance * np.nan
    return combined(coefficients, widened, weights, full["place"].nunique())


def saturated(panel: Panel, *, leads: bool) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells with one indicator for each start month × month since, and (with `leads`) for months -6 to -1.

    A cell under the threshold of counts would give the logarithm of a handful: it shares its indicator with the other
    such months of its phase (first two months, in full) and start month; where these are too few together, with all
    such of its phase.
    """
    cells = panel.cells()
    after = cells["event"] >= 0
    phase = np.where(cells["event"] >= 2, "full", "early")
    start = cells["start"].fillna(-1).astype("int64").astype("str")
    label = "s" + start + "_" + cells["event"].astype("str")
    for coarser in ("s" + start + "_" + phase, pd.Series(phase, cells.index)):
        small = cells["count"].groupby(label).transform("sum") < vocabulary.threshold("min_count_for_percent")
        label = label.where(~small, coarser)
    label = label.where(after, "")
    if leads:
        lead = cells["event"].between(FIRST_LEAD, -1)
        label = label.where(~lead, "lead" + cells["event"].abs().astype("str"))
    indicators = pd.get_dummies(label[label.ne("")], dtype="float64").reindex(cells.index, fill_value=0.0)
    return pd.concat([cells.assign(cell=label), indicators], axis=1), list(indicators.columns)


def event_study(
    incidents: pd.DataFrame, projects: pd.DataFrame, field: str, months: Window | None = None
) -> pd.DataFrame:
    """How did incidents run month by month, before and after projects of the field began?

    One row is one `event_month` (months since the start, -6 on; earlier months are what all is measured against).
    Columns: `n` (communities), `estimate`, `lower`, `upper` (log points), `p` and the same as relative changes.
    """
    return event_study_of(_panel(incidents, projects, field, months))[0]


def event_study_of(panel: Panel) -> tuple[pd.DataFrame, dict[str, dict]]:
    """Return `event_study` of a panel, and its leads: all together (`joint`), months -3 to -1 (`bin`), and `full`."""
    cells, terms = saturated(panel, leads=True)
    coefficients, covariance = fit(cells, terms)
    clusters = cells["place"].nunique()

    def mean_of(chosen: pd.Series) -> dict[str, float]:
        return combined(coefficients, covariance, cells.loc[chosen, "cell"].value_counts(normalize=True), clusters)

    seen = sorted(set(cells.loc[cells["event"] >= FIRST_LEAD, "event"]) - {FAR})
    rows = [
        {"event_month": month, "n": int(cells["event"].eq(month).sum()), **mean_of(cells["event"].eq(month))}
        for month in seen
    ]
    leads = coefficients[coefficients.index.str.startswith("lead")]
    tests = {
        "joint": {"estimate": float(leads[leads.abs().idxmax()]), "p": score_test(panel, range(FIRST_LEAD, 0))},
        "bin": mean_of(cells["event"].between(-3, -1)),
        "full": mean_of(cells["event"] >= 2),
    }
    return in_percent(pd.DataFrame(rows)), tests


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
