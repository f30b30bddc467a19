"""Numbers with their intervals and tests: each takes one number, or a whole column of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy

from src.codebook import vocabulary

__all__ = ["Estimate", "count_ratio", "poisson_e_test", "proportion_difference", "rate_interval", "wilson_interval"]

Numbers = float | np.ndarray | pd.Series
"""One number, or a column of them."""

ALPHA = 0.05  # of intervals and tests alike: sentences say 95 %
SAME = 1 + 1e-7  # probabilities that differ by rounding alone are alike


@dataclass(frozen=True)
class Estimate:
    """A number with its interval: `estimate, lower, upper = …`; `p` where a test goes with it."""

    estimate: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")
    p: float | None = None
    n: float | None = None
    note: str = ""

    def __iter__(self) -> Iterator[float]:
        return iter((self.estimate, self.lower, self.upper))


def wilson_interval(x: Numbers, n: Numbers, confidence: float = 0.95) -> Estimate | pd.DataFrame:
    """What share is x of n, and how much would such a share move by itself?

    The score interval of Wilson (1927), as recommended by Newcombe, Statistics in Medicine 17 (1998) 857-872. Of
    columns a table with `estimate`, `lower`, `upper`, `n`, `note` (`no_base`: n is 0, the numbers are missing). Raises
    `ValueError` for x > n, what is no count, and n = 0 of a single share.

    >>> share, lower, upper = wilson_interval(117, 436)
    >>> round(lower, 4)
    0.2289
    """
    events, base = counted("x", x), counted("n", n)
    events, base = np.broadcast_arrays(events, base)
    single = not (np.ndim(x) or np.ndim(n))
    if len(wrong := np.flatnonzero((events > base) | (base == 0) & single)):
        raise ValueError(vocabulary.both("not_a_share", x=int(events[wrong[0]]), n=int(base[wrong[0]])))
    share, lower, upper = _wilson(events, base, confidence)
    return _answer((x, n), share, lower, upper, n=base, note=np.where(base > 0, "", "no_base"))


def _wilson(x: np.ndarray, n: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    base = np.where(n > 0, n, np.nan)
    z, share = quantile(confidence), x / base
    centre = (share + z**2 / (2 * base)) / (1 + z**2 / base)
    half = z * np.sqrt(share * (1 - share) / base + z**2 / (4 * base**2)) / (1 + z**2 / base)
    return share, np.where(x == 0, 0 * base, centre - half), np.where(x == n, 1 + 0 * base, centre + half)


def proportion_difference(
    x1: Numbers, n1: Numbers, x2: Numbers, n2: Numbers, confidence: float = 0.95
) -> Estimate | pd.DataFrame:
    """How far apart are two shares? x1/n1 minus x2/n2 with Newcombe's hybrid score interval (1998, method 10).

    `p`: the score test of no difference. Of columns a table, with numbers missing where either n is 0.

    >>> round(proportion_difference(56, 70, 48, 80).estimate, 3)
    0.2
    """
    wilson_interval(x1, n1), wilson_interval(x2, n2)  # refuse what is no share
    a, m, b, n = np.broadcast_arrays(*(counted("x", value) for value in (x1, n1, x2, n2)))
    (first, low1, high1), (second, low2, high2) = _wilson(a, m, confidence), _wilson(b, n, confidence)
    apart = first - second
    lower = apart - np.sqrt((first - low1) ** 2 + (high2 - second) ** 2)
    upper = apart + np.sqrt((high1 - first) ** 2 + (second - low2) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (a + b) / (m + n)
        z = apart / np.sqrt(pooled * (1 - pooled) * (1 / m + 1 / n))
    p = np.where(np.isnan(apart), np.nan, np.where(a * n == b * m, 1.0, 2 * scipy.special.ndtr(-np.abs(z))))
    return _answer((x1, n1, x2, n2), apart, lower, upper, p=p, n=m + n)


def rate_interval(
    events: Numbers, population: Numbers, per: float = 10_000, confidence: float = 0.95
) -> Estimate | pd.DataFrame:
    """How many incidents per `per` people, and between which limits? Byar's limits, exact below 10 events (PHE).

    A missing or zero population gives a row without numbers and the note `no_population`.

    >>> round(rate_interval(20, 100, per=100).lower, 2)
    12.21
    """
    count = counted("events", events)
    people = numbers(population)
    count, known = np.broadcast_arrays(count, np.where(people > 0, people, np.nan))
    z, many = quantile(confidence), np.maximum(count, 1.0)
    exact = exact_limits(count, confidence)
    lower = np.where(count < 10, exact[0], many * (1 - 1 / (9 * many) - z / (3 * np.sqrt(many))) ** 3)
    next_one = count + 1
    upper = next_one * (1 - 1 / (9 * next_one) + z / (3 * np.sqrt(next_one))) ** 3
    upper, scale = np.where(count < 10, exact[1], upper), per / known
    note = np.where(np.isnan(known), "no_population", "")
    return _answer((events, population), count * scale, lower * scale, upper * scale, n=people, note=note)


def exact_limits(count: Numbers, confidence: float = 0.95) -> tuple[Any, Any]:
    """Return the exact (Garwood 1936) limits of Poisson counts; 0 has a finite upper limit."""
    tail, count = left_out(confidence) / 2, np.asarray(count, float)
    lower = np.where(count > 0, scipy.special.gammaincinv(np.maximum(count, 1e-9), tail), 0.0)
    return lower, scipy.special.gammaincinv(
        count + 1, 1 - tail
    )  # half chi-square quantiles, without the cost of `chi2.ppf`


def count_ratio(
    current: Numbers, past: Numbers, confidence: float = 0.95, phi: Numbers = 1.0, spans: Numbers = 1
) -> Estimate | pd.DataFrame:
    """How many times the past count is the current one, beyond what counts do by themselves?

    The exact conditional interval (Clopper-Pearson on current / (current + past)) where `phi` is 1; with overdispersion
    the interval on the log scale with variance phi (1/current + 1/past). `past` may be the sum of `spans` like periods,
    or over `spans` times the exposure. `p`: two-sided, of no change. No past: numbers missing, note `no_past`.

    >>> estimate, lower, upper = count_ratio(14354, 19437, phi=9.5)
    >>> f"{estimate - 1:.2%}"
    '-26.15%'
    """
    given = counted("current", current), counted("past", past)
    ratio, lower, upper, p = ratio_and_limits(*given, confidence, numbers(phi), numbers(spans))
    n, note = sum(given), np.where(given[1] > 0, "", "no_past")
    return _answer((current, past, phi, spans), ratio, lower, upper, p=p, n=n, note=note)


def ratio_and_limits(
    current: np.ndarray, past: np.ndarray, confidence: float = 0.95, phi: Any = 1.0, spans: Any = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the ratios of counts, their limits and p (`count_ratio`); missing without a past."""
    now, past, phi, spans = np.broadcast_arrays(current, past, phi, spans)
    before = np.where(past > 0, past, np.nan)
    exact = (phi <= 1) | (now == 0)
    lower, upper = exact_ratio_limits(now, before, confidence, spans)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, spread = np.log(now * spans / before), np.sqrt(phi * (1 / now + 1 / before))
        p, step = np.array(2 * scipy.special.ndtr(-np.abs(middle) / spread)), quantile(confidence) * spread
        ratio = np.where(exact, now * spans / before, np.exp(middle))
        lower, upper = np.where(exact, lower, np.exp(middle - step)), np.where(exact, upper, np.exp(middle + step))
    asked = exact & (past > 0)
    p[asked] = _binomial_p(now[asked], (now + past)[asked], 1 / (1 + spans[asked]))
    return ratio, lower, upper, np.where(past > 0, p, np.nan)


