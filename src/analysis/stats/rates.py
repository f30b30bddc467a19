"""Incidents per 10,000 people, fair rates of small areas, and funnels: which areas really stand out."""

from collections.abc import Collection
from functools import cache
from numbers import Real

import numpy as np
import pandas as pd
import scipy

from src.analysis.stats.counts import PLACE, By, Window, columns_of, in_window, months_of, totals
from src.analysis.stats.delivery import dispersions, not_delivered
from src.analysis.stats.intervals import ALPHA, adjust, exact_limits, quantile, rate_interval
from src.codebook import vocabulary

__all__ = ["funnel", "incident_rate", "monthly_rates", "observed_to_expected", "shrunken_rates"]

PER = 10_000
KINDS = ("proportion", "ratio")
INNER, OUTER = 0.95, 0.998  # the usual two funnels
EFFICIENCY = 0.62  # of a winsorised variance beside a plain one, hence of its degrees of freedom
TRIMMED = 0.10  # the most extreme tenth is drawn in before overdispersion is estimated (Spiegelhalter 2005)


def incident_rate(
    incidents: pd.DataFrame, communities: pd.DataFrame, by: By = None, phi: float | str = "auto",
    incomplete: Collection[str] = (), period: Window | None = None,
) -> pd.DataFrame:  # fmt: skip
    """How many incidents per 10,000 people, and which areas are clearly above or below all together?

    Of the incidents of a `period`, else of all that are given. `phi`: how much more than Poisson such counts vary; by
    default the `dispersion` of each area's own months, for which the incidents of two whole years are needed.
    `incomplete`: streets that did not deliver part of it: their areas are held against nothing, and count in no mean.
    One row is one area of the register, those without an incident among them. Columns: `by`, `x` (incidents), `n`
    (people), `estimate` (per 10,000), `lower`, `upper` (Byar, exact below 10 incidents, widened by phi), `overall` (all
    incidents, also those whose place is not stated, over all people), `note` (the denominator: kind and year, such as
    `resident 2022`), `flag`: `above` or `below` as the `funnel` has it, all areas looked at together, widened by phi
    and for how far areas differ anyway, `incomplete`, `no_population`, or empty.

    >>> rates = incident_rate(incidents, communities, "street", period="2021")
    >>> rates.loc[0, "street"], int(rates.loc[0, "x"])
    ('平湖街道', 3462)
    """
    names = columns_of(by)
    if unknown := [name for name in names if name not in PLACE]:
        raise ValueError(vocabulary.both("people_not_by", by=unknown[0]))
    if phi != "auto" and (not isinstance(phi, Real) or not phi >= 1):
        raise ValueError(vocabulary.both("phi_impossible", phi=phi))
    table = _people(communities, names)
    places, spread = table.set_index(names).index if names else table.index, phi
    if phi == "auto":
        spread = dispersions(incidents, names, not_delivered(incidents)).reindex(places).fillna(1.0).to_numpy()
    incidents = incidents if period is None else incidents[in_window(incidents, period)]
    table["x"] = totals(incidents, names).reindex(places, fill_value=0).to_numpy()
    estimate, lower, upper = rate_interval(table["x"], table["n"], PER)[["estimate", "lower", "upper"]].to_numpy().T
    lower, upper = (estimate + (limit - estimate) * np.sqrt(spread) for limit in (lower, upper))
    table = table.assign(estimate=estimate, lower=np.maximum(lower, 0), upper=upper)
    order = [*names, "x", "n", "estimate", "lower", "upper", "overall", "note", "flag"]
    return _against_all(table, incidents, incomplete, spread)[order]


def _against_all(
    table: pd.DataFrame, incidents: pd.DataFrame, incomplete: Collection[str], spread: float | np.ndarray
) -> pd.DataFrame:
    """Return a table of areas with the rate of all of them (`overall`), and how each stands to it (`flag`)."""
    partly = table["street"].isin(list(incomplete)) if "street" in table else pd.Series(False, index=table.index)
    known = table["n"].gt(0) & ~partly
    delivered = incidents.loc[~incidents["street"].isin(list(incomplete)), "incident_count"].sum()
    unplaced = delivered - table.loc[~partly, "x"].sum()
    whole = (table.loc[known, "x"].sum() + unplaced) / table.loc[known, "n"].sum() if known.any() else np.nan
    flag = pd.Series(np.select([known, table["n"].gt(0)], ["", "incomplete"], "no_population"), index=table.index)
    if known.sum() > 1 and whole > 0:
        sizes = pd.DataFrame({"x": table["x"] / spread, "n": table["n"] * whole / spread})
        flag[known] = funnel(sizes[known], "x", "n", "ratio")["flag"]
    return table.assign(overall=PER * whole, flag=flag)


