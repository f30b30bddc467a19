"""All places at a glance: how reports and petitions moved, kind by kind, who takes part, what was set aside."""

from collections.abc import Mapping, Sequence

import pandas as pd

from src.analysis.stats.counts import HEADLINE, Window, columns_of, in_category
from src.analysis.stats.delivery import not_delivered
from src.analysis.stats.indicators import categories
from src.analysis.stats.proportions import participation_rate
from src.analysis.stats.rates import incident_rate
from src.analysis.stats.verdicts import change_verdicts
from src.codebook.periods import HOLDS, parse_period
from src.codebook.vocabulary import threshold

COUNTED = {"reports": HEADLINE, "petitions": "petition"}
SHARES = ("residents", "organisations")
JUDGED = ["current", "reference", "estimate", "lower", "upper", "p_adjusted", "p_unlike", "flag", "note"]
KINDS = 4  # of the headline that a matrix has a column for


def overview(
    incidents: pd.DataFrame,
    projects: pd.DataFrame,
    communities: pd.DataFrame,
    period: Window,
    by: str | None = "street",
    set_aside: pd.DataFrame | None = None,
    missing: pd.DataFrame | None = None,
    earlier_totals: Mapping[str, Sequence[float]] | None = None,
) -> pd.DataFrame:
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
    names = columns_of(by)
    table = communities[names].drop_duplicates(ignore_index=True) if names else pd.DataFrame(index=[0])
    missing = not_delivered(incidents, missing)
    for what, code in COUNTED.items():
        earlier = () if by else (earlier_totals or {}).get(code, ())
        found = _judged(in_category(incidents, code), table, period, by, missing, earlier)
        found = found[["current", "reference", "estimate", "lower", "upper", "flag", "note"]]
        columns = [what, *(f"{what}_{name}" for name in ("before", "change", "lower", "upper", "flag", "note"))]
        table = table.join(found.set_axis(columns, axis=1))
    reports = in_category(incidents, HEADLINE)
    rates = incident_rate(reports, communities, by, period=period)[[*names, "estimate"]]
    table = _beside(table, rates.rename(columns={"estimate": "per_10000"}), names)
    counted = projects.groupby(names).size() if names else pd.Series([len(projects)])
    table = _beside(table, counted.rename("projects").reset_index(drop=not names), names, ["projects"])
    for kind in SHARES:
        shares = participation_rate(projects, by, kind)
        shares[f"{kind}_share"] = shares["estimate"].where(shares["flag"].eq(""))
        table = _beside(table, shares[[*names, f"{kind}_share"]], names)
    if set_aside is None and HOLDS in incidents.attrs:
        from src.analysis.loading import load_set_aside

        set_aside = load_set_aside()
    if set_aside is None:
        return table.assign(set_aside=pd.Series(pd.NA, table.index, dtype="Int64"))
    counted = set_aside.groupby(names).size() if names else pd.Series([len(set_aside)])
    return _beside(table, counted.rename("set_aside").reset_index(drop=not names), names, ["set_aside"])


def verdict_matrix(
    incidents: pd.DataFrame,
    communities: pd.DataFrame,
    period: Window,
    by: str = "street",
    missing: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Which kind moved where, by more than months scatter, and unlike earlier years?

    One row is one place of the register and one column of the matrix, in their orders: `listname` (`roll_up`, or `kind`
    of the headline) and `code`. These are the headline, its most frequent kinds of all time, and the roll-ups that
    share no incident with it. Columns: `current`, `reference`, `estimate`, `lower`, `upper`, `p_adjusted`, `p_unlike`,
    `flag`, `note` of `change_verdicts`, the places of one kind as one family (`no_base`, `too_short` as in `overview`):
    what that promises holds for each kind, not for the whole matrix.

    >>> matrix = verdict_matrix(incidents, communities, "2021-01/2021-09")
    >>> matrix.loc[0, ["street", "code", "flag"]].tolist()
    ['平湖街道', 'criminal_and_public_security', 'more_than_months']
    """
    names, missing = columns_of(by), not_delivered(incidents, missing)
    places = communities[names].drop_duplicates(ignore_index=True)
    headline, found = in_category(incidents, HEADLINE), []
    for listname, code in categories(incidents, KINDS):
        rows = in_category(incidents, code) if listname == "roll_up" else headline[headline["kind"].eq(code)]
        found.append(places.assign(listname=listname, code=code).join(_judged(rows, places, period, by, missing)))
    return pd.concat(found).sort_index(kind="stable").reset_index(drop=True)  # place by place


def _judged(
    incidents: pd.DataFrame, places: pd.DataFrame, period: Window, by: str | None, missing: pd.DataFrame,
    earlier_totals: Sequence[float] = (),
) -> pd.DataFrame:  # fmt: skip
    """Return both levels of `change_verdicts` of each place, in their order; a place without incidents has none."""
    names, now, held = columns_of(by), parse_period(period), incidents.attrs.get(HOLDS)
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


def _beside(
    table: pd.DataFrame, found: pd.DataFrame, names: list[str], counts: list[str] | None = None
) -> pd.DataFrame:
    """Return a table with the columns of another; `counts` are 0 where it has no such place."""
    table = table.merge(found, on=names, how="left") if names else table.join(found.reset_index(drop=True))
    return table.fillna(dict.fromkeys(counts or [], 0)).astype(dict.fromkeys(counts or [], "int64"))
