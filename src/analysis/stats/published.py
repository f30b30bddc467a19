"""Published figures beside the same figures recomputed from the loaded data."""

import pandas as pd

from src.analysis.stats.changes import period_change
from src.analysis.stats.counts import roll_up_mask
from src.analysis.stats.proportions import took_part


def recomputed_figures(
    published: pd.DataFrame,
    projects: pd.DataFrame,
    incidents: pd.DataFrame,
    communities: pd.DataFrame,
    sites: pd.DataFrame,
) -> pd.DataFrame:
    """Does the loaded data give the figures that were published?

    One row is one published figure that the data can answer. Columns: `figure`, `period`, `compare`, `value`
    (published), `recomputed`, `difference`, `unit`, `source`.
    A change needs incidents in both windows, else the figure is left out.
    """
    known = {
        "projects": len(projects),
        "projects_residents": took_part(projects, "residents").sum(),
        "projects_organisations": took_part(projects, "organisations").sum(),
        "share_residents_pct": 100 * took_part(projects, "residents").mean() if len(projects) else None,
        "share_organisations_pct": 100 * took_part(projects, "organisations").mean() if len(projects) else None,
        "communities": len(communities),
        "demonstration_sites": len(sites) or None,
        "population": communities["population"].sum() if communities["population"].notna().any() else None,
    }
    rows = []
    for figure in published.dropna(subset=["measure"]).itertuples():
        name, _, roll_up = figure.measure.partition(":")
        value = _change_pct(incidents, roll_up, figure) if name == "change_pct" else known.get(name)
        if value is not None and not pd.isna(value):
            rows.append(
                (figure.figure, figure.period, figure.compare, figure.value, float(value), figure.unit, figure.source)
            )
    table = pd.DataFrame(rows, columns=["figure", "period", "compare", "value", "recomputed", "unit", "source"])
    # Compared as printed: a figure published with two decimals is met by what rounds to it.
    digits = [max(len(f"{value:.10g}".partition(".")[2]), 0) for value in table["value"]]
    difference = [round(r, d) - v for r, v, d in zip(table["recomputed"], table["value"], digits, strict=True)]
    table.insert(5, "difference", [round(d, 6) for d in difference])
    return table


def _change_pct(incidents: pd.DataFrame, roll_up: str, figure) -> float | None:
    change = period_change(incidents[roll_up_mask(incidents, roll_up)], figure.period, figure.compare, phi=1).iloc[0]
    return 100 * change["estimate"] if change["current"] and change["reference"] else None
