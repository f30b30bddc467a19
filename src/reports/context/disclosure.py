"""Small areas in public: which counts are told, rounded to 5, before anything is computed from them.

What public pages say of incidents below the district is computed from two tables of cells alone, so nothing else can
be worked out from it: streets by kind and month, communities by roll-up and quarter. A cell is a count of at least 8,
rounded to the nearest 5; 0 where it is withheld; missing where that is not decided, as its month was not delivered.
Where what is told would narrow down what is not (totals of the district are exact, those of a street are told beside
those of its communities), the smallest told row is withheld as well (complementary suppression: Hundepool et al.,
Statistical Disclosure Control, 2012). A cell is decided once, by the first publication that knows its month
(`releases.py`), so many publications tell no more than one. Pages show a series whole or not at all, so a month
without a number never gives away that it had few.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd

from src.analysis.stats.counts import roll_up_mask
from src.analysis.stats.delivery import source_of
from src.codebook.vocabulary import current, threshold

# What community pages tell: sums that have no incident in common.
MEASURES = ("criminal_and_public_security", "petition", "dispute", "traffic", "environment", "special_groups", "other")
QUARTERS = 8
REST = "rest"  # the kinds of a group that are too few to be told by themselves
DISTRICT_OF, MONTHS_OF, QUARTERS_OF = ["group", "kind"], ["street", "group", "kind"], ["street", "community", "roll_up"]


def rounded(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts as they are told: the nearest multiple of 5, never a half."""
    base = int(threshold("public_round_to"))
    return (counts + base // 2) // base * base


def least_and_most(published: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return between which counts a reader knows each told number to lie; missing where none is told."""
    half, published = int(threshold("public_round_to")) // 2, published.where(published.gt(0))
    return (published - half).clip(lower=threshold("public_least_count")), published + half


def public_rows(
    counts: pd.DataFrame, least: pd.Series, most: pd.Series, *, may: pd.Series, published: pd.Series, order: pd.Series
) -> pd.Series:
    """Return which rows of counts may be told, where a reader knows between which limits each column's sum lies.

    Those are rows that `may` be, with no count below 8, and those `published` before. The first others in `order` are
    withheld until what is left to rows that are not told is, in every column, as wide as rounding makes a told one.
    """
    public = published | (may & counts.ge(threshold("public_least_count")).all(axis=1))
    while (public & ~published).any() and not public.all():
        low, high = least_and_most(rounded(counts[public]))
        most_left = most - low.sum()
        least_left = (least - high.sum()).clip(lower=0) if (~public).sum() == 1 else 0
        if (most_left - least_left).ge(threshold("public_round_to") - 1).all():
            break
        public[order[public & ~published].idxmin()] = False
    return public


def _public_within(counts: pd.DataFrame, names: list[str], least: pd.DataFrame, most: pd.DataFrame, **rows: pd.Series):
    """Return which rows may be told (`public_rows`), each set of rows that share `names` by itself."""
    sets = counts.groupby(names if len(names) > 1 else names[0], sort=False).indices.items()
    public = pd.Series(False, counts.index)
    for key, places in sets:
        given = {name: row.iloc[places] for name, row in rows.items()}
        public.iloc[places] = public_rows(counts.iloc[places], least.loc[key], most.loc[key], **given)
    return public


def _not_delivered(cells: pd.DataFrame, source: pd.Series, when: pd.Series, missing: pd.DataFrame) -> pd.DataFrame:
    """Return which cells were not delivered: of a street and source that are `missing` at the time `when`."""
    lacking = set(zip(missing["street"], missing["source"], when, strict=True))
    units = list(zip(cells.index.get_level_values("street"), source, strict=True))
    return pd.DataFrame({time: [(*unit, time) in lacking for unit in units] for time in cells.columns}, cells.index)


def _undecided(cells: pd.DataFrame, shut: pd.DataFrame) -> Iterator[tuple[list, pd.Series]]:
    """Yield columns to be decided together, those in which the same rows are told and are not decided, and these rows.

    What is `shut` (not delivered) stays undecided.
    """
    alike, due = defaultdict(list), cells.isna() & ~shut
    state = cells.gt(0) * 4 + shut * 2 + due
    for column in due.columns[due.any()]:
        alike[state[column].to_numpy().tobytes()].append(column)
    for columns in alike.values():
        yield columns, due[columns[0]]


def _corrected(cells: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return cells with those told anew that late reports have moved by a rounding step; smaller moves are not told."""
    counts = counts.reindex(index=cells.index, columns=cells.columns)
    moved = cells.gt(0) & (counts - cells).abs().ge(threshold("public_round_to"))
    return cells.mask(moved & counts.ge(threshold("public_least_count")), rounded(counts))


def cells_of_streets(
    incidents: pd.DataFrame, last_day: pd.Timestamp, missing: pd.DataFrame, before: pd.DataFrame
) -> pd.DataFrame:
    """Return the cells of streets, with those decided `before`: rows street, group, kind; columns the whole months.

    A kind that is not told of a street is counted in the rest of its group. What is withheld in one month is not told
    of later ones either. `missing` are the street, source and month of what was not delivered.
    """
    rows = incidents[incidents["street"].notna() & incidents["reported_at"].le(last_day)]
    month = rows["reported_at"].dt.to_period("M").dt.to_timestamp().rename("month")
    counts = _counted(rows, ["street", "group", "kind", month])
    if counts.empty:
        return before
    counts = counts.reindex(columns=pd.date_range(counts.columns.min(), counts.columns.max(), freq="MS"), fill_value=0)
    keys = counts.index.droplevel("kind").unique()
    rests = pd.MultiIndex.from_tuples([(*key, REST) for key in keys], names=MONTHS_OF)
    cells = before.reindex(index=counts.index.append(rests), columns=counts.columns).astype(float)
    source = source_of(cells.index.to_frame()).rename("source")
    decided = cells.notna().groupby([cells.index.get_level_values("street"), source]).transform("any")
    cells = cells.mask(decided & cells.isna(), 0)  # a kind that is new was not told then
    shut = _not_delivered(cells, source, missing["month"], missing)
    for months, due in _undecided(cells, shut):
        cells.loc[due, months] = _decided_of_streets(cells, counts, months, due, ~shut[months[0]])
    in_rest = counts.where(~cells.reindex(counts.index).gt(0), 0).groupby(["street", "group"]).sum()
    return _corrected(cells, pd.concat([counts, in_rest.set_axis(rests)])).combine_first(before)


def _decided_of_streets(
    cells: pd.DataFrame, counts: pd.DataFrame, months: list, due: pd.Series, delivered: pd.Series
) -> pd.DataFrame:
    """Return the cells of months that are `due`."""
    may, published = due & (cells.gt(0) | cells.isna()).all(axis=1), cells[months[0]].gt(0)
    kinds = counts.loc[delivered.reindex(counts.index), months]
    whole = kinds.groupby("group").sum()
    given = {"may": may[kinds.index], "published": published[kinds.index], "order": counts.sum(axis=1)[kinds.index]}
    exact = kinds.groupby(["group", "kind"]).sum()
    public = _public_within(kinds, ["group", "kind"], exact, exact, **given)
    low, high = (limit.groupby("group").sum() for limit in least_and_most(rounded(kinds[public])))
    least, most = (whole.sub(limit.reindex(whole.index, fill_value=0)) for limit in (high, low))
    rest = kinds[~public].groupby(["street", "group"]).sum()
    rest.index = pd.MultiIndex.from_tuples([(*key, REST) for key in rest.index], names=MONTHS_OF)
    given = {"may": may.reindex(rest.index), "published": published.reindex(rest.index), "order": rest.sum(axis=1)}
    rests = _public_within(rest, ["group"], least, most, **given)
    rests = _apart_from_kinds(kinds, public, rest, rests, published)
    found = pd.concat([rounded(kinds[public]), rounded(rest[rests])])
    return found.reindex(cells.index[due], fill_value=0)


def _apart_from_kinds(kinds: pd.DataFrame, public: pd.Series, rest: pd.DataFrame, rests: pd.Series, known: pd.Series):
    """Return which rests may be told beside the totals of their kinds, the smallest first withheld.

    Of a told rest its other kinds can make up only so much; what is left to a kind beside the streets' least must be
    as wide as rounding makes a told number.
    """
    by, rests = ["group", "kind"], rests.copy()
    low = least_and_most(rounded(kinds[public]))[0].groupby(by).sum()
    most = kinds.groupby(by).sum().sub(low, fill_value=0)
    held = kinds[~public]
    can_be = most.reindex(held.index.droplevel("street")).set_axis(held.index)
    others = can_be.groupby(["street", "group"]).transform("sum") - can_be
    in_rest = pd.MultiIndex.from_arrays([*map(held.index.get_level_values, ["street", "group"]), [REST] * len(held)])
    while True:
        least = least_and_most(rounded(rest[rests]))[0].reindex(in_rest).set_axis(held.index)
        left = most.sub((least - others).clip(lower=0).fillna(0).groupby(by).sum(), fill_value=0)
        wide = threshold("public_round_to") - 1
        narrow = (left.lt(wide) & most.ge(wide)).any(axis=1)
        of_narrow = in_rest[narrow.reindex(held.index.droplevel("street")).to_numpy()]
        may_go = rests & ~known.reindex(rests.index) & rests.index.isin(of_narrow)
        if not may_go.any():
            return rests
        rests[rest[may_go].sum(axis=1).idxmin()] = False


def _counted(incidents: pd.DataFrame, by: list) -> pd.DataFrame:
    """Return how many incidents there are by all of `by`, of which the last goes across."""
    return incidents.groupby(by)["incident_count"].sum().astype("int64").unstack(fill_value=0)


def series_of_streets(cells: pd.DataFrame, last_day: pd.Timestamp) -> pd.DataFrame:
    """Return what pages show of streets, found from their cells alone: series that are told whole.

    A kind told in some months only is added to the rest of its group, as it was told there.
    """
    cells = cells.loc[:, cells.columns <= last_day]
    is_rest = cells.index.get_level_values("kind") == REST
    is_published = cells.gt(0)
    whole = is_published.all(axis=1)
    rest, ended = cells[is_rest & whole], cells[~is_rest & ~whole].where(is_published, 0)
    added = ended.groupby(["street", "group"]).sum().reindex(rest.index.droplevel("kind"), fill_value=0)
    return pd.concat([cells[~is_rest & whole], rest + added.set_axis(rest.index)]).astype("int64")


def counts_of_district(incidents: pd.DataFrame, last_day: pd.Timestamp, before: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of the district as they are told: rows group, kind; columns the whole months.

    They are exact when they are first told. Later the difference is what came late, often of one street alone, so one
    under 8 is not told.
    """
    rows = incidents[incidents["reported_at"].le(last_day)]
    month = rows["reported_at"].dt.to_period("M").dt.to_timestamp().rename("month")
    counts = _counted(rows, [*DISTRICT_OF, month])
    every = {"index": counts.index.union(before.index), "columns": counts.columns.union(before.columns)}
    counts, published = counts.reindex(**every, fill_value=0), before.reindex(**every)
    published = published.where(published.notna() | published.isna().all(), 0)  # a kind that a told month lacked
    return published.where((published - counts).abs() < threshold("public_least_count"), counts)


def cells_of_communities(
    incidents: pd.DataFrame,
    streets: pd.DataFrame,
    communities: pd.DataFrame,
    last_day: pd.Timestamp,
    missing: pd.DataFrame,
    before: pd.DataFrame,
) -> pd.DataFrame:
    """Return the cells of communities, with those decided `before`: rows street, community, roll_up; columns quarters.

    `streets` are the cells of streets. What is decided are the last eight whole quarters, where it was not before.
    """
    quarters = _last_quarters(last_day)
    quarter = incidents["reported_at"].dt.to_period("Q").dt.to_timestamp().rename("quarter")
    finest = incidents.groupby(["street", "community", "group", "kind", quarter], dropna=False, sort=False)
    incidents = finest["incident_count"].sum().reset_index()  # all that follows is asked of these sums
    within = incidents["community"].notna() & incidents["quarter"].isin(quarters)
    every = pd.MultiIndex.from_frame(communities[["street", "community"]].drop_duplicates())
    lacking = missing["month"].dt.to_period("Q").dt.to_timestamp()
    found = []
    for code in MEASURES:
        counts = _counted(incidents[within & roll_up_mask(incidents, code)], ["street", "community", "quarter"])
        counts = counts.reindex(index=every, columns=quarters, fill_value=0)
        counts.index = pd.MultiIndex.from_tuples([(*key, code) for key in counts.index], names=QUARTERS_OF)
        cells = before.reindex(index=counts.index, columns=quarters).astype(float)
        cells = cells.mask(cells.notna().groupby("street").transform("any") & cells.isna(), 0)
        source = pd.Series("petitions" if code == "petition" else "reports", cells.index)
        shut = _not_delivered(cells, source, lacking, missing)
        for columns, due in _undecided(cells, shut):
            limits = _limits_of_streets(incidents, streets, code, columns, every.unique("street"))
            # First those that some quarter keeps from being shown.
            order = counts.sum(axis=1).where(~cells.eq(0).any(axis=1), counts.sum(axis=1) - counts.to_numpy().sum() - 1)
            given = {"may": due[due], "published": ~due[due], "order": order[due]}
            public = _public_within(counts.loc[due, columns], ["street"], *limits, **given)
            cells.loc[due, columns] = rounded(counts.loc[due, columns]).where(public, 0, axis=0)
        found.append(_corrected(cells, counts))
    return pd.concat(found).combine_first(before)


def _last_quarters(last_day: pd.Timestamp) -> pd.DatetimeIndex:
    last_day = last_day.normalize()
    ended = last_day.to_period("Q") if last_day.is_quarter_end else last_day.to_period("Q") - 1
    return pd.period_range(end=ended, periods=QUARTERS, freq="Q").to_timestamp()


def series_of_communities(cells: pd.DataFrame, last_day: pd.Timestamp) -> pd.DataFrame:
    """What do pages show of communities, by quarter?

    One row is one community, roll-up and quarter (the last eight whole ones). Columns: `street`, `community`,
    `roll_up`, `quarter`, `n` (rounded; missing where the roll-up is not told of the community in all of them).
    """
    cells = cells.reindex(columns=_last_quarters(last_day))
    shown = cells.where(cells.gt(0).all(axis=1), axis=0).rename_axis(columns="quarter")
    return shown.stack(future_stack=True).rename("n").astype("Int64").reset_index()[[*QUARTERS_OF, "quarter", "n"]]


def _limits_of_streets(
    incidents: pd.DataFrame, cells: pd.DataFrame, code: str, quarters: list, streets: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return between which limits a reader knows each street's sum in each quarter: from its cells, and from the rest.

    The rest is what the exact total of the district leaves when the other streets have what is told of them.
    """
    placed = incidents[incidents["street"].notna() & roll_up_mask(incidents, code)]
    of_code = cells[roll_up_mask(cells.index.to_frame(), code)]
    quarter = of_code.columns.to_period("Q").to_timestamp()

    def by_quarter(cells: pd.DataFrame) -> pd.DataFrame:
        sums = cells.astype(float).T.groupby(quarter).sum().T.groupby("street").sum()
        return sums.reindex(index=streets, columns=quarters, fill_value=0)

    low, high = map(by_quarter, least_and_most(of_code))
    rests = of_code.gt(0) & np.array([of_code.index.get_level_values("kind") == REST]).T
    groups = set(current().roll_ups[code]["groups"]) & set(incidents["group"])
    high = high.where(by_quarter(rests).eq(3 * len(groups)), float("inf"))  # else there may be any number more
    whole = placed.groupby("quarter")["incident_count"].sum()
    whole = whole.reindex(quarters, fill_value=0).astype(float)
    others_low = pd.DataFrame({street: low.drop(index=street).sum() for street in streets}).T
    others_high = pd.DataFrame({street: high.drop(index=street).sum() for street in streets}).T
    least = low.where(low.ge(whole - others_high), whole - others_high)
    most = high.where(high.le(whole - others_low), whole - others_low)
    return least, most
