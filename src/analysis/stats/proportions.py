"""Shares of projects: who took part, how sure that is, whether groups differ, how far two kinds overlap."""

import numpy as np
import pandas as pd
import scipy

from src.analysis.stats.counts import By, columns_of, in_order
from src.analysis.stats.intervals import counted, proportion_difference, significant_among_many, wilson_interval
from src.codebook import vocabulary
from src.codebook.periods import Period, parse_period
from src.codebook.vocabulary import threshold

__all__ = [
    "overlap_bounds",
    "participation_overlap",
    "participation_rate",
    "project_starts",
    "projects_by_community",
    "share_differences",
    "who_took_part",
]

KINDS = ("residents", "organisations", "any", "both")
SHARE = ("x", "n", "estimate", "lower", "upper", "flag")  # what `participation_rate` says of a group


def took_part(projects: pd.DataFrame, kind: str = "residents") -> pd.Series:
    """Return for each project whether that kind of partner took part; missing where the register does not say.

    `any` and `both` are told of projects that state both: of the others only those would count that one flag settles,
    all of them as yes for `any` and as no for `both`, and the share would be moved by what was not filled in.
    """
    residents, organisations = projects["residents_took_part"], projects["organisations_took_part"]
    stated = residents.notna() & organisations.notna()
    flags = {"residents": residents, "organisations": organisations}
    flags |= {"any": (residents | organisations).where(stated), "both": (residents & organisations).where(stated)}
    if kind not in flags:
        raise ValueError(vocabulary.both("not_known", name="kind", value=kind, allowed=", ".join(KINDS)))
    return flags[kind]


def participation_rate(projects: pd.DataFrame, by: By = None, kind: str = "residents") -> pd.DataFrame:
    """In what share of projects did residents (or `organisations`, `any`, `both`) take part?

    One row is one group of `by`. Columns: `x` (took part), `n` (projects that say so or not; for `any` and `both` of
    either kind), `estimate`, `lower`, `upper` (Wilson, 95 %; missing for n = 0), `flag` (`too_few` below the threshold:
    told as counts, never ranked).

    >>> participation_rate(projects, "field").loc[0, ["field", "x", "n"]].to_dict()
    {'field': 'disputes', 'x': 30, 'n': 92}
    """
    names = columns_of(by)
    steps = {"month": "M", "quarter": "Q"}
    keys = {
        name: projects["started_on"].dt.to_period(steps[name]).dt.to_timestamp() if name in steps else projects[name]
        for name in names
    }
    known = pd.DataFrame({**keys, "_flag": took_part(projects, kind)}).dropna(subset="_flag")
    grouped = known.groupby(names or (lambda _: 0), sort=False, dropna=False)["_flag"]
    table = grouped.agg(x="sum", n="count").astype("int64").reset_index(drop=not names)
    if not names and table.empty:
        table = pd.DataFrame({"x": [0], "n": [0]})
    table = in_order(table, names)
    limits = wilson_interval(table["x"], table["n"])[["estimate", "lower", "upper"]]
    return table.join(limits).assign(flag=np.where(table["n"] < threshold("min_projects_for_share"), "too_few", ""))


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
    own, rest = rates[["x", "n"]], rates[["x", "n"]].sum() - rates[["x", "n"]]
    tested = rates["flag"].eq("") & rest["n"].gt(0)
    found = proportion_difference(own["x"], own["n"], rest["x"], rest["n"])[["estimate", "lower", "upper", "p"]]
    found = found.where(tested) * [100, 100, 100, 1]
    table = rates[[*names, "x", "n"]].assign(share=rates["estimate"]).join(found)
    overall = _overall(rates[rates["flag"].eq("")])
    survived = significant_among_many(table["p"])
    survived &= overall <= threshold("false_discovery_pct") / 100
    direction = np.where(table["estimate"] > 0, "above", "below")
    return table.assign(p_overall=overall, flag=np.where(survived, direction, rates["flag"]))


def _overall(rates: pd.DataFrame) -> float:
    """Return the p of one chi-square test that all shares are alike; missing where there is nothing to compare."""
    cells = np.array([rates["x"], rates["n"] - rates["x"]])
    if cells.shape[1] < 2 or (cells.sum(axis=1) == 0).any():
        return np.nan
    return float(scipy.stats.chi2_contingency(cells, correction=False).pvalue)


