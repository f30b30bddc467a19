"""Key indicators: the headline, its main kinds and what is counted beside it, their changes and months."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from src.analysis.stats.changes import period_change
from src.analysis.stats.counts import (
    HEADLINE,
    Window,
    counted_by_month,
    in_category,
    in_order,
    in_window,
    roll_up_mask,
    totals,
    totals_by_month,
    windows_of,
)
from src.analysis.stats.delivery import not_delivered, source_of
from src.analysis.stats.monthly import dispersions
from src.codebook.periods import Period
from src.codebook.vocabulary import current as words
from src.codebook.vocabulary import threshold

KINDS = 3  # of the headline that have a line of their own
REST = "other"  # what is neither a kind nor a roll-up that one could look for begins so
MONTHS = 24
JUDGED = [
    "current", "reference", "estimate", "lower", "upper", "by_days", "p", "p_unlike", "earlier", "flag", "note",
    "verdict",
]  # fmt: skip


def categories(incidents: pd.DataFrame, most: int = KINDS) -> list[tuple[str, str]]:
    """Return the headline, its most frequent kinds of all time, and the roll-ups that share no incident with it.

    Each as `roll_up` or `kind` and its code, in the order of the vocabulary; kinds and roll-ups that nothing is of are
    left out.
    """
    counts = totals(in_category(incidents, HEADLINE), "kind")
    kinds = [code for code in counts.nlargest(len(counts)).index if not code.startswith(REST)][:most]
    own, held = set(words().roll_ups[HEADLINE]["groups"]), set(incidents["group"].dropna())
    beside = [
        code
        for code, rule in words().roll_ups.items()
        if not own & set(rule["groups"]) and held & set(rule["groups"]) and "kinds" not in rule and code != REST
    ]
    chosen = [("kind", code) for code in words().kinds if code in kinds]
    return [("roll_up", HEADLINE), *chosen, *(("roll_up", code) for code in beside)]


def kind_mask(incidents: pd.DataFrame, group: str, kind: str) -> pd.Series:
    """Return which incidents are of a kind: within the headline, where `group` is that, else of a group beside it."""
    inside, own = roll_up_mask(incidents, HEADLINE), incidents["kind"].eq(kind)
    return own & (inside if group == HEADLINE else ~inside & incidents["group"].eq(group))


def kind_changes(
    incidents: pd.DataFrame, current: Window, reference: Window, missing: pd.DataFrame | None = None,
    by: str | None = None, among: Mapping[tuple[str, str], pd.DataFrame] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Which kinds rose or fell?

    One row is one kind; columns as `period_change`. `group` is the headline for each kind within it, whichever of its
    groups it was entered in: judged in two, the promise of a page would be made twice. Of all together the kinds are
    one family. Of one place (`by`: street or community) each kind is judged among all places of that level, which
    `among` has by group and kind: a place so has one verdict wherever it is asked for.

    >>> kinds = kind_changes(incidents, "2021", "2020")
    >>> kinds.loc[kinds["kind"].eq("theft"), ["current", "verdict"]].values.tolist()
    [[5477, 'more_than_months']]
    """
    inside = roll_up_mask(incidents, HEADLINE)
    rows = incidents.assign(group=incidents["group"].astype("str").mask(inside, HEADLINE))
    if by is None:
        return period_change(rows, current, reference, ["group", "kind"], missing=missing)
    counts = totals(rows[in_window(rows, current)], ["group", "kind"])
    enough = counts.index[counts >= threshold("min_count_for_percent")]
    few = rows[~pd.MultiIndex.from_frame(rows[["group", "kind"]]).isin(enough)]  # not judged, among whatever others
    found = [period_change(few, current, reference, ["group", "kind"], missing=missing)] if len(few) else []
    for group, kind in enough:
        own, others = rows[rows["group"].eq(group) & rows["kind"].eq(kind)], (among or {}).get((group, kind))
        table = period_change(own, current, reference, by, missing=missing, among=others)
        found.append(table.assign(group=group, kind=kind))
    return in_order(pd.concat(found, ignore_index=True), ["group", "kind"]) if found else rows.head(0)


