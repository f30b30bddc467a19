"""Which groups of projects differ from the rest by more than chance, with many looked at together?"""

import numpy as np
import pandas as pd

from src.analysis import vocabulary
from src.analysis.stats.estimate import Estimate, survive_many
from src.analysis.stats.proportions import participation_rate, proportion_difference

SHARE = ("x", "n", "estimate", "lower", "upper", "flag")  # what `participation_rate` says of a group


def share_differences(projects: pd.DataFrame, by: str | list[str], kind: str = "residents") -> pd.DataFrame:
    """Where is the share of projects with that partner different from the rest of the area?

    One row is one group of `by`. Columns: `x`, `n`, `share` (x/n), `estimate` (share minus that of all other projects,
    in percentage points), `lower`, `upper` (Newcombe, 95 %), `p` (score test), `p_overall` (one chi-square over all
    groups, read before any single one), `flag`: `above` or `below` where the difference survives Benjamini-Hochberg at
    5 % over all groups and the overall test rejects, `too_few` below the threshold of projects (not tested), or empty.
    """
    return differences_of(participation_rate(projects, by, kind))


def differences_of(rates: pd.DataFrame) -> pd.DataFrame:
    """Where does one group's share differ from the rest's? Of a `participation_rate`, as `share_differences`."""
    names = [name for name in rates if name not in SHARE]
    x, n = int(rates["x"].sum()), int(rates["n"].sum())
    enough = rates["flag"].eq("")
    nothing = Estimate(np.nan, np.nan, np.nan, p=np.nan)
    found = [
        proportion_difference(r.x, r.n, x - r.x, n - r.n) if ok and n > r.n else nothing
        for r, ok in zip(rates.itertuples(), enough, strict=True)
    ]
    table = rates[[*names, "x", "n"]].assign(share=rates["estimate"])
    for column, unit in (("estimate", 100), ("lower", 100), ("upper", 100), ("p", 1)):
        table[column] = [unit * getattr(each, column) for each in found]
    overall = _overall(rates[enough])
    survived = survive_many(table["p"], vocabulary.threshold("false_discovery_pct") / 100)
    survived &= overall <= vocabulary.threshold("false_discovery_pct") / 100
    direction = np.where(table["estimate"] > 0, "above", "below")
    return table.assign(p_overall=overall, flag=np.where(survived, direction, rates["flag"]))


def _overall(rates: pd.DataFrame) -> float:
    """Return the p of one chi-square test that all shares are alike; missing where there is nothing to compare."""
    from scipy.stats import chi2_contingency

    cells = np.array([rates["x"], rates["n"] - rates["x"]])
    if cells.shape[1] < 2 or (cells.sum(axis=1) == 0).any():
        return np.nan
    return float(chi2_contingency(cells, correction=False).pvalue)
