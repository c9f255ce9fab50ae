"""Peer of vector-simplify.ts: shapely.coverage_simplify on the polygons of a raw uint8 mask file."""

import sys
import time
from pathlib import Path

import numpy as np
import shapely
from rasterio.features import shapes
from shapely.geometry import shape

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from json_lines import serve


def hello(_request: dict) -> dict:
    return {"name": f"shapely {shapely.__version__} (GEOS {shapely.geos_version_string})"}


def simplify(request: dict) -> dict:
    mask = np.fromfile(request["path"], dtype=np.uint8).reshape(request["height"], request["width"])
    polygons = [shape(geometry) for geometry, _ in shapes(mask, mask=mask != 0)]
    start = time.perf_counter()
    simplified = shapely.coverage_simplify(polygons, request["tolerance"])
    return {"ms": (time.perf_counter() - start) * 1000, "vertices": int(shapely.get_num_coordinates(simplified).sum())}


serve({"hello": hello, "simplify": simplify})