def key_indicators(
    incidents: pd.DataFrame, current: Window, reference: Window, by: str | None = None,
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
    if all(window.whole_months for window in [*windows_of(current), *windows_of(reference)]):
        incidents = counted_by_month(incidents)
    kinds, rows, chosen = None, [], categories(incidents)
    for listname, code in chosen:
        inside = _inside(incidents, listname, code)
        if listname == "kind":
            if kinds is None:
                shown = incidents[incidents["kind"].isin([code for _, code in chosen])] if by else incidents
                kinds = kind_changes(shown, current, reference, missing, by, among)
            found = kinds[kinds["group"].eq(HEADLINE) & kinds["kind"].eq(code)]
        else:
            others, earlier = (among or {}).get(code), (earlier_totals or {}).get(code, ())
            found = period_change(inside, current, reference, by, "auto", missing, others, earlier)
        if found.empty:  # no such incident in either window
            continue
        row = found.iloc[0][JUDGED].to_dict()
        if _begins_later(incidents, inside, reference, row):
            row |= {"flag": "no_base", "verdict": "", "estimate": np.nan, "lower": np.nan, "upper": np.nan}
        month = int(inside.loc[in_window(inside, last), "incident_count"].sum())
        rows.append({"listname": listname, "code": code, "month": month, **row})
    return pd.DataFrame(rows, columns=["listname", "code", "month", *JUDGED])


def _last_month(window: Window) -> Period:
    last = windows_of(window)[0].last_day
    return Period(last.replace(day=1), last)


def _inside(incidents: pd.DataFrame, listname: str, code: str) -> pd.DataFrame:
    """Return the incidents of a category."""
    if listname == "roll_up":
        return in_category(incidents, code)
    return incidents[kind_mask(incidents, HEADLINE, code)]


def _begins_later(incidents: pd.DataFrame, inside: pd.DataFrame, reference: Window, row: Mapping) -> bool:
    """Return whether the incidents do not tell of a reference, so that its 0 is none."""
    if row["reference"] or inside.empty:
        return False
    own = incidents.loc[source_of(incidents).isin(source_of(inside.head(1))), "reported_at"]
    later = pd.Period(own.min(), "M") > pd.Period(windows_of(reference)[0].first_day, "M")
    return later and row["current"] >= threshold("min_count_for_percent")


def indicator_months(
    incidents: pd.DataFrame, until: Window, n: int = MONTHS, missing: pd.DataFrame | None = None
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
    incidents = counted_by_month(incidents)
    sources, parts = source_of(incidents), []
    gaps = missing[missing["street"].isin(incidents["street"])]
    for listname, code in categories(incidents):
        rows = _inside(incidents, listname, code)
        source = sources.loc[rows.index[0]] if len(rows) else "reports"
        began = incidents.loc[sources.eq(source), "reported_at"].min()
        counts = totals_by_month(rows, [])[0].reindex(every, fill_value=0).astype("float64")
        unknown = counts.index.isin(gaps.loc[gaps["source"].eq(source), "month"]) | (counts.index < began)
        counts = counts.mask(unknown)
        phi = dispersions(rows, None, missing).get(0, 1.0)
        days = pd.Series(every.days_in_month, every)
        middle, half = np.sqrt(counts.shift(12) * days / days.shift(12)), 1.959964 * np.sqrt(phi / 2)
        table = pd.DataFrame({"listname": listname, "code": code, "month": every, "estimate": counts.to_numpy()})
        table["lower"] = ((middle - half).clip(lower=0) ** 2).to_numpy()
        table["upper"] = ((middle + half) ** 2).to_numpy()
        parts.append(table.tail(n))
    return pd.concat(parts, ignore_index=True)
