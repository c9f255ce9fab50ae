"""What Shapely (GEOS) and PROJ say of changed shapes; asked by the tests of core/shape through test/support/python.ts."""

import sys
from pathlib import Path

import numpy as np
import shapely
from rasterio.warp import transform as warp
from shapely.validation import explain_validity

sys.path.insert(0, str(Path(__file__).parent))
from json_lines import serve

OPERATIONS = {
    "merge": lambda first, second: first.union(second),
    "subtract": lambda first, second: first.difference(second),
    "intersect": lambda first, second: first.intersection(second),
}


def ring(coordinates: list[float]) -> list[tuple[float, float]]:
    return list(zip(coordinates[0::2], coordinates[1::2], strict=True))


def area_of(polygons: list[dict]) -> shapely.Geometry:
    parts = [
        shapely.Polygon(
            ring(polygon["rings"][0]), [ring(hole) for hole in polygon["rings"][1:]]
        )
        for polygon in polygons
    ]
    return shapely.MultiPolygon(parts)


def difference(ours: shapely.Geometry, theirs: shapely.Geometry) -> dict:
    return {
        "validity": explain_validity(ours),
        "area": theirs.area,
        "difference": ours.symmetric_difference(theirs).area,
    }


def moved(geometry: shapely.Geometry, source: str, target: str) -> shapely.Geometry:
    return shapely.transform(
        geometry,
        lambda points: np.column_stack(warp(source, target, points[:, 0], points[:, 1])),
    )


def buffer(request: dict) -> dict:
    """Buffer on the ground: through an azimuthal projection around the shape."""
    crs = request["crs"]
    given = area_of(request["polygons"])
    centre = moved(given.centroid, crs, "EPSG:4326")
    ground = f"+proj=aeqd +lat_0={centre.y} +lon_0={centre.x} +datum=WGS84"
    segments = request.get("segments", 8)
    grown = moved(given, crs, ground).buffer(request["metres"], quad_segs=segments)
    return difference(moved(area_of(request["ours"]), crs, ground), grown)


def combine(request: dict) -> dict:
    first = shapely.unary_union(area_of(request["first"]))
    second = shapely.unary_union(area_of(request["second"]))
    result = difference(
        shapely.unary_union(area_of(request["ours"])),
        OPERATIONS[request["operation"]](first, second),
    )
    result["validity"] = [
        explain_validity(area_of(polygons)) for polygons in request["each"]
    ]
    return result


def compare(request: dict) -> dict:
    ours, before = area_of(request["ours"]), area_of(request["before"])
    return difference(ours, before) | {
        "hausdorff": shapely.hausdorff_distance(ours.boundary, before.boundary, 0.1),
        "vertices": int(shapely.get_num_coordinates(ours)),
        "verticesBefore": int(shapely.get_num_coordinates(before)),
        "holes": sum(len(part.interiors) for part in ours.geoms),
    }


serve({"buffer": buffer, "combine": combine, "compare": compare})
