"""Notebook 04's numbers: what goes into the panel, the two ways of fitting agree, planted effects are found again."""

import numpy as np
import pandas as pd
import pytest
from effect_case import MONTHS, district, incidents_of, projects_of

from src.analysis.stats import effect, effect_checks, ppml
from src.codebook.periods import parse_period
from tools.sample.world import draw_world


@pytest.fixture(scope="module")
def study():
    incidents, projects = district(-0.3)
    return effect_checks.effect_study(incidents, projects, "public_security", MONTHS)


def one_panel(projects, rows=(), field="public_security", missing=None):
    """A panel of 2021 for 甲/一, 乙/二 and ten of 丙街道; `missing`: a street and month without any."""
    places = [("甲街道", "一"), ("乙街道", "二"), *(("丙街道", f"{number}") for number in range(10))]
    quiet = [
        (street, community, f"2021-{month:02}-05", "theft", 10)
        for street, community in places
        for month in range(1, 13)
        if (street, month) != missing
    ]
    counted = effect.counts_by_field(incidents_of([*quiet, *rows]))
    return effect.field_panel(counted, projects_of(projects), field, parse_period("2021"))


def places_of(found):
    return {street[0] for street, _ in found.counts.index}


def test_the_first_project_of_a_community_counts():
    found = one_panel([("甲街道", "一", "public_security", day, "running") for day in ("2021-06-20", "2021-04-01")])
    assert found.starts.dropna().to_dict() == {("甲街道", "一"): 3}
    assert found.event[found.counts.index.get_loc(("甲街道", "一"))].tolist() == list(range(-3, 9))
    assert (found.event[found.counts.index.get_loc(("乙街道", "二"))] == ppml.FAR).all()


def test_planned_projects_and_other_fields_start_nothing():
    planned = ("甲街道", "一", "public_security", "2021-04-01", "planned")
    assert one_panel([planned, ("乙街道", "二", "traffic", "2021-04-01", "running")]).treated == 0


def test_a_community_whose_start_is_not_dated_is_left_out():
    assert places_of(one_panel([("甲街道", "一", "public_security", None, "running")])) == {"乙", "丙"}


def test_a_community_that_began_before_the_panel_is_left_out():
    assert places_of(one_panel([("甲街道", "一", "public_security", "2020-12-31", "finished")])) == {"乙", "丙"}


def test_a_month_that_a_street_did_not_deliver_is_left_out():
    found = one_panel([], missing=("甲街道", 5))
    assert found.known.sum() == found.known.size - 1
    assert not found.known[found.counts.index.get_loc(("甲街道", "一")), 4]


def test_months_with_too_few_communities_left_to_compare_are_left_out():
    rows = [("丙街道", f"{number}", "public_security", "2021-10-01", "running") for number in range(5)]
    found = one_panel(rows)
    assert found.counts.shape == (12, 9)
    assert found.treated == 0


def test_petitions_and_incidents_without_a_place_are_left_out():
    rows = [("甲街道", "一", "2021-05-05", "theft", 2), ("甲街道", None, "2021-05-05", "theft", 4)]
    counted = effect.counts_by_field(incidents_of([*rows, ("甲街道", "一", "2021-05-05", "petition_labour", 8)]))
    assert counted[["field", "count"]].to_numpy().tolist() == [["public_security", 2]]


def test_an_unknown_field_is_refused():
    with pytest.raises(ValueError, match="field: 'security' is not known; right would be one of disputes"):
        one_panel([], field="security")


def test_too_few_communities_are_flagged_and_nothing_is_estimated():
    incidents, projects = district(-0.3, communities=12)
    row = effect.programme_effect(incidents, projects, "public_security", MONTHS).iloc[0]
    assert row["flag"] == "too_few"
    assert np.isnan(row["estimate"])
    study = effect_checks.effect_study(incidents, projects, "public_security", MONTHS)
    assert study.checks.empty
    assert study.reasons == ["too_few"]


def test_months_run_from_two_years_before_to_the_last_whole_month():
    incidents, projects = district()
    assert str(effect.effect_months(incidents, projects)) == "2019-01/2021-12"
    cut = incidents[incidents["reported_at"] < "2021-12-20"]
    assert str(effect.effect_months(cut, projects)) == "2019-01/2021-11"


