"""Typical cases: projects beside how incidents moved, drawn towards the district so that chance does not come first."""

import pandas as pd
import pytest

from src.analysis.stats.similar import typical_cases

NAMES = [f"社区{n}" for n in range(40)]
PLACES = pd.DataFrame({"street": "布吉街道", "community": NAMES})


def incidents(**later):
    """Each community has 200 thefts in 2020 and as many in 2021, but for those named."""
    rows = []
    for name in NAMES:
        for year, count in ((2020, 200), (2021, later.get(name, 200))):
            rows.append(("布吉街道", name, "theft", pd.Timestamp(f"{year}-05-01"), count))
    return pd.DataFrame(rows, columns=["street", "community", "kind", "reported_at", "incident_count"])


def projects(*names, field="public_security"):
    return pd.DataFrame({"street": "布吉街道", "community": names, "field": field, "status": "finished"})


def cases(happened, run, places=PLACES):
    return typical_cases(happened, run, places, "2021", "2020")


def test_a_fall_that_chance_gives_is_drawn_to_the_district():
    table = cases(incidents(社区3=160), projects("社区3", "社区3", "社区5"))
    first = table.iloc[0]
    assert (first["community"], first["x"], first["finished"]) == ("社区3", 2, 2)
    assert first["raw"] == pytest.approx(-0.2)
    assert first["estimate"] == pytest.approx(first["overall"])
    assert pd.isna(first["lower"])


def test_a_fall_beyond_chance_keeps_part_of_itself_and_its_limits():
    table = cases(incidents(社区3=8), projects("社区3", "社区5")).set_index("community")
    assert table.loc["社区3", "raw"] == pytest.approx(-0.96)
    assert -0.96 < table.loc["社区3", "lower"] < table.loc["社区3", "estimate"] < table.loc["社区3", "overall"] < 0
    assert table.loc["社区5", "raw"] == 0


def test_few_incidents_are_told_as_counts():
    assert cases(incidents(社区3=19), projects("社区3"))["flag"].tolist() == ["too_few"]


def test_in_the_order_of_the_places_and_only_fields_with_projects():
    table = cases(incidents(), projects("社区3", "社区9"), PLACES.iloc[[9, 3, 4]])
    assert table["community"].tolist() == ["社区9", "社区3"]
    other = cases(incidents(), projects("社区3", field="traffic"))
    assert other[["current", "reference", "flag"]].to_numpy().tolist() == [[0.0, 0.0, "too_few"]]
    assert cases(incidents().iloc[:0], projects("社区3"))["flag"].tolist() == ["too_few"]


def test_what_a_street_did_not_deliver_is_no_variation():
    """Forty communities of one street, half of them fall from 100 a month to 80; March 2021 was not delivered."""
    rows = pd.DataFrame(
        [("布吉街道", name, "theft", "criminal", month, 80 if name in NAMES[::2] and month.year == 2021 else 100)
         for month in pd.date_range("2018-01", "2021-12", freq="MS") for name in NAMES],
        columns=["street", "community", "kind", "group", "reported_at", "incident_count"],
    )  # fmt: skip
    march = pd.Timestamp("2021-03-01")
    told = pd.DataFrame({"street": ["布吉街道"], "source": "reports", "month": [march]})
    whole = typical_cases(rows, projects("社区4"), PLACES, "2021", "2020").iloc[0]
    holed = typical_cases(rows[rows["reported_at"].ne(march)], projects("社区4"), PLACES, "2021", "2020", told).iloc[0]
    for name in ("estimate", "lower", "upper"):  # as zeros the gap would draw it to the -0.1 of all
        assert holed[name] == pytest.approx(whole[name], abs=0.02)
