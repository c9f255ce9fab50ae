"""Measures a nano pack on real images: nothing here ever trains or tunes anything.

The segmenter gets boxes and points made from labels, the whole pack a question. Expects the folders
`labelled_trees_mask_zurich`, `labelled_buildings_spacenet`, `labelled_buildings_dsm` and `aerial_satellite` under the data folder.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import rasterio
from rasterio.features import rasterize
from rasterio.warp import transform_geom

from .evaluate_segmenter import means, score
from .nano_runtime import NanoRuntime
from .segmenter_check import Case, iou, make_case

SMALLEST_PX = 40


def stretched(bands: np.ndarray) -> np.ndarray:
    """[c,h,w] of any type -> RGB [h,w,3] u8, each band between its 2nd and 98th percentile; one band becomes grey."""
    chosen = bands[:3] if len(bands) >= 3 else np.repeat(bands[:1], 3, 0)
    if chosen.dtype == np.uint8:
        return np.ascontiguousarray(chosen.transpose(1, 2, 0))
    low, high = np.percentile(chosen, (2, 98), axis=(1, 2), keepdims=True)
    return (np.clip((chosen - low) / np.maximum(high - low, 1e-6), 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as raster:
        return raster.read()


def parts_of(image: np.ndarray, mask: np.ndarray) -> Iterator[Case]:
    """One case for each connected part of a mask [h,w]."""
    random = np.random.default_rng(5)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    for label, (x, y, w, h, area) in enumerate(stats.tolist()):
        if label > 0 and area >= SMALLEST_PX:
            yield make_case(random, "", image, np.array([x, y, x + w, y + h]), parts[y : y + h, x : x + w] == label)


def footprints(path: Path, raster: rasterio.DatasetReader) -> np.ndarray:
    """GeoJSON polygons in longitude and latitude as a mask on the grid of a raster; neighbours that touch are one."""
    shapes = [feature["geometry"] for feature in json.loads(path.read_text())["features"]]
    return rasterize([transform_geom("OGC:CRS84", raster.crs, s) for s in shapes], raster.shape, transform=raster.transform) > 0


def labelled_sets(data: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Image [h,w,3] u8 and label [h,w] bool of each set with outlines (NEON has boxes only)."""
    zurich, atlanta, heights = (data / f"labelled_{name}" for name in ("trees_mask_zurich", "buildings_spacenet", "buildings_dsm"))
    sets = {}
    for name in ("00", "05"):
        image, mask = (read(zurich / f"1091-322_{name}_{part}.tif") for part in ("img", "mask"))
        sets[f"zurich_trees_{name}"] = stretched(image), mask[0] > 0
    mask = read(atlanta / "sample_fp_mask_from_geojson.tif")
    sets["atlanta_buildings_grey"] = stretched(read(atlanta / "sample_geotiff.tif")), mask[0] > 0
    with rasterio.open(heights / "hag.tif") as raster:
        sets["alexandria_buildings_height"] = stretched(raster.read()), footprints(heights / "buildings.geojson", raster)
    return sets


def ask_real(runtime: NanoRuntime, image: np.ndarray, question: str, truth: np.ndarray) -> dict:
    """One question to the whole pack about a real image with a reference mask."""
    frame = runtime.frame(image)
    reply = runtime.ask(frame, question)
    found = runtime.outline(runtime.encode(frame), reply.prompts or [], truth.shape[::-1])
    thought = reply.text.split("</think>")[0].removeprefix("<think>")
    return {
        "question": question,
        "thought": thought,
        "prompts": len(reply.prompts or []),
        "iou": round(iou(found, truth), 3),
        "share_of_image": round(float(truth.mean()), 3),
    }


def evaluate_real(pack: Path, data: Path) -> dict:
    """Mean IoU of the segmenter on each labelled set, and answers of the whole pack to a few questions."""
    runtime = NanoRuntime(pack)
    sets = labelled_sets(data)
    report: dict = {name: means(score(runtime, parts_of(image, mask))) for name, (image, mask) in sets.items()}
    atlanta = "atlanta_buildings_grey"
    report[atlanta]["asked"] = ask_real(runtime, sets[atlanta][0], "mark every building", sets[atlanta][1])
    for path in sorted((data / "aerial_satellite").glob("m_*.tif")):
        with rasterio.open(path) as raster:
            size = (raster.count, min(raster.height, 1024), min(raster.width, 1024))
            bands = raster.read(out_shape=size)
        green, infrared = bands[1].astype(np.float32), bands[3].astype(np.float32)
        water = (green - infrared) / np.maximum(green + infrared, 1) > 0.1
        report[f"naip_water_{path.stem}"] = ask_real(runtime, stretched(bands), "where is open water?", water)
    return report
