"""Writes polygonize_reference.json: what GDAL makes of seeded masks, for test/node/vector/trace-mask.test.ts.

Run with the Python of models/.venv (needs rasterio, shapely and scipy).
"""

import base64
import json
import zlib
from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio.features import shapes
from scipy.ndimage import uniform_filter
from shapely.geometry import shape

WIDTH, HEIGHT = 61, 47


def masks() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(20261122)
    noise = rng.random((HEIGHT, WIDTH))
    smooth = uniform_filter(rng.random((HEIGHT, WIDTH)), 5)
    rows, columns = np.indices((HEIGHT, WIDTH))
    nested = np.maximum(abs(rows - HEIGHT // 2), abs(columns - WIDTH // 2)) % 2 == 0
    return {
        "blobs": smooth > 0.5,
        "noise, half": noise > 0.5,
        "noise, sparse": noise > 0.9,
        "noise, dense": noise > 0.15,
        "checkerboard": (rows + columns) % 2 == 0,
        "nested rings with gaps": nested ^ (noise > 0.93),
        "four labels": np.digitize(smooth, [0.45, 0.5, 0.55]),
        "labels without background": np.digitize(smooth, [0.45, 0.5, 0.55]) + 1,
        "labels, noise": np.digitize(noise, [0.3, 0.6, 0.8]),
        "full": np.ones((HEIGHT, WIDTH)),
        "empty": np.zeros((HEIGHT, WIDTH)),
    }


def polygonized(mask: np.ndarray, connectivity: int) -> list[list[int]]:
    """For each polygon: label, area, holes as GDAL has them, parts and holes once valid, distinct vertices, their sums."""
    found = []
    for geometry, label in shapes(mask, mask=mask != 0, connectivity=connectivity):
        polygon = shape(geometry)
        valid = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
        parts = list(getattr(valid, "geoms", [valid]))
        vertices = {tuple(point) for ring in geometry["coordinates"] for point in ring}
        found.append(
            [
                int(label),
                round(sum(part.area for part in parts)),
                len(polygon.interiors),
                len(parts),
                sum(len(part.interiors) for part in parts),
                len(vertices),
                round(sum(x for x, _ in vertices)),
                round(sum(y for _, y in vertices)),
            ]
        )
    return sorted(found)


cases = []
for name, values in masks().items():
    mask = values.astype(np.uint8)
    cases.append(
        {
            "name": name,
            "maskZlibBase64": base64.b64encode(
                zlib.compress(mask.tobytes(), 9)
            ).decode(),
            "polygons4": polygonized(mask, 4),
            "polygons8": polygonized(mask, 8),
        }
    )
reference = {
    "made_with": f"rasterio {rasterio.__version__}, GDAL {rasterio.__gdal_version__}, shapely {shapely.__version__}",
    "width": WIDTH,
    "height": HEIGHT,
    "columns": [
        "label",
        "area",
        "holes",
        "validParts",
        "validHoles",
        "vertices",
        "sumX",
        "sumY",
    ],
    "cases": cases,
}
Path(__file__).with_name("polygonize_reference.json").write_text(
    json.dumps(reference, separators=(",", ":")) + "\n"
)
