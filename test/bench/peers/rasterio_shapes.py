"""Peer of vector-trace.ts: rasterio.features.shapes on a raw uint8 mask file."""

import sys
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.features import shapes

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from json_lines import serve


def hello(_request: dict) -> dict:
    return {
        "name": f"rasterio {rasterio.__version__} (GDAL {rasterio.__gdal_version__})"
    }


def trace(request: dict) -> dict:
    mask = np.fromfile(request["path"], dtype=np.uint8).reshape(
        request["height"], request["width"]
    )
    start = time.perf_counter()
    count = sum(
        1 for _ in shapes(mask, mask=mask != 0, connectivity=request["connectivity"])
    )
    return {"ms": (time.perf_counter() - start) * 1000, "count": count}


serve({"hello": hello, "shapes": trace})
