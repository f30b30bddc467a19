"""Poisson regression with community and month effects (PPML) on a panel: errors by pyfixest, speed by NumPy."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from src.analysis.stats.counts import PLACE
from src.codebook import vocabulary

SEED = 499  # fixed, so that the same data give the same page
MOST_STREETS = 12  # with more, some of the patterns of signs are drawn
FAR = -999  # the event month of a community without a project: before any lead


@dataclass(frozen=True)
class Panel:
    """Counts by community (rows) and month (columns), the position of each start (missing: none), what is left out."""

    counts: pd.DataFrame
    starts: pd.Series
    known: np.ndarray  # False: a cell that is left out

    @property
    def event(self) -> np.ndarray:
        """Return the months since the start for each cell; `FAR` where there is no start."""
        since = np.arange(self.counts.shape[1]) - self.starts.to_numpy()[:, None]
        return np.where(np.isnan(since), FAR, since).astype("int64")

    @property
    def treated(self) -> int:
        """Return how many communities start within the panel."""
        return int(self.starts.lt(self.counts.shape[1]).sum())

    @property
    def untreated(self) -> int:
        """Return how many communities have no project of the field in the last month."""
        return len(self.starts) - self.treated

    @property
    def enough(self) -> bool:
        """Return whether there are communities enough on both sides to compare."""
        both = self.treated >= vocabulary.threshold("min_treated_for_effect")
        both &= self.untreated >= vocabulary.threshold("min_untreated_for_effect")
        return both and self.counts.to_numpy().sum() > 0

    def keeping(self, rows: np.ndarray) -> "Panel":
        """Return the panel of some of its communities."""
        return Panel(self.counts[rows], self.starts[rows], self.known[rows])

    def cells(self) -> pd.DataFrame:
        """Return one row per community and month that is not left out: place, month, `count`, `event`, `start`."""
        rows, columns = np.nonzero(self.known)
        street, community = (self.counts.index.get_level_values(name).to_numpy()[rows] for name in PLACE)
        count, event = self.counts.to_numpy()[rows, columns], self.event[rows, columns]
        cells = {"place": street + "/" + community, "month": columns, "count": count, "event": event}
        return pd.DataFrame({**cells, "start": self.starts.to_numpy()[rows]})


def fit(
    cells: pd.DataFrame, terms: Sequence[str], place: str = "place", month: str = "month"
) -> tuple[pd.Series, pd.DataFrame]:
    """Return the coefficients of `terms` and their covariance, clustered by place (pyfixest, CRV1).

    `cells`: one row per observation with `count`, `place`, the two effects and the `terms`. Month effects are terms of
    their own: two absorbed effects are taken out by turns and in the order of a set, so that the fifth digit of a
    standard error would depend on the process.
    """
    import pyfixest

    for name in (place, month):  # a place or month without any incident says nothing about a ratio
        cells = cells[cells.groupby(name)["count"].transform("sum").gt(0)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyfixest speaks of its own plans and of terms it drops
        model = pyfixest.fepois(
            f"count ~ {' + '.join(terms)} + C({month}) | {place}", cells, vcov={"CRV1": "place"}, iwls_tol=1e-12
        )
    names = list(map(str, model._coefnames))
    kept = [name for name in names if name in terms]
    coefficients, covariance = pd.Series(model.coef().to_numpy(), names), pd.DataFrame(model._vcov, names, names)
    return coefficients[kept], covariance.loc[kept, kept]


def combined(coefficients: pd.Series, covariance: pd.DataFrame, weights: pd.Series, clusters: int) -> dict[str, float]:
    """Return a weighted sum of coefficients with its 95 % limits and two-sided p (t, clusters - 1)."""
    weights = weights.reindex(coefficients.index, fill_value=0.0)
    estimate = float(weights @ coefficients)
    spread = float(np.sqrt(weights @ covariance @ weights))
    half = scipy.stats.t.ppf(0.975, clusters - 1) * spread
    p = 2 * scipy.stats.t.sf(abs(estimate) / spread, clusters - 1) if spread > 0 else np.nan
    return {"estimate": estimate, "lower": estimate - half, "upper": estimate + half, "p": float(p)}


def phases(event: np.ndarray) -> np.ndarray:
    """Return the two regressors of the short model: in full (event month 2 on), the first two months."""
    return np.stack([event >= 2, (event >= 0) & (event < 2)]).astype("float64")


def full_effect(panel: Panel, event: np.ndarray | None = None) -> float:
    """Return the full effect in log points of the two-regressor model, by Newton's method in NumPy (1 ms)."""
    cells = _observed(panel, panel.event if event is None else event)
    return float(_newton(cells, phases(cells.event))[0][0])


def score_test(panel: Panel, months: Sequence[int]) -> float:
    """Return the p of no effect in some event months beside the two-regressor model: the robust score test.

    Scores of the model without those months, summed by community, against their own spread (Boos, The American
    Statistician 46 (1992) 327-333). A Wald test of six months rejects too often with some hundred communities, since
    the errors clustered by community come out too small; the score test needs no estimate under the alternative.
    """
    cells = _observed(panel, panel.event)
    asked = np.stack([cells.event == month for month in months]).astype("float64")
    scores = _scores(cells, phases(cells.event), asked)[0]
    whole = scores.sum(axis=0)
    return float(scipy.stats.chi2.sf(whole @ np.linalg.pinv(scores.T @ scores) @ whole, np.linalg.matrix_rank(scores)))


