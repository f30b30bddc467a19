"""Published figures beside the same figures recomputed from the loaded data."""

import pandas as pd

from src.analysis.stats.changes import period_change
from src.analysis.stats.counts import roll_up_mask
from src.analysis.stats.delivery import NOTHING
from src.analysis.stats.proportions import took_part
from src.codebook.periods import parse_period
from src.codebook.vocabulary import stated


def recomputed_figures(
    published: pd.DataFrame,
    projects: pd.DataFrame,
    incidents: pd.DataFrame,
    communities: pd.DataFrame,
    sites: pd.DataFrame,
    lang: str = "zh",
) -> pd.DataFrame:
    """Does the loaded data give the figures that were published?

    One row is one published figure that the data can answer: a change needs incidents in both windows, a number of
    projects needs projects that started in its window. Columns: `figure` and `source` (in `lang`), `period`, `compare`,
    `value` (published), `recomputed`, `difference` (as far as the published decimals tell), `unit`.

    >>> figures = recomputed_figures(published, projects, incidents, communities, sites)
    >>> figures["difference"].eq(0).all()
    np.True_
    """
    rows = []
    for figure in published.dropna(subset=["measure"]).itertuples():
        name, _, roll_up = figure.measure.partition(":")
        if name == "change_pct":
            value = _change_pct(incidents, roll_up, figure)
        elif name == "communities":
            value = len(communities)
        elif name == "demonstration_sites":
            value = len(sites) or None
        elif name == "population":
            value = communities["population"].sum(min_count=1)
        else:
            value = _of_projects(projects, name, figure.period)
        if value is not None and not pd.isna(value):
            called, source = (stated(figure._asdict(), of, lang) for of in ("figure", "source"))
            rows.append((called, figure.period, figure.compare, figure.value, float(value), figure.unit, source))
    table = pd.DataFrame(rows, columns=["figure", "period", "compare", "value", "recomputed", "unit", "source"])
    digits = [len(f"{value:.10g}".partition(".")[2]) for value in table["value"]]
    difference = [round(r, d) - v for r, v, d in zip(table["recomputed"], table["value"], digits, strict=True)]
    table.insert(5, "difference", [round(d, 6) for d in difference])
    return table


def _change_pct(incidents: pd.DataFrame, roll_up: str, figure) -> float | None:
    rows = incidents[roll_up_mask(incidents, roll_up)]
    # As published: whatever was delivered, with whatever was.
    change = period_change(rows, figure.period, figure.compare, phi=1, missing=NOTHING).iloc[0]
    return 100 * change["estimate"] if change["current"] and change["reference"] else None


def _of_projects(projects: pd.DataFrame, measure: str, period: str) -> float | None:
    """Return a measure of the projects that started in a period: `projects`, `projects_KIND`, `share_KIND_pct`."""
    window = parse_period(period)
    first, last = pd.Timestamp(window.first_day), pd.Timestamp(window.last_day)
    started = projects[projects["started_on"].between(first, last)]
    if started.empty:
        return None
    if measure == "projects":
        return len(started)
    kind = measure.removeprefix("projects_").removeprefix("share_").removesuffix("_pct")
    flags = took_part(started, kind).dropna()
    if flags.empty:
        return None
    return flags.sum() if measure.startswith("projects_") else 100 * flags.mean()
