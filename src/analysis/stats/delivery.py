"""What was delivered: lines, missing months, windows compared without them, and how widely months scatter."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from src.analysis.stats import counts
from src.codebook.periods import Period
from src.codebook.vocabulary import threshold

__all__ = ["delivered_months", "dispersion", "line_waterfall", "not_delivered", "reporting_completeness"]

LINE_STEPS = ("title", "header", "repeated_header", "blank", "total", "note", "continuation")
WHOLE = ("lines", "records", "clean")  # whose bars begin at 0


def line_waterfall(ledger: pd.DataFrame) -> pd.DataFrame:
    """How do the delivered lines become clean rows?

    One row is one step from delivered lines to clean rows. Columns: `step` (`lines`, each class of line that holds no
    record, `records`, `duplicate`, `quarantined`, `clean`), `count`, `start` and `end` (where its bar begins and ends).
    A step that took nothing away is left out.
    """
    counted = ledger.groupby(["counted", "class"])["count"].sum()
    lines, records = (counted.get(what, pd.Series(dtype="int64")) for what in ("lines", "records"))
    change = {"lines": lines.sum(), **{step: -lines.get(step, 0) for step in LINE_STEPS}}
    change["months"] = records.sum() - sum(change.values())  # a line of a wide table holds a record per month
    change |= {"records": 0, **{step: -records.get(step, 0) for step in ("duplicate", "quarantined")}, "clean": 0}
    steps = pd.Series(change, dtype="int64")
    after, whole = steps.cumsum(), steps.index.isin(WHOLE)
    before = after - steps
    start = np.minimum(before, after).mask(whole, 0)
    table = pd.DataFrame({"count": steps.mask(whole, after), "start": start, "end": np.maximum(before, after)})
    return table[whole | steps.ne(0)].rename_axis("step").reset_index()


def source_of(incidents: pd.DataFrame) -> pd.Series:
    """Return by which road each incident is delivered: `petitions` or `reports`."""
    return incidents["group"].eq("petition").map({True: "petitions", False: "reports"})


def delivered_months(incidents: pd.DataFrame, communities: pd.DataFrame | None = None) -> pd.DataFrame:
    """Who has delivered which month, and who is missing?

    One row is one street, one `source` (petitions or reports) and one month. Columns: `street`, `source`, `month`,
    `count` (incidents), `flag`: `missing` where a street has nothing in a month since that source began, and usually
    has so many (median m) that chance (e^-m) does not explain it; `never` where a street has nothing at all and others
    have that many. The streets are those of the register (`communities`), else those that have incidents; without any
    there is no row.
    """
    if incidents.empty:
        empty = {"street": "str", "source": "str", "month": "datetime64[us]", "count": "int64", "flag": "str"}
        return pd.DataFrame(columns=list(empty)).astype(empty)
    source = source_of(incidents)
    counted = counts.totals(incidents.assign(source=source), ["street", "source", "month"])
    streets = list((incidents if communities is None else communities)["street"].dropna().unique())
    every = pd.MultiIndex.from_product(
        [streets, sorted(source.unique(), reverse=True), counts.months_of(incidents)],
        names=["street", "source", "month"],
    )
    table = counted.reindex(every, fill_value=0).rename("count").reset_index()
    missing = looks_missing(table, ["street", "source"])
    usual = table.groupby(["source", "street"])["count"].agg(["median", "sum"])
    typical = usual["median"].where(usual["sum"].gt(0)).groupby("source").median()
    silent = table.groupby(["street", "source"])["count"].transform("sum").eq(0)
    never = silent & no_chance(table["source"].map(typical).astype("float64"))
    return table.assign(flag=np.select([missing, never], ["missing", "never"], ""))


def looks_missing(table: pd.DataFrame, places: list[str]) -> pd.Series:
    """Return where a `count` of 0 is no count: its source had begun, and chance does not explain it in its place."""
    seen = table["month"].where(table["count"].gt(0))
    sources = [table[name] for name in places if name != "street"]
    begun = seen.groupby(sources).transform("min") if sources else seen.min()
    usual = table.groupby(places)["count"].transform("median")
    return table["count"].eq(0) & table["month"].ge(begun) & no_chance(usual)


def no_chance(usual: "pd.Series | float") -> "pd.Series | bool":
    """Return where so many are usual (their median) that chance (e^-m) does not explain that there are none."""
    return np.exp(-usual) < threshold("zero_by_chance_pct") / 100


def delivered_until(incidents: pd.DataFrame) -> pd.Timestamp:
    """Up to which month has every source delivered that still does?

    The earliest of their last months; one with hardly a record (`least_of_month_pct` of the median) is none. A source
    that stopped longer ago than `late_months` is not waited for, nor one that may just have had nothing since
    (`no_chance`).
    """
    months = counts.months_of(incidents)
    counted = counts.totals(incidents.assign(source=source_of(incidents)), ["source", "month"]).unstack(
        "month", fill_value=0
    )
    last = months[-1]
    for _, monthly in counted.reindex(columns=months, fill_value=0).iterrows():
        own = months[monthly.gt(monthly.median() * threshold("least_of_month_pct") / 100).to_numpy()]
        lag = len(months) - 1 - months.get_loc(own[-1])
        if 0 < lag <= threshold("late_months") and no_chance(monthly[own[0] : own[-1]].median()):
            last = min(last, own[-1])
    return last


def reporting_completeness(incidents: pd.DataFrame, as_of: str | pd.Timestamp) -> pd.DataFrame:
    """Of what happened in a month, how much is known by a day?

    One row is one month (by `occurred_at`). Columns: `x` (known), `estimate` (expected share known, from how late
    incidents of at least 90 days ago became known), `flag` (`incomplete` under the threshold).

    >>> reporting_completeness(incidents, "2021-12-31")["flag"].tail(2).tolist()
    ['', 'incomplete']
    """
    as_of = pd.Timestamp(as_of)
    rows = incidents[incidents["occurred_at"].notna()]
    lag = (rows["reported_at"].dt.normalize() - rows["occurred_at"].dt.normalize()).dt.days
    settled = rows["occurred_at"] <= as_of - pd.Timedelta(days=90)
    known = np.sort(lag[settled & lag.ge(0)].to_numpy())
    months = rows["occurred_at"].dt.to_period("M")
    table = rows.groupby(months)["incident_count"].sum().rename_axis("month").rename("x").reset_index()
    ages = [(as_of - pd.date_range(month.start_time, month.end_time.normalize())).days for month in table["month"]]
    shares = [np.searchsorted(known, days, side="right").mean() / len(known) if len(known) else np.nan for days in ages]
    table = table.assign(month=table["month"].dt.to_timestamp(), estimate=shares)
    return table.assign(flag=np.where(table["estimate"] < threshold("complete_pct") / 100, "incomplete", ""))


DISTRICT = "district"  # all streets, where a month is named that none delivered
KEY = ["street", "source", "month"]
# Everything was delivered, or nobody asks.
NOTHING = pd.DataFrame(columns=KEY).astype({"street": "str", "source": "str", "month": "datetime64[us]"})


def not_delivered(incidents: pd.DataFrame, missing: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which months did which street not deliver, of what these incidents hold?

    One row is one `street`, `source` (petitions or reports) and `month`. `missing`: what is known to be missing
    (`delivered_months`); by default it is found in the incidents themselves, so give it where they are of few kinds.
    Without streets or groups nothing is missing.
    """
    if {"street", "group"} - set(incidents) or (missing is not None and missing.empty):
        return NOTHING
    if missing is None:
        known = delivered_months(incidents)
        missing = known[known["flag"].eq("missing")]
    held = missing["source"].isin(source_of(incidents).unique())
    if incidents["street"].notna().any():
        held &= missing["street"].isin(incidents["street"].unique())
    return missing.loc[held, KEY].reset_index(drop=True)


