"""Writes geodesic_reference.json: areas and perimeters by PROJ's geodesics, for test/node/vector/geodesic.test.ts.

Run with the Python of models/.venv (needs pyproj and shapely).
"""

import json
import math
from pathlib import Path

import pyproj
import shapely
from shapely.geometry import Polygon, mapping
from shapely.ops import transform

GEOD = pyproj.Geod(ellps="WGS84")


def rings(polygon: Polygon) -> list[list[list[float]]]:
    """Exterior and holes without the repeated last vertex."""
    return [
        [list(point) for point in ring[:-1]] for ring in mapping(polygon)["coordinates"]
    ]


def geodesic(polygon: Polygon) -> dict:
    """Area as exterior minus holes, whatever the winding; perimeter with holes, as QGIS, PostGIS and shapely count it."""
    area, _ = GEOD.geometry_area_perimeter(shapely.geometry.polygon.orient(polygon, 1))
    perimeter = sum(
        GEOD.geometry_length(ring) for ring in [polygon.exterior, *polygon.interiors]
    )
    return {"areaM2": area, "perimeterM": perimeter}


def star(
    lon: float, lat: float, radius: float, points: int
) -> list[tuple[float, float]]:
    return [
        (
            lon
            + radius
            * (1 + 0.4 * (k % 2))
            * math.cos(2 * math.pi * k / points)
            / math.cos(math.radians(lat)),
            lat + radius * (1 + 0.4 * (k % 2)) * math.sin(2 * math.pi * k / points),
        )
        for k in range(points)
    ]


def lon_lat_cases() -> list[dict]:
    polygons = {
        "roof near the equator": Polygon(
            [(36.8, -1.28), (36.8002, -1.28), (36.8002, -1.2799), (36.8, -1.2799)]
        ),
        "star at mid latitude": Polygon(star(8.54, 47.37, 0.003, 24)),
        "star with two holes": Polygon(
            star(-84.4, 33.7, 0.02, 30),
            [star(-84.4, 33.705, 0.002, 10), star(-84.395, 33.695, 0.001, 8)],
        ),
        "high latitude": Polygon(star(25.0, 78.2, 0.05, 16)),
        "across the antimeridian": Polygon(
            [(179.9, -16.5), (-179.9, -16.5), (-179.9, -16.4), (179.9, -16.4)]
        ),
        "a degree wide": Polygon([(10, 45), (11, 45), (11, 46), (10, 46)]),
    }
    return [
        {"name": name, "rings": rings(polygon), **geodesic(polygon)}
        for name, polygon in polygons.items()
    ]


def projected_cases() -> list[dict]:
    """Polygons that are straight on the map, measured with a vertex every 20 m (0.0002 degrees)."""
    cases = []
    for name, epsg, polygon, step in [
        (
            "UTM window of 30 km",
            32633,
            shapely.box(250_000, 5_200_000, 280_000, 5_230_000),
            20,
        ),
        (
            "UTM roof",
            32633,
            shapely.box(333_000.5, 5_000_100.25, 333_020.5, 5_000_112.25),
            20,
        ),
        (
            "web mercator field",
            3857,
            shapely.box(950_000, 6_000_000, 953_000, 6_002_000),
            20,
        ),
        ("degrees, 10 km", 4326, shapely.box(10, 60, 10.2, 60.1), 0.0002),
        (
            "polar stereographic with a hole",
            3031,
            Polygon(
                shapely.box(0, 1_500_000, 20_000, 1_510_000).exterior,
                [shapely.box(5_000, 1_502_000, 9_000, 1_507_000).exterior],
            ),
            20,
        ),
    ]:
        crs = pyproj.CRS.from_epsg(epsg)
        to_lon_lat = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
        dense = shapely.segmentize(polygon, step)
        cases.append(
            {
                "name": name,
                "proj4": crs.to_proj4(),
                "rings": rings(polygon),
                **geodesic(transform(to_lon_lat.transform, dense)),
            }
        )
    return cases


reference = {
    "made_with": f"pyproj {pyproj.__version__}, PROJ {pyproj.proj_version_str}",
    "lonLat": lon_lat_cases(),
    "projected": projected_cases(),
}
Path(__file__).with_name("geodesic_reference.json").write_text(
    json.dumps(reference, indent=1) + "\n"
)