def monthly_rates(
    incidents: pd.DataFrame, communities: pd.DataFrame, period: Window, missing: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How did the months of each street run, per 10,000 people, beside the same months of the year before?

    One row is one street of the register and one month of the period. Columns: `street`, `month`, `x` (incidents), `n`
    (people), `estimate` (per 10,000) and `reference` (of the same month a year before); all missing where a street did
    not deliver the month (`missing`, `not_delivered`) or, of the year before, where the incidents begin later.

    >>> monthly_rates(incidents, communities, "2021").loc[0, ["street", "x"]].to_dict()
    {'street': '平湖街道', 'x': 298.0}
    """
    people = _people(communities, ["street"]).set_index("street")["n"]
    months, gaps = months_of(incidents, period), not_delivered(incidents, missing)
    every = months.union(months - pd.DateOffset(years=1))
    counts = totals(incidents, ["street", "month"]).unstack("month", fill_value=0)
    counts = counts.reindex(index=people.index, columns=every, fill_value=0).astype("float64")
    for street, month in zip(gaps["street"], gaps["month"], strict=True):
        if street in counts.index and month in counts:
            counts.loc[street, month] = np.nan
    counts.loc[:, every < months_of(incidents).min()] = np.nan
    rates = PER * counts.div(people.where(people.gt(0)), axis=0)
    before = rates[months - pd.DateOffset(years=1)]
    table = pd.DataFrame({"street": people.index.repeat(len(months)), "month": np.tile(months, len(people))})
    table["x"], table["n"] = counts[months].to_numpy().ravel(), people.repeat(len(months)).to_numpy()
    return table.assign(estimate=rates[months].to_numpy().ravel(), reference=before.to_numpy().ravel())


def observed_to_expected(
    incidents: pd.DataFrame, communities: pd.DataFrame, by: str = "community", incomplete: Collection[str] = ()
) -> pd.DataFrame:
    """Which areas have more or fewer incidents than their population would have them?

    One row is one area with a population; columns as `funnel` of the kind "ratio", `n` being the incidents expected
    from the population at the rate of all areas; those of `incomplete` streets are left out. Empty without populations
    or incidents.
    """
    rates = incident_rate(incidents, communities, by, 1, incomplete)
    rates = rates[rates["n"].gt(0) & rates["overall"].gt(0) & rates["flag"].ne("incomplete")]
    expected = rates[columns_of(by)].assign(x=rates["x"], n=rates["n"] * rates["overall"] / PER)
    return funnel(expected, "x", "n", "ratio").reset_index(drop=True)


def _people(communities: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return people by area; missing where any community of the area states none."""
    stated = communities[["population_kind", "population_year"]].dropna().drop_duplicates()
    note = ";".join(f"{row.population_kind} {row.population_year}" for row in stated.itertuples())
    if not names:
        return pd.DataFrame({"n": [communities["population"].sum(min_count=len(communities))], "note": note})
    grouped = communities.groupby(names, sort=False)["population"]
    people = grouped.sum(min_count=1).where(grouped.count().eq(grouped.size()))
    return people.rename("n").astype("float64").reset_index().assign(note=note)


def shrunken_rates(events: pd.Series, base: pd.Series, phi: float = 1.0) -> pd.DataFrame:
    """What rate would each area have if chance were taken out of it?

    Empirical Bayes after Marshall (Applied Statistics 40, 1991, 283-294): the mean of a gamma prior with the mean and
    the variance of all areas, and of what the area shows. `phi`: how much more than Poisson the events vary.

    One row is one area, in the order and under the index of `events`. Columns: `x` (events), `n` (base: people, or
    events of an earlier period), `raw` (x / n), `estimate` (shrunken), `lower`, `upper` (limits of that gamma; missing
    where areas differ by no more than chance and all are given the rate of all), `weight` (of the area's own rate, 0
    to 1), `flag` (`no_base`: no base or a missing one, no estimate). Raises `ValueError` for negative events.

    >>> shrunken_rates(pd.Series([0, 30]), pd.Series([100, 1000]))["estimate"].round(4).tolist()
    [0.025, 0.0286]
    """
    if (events < 0).any():
        raise ValueError(vocabulary.both("not_a_count", name="events", value=events.min()))
    x, n = events.astype("float64"), base.reindex(events.index).astype("float64")
    known = n.gt(0) & x.notna()
    x, n = x[known] / phi, n[known] / phi
    table = pd.DataFrame({"x": events, "n": base.reindex(events.index)})
    overall, between = np.nan, 0.0
    if known.any():
        overall = x.sum() / n.sum()
        between = max((n * (x / n - overall) ** 2).sum() / n.sum() - overall / n.mean(), 0.0)
    weight = between / (between + overall / n) if overall else n * 0.0
    found = pd.DataFrame({"raw": x / n, "weight": weight, "estimate": weight * x / n + (1 - weight) * overall})
    if between > 0:
        posterior = scipy.stats.gamma(overall**2 / between + x, scale=1 / (overall / between + n))
        found = found.assign(lower=posterior.ppf(ALPHA / 2), upper=posterior.isf(ALPHA / 2))
    order = ["raw", "estimate", "lower", "upper", "weight"]
    return table.join(found.reindex(columns=order)).assign(flag=np.where(known, "", "no_base"))


def funnel(table: pd.DataFrame, x: str, n: str, kind: str = "proportion", overdispersion: bool = True) -> pd.DataFrame:
    """Which areas stand out from all together, given how large they are?

    `x`, `n`: columns with events and base; for `kind` "proportion" a share x/n around the pooled one, for "ratio"
    observed over expected around 1. Adds columns: `x`, `n`, `estimate`, `overall`, `lower`, `upper` (95 % limits at
    that size), `lower_998`, `upper_998`, `z`, `phi` (mean squared z, winsorised), `tau2` (variance between areas),
    `flag` (`above`, `below` beyond the outer limits, `no_base` for n = 0, else empty).

    Without overdispersion the limits are p ± z √(p(1-p)/n), cut at 0 and 1 (PHE), or exact Poisson; with it tau² is
    added on the arcsine or log scale (Spiegelhalter, Statistics in Medicine 24 (2005) 1185-1202). Raises `ValueError`
    for x > n or a negative count.
    """
    if kind not in KINDS:
        raise ValueError(vocabulary.both("not_known", name="kind", value=kind, allowed=", ".join(KINDS)))
    events, base = table[x].to_numpy(float), table[n].to_numpy(float)
    _check(events, base, kind)
    usable = base > 0
    overall = events[usable].sum() / max(base[usable].sum(), 1e-300) if kind == "proportion" else 1.0
    z = np.full(len(base), np.nan)
    z[usable] = _z(events[usable], base[usable], overall, kind)
    precision = base[usable] * (1 if kind == "ratio" else 4)  # of a log ratio, of an arcsine root
    phi, tau2 = _between(z[usable], precision) if overdispersion else (np.nan, 0.0)
    found = {"x": table[x], "n": table[n], "estimate": events / np.where(usable, base, np.nan), "overall": overall}
    for suffix, confidence in (("", INNER), ("_998", OUTER)):
        found[f"lower{suffix}"], found[f"upper{suffix}"] = funnel_limits(base, overall, kind, tau2, confidence)
    result = table.drop(columns=[name for name in (x, n) if name not in ("x", "n")]).assign(**found)
    p = np.full(len(base), np.nan)
    if usable.any():
        p[usable] = adjust(_tails(events[usable], base[usable], overall, kind, overdispersion=overdispersion))
    side = np.where(result["estimate"] > overall, "above", "below")
    flag = np.where(usable, np.where(p <= ALPHA, side, ""), "no_base")
    return result.assign(z=z, phi=phi, tau2=tau2, p_adjusted=p, flag=flag)


def funnel_limits(
    base: np.ndarray, overall: float, kind: str, tau2: float = 0.0, confidence: float = INNER
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper limits at each size of the base; missing where there is none."""
    base, z = np.where(np.asarray(base, float) > 0, base, np.nan), quantile(confidence)
    if kind == "ratio" and tau2 == 0:
        lower, upper = exact_limits(base, confidence)
        return lower / base, upper / base
    if kind == "ratio":
        spread = z * np.sqrt(1 / base + tau2)
        return np.exp(-spread), np.exp(spread)
    if tau2 == 0:
        spread = z * np.sqrt(overall * (1 - overall) / base)
        return np.clip(overall - spread, 0, 1), np.clip(overall + spread, 0, 1)
    angle, spread = np.arcsin(np.sqrt(overall)), z * np.sqrt(1 / (4 * base) + tau2)
    low, high = np.clip(angle - spread, 0, np.pi / 2), np.clip(angle + spread, 0, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


def _check(events: np.ndarray, base: np.ndarray, kind: str) -> None:
    if len(wrong := np.concatenate([events[events < 0], base[base < 0]])):
        raise ValueError(vocabulary.both("not_a_count", name="x, n", value=f"{wrong[0]:g}"))
    if kind == "proportion" and (events > base).any():
        worst = int((events - base).argmax())
        raise ValueError(vocabulary.both("not_a_share", x=events[worst], n=base[worst]))


def _z(events: np.ndarray, base: np.ndarray, overall: float, kind: str) -> np.ndarray:
    if kind == "ratio":
        return np.log(np.maximum(events, 0.5) / base) * np.sqrt(base)  # half an event stands for none
    deviation = np.sqrt(max(overall * (1 - overall), 1e-300))  # exact of any size, as an arcsine of few is not
    return (events / base - overall) * np.sqrt(base) / deviation


def _tails(events: np.ndarray, base: np.ndarray, overall: float, kind: str, *, overdispersion: bool) -> np.ndarray:
    """Return the two-sided p of each area among areas that differ anyway.

    The variance between areas is the one with which winsorised squares of z are what they are of normal ones (Paule and
    Mandel, Journal of Research of the NBS 87 (1982) 377-385). Tails are those of a Poisson count (or binomial share)
    whose mean varies so (Gauss-Hermite), read as a Student's t, since that variance is estimated.
    """
    spread = np.sqrt(_paule_mandel(events, base, overall, kind)) if overdispersion else 0.0
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    x, n, weights = events[:, None], base[:, None], weights / weights.sum()
    with np.errstate(invalid="ignore"):
        if kind == "ratio":
            mean = n * np.exp(spread * nodes - spread**2 / 2)
            many, few = scipy.special.gammainc(np.maximum(x, 1e-9), mean), scipy.special.gammaincc(x + 1, mean)
        else:
            share = np.sin(np.clip(np.arcsin(np.sqrt(overall)) + spread * nodes, 0, np.pi / 2)) ** 2
            many = scipy.special.betainc(np.maximum(x, 1e-9), n - x + 1, share)
            few = np.where(x < n, scipy.special.betainc(np.maximum(n - x, 1e-9), x + 1, 1 - share), 1.0)
    tail = np.minimum(np.where(events > 0, many @ weights, 1.0), few @ weights)
    p = np.minimum(2 * tail, 1.0)
    if not spread:
        return p
    return 2 * scipy.special.stdtr(EFFICIENCY * len(base), scipy.special.ndtri(np.maximum(p / 2, 1e-300)))


def _paule_mandel(events: np.ndarray, base: np.ndarray, overall: float, kind: str) -> float:
    if len(base) < 2:
        return 0.0
    within = 1 / (base * (1 if kind == "ratio" else 4))
    apart = _z(events, base, overall, kind) * np.sqrt(within)
    usual = _winsorised_mean_square(len(base))

    def excess(tau2: float) -> float:
        return float(_winsorised_squares(apart / np.sqrt(within + tau2))) - usual

    return scipy.optimize.bisect(excess, 0, 1000) if excess(0) > 0 else 0.0


@cache
def _winsorised_mean_square(areas: int) -> float:
    """Return the mean of winsorised squares of so many standard normal values (.725 of 11, .682 of 111)."""
    return float(_winsorised_squares(np.random.default_rng(1).standard_normal((20_000, areas))).mean())


def _winsorised_squares(z: np.ndarray) -> np.ndarray:
    """Return the mean square along the last axis, the most extreme values drawn in (`TRIMMED`)."""
    ordered, cut = np.sort(z), int(TRIMMED * z.shape[-1])
    return (np.clip(z, ordered[..., [cut]], ordered[..., [-1 - cut]]) ** 2).mean(axis=-1)


def _between(z: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return phi and tau² by the method of moments (DerSimonian and Laird), after winsorising z."""
    count = len(z)
    if count < 2:
        return np.nan, 0.0
    phi = float(_winsorised_squares(z))
    excess = count * phi - (count - 1)
    return phi, max(0.0, float(excess / (weight.sum() - (weight**2).sum() / weight.sum())))
