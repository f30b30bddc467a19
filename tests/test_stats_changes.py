"""This period against another: what is counted, contributions that add up, bulletins, flags; tiny tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.analysis.stats import changes, intervals
from src.codebook.periods import parse_period
from src.codebook.tables import column_label

STREETS = ("甲街道", "乙街道", "丙街道")
SPLITS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=3, max_size=3)


def counted(now, before, kind="theft"):
    """Delivered counts of three streets: `now` in March 2021, `before` in March 2020."""
    rows = [("2021-03-10", street, n) for street, n in zip(STREETS, now, strict=True)]
    rows += [("2020-03-10", street, n) for street, n in zip(STREETS, before, strict=True)]
    table = pd.DataFrame(rows, columns=["reported_at", "street", "incident_count"])
    when = pd.to_datetime(table["reported_at"])
    return table.assign(reported_at=when, group="criminal", kind=kind)


@given(SPLITS)
def test_contributions_add_up_to_the_change_of_the_total(split):
    now, before = zip(*split, strict=True)
    table = changes.contributions(counted(now, before), "2021-03", "2020-03", "street")
    assert table["difference"].sum() == sum(now) - sum(before)
    if sum(before):
        whole = 100 * (sum(now) - sum(before)) / sum(before)
        assert table["estimate"].sum() == pytest.approx(whole)
    else:
        assert table["estimate"].isna().all()


@given(SPLITS)
def test_parts_sum_to_the_whole(split):
    now, before = zip(*split, strict=True)
    rows = counted(now, before)
    parts = changes.period_change(rows, "2021-03", "2020-03", "street")
    whole = changes.period_change(rows, "2021-03", "2020-03").iloc[0]
    assert parts["current"].sum() == whole["current"] == sum(now)
    assert parts["reference"].sum() == whole["reference"] == sum(before)


@given(st.integers(20, 5000), st.integers(20, 5000))
def test_a_change_lies_in_both_its_intervals(now, before):
    row = changes.period_change(counted((now, 0, 0), (before, 0, 0)), "2021-03", "2020-03", phi=3).iloc[0]
    assert row["estimate"] == pytest.approx(now / before - 1)
    assert row["lower"] <= row["estimate"] <= row["upper"]
    assert row["lower"] <= row["lower_exact"] + 0.02 and row["upper_exact"] - 0.02 <= row["upper"]


def in_months(january, february):
    """Counts of three streets in January and in February 2021."""
    rows = counted(february, january)
    return rows.assign(reported_at=np.repeat(pd.to_datetime(["2021-02-10", "2021-01-10"]), 3))


def test_days_alone_are_no_change():
    rows = in_months((1000, 1000, 1000), (903, 800, 1000))  # 28 days after 31: 903 are as many a day
    table = changes.period_change(rows, "2021-02", "2021-01", "street", phi=1).set_index("street")
    assert table["estimate"].round(3).tolist() == [-0.097, -0.2, 0.0]  # told is the change of the count
    assert table["by_days"].tolist() == [pytest.approx(28 / 31 - 1)] * 3
    assert table.loc["甲街道", "upper"] < 0 and changes.is_significant(table).tolist() == [False, True, True]
    assert table.loc["甲街道", "p"] > 0.9 and table.loc[["乙街道", "丙街道"], "p"].max() < 0.03
    areas = changes.area_changes(rows, "2021-02", "2021-01").set_index("street")
    assert areas["flag"].tolist() == ["", "fell", "rose"]
    assert abs(areas.loc["甲街道", "z"]) < 0.1 and areas.loc["丙街道", "z"] > 2


def test_windows_of_like_length_are_held_against_each_other_as_they_are():
    assert changes.days_apart("2021-03", "2020-03") == changes.days_apart("2021", "2020") == 0  # 365 and 366 days
    assert changes.days_apart("2021-02", [parse_period(f"{year}-02") for year in (2018, 2019)]) == 0
    rows = counted((900, 0, 0), (1000, 0, 0))
    row = changes.period_change(rows, "2021-03", "2020-03", phi=1).iloc[0]
    assert row["by_days"] == 0 and row["p"] == intervals.count_ratio(900, 1000).p and changes.is_significant(row)


def test_small_counts_are_flagged_and_none_before_gives_no_percentage():
    table = changes.period_change(counted((5, 40, 0), (19, 0, 0)), "2021-03", "2020-03", "street")
    flags = table.set_index("street")["flag"].to_dict()
    assert flags["甲街道"] == flags["乙街道"] == "too_few"
    assert table.set_index("street").loc["乙街道", ["estimate", "p"]].isna().all()


def test_several_reference_windows_are_averaged():
    rows = pd.concat([counted((30, 0, 0), (20, 0, 0)), counted((0, 0, 0), (40, 0, 0)).assign(reported_at="2019-03-10")])
    rows["reported_at"] = pd.to_datetime(rows["reported_at"])
    row = changes.period_change(rows, "2021-03", [parse_period("2020-03"), parse_period("2019-03")]).iloc[0]
    assert (row["reference"], row["difference"]) == (30, 0)
    assert row["estimate"] == pytest.approx(0)


def test_nothing_in_either_window_is_a_row_without_a_number():
    row = changes.period_change(counted((0, 0, 0), (0, 0, 0)), "2021-03", "2020-03").iloc[0]
    assert (row["current"], row["reference"], row["flag"]) == (0, 0, "too_few")
    assert np.isnan(row["estimate"])


def test_areas_are_flagged_only_beyond_chance():
    table = changes.area_changes(counted((300, 98, 5), (150, 100, 2)), "2021-03", "2020-03")
    flags = table.set_index("street")["flag"].to_dict()
    assert flags == {"甲街道": "rose", "乙街道": "", "丙街道": "too_few"}
    assert table.set_index("street").loc["乙街道", "z"] == pytest.approx(2 * (98**0.5 - 10))


def test_the_bulletin_prints_months_and_sums_since_january():
    rows = pd.concat(
        [counted((30, 10, 0), (20, 5, 0)), counted((1, 0, 0), (0, 0, 0)).assign(reported_at=pd.Timestamp("2021-02-28"))]
    )
    row = changes.bulletin(rows, "2021-01/2021-03").set_index("roll_up").loc["criminal"]
    assert row[["month", "previous_month", "month_last_year", "to_date", "to_date_last_year"]].tolist() == [
        40,
        1,
        25,
        41,
        25,
    ]
    assert row["year_on_year"] == pytest.approx(0.6)
    assert np.isnan(row["month_on_month"])  # one case a month before
    assert row["per_day"] == pytest.approx(40 / 31)
    assert row["previous_per_day"] == pytest.approx(1 / 28)
    heads = [column_label(column, "zh", "bulletin") for column in ["roll_up", *row.index[:5]]]
    assert heads == ["类别", "本月", "上月", "环比", "本月日均", "上月日均"]
    assert column_label("month_on_month", "en", "bulletin") == "On previous month"


def test_the_bulletin_leaves_out_without_what_where_there_is_none_of_it():
    rows = counted((30, 10, 0), (20, 5, 0))
    assert "without_telecom_fraud" not in set(changes.bulletin(rows, "2021-03")["roll_up"])
    fraud = rows.head(1).assign(kind="telecom_fraud")
    assert "without_telecom_fraud" in set(changes.bulletin(pd.concat([rows, fraud]), "2021-03")["roll_up"])


@pytest.mark.parametrize("by", ["street", ["street", "kind"]])
def test_incidents_none_of_which_names_a_place_have_no_change_by_place(by):
    nowhere = counted((30, 20, 10), (25, 25, 5)).assign(street=None, community=None).astype({"street": "str"})
    assert changes.period_change(nowhere, "2021-03", "2020-03", by).empty
    assert changes.area_changes(nowhere, "2021-03", "2020-03", by).empty
    assert changes.area_changes(nowhere, "2021-03", "2020-03", by, among=nowhere.copy()).empty
    assert changes.period_change(nowhere, "2021-03", "2020-03").loc[0, ["current", "reference"]].tolist() == [60, 55]
