"""All places at a glance: how reports and petitions moved, who takes part, what was set aside."""

import pandas as pd

from src.analysis.stats.changes import area_changes
from src.analysis.stats.comparable import not_delivered
from src.analysis.stats.counts import HEADLINE, Window, in_category
from src.analysis.stats.groups import columns_of
from src.analysis.stats.proportions import participation_rate
from src.analysis.stats.rates import incident_rate
from src.codebook.periods import HOLDS, parse_period

COUNTED = {"reports": HEADLINE, "petitions": "petition"}
SHARES = ("residents", "organisations")


def overview(
    incidents: pd.DataFrame,
    projects: pd.DataFrame,
    communities: pd.DataFrame,
    period: Window,
    by: str | None = "street",
    set_aside: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """How does each place stand, in one line?

    One row is one place of the register (`by`: street, community, or None for all together), in its order. Columns: of
    the headline's `reports` and of `petitions` each the count in the period, and `_before` (the same period a year
    earlier), `_change` (relative), `_lower`, `_upper` (95 %), `_flag` (`fell`, `rose`, `too_few` or empty as
    `area_changes`; `no_base` where the incidents do not tell of a year earlier); `per_10000` (reports per 10,000
    people); `projects` (all that are given) and `residents_share`, `organisations_share` (of those that say; missing
    under the threshold of projects); `set_aside` (records that name the place). `set_aside`: `load_set_aside()`, which
    is also taken where the incidents were loaded and it is not given; else that column is missing.

    >>> overview(incidents, projects, communities, "2021").loc[0, ["street", "reports_flag"]].tolist()
    ['平湖街道', 'fell']
    """
    names = columns_of(by)
    table = communities[names].drop_duplicates(ignore_index=True) if names else pd.DataFrame(index=[0])
    missing = not_delivered(incidents)
    for what, code in COUNTED.items():
        found = _moved(in_category(incidents, code), period, by, missing).add_prefix(f"{what}_")
        found = found.rename(columns={f"{what}_{name}": name for name in names} | {f"{what}_current": what})
        table = _beside(table, found, names, [what])
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


def _moved(incidents: pd.DataFrame, period: Window, by: str | None, missing: pd.DataFrame) -> pd.DataFrame:
    """Return how the incidents of each place moved against a year earlier; without it where they do not tell of it."""
    now = parse_period(period)
    before, held = now.previous_year(), incidents.attrs.get(HOLDS)
    moved = area_changes(incidents, now, before, by, missing=missing)
    told = moved[[*columns_of(by), "current"]].assign(before=moved["reference"], change=moved["estimate"])
    told = told.assign(lower=moved["lower"], upper=moved["upper"], flag=moved["flag"])
    if held and parse_period(held).first_day > before.first_day:
        told[["before", "change", "lower", "upper"]], told["flag"] = float("nan"), "no_base"
    return told


def _beside(
    table: pd.DataFrame, found: pd.DataFrame, names: list[str], counts: list[str] | None = None
) -> pd.DataFrame:
    """Return a table with the columns of another; `counts` are 0 where it has no such place."""
    table = table.merge(found, on=names, how="left") if names else table.join(found.reset_index(drop=True))
    return table.fillna(dict.fromkeys(counts or [], 0)).astype(dict.fromkeys(counts or [], "int64"))
