"""Small areas in public: which counts are told, rounded to 5, before anything is computed from them.

What a public page says of incidents below the district is computed from two tables alone, so nothing else can be
worked out from it. Their cells are counts of at least 8, rounded to the nearest 5. A series is told whole or not at
all, so a month without a number never gives away that it had few. Where what is told would narrow down what is not
(totals of the district are exact, those of a street are told beside those of its communities), the smallest told
series is held back as well (complementary suppression: Hundepool et al., Statistical Disclosure Control, 2012).
"""

import pandas as pd

from src.analysis.stats.counts import roll_up_mask
from src.codebook.vocabulary import current, threshold

# What community pages tell: sums that have no incident in common.
MEASURES = ("criminal_and_public_security", "petition", "dispute", "traffic", "environment", "special_groups", "other")
QUARTERS = 8
PLACES = ("street", "community", "grid")
REST = "rest"  # the kinds of a group that are too few to be told by themselves


def rounded(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts as they are told: the nearest multiple of 5, never a half."""
    base = int(threshold("public_round_to"))
    return (counts + base // 2) // base * base


def least_and_most(public: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return between which counts a reader knows each told number to lie."""
    half = int(threshold("public_round_to")) // 2
    return (public - half).clip(lower=threshold("public_least_count")), public + half


def public_rows(counts: pd.DataFrame, least: pd.Series, most: pd.Series) -> pd.Series:
    """Return which rows of counts may be told, where a reader knows between which limits each column's sum lies.

    A row with a count below 8 is not. The smallest others are held back until what is left to those that are not told
    is, in every column, as wide as rounding makes a told one.
    """
    public = counts.ge(threshold("public_least_count")).all(axis=1)
    while public.any() and not public.all():
        low, high = least_and_most(rounded(counts[public]))
        most_left = most - low.sum()
        least_left = (least - high.sum()).clip(lower=0) if (~public).sum() == 1 else 0
        if (most_left - least_left).ge(threshold("public_round_to") - 1).all():
            break
        public[counts[public].sum(axis=1).idxmin()] = False
    return public


def cells_of_streets(incidents: pd.DataFrame, last_day: pd.Timestamp) -> pd.DataFrame:
    """Return what is told of streets: rows street, group, kind; columns the whole months; counts rounded.

    A kind that may not be told of a street is counted in the rest of its group; where even that may not be told, the
    group is left out for the street.
    """
    rows = incidents[incidents["street"].notna() & incidents["reported_at"].le(last_day)]
    month = rows["reported_at"].dt.to_period("M").dt.to_timestamp().rename("month")
    counted = _counted(rows, ["street", "group", "kind", month])
    if counted.empty:
        return counted
    every = pd.date_range(counted.columns.min(), counted.columns.max(), freq="MS")
    counted = counted.reindex(columns=every, fill_value=0)
    exact = counted.groupby(["group", "kind"]).sum()
    kinds = _public_within(counted, ["group", "kind"], exact, exact)
    alone = rounded(counted[kinds])
    rest = counted[~kinds].groupby(["street", "group"]).sum()
    low, high = least_and_most(alone)
    whole = counted.groupby("group").sum()
    left = [whole.sub(limit.groupby("group").sum().reindex(whole.index, fill_value=0)) for limit in (high, low)]
    rest = rounded(rest[_public_within(rest, ["group"], *left)])
    rest.index = pd.MultiIndex.from_tuples([(s, g, REST) for s, g in rest.index], names=counted.index.names)
    return pd.concat([alone, rest])


def _counted(incidents: pd.DataFrame, by: list) -> pd.DataFrame:
    """Return how many incidents there are by all of `by`, of which the last goes across."""
    return incidents.groupby(by)["incident_count"].sum().astype("int64").unstack(fill_value=0)


def _public_within(counts: pd.DataFrame, names: list[str], least: pd.DataFrame, most: pd.DataFrame) -> pd.Series:
    """Return which rows may be told, each set of rows that share `names` by itself."""
    sets = counts.groupby(names if len(names) > 1 else names[0], sort=False)
    parts = [public_rows(rows, least.loc[key], most.loc[key]) for key, rows in sets]
    return pd.concat(parts).reindex(counts.index) if parts else pd.Series(dtype=bool, index=counts.index)


def as_incidents(cells: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Return told cells as incidents: one row is the count of a month, without community, channel, people or hour."""
    if cells.empty:
        return like.iloc[:0]
    rows = cells.rename_axis(columns="reported_at").stack().rename("incident_count").reset_index()
    rows = rows.assign(precision="month", source_file="", source_sheet="", source_line=0)
    return rows.reindex(columns=like.columns).astype(like.dtypes)


def without_places(incidents: pd.DataFrame) -> pd.DataFrame:
    """Return incidents of the district that cannot be divided below it."""
    nowhere = {name: pd.Series(pd.NA, index=incidents.index, dtype=incidents[name].dtype) for name in PLACES}
    return incidents.assign(**nowhere)


def quarters_of_communities(
    incidents: pd.DataFrame, cells: pd.DataFrame, communities: pd.DataFrame, last_day: pd.Timestamp
) -> pd.DataFrame:
    """What is told of communities, by quarter?

    One row is one community, roll-up and quarter (the last eight whole ones). Columns: `street`, `community`,
    `roll_up`, `quarter`, `n` (rounded; missing where the roll-up is not told of the community).
    """
    ended = last_day.to_period("Q") if last_day.is_quarter_end else last_day.to_period("Q") - 1
    quarters = pd.period_range(end=ended, periods=QUARTERS, freq="Q")
    quarter = incidents["reported_at"].dt.to_period("Q").rename("quarter")
    finest = incidents.groupby(["street", "community", "group", "kind", quarter], dropna=False, sort=False)
    incidents = finest["incident_count"].sum().reset_index()  # all that follows is asked of these sums
    within = incidents["community"].notna() & incidents["quarter"].isin(quarters)
    streets = pd.Index(communities["street"].unique(), name="street")
    found = []
    for code in MEASURES:
        rows = incidents[within & roll_up_mask(incidents, code)]
        counts = _counted(rows, ["street", "community", "quarter"])
        every = pd.MultiIndex.from_frame(communities[["street", "community"]].drop_duplicates())
        counts = counts.reindex(index=every, columns=quarters, fill_value=0)
        public = _public_within(counts, ["street"], *_limits_of_streets(incidents, cells, code, quarters, streets))
        values = rounded(counts).where(public, axis=0)
        long = values.rename_axis(columns="quarter").stack(future_stack=True).rename("n").reset_index()
        found.append(long.assign(roll_up=code))
    table = pd.concat(found, ignore_index=True).astype({"n": "Int64"})
    table["quarter"] = table["quarter"].dt.to_timestamp()
    return table[["street", "community", "roll_up", "quarter", "n"]]


def _limits_of_streets(
    incidents: pd.DataFrame, cells: pd.DataFrame, code: str, quarters: pd.PeriodIndex, streets: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return between which limits a reader knows each street's sum in each quarter: from its cells, and from the rest.

    The rest is what the exact total of the district leaves when the other streets have what is told of them.
    """
    placed = incidents[incidents["street"].notna() & roll_up_mask(incidents, code)]
    of_code = cells[roll_up_mask(cells.index.to_frame(), code)]
    low, high = (
        limit.astype(float).T.groupby(limit.columns.to_period("Q")).sum().T.groupby("street").sum()
        for limit in least_and_most(of_code)
    )
    low = low.reindex(index=streets, columns=quarters, fill_value=0)
    groups = set(current().roll_ups[code]["groups"]) & set(incidents["group"])
    rests = [of_code.index.isin([(street, group, REST) for group in groups]).sum() for street in streets]
    all_public = pd.Series([found == len(groups) for found in rests], streets)  # else there may be any number more
    high = high.reindex(index=streets, columns=quarters).where(all_public, float("inf"), axis=0)
    whole = placed.groupby("quarter")["incident_count"].sum()
    whole = whole.reindex(quarters, fill_value=0).astype(float)
    others_low = pd.DataFrame({street: low.drop(index=street).sum() for street in streets}).T
    others_high = pd.DataFrame({street: high.drop(index=street).sum() for street in streets}).T
    least = low.where(low.ge(whole - others_high), whole - others_high)
    most = high.where(high.le(whole - others_low), whole - others_low)
    return least, most
