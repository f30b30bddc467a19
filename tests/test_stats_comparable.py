"""Like with like: what one street did not deliver in a month is left out of both windows, and named."""

import numpy as np
import pandas as pd
import pytest

from src.analysis.stats import changes, delivery
from src.analysis.stats.counts import dispersion_of_each
from src.codebook.periods import parse_period
from src.reports.describe.words import left_out_text

STREETS = ("甲街道", "乙街道")


def phi(series):
    return dispersion_of_each(series.to_frame()).iloc[0]


def delivered(year_counts, gaps=(), group="criminal"):
    """Counts by month of two streets; `year_counts` {year: (甲 a month, 乙 a month)}, `gaps` {(street, month)}."""
    rows = [
        (f"{year}-{month:02}-10", street, n)
        for year, counts in year_counts.items()
        for month in range(1, 13)
        for street, n in zip(STREETS, counts, strict=True)
        if (street, f"{year}-{month:02}") not in gaps
    ]
    table = pd.DataFrame(rows, columns=["reported_at", "street", "incident_count"])
    kind = "theft" if group == "criminal" else "petition_labour"
    return table.assign(reported_at=pd.to_datetime(table["reported_at"]), group=group, kind=kind)


# 甲 delivers 100 a month in 2020 and 50 in 2021, 乙 10 in both; 甲 did not deliver March 2021.
GAP = delivered({2020: (100, 10), 2021: (50, 10)}, {("甲街道", "2021-03")})


def test_a_month_not_delivered_is_left_out_of_both_windows():
    row = changes.period_change(GAP, "2021-01/2021-04", "2020-01/2020-04").iloc[0]
    assert (row["current"], row["reference"]) == (3 * 50 + 40, 3 * 100 + 40)  # without: 190 against 440, 57 % fewer
    assert row["estimate"] == pytest.approx(190 / 340 - 1)
    assert row["note"] == "甲街道 2021-03"


def test_a_gap_in_the_earlier_window_counts_alike():
    rows = delivered({2020: (100, 10), 2021: (50, 10)}, {("甲街道", "2020-03")})
    row = changes.period_change(rows, "2021-01/2021-04", "2020-01/2020-04").iloc[0]
    assert (row["current"], row["reference"], row["note"]) == (190, 340, "甲街道 2020-03")


def test_months_are_matched_by_their_place_in_the_window():
    row = changes.period_change(GAP, "2021-03/2021-04", "2021-01/2021-02").iloc[0]  # March stands for January
    assert (row["current"], row["reference"]) == (50 + 20, 50 + 20)
    mean = changes.period_change(GAP, "2021-03", [parse_period("2020-03"), parse_period("2019-03")]).iloc[0]
    assert (mean["current"], mean["reference"]) == (10, 5)


def test_each_area_names_its_own_gaps():
    table = changes.area_changes(GAP, "2021-01/2021-04", "2020-01/2020-04").set_index("street")
    assert table["note"].to_dict() == {"甲街道": "甲街道 2021-03", "乙街道": ""}
    assert table.loc["甲街道", ["current", "reference"]].tolist() == [150, 300]
    assert table.loc["乙街道", ["current", "reference"]].tolist() == [40, 40]


def test_contributions_leave_it_out_too_and_still_add_up():
    table = changes.contributions(GAP, "2021-01/2021-04", "2020-01/2020-04", "street").set_index("street")
    assert table["difference"].to_dict() == {"甲街道": -150, "乙街道": 0}
    assert table["estimate"].sum() == pytest.approx(100 * -150 / 340)


def test_a_gap_outside_both_windows_changes_nothing():
    row = changes.period_change(GAP, "2021-04/2021-06", "2020-04/2020-06").iloc[0]
    assert (row["current"], row["reference"], row["note"]) == (180, 330, "")


def test_a_gap_in_petitions_says_nothing_of_reports():
    petitions = delivered({2020: (100, 10), 2021: (50, 10)}, {("乙街道", "2021-02")}, "petition")
    both = pd.concat([delivered({2020: (100, 10), 2021: (50, 10)}), petitions])
    table = changes.period_change(both, "2021-02", "2020-02", ["street", "group"]).set_index(["street", "group"])
    assert table.loc[("乙街道", "criminal"), ["current", "reference"]].tolist() == [10, 10]
    assert ("乙街道", "petition") not in table.index
    only = changes.period_change(both[both["group"].eq("criminal")], "2021-02", "2020-02").iloc[0]
    assert only["note"] == ""


