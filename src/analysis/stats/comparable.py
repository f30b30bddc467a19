"""Like with like: without months that a street did not deliver on either side, and places redrawn seen as one."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from src.analysis.stats.counts import Window, totals, windows_of
from src.analysis.stats.quality import delivered_months, source_of
from src.codebook.periods import Period

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
    incidents: pd.DataFrame, current: Window, reference: Window, missing: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the incidents that may be compared, and the `not_delivered` months of the two windows.

    What a street did not deliver in the n-th month of one window is left out of the n-th month of each: of that street,
    or of all where no incident states its street (as in public; `whole` of the months then holds).
    """
    windows = [*windows_of(current), *windows_of(reference)]
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
            of_it, of_others = (totals(incidents[mask], names).index for mask in (own, ~own))
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
    months = gaps["month"].dt.strftime("%Y-%m") + np.where(gaps["whole"], "*", "")
    lacking = gaps.groupby(months)["street"].transform("nunique")
    street = gaps["street"].mask(lacking.ge(max(len(streets), 2)) & (len(streets) > 1), DISTRICT)
    return list((street + " " + months).unique())
