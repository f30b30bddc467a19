"""Whom can a community learn from? Those most like it, and how it went where their projects run."""

from numbers import Integral

import numpy as np
import pandas as pd

from src.analysis.stats.counts import PLACE, Window, in_window, window_totals, windows_of
from src.analysis.stats.coverage import demand_field, fields
from src.analysis.stats.delivery import comparable_windows, dispersions, not_delivered
from src.analysis.stats.rates import PER, shrunken_rates
from src.codebook import vocabulary

__all__ = ["similar_communities", "typical_cases"]


def community_profile(
    communities: pd.DataFrame, incidents: pd.DataFrame | None = None, base: Window | None = None
) -> pd.DataFrame:
    """What is a community like? One row is one community, indexed by street and community.

    Columns: `population` (log 10 is compared), `floating_share`, `urban_village_share`, `density` (people per km²) and
    `rate_<field>` (incidents per 10,000 residents in the `base` period, shrunken; only with `incidents`). Missing where
    the register does not say: nothing is guessed.
    """
    register = communities.drop_duplicates(PLACE).set_index(PLACE)
    known = register.reindex(columns=["population", "floating_share", "urban_village_share", "area_km2"])
    known = known.astype("float64")
    profile = known.drop(columns="area_km2").assign(density=known["population"] / known["area_km2"].replace(0, np.nan))
    if incidents is None or base is None:
        return profile
    rows = incidents[in_window(incidents, base)]
    counted = rows.assign(field=demand_field(rows)).groupby([*PLACE, "field"])["incident_count"].sum().unstack("field")
    counted = counted.reindex(index=profile.index, columns=fields()).fillna(0)
    rates = {
        f"rate_{field}": PER * shrunken_rates(counted[field], profile["population"])["estimate"] for field in fields()
    }
    return profile.assign(**rates)


def similarity_variables(profile: pd.DataFrame, target: tuple[str, str]) -> pd.DataFrame:
    """By what are communities compared, and with which weight?

    One row is one `variable`. Columns: `weight` (`thresholds.yml`; that of the rates is shared among them), `n`
    (communities that have it), `flag`: `lacking` (the target or most communities lack it), `alike` (all have the same),
    or empty: used.
    """
    rates = [name for name in profile.columns if name.startswith("rate_")]
    own = [name for name in profile.columns if name not in rates]
    weights = {name: vocabulary.threshold(f"similar_weight_{name}") for name in own}
    weights |= dict.fromkeys(rates, vocabulary.threshold("similar_weight_rates") / max(len(rates), 1))
    lacking = profile.loc[target].isna() | profile.notna().mean().lt(0.5)
    flags = np.where(lacking, "lacking", np.where(profile.nunique().lt(2), "alike", ""))
    counts = profile.notna().sum().rename("n").rename_axis("variable").reset_index()
    counts.insert(1, "weight", counts["variable"].map(weights))
    return counts.assign(flag=flags)


def similar_communities(
    communities: pd.DataFrame,
    target: str | tuple[str, str],
    k: int = 5,
    incidents: pd.DataFrame | None = None,
    base: Window | None = None,
    weights: dict[str, float] | None = None,
) -> pd.DataFrame:
    """Which `k` communities are most like the target?

    Euclidean distance on z-scores (standard deviation with n - 1) of log population, shares, density and the rates of
    the `base` period, which must lie before the projects. Outcomes take no part: choosing by them would choose noise.
    One row is one community, the nearest first. Columns: `street`, `community`, `distance`, `same_street`, then the
    profile (`community_profile`), `note` (variables left out because the target or most communities lack them), `flag`:
    `far` where even the most alike differ, in the mean of the variables, by more than `alike_within_sd`, else empty.

    `target`: (street, community) or 布吉街道/龙岭社区. `weights` replaces those of the vocabulary. Communities that
    lack a variable in use are left out. Raises `ValueError` for an unknown target or k below 1.
    """
    profile = community_profile(communities, incidents, base)
    target = tuple(target.split("/")) if isinstance(target, str) else tuple(target)
    if target not in set(profile.index):  # `in` the index itself warns where it is not sorted
        raise ValueError(vocabulary.both("target_unknown", target="/".join(target)))
    if not isinstance(k, Integral) or k < 1:
        raise ValueError(vocabulary.both("k_impossible", k=k))
    variables = similarity_variables(profile, target).set_index("variable")
    used = variables.index[variables["flag"].eq("")]
    left_out = ";".join(variables.index[variables["flag"].eq("lacking")])
    weight = variables.loc[used, "weight"] if weights is None else pd.Series(weights).reindex(used).fillna(0.0)
    nearest = distances(profile[used], target, weight).nsmallest(k)
    table = profile.loc[nearest.index].reset_index()
    table.insert(2, "distance", nearest.to_numpy())
    table.insert(3, "same_street", table["street"].eq(target[0]))
    apart = table["distance"] / np.sqrt(weight.sum())
    return table.assign(note=left_out, flag=np.where(apart > vocabulary.threshold("alike_within_sd"), "far", ""))


def distances(profile: pd.DataFrame, target: object, weight: pd.Series | float = 1.0) -> pd.Series:
    """Return the weighted distance of each other row from the target, on z-scores; rows with gaps are left out."""
    scored = z_scores(profile).dropna()
    if not len(profile.columns):
        return pd.Series(dtype="float64", index=profile.index[:0])
    return np.sqrt((scored.sub(scored.loc[target]) ** 2 * weight).sum(axis=1)).drop(target)


def z_scores(profile: pd.DataFrame) -> pd.DataFrame:
    """Return a profile with each variable centred and scaled; population and density on a log scale."""
    skewed = profile.columns.intersection(["population", "density"])
    logged = profile.assign(**{name: np.log10(profile[name]) for name in skewed})
    return (logged - logged.mean()) / logged.std()


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
    counts = window_totals(compared, (current, reference), [*PLACE, "field"])
    counts = counts.set_axis(["current", "reference"], axis=1) / [1, spans]
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
