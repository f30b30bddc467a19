"""Rows of an area or a period: the same from the file as from the whole table, and without reading the rest."""

import io
import os

import pandas as pd
import pytest
from pyarrow import parquet

from src.analysis import load_incidents, load_projects, load_sites, loading

ASKED = [
    ("布吉街道", None),
    ("布吉街道/南三社区", None),
    (None, "2021-03"),
    ("Buji", "2021-01/2021-09"),
    ("龙岗区", "2020"),
    ("布吉街道/南三社区", "2031"),  # nothing
]


@pytest.mark.parametrize("load", [load_incidents, load_projects, load_sites])
@pytest.mark.parametrize(("area", "period"), ASKED)
def test_rows_from_the_file_are_those_of_the_whole_table(on_sample, monkeypatch, load, area, period):
    monkeypatch.setattr(loading, "_read", {})
    from_file = load(area, period)
    whole = load()
    assert loading._read
    pd.testing.assert_frame_equal(load(area, period), from_file)
    times = {load_incidents: "reported_at", load_projects: "started_on", load_sites: "opened_on"}
    asked = loading.conditions(on_sample, area, period, times[load])
    words = " & ".join(f"`{column}` {condition} @asked[{n}][2]" for n, (column, condition, _) in enumerate(asked))
    expected = whole.query(words) if asked else whole
    pd.testing.assert_frame_equal(from_file, expected.reset_index(drop=True))


@pytest.mark.usefixtures("on_sample")
def test_a_column_of_a_whole_table_is_in_one_piece():
    assert load_incidents()["kind"].array.__arrow_array__().num_chunks == 1


class Counted(io.FileIO):
    """A file that counts the bytes that are read of it."""

    taken = 0

    def read(self, size=-1):
        found = super().read(size)
        Counted.taken += len(found)
        return found


@pytest.mark.parametrize(
    ("area", "period", "most"), [("布吉街道/南三社区", None, 0.1), ("布吉街道", None, 0.25), (None, "2031", 0.06)]
)
def test_the_rest_is_not_read(on_sample, monkeypatch, area, period, most):
    read = parquet.read_table
    monkeypatch.setattr(loading, "_read", {})
    monkeypatch.setattr(Counted, "taken", 0)
    load_incidents("布吉街道")  # the register is read by now

    def counted(source, **asked):
        with Counted(os.fspath(source)) as file:
            return read(file, **asked)

    monkeypatch.setattr(parquet, "read_table", counted)
    load_incidents(area, period)
    part, Counted.taken = Counted.taken, 0
    load_incidents()
    assert 0 < part < most * Counted.taken, f"{part / Counted.taken:.3f} of the file"


@pytest.mark.usefixtures("on_sample")
def test_what_somebody_writes_into_a_table_nobody_else_sees():
    rows = load_incidents()
    rows["incident_count"].array[0] = 99
    rows.loc[0, "street"] = "别处"
    again = load_incidents()
    assert again["incident_count"].iloc[0] != 99
    assert again["street"].iloc[0] != "别处"
