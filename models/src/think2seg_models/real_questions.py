"""Real labelled scenes as data sets in the EarthReason layout: each is asked about whole and in parts.

Nothing here trains or tunes anything. Labels of water come from the near infrared: the normalised difference of green and near infrared
above a limit. They have their errors: shadows may pass for water, muddy water may not. Labels of buildings come with their scene.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import rasterio
from rasterio.windows import Window

from .errors import ToolError

NDWI_LIMIT = 0.1
SMALLEST_PX = 30
"""Parts below this are no water body, and a window with less of the target has none."""
PARTS = (1, 2, 3)
"""Each scene is asked about whole, in 2 x 2 and in 3 x 3 parts."""
WATER_QUESTIONS = ["where is open water?", "find all lakes.", "where could anglers catch fish?"]
BUILDING_QUESTIONS = ["mark every building", "find all houses.", "where do people have a roof over their heads?"]


def water_mask(bands: np.ndarray) -> np.ndarray:
    """bands [4,h,w] (red, green, blue, near infrared) -> bool [h,w]."""
    green, infrared = bands[1].astype(np.float32), bands[3].astype(np.float32)
    wet = (green - infrared) / np.maximum(green + infrared, 1) > NDWI_LIMIT
    _, parts, stats, _ = cv2.connectedComponentsWithStats(wet.astype(np.uint8), connectivity=8)
    large = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= SMALLEST_PX)
    return wet & np.isin(parts, large)


def _ask_about(path: Path, mask: np.ndarray, about: dict, folder: Path, written: dict[str, int]) -> None:
    """A scene with the mask [h,w] of all that is to be found in it, whole and in parts; counts them in `written`."""
    for name in ("images", "labels", "QAs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with rasterio.open(path) as raster:
        bands = raster.read()
        for parts in PARTS:
            height, width = raster.height // parts, raster.width // parts
            for row in range(parts):
                for column in range(parts):
                    window = Window(column * width, row * height, width, height)
                    rows, columns = window.toslices()
                    label = mask[rows, columns] & (mask[rows, columns].sum() >= SMALLEST_PX)
                    identity = f"{path.stem}_{parts}x{parts}_{row}{column}"
                    profile = raster.profile | {"height": height, "width": width, "transform": raster.window_transform(window)}
                    with rasterio.open(folder / f"images/{identity}.tif", "w", **profile) as part:
                        part.write(bands[:, rows, columns])
                    cv2.imwrite(str(folder / f"labels/{identity}.png"), label.astype(np.uint8) * 255)
                    (folder / f"QAs/{identity}.json").write_text(json.dumps(about, indent=1) + "\n")
                    written["with target" if label.any() else "without target"] += 1


def write_water(scenes: list[Path], out: Path, split: str = "test") -> dict[str, int]:
    """Scenes of red, green, blue and near infrared."""
    written = {"with target": 0, "without target": 0}
    about = {"questions": WATER_QUESTIONS, "concept": "water", "relation": "all"}
    for path in scenes:
        with rasterio.open(path) as raster:
            mask = water_mask(raster.read())
        _ask_about(path, mask, about, out / split, written)
    return written


def write_buildings(scene: Path, label: Path, out: Path, split: str = "test") -> dict[str, int]:
    """`label` is a raster of the size of `scene`, above 0 on buildings. Raises INPUT_CORRUPT if it is not of that size."""
    with rasterio.open(scene) as raster, rasterio.open(label) as drawn:
        if raster.shape != drawn.shape:
            raise ToolError("INPUT_CORRUPT", f"{label} has {drawn.shape} pixels, expected {raster.shape} as {scene}; give its own label")
        mask = drawn.read(1) > 0
    written = {"with target": 0, "without target": 0}
    _ask_about(scene, mask, {"questions": BUILDING_QUESTIONS, "concept": "building", "relation": "all"}, out / split, written)
    return written
