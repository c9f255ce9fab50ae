"""Writes the scene that the panning bench moves: 20,000 x 20,000 pixels, three bands, tiled, deflate, with overviews."""

import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.windows import Window

sys.path.append(str(Path(__file__).parents[2] / "support"))
from json_lines import serve  # noqa: E402  (the module lies beside the tests)

SIDE = 20_000
BLOCK = 512


def write(request: dict) -> dict:
    """Write to `path`. Stripes of other widths in every band, with noise that compresses badly."""
    noise = (np.random.default_rng(1).random((BLOCK, BLOCK)) * 40).astype(np.uint8)
    profile = {
        "driver": "GTiff",
        "width": SIDE,
        "height": SIDE,
        "count": 3,
        "dtype": "uint8",
        "crs": "EPSG:32633",
        "transform": rasterio.Affine(0.5, 0, 500000, 0, -0.5, 5400000),
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "deflate",
        "zlevel": 1,
        "photometric": "rgb",
    }
    with rasterio.open(request["path"], "w", **profile) as scene:
        for y in range(0, SIDE, BLOCK):
            for x in range(0, SIDE, BLOCK):
                width, height = min(BLOCK, SIDE - x), min(BLOCK, SIDE - y)
                rows, columns = np.mgrid[y : y + height, x : x + width]
                stripes = [columns // 80, rows // 80, (columns + rows) // 160]
                samples = [(stripe % 200).astype(np.uint8) + noise[:height, :width] for stripe in stripes]
                scene.write(np.stack(samples), window=Window(x, y, width, height))
    with rasterio.open(request["path"], "r+") as scene:
        scene.build_overviews([2, 4, 8, 16, 32], Resampling.nearest)
    return {"ms": 0}


serve({"hello": lambda _: {"name": f"rasterio {rasterio.__version__}"}, "write": write})
