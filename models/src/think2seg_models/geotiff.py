"""Pictures to georeferenced files."""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import from_origin

EPSG = 32633
"""UTM zone 33 north; scenes lie side by side on a made-up plain."""


def write_geotiff(path: Path, bands: np.ndarray, west: float, north: float, pixel_m: float, overviews: bool = False) -> None:
    """bands [c,n,m] u8 or u16 (1 grey; 3 red, green, blue; 4 with near infrared) -> tiled Deflate GeoTIFF in EPSG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = bands.shape
    profile = {
        "driver": "GTiff",
        "dtype": bands.dtype.name,
        "count": count,
        "height": height,
        "width": width,
        "crs": f"EPSG:{EPSG}",
        "transform": from_origin(west, north, pixel_m, pixel_m),
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "zlevel": 9 if overviews else 4,
        "predictor": 2,
        "photometric": "RGB" if count >= 3 else "MINISBLACK",
        "interleave": "pixel",
    }
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(bands)
        if count >= 3:
            raster.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, *[ColorInterp.undefined] * (count - 3)]
        if count == 4:
            raster.set_band_description(4, "near infrared")
    if overviews:
        with rasterio.open(path, "r+", COMPRESS_OVERVIEW="DEFLATE", PREDICTOR_OVERVIEW="2") as raster:
            raster.build_overviews([2, 4], Resampling.average)
