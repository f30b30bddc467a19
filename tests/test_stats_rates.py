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
    register = communities({"a_1": 10_000, "a_2": 10_000, "a_3": 10_000})
    counted = incidents(a_1=160, a_2=100, a_3=40)
    assert incident_rate(counted, register, "community")["flag"].tolist() == ["above", "", "below"]
    wild = incident_rate(counted, register, "community", phi=30)
    assert wild["flag"].tolist() == ["", "", ""]
    assert wild["upper"].iloc[0] > incident_rate(counted, register, "community")["upper"].iloc[0]


def test_more_than_population_would_have_it():
    table = observed_to_expected(incidents(a_1=30, a_2=10), communities({"a_1": 10_000, "a_2": 30_000, "b_3": None}))
    assert table["community"].tolist() == ["1", "2"]
    assert table["n"].tolist() == [10, 30]
    assert table["estimate"].tolist() == [3.0, 1 / 3]
