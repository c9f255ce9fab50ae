"""Writes rasters with rasterio and GDAL and says what rasterio reads of them. One JSON request a line, one JSON reply a line."""

import hashlib
import subprocess
from pathlib import Path

import numpy as np
import rasterio
from json_lines import serve

WIDTH, HEIGHT = 401, 300
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH]
WAVE = ((COLUMNS * 3 + ROWS * 7) % 200).astype(np.uint8)
CLASSES = ((COLUMNS // 7 + ROWS // 5) % 3 == 0).astype(np.uint8)
MASK = (COLUMNS > 50) & (ROWS < 200)


def write(path: str, samples: np.ndarray, mask: np.ndarray | None = None, **profile: object) -> None:
    """One 8-bit band in UTM 33N unless `profile` says otherwise."""
    default = {
        "driver": "GTiff",
        "crs": "EPSG:32633",
        "transform": rasterio.Affine(2, 0, 500000, 0, -2, 5400000),
    }
    with rasterio.open(
        path,
        "w",
        width=WIDTH,
        height=HEIGHT,
        count=1,
        dtype=samples.dtype,
        **(default | profile),
    ) as target:
        target.write(samples, 1)
        if mask is not None:
            target.write_mask(mask)


def write_fax(request: dict) -> None:
    write(request["path"], CLASSES, nbits=1, **request["creation"])


def write_jpeg_2000(request: dict) -> None:
    write(request["path"], WAVE, driver="JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES")


def write_in_crs(request: dict) -> None:
    write(request["path"], WAVE, crs=request["crs"])


def write_with_overviews_beside(request: dict) -> None:
    write(
        request["path"],
        WAVE,
        compress="deflate",
        tiled=True,
        blockxsize=64,
        blockysize=64,
    )
    options = [f"--config={key}={value}" for key, value in request.get("settings", {}).items()]
    settings = [part for option in options for part in option.split("=", 1)]
    subprocess.run(
        [
            "gdaladdo",
            "-q",
            "-ro",
            "-r",
            "average",
            *settings,
            request["path"],
            "2",
            "4",
        ],
        check=True,
    )


def write_with_stale_overviews_beside(request: dict) -> None:
    """Overviews of its own, and beside it those of other samples, with one more."""
    path = Path(request["path"])
    other = path.with_suffix(".other.tif")
    write(str(other), 255 - WAVE)
    subprocess.run(["gdaladdo", "-q", "-ro", str(other), "2", "4"], check=True)
    write(str(path), WAVE)
    subprocess.run(["gdaladdo", "-q", str(path), "2"], check=True)
    Path(f"{other}.ovr").rename(f"{path}.ovr")


def write_with_mask_beside(request: dict) -> None:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        write(request["path"], WAVE, mask=MASK)
    if "maskCompression" in request:
        mask_path = Path(f"{request['path']}.msk")
        plain = mask_path.rename(mask_path.with_suffix(".plain"))
        subprocess.run(
            [
                "gdal_translate",
                "-q",
                "-of",
                "GTiff",
                "-co",
                "NBITS=1",
                "-co",
                f"COMPRESS={request['maskCompression']}",
            ]
            + [
                "-scale",
                "0",
                "255",
                "0",
                "1",
                "-mo",
                "INTERNAL_MASK_FLAGS_1=2",
                str(plain),
                str(mask_path),
            ],
            check=True,
        )


def write_virtual(request: dict) -> None:
    """A VRT that names its source by an absolute path."""
    write(request["source"], WAVE)
    subprocess.run(["gdalbuildvrt", "-q", request["path"], request["source"]], check=True)
    text = Path(request["path"]).read_text()
    relative = f'relativeToVRT="1">{Path(request["source"]).name}<'
    if relative not in text:
        raise ValueError(text)
    Path(request["path"]).write_text(text.replace(relative, f'relativeToVRT="0">{request["source"]}<'))


def write_lerc(request: dict) -> None:
    """Bands that miss other pixels, so that each has a mask of its own: none, one, the same, another, all."""
    bands = np.stack([WAVE.astype(request["type"])] * 5)
    bands[1:3, 20:90, 30:200] = np.nan
    bands[3, 100:150, 300:] = np.nan
    bands[4] = np.nan
    write_bands(request, bands)


def write_bands(request: dict, bands: np.ndarray) -> None:
    shape = {"width": WIDTH, "height": HEIGHT, "count": len(bands), "dtype": bands.dtype}
    with rasterio.open(request["path"], "w", driver="GTiff", **shape, **request["creation"]) as target:
        target.write(bands)


KINDS = {
    "fax": write_fax,
    "jpeg2000": write_jpeg_2000,
    "crs": write_in_crs,
    "ovr": write_with_overviews_beside,
    "stale": write_with_stale_overviews_beside,
    "msk": write_with_mask_beside,
    "vrt": write_virtual,
    "lerc": write_lerc,
}


def sha256(samples: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()


def make(request: dict) -> dict:
    KINDS[request["kind"]](request)
    path = request["path"]
    with rasterio.open(path) as source:
        factors = source.overviews(1)
        reply = {
            "samples": sha256(source.read(1)),
            "allSamples": sha256(source.read()),
            "valid": sha256((source.dataset_mask() > 0).astype(np.uint8)),
            "epsg": None if source.crs is None else source.crs.to_epsg(),
            "overviews": [],
        }
    for level, factor in enumerate(factors):
        with rasterio.open(path, overview_level=level) as overview:
            reply["overviews"].append(
                {
                    "factor": factor,
                    "size": [overview.width, overview.height],
                    "samples": sha256(overview.read(1)),
                }
            )
    return reply


serve({"make": make})