def comparable_windows(
    incidents: pd.DataFrame, current: counts.Window, reference: counts.Window, missing: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the incidents that may be compared, and the `not_delivered` months of the two windows.

    What a street did not deliver in the n-th month of one window is left out of the n-th month of each: of that street,
    or of all where no incident states its street (as in public; `whole` of the months then holds).
    """
    windows = [*counts.windows_of(current), *counts.windows_of(reference)]
    gone = [(row, n) for row in missing.itertuples() for window in windows for n in _position(window, row.month)]
    if not gone:
        return incidents, missing.iloc[:0]
    whole = incidents["street"].isna().all()
    street = "" if whole else incidents["street"].fillna("").astype("str")
    when = incidents["reported_at"].dt.to_period("M").astype("str")
    key = pd.Series(street, incidents.index) + "/" + source_of(incidents) + "/" + when
    first = [pd.Period(window.first_day, "M") for window in windows]
    left_out = {f"{'' if whole else row.street}/{row.source}/{month + n}" for row, n in gone for month in first}
    held = missing["month"].isin({row.month for row, _ in gone})
    return incidents[~key.isin(left_out)], missing[held].reset_index(drop=True).assign(whole=whole)


def _position(window: Period, month: pd.Timestamp) -> Iterator[int]:
    """Yield the number of a month within a window; nothing where it lies outside."""
    n = 12 * (month.year - window.first_day.year) + month.month - window.first_day.month
    if 0 <= n < window.months:
        yield n


def as_clusters(table: pd.DataFrame, communities: pd.DataFrame, first: object, last: object) -> pd.DataFrame:
    """Return a table whose communities that were redrawn between two days are called by their `comparable_cluster`.

    `communities`: the register with entries of every time. A cluster counts as redrawn where an entry of it began
    after the first day or ended before the last; all its communities, old and new, then bear its name.
    """
    first, last = pd.Timestamp(first), pd.Timestamp(last)
    began, ended = (pd.to_datetime(communities[name]) for name in ("valid_from", "valid_to"))
    changed = (began.gt(first) & began.le(last)) | (ended.ge(first) & ended.lt(last))
    cluster = communities["comparable_cluster"]
    merged = communities[cluster.notna() & cluster.isin(cluster[changed].dropna())]
    if merged.empty:
        return table
    names = dict(zip(merged["street"] + "/" + merged["community"], merged["comparable_cluster"], strict=True))
    return table.assign(community=(table["street"] + "/" + table["community"]).map(names).fillna(table["community"]))


def groups_affected(gaps: pd.DataFrame, incidents: pd.DataFrame, names: list[str], groups: pd.Index) -> np.ndarray:
    """Return which groups of `names` (columns) each `not_delivered` month (rows) concerns.

    Those with incidents of its source, and with streets in `names` of its street. A group without a key is one of all.
    """
    source, found = source_of(incidents), np.ones((len(gaps), len(groups)), dtype=bool)
    for name in gaps["source"].unique():
        own = source.eq(name)
        held = np.full(len(groups), own.any())
        if names:
            of_it, of_others = (counts.totals(incidents[mask], names).index for mask in (own, ~own))
            held = groups.isin(of_it) | ~groups.isin(of_others)
        found[gaps["source"].eq(name)] = held
    if "street" in names:
        found &= gaps["street"].to_numpy()[:, None] == groups.get_level_values("street").to_numpy()
    return found


def gap_notes(left_out: pd.DataFrame, incidents: pd.DataFrame, names: list[str], groups: pd.Index) -> list[str]:
    """Return for each group of `names` what was left out of it (`gap_names`), joined by `;`."""
    if left_out.empty:
        return [""] * len(groups)
    streets = () if "street" in names else incidents["street"].dropna().unique()
    return [
        ";".join(gap_names(left_out[own], streets)) for own in groups_affected(left_out, incidents, names, groups).T
    ]


def gap_names(gaps: pd.DataFrame, streets: Sequence[str] = ()) -> list[str]:
    """Return what `not_delivered` months are called: 布吉街道 2021-03, with `*` that month of all streets.

    A month that all `streets` lack is one of the `district`.
    """
    if gaps.empty:
        return []
    months = gaps["month"].dt.strftime("%Y-%m") + np.where(gaps["whole"], "*", "")
    lacking = gaps.groupby(months)["street"].transform("nunique")
    street = gaps["street"].mask(lacking.ge(max(len(streets), 2)) & (len(streets) > 1), DISTRICT)
    return list((street + " " + months).unique())


def dispersions(incidents: pd.DataFrame, by: counts.By = None, missing: pd.DataFrame | None = None) -> pd.Series:
    """Return how much more than Poisson counts the monthly counts of each group of `by` vary (1: no more).

    Months that are `missing` (`not_delivered`) take no part: of their own source, and with streets in `by` of their own
    street. Where they would take most of the degrees of freedom, they count as they were delivered: phi is then larger.
    """
    names = counts.columns_of(by)
    wide = counts.totals_by_month(incidents, names)
    if wide.empty:  # there is no incident, or none of them states what `by` names
        return pd.Series(dtype="float64")
    if missing is None or missing.empty:
        return counts.dispersion_of_each(wide)
    gaps = pd.DataFrame(False, wide.index, wide.columns)
    for month, own in zip(missing["month"], groups_affected(missing, incidents, names, wide.columns), strict=True):
        gaps.loc[gaps.index == month, own] = True
    freedom = (12 - 1) * (pd.Series(wide.index.year).value_counts().eq(12).sum() - 1)
    few = gaps.sum() > threshold("most_freedom_missing") * freedom
    return counts.dispersion_of_each(wide.mask(gaps & ~few))


def dispersion(incidents: pd.DataFrame, by: counts.By = None, missing: pd.DataFrame | None = None) -> float | pd.Series:
    """By how much more than chance do monthly counts vary: the phi of intervals, 1 where it is no more?

    Of all incidents a number, with `by` one for each group, of its own months (year × month table of whole years; 1 for
    under two). `missing`: see `not_delivered`. Give it the rows of all years, not those of one period.

    >>> round(dispersion(incidents[incidents["kind"].eq("drugs")]), 2)
    1.03
    """
    found = dispersions(incidents, by, not_delivered(incidents, missing))
    return found if by else float(found.get(0, 1.0))