def test_what_is_known_to_be_missing_may_be_given():
    few = GAP.assign(incident_count=1)  # a zero among ones would be chance: nothing is found
    assert changes.period_change(few, "2021-03", "2020-03").iloc[0]["note"] == ""
    told = pd.DataFrame({"street": ["甲街道"], "source": "reports", "month": [pd.Timestamp("2021-03-01")]})
    row = changes.period_change(few, "2021-03", "2020-03", missing=told).iloc[0]
    assert (row["current"], row["reference"], row["note"]) == (1, 1, "甲街道 2021-03")
    assert changes.period_change(GAP, "2021-03", "2020-03", missing=delivery.NOTHING).iloc[0]["reference"] == 110


def test_without_streets_the_whole_month_is_left_out():
    told = pd.DataFrame({"street": ["甲街道"], "source": "reports", "month": [pd.Timestamp("2021-03-01")]})
    public = GAP.assign(street=None)
    row = changes.period_change(public, "2021-01/2021-04", "2020-01/2020-04", missing=told).iloc[0]
    assert (row["current"], row["reference"], row["note"]) == (180, 330, "甲街道 2021-03*")


def test_a_bulletin_tells_no_change_against_a_month_not_delivered():
    rows = delivered({2020: (100, 60), 2021: (50, 60)}, {("甲街道", "2021-02")})
    march = changes.bulletin(rows, "2021-03").set_index("roll_up").loc["criminal"]
    assert march[["month", "previous_month", "to_date"]].tolist() == [110, 60, 280]
    assert march[["month_on_month", "to_date_change"]].isna().all()
    assert march["year_on_year"] == pytest.approx(110 / 160 - 1)


def test_places_redrawn_in_between_are_seen_as_one():
    register = pd.DataFrame(
        [("甲街道", "旧", None, "2021-12-31", "旧新"), ("甲街道", "新", "2022-01-01", None, "旧新"),
         ("甲街道", "留", None, None, "旧新"), ("甲街道", "旁", None, None, None), ("乙街道", "旧", None, None, None)],
        columns=["street", "community", "valid_from", "valid_to", "comparable_cluster"],
    )  # fmt: skip
    table = register[["street", "community"]]
    merged = delivery.as_clusters(table, register, "2021-01-01", "2022-06-30")["community"]
    assert merged.tolist() == ["旧新", "旧新", "旧新", "旁", "旧"]
    for first, last in (("2020-01-01", "2021-12-31"), ("2022-01-01", "2022-12-31")):
        assert delivery.as_clusters(table, register, first, last)["community"].tolist() == list(register["community"])
    nowhere = table.assign(community=pd.Series(None, table.index, dtype="str"))
    assert delivery.as_clusters(nowhere, register, "2021-01-01", "2022-06-30")["community"].isna().all()


def test_a_month_not_delivered_is_no_variation():
    months = pd.date_range("2018-01", "2020-12", freq="MS")
    even = pd.Series(np.repeat([100.0, 200.0, 300.0], 12), months)
    shaken = even + np.tile([30.0, -30.0], 18)
    for series in (even, shaken):
        without = series.copy()
        without.iloc[14] = np.nan
        assert phi(without) == pytest.approx(phi(series), rel=0.15)
    zero = even.copy()
    zero.iloc[14] = 0
    assert phi(zero) > 5
    gaps = delivery.not_delivered(GAP)
    assert delivery.dispersions(GAP, None, gaps).iloc[0] == 1


def test_a_gap_takes_no_part_in_the_variation_of_its_own_street_only():
    rows = delivered({2019: (100, 90), 2020: (90, 100), 2021: (80, 110)}, {("甲街道", "2021-03")})
    uneven = rows["street"].eq("乙街道") & rows["reported_at"].eq(pd.Timestamp("2021-03-10"))
    rows.loc[uneven, "incident_count"] = 400
    phi = delivery.dispersions(rows, "street", delivery.not_delivered(rows))
    assert phi["甲街道"] == 1 and phi["乙街道"] > 5


