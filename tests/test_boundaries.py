"""Boundaries as they are delivered: read like every table, matched to the register, drawn as a map of rates."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from chart_faults import faults

from src import analysis as la
from src.analysis.charts.maps import LOOKS, map_bands
from src.reports import describe


def square(x, y, side=1.0, turn=1):
    """Corners of a square from its lower left one, leftwards; rightwards with `turn` -1."""
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]][::turn]


def feature(name, *polygons, kind="MultiPolygon"):
    return {
        "type": "Feature",
        "properties": {"NAME": name, "no": 7},
        "geometry": {"type": kind, "coordinates": polygons},
    }


def read(folder, *features):
    path = folder / "streets.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return la.read_table(path, "boundaries")


BUJI = feature("布吉", [square(114, 22), square(114.4, 22.4, 0.2)])  # a hole that turns as its outer ring does
PINGHU = feature("平湖街道", [square(115, 22, turn=-1)], [square(116.5, 22, 0.3)])


def test_features_are_rows_matched_by_name_and_what_fits_nothing_is_told(tmp_path):
    point = {**feature("布吉街道"), "geometry": {"type": "Point", "coordinates": [114, 22]}}
    few = feature("龙城街道", [square(114, 22)[:3]])
    found = read(tmp_path, BUJI, PINGHU, feature("福田街道", [square(1, 1)]), point, few)
    assert found.clean["street"].tolist() == ["布吉街道", "平湖街道"]
    assert json.loads(found.clean["geometry"][0]) == [[square(114, 22), square(114.4, 22.4, 0.2)]]
    assert found.quarantined[["line", "column", "code"]].to_numpy().tolist() == [
        [4, "street", "unknown_street"], [5, "geometry", "no_outline"], [6, "geometry", "no_outline"],
    ]  # fmt: skip
    assert "福田街道" in found.quarantined["value"][0]


@pytest.mark.parametrize("text", ['{"type": "FeatureCollection"}', '{"type": "FeatureCollection", "features": [', "[]"])
def test_what_is_no_geojson_is_refused_in_a_sentence(tmp_path, text):
    path = tmp_path / "streets.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(la.UnreadableFile, match=r"streets\.geojson: ") as refused:
        la.read_table(path, "boundaries")
    assert "Traceback" not in str(refused.value)


RATES = pd.DataFrame(
    {"street": ["布吉街道", "平湖街道", "坪地街道"], "x": [300, 10, 500], "n": [1e5, 1e4, 1e4],
     "estimate": [30.0, 10.0, 500.0], "lower": [25.0, 5.0, 400.0], "upper": [35.0, 15.0, 600.0], "overall": 60.0,
     "note": "resident 2022", "flag": ["below", "above", ""]}
)  # fmt: skip


def test_rates_are_drawn_in_bands_with_their_signs_and_few_are_hatched(tmp_path):
    boundaries = read(tmp_path, BUJI, PINGHU).clean
    assert map_bands(RATES).tolist() == ["below", "few", "same"]
    ax = la.plot_map(RATES, boundaries, lang="en")
    assert [text.get_text() for text in ax.texts] == ["Buji ▼", "Pinghu"]
    assert [patch.get_gid() for patch in ax.patches] == ["布吉街道", "平湖街道"]
    assert [patch.get_hatch() for patch in ax.patches] == ["", "////"]
    assert ax.get_aspect() == pytest.approx(1 / np.cos(np.radians(22.5)))
    path = ax.patches[0].get_path()
    turns = [np.sign(ring[:-1, 0] @ ring[1:, 1] - ring[1:, 0] @ ring[:-1, 1]) for ring in path.to_polygons()]
    assert turns == [1, -1]  # the hole stays empty
    assert ax.patches[1].get_path().contains_point((115.5, 22.5))
    assert all(patch.get_path().contains_point(text.xy) for patch, text in zip(ax.patches, ax.texts, strict=True))
    assert faults(ax.figure) == []
    plt.close(ax.figure)
    said = describe.rates_map(RATES, "zh", boundaries)
    assert "没有边界、未画出的：坪地街道" in said.caption
    assert len({look[-1] or look[1] for look in LOOKS.values()}) == len(LOOKS)  # no colour without a sign


def test_a_long_boundary_stays_light(tmp_path):
    angles = np.linspace(0, 2 * np.pi, 50_000)
    ring = np.column_stack([114 + np.cos(angles), 22 + np.sin(angles)]).tolist()
    boundaries = read(tmp_path, feature("布吉", [[*ring[:-1], ring[0]]])).clean
    ax = la.plot_map(RATES.head(1), boundaries)
    assert 300 < len(ax.patches[0].get_path().vertices) < 2500


def test_metres_are_drawn_as_they_are(tmp_path):
    boundaries = read(tmp_path, feature("布吉", [square(500_000, 2_500_000, 1e4)])).clean
    assert la.plot_map(RATES.head(1), boundaries).get_aspect() == 1
