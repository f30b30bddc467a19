"""The three lists kept up to date: problems, resources, projects; who is responsible, by when, closed or not."""

import pandas as pd

from src.analysis.stats.coverage import coverage_gap, demand_field
from src.codebook import vocabulary

CELL = ["street", "community", "field"]


def three_lists(
    incidents: pd.DataFrame,
    projects: pd.DataFrame,
    communities: pd.DataFrame | None = None,
    sites: pd.DataFrame | None = None,
    as_of: object = None,
) -> dict[str, pd.DataFrame]:
    """What has to be done, with whom, and what is under way? Returns `problems`, `resources`, `projects`.

    All three have `lead_unit` (responsible; several joined by `;`), `due_on` (missing: not set yet) and `closed`.
    Names of the lists and of their columns are sentences of the vocabulary.
    """
    return {
        "problems": problem_list(incidents, projects, communities),
        "resources": resource_list(projects, sites),
        "projects": project_list(projects, as_of),
    }


def problem_list(
    incidents: pd.DataFrame,
    projects: pd.DataFrame,
    communities: pd.DataFrame | None = None,
    gap: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Where is there more demand than projects? `gap`: the `coverage_gap` of the same tables, where it is at hand.

    One row is one community and field short of at least half a project by its share of the incidents (`coverage_gap`;
    `least_projects_short`), those with under 20 incidents left out. Columns: `kind` (the most frequent), `n`
    (incidents), `x` (projects), `estimate` (projects short), `rate_ratio`, `lead_unit`, `due_on` (the last end of its
    projects), `problem_status` (`no_project` or how far its projects are), `closed` (it has projects and all are
    finished).
    """
    gap = coverage_gap(incidents, projects, communities) if gap is None else gap
    lacks = gap["estimate"].ge(vocabulary.threshold("least_projects_short")) & gap["flag"].ne("too_few")
    short = gap.loc[lacks, [*CELL, "n", "x", "estimate", "rate_ratio"]]
    known = incidents.assign(field=demand_field(incidents)).groupby([*CELL, "kind"])["incident_count"].sum()
    first = known.sort_values(ascending=False, kind="stable").reset_index().drop_duplicates(CELL)
    answered = projects.groupby(CELL).agg(
        lead_unit=("lead_unit", joined), due_on=("ended_on", "max"), problem_status=("status", _furthest_behind)
    )
    table = short.merge(first[[*CELL, "kind"]], on=CELL, how="left").merge(answered, on=CELL, how="left")
    table["problem_status"] = table["problem_status"].where(table["x"] > 0, "no_project")
    table["closed"] = table["problem_status"].eq("finished")
    order = ["kind", "n", "x", "estimate", "rate_ratio", "lead_unit", "due_on", "problem_status", "closed"]
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
    """Return the codes that all stated values share: a project states the kinds of all its partners together."""
    stated = [text.split(";") for text in values.dropna()]
    return ";".join(code for code in (stated[0] if stated else []) if all(code in one for one in stated)) or None


def _furthest_behind(statuses: pd.Series) -> str | None:
    stated = set(statuses.dropna())
    return next((status for status in ("planned", "running", "finished") if status in stated), None)
