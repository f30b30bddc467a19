"""All places at a glance, and key indicators: changes of the headline, its kinds and what is counted beside it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from src.analysis.stats import counts
from src.analysis.stats.changes import period_change
from src.analysis.stats.delivery import dispersions, not_delivered, source_of
from src.analysis.stats.proportions import participation_rate
from src.analysis.stats.rates import incident_rate
from src.analysis.stats.verdicts import change_verdicts
from src.codebook.periods import HOLDS, Period, parse_period
from src.codebook.vocabulary import current as words
from src.codebook.vocabulary import threshold

__all__ = ["indicator_months", "key_indicators", "kind_changes", "overview", "verdict_matrix"]

COUNTED = {"reports": counts.HEADLINE, "petitions": "petition"}
SHARES = ("residents", "organisations")
JUDGED = ["current", "reference", "estimate", "lower", "upper", "p_adjusted", "p_unlike", "flag", "note"]
KINDS, MATRIX_KINDS = 3, 4  # of the headline: key indicators, columns of a matrix
REST = "other"  # what is neither a kind nor a roll-up that one could look for begins so
MONTHS = 24
CHANGE = [
    "current", "reference", "estimate", "lower", "upper", "by_days", "p", "p_unlike", "earlier", "flag", "note",
    "verdict",
]  # fmt: skip


def overview(
    incidents: pd.DataFrame, projects: pd.DataFrame, communities: pd.DataFrame, period: counts.Window,
    by: str | None = "street", set_aside: pd.DataFrame | None = None, missing: pd.DataFrame | None = None,
    earlier_totals: Mapping[str, Sequence[float]] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """How does each place stand, in one line?

    One row is one place of the register (`by`: street, community, or None for all together), in its order. Columns: of
    the headline's `reports` and of `petitions` each the count in the period, and `_before` (the same period a year
    earlier), `_change` (relative), `_lower`, `_upper` (95 %), `_flag` and `_note` (both levels of `change_verdicts`,
    all places one family; `no_base` where the incidents do not tell of a year earlier, `too_short` where they are of
    under two whole years); `per_10000` (reports per 10,000 people); `projects` (all that are given) and
    `residents_share`, `organisations_share` (of those that say; missing under the threshold of projects); `set_aside`
    (records that name the place). `set_aside`: `load_set_aside()`, which is also taken where the incidents were loaded
    and it is not given; else that column is missing. `missing`: see `not_delivered`. `earlier_totals`: of all together,
    by roll-up, published totals of years before the data (`published_totals`).

    >>> overview(incidents, projects, communities, "2021").loc[0, ["street", "reports_flag"]].tolist()
    ['平湖街道', 'more_than_months']
    """
    names = counts.columns_of(by)
    table = communities[names].drop_duplicates(ignore_index=True) if names else pd.DataFrame(index=[0])
    missing = not_delivered(incidents, missing)
    for what, code in COUNTED.items():
        earlier = () if by else (earlier_totals or {}).get(code, ())
        found = _judged(counts.in_category(incidents, code), table, period, by, missing, earlier)
        found = found[["current", "reference", "estimate", "lower", "upper", "flag", "note"]]
        columns = [what, *(f"{what}_{name}" for name in ("before", "change", "lower", "upper", "flag", "note"))]
        table = table.join(found.set_axis(columns, axis=1))
    per_head = incident_rate(counts.in_category(incidents, counts.HEADLINE), communities, by, period=period)
    table["per_10000"] = _beside(table, per_head, names)
    table["projects"] = _number(projects, table, names)
    for kind in SHARES:
        shares = participation_rate(projects, by, kind)
        table[f"{kind}_share"] = _beside(table, shares[shares["flag"].eq("")], names)
    if set_aside is None and HOLDS in incidents.attrs:
        from src.analysis.loading import load_set_aside

        set_aside = load_set_aside()
    return table.assign(set_aside=_number(set_aside, table, names))


def verdict_matrix(
    incidents: pd.DataFrame, communities: pd.DataFrame, period: counts.Window, by: str = "street",
    missing: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Which kind moved where, beyond the usual monthly variation, and unlike earlier years?

    One row is one place of the register and one column of the matrix, in their orders: `listname` (`roll_up`, or `kind`
    of the headline) and `code`. These are the headline, its most frequent kinds of all time, and the roll-ups that
    share no incident with it. Columns: `current`, `reference`, `estimate`, `lower`, `upper`, `p_adjusted`, `p_unlike`,
    `flag`, `note` of `change_verdicts`, the places of one kind as one family (`no_base`, `too_short` as in `overview`):
    what that promises holds for each kind, not for the whole matrix.

    >>> matrix = verdict_matrix(incidents, communities, "2021-01/2021-09")
    >>> matrix.loc[0, ["street", "code", "flag"]].tolist()
    ['平湖街道', 'criminal_and_public_security', 'more_than_months']
    """
    names, missing = counts.columns_of(by), not_delivered(incidents, missing)
    places = communities[names].drop_duplicates(ignore_index=True)
    found = []
    for listname, code in categories(incidents, MATRIX_KINDS):
        judged = _judged(incidents[_category_mask(incidents, listname, code)], places, period, by, missing)
        found.append(places.assign(listname=listname, code=code).join(judged))
    return pd.concat(found).sort_index(kind="stable").reset_index(drop=True)  # place by place