def exact_ratio_limits(current: Any, past: Any, confidence: float = 0.95, spans: Any = 1) -> tuple[Any, Any]:
    """Return the limits of `count_ratio` without overdispersion; missing without a past."""
    tail, now = left_out(confidence) / 2, np.asarray(current, float)
    before = np.where(np.asarray(past) > 0, past, np.nan)
    low = np.where(now > 0, scipy.special.betaincinv(np.maximum(now, 0.5), before + 1, tail), 0 * before)
    high = scipy.special.betaincinv(now + 1, before, 1 - tail)
    return spans * low / (1 - low), spans * high / (1 - high)


def _binomial_p(k: np.ndarray, n: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the exact two-sided p of k of n: the probability of all outcomes no likelier than that."""
    if not len(k):
        return np.empty(0)
    likely, mean = scipy.stats.binom.pmf(k, n, share), n * share
    below = k < mean
    # The outcomes on the other side rise towards the mean: bisected for the last no likelier than k.
    far, near = np.where(below, n + 1, -1.0), np.where(below, np.ceil(mean) - 1, np.floor(mean) + 1)
    while (np.abs(far - near) > 1).any():
        middle = np.trunc((far + near) / 2)
        rare = scipy.stats.binom.pmf(middle, n, share) <= likely * SAME
        apart = np.abs(far - near) > 1
        far, near = np.where(apart & rare, middle, far), np.where(apart & ~rare, middle, near)
    low, high = np.where(below, k, far), np.where(below, far, k)
    tails = scipy.stats.binom.cdf(low, n, share) + scipy.stats.binom.sf(high - 1, n, share)
    return np.where(k == mean, 1.0, np.minimum(tails, 1.0))


def poisson_e_test(current: Numbers, past: Numbers, exposure: Numbers = 1.0) -> Estimate | pd.DataFrame:
    """Do two counts differ more than chance would have them? The E-test of Krishnamoorthy and Thomson (2004).

    `estimate` is the difference, `p` two-sided; the limits are those of 2 (√current - √past) turned back.
    `exposure`: that of the current over that of the past (28/31 of February after January); `p` of one rate.

    >>> round(poisson_e_test(6, 2).p, 3)
    0.175
    """
    given = (counted("current", current), counted("past", past), numbers(exposure))
    now, before, times = np.broadcast_arrays(*given)
    p = np.where(now == before * times, 1.0, _e_test(now, before, times))
    half = 1.96 * np.sqrt(now + before)
    apart = now - before
    return _answer((current, past, exposure), apart, apart - half, apart + half, p=p, n=now + before)


def _e_test(now: np.ndarray, before: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the p of each pair: how likely two counts of one rate lie as far apart, in their own standard errors.

    For each first count the second ones as far apart lie beyond the two roots of a quadratic equation.
    """
    rate = ((now + before) / (1 + times))[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        far = ((now / times - before) ** 2 / (now / times**2 + before))[:, None] * (1 - 1e-9)
    mean, t = rate * times[:, None], times[:, None]
    reach = 9 * np.sqrt(mean.max()) + 40  # beyond it lies less than 1e-16
    first = np.floor(np.maximum(mean - reach, 0)) + np.arange(2 * reach + 1)
    chance = np.exp(first * np.log(np.where(mean > 0, mean, 1)) - mean - scipy.special.gammaln(first + 1))
    middle, width = first / t + far / 2, np.sqrt(far * first / t * (1 + 1 / t) + far**2 / 4)
    low, high = np.floor(middle - width), np.ceil(middle + width)
    below = np.where((low >= 0) & (first > 0), scipy.special.pdtr(np.maximum(low, 0), rate), 0.0)
    tails = below + np.where(high > 0, scipy.special.pdtrc(np.maximum(high - 1, 0), rate), 1.0)
    return np.minimum((chance * tails).sum(axis=1), 1.0)


def adjust(p: Any, method: str = "holm") -> np.ndarray:
    """Return many p as they stand when looked at together; a missing one is no test.

    `holm`: the chance of even one false among those below a level is at most that level (Holm, Scandinavian Journal of
    Statistics 6 (1979) 65-70). `benjamini_hochberg`: the expected share of false ones among those below it is (Journal
    of the Royal Statistical Society B 57 (1995) 289-300).
    """
    p = np.asarray(p, float)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    rank, m = np.arange(1, len(order) + 1), len(order)
    found = np.full(p.shape, np.nan)
    if method == "holm":
        found[order] = np.minimum(np.maximum.accumulate(p[order] * (m + 1 - rank)), 1.0)
    else:
        found[tested] = scipy.stats.false_discovery_control(p[tested])
    return found


def significant_among_many(p: pd.Series) -> pd.Series:
    """Return which of many p hold when looked at together: at most `false_discovery_pct` of them by chance."""
    return pd.Series(adjust(p, "benjamini_hochberg") <= vocabulary.threshold("false_discovery_pct") / 100, p.index)


def left_out(confidence: float) -> float:
    """Return the share left out by an interval; raises `ValueError` for what is not between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(vocabulary.both("confidence_impossible", value=confidence))
    return 1 - confidence


def quantile(confidence: float) -> float:
    """Return how many standard errors of a normal variable an interval reaches to either side."""
    return float(-scipy.special.ndtri(left_out(confidence) / 2))


def numbers(given: Any) -> np.ndarray:
    """Return one number or a column of them as floats, missing as NaN."""
    if isinstance(given, pd.Series | pd.Index):
        return given.to_numpy("float64", na_value=np.nan)
    return np.atleast_1d(np.asarray(given, float))  # a number alone would be rounded by other routines


def counted(name: str, given: Any) -> np.ndarray:
    """Return counts as floats; raises `ValueError` naming the first that is missing, negative or not whole."""
    values = numbers(given)
    wrong = ~((values >= 0) & (values == np.floor(values)))
    if wrong.any():
        raise ValueError(vocabulary.both("not_a_count", name=name, value=values[wrong][0]))
    return values


def _answer(given: tuple, estimate: Any, lower: Any, upper: Any, **more: Any) -> Estimate | pd.DataFrame:
    """Return an `Estimate` of single numbers, of columns a table under the index of the first Series."""
    found = {"estimate": estimate, "lower": lower, "upper": upper, **more}
    if any(np.ndim(one) for one in given):
        return pd.DataFrame(found, next((one.index for one in given if isinstance(one, pd.Series)), None))
    plain = {name: values.item() for name, values in found.items()}
    return Estimate(**plain | ({"p": None} if plain.get("p", 0) != plain.get("p", 0) else {}))
