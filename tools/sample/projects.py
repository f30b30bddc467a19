"""The synthetic project register: which field in which community, who took part, when, with what money."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

PHRASES = Path(__file__).with_name("phrases.json")


def draw_projects(
    rng, stated: dict, communities: pd.DataFrame, rate: pd.DataFrame, snapshot: pd.Timestamp
) -> pd.DataFrame:
    """Return the governance projects of 2021: exact totals by field, flag and community, the rest drawn."""
    fields = np.repeat(list(stated["fields"]), [field["n"] for field in stated["fields"].values()])
    places = _communities_by_total(rng, stated, rate)
    placed = _place_fields(
        rng, places, fields, {name: field["communities"] for name, field in stated["fields"].items()}
    )
    projects = pd.DataFrame({"place": places, "field": placed})
    projects["started_on"] = _starts(rng, stated["start_weights_2021"], len(projects))
    projects = projects.sort_values(["place", "started_on", "field"], ignore_index=True)
    for name in ("street", "community"):
        projects[name] = communities[name].to_numpy()[projects["place"]]
    projects["project_id"] = [f"{number:06d}" for number in range(1, len(projects) + 1)]
    _draw_participation(rng, stated, projects)
    _draw_rest(rng, stated, projects, snapshot)
    return projects.drop(columns="place")


def _communities_by_total(rng, stated: dict, rate: pd.DataFrame) -> np.ndarray:
    """Return the community of each project: the stated spread, larger totals likelier where rates are high."""
    totals = np.repeat([int(n) for n in stated["per_community"]], list(stated["per_community"].values()))
    weight = stated["placement_power"] * rate["log_rate"].to_numpy() + rng.gumbel(size=len(rate))
    order = np.argsort(-weight)
    return np.repeat(order, np.sort(totals)[::-1])


def _place_fields(rng, places: np.ndarray, fields: np.ndarray, supports: dict[str, int]) -> np.ndarray:
    """Swap fields between projects until each field is in its stated number of communities."""
    fields = rng.permutation(fields)
    names = list(supports)
    code = np.array([names.index(field) for field in fields])
    count = np.zeros((places.max() + 1, len(names)), "int64")
    np.add.at(count, (places, code), 1)
    target = np.array(list(supports.values()))
    support = (count > 0).sum(axis=0)
    for _ in range(400_000):
        if (support == target).all():
            return np.array(names)[code]
        one, other = rng.integers(0, len(places), 2)
        a, b, p, q = code[one], code[other], places[one], places[other]
        if a == b or p == q:
            continue
        change = np.zeros(len(names), "int64")
        change[a] = int(count[q, a] == 0) - int(count[p, a] == 1)
        change[b] = int(count[p, b] == 0) - int(count[q, b] == 1)
        if np.abs(support + change - target).sum() <= np.abs(support - target).sum():
            support += change
            count[p, a] -= 1
            count[q, a] += 1
            count[q, b] -= 1
            count[p, b] += 1
            code[one], code[other] = b, a
    raise RuntimeError("the stated spread of fields over communities was not reached")


def _starts(rng, weights: list[int], size: int) -> pd.DatetimeIndex:
    share = np.array(weights) / sum(weights)
    months = rng.choice(12, size, p=share)
    return pd.DatetimeIndex(
        [pd.Timestamp(2021, month + 1, day) for month, day in zip(months, rng.integers(1, 28, size), strict=True)]
    )


def _draw_participation(rng, stated: dict, projects: pd.DataFrame) -> None:
    projects["residents_took_part"] = False
    projects["organisations_took_part"] = False
    for name, field in stated["fields"].items():
        rows = rng.permutation(projects.index[projects["field"].eq(name)])
        projects.loc[rows[: field["residents"]], "residents_took_part"] = True
        only = field["organisations"] - field["both"]
        chosen = [*rows[: field["both"]], *rows[field["residents"] : field["residents"] + only]]
        projects.loc[chosen, "organisations_took_part"] = True
    middle, sigma, least = stated["residents_count"]
    people = np.maximum(np.round(rng.lognormal(middle, sigma, len(projects))), least)
    projects["residents_count"] = pd.array(np.where(projects["residents_took_part"], people, np.nan), dtype="Int64")
    shares = stated["organisation_kinds"]
    sizes = rng.choice([1, 2, 3], len(projects), p=[0.68, 0.26, 0.06])
    drawn = [set(rng.choice(list(shares), size, replace=False, p=list(shares.values()))) for size in sizes]
    kinds = [";".join(kind for kind in shares if kind in found) for found in drawn]
    projects["organisation_kinds"] = np.where(projects["organisations_took_part"], kinds, None)
    for name in ("residents_took_part", "organisations_took_part"):
        projects[name] = projects[name].astype("boolean")


def _draw_rest(rng, stated: dict, projects: pd.DataFrame, snapshot: pd.Timestamp) -> None:
    phrases = json.loads(PHRASES.read_text(encoding="utf-8"))
    least, mean = stated["duration_months"]
    months = least + rng.poisson(mean, len(projects))
    ended = [start + pd.DateOffset(months=int(m)) for start, m in zip(projects["started_on"], months, strict=True)]
    projects["ended_on"] = pd.to_datetime(ended)
    projects["status"] = np.where(projects["ended_on"] <= snapshot, "finished", "running")
    projects["title"] = [
        f"{community}{rng.choice(phrases['means'])}{rng.choice(phrases['ends'][field])}"
        for community, field in zip(projects["community"], projects["field"], strict=True)
    ]
    projects["lead_unit"] = [f"{community}{rng.choice(phrases['lead_units'])}" for community in projects["community"]]
    projects["partners"] = [
        _partners(rng, phrases["partners"], kinds, place)
        for kinds, place in zip(projects["organisation_kinds"], projects["community"], strict=True)
    ]
    for column in ("demand_source", "funding_source"):
        shares = phrases[column]
        projects[column] = rng.choice(list(shares), len(projects), p=list(shares.values()))
    projects["budget_cny"] = np.round(rng.lognormal(11.2, 0.7, len(projects)), -2)
    projects["beneficiaries_count"] = pd.array(
        np.round(rng.lognormal(6.5, 0.9, len(projects)), -1).astype("int64"), dtype="Int64"
    )


def _partners(rng, names: dict, kinds: str | None, place: str) -> str | None:
    """Return made-up partners of the stated kinds; hospital and enterprise as in the published cases."""
    if not isinstance(kinds, str):
        return None
    short = place.removesuffix("社区")
    return ";".join(rng.choice(names[kind]).replace("{place}", short) for kind in kinds.split(";"))
