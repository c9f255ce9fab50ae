"""Writes test/fixtures/raster-reference.json: what rasterio says of every raster of the shared test data.

Run with an interpreter that has rasterio 1.4.4 and numpy:
    models/.venv/bin/python test/reference/make_raster_reference.py
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import warnings
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image, features
from rasterio.enums import MaskFlags
from rasterio.windows import Window

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("T2S_SHARED", ROOT.parent / "shared"))
SUFFIXES = {".tif", ".tiff", ".vrt", ".jpg", ".jp2", ".png", ".img", ".asc"}


def sha(array: np.ndarray) -> str:
    """SHA-256 of the samples, band-sequential, row-major, little-endian."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()


def number(value: float | None) -> float | str | None:
    if value is None:
        return None
    return "nan" if math.isnan(value) else float(value)


def statistics(source: rasterio.DatasetReader) -> list[dict | None]:
    """Over what read(masked=True) leaves, without NaN; sums in float64."""
    result = []
    for band in range(1, source.count + 1):
        samples = source.read(band)
        valid = source.read_masks(band) != 0
        if np.issubdtype(samples.dtype, np.floating):
            valid &= ~np.isnan(samples)
        kept = samples[valid]
        if kept.size == 0:
            result.append(None)
        else:
            result.append(
                {
                    "min": float(kept.min()),
                    "max": float(kept.max()),
                    "mean": float(kept.astype(np.float64).mean()),
                    "validCount": int(kept.size),
                }
            )
    return result


def windows(source: rasterio.DatasetReader) -> list[dict]:
    """A few windows at full resolution: inner, along the edges, one pixel."""
    width, height = source.width, source.height
    wanted = [
        (0, 0, min(width, 64), min(height, 64)),
        (width // 3, height // 3, max(1, width // 3), max(1, min(height // 3, 200))),
        (width - 1, height - 1, 1, 1),
        (max(0, width - 37), max(0, height // 2 - 5), min(width, 37), min(height, 11)),
    ]
    rows = []
    for x, y, w, h in wanted:
        window = Window(x, y, w, h)
        samples = source.read(window=window)
        rows.append(
            {
                "window": [x, y, w, h],
                "sha256": sha(samples),
                "validSha256": sha(
                    (source.dataset_mask(window=window) != 0).astype(np.uint8)
                ),
            }
        )
    return rows


def overview_reads(path: Path, factors: list[int]) -> list[dict]:
    """The whole of each overview, read as a level of its own, so that no resampling takes part."""
    rows = []
    for level, factor in enumerate(factors):
        with rasterio.open(path, OVERVIEW_LEVEL=level) as overview:
            rows.append(
                {
                    "factor": factor,
                    "width": overview.width,
                    "height": overview.height,
                    "sha256": sha(overview.read()),
                }
            )
    return rows


def turbo_read(path: Path, source: rasterio.DatasetReader) -> dict | None:
    """The samples of a JPEG as libjpeg-turbo decodes them.

    rasterio's wheels hold IJG libjpeg 9, which enlarges the colour planes in another way than libjpeg 6b and
    libjpeg-turbo (Debian, conda, QGIS, Pillow, browsers): up to 44 of 255 apart at edges.
    """
    if source.compression is None or source.compression.name != "jpeg":
        return None
    assert features.check("libjpeg_turbo")
    samples = np.asarray(Image.open(path)).transpose(2, 0, 1)
    result = []
    for band in range(source.count):
        kept = samples[band][source.read_masks(band + 1) != 0]
        result.append(
            {
                "min": float(kept.min()),
                "max": float(kept.max()),
                "mean": float(kept.mean()),
                "validCount": int(kept.size),
            }
        )
    return {"sha256": sha(samples), "statistics": result}


def describe(path: Path) -> dict:
    with rasterio.open(path) as source:
        identity = source.transform == rasterio.Affine.identity()
        row: dict = {
            "width": source.width,
            "height": source.height,
            "count": source.count,
            "types": list(source.dtypes),
            "nodata": [number(value) for value in source.nodatavals],
            "colors": [color.name for color in source.colorinterp],
            "epsg": source.crs.to_epsg() if source.crs else None,
            "hasCrs": source.crs is not None,
            "gcps": len(source.gcps[0]),
            "gcpsEpsg": source.gcps[1].to_epsg() if source.gcps[1] else None,
            "transform": None if identity else list(source.transform)[:6],
            "overviews": source.overviews(1),
            "scales": list(source.scales),
            "offsets": list(source.offsets),
            "descriptions": list(source.descriptions),
            "perDatasetMask": MaskFlags.per_dataset in source.mask_flag_enums[0],
        }
        try:
            row["statistics"] = statistics(source)
            row["sha256"] = sha(source.read())
            row["validSha256"] = sha((source.dataset_mask() != 0).astype(np.uint8))
            row["windows"] = windows(source)
            turbo = turbo_read(path, source)
            if turbo is not None:
                row["turbo"] = turbo
        except rasterio.errors.RasterioIOError as error:
            row["readError"] = str(error).split("\n")[0]
        factors = row["overviews"]
    if "readError" not in row:
        row["overviewReads"] = overview_reads(path, factors)
    return row


def main() -> None:
    warnings.simplefilter("ignore")
    data = SHARED / "data"
    files = sorted(path for path in data.rglob("*") if path.suffix.lower() in SUFFIXES)
    expected = json.loads((data / "derived_codecs_cc0/expected.json").read_text())
    rows = {}
    for path in files:
        name = path.relative_to(data).as_posix()
        try:
            rows[name] = describe(path)
        except rasterio.errors.RasterioIOError as error:
            rows[name] = {"openError": str(error).split("\n")[0]}
        if path.parent.name == "derived_codecs_cc0":
            published = expected[path.stem]
            if published["sha256_band_seq_le"] != rows[name]["sha256"]:
                raise SystemExit(
                    f"{name}: rasterio does not give the published samples"
                )
            rows[name]["publishedSha256"] = published["sha256_band_seq_le"]
    target = ROOT / "test/fixtures/raster-reference.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        json.dumps(
            {
                "rasterio": rasterio.__version__,
                "gdal": rasterio.__gdal_version__,
                "files": rows,
            },
            indent=1,
        )
        + "\n"
    )
    print(f"{len(rows)} rasters -> {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