def participation_overlap(projects: pd.DataFrame, by: By = None) -> pd.DataFrame:
    """In how many projects did both take part, only one, or neither?

    One row is one `part` of each group of `by`: both, residents_only, organisations_only, neither. Columns: `x`
    (projects), `n` (all of the group that state both flags), `estimate` (share; missing below the threshold of
    projects), with `by` also `flag` (`too_few` below it). Projects that leave a flag open are not counted.

    >>> participation_overlap(projects)["x"].tolist()
    [82, 35, 166, 153]
    """
    residents, organisations = projects["residents_took_part"], projects["organisations_took_part"]
    known = residents.notna() & organisations.notna()
    residents, organisations = residents[known].astype(bool), organisations[known].astype(bool)
    counts = {
        "both": residents & organisations, "residents_only": residents & ~organisations,
        "organisations_only": ~residents & organisations, "neither": ~residents & ~organisations,
    }  # fmt: skip
    names, flags = columns_of(by), pd.DataFrame(counts)
    if names:
        grouped = flags.join(projects[names]).groupby(names, sort=False)[list(counts)].sum()
        table = in_order(grouped.rename_axis("part", axis=1).stack().rename("x").reset_index(), names)
    else:
        table = flags.sum().rename_axis("part").rename("x").reset_index()
    sums = table.groupby(names)["x"].transform("sum") if names else table["x"].sum()
    table = table.assign(x=table["x"].astype("int64"), n=sums)
    few = table["n"] < threshold("min_projects_for_share")
    flags = {"flag": np.where(few, "too_few", "")} if names else {}
    return table.assign(estimate=table["x"] / table["n"].mask(few), **flags)


def who_took_part(projects: pd.DataFrame) -> pd.DataFrame:
    """In how many projects did residents, social forces, either, both take part?

    One row is one `kind_of` partner, of which some project states whether it took part; columns as
    `participation_rate`. The rows overlap and do not add up.

    >>> who_took_part(projects)[["kind_of", "x"]].head(2).to_dict("list")
    {'kind_of': ['residents', 'organisations'], 'x': [117, 248]}
    """
    parts = [participation_rate(projects, kind=kind).assign(kind_of=kind) for kind in KINDS]
    stated = pd.concat(parts).query("n > 0").reset_index(drop=True)
    return stated[["kind_of", "x", "n", "estimate", "lower", "upper", "flag"]]


def overlap_bounds(total: int, a: int, b: int) -> pd.DataFrame:
    """If only totals are published, between which numbers does the overlap lie (Fréchet-Hoeffding)?

    One row is one `part` (both, at_least_one, neither) with `lower` and `upper`.

    >>> overlap_bounds(436, 117, 248).loc[0, ["lower", "upper"]].tolist()
    [0, 117]
    """
    total, a, b = (int(counted(name, value)[0]) for name, value in (("total", total), ("a", a), ("b", b)))
    if max(a, b) > total:
        raise ValueError(vocabulary.both("more_than_all", part=max(a, b), total=total))
    least, most = max(0, a + b - total), min(a, b)
    rows = [
        ("both", least, most),
        ("at_least_one", a + b - most, a + b - least),
        ("neither", total - a - b + least, total - a - b + most),
    ]
    return pd.DataFrame(rows, columns=["part", "lower", "upper"])


def project_starts(projects: pd.DataFrame, period: str | Period) -> pd.DataFrame:
    """How many projects started in each month? One row is one `month` of the period; `x` is the number of projects.

    >>> project_starts(projects, "2021")["x"].head(3).tolist()
    [22, 26, 62]
    """
    stated = parse_period(period)
    months = pd.date_range(stated.first_day.replace(day=1), stated.last_day, freq="MS")
    started = projects["started_on"].dt.to_period("M").dt.to_timestamp()
    return started.value_counts().reindex(months, fill_value=0).rename_axis("month").rename("x").reset_index()


def projects_by_community(projects: pd.DataFrame, communities: pd.DataFrame) -> pd.DataFrame:
    """How many projects does each community have? One row is one community, those without any among them.

    Columns: `street`, `community`, `x` (projects). Projects that name no community are not counted.

    >>> projects_by_community(projects, communities).loc[0, ["community", "x"]].to_dict()
    {'community': '良安田社区', 'x': 6}
    """
    counts = projects.groupby(["street", "community"]).size().rename("x")
    places = communities[["street", "community"]].drop_duplicates()
    table = places.join(counts, on=["street", "community"])
    return table.fillna({"x": 0}).astype({"x": "int64"}).reset_index(drop=True)
