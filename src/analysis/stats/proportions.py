"""Shares of projects: who took part, how sure that is, whether groups differ, how far two kinds overlap."""

import numpy as np
import pandas as pd

from src.analysis.stats.estimate import Estimate, level, survive_many, told_by, whole_count
from src.codebook import vocabulary
from src.codebook.periods import Period, parse_period

PLACE = ["street", "community"]
KINDS = ("residents", "organisations", "any", "both")
SHARE = ("x", "n", "estimate", "lower", "upper", "flag")  # what `participation_rate` says of a group


def columns_of(by: str | list[str] | None) -> list[str]:
    """Return the columns that `by` groups by; a community is always named with its street."""
    names = [by] if isinstance(by, str) else list(by or [])
    return list(dict.fromkeys(column for name in names for column in (PLACE if name == "community" else [name])))


def wilson_interval(x: int, n: int, confidence: float = 0.95) -> Estimate:
    """What share is x of n, and how much would such a share move by itself?

    The score interval of Wilson (1927), as recommended by Newcombe, Statistics in Medicine 17 (1998) 857-872. Raises
    `ValueError` for n = 0, x > n or what is no count.

    >>> round(wilson_interval(117, 436).lower, 4)
    0.2289
    """
    from statsmodels.stats.proportion import proportion_confint

    x, n = whole_count("x", x), whole_count("n", n)
    if n == 0 or x > n:
        raise ValueError(vocabulary.both("not_a_share", x=x, n=n))
    lower, upper = proportion_confint(x, n, alpha=level(confidence), method="wilson")
    return Estimate(x / n, float(lower), float(upper), n=n)


def proportion_difference(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Estimate:
    """How far apart are two shares? x1/n1 minus x2/n2 with Newcombe's hybrid score interval (1998, method 10).

    >>> round(proportion_difference(56, 70, 48, 80).estimate, 3)
    0.2
    """
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    first, second = wilson_interval(x1, n1, confidence), wilson_interval(x2, n2, confidence)
    lower, upper = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff", alpha=level(confidence))
    same = x1 * n2 == x2 * n1
    p = 1.0 if same else float(proportions_ztest([x1, x2], [n1, n2])[1])  # the score test
    return Estimate(first.estimate - second.estimate, float(lower), float(upper), p=p, n=n1 + n2)


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


def participation_rate(
    projects: pd.DataFrame, by: str | list[str] | None = None, kind: str = "residents"
) -> pd.DataFrame:
    """In what share of projects did residents (or `organisations`, `any`, `both`) take part?

    One row is one group of `by`. Columns: `x` (took part), `n` (projects that say so or not; for `any` and `both` of
    either kind), `estimate`, `lower`, `upper` (Wilson, 95 %; missing for n = 0), `flag` (`too_few` below the threshold:
    told as counts, never ranked).

    >>> participation_rate(projects, "field").loc[0, ["field", "x", "n"]].to_dict()
    {'field': 'disputes', 'x': 30, 'n': 92}
    """
    names = columns_of(by)
    steps = {"month": "M", "quarter": "Q"}
    keys = {name: _start_of(projects, steps[name]) if name in steps else projects[name] for name in names}
    known = pd.DataFrame({**keys, "_flag": took_part(projects, kind)}).dropna(subset="_flag")
    grouped = known.groupby(names or (lambda _: 0), sort=False, dropna=False)["_flag"]
    table = grouped.agg(x="sum", n="count").astype("int64").reset_index(drop=not names)
    if not names and table.empty:
        table = pd.DataFrame({"x": [0], "n": [0]})
    return _with_limits(in_order(table, names))


def _start_of(projects: pd.DataFrame, step: str) -> pd.Series:
    return projects["started_on"].dt.to_period(step).dt.to_timestamp()


def in_order(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Put codes in the order of their list and months in time; places keep the order in which they come."""
    words = vocabulary.current()
    lists = {**words.codes, "kind": words.kinds, "roll_up": words.roll_ups}
    places = {name: {code: place for place, code in enumerate(lists[name])} for name in names if name in lists}
    ordered = [name for name in names if name in places or name in ("month", "quarter")]
    keys = [table[name].map(places[name]) if name in places else table[name] for name in ordered]
    return (table.iloc[np.lexsort(keys[::-1])] if keys else table).reset_index(drop=True)


def _with_limits(table: pd.DataFrame) -> pd.DataFrame:
    found = [wilson_interval(x, n) if n else Estimate() for x, n in zip(table["x"], table["n"], strict=True)]
    return table.assign(**told_by(found), flag=np.where(table["n"] < _least(), "too_few", ""))


def _least() -> float:
    return vocabulary.threshold("min_projects_for_share")


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
    nothing = Estimate(p=np.nan)
    found = [
        proportion_difference(r.x, r.n, x - r.x, n - r.n) if ok and n > r.n else nothing
        for r, ok in zip(rates.itertuples(), enough, strict=True)
    ]
    table = rates[[*names, "x", "n"]].assign(share=rates["estimate"])
    for column, values in told_by(found).items():
        table[column] = 100 * values
    table["p"] = [each.p for each in found]
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


def participation_overlap(projects: pd.DataFrame) -> pd.DataFrame:
    """In how many projects did both take part, only one, or neither?

    One row is one `part`: both, residents_only, organisations_only, neither. Columns: `x` (projects), `n` (all
    that state both flags), `estimate` (share; missing below the threshold of projects). Projects that leave a flag
    open are not counted.

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
    found = [int(flag.sum()) for flag in counts.values()]
    table = pd.DataFrame({"part": list(counts), "x": found, "n": int(known.sum())})
    return table.assign(estimate=table["x"] / table["n"].where(table["n"] >= _least()))


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
    total, a, b = whole_count("total", total), whole_count("a", a), whole_count("b", b)
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
