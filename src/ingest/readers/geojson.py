"""Boundaries of areas → a grid with a line for each: its properties, and its outline as GeoJSON has it."""

import io
import json
import math
from itertools import chain
from typing import Any

from src.ingest.readers.grid import Grid, UnreadableFile, sheet_grid

OUTLINE = "geometry"


def read_geojson(file: str, content: bytes) -> list[Grid]:
    """Return the features of a file of GeoJSON (RFC 7946) as one grid."""
    features = json.loads(content)["features"]
    given = [feature.get("properties") or {} for feature in features]
    names = list(dict.fromkeys(name for properties in given for name in properties if name != OUTLINE))
    outlines = [json.dumps(feature.get(OUTLINE)) for feature in features]
    cells = [[*map(properties.get, names), outline] for properties, outline in zip(given, outlines, strict=True)]
    return [sheet_grid(file, "", [[*names, OUTLINE], *cells], [])]


def read_shapes(file: str, content: bytes) -> list[Grid]:
    """Return the areas of a zipped shapefile or a GeoPackage, in degrees; raises `UnreadableFile` without geopandas."""
    try:
        import geopandas
    except ModuleNotFoundError:
        raise UnreadableFile.because(file, "file_no_geopandas") from None
    shapes = geopandas.read_file(io.BytesIO(content))
    return read_geojson(file, (shapes.to_crs(4326) if shapes.crs else shapes).to_json().encode())


def polygons_of(text: str) -> list[list[list[list[float]]]]:
    """Return the polygons of an outline, each its rings of (x, y), the outer one first; raises `ValueError`."""
    try:
        stated: dict[str, Any] = json.loads(text)
        polygons = {"Polygon": [stated["coordinates"]], "MultiPolygon": stated["coordinates"]}[stated["type"]]
        found = [[[[float(x), float(y)] for x, y, *_ in ring] for ring in rings] for rings in polygons]
    except (KeyError, TypeError, RecursionError):
        raise ValueError("no outline") from None
    rings = [ring for polygon in found for ring in polygon]
    if not rings or not all(len(ring) >= 4 and all(map(math.isfinite, chain(*ring))) for ring in rings):
        raise ValueError("no outline")
    return found
