"""Measures a nano pack on real images: nothing here ever trains or tunes anything.

The segmenter gets boxes and points made from labels; the whole pack gets a question. Expects the folders
`labelled_trees_mask_zurich`, `labelled_buildings_spacenet` and `aerial_satellite` under the data folder.
"""

from pathlib import Path

import cv2
import numpy as np
import rasterio

from .evaluate_nano import iou
from .nano_runtime import NanoRuntime
from .scenes import Instance
from .train_segmenter import prompt_for


def stretched(bands: np.ndarray) -> np.ndarray:
    """[c,h,w] of any type -> RGB [h,w,3] u8, each band between its 2nd and 98th percentile; one band becomes grey."""
    chosen = bands[:3] if len(bands) >= 3 else np.repeat(bands[:1], 3, 0)
    if chosen.dtype == np.uint8:
        return np.ascontiguousarray(chosen.transpose(1, 2, 0))
    low, high = np.percentile(chosen, (2, 98), axis=(1, 2), keepdims=True)
    return (np.clip((chosen - low) / np.maximum(high - low, 1e-6), 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


def components(mask: np.ndarray, smallest_px: int) -> list[Instance]:
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return [
        Instance("", parts == label, (x, y, x + w, y + h))
        for label, (x, y, w, h, area) in enumerate(stats.tolist())
        if label > 0 and area >= smallest_px
    ]


def segmenter_scores(runtime: NanoRuntime, image: np.ndarray, mask: np.ndarray, smallest_px: int) -> dict:
    """Mean IoU over labelled objects: box + two points through the segmenter, and the box itself."""
    random = np.random.default_rng(5)
    height, width = mask.shape
    embeddings = runtime.encode(image)
    scale = np.array([runtime.frame_px / width, runtime.frame_px / height], np.float32)
    ours, filled = [], []
    for instance in components(mask, smallest_px):
        box, points, _ = prompt_for(random, instance, 0.02, 2)
        prompt = {"bbox_2d": (box * np.tile(scale, 2)).tolist(), "positive_points": (points * scale).tolist()}
        ours.append(iou(runtime.outline(embeddings, [prompt], (width, height)), instance.mask))
        x0, y0, x1, y1 = np.round(box).astype(int)
        fill = np.zeros_like(instance.mask)
        fill[y0:y1, x0:x1] = True
        filled.append(iou(fill, instance.mask))
    return {"objects": len(ours), "segmenter_miou": round(float(np.mean(ours)), 3), "fill_box": round(float(np.mean(filled)), 3)}


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
    runtime = NanoRuntime(pack)
    report: dict = {}
    for name in ("00", "05"):
        with rasterio.open(data / f"labelled_trees_mask_zurich/1091-322_{name}_img.tif") as raster:
            image = stretched(raster.read())
        with rasterio.open(data / f"labelled_trees_mask_zurich/1091-322_{name}_mask.tif") as raster:
            mask = raster.read(1) > 0
        report[f"zurich_trees_{name}"] = segmenter_scores(runtime, image, mask, 40)
    with rasterio.open(data / "labelled_buildings_spacenet/sample_geotiff.tif") as raster:
        image = stretched(raster.read())
    with rasterio.open(data / "labelled_buildings_spacenet/sample_fp_mask_from_geojson.tif") as raster:
        mask = raster.read(1) > 0
    report["atlanta_buildings_grey"] = segmenter_scores(runtime, image, mask, 40) | {
        "asked": ask_real(runtime, image, "mark every building", mask),
    }
    for path in sorted((data / "aerial_satellite").glob("m_*.tif")):
        with rasterio.open(path) as raster:
            size = (raster.count, min(raster.height, 1024), min(raster.width, 1024))
            bands = raster.read(out_shape=size)
        green, infrared = bands[1].astype(np.float32), bands[3].astype(np.float32)
        water = (green - infrared) / np.maximum(green + infrared, 1) > 0.1
        report[f"naip_water_{path.stem}"] = ask_real(runtime, stretched(bands), "where is open water?", water)
    return report
