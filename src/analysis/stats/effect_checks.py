"""What an effect is never shown without: could the difference have been there before, elsewhere, or by chance?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

from src.analysis.stats.counts import Window
from src.analysis.stats.coverage import fields
from src.analysis.stats.effect import counts_by_field, effect_months, effect_of, event_study_of, field_panel, in_percent
from src.analysis.stats.intervals import ALPHA
from src.analysis.stats.ppml import FAR, SEED, Panel, combined, fit, full_effect, phases, sign_flips
from src.codebook import vocabulary
from src.codebook.periods import Period

__all__ = ["effect_checks", "effect_studies", "effects_by_field"]

PERMUTATIONS = 499
EARLIER = 6  # months by which placebo dates lie before the true ones
DECIDING = ("leads", "placebo_outcome", "permutation", "sign_flips", "sign_flips_trend")
BY_CHANCE = ("permutation", "sign_flips", "sign_flips_trend")  # whose p has to be small


@dataclass(frozen=True)
class Study:
    """One field's effect with all that goes with it: see `programme_effect`, `event_study`, `effect_checks`."""

    field: str
    effect: pd.DataFrame
    events: pd.DataFrame
    checks: pd.DataFrame
    permutations: pd.DataFrame

    @property
    def reasons(self) -> list[str]:
        """Return what stands in the way of the word effect; empty where nothing does.

        `too_few`; `rise` (more incidents, clearly); the deciding checks that fail (`regression_to_the_mean` where it is
        a rise just before the start); `interval` where the interval holds no effect.
        """
        effect = self.effect.iloc[0]
        if effect["flag"] == "too_few":
            return ["too_few"]
        check = self.checks.set_index("check")
        failed = [name for name in DECIDING if check.loc[name, "flag"]]
        if "leads" in failed and check.loc["lead_bin", "flag"] and check.loc["lead_bin", "estimate"] > 0:
            failed = ["regression_to_the_mean" if name == "leads" else name for name in failed]
        rises, holds_zero = effect["lower"] > 0, effect["lower"] <= 0 <= effect["upper"]
        return [*(["rise"] if rises else []), *failed, *(["interval"] if holds_zero else [])]


def effect_checks(
    incidents: pd.DataFrame, projects: pd.DataFrame, field: str, months: Window | None = None
) -> pd.DataFrame:
    """Can the effect of a field be trusted?

    One row is one `check`; `estimate`, `lower`, `upper` in log points (and as relative changes), `p`, `flag` (`fails`).
    `leads`: largest of the six months before the start, p of all being zero (`score_test`). `lead_bin`: months -3 to
    -1; a rise there is regression to the mean. `with_leads`: the effect against earlier months only.
    `placebo_outcome`: kinds of other fields, their own projects allowed for. `placebo_dates`: starts six months
    early, true later months left out.
    `permutation`: the two-regressor effect, p among starts shuffled by whole streets. `sign_flips`: the same effect, p
    of all patterns of streets' signs (`ppml.sign_flips`); `sign_flips_trend`: with a line of their own for communities
    that ever have a project, failing also where its sign is another. `drop_one_street`: no interval but the smallest
    and largest effect without one street. `naive`: the same months a year before, in communities with projects only.
    No row where there are too few communities. The word effect asks for all of `DECIDING` and a fall; how often it is
    wrong then: docs/calibration.
    """
    return effect_study(incidents, projects, field, months).checks


def effect_study(incidents: pd.DataFrame, projects: pd.DataFrame, field: str, months: Window | None = None) -> Study:
    """Return a field's effect, its months and its checks in one go; see `programme_effect` and `effect_checks`."""
    return _study(_panels(incidents, projects), field, effect_months(incidents, projects, months))


def effect_studies(incidents: pd.DataFrame, projects: pd.DataFrame, months: Window | None = None) -> dict[str, Study]:
    """Return the study of each field in the order of the vocabulary; `other` is no field of work."""
    panels, period = _panels(incidents, projects), effect_months(incidents, projects, months)
    return {field: _study(panels, field, period) for field in fields()}


Panels = Callable[[str, Period], Panel]


def _panels(incidents: pd.DataFrame, projects: pd.DataFrame) -> Panels:
    """Return what gives the `field_panel` of a field and some months, made once: each is a placebo of others."""
    counted = counts_by_field(incidents)
    return cache(lambda field, months: field_panel(counted, projects, field, months))


def _study(panels: Panels, field: str, months: Period) -> Study:
    panel = panels(field, months)
    effect = effect_of(panel, field)
    if not panel.enough:
        nothing = pd.DataFrame(columns=["check", "estimate", "lower", "upper", "p", "flag"])
        return Study(field, effect, pd.DataFrame(columns=["event_month", "estimate"]), nothing, nothing[["estimate"]])
    events, tests = event_study_of(panel)
    chance, draws = permutation_test(panel)
    rows = {
        "leads": tests["joint"], "lead_bin": tests["bin"], "with_leads": tests["full"],
        "placebo_outcome": placebo_outcome(panels, field, panel), "placebo_dates": placebo_dates(panel),
        "permutation": chance, "sign_flips": sign_flips(panel), "sign_flips_trend": sign_flips(panel, trend=True),
        "drop_one_street": drop_one_street(panel), "naive": naive_change(panel),
    }  # fmt: skip
    checks = pd.DataFrame([{"check": name, **found} for name, found in rows.items()])
    checks = in_percent(checks[["check", "estimate", "lower", "upper", "p"]])
    return Study(field, effect, events, checks.assign(flag=_flags(checks, effect["estimate"].iloc[0])), draws)


