"""Peer of raster-read.ts: makes the scenes and reads windows of them with rasterio, on one thread as it does by default."""

import hashlib
import sys
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from json_lines import serve  # noqa: E402


def hello(_request: dict) -> dict:
    return {"name": f"rasterio {rasterio.__version__} (GDAL {rasterio.__gdal_version__})"}


def make(request: dict) -> dict:
    """A picture-like scene: smooth waves with noise, three 8-bit bands, DEFLATE tiles of 512 with predictor 2."""
    start = time.perf_counter()
    path, size = Path(request["path"]), request["size"]
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(1)
        profile = {
            "driver": "GTiff", "width": size, "height": size, "count": 3, "dtype": "uint8", "crs": "EPSG:32633",
            "transform": rasterio.Affine(0.5, 0, 500000, 0, -0.5, 5400000), "tiled": True, "blockxsize": 512,
            "blockysize": 512, "interleave": "pixel", **request["creation"],
        }  # fmt: skip
        part = path.with_suffix(".part.tif")
        columns = np.arange(size)
        with rasterio.open(part, "w", **profile) as target:
            for y in range(0, size, 512):
                rows = np.arange(y, min(size, y + 512))[:, None]
                for band in range(3):
                    wave = 110 + 60 * np.sin(columns / (97 + band)) + 50 * np.cos(rows / 131)
                    noise = random.integers(0, 12, (rows.shape[0], size))
                    target.write((wave + noise).clip(0, 255).astype(np.uint8), band + 1, window=Window(0, y, size, rows.shape[0]))
            if request.get("overviews"):
                target.build_overviews([2, 4, 8], rasterio.enums.Resampling.average)
        part.rename(path)
    return {"ms": (time.perf_counter() - start) * 1000}


def read(request: dict) -> dict:
    """Times every window of a freshly opened file, and says the MD5 of the samples (not timed)."""
    digest = hashlib.md5(usedforsecurity=False)
    ms = 0.0
    with rasterio.open(request["path"]) as source:
        for x, y, width, height in request["windows"]:
            start = time.perf_counter()
            samples = source.read([1, 2, 3], window=Window(x, y, width, height))
            ms += (time.perf_counter() - start) * 1000
            digest.update(samples.tobytes())
    return {"ms": ms, "md5": digest.hexdigest()}


serve({"hello": hello, "make": make, "read": read})
