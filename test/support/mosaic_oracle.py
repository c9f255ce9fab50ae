"""Writes the files of a mosaic and its VRT, and says what rasterio reads of it. One JSON request a line, one JSON reply a line."""

import hashlib
import subprocess

import numpy as np
import rasterio
from json_lines import serve
from rasterio.enums import ColorInterp
from rasterio.windows import Window

ORIGIN = (500000, 5400000)


def samples_of(tile: dict) -> np.ndarray:
    """Each pixel tells where in the world it lies, roughly: smooth, so that JPEG keeps it."""
    rows, columns = np.mgrid[0 : tile["height"], 0 : tile["width"]]
    x = tile["x"] + columns * tile["pixel"]
    y = tile["y"] + rows * tile["pixel"]
    wave = 100 + 60 * np.sin(x / 17) + 40 * np.cos(y / 23)
    return np.stack(
        [wave + 7 * band + tile.get("shift", 0) for band in range(tile["bands"])]
    ).astype(tile["type"])


def write_tile(tile: dict) -> None:
    samples = samples_of(tile)
    rows, columns = np.mgrid[0 : tile["height"], 0 : tile["width"]]
    hole = (columns - 30) ** 2 + (rows - 25) ** 2 < 200
    if tile.get("nodata") is not None:
        samples[:, hole] = tile["nodata"]
    profile = {
        "driver": "GTiff",
        "width": tile["width"],
        "height": tile["height"],
        "count": tile["bands"],
        "dtype": tile["type"],
        "crs": "EPSG:32633",
        "nodata": tile.get("nodata"),
        "transform": rasterio.Affine(
            tile["pixel"],
            0,
            ORIGIN[0] + tile["x"],
            0,
            -tile["pixel"],
            ORIGIN[1] - tile["y"],
        ),
    }
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            tile["path"], "w", **(profile | tile.get("creation", {}))
        ) as target,
    ):
        if tile.get("alpha"):
            target.colorinterp = [*target.colorinterp[:-1], ColorInterp.alpha]
            samples[-1] = np.where(hole, 0, 255)
        target.write(samples)
        if tile.get("mask"):
            target.write_mask(~hole)
    if "overviews" in tile:
        with (
            rasterio.Env(**tile.get("settings", {})),
            rasterio.open(tile["path"], "r+") as target,
        ):
            target.build_overviews(tile["overviews"], rasterio.enums.Resampling.average)


def build(request: dict) -> dict:
    for tile in request["tiles"]:
        write_tile(tile)
    files = [tile["path"] for tile in request["tiles"] if not tile.get("isLeftOut")]
    subprocess.run(
        ["gdalbuildvrt", "-q", *request.get("arguments", []), request["path"], *files],
        check=True,
    )
    if "addo" in request:
        subprocess.run(
            [
                "gdaladdo",
                "-q",
                *request["addo"][0],
                request["path"],
                *request["addo"][1],
            ],
            check=True,
        )
    return {}


def read(request: dict) -> dict:
    path = request["path"]
    with rasterio.open(path) as source:
        windows = [Window(*window) for window in request["windows"]] or [
            Window(0, 0, source.width, source.height)
        ]
        reply = {
            "size": [source.width, source.height],
            "transform": list(source.transform)[:6],
            "epsg": source.crs.to_epsg(),
            "nodata": [
                None if value is None else str(value) for value in source.nodatavals
            ],
            "types": source.dtypes,
            "colors": [color.name for color in source.colorinterp],
            "windows": [content(source, window) for window in windows],
            "overviews": [],
        }
        count = len(source.overviews(1))
    for level in range(count):
        with rasterio.open(path, overview_level=level) as overview:
            whole = Window(0, 0, overview.width, overview.height)
            reply["overviews"].append(
                {"size": [overview.width, overview.height], **content(overview, whole)}
            )
    return reply


def content(source: rasterio.DatasetReader, window: Window) -> dict:
    samples = [source.read(band, window=window) for band in source.indexes]
    valid = source.dataset_mask(window=window) > 0
    if all(band.dtype.kind == "f" for band in samples):
        # Here NaN never counts.
        valid &= ~np.isnan(samples).all(axis=0)
    return {
        "samples": [sha256(band) for band in samples],
        "valid": sha256(valid.astype(np.uint8)),
    }


def sha256(samples: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()


serve({"build": build, "read": read})