def _flags(checks: pd.DataFrame, effect: float) -> np.ndarray:
    chance = checks["check"].isin(BY_CHANCE)
    fails = np.where(chance, checks["p"] > ALPHA, checks["p"] <= ALPHA)
    turned = checks["check"].eq("sign_flips_trend") & (checks["estimate"] * effect <= 0)
    return np.where((fails | turned) & checks["check"].ne("with_leads"), "fails", "")


def two_terms(panel: Panel) -> dict[str, float]:
    """Return the full effect of the two-regressor model with clustered limits."""
    cells = panel.cells()
    cells[["full", "early"]] = phases(cells["event"].to_numpy()).T
    coefficients, covariance = fit(cells, ["full", "early"])
    return combined(coefficients, covariance, pd.Series({"full": 1.0}), cells["place"].nunique())


def placebo_outcome(panels: Panels, field: str, panel: Panel) -> dict[str, float]:
    """Return what the field's projects go with in the kinds of other fields, whose own projects are allowed for."""
    span = panel.counts.columns
    months = Period(span[0].start_time.date(), span[-1].end_time.date())
    parts = []
    for other in vocabulary.current().codes["field"]:
        beside = panels(other, months)
        both = beside.counts.index.intersection(panel.counts.index)
        if other == field or not beside.counts.to_numpy().sum() or both.empty:
            continue
        cells = beside.keeping(beside.counts.index.isin(both)).cells()
        own = phases(cells["event"].to_numpy())
        cells[[f"own_{other}_full", f"own_{other}_early"]] = own.T
        starts = dict(zip(panel.counts.index.map("/".join), panel.starts, strict=True))
        since = (cells["month"] - cells["place"].map(starts)).fillna(FAR).astype("int64")
        cells[["full", "early"]] = phases(since.to_numpy()).T
        parts.append(cells.assign(unit=cells["place"] + other, period=cells["month"].astype("str") + other))
    if not parts:
        return {}
    cells = pd.concat(parts, ignore_index=True).fillna(0.0)
    own = [name for name in cells if name.startswith("own_") and cells[name].any()]
    coefficients, covariance = fit(cells, ["full", "early", *own], "unit", "period")
    return combined(coefficients, covariance, pd.Series({"full": 1.0}), cells["place"].nunique())


def placebo_dates(panel: Panel) -> dict[str, float]:
    """Return the effect found when every start is set six months early and the true months after it are left out."""
    return two_terms(replace(panel, starts=panel.starts - EARLIER, known=panel.known & (panel.event < 0)))


def permutation_test(panel: Panel) -> tuple[dict[str, float], pd.DataFrame]:
    """Return the two-regressor effect with its p among starts shuffled by whole streets, and every draw.

    Streets change places with all their starts, within a street communities do: neighbours start at like times and are
    hit by like shocks, which a shuffle of single communities would take apart.
    """
    rng = np.random.default_rng(SEED)
    found, event = full_effect(panel), panel.event
    street = pd.factorize(panel.counts.index.get_level_values("street"))[0]
    orders = (
        np.lexsort((rng.random(len(street)), rng.permutation(street.max() + 1)[street])) for _ in range(PERMUTATIONS)
    )
    shuffled = np.array([full_effect(panel, event[order]) for order in orders])
    p = (1 + (np.abs(shuffled) >= abs(found) * (1 - 1e-9)).sum()) / (PERMUTATIONS + 1)
    return {"estimate": found, "p": float(p)}, pd.DataFrame({"estimate": shuffled})


def drop_one_street(panel: Panel) -> dict[str, float]:
    """Return the two-regressor effect, and its smallest and largest value with one street left out."""
    street = panel.counts.index.get_level_values("street")
    rest = [panel.keeping(street != one) for one in street.unique()]
    without = [full_effect(part) for part in rest if min(part.treated, part.untreated)]
    ends = {"lower": min(without), "upper": max(without)} if without else {}
    return {"estimate": full_effect(panel), **ends}


def naive_change(panel: Panel) -> dict[str, float]:
    """Return what a plain before-and-after says: months in full against the same months a year before, log points."""
    later = (panel.event >= 2) & panel.known
    later[:, :12] = False
    count = panel.counts.to_numpy()
    now, before = count[later].sum(), count[np.roll(later, -12, axis=1)].sum()
    return {"estimate": float(np.log(now / before)) if now and before else np.nan}


def effects_by_field(studies: dict[str, Study], planted: dict[str, float] | None = None) -> pd.DataFrame:
    """In which fields did incidents move once projects were in full, and does it hold against the checks?

    One row is one `field`. Columns: `x`, `n` (communities with a project, all), `estimate_pct`, `lower_pct`,
    `upper_pct`, `detectable_pct`, `p` (starts shuffled by streets), with `planted` (log points by field) also
    `planted_pct`, `flag`: `earned` (a fall, and no check speaks against it), `withheld` or `too_few`.
    """
    rows = pd.concat([study.effect for study in studies.values()], ignore_index=True).drop(columns="p")
    chance = [s.checks.loc[s.checks["check"].eq("permutation"), "p"].squeeze() for s in studies.values()]
    rows["p"] = pd.to_numeric(pd.Series(chance, dtype="object"), errors="coerce")
    rows["flag"] = [
        "too_few" if "too_few" in s.reasons else "withheld" if s.reasons else "earned" for s in studies.values()
    ]
    names = ["field", "x", "n", "estimate_pct", "lower_pct", "upper_pct", "detectable_pct", "p"]
    if planted:
        rows["planted_pct"] = np.expm1(rows["field"].map(planted))
        names.append("planted_pct")
    return rows[[*names, "flag"]]
