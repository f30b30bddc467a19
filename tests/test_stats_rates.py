"""Rates per 10,000, their denominator and who stands out."""

import numpy as np
import pandas as pd

from src.analysis.stats.rates import incident_rate, observed_to_expected


def incidents(**counts: int) -> pd.DataFrame:
    rows = [(place.split("_")[0], place.split("_")[1], count) for place, count in counts.items()]
    table = pd.DataFrame(rows, columns=["street", "community", "incident_count"])
    return table.assign(reported_at=pd.Timestamp("2021-03-01"))


def communities(people: dict[str, float | None]) -> pd.DataFrame:
    rows = [(*place.split("_"), count) for place, count in people.items()]
    table = pd.DataFrame(rows, columns=["street", "community", "population"])
    return table.assign(population_kind="resident", population_year=2022)


def test_a_rate_names_its_denominator_and_counts_every_area():
    register = communities({"a_1": 10_000, "a_2": 10_000, "b_3": 20_000})
    table = incident_rate(incidents(a_1=30, a_2=10), register, "street")
    assert table["street"].tolist() == ["a", "b"]
    assert table["x"].tolist() == [40, 0]
    assert table["estimate"].tolist() == [20.0, 0.0]
    assert table["overall"].tolist() == [10.0, 10.0]
    assert table["note"].unique().tolist() == ["resident 2022"]
    assert (table["lower"] <= table["estimate"]).all()
    assert table["upper"].iloc[1] > 0  # no incident still has an upper limit


def test_a_street_with_an_unknown_population_gets_no_rate():
    register = communities({"a_1": 10_000, "a_2": None, "b_3": 20_000})
    table = incident_rate(incidents(a_1=30, b_3=10), register, "street")
    assert table["flag"].tolist()[0] == "no_population"
    assert np.isnan(table["estimate"].iloc[0])
    assert table["x"].tolist() == [30, 10]


def test_a_register_without_people_flags_every_row():
    table = incident_rate(incidents(a_1=3), communities({"a_1": None, "b_2": None}), "community")
    assert table["flag"].eq("no_population").all()
    assert table["overall"].isna().all()


def test_all_together_is_one_row():
    table = incident_rate(incidents(a_1=3, a_2=2), communities({"a_1": 5000, "a_2": 5000}), None)
    assert table[["x", "n", "estimate"]].to_numpy().tolist() == [[5, 10_000, 5.0]]


def test_no_incident_anywhere():
    table = incident_rate(incidents(a_1=3).iloc[:0], communities({"a_1": 5000, "a_2": 5000}), "community")
    assert table["estimate"].tolist() == [0, 0]
    assert table["flag"].tolist() == ["", ""]


def test_who_stands_out_by_more_than_such_rates_move_by_themselves():
    alike = {f"a_{n}": 100 + n % 3 for n in range(18)}
    register = communities(dict.fromkeys([*alike, "b_1", "b_2"], 10_000))
    counted = incidents(**alike, b_1=160, b_2=40)
    assert incident_rate(counted, register, "community")["flag"].tolist() == [*[""] * 18, "above", "below"]
    wild = incident_rate(counted, register, "community", phi=30)
    assert wild["flag"].eq("").all()
    assert wild["upper"].iloc[18] > incident_rate(counted, register, "community")["upper"].iloc[18]


def test_areas_that_differ_anyway_are_not_called_high_or_low_and_the_funnel_says_the_same():
    spread = {f"a_{n}": 60 + 4 * n for n in range(24)}  # far more than chance, and no one far from the others
    register = communities(dict.fromkeys(spread, 10_000))
    rates = incident_rate(incidents(**spread), register, "community")
    assert rates["flag"].eq("").all()
    assert (rates["lower"] > rates["overall"]).any()
    out = incidents(**spread, b_1=2000)
    register = communities(dict.fromkeys([*spread, "b_1"], 10_000))
    flags = incident_rate(out, register, "community")["flag"]
    assert flags.tolist() == [*[""] * 24, "above"] == observed_to_expected(out, register)["flag"].tolist()


def test_the_mean_has_reports_without_a_place_in_it_by_whatever_it_is_divided():
    register = communities({"a_1": 10_000, "a_2": 10_000, "b_3": 20_000})
    counted = pd.concat([incidents(a_1=30, b_3=10), incidents(a_x=6, b_x=4).assign(community=None)])
    assert incident_rate(counted, register, "community")["overall"].unique().tolist() == [12.5]
    assert incident_rate(counted, register, "street")["overall"].unique().tolist() == [12.5]
    assert incident_rate(counted, register, None)["overall"].tolist() == [12.5]
    # what a street did not deliver whole is in no mean, nor are its reports without a community
    assert incident_rate(counted, register, "community", incomplete=["b"])["overall"].unique().tolist() == [18.0]


def test_more_than_population_would_have_it():
    table = observed_to_expected(incidents(a_1=30, a_2=10), communities({"a_1": 10_000, "a_2": 30_000, "b_3": None}))
    assert table["community"].tolist() == ["1", "2"]
    assert table["n"].tolist() == [10, 30]
    assert table["estimate"].tolist() == [3.0, 1 / 3]