def two_years(streets, gaps=()):
    """24 months of one street after another that shake by a tenth; what a street did not deliver is not there."""
    names = [f"{n}街道" for n in range(streets)]
    rows = [(month + pd.Timedelta(days=9), name, 90 if month.month % 2 == month.year % 2 else 110)
            for month in pd.date_range("2020-01", "2021-12", freq="MS") for name in names
            if (name, f"{month:%Y-%m}") not in gaps]  # fmt: skip
    table = pd.DataFrame(rows, columns=["reported_at", "street", "incident_count"])
    return table.assign(group="criminal", kind="theft")


def test_where_gaps_leave_too_little_to_tell_the_months_vary_as_they_were_delivered():
    gaps = {(f"{n}街道", f"2020-{n + 1:02}") for n in range(10)}
    rows = two_years(11, gaps)
    missing = delivery.not_delivered(rows)
    assert len(missing) == 10  # of 11 degrees of freedom one would be left
    assert delivery.dispersions(rows, None, missing).iloc[0] == delivery.dispersions(rows).iloc[0] > 10
    one = delivery.dispersions(two_years(11, set(list(gaps)[:1])), None, missing[:1]).iloc[0]
    assert one == pytest.approx(delivery.dispersions(two_years(11)).iloc[0], rel=0.15)


def test_a_gap_takes_no_part_in_the_variation_of_its_own_source_only():
    rows = two_years(11)
    petitions = rows.assign(group="petition", kind="petition_labour")
    told = pd.DataFrame({"street": ["0街道"], "source": "petitions", "month": [pd.Timestamp("2020-03-01")]})
    both = pd.concat([rows, petitions])
    for by in ("group", "roll_up", ["street", "group"]):
        phi = delivery.dispersions(both, by, told)
        before = delivery.dispersions(both, by)
        reports = [key for key in phi.index if "petition" not in key]
        assert phi[reports].eq(before[reports]).all()
        assert phi.drop(reports).ne(before.drop(reports)).any()


def test_a_note_is_told_of_its_own_source_only():
    told = pd.DataFrame({"street": ["甲街道"], "source": "petitions", "month": [pd.Timestamp("2021-03-01")]})
    both = pd.concat([GAP, delivered({2020: (100, 10), 2021: (50, 10)}, group="petition")])
    windows = ("2021-03/2021-04", "2020-03/2020-04")
    for table in (changes.period_change(both, *windows, "group", missing=told),
                  changes.contributions(both, *windows, "group", told)):  # fmt: skip
        assert table.set_index("group")["note"].to_dict() == {"criminal": "", "petition": "甲街道 2021-03"}
    places = changes.period_change(both, *windows, ["street", "group"], missing=told).set_index(["street", "group"])
    assert places["note"][places["note"].ne("")].to_dict() == {("甲街道", "petition"): "甲街道 2021-03"}
    assert changes.period_change(both, *windows, missing=told).loc[0, "note"] == "甲街道 2021-03"


def test_a_bulletin_tells_no_change_against_months_before_the_data():
    rows = delivered({2020: (100, 60), 2021: (50, 60)})
    late = changes.bulletin(rows[rows["reported_at"].ge("2020-03-01")], "2021-03").set_index("roll_up").loc["criminal"]
    assert late["to_date"] == 330 and late["to_date_last_year"] == 160  # one month of three
    assert pd.isna(late["to_date_change"])
    assert late["year_on_year"] == pytest.approx(110 / 160 - 1)


def test_a_month_that_no_street_delivered_is_left_out_and_told_as_one_of_the_district():
    rows = delivered({2020: (100, 60), 2021: (50, 60)}, {("甲街道", "2021-02"), ("乙街道", "2021-02")})
    change = changes.period_change(rows, "2021-01/2021-03", "2020-01/2020-03", phi=1).iloc[0]
    assert (change["current"], change["reference"], change["note"]) == (220, 320, "district 2021-02")
    by_street = changes.period_change(rows, "2021-01/2021-03", "2020-01/2020-03", by="street", phi=1)
    assert by_street["note"].tolist() == ["甲街道 2021-02", "乙街道 2021-02"]
    assert left_out_text([change["note"]], "zh") == "（未报送、两期同样不计的：龙岗区2021年2月）"
