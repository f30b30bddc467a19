"""Tiles of streets: where they stand, what is drawn in them, and what is said of them."""

import numpy as np
import pandas as pd
import pytest

from src import analysis as la
from src.analysis.charts.maps import change_by_street, tile_places
from src.reports import describe

PEOPLE = pd.DataFrame(
    {
        "street": ["布吉街道", "坪地街道"],
        "community": ["龙岭社区", "中心社区"],
        "population": [20_000, 10_000],
        "population_kind": "resident",
        "population_year": 2022,
    }
)


def incidents(*rows):
    """Rows of (street, month, how many)."""
    table = pd.DataFrame(rows, columns=["street", "reported_at", "incident_count"])
    table["reported_at"] = pd.to_datetime(table["reported_at"] + "-05")
    return table.assign(community="一社区", group="traffic", kind="traffic_accident")


ROWS = incidents(
    ("布吉街道", "2020-01", 40), ("布吉街道", "2020-02", 20), ("布吉街道", "2021-01", 30), ("布吉街道", "2021-02", 10),
    ("坪地街道", "2020-01", 8), ("坪地街道", "2020-02", 8), ("坪地街道", "2021-01", 9), ("坪地街道", "2021-02", 3),
)  # fmt: skip


def test_months_are_per_head_beside_those_of_the_year_before():
    table = la.monthly_rates(ROWS, PEOPLE, "2021-01/2021-02")
    assert table["street"].tolist() == ["布吉街道", "布吉街道", "坪地街道", "坪地街道"]
    assert table["estimate"].tolist() == pytest.approx([15.0, 5.0, 9.0, 3.0])
    assert table["reference"].tolist() == [20.0, 10.0, 8.0, 8.0]


def test_what_was_not_delivered_or_lies_before_the_data_is_no_zero():
    gap = pd.DataFrame(
        {"street": ["布吉街道"], "source": ["reports"], "month": [pd.Timestamp("2021-02-01")], "whole": [False]}
    )
    table = la.monthly_rates(ROWS, PEOPLE, "2021-01/2021-02", gap)
    assert table["estimate"].isna().tolist() == [False, True, False, False]
    assert la.monthly_rates(ROWS, PEOPLE, "2020-01/2020-02")["reference"].isna().all()


def test_a_change_of_few_has_no_percentage():
    changes = change_by_street(la.monthly_rates(ROWS, PEOPLE, "2021-01/2021-02"))["change"]
    assert changes["布吉街道"] == pytest.approx(-1 / 3)
    assert np.isnan(changes["坪地街道"])


def test_tiles_stand_as_the_streets_lie_or_in_the_order_of_the_register():
    assert tile_places(["布吉街道", "坪地街道"]) == {"布吉街道": (2, 1), "坪地街道": (0, 4)}
    assert tile_places(["Ward 1", "坪地街道"]) == {"Ward 1": (0, 0), "坪地街道": (0, 1)}


def test_each_tile_has_its_name_and_change_on_one_scale(on_sample):
    table = la.monthly_rates(ROWS, PEOPLE, "2021-01/2021-02")
    tiles = la.plot_tile_map(table, lang="en").child_axes
    assert [tile.get_title(loc="left") for tile in tiles] == ["Buji\n−33.3%", "Pingdi"]
    assert len({tile.get_ylim() for tile in tiles}) == 1
    assert tiles[0].lines[2].get_ydata().tolist() == [15.0, 5.0]
    said = describe.tile_map(table, "zh", name="交通警情", period="2021年1—2月")
    assert said.title == "与上年同期相比，2个街道都下降"
    assert "各街道在12.0至20.0之间" in said.sentence
