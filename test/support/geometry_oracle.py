"""What GDAL, rasterio and shapely say; asked by the tests of core/vector through test/support/python.ts."""

import sys
from pathlib import Path

import numpy as np
import shapely
from rasterio.features import rasterize, shapes
from shapely.geometry import shape
from shapely.validation import explain_validity

sys.path.insert(0, str(Path(__file__).parent))
from json_lines import serve


def polygons_of(request: dict) -> list[shapely.Polygon]:
    return [shapely.Polygon(rings[0], rings[1:]) for rings in request["polygons"]]


def check(request: dict) -> dict:
    """Validity of each polygon, and of all together as one MultiPolygon."""
    polygons = polygons_of(request)
    return {
        "invalid": [
            explain_validity(polygon) for polygon in polygons if not polygon.is_valid
        ],
        "together": explain_validity(shapely.MultiPolygon(polygons)),
        "area": sum(polygon.area for polygon in polygons),
    }


def overlap(request: dict) -> dict:
    """Sum of the areas against the area of the union: the difference is what overlaps."""
    polygons = polygons_of(request)
    return {
        "sum": sum(polygon.area for polygon in polygons),
        "union": shapely.unary_union(polygons).area,
    }


def polygonize(request: dict) -> dict:
    """What GDAL makes of a mask: one record for each polygon, and the same made valid by GEOS."""
    mask = np.array(request["mask"], dtype=np.uint8).reshape(
        request["height"], request["width"]
    )
    found = []
    for geometry, value in shapes(
        mask, mask=mask != 0, connectivity=request["connectivity"]
    ):
        polygon = shape(geometry)
        valid = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
        parts = list(getattr(valid, "geoms", [valid]))
        found.append(
            {
                "label": int(value),
                "area": valid.area,
                "isValid": bool(polygon.is_valid),
                "holes": len(polygon.interiors),
                "parts": len(parts),
                "validHoles": sum(len(part.interiors) for part in parts),
                "vertices": sorted(
                    {tuple(point) for ring in geometry["coordinates"] for point in ring}
                ),
            }
        )
    return {"polygons": found}


def burn(request: dict) -> dict:
    """The polygons as a mask again, by the pixel-centre rule."""
    size = (request["height"], request["width"])
    return {
        "mask": rasterize(polygons_of(request), out_shape=size, dtype="uint8")
        .ravel()
        .tolist()
    }


serve({"check": check, "overlap": overlap, "polygonize": polygonize, "burn": burn})
