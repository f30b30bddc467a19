"""Typical cases: what some communities run and how it went, with chance taken out of it as far as it can be."""

import numpy as np
import pandas as pd

from src.analysis.stats.comparable import comparable_windows, not_delivered
from src.analysis.stats.counts import Window, in_window, windows_of
from src.analysis.stats.coverage import demand_field, fields
from src.analysis.stats.dispersion import dispersions
from src.analysis.stats.groups import PLACE
from src.analysis.stats.shrinkage import shrunken_rates
from src.codebook import vocabulary


def typical_cases(
    incidents: pd.DataFrame,
    projects: pd.DataFrame,
    places: pd.DataFrame,
    current: Window,
    reference: Window,
    missing: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What do these communities run, and how did the incidents of that field move there?

    One row is one community of `places` (in their order) and field with projects. Columns: `x` (projects), `finished`
    (of them), `current`, `reference` (incidents; the mean of several periods), `raw` (relative change), `estimate`
    (the change drawn towards that of all communities, the more the fewer incidents; `shrunken_rates`), `lower`,
    `upper`, `overall` (of all communities in that field), `flag`: `too_few` under 20 incidents, else empty. `incidents`
    and `projects` are of all communities; what was not delivered (`missing`) is left out of both windows. Moving with a
    project is not moving by it: nothing here is an effect.
    """
    spans = len(windows_of(reference))
    rows = incidents.assign(field=demand_field(incidents))
    missing = not_delivered(rows, missing)
    compared, _ = comparable_windows(rows, current, reference, missing)
    now, before = (
        compared[in_window(compared, window)].groupby([*PLACE, "field"])["incident_count"].sum().astype("float64")
        for window in (current, reference)
    )
    counts = pd.DataFrame({"current": now, "reference": before / spans}).fillna(0.0)
    moved = [_moved(part, rows[rows["field"].eq(field)], missing) for field, part in counts.groupby(level="field")]
    run = projects[projects["field"].isin(fields())]
    run = run.assign(finished=run["status"].eq("finished"))
    table = run.groupby([*PLACE, "field"])["finished"].agg(x="size", finished="sum").reset_index()
    table = places[PLACE].merge(table, on=PLACE)
    if moved:
        table = table.merge(pd.concat(moved).reset_index(), on=[*PLACE, "field"], how="left")
    order = ["x", "finished", "current", "reference", "raw", "estimate", "lower", "upper", "overall"]
    table = table.reindex(columns=[*PLACE, "field", *order])
    table[["current", "reference"]] = table[["current", "reference"]].fillna(0.0)
    few = table[["current", "reference"]].min(axis=1).lt(vocabulary.threshold("min_count_for_percent"))
    return table.assign(flag=np.where(few, "too_few", ""))


def _moved(counts: pd.DataFrame, incidents: pd.DataFrame, missing: pd.DataFrame) -> pd.DataFrame:
    """Return the change of each community in one field, shrunken; both counts vary, not only the later one."""
    if not counts["reference"].sum():
        return counts.assign(**dict.fromkeys(("raw", "estimate", "lower", "upper", "overall"), np.nan))
    ratio = counts["current"].sum() / counts["reference"].sum()
    # What varies a community's months; the district's months also share what moves all of them.
    phi = float(dispersions(incidents, PLACE, missing).median()) * (1 + ratio)
    rates = shrunken_rates(counts["current"], counts["reference"], phi=phi)[["raw", "estimate", "lower", "upper"]] - 1
    return counts.join(rates).assign(overall=ratio - 1)