def sign_flips(panel: Panel, *, trend: bool = False) -> dict[str, float]:
    """Return the full effect, and its p by flipping the signs of whole streets (score wild bootstrap, null imposed).

    The scores of the full effect in the model without it are summed by street; p is the share of all patterns of signs
    whose sum is as far from zero (Kline and Santos, Journal of Econometric Methods 1 (2012) 23-41). A street counts as
    one observation, so that what moves a street's communities together is no news. `trend`: communities that ever have
    a project may besides move by a line of their own.
    """
    cells = _observed(panel, panel.event)
    full, *others = _terms(cells, trend=trend)
    by_street = np.bincount(cells.street, _scores(cells, np.stack(others), full[None])[0][:, 0])
    if len(by_street) <= MOST_STREETS:
        signs = np.array(list(product([1.0], *[(1.0, -1.0)] * (len(by_street) - 1))))  # the first sign changes nothing
    else:
        drawn = np.random.default_rng(SEED).choice([1.0, -1.0], (2**MOST_STREETS, len(by_street)))
        signs = np.concatenate([np.ones((1, len(by_street))), drawn])
    as_far = np.abs(signs @ by_street) >= abs(by_street.sum()) * (1 - 1e-9)
    return {"estimate": float(_newton(cells, np.stack([full, *others]))[0][0]), "p": float(as_far.mean())}


def detectable_effect(panel: Panel) -> float:
    """Return the least fall in log points that is found with 80 %: errors by street, the trend of `sign_flips` allowed.

    (t 97.5 % + t 80 %) standard errors with streets - 1 degrees of freedom; missing with one street.
    """
    cells = _observed(panel, panel.event)
    full, *others = _terms(cells, trend=True)
    scores, information = _scores(cells, np.stack(others), full[None], fitted=np.stack([full, *others]))
    by_street = np.bincount(cells.street, scores[:, 0])
    streets = len(by_street)
    if streets < 2 or information <= 0:
        return np.nan
    error = np.sqrt(streets / (streets - 1) * (by_street**2).sum()) / information
    return float(scipy.stats.t.isf([0.025, 0.2], streets - 1).sum() * error)


class Cells(NamedTuple):
    """Counts, what of them is known, event months (communities × months), and the number of each row's street."""

    count: np.ndarray
    known: np.ndarray
    event: np.ndarray
    street: np.ndarray


def _observed(panel: Panel, event: np.ndarray) -> Cells:
    """Return what is observed, without communities and months that have no incident."""
    count = np.where(panel.known, panel.counts.to_numpy(), 0).astype("float64")
    rows, columns = count.sum(axis=1) > 0, count.sum(axis=0) > 0
    parts = (part[rows][:, columns] for part in (count, panel.known, event))
    return Cells(*parts, pd.factorize(panel.counts.index.get_level_values("street")[rows])[0])


def _terms(cells: Cells, *, trend: bool) -> list[np.ndarray]:
    terms = list(phases(cells.event))
    if trend:
        ever = (cells.event >= 0).any(axis=1)
        terms.append(np.outer(ever, np.linspace(-1, 1, cells.event.shape[1])))
    return terms


def _scores(
    cells: Cells, terms: np.ndarray, asked: np.ndarray, fitted: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Return the scores of `asked` beside `terms`, one row a community, and the information about the first asked.

    In the model of `terms` alone (the null), or in that of `fitted`.
    """
    _, eta = _newton(cells, terms if fitted is None else fitted)
    weight = np.exp(eta) * cells.known
    both = _without_effects(np.concatenate([terms, asked]), weight)
    terms, asked = both[: len(terms)], both[len(terms) :]
    shared = np.linalg.lstsq(
        np.einsum("kit,lit->kl", terms * weight, terms), np.einsum("kit,lit->kl", terms * weight, asked), rcond=None
    )[0]
    asked = asked - np.einsum("kl,kit->lit", shared, terms)
    scores = np.einsum("kit,it->ik", asked, np.where(cells.known, cells.count - np.exp(eta), 0.0))
    return scores, float((asked[0] ** 2 * weight).sum())


def _newton(cells: Cells, terms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients of `terms` beside community and month effects, and the fitted logarithms.

    Community and month effects are taken out of the working response and the regressors in closed form at each step
    (the normal equations of two-way effects, months solved after communities), so that only the terms remain.
    """
    count, known = cells.count, cells.known
    eta = np.log(np.outer(count.sum(axis=1), count.sum(axis=0)) / count.sum())
    effect = np.zeros(len(terms))
    for _ in range(50):
        weight = np.exp(eta) * known
        response = np.where(known, count / np.exp(eta) - 1, 0.0)
        left = _without_effects(np.stack([response, *terms]), weight)
        moved, against = left[0], left[1:]
        weighted = against * weight
        step = np.linalg.lstsq(
            np.einsum("kit,lit->kl", weighted, against), np.einsum("kit,it->k", weighted, moved), rcond=None
        )[0]
        effect += step
        eta += response - moved + np.einsum("k,kit->it", step, against)
        if np.abs(step).max() < 1e-9:
            break
    return effect, eta


def _without_effects(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return what two-way weighted effects leave of each layer of `values`."""
    by_row = weight.sum(axis=1)
    share = weight / by_row[:, None]
    months = np.diag(weight.sum(axis=0)) - weight.T @ share
    months[:, 0] = months[0] = 0.0  # the first month is the base
    months[0, 0] = 1.0
    row_mean = np.einsum("it,kit->ki", share, values)
    rest = np.einsum("it,kit->kt", weight, values) - row_mean @ weight
    rest[:, 0] = 0.0
    month = np.linalg.solve(months, rest.T).T
    row = row_mean - month @ share.T
    return values - row[:, :, None] - month[:, None, :]