def _judged(
    incidents: pd.DataFrame, places: pd.DataFrame, period: counts.Window, by: str | None, missing: pd.DataFrame,
    earlier_totals: Sequence[float] = (),
) -> pd.DataFrame:  # fmt: skip
    """Return both levels of `change_verdicts` of each place, in their order; a place without incidents has none."""
    names, now, held = counts.columns_of(by), parse_period(period), incidents.attrs.get(HOLDS)
    if incidents.empty:
        found = incidents[names].head(0).reindex(columns=[*names, *JUDGED]).astype({"flag": "str", "note": "str"})
    else:
        found = change_verdicts(incidents, now, by, missing, earlier_totals)
        found["flag"] = found["flag"].mask(found["flag"].eq("") & found["p"].isna(), "too_short")
    table = places.merge(found, on=names, how="left") if names else places.join(found)
    table = table.fillna({"current": 0, "reference": 0, "flag": "too_few", "note": ""})
    table = table.astype({"current": "int64", "reference": "Int64"})
    nothing_before = not found["reference"].any() and found["current"].sum() >= threshold("min_count_for_percent")
    if nothing_before or (held and parse_period(held).first_day > now.previous_year().first_day):
        unknown = dict.fromkeys(["estimate", "lower", "upper"], float("nan"))
        table = table.assign(reference=pd.Series(pd.NA, table.index, dtype="Int64"), flag="no_base", **unknown)
    return table[JUDGED]


