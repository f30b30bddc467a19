"""Whom can a community learn from? Those most like it by what it is, not by how well its numbers went."""

from numbers import Integral

import numpy as np
import pandas as pd

from src.analysis.stats.counts import Window, in_window
from src.analysis.stats.coverage import PER, demand_field, fields
from src.analysis.stats.groups import PLACE
from src.analysis.stats.shrinkage import shrunken_rates
from src.codebook import vocabulary


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
    weights = {
        name: vocabulary.threshold("similar_weight_rates") / len(rates)
        if name in rates
        else vocabulary.threshold(f"similar_weight_{name}")
        for name in profile.columns
    }
    lacking = profile.loc[target].isna() | profile.notna().mean().lt(0.5)
    flags = np.where(lacking, "lacking", np.where(profile.nunique().lt(2), "alike", ""))
    return pd.DataFrame(
        {"variable": list(profile.columns), "weight": list(weights.values()), "n": profile.notna().sum().to_numpy(),
         "flag": flags}
    )  # fmt: skip


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
    profile (`community_profile`), `note` (variables left out because the target or most communities lack them).

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
    return table.assign(note=left_out)


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