def test_the_fast_fit_and_pyfixest_agree():
    incidents, projects = district(-0.3, level=8)
    drawn = effect.field_panel(effect.counts_by_field(incidents), projects, "public_security", MONTHS)
    drawn.known[3, 5] = drawn.known[7, :3] = False
    careful = effect_checks.two_terms(drawn)["estimate"]
    assert ppml.full_effect(drawn) == pytest.approx(careful, abs=1e-6)


def test_limits_are_those_of_a_regression_with_every_effect_written_out():
    """statsmodels, each community and month a term; its finite-sample factor is one number for all, so one ratio."""
    import statsmodels.formula.api as smf
    from statsmodels.genmod.families import Poisson

    incidents, projects = district(-0.3, level=8)
    drawn = effect.field_panel(effect.counts_by_field(incidents), projects, "public_security", MONTHS)
    drawn.known[3, 5] = drawn.known[7, :3] = False
    cells, terms = effect.saturated(drawn, leads=True)
    coefficients, covariance = ppml.fit(cells, terms)
    groups = cells["place"].astype("category").cat.codes
    written = smf.glm(f"count ~ {' + '.join(terms)} + C(month) + C(place)", cells, family=Poisson())
    model = written.fit(tol=1e-14, cov_type="cluster", cov_kwds={"groups": groups})
    assert coefficients.to_numpy() == pytest.approx(model.params[coefficients.index], abs=1e-10)
    ratio = np.sqrt(np.diag(covariance)) / model.bse[coefficients.index]
    assert ratio.to_numpy() == pytest.approx(ratio.iloc[0], rel=1e-9)


def test_limits_allow_for_indicators_that_fit_few_communities():
    """Forty communities start in four months, ten each: the variance is 10/9 of the clustered one, t has 39 degrees."""
    incidents, projects = district(-0.3)
    drawn = effect.field_panel(effect.counts_by_field(incidents), projects, "public_security", MONTHS)
    cells, terms = effect.saturated(drawn, leads=False)
    _, covariance = ppml.fit(cells, terms)
    weights = (
        cells.loc[cells["event"] >= 2, "cell"].value_counts(normalize=True).reindex(covariance.index, fill_value=0)
    )
    clustered = np.sqrt(weights @ covariance @ weights)
    found = effect.in_full(drawn, leads=False)
    assert (found["upper"] - found["lower"]) / 2 == pytest.approx(2.022691 * np.sqrt(10 / 9) * clustered, rel=1e-6)


def test_the_score_test_is_that_of_generalised_estimating_equations():
    """Beside `compare_score_test` of statsmodels, with an indicator for each community and month."""
    import statsmodels.api as sm

    incidents, projects = district(-0.3, communities=24, level=8)
    drawn = effect.field_panel(effect.counts_by_field(incidents), projects, "public_security", MONTHS)
    drawn.known[3, 5] = drawn.known[7, :3] = False
    cells = drawn.cells()
    effects = pd.get_dummies(cells[["place", "month"]].astype("str"), drop_first=True, dtype="float64")
    short = effects.assign(const=1.0, full=cells["event"].ge(2), early=cells["event"].between(0, 1)).astype("float64")
    leads = {f"lead{-month}": cells["event"].eq(month).astype("float64") for month in range(-6, 0)}
    options = {"groups": cells["place"], "family": sm.families.Poisson()}
    null = sm.GEE(cells["count"], short, **options).fit()
    careful = sm.GEE(cells["count"], short.assign(**leads), **options).compare_score_test(null)
    assert ppml.score_test(drawn, range(-6, 0)) == pytest.approx(careful["p-value"], rel=1e-6)


@pytest.mark.slow
def test_the_leads_reject_about_as_often_as_they_should_where_nothing_was_planted():
    found = []
    for seed in range(60):
        incidents, projects = district(0.0, level=12, seed=seed)
        drawn = effect.field_panel(effect.counts_by_field(incidents), projects, "public_security", MONTHS)
        found.append(ppml.score_test(drawn, range(-6, 0)))
    assert 0 <= np.mean(np.array(found) <= 0.05) <= 0.1
    assert 0.3 < np.mean(found) < 0.7


