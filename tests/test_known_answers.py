"""Published or independently computed answers (known_answers.json, each with its source), through public functions."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src.analysis.stats import changes, counts, estimate, interventions, proportions

CASES = {
    case["id"]: case for case in json.loads(Path(__file__).with_name("known_answers.json").read_text(encoding="utf-8"))
}
# Cases whose function is not there yet; nothing may be left here.
WAITING = {
    "eb_01", "xmr_01", "xmr_02", "xmr_03", "mat_01", "seas_01", "funnel_01", "funnel_02", "funnel_03",
    "gini_01", "gini_02", "pai_01", "match_01",
}  # fmt: skip


def wilson(x, n, confidence):
    found = proportions.wilson_interval(x, n, confidence)
    return {"lower": found.lower, "upper": found.upper, "point": found.estimate}


def newcombe(x1, n1, x2, n2, confidence):
    found = proportions.proportion_difference(x1, n1, x2, n2, confidence)
    return {"diff": found.estimate, "lower": found.lower, "upper": found.upper}


def overlap(total, a, b):
    table = proportions.overlap_bounds(total, a, b)
    return {row.part: [row.lower, row.upper] for row in table.itertuples()}


def many(p, q):
    p = pd.Series(p)
    return {"bh_rejections": estimate.survive_many(p, q).sum(), "bonferroni_rejections": (p <= q / len(p)).sum()}


def rate(events, population, per, confidence):
    found = counts.rate_interval(events, population, per, confidence)
    return {"rate": found.estimate, "lower": found.lower, "upper": found.upper}


def garwood(events, confidence):
    return dict(zip(("lower", "upper"), counts.exact_limits(events, confidence), strict=True))


def one_area(current, past):
    """Incidents of one street: `past` in the first half of 2020, `current` in that of 2021."""
    received = ["2020-03-01"] * past + ["2021-03-01"] * current
    rows = pd.DataFrame({"reported_at": pd.to_datetime(received), "street": "布吉街道", "incident_count": 1})
    return changes.area_changes(rows, "2021H1", "2020H1").iloc[0]


def z_score(current, past):
    return {"z": one_area(current, past)["z"]}


def e_test(k1, k2, t1, t2):
    assert t1 == t2
    return {"p": counts.poisson_e_test(k1, k2).p}


def rate_ratio(k1, t1, k2, t2, confidence):
    found = counts.count_ratio(k1, k2, confidence, spans=t2 / t1)
    return {"rate_ratio": found.estimate, "lower": found.lower, "upper": found.upper, "p": found.p}


def year_on_year(current, past):
    row = one_area(current, past)
    return {"pct": 100 * row["estimate"], "lower_pct": 100 * row["lower_exact"], "upper_pct": 100 * row["upper_exact"]}


def displacement(control, treated, alpha, disp_control=None, disp_treated=None):
    table = interventions.weighted_displacement_difference(control, treated, disp_control, disp_treated, 1 - alpha)
    last = table.iloc[-1]
    names = ("est_total", "se_total") if disp_control else ("est", "se")
    return dict(zip((*names, "z", "lower", "upper"), last[["estimate", "se", "z", "lower", "upper"]], strict=True))


def interruption(aces, stdpop, time, step):
    table = interventions.interrupted_series(
        pd.Series(aces, index=time), time[step.index(1)], pd.Series(stdpop), slope=False, harmonics=0
    ).set_index("term")
    at = table.loc["step"]
    return {
        "step_coef": at["estimate"], "time_coef": table.loc["time", "estimate"], "step_rr": np.exp(at["estimate"]),
        "pearson_dispersion": at["phi"], "quasi_se_step": at["se"],
    }  # fmt: skip


ANSWERS = {
    "wilson_01": wilson, "wilson_02": wilson, "wilson_03": wilson, "wilson_04": wilson, "propdiff_01": newcombe,
    "overlap_01": overlap, "bh_01": many, "rate_01": rate, "rate_02": rate, "rate_03": garwood, "zscore_01": z_score,
    "etest_01": e_test, "rr_01": rate_ratio, "yoy_01": year_on_year, "wdd_01": displacement, "wdd_02": displacement,
    "its_01": interruption,
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_known_answer(name):
    case = CASES[name]
    found = ANSWERS[name](**case["inputs"])
    for quantity, expected in case["expected"].items():
        np.testing.assert_allclose(
            found[quantity], expected, rtol=0, atol=case["tolerance"] + 1e-15, err_msg=f"{quantity}: {case['source']}"
        )


def test_every_case_is_answered_or_waits():
    assert set(CASES) == set(ANSWERS) | WAITING
    assert not set(ANSWERS) & WAITING
    assert len(CASES) == 30
