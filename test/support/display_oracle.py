"""What rasterio reads in a scene and in the copy that was made of it for drawing."""

import hashlib
import sys
from pathlib import Path

import numpy as np
import rasterio

sys.path.insert(0, str(Path(__file__).parent))
from json_lines import serve


def halved(samples: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Mean of the valid samples of each 2 x 2 block of one band."""
    height, width = samples.shape
    pad = ((0, height % 2), (0, width % 2))
    values = np.pad(np.where(valid, samples, 0).astype("f8"), pad)
    counts = np.pad(valid.astype("f8"), pad)
    blocks = (-(-height // 2), 2, -(-width // 2), 2)
    total = values.reshape(blocks).sum(axis=(1, 3))
    count = counts.reshape(blocks).sum(axis=(1, 3))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def copy(request: dict) -> dict:
    with rasterio.open(request["path"]) as made:
        overviews = made.overviews(1)
        samples = made.read()
        mask = made.dataset_mask() > 0
        reply = {
            "size": [made.width, made.height, made.count],
            "dtype": made.dtypes[0],
            "transform": list(made.transform)[:6],
            "overviews": overviews,
            "tile": made.block_shapes[0],
            "sha256": hashlib.sha256(
                np.ascontiguousarray(samples).tobytes()
            ).hexdigest(),
            "maskSha256": hashlib.sha256(
                mask.astype("u1").tobytes()
            ).hexdigest(),
        }
    if overviews:
        with rasterio.open(request["path"], overview_level=0) as half:
            differences = []
            for band in range(half.count):
                nodata = request.get("nodata")
                own = mask if nodata is None else mask & (samples[band] != nodata)
                expected = halved(samples[band], own)
                found = half.read(band + 1).astype("f8")
                differences.append(np.nanmax(np.abs(found - expected)))
            reply["halfDifference"] = float(max(differences))
    return reply


def original(request: dict) -> dict:
    with rasterio.open(request["path"]) as scene:
        samples = scene.read()
        if request.get("dtype"):
            samples = samples.astype(request["dtype"])
        mask = scene.dataset_mask() > 0
        percentiles = []
        for band in scene.read(masked=True):
            values = band.compressed()
            values = values[np.isfinite(values)]
            percentiles.append(
                [float(p) for p in np.percentile(values, [2, 98])]
                if values.size
                else [0, 0]
            )
        return {
            "sha256": hashlib.sha256(
                np.ascontiguousarray(samples).tobytes()
            ).hexdigest(),
            "maskSha256": hashlib.sha256(mask.astype("u1").tobytes()).hexdigest(),
            "transform": list(scene.transform)[:6],
            "percentiles": percentiles,
        }


serve({"copy": copy, "original": original})
