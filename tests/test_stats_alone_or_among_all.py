"""Asked for one area or for all of them, changes are the same to the last digit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.analysis.stats import changes, counts
from src.analysis.stats.delivery import NOTHING

PLACES = [("甲街道", "一社区"), ("甲街道", "二社区"), ("乙街道", "一社区"), ("丙街道", "三社区")]
KINDS = [("criminal", "theft"), ("criminal", "telecom_fraud"), ("public_security", "theft"), ("petition", None)]
MONTHS = pd.date_range("2019-01", "2021-12", freq="MS")
CELL = st.tuples(st.sampled_from(PLACES), st.sampled_from(KINDS), st.sampled_from(list(MONTHS)), st.integers(1, 4000))


def incidents(cells):
    rows = [(month + pd.Timedelta(days=5), *place, *kind, count) for place, kind, month, count in cells]
    names = ["reported_at", "street", "community", "group", "kind", "incident_count"]
    table = pd.DataFrame(rows, columns=names).astype({"street": "str", "community": "str", "group": "str"})
    return table.astype({"kind": "str"})


@settings(max_examples=settings.default.max_examples // 10)
@given(st.lists(CELL, min_size=4, max_size=60), st.sampled_from(["2020", "mean"]))
@pytest.mark.parametrize("by", ["street", "community", ["community", "kind"], ["street", "roll_up"]])
def test_a_change_is_the_same_alone_and_among_all(by, cells, reference):
    ends = [(place, KINDS[0], month, 1) for place in PLACES for month in MONTHS[[0, -1]]]
    rows = incidents([*cells, *ends])  # all of the same months
    reference = ["2019", "2020"] if reference == "mean" else reference
    whole = changes.period_change(rows, "2021", reference, by, missing=NOTHING)
    for keys, alone_rows in rows.groupby(["street", "community"] if "community" in by else ["street"], sort=False):
        alone = changes.period_change(alone_rows, "2021", reference, by, missing=NOTHING, among=rows)
        own = np.logical_and.reduce([whole[n].eq(k) for n, k in zip(["street", "community"], keys, strict=False)])
        names = [name for name in whole if name in ("street", "community", "kind", "roll_up")]
        both = [table.sort_values(names, ignore_index=True) for table in (alone, whole[own])]
        pd.testing.assert_frame_equal(*both, check_exact=True)


@settings(max_examples=settings.default.max_examples // 10)
@given(st.lists(CELL, min_size=1, max_size=80))
@pytest.mark.parametrize("by", [None, "street", "community", "kind", "roll_up", ["street", "kind"], ["group", "month"]])
def test_totals_are_those_of_pandas(by, cells):
    rows = incidents(cells)
    names = counts.columns_of(by)
    if "roll_up" in names:
        found = counts.totals(rows, by)
        for code, count in found.items():
            assert count == rows.loc[counts.roll_up_mask(rows, code), "incident_count"].sum()
        return
    month = rows["reported_at"].dt.to_period("M").dt.to_timestamp()
    there = rows.assign(month=month).groupby(names, sort=False)["incident_count"].sum() if names else None
    found = counts.totals(rows, by)
    if names:
        pd.testing.assert_series_equal(found, there, check_dtype=False, check_index_type=False)
    else:
        assert found.tolist() == [rows["incident_count"].sum()]


def test_a_column_of_ones_own_is_grouped_by_like_any_other():
    rows = incidents([(PLACES[0], KINDS[0], MONTHS[0], 30), (PLACES[1], KINDS[0], MONTHS[12], 40)])
    rows = rows.assign(shift=["night", "day"])
    table = changes.period_change(rows, "2020-01", "2019-01", ["shift", "street"], missing=NOTHING)
    assert table[["shift", "current", "reference"]].to_numpy().tolist() == [["day", 40, 0], ["night", 0, 30]]
    assert counts.monthly_counts(rows, "shift")["shift"].unique().tolist() == ["night", "day"]
