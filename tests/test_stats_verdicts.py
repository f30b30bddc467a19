"""The two levels of a verdict on literal tables; the expected numbers were worked out apart, from the formulas."""

import numpy as np
import pandas as pd
import pytest

from src.analysis.stats import verdicts
from src.analysis.stats.delivery import NOTHING

YEARS = (2018, 2019, 2020, 2021)
TOTALS = {"甲": (240, 205, 230, 150), "乙": (300, 330, 310, 280), "丙": (95, 110, 80, 120), "丁": (18, 25, 30, 15),
          "戊": (410, 380, 400, 395)}  # fmt: skip


def incidents(totals=TOTALS, years=YEARS):
    """Months that shake about a twelfth of each year's total in a fixed pattern."""
    rows = [
        (f"{year}-{month + 1:02}-09", street, max(0, total // 12 + (3 * month + 5 * y + place) % 7 - 3))
        for place, (street, counts) in enumerate(totals.items())
        for y, (year, total) in enumerate(zip(years, counts, strict=True))
        for month in range(12)
    ]
    table = pd.DataFrame(rows, columns=["reported_at", "street", "incident_count"])
    return table.assign(reported_at=pd.to_datetime(table["reported_at"]), group="criminal", kind="theft")


def test_areas_are_judged_together():
    table = verdicts.change_verdicts(incidents(), "2021", "street", NOTHING).set_index("street")
    assert table["current"].tolist() == [143, 273, 122, 17, 382] and table["reference"].iloc[0] == 230
    known = table.drop(index="丁")
    assert known["p"].tolist() == pytest.approx([8.90071614e-05, 0.267652978, 7.70861972e-04, 0.594598592])
    assert known["p_unlike"].tolist() == pytest.approx([0.08990104, 1, 0.18520174, 1])
    assert table["flag"].tolist() == ["more_than_months", "", "more_than_months", "too_few", ""]
    assert table.loc["甲", "earlier"] == pytest.approx([202 / 241 - 1, 230 / 202 - 1])
    assert table.loc["丁", ["p", "p_unlike", "detectable_unlike"]].isna().all()


def test_all_together_are_judged_by_quarters_too_and_by_their_own_years():
    row = verdicts.change_verdicts(incidents(), "2021", None, NOTHING).iloc[0]
    assert row["p"] == pytest.approx(0.0782947864562) and row["p_unlike"] == pytest.approx(0.0782947864562)
    assert [row["ordinary_lower"], row["ordinary_upper"]] == pytest.approx([-0.047382072, 0.049738801])
    assert row["lower"] < row["estimate"] < row["upper"] and row["flag"] == ""


def test_the_least_change_that_is_found():
    found = [verdicts.detectable_in_units(before) for before in (2, 3, 4, 9)]
    assert found == pytest.approx([5.66, 4.25, 3.76, 3.15], abs=0.015)  # the table of docs/methods
    rows = verdicts.change_verdicts(incidents(), "2021", "street", NOTHING)
    assert rows["detectable_unlike"].dropna().gt(rows["detectable"].dropna()[rows["flag"].ne("too_few")]).all()


@pytest.mark.parametrize(("years", "together", "areas"), [(2, True, True), (3, True, False), (4, False, False)])
def test_what_too_few_years_allow(years, together, areas):
    rows = incidents({place: counts[-years:] for place, counts in TOTALS.items()}, YEARS[-years:])
    whole = verdicts.change_verdicts(rows, "2021", None, NOTHING).iloc[0]
    assert (whole["note"] == "too_few_years") == together and np.isfinite(whole["p"])
    streets = verdicts.change_verdicts(rows, "2021", "street", NOTHING).set_index("street").drop(index="丁")
    assert streets["note"].eq("too_few_years").all() == areas == streets["p_unlike"].isna().all()


def test_totals_of_earlier_years_that_were_registered_are_more_earlier_changes():
    few = verdicts.change_verdicts(incidents(), "2021", None, NOTHING).iloc[0]
    more = verdicts.change_verdicts(incidents(), "2021", None, NOTHING, [1060, 1041, 1055, 1050]).iloc[0]
    assert len(more["earlier"]) == len(few["earlier"]) + 4
    assert more["detectable_unlike"] < few["detectable_unlike"]


def test_a_halved_area_among_steady_ones_is_unlike_its_earlier_years():
    steady = {f"{n}街": (600, 612, 594, 606) for n in range(8)} | {"半街": (600, 606, 600, 300)}
    flags = verdicts.change_verdicts(incidents(steady), "2021", "street", NOTHING).set_index("street")["flag"]
    assert flags["半街"] == "unlike_earlier_years" and flags.drop("半街").eq("").all()


def test_a_fall_that_goes_on_as_before_is_no_news():
    falling = {f"{n}街": (1200, 1000, 830, 690) for n in range(6)}
    streets = verdicts.change_verdicts(incidents(falling), "2021", "street", NOTHING)
    assert streets["flag"].eq("more_than_months").all()
    assert verdicts.change_verdicts(incidents(falling), "2021", None, NOTHING).loc[0, "flag"] == "more_than_months"


def test_where_nothing_happens_few_families_have_a_mark():
    rng, false = np.random.default_rng(14), 0
    months = pd.date_range("2018-01-09", periods=48, freq="MS")
    frame = pd.MultiIndex.from_product([[f"{n}街" for n in range(11)], months], names=["street", "reported_at"])
    level = np.repeat(rng.uniform(40, 200, 11), 48)
    for _ in range(60):
        rows = pd.DataFrame({"incident_count": rng.poisson(level)}, frame).reset_index()
        rows = rows.assign(group="criminal", kind="theft")
        flags = verdicts.change_verdicts(rows, "2021", "street", NOTHING)["flag"]
        false += flags.eq("unlike_earlier_years").any()
    assert false <= 60 * 0.05 + 2 * np.sqrt(60 * 0.05 * 0.95)


def test_a_year_of_hardly_any_is_no_earlier_year_of_all_together():
    rows = incidents({"甲": (1, 240, 205, 230, 150)}, (2017, *YEARS))
    rows.loc[rows["reported_at"].dt.year.eq(2017), "incident_count"] = [*[0] * 11, 1]
    found = verdicts.change_verdicts(rows, "2021", missing=NOTHING).iloc[0]
    without = verdicts.change_verdicts(rows[rows["reported_at"].dt.year.gt(2017)], "2021", missing=NOTHING).iloc[0]
    assert len(found["earlier"]) == 2
    assert found["earlier"] == without["earlier"]
    assert found["p_unlike"] == pytest.approx(without["p_unlike"], rel=0.05)