def test_a_planted_effect_is_found_again(study):
    found = study.effect.iloc[0]
    assert (found["x"], found["n"]) == (40, 80)
    assert found["lower"] < -0.3 < found["upper"] < 0
    assert found["estimate_pct"] == pytest.approx(np.expm1(found["estimate"]))
    assert study.reasons == []


def test_months_before_the_start_show_nothing_and_later_ones_the_effect(study):
    events = study.events.set_index("event_month")
    assert events.index.min() == -6
    assert (events.loc[-6:-1, "lower"] < 0).sum() >= 4
    assert (events.loc[2:, "upper"] < 0).all()


def test_checks_hold_on_a_clean_effect(study):
    checks = study.checks.set_index("check")
    assert not checks["flag"].any()
    assert checks.loc["permutation", "p"] == 1 / 500
    assert checks.loc["drop_one_street", "lower"] <= checks.loc["permutation", "estimate"]
    assert checks.loc["naive", "estimate"] == pytest.approx(-0.3, abs=0.1)
    assert checks.loc["sign_flips", "p"] == 2 / 2**10  # all streets fell: only no flip and all flips are as far
    assert checks.loc["permutation", ["lower", "upper"]].isna().all()
    assert 0.01 < study.effect["detectable_pct"].iloc[0] < 0.2


def test_where_nothing_was_planted_chance_gives_as_much():
    study = effect_checks.effect_study(*district(0.0), "public_security", MONTHS)
    assert study.checks.set_index("check").loc["permutation", "flag"] == "fails"
    assert study.reasons == ["permutation", "sign_flips", "sign_flips_trend", "interval"]


def times(incidents, factor, where):
    """Incidents with some counts multiplied."""
    other = (incidents["incident_count"] * factor).astype("int64")
    return incidents.assign(incident_count=incidents["incident_count"].where(~where, other))


def test_a_rise_just_before_the_start_is_named_regression_to_the_mean():
    incidents, projects = district(0.0)
    starts = incidents["community"].map(projects.set_index("community")["started_on"])
    just_before = (starts - incidents["reported_at"]).dt.days.between(1, 63)  # reported on the last day of a month
    spiked = times(incidents, 1.4, just_before & incidents["kind"].eq("theft"))
    study = effect_checks.effect_study(spiked, projects, "public_security", MONTHS)
    assert study.reasons[0] == "regression_to_the_mean"


def test_a_clear_rise_is_no_effect():
    study = effect_checks.effect_study(*district(0.3), "public_security", MONTHS)
    assert study.effect["lower"].iloc[0] > 0
    assert study.reasons == ["rise"]


def test_a_trend_of_the_treated_is_no_effect():
    incidents, projects = district(0.0)
    month = (incidents["reported_at"] - pd.Timestamp("2020-01-01")).dt.days / 30.4
    treated = incidents["community"].isin(projects["community"]) & incidents["kind"].eq("theft")
    falling = times(incidents, np.exp(-0.02 * month), treated)
    study = effect_checks.effect_study(falling, projects, "public_security", MONTHS)
    assert study.effect["upper"].iloc[0] < 0
    assert "sign_flips_trend" in study.reasons


def test_what_moves_other_kinds_too_is_no_effect():
    incidents, projects = district(-0.3)
    starts = incidents["community"].map(projects.set_index("community")["started_on"])
    later = incidents["reported_at"] >= starts + pd.DateOffset(months=2)
    halved = times(incidents, 0.5, later & incidents["kind"].ne("theft"))
    study = effect_checks.effect_study(halved, projects, "public_security", MONTHS)
    assert study.reasons == ["placebo_outcome"]


@pytest.mark.slow
def test_recovery_in_a_few_drawn_districts():
    found = {
        (variant, seed): effect_checks.effect_study(world.incidents, world.projects, "public_security")
        for variant, seed in (("effect", None), ("placebo", 1), ("rtm_trap", 1))
        for world in [draw_world(variant, seed)]
    }
    assert abs(found["effect", None].effect["estimate"].iloc[0] + 0.12) < 0.06
    assert found["effect", None].reasons == []
    assert abs(found["placebo", 1].effect["estimate"].iloc[0]) < 0.06
    assert "permutation" in found["placebo", 1].reasons
    assert found["rtm_trap", 1].reasons[0] == "regression_to_the_mean"
