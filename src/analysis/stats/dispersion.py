"""How much more than Poisson counts monthly counts vary: the phi of intervals."""

import pandas as pd

from src.analysis.stats.comparable import groups_affected, not_delivered
from src.analysis.stats.counts import dispersion_of_each, totals_by_month
from src.analysis.stats.groups import columns_of
from src.codebook.vocabulary import threshold


def dispersions(
    incidents: pd.DataFrame, by: str | list[str] | None = None, missing: pd.DataFrame | None = None
) -> pd.Series:
    """Return how much more than Poisson counts the monthly counts of each group of `by` vary (1: no more).

    Months that are `missing` (`not_delivered`) take no part: of their own source, and with streets in `by` of their own
    street. Where they would take most of the degrees of freedom, they count as they were delivered: phi is then larger.
    """
    names = columns_of(by)
    wide = totals_by_month(incidents, names)
    if wide.empty:  # there is no incident, or none of them states what `by` names
        return pd.Series(dtype="float64")
    if missing is None or missing.empty:
        return dispersion_of_each(wide)
    gaps = pd.DataFrame(False, wide.index, wide.columns)
    for month, own in zip(missing["month"], groups_affected(missing, incidents, names, wide.columns), strict=True):
        gaps.loc[gaps.index == month, own] = True
    freedom = (12 - 1) * (pd.Series(wide.index.year).value_counts().eq(12).sum() - 1)
    few = gaps.sum() > threshold("most_freedom_missing") * freedom
    return dispersion_of_each(wide.mask(gaps & ~few))


def dispersion(
    incidents: pd.DataFrame, by: str | list[str] | None = None, missing: pd.DataFrame | None = None
) -> float | pd.Series:
    """By how much more than chance do monthly counts vary: the phi of intervals, 1 where it is no more?

    Of all incidents a number, with `by` one for each group, of its own months (year × month table of whole years; 1 for
    under two). `missing`: see `not_delivered`. Give it the rows of all years, not those of one period.

    >>> round(dispersion(incidents[incidents["kind"].eq("drugs")]), 2)
    1.03
    """
    found = dispersions(incidents, by, not_delivered(incidents, missing))
    return found if by else float(found.get(0, 1.0))
