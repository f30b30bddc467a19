"""Which areas really stand out: funnel limits for shares and for observed over expected, widened for overdispersion."""

from functools import cache

import numpy as np
import pandas as pd

from src.analysis.stats.intervals import ALPHA, adjust
from src.codebook import vocabulary

KINDS = ("proportion", "ratio")
INNER, OUTER = 0.95, 0.998  # the usual two funnels
EFFICIENCY = 0.62  # of a winsorised variance beside a plain one, hence of its degrees of freedom
TRIMMED = 0.10  # the most extreme tenth is drawn in before overdispersion is estimated (Spiegelhalter 2005)


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
    from scipy.stats import chi2, norm

    base = np.where(np.asarray(base, float) > 0, base, np.nan)
    z, tail = norm.isf((1 - confidence) / 2), (1 - confidence) / 2
    if kind == "ratio" and tau2 == 0:
        return chi2.ppf(tail, 2 * base) / (2 * base), chi2.ppf(1 - tail, 2 * (base + 1)) / (2 * base)
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
    return (np.arcsin(np.sqrt(events / base)) - np.arcsin(np.sqrt(overall))) * 2 * np.sqrt(base)


def _tails(events: np.ndarray, base: np.ndarray, overall: float, kind: str, *, overdispersion: bool) -> np.ndarray:
    """Return the two-sided p of each area among areas that differ anyway.

    The variance between areas is the one with which winsorised squares of z are what they are of normal ones (Paule and
    Mandel, Journal of Research of the NBS 87 (1982) 377-385). Tails are those of a Poisson count (or binomial share)
    whose mean varies so (Gauss-Hermite), read as a Student's t, since that variance is estimated.
    """
    from scipy.special import betainc, gammainc, gammaincc, ndtri
    from scipy.stats import t

    spread = np.sqrt(_paule_mandel(events, base, overall, kind)) if overdispersion else 0.0
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    x, n, weights = events[:, None], base[:, None], weights / weights.sum()
    with np.errstate(invalid="ignore"):
        if kind == "ratio":
            mean = n * np.exp(spread * nodes - spread**2 / 2)
            many, few = gammainc(np.maximum(x, 1e-9), mean), gammaincc(x + 1, mean)
        else:
            share = np.sin(np.clip(np.arcsin(np.sqrt(overall)) + spread * nodes, 0, np.pi / 2)) ** 2
            many = betainc(np.maximum(x, 1e-9), n - x + 1, share)
            few = np.where(x < n, betainc(np.maximum(n - x, 1e-9), x + 1, 1 - share), 1.0)
    tail = np.minimum(np.where(events > 0, many @ weights, 1.0), few @ weights)
    p = np.minimum(2 * tail, 1.0)
    return 2 * t.sf(-ndtri(np.maximum(p / 2, 1e-300)), EFFICIENCY * len(base)) if spread else p


def _paule_mandel(events: np.ndarray, base: np.ndarray, overall: float, kind: str) -> float:
    if len(base) < 2:
        return 0.0
    within = 1 / (base * (1 if kind == "ratio" else 4))
    apart = _z(events, base, overall, kind) * np.sqrt(within)
    usual = _winsorised_mean_square(len(base))

    def excess(tau2: float) -> float:
        z = np.sort(apart / np.sqrt(within + tau2))
        cut = int(TRIMMED * len(z))
        return float((np.clip(z, z[cut], z[len(z) - 1 - cut]) ** 2).mean()) - usual

    low, high = 0.0, 10.0
    if excess(0.0) <= 0:
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


@cache
def _winsorised_mean_square(areas: int) -> float:
    """Return the mean of winsorised squares of so many standard normal values (.725 of 11, .682 of 111)."""
    z = np.sort(np.random.default_rng(1).standard_normal((20_000, areas)), axis=1)
    cut = int(TRIMMED * areas)
    return float((np.clip(z, z[:, [cut]], z[:, [areas - 1 - cut]]) ** 2).mean())


def _between(z: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return phi and tau² by the method of moments (DerSimonian and Laird), after winsorising z."""
    count = len(z)
    if count < 2:
        return np.nan, 0.0
    cut = int(TRIMMED * count)
    ordered = np.sort(z)
    phi = float((np.clip(z, ordered[cut], ordered[count - 1 - cut]) ** 2).mean())
    excess = count * phi - (count - 1)
    return phi, max(0.0, float(excess / (weight.sum() - (weight**2).sum() / weight.sum())))
