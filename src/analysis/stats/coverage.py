"""Do projects sit where the demand is? Community by field; and the three lists: problems, resources, projects."""

import numpy as np
import pandas as pd
import scipy

from src.analysis.stats.counts import PLACE, Window, columns_of, in_window
from src.analysis.stats.delivery import dispersions
from src.analysis.stats.intervals import significant_among_many
from src.analysis.stats.rates import PER, shrunken_rates
from src.codebook import vocabulary

__all__ = ["coverage_gap", "coverage_totals", "three_lists"]


def fields() -> list[str]:
    """Return the fields that demand is counted in: all of the vocabulary but the remainder (`other`)."""
    return [code for code in vocabulary.current().entries("field") if code != "other"]


def demand_field(incidents: pd.DataFrame) -> pd.Series:
    """Return which field of governance each incident speaks to, by its kind (`vocabulary/kinds.yml`)."""
    return incidents["kind"].map({code: kind["field"] for code, kind in vocabulary.current().kinds.items()})


def coverage_gap(
    incidents: pd.DataFrame, projects: pd.DataFrame, communities: pd.DataFrame | None = None, by: str = "community",
    period: Window | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Where do fewer projects run than the demand there would have?

    Of the incidents of a `period`, else of all that are given.

    Shares are taken within a field, since an accident and a dispute do not weigh the same: of the projects of a field
    each community would have as many as its share of the incidents of that field. One row is one area (`by`: community
    or street) and `field`. Columns: `x` (projects), `n` (incidents), `demand_share`, `project_share`, `quotient`
    (location quotient: project share over demand share; missing without demand), `expected` (projects of the field
    times demand share), `variance` (of what is expected, since demand varies: by the median dispersion of the field's
    areas where the incidents of two whole years are given), `estimate` (expected minus actual: above 0, too few
    projects), `p` (as few, or as many, projects: negative binomial, both tails), `per_10000`, `lower`, `upper`
    (incidents per 10,000 residents, shrunken in the field; missing without `communities` and their population),
    `rate_ratio` (times the rate of the field in all areas), `flag`: `under` or `over` where the gap survives
    Benjamini-Hochberg over all rows, `too_few` under 20 incidents, `no_projects` where no project states its area and a
    field that is counted, or empty. Highest ratios first, then most incidents.

    Incidents and projects without a place of that kind and the remainder of fields are left out. `communities`: the
    register of the time; areas in it without incidents and projects have rows of zeros.
    """
    names = columns_of(by)
    if unknown := [name for name in names if name not in PLACE]:
        raise ValueError(vocabulary.both("not_known", name="by", value=unknown[0], allowed="street, community"))
    every = incidents.assign(field=demand_field(incidents))
    demand = _counted(every if period is None else every[in_window(every, period)], names, "incident_count")
    supply = _counted(projects.assign(_one=1), names, "_one")
    table = pd.DataFrame({"x": supply, "n": demand}).reindex(_cells(names, demand, supply, communities), fill_value=0)
    table = _held_against(table.fillna(0).astype("int64"), every, names)
    table = table.join(_rates(table["n"], names, communities)).reset_index()
    if not table["x"].any():
        table["flag"] = "no_projects"
    order = ["x", "n", "demand_share", "project_share", "quotient", "expected", "variance", "estimate", "p"]
    order += ["per_10000", "lower", "upper", "rate_ratio", "flag"]
    table = table.sort_values(["rate_ratio", "n"], ascending=False, na_position="last", kind="stable")
    return table[[*names, "field", *order]].reset_index(drop=True)


def _held_against(table: pd.DataFrame, incidents: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return projects and incidents of each cell beside what the field's demand would have there, and the verdict."""
    whole = table.groupby(level="field").transform("sum")
    table["demand_share"] = table["n"] / whole["n"].where(whole["n"] > 0)
    table["project_share"] = table["x"] / whole["x"].where(whole["x"] > 0)
    table["quotient"] = table["project_share"] / table["demand_share"].where(table["n"] > 0)
    table["expected"] = whole["x"] * table["demand_share"].fillna(0.0)
    each = (whole["x"] / whole["n"].where(whole["n"] > 0)).fillna(0.0)  # projects an incident
    table["variance"] = each**2 * _dispersion(incidents, names, table.index) * (table["n"] + 0.5)
    table["estimate"] = table["expected"] - table["x"]
    return table.join(_tails(table))


def _counted(rows: pd.DataFrame, names: list[str], column: str) -> pd.Series:
    return rows[rows["field"].isin(fields())].groupby([*names, "field"], sort=False)[column].sum()


def _cells(names: list[str], demand: pd.Series, supply: pd.Series, communities: pd.DataFrame | None) -> pd.MultiIndex:
    """Return every area with every field, areas in the order of the register."""
    known = [part.index.to_frame(index=False)[names] for part in (demand, supply)]
    places = pd.concat([*([communities[names]] if communities is not None else []), *known]).drop_duplicates()
    crossed = places.merge(pd.Series(fields(), name="field"), how="cross")
    return pd.MultiIndex.from_frame(crossed)


def _dispersion(incidents: pd.DataFrame, names: list[str], cells: pd.MultiIndex) -> np.ndarray:
    """Return the median dispersion of the areas of each cell's field; of one area it is known too badly."""
    phi = dispersions(incidents[incidents["field"].isin(fields())], [*names, "field"])
    if phi.empty:
        return np.ones(len(cells))
    by_field = phi.groupby(level="field").median()
    return by_field.reindex(cells.get_level_values("field")).fillna(1.0).to_numpy()


def _tails(table: pd.DataFrame) -> pd.DataFrame:
    """Return the p of as few or as many projects as there are, and which hold among all (Benjamini-Hochberg).

    Negative binomial with the expected mean and, beside what counts of projects scatter, the variance of the mean.
    """
    expected, actual = table["expected"], table["x"]
    size = expected**2 / table["variance"]
    varies, chance = size > 0, size / (size + expected)  # else nothing is expected: any project is one too many
    spread, even = scipy.stats.nbinom(size, chance), scipy.stats.poisson(expected)
    few = np.where(varies, spread.cdf(actual), even.cdf(actual))
    many = np.where(varies, spread.sf(actual - 1), even.sf(actual - 1))
    p = pd.Series(np.minimum(2 * np.minimum(few, many), 1.0), table.index)
    enough = table["n"].ge(vocabulary.threshold("min_count_for_percent"))
    clear = significant_among_many(p.where(enough))
    flag = np.select([~enough, clear & table["estimate"].gt(0), clear], ["too_few", "under", "over"], "")
    return pd.DataFrame({"p": p, "flag": flag}, table.index)


def _rates(demand: pd.Series, names: list[str], communities: pd.DataFrame | None) -> pd.DataFrame:
    """Return incidents per 10,000 residents of each area and field, shrunken towards the rate of the field."""
    if communities is None:
        return pd.DataFrame(np.nan, demand.index, ["per_10000", "lower", "upper", "rate_ratio"])
    people = communities.groupby(names)["population"].sum(min_count=1).astype("float64")
    base = pd.Series(demand.index.droplevel("field").map(people).to_numpy("float64"), demand.index)
    found = []
    for _, counts in demand.groupby(level="field"):
        rates = PER * shrunken_rates(counts, base[counts.index])[["estimate", "lower", "upper"]]
        known = base[counts.index].gt(0)
        overall = PER * counts[known].sum() / base[counts.index][known].sum() if counts[known].sum() else np.nan
        found.append(rates.assign(rate_ratio=rates["estimate"] / overall))
    return pd.concat(found).rename(columns={"estimate": "per_10000"}).reindex(demand.index)


def coverage_totals(gap: pd.DataFrame) -> pd.DataFrame:
    """How many projects is each area short of, all fields together?

    One row is one area of a `coverage_gap`, in its order there. Columns: `x` (projects), `expected`, `lower`, `upper`
    (95 % of what chance gives one area, looked at alone; missing where nothing is expected), `estimate` (expected minus
    actual), `p` (as there), `flag` (`under`, `over` after Benjamini-Hochberg, or empty).
    """
    names = [name for name in ("street", "community") if name in gap]
    table = gap.groupby(names, sort=False)[["x", "n", "expected", "variance", "estimate"]].sum()
    size = table["expected"] ** 2 / table["variance"]
    limits = [scipy.stats.nbinom.ppf(level, size, size / (size + table["expected"])) for level in (0.025, 0.975)]
    table = table.assign(lower=limits[0], upper=limits[1]).join(_tails(table)).reset_index()
    return table[[*names, "x", "expected", "lower", "upper", "estimate", "p", "flag"]]


CELL = ["street", "community", "field"]


def three_lists(
    incidents: pd.DataFrame,
    projects: pd.DataFrame,
    communities: pd.DataFrame | None = None,
    sites: pd.DataFrame | None = None,
    as_of: object = None,
    gap: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """What has to be done, with whom, and what is under way? Returns `problems`, `resources`, `projects`.

    All three have `lead_unit` (responsible; several joined by `;`), `due_on` (missing: not set yet) and `closed`.
    `gap`: the `coverage_gap` that problems are taken from, such as that of one street, where it is at hand. Names of
    the lists and of their columns are sentences of the vocabulary.
    """
    gap = coverage_gap(incidents, projects, communities) if gap is None else gap
    return {
        "problems": problem_list(incidents, projects, gap),
        "resources": resource_list(projects, sites),
        "projects": project_list(projects, as_of),
    }


def problem_list(incidents: pd.DataFrame, projects: pd.DataFrame, gap: pd.DataFrame) -> pd.DataFrame:
    """Where is there more demand than projects, by a `coverage_gap`?

    One row is one community and field short of at least half a project by its share of the incidents (`coverage_gap`;
    `least_projects_short`), those with under 20 incidents left out: first what chance does not explain, the rest are
    leads to check. Columns: `is_significant`, `kind` (the most frequent), `n` (incidents), `x` (projects), `estimate`
    (projects short), `rate_ratio`, `lead_unit`, `due_on` (the last end of its projects), `problem_status` (`no_project`
    or how far its projects are), `closed` (it has projects and all are finished).
    """
    lacks = gap["estimate"].ge(vocabulary.threshold("least_projects_short")) & gap["flag"].ne("too_few")
    short = gap.assign(is_significant=gap["flag"].eq("under"))[lacks]
    short = short.sort_values("is_significant", ascending=False, kind="stable")
    short = short[[*CELL, "is_significant", "n", "x", "estimate", "rate_ratio"]]
    known = incidents.assign(field=demand_field(incidents)).groupby([*CELL, "kind"])["incident_count"].sum()
    first = known.sort_values(ascending=False, kind="stable").reset_index().drop_duplicates(CELL)
    answered = projects.groupby(CELL).agg(
        lead_unit=("lead_unit", joined), due_on=("ended_on", "max"), problem_status=("status", _furthest_behind)
    )
    table = short.merge(first[[*CELL, "kind"]], on=CELL, how="left").merge(answered, on=CELL, how="left")
    table["problem_status"] = table["problem_status"].where(table["x"] > 0, "no_project")
    table["closed"] = table["problem_status"].eq("finished")
    order = ["is_significant", "kind", "n", "x", "estimate", "rate_ratio"]
    order += ["lead_unit", "due_on", "problem_status", "closed"]
    return table[[*CELL, *order]].reset_index(drop=True)


def resource_list(projects: pd.DataFrame, sites: pd.DataFrame | None = None) -> pd.DataFrame:
    """Who and what can be drawn on? One row is one partner of the projects, or one demonstration point.

    Columns: `street` (several joined), `resource`, `organisation_kinds` (those that all its projects state; missing
    where they leave it open, and for points), `communities` (several), `field` (several), `x` (projects), `lead_unit`,
    `due_on` (until when it is bound), `closed` (none of its projects goes on; missing where
    it has none).
    """
    rows = projects[projects["partners"].notna()]
    rows = rows.assign(resource=rows["partners"].str.split(";")).explode("resource")
    closed = rows["status"].eq("finished")
    rows = rows.assign(resource=rows["resource"].str.strip(), _closed=closed)
    rows = rows[rows["resource"].ne("")]
    partners = rows.groupby("resource", sort=False).agg(
        street=("street", joined), organisation_kinds=("organisation_kinds", _shared),
        communities=("community", joined), field=("field", joined), x=("project_id", "nunique"),
        lead_unit=("lead_unit", joined), due_on=("ended_on", "max"), closed=("_closed", "all"),
    )  # fmt: skip
    table = partners.sort_values("x", ascending=False, kind="stable").reset_index()
    if sites is not None and len(sites):
        points = sites.rename(columns={"site": "resource", "community": "communities"})
        points = points[["resource", "street", "communities"]].assign(x=0, closed=pd.NA)
        table = pd.concat([table, points], ignore_index=True) if len(table) else points.reindex(columns=table.columns)
    order = ["street", "resource", "organisation_kinds", "communities", "field", "x", "lead_unit", "due_on", "closed"]
    return table[order].astype({"closed": "boolean", "due_on": "datetime64[us]"})


def project_list(projects: pd.DataFrame, as_of: object = None) -> pd.DataFrame:
    """Which projects are there and how far are they? One row is one project, those still open first by due date.

    Columns: `project_id`, `title`, `street`, `community`, `field`, `lead_unit`, `partners`, `started_on`, `due_on`,
    `status`, `closed` (finished), `overdue` (open, though the due date lies before `as_of`).
    """
    closed = projects["status"].eq("finished")
    late = projects["ended_on"].lt(pd.Timestamp(as_of)) if as_of is not None else pd.Series(False, projects.index)
    table = projects.assign(due_on=projects["ended_on"], closed=closed, overdue=late & ~closed)
    order = ["project_id", "title", *CELL, "lead_unit", "partners", "started_on", "due_on"]
    order += ["status", "closed", "overdue"]
    return table.sort_values(["closed", "due_on"], kind="stable", ignore_index=True)[order]


def joined(values: pd.Series) -> str | None:
    """Return the different values of a column as one text, in the order they come; nothing for none."""
    return ";".join(dict.fromkeys(str(value) for value in values.tolist() if not pd.isna(value))) or None


def _shared(values: pd.Series) -> str | None:
    """Return the one code that all stated values share: a project states the kinds of all its partners together."""
    stated = [text.split(";") for text in values.dropna()]
    shared = [code for code in (stated[0] if stated else []) if all(code in one for one in stated)]
    return shared[0] if len(shared) == 1 else None


def _furthest_behind(statuses: pd.Series) -> str | None:
    stated = set(statuses.dropna())
    return next((status for status in ("planned", "running", "finished") if status in stated), None)