def _beside(table: pd.DataFrame, found: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return the `estimate` of another table for each place of this one, missing where it has no such place."""
    known = found.set_index(names)["estimate"] if names else found["estimate"]
    return known.reindex(table.set_index(names).index if names else table.index).to_numpy()


def _number(rows: pd.DataFrame | None, table: pd.DataFrame, names: list[str]) -> pd.Series | np.ndarray | int:
    """Return how many rows each place of a table has; missing without rows."""
    if rows is None:
        return pd.Series(pd.NA, table.index, dtype="Int64")
    if not names:
        return len(rows)
    return rows.groupby(names).size().reindex(table.set_index(names).index, fill_value=0).to_numpy()


def categories(incidents: pd.DataFrame, most: int = KINDS) -> list[tuple[str, str]]:
    """Return the headline, its most frequent kinds of all time, and the roll-ups that share no incident with it.

    Each as `roll_up` or `kind` and its code, in the order of the vocabulary; kinds and roll-ups that nothing is of are
    left out.
    """
    frequent = counts.totals(counts.in_category(incidents, counts.HEADLINE), "kind").nlargest(len(incidents)).index
    kinds = [code for code in frequent if not code.startswith(REST)][:most]
    own, held = set(words().roll_ups[counts.HEADLINE]["groups"]), set(incidents["group"].dropna())
    beside = [
        code
        for code, rule in words().roll_ups.items()
        if not own & set(rule["groups"]) and held & set(rule["groups"]) and "kinds" not in rule and code != REST
    ]
    chosen = [("kind", code) for code in words().kinds if code in kinds]
    return [("roll_up", counts.HEADLINE), *chosen, *(("roll_up", code) for code in beside)]


def kind_mask(incidents: pd.DataFrame, group: str, kind: str) -> pd.Series:
    """Return which incidents are of a kind: within the headline, where `group` is that, else of a group beside it."""
    inside, own = counts.roll_up_mask(incidents, counts.HEADLINE), incidents["kind"].eq(kind)
    return own & (inside if group == counts.HEADLINE else ~inside & incidents["group"].eq(group))


def kind_changes(
    incidents: pd.DataFrame, current: counts.Window, reference: counts.Window, missing: pd.DataFrame | None = None,
    by: str | None = None, among: Mapping[tuple[str, str], pd.DataFrame] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Which kinds rose or fell?

    One row is one kind; columns as `period_change`. `group` is the headline for each kind within it, whichever of its
    groups it was entered in: judged in two, the promise of a page would be made twice. Of all together the kinds are
    one family. Of one place (`by`: street or community) each kind is judged among all places of that level, which
    `among` has by group and kind: a place so has one verdict wherever it is asked for. Kinds of too few to be judged
    have the limits of Poisson counts there.

    >>> kinds = kind_changes(incidents, "2021", "2020")
    >>> kinds.loc[kinds["kind"].eq("theft"), ["current", "verdict"]].values.tolist()
    [[5477, 'more_than_months']]
    """
    inside = counts.roll_up_mask(incidents, counts.HEADLINE)
    rows = incidents.assign(group=incidents["group"].astype("str").mask(inside, counts.HEADLINE))
    if by is None:
        return period_change(rows, current, reference, ["group", "kind"], missing=missing)
    now = counts.totals(rows[counts.in_window(rows, current)], ["group", "kind"])
    enough = now.index[now >= threshold("min_count_for_percent")]
    few = rows[~pd.MultiIndex.from_frame(rows[["group", "kind"]]).isin(enough)]  # not judged, among whatever others
    found = [period_change(few, current, reference, ["group", "kind"], 1.0, missing)] if len(few) else []
    for group, kind in enough:
        own, others = rows[rows["group"].eq(group) & rows["kind"].eq(kind)], (among or {}).get((group, kind))
        table = period_change(own, current, reference, by, missing=missing, among=others)
        found.append(table.assign(group=group, kind=kind))
    return counts.in_order(pd.concat(found, ignore_index=True), ["group", "kind"]) if found else rows.head(0)


def key_indicators(
    incidents: pd.DataFrame, current: counts.Window, reference: counts.Window, by: str | None = None,
    missing: pd.DataFrame | None = None, among: Mapping[str, pd.DataFrame] | None = None,
    earlier_totals: Mapping[str, Sequence[float]] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """How did the headline, its main kinds, and what is counted beside it move?

    One row is one category: `listname` (`roll_up`, or `kind` of the headline) and `code` (`categories`). Columns:
    `month` (incidents of the last month of the period), and of `period_change` `current`, `reference`, `estimate`,
    `lower`, `upper`, `by_days`, `p`, `p_unlike`, `earlier`, `flag` (`no_base` too: the incidents of that source begin
    after the reference does), `note`, `verdict`. Each roll-up is judged by itself as in `bulletin`, whose `by`, `among`
    and `earlier_totals` it takes; kinds as `kind_changes` has them (`among` by group and kind). `missing`: see
    `not_delivered`.

    >>> table = key_indicators(incidents, "2021", "2020").set_index("code")
    >>> table.loc["criminal_and_public_security", ["current", "month", "verdict"]].to_dict()
    {'current': 18856, 'month': 1431, 'verdict': 'more_than_months'}
    """
    missing, last = not_delivered(incidents, missing), _last_month(current)
    if all(window.whole_months for window in [*counts.windows_of(current), *counts.windows_of(reference)]):
        incidents = counts.counted_by_month(incidents)
    kinds, rows, chosen = None, [], categories(incidents)
    for listname, code in chosen:
        inside = incidents[_category_mask(incidents, listname, code)]
        if listname == "kind":
            if kinds is None:
                shown = incidents[incidents["kind"].isin([code for _, code in chosen])] if by else incidents
                kinds = kind_changes(shown, current, reference, missing, by, among)
            found = kinds[kinds["group"].eq(counts.HEADLINE) & kinds["kind"].eq(code)]
        else:
            others, earlier = (among or {}).get(code), (earlier_totals or {}).get(code, ())
            found = period_change(inside, current, reference, by, "auto", missing, others, earlier)
        if found.empty:  # no such incident in either window
            continue
        row = found.iloc[0][CHANGE].to_dict()
        if _begins_later(incidents, inside, reference, row):
            row |= {"flag": "no_base", "verdict": "", "estimate": np.nan, "lower": np.nan, "upper": np.nan}
        month = int(inside.loc[counts.in_window(inside, last), "incident_count"].sum())
        rows.append({"listname": listname, "code": code, "month": month, **row})
    return pd.DataFrame(rows, columns=["listname", "code", "month", *CHANGE])


def _last_month(window: counts.Window) -> Period:
    last = counts.windows_of(window)[0].last_day
    return Period(last.replace(day=1), last)


def _category_mask(incidents: pd.DataFrame, listname: str, code: str) -> pd.Series:
    """Return which incidents are of a category."""
    return (
        counts.roll_up_mask(incidents, code) if listname == "roll_up" else kind_mask(incidents, counts.HEADLINE, code)
    )


def _begins_later(incidents: pd.DataFrame, inside: pd.DataFrame, reference: counts.Window, row: Mapping) -> bool:
    """Return whether the incidents do not tell of a reference, so that its 0 is none."""
    if row["reference"] or inside.empty:
        return False
    own = incidents.loc[source_of(incidents).isin(source_of(inside.head(1))), "reported_at"]
    later = pd.Period(own.min(), "M") > pd.Period(counts.windows_of(reference)[0].first_day, "M")
    return later and row["current"] >= threshold("min_count_for_percent")


def indicator_months(
    incidents: pd.DataFrame, until: counts.Window, n: int = MONTHS, missing: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How did the months of each key indicator run, and how far may they be from the same month a year before?

    One row is one month of one category (`categories`): `listname`, `code`, `month`, `estimate` (missing before the
    incidents begin and where a street did not deliver it), `lower`, `upper` (where a month lies with 95 % that is as
    the same month of the year before; missing without one). The square roots of two such counts differ by
    √(phi / 2) (Wheeler, Security Journal 29 (2016) 548-561, with the scatter of the months in place of Poisson's).
    `until`: the table has the `n` months up to the end of that period; `missing`: see `not_delivered`.

    >>> indicator_months(incidents, "2021", n=12).loc[0, ["code", "estimate"]].to_dict()
    {'code': 'criminal_and_public_security', 'estimate': 1586.0}
    """
    missing, last = not_delivered(incidents, missing), pd.Period(_last_month(until).last_day, "M")
    every = pd.date_range(end=last.start_time, periods=n + 12, freq="MS")
    incidents, chosen, parts = counts.counted_by_month(incidents), categories(incidents), []
    sources, gaps = source_of(incidents), missing[missing["street"].isin(incidents["street"])]
    masks = [_category_mask(incidents, *one) for one in chosen]
    source = [next(iter(sources[mask]), "reports") for mask in masks]
    days = pd.Series(every.days_in_month, every)
    for own in dict.fromkeys(source):
        of_own = [number for number, its in enumerate(source) if its == own]
        rows = pd.concat([incidents[masks[number]].assign(category=number) for number in of_own])
        unknown = every.isin(gaps.loc[gaps["source"].eq(own), "month"])
        unknown |= every < incidents.loc[sources.eq(own), "reported_at"].min()
        monthly = counts.totals_by_month(rows, ["category"]).reindex(index=every, columns=of_own, fill_value=0)
        monthly = monthly.astype("float64").mask(np.column_stack([unknown] * len(of_own)))
        phi = dispersions(rows, "category", missing).reindex(of_own).fillna(1.0)
        middle = np.sqrt(monthly.shift(12).mul(days / days.shift(12), axis=0))
        half = 1.959964 * np.sqrt(phi / 2)
        lower, upper = (middle - half).clip(lower=0) ** 2, (middle + half) ** 2
        for number in of_own:
            listname, code = chosen[number]
            bands = {"estimate": monthly[number], "lower": lower[number], "upper": upper[number]}
            table = pd.DataFrame({"listname": listname, "code": code, "month": every, **bands})
            parts.append((number, table.tail(n)))
    return pd.concat([table for _, table in sorted(parts, key=lambda part: part[0])], ignore_index=True)
