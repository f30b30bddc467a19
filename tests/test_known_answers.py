"""Published or independently computed answers (known_answers.json, each with its source), through public functions."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src.analysis.stats import changes, distribution, intervals, proportions, rates, similar, time_series

CASES = {
    case["id"]: case for case in json.loads(Path(__file__).with_name("known_answers.json").read_text(encoding="utf-8"))
}
# The source's figures are of the classical decomposition, the project's of STL: near, and how near is said here.
WIDER = {("seas_01", "factors"): 0.05, ("seas_01", "trend_1949_07"): 2.0}


def wilson(x, n, confidence):
    found = intervals.wilson_interval(x, n, confidence)
    return {"lower": found.lower, "upper": found.upper, "point": found.estimate}


def newcombe(x1, n1, x2, n2, confidence):
    found = intervals.proportion_difference(x1, n1, x2, n2, confidence)
    return {"diff": found.estimate, "lower": found.lower, "upper": found.upper}


def overlap(total, a, b):
    table = proportions.overlap_bounds(total, a, b)
    return {row.part: [row.lower, row.upper] for row in table.itertuples()}


def many(p, q):
    p = np.array(p)
    return {
        "bh_rejections": (intervals.adjust(p, "benjamini_hochberg") <= q).sum(),
        "bonferroni_rejections": (p <= q / len(p)).sum(),
    }


def rate(events, population, per, confidence):
    found = intervals.rate_interval(events, population, per, confidence)
    return {"rate": found.estimate, "lower": found.lower, "upper": found.upper}


def garwood(events, confidence):
    return dict(zip(("lower", "upper"), intervals.exact_limits(events, confidence), strict=True))


def one_area(current, past):
    """Incidents of one street: `past` in the first half of 2020, `current` in that of 2021."""
    received = ["2020-03-01"] * past + ["2021-03-01"] * current
    rows = pd.DataFrame({"reported_at": pd.to_datetime(received), "street": "布吉街道", "incident_count": 1})
    return changes.area_changes(rows, "2021H1", "2020H1").iloc[0]


def z_score(current, past):
    return {"z": one_area(current, past)["z"]}


def e_test(k1, k2, t1, t2):
    assert t1 == t2
    return {"p": intervals.poisson_e_test(k1, k2).p}


def rate_ratio(k1, t1, k2, t2, confidence):
    found = intervals.count_ratio(k1, k2, confidence, spans=t2 / t1)
    return {"rate_ratio": found.estimate, "lower": found.lower, "upper": found.upper, "p": found.p}


def year_on_year(current, past):
    row = one_area(current, past)
    return {"pct": 100 * row["estimate"], "lower_pct": 100 * row["lower_exact"], "upper_pct": 100 * row["upper_exact"]}


def shrunken(events, population):
    table = rates.shrunken_rates(pd.Series(events), pd.Series(population))
    overall = table["x"].sum() / table["n"].sum()
    first = table.iloc[0]  # weight = prior variance / (prior variance + overall / n)
    prior = first["weight"] / (1 - first["weight"]) * overall / first["n"]
    return {"overall": overall, "prior_variance": prior, "first5": table["estimate"].head(5)}


def limits_of_individuals(values, screen_outliers):
    table = time_series.xmr(pd.Series(values), screen=screen_outliers)
    return table.loc[0, ["mean", "mean_moving_range", "lower", "upper"]]


def special_causes(values, baseline_n):
    table = time_series.xmr(pd.Series(values), baseline=baseline_n)
    return {**table.loc[0, ["mean", "lower", "upper"]], "flagged_positions_1based": np.flatnonzero(table["flag"]) + 1}


def seven_point_trend(values):
    table = time_series.xmr(pd.Series(values))
    last = np.flatnonzero(table["note"].str.contains("trend"))[-1]
    assert not time_series.xmr(pd.Series([1, 2, 3, 3, 4, 5, 6]))["note"].str.contains("trend").any()
    return {"trend_completes_at_1based": last + 1, "direction": "up" if values[last] > values[last - 1] else "down"}


def monthly(values, first="1949-01"):
    return pd.Series(values, index=pd.date_range(first, periods=len(values), freq="MS"))


def annual_total(values_monthly_from, values):
    last = time_series.moving_annual_total(monthly(values, values_monthly_from)).iloc[-1]
    return {"mat_last": last["estimate"], "mat_previous": last["reference"], "pct": 100 * last["change"]}


def seasonal_factors(values_ref, period, model):
    table = time_series.seasonally_adjusted(monthly(CASES[values_ref]["inputs"]["values"]), per_day=False)
    mid = table.loc[table["month"].eq("1949-07-01"), "trend"].item()
    return {"factors": table["seasonal"].head(period), "trend_1949_07": mid}


def ratio_limits(expected, target):
    found = {}
    for name, confidence in (("95", 0.95), ("998", 0.998)):
        limits = rates.funnel_limits(np.array(expected), target, "ratio", confidence=confidence)
        found |= dict(zip((f"lower{name}", f"upper{name}"), limits, strict=True))
    return found


def share_limits(pooled, n, per):
    found = {}
    for name, confidence in (("95", 0.95), ("998", 0.998)):
        low, high = rates.funnel_limits(np.array(n), pooled, "proportion", confidence=confidence)
        found |= {f"lower{name}": per * low, f"upper{name}": per * high}
    return found


def between_areas(observed, expected):
    table = rates.funnel(pd.DataFrame({"observed": observed, "expected": expected}), "observed", "expected", "ratio")
    return {"z": table["z"], "phi": table["phi"].iloc[0], "tau2": table["tau2"].iloc[0]}


def gini(values):
    row = distribution.concentration(values, draws=1).iloc[0]
    return {"gini": row["gini"], "generalised_gini": row["estimate"]}


def accuracy_index(observed, predicted, area):
    assert len(set(area)) == 1
    counted = {"reported_at": ["2020-03-01"] * 3 + ["2021-03-01"] * 3, "incident_count": [*predicted, *observed]}
    rows = pd.DataFrame({**counted, "street": ["a", "b", "c"] * 2, "community": ""}).astype(
        {"reported_at": "datetime64[us]"}
    )
    return {"pai": distribution.hotspot_persistence(rows, "2020", "2021")["estimate"]}


def nearest(names, columns, rows, target, k):
    found = similar.distances(pd.DataFrame(rows, names, columns), target).nsmallest(k)
    return {"neighbours": list(found.index), "distances": found}


ANSWERS = {
    "wilson_01": wilson, "wilson_02": wilson, "wilson_03": wilson, "wilson_04": wilson, "propdiff_01": newcombe,
    "overlap_01": overlap, "bh_01": many, "rate_01": rate, "rate_02": rate, "rate_03": garwood, "zscore_01": z_score,
    "etest_01": e_test, "rr_01": rate_ratio, "yoy_01": year_on_year,
    "eb_01": shrunken, "xmr_01": limits_of_individuals, "xmr_02": special_causes,
    "xmr_03": seven_point_trend, "mat_01": annual_total, "seas_01": seasonal_factors, "funnel_01": ratio_limits,
    "funnel_02": share_limits, "funnel_03": between_areas, "gini_01": gini, "gini_02": gini, "pai_01": accuracy_index,
    "match_01": nearest,
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_known_answer(name):
    case = CASES[name]
    found = ANSWERS[name](**case["inputs"])
    for quantity, expected in case["expected"].items():
        said = f"{quantity}: {case['source']}"
        if np.asarray(expected).dtype.kind == "U":
            assert found[quantity] == expected, said
        else:
            within = WIDER.get((name, quantity), case["tolerance"] + 1e-15)
            np.testing.assert_allclose(found[quantity], expected, rtol=0, atol=within, err_msg=said)


def test_every_case_is_answered():
    assert set(CASES) == set(ANSWERS)
    assert len(CASES) == 27
