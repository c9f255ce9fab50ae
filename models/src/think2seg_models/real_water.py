"""Water in real four-band scenes as a data set in the EarthReason layout: the label comes from the near infrared band.

Nothing here trains or tunes anything. The label is the normalised difference of green and near infrared above a limit, so it also has
its errors: shadows may pass for water, muddy water may not.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import rasterio
from rasterio.windows import Window

NDWI_LIMIT = 0.1
SMALLEST_PX = 30
"""Parts below this are no water body."""
PARTS = (1, 2, 3)
"""Each scene is asked about whole, in 2 x 2 and in 3 x 3 parts."""
QUESTIONS = ["where is open water?", "find all lakes.", "where could anglers catch fish?"]


def water_mask(bands: np.ndarray) -> np.ndarray:
    """bands [4,h,w] (red, green, blue, near infrared) -> bool [h,w]."""
    green, infrared = bands[1].astype(np.float32), bands[3].astype(np.float32)
    wet = (green - infrared) / np.maximum(green + infrared, 1) > NDWI_LIMIT
    _, parts, stats, _ = cv2.connectedComponentsWithStats(wet.astype(np.uint8), connectivity=8)
    large = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= SMALLEST_PX)
    return wet & np.isin(parts, large)


def write_water(scenes: list[Path], out: Path, split: str = "test") -> dict[str, int]:
    """Windows with less water than SMALLEST_PX have no target."""
    folder = out / split
    for name in ("images", "labels", "QAs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    written = {"with target": 0, "without target": 0}
    for path in scenes:
        with rasterio.open(path) as raster:
            bands = raster.read()
            mask = water_mask(bands)
            for parts in PARTS:
                height, width = raster.height // parts, raster.width // parts
                for row in range(parts):
                    for column in range(parts):
                        window = Window(column * width, row * height, width, height)
                        rows, columns = window.toslices()
                        label = mask[rows, columns].copy()
                        if label.sum() < SMALLEST_PX:
                            label[:] = False
                        identity = f"{path.stem}_{parts}x{parts}_{row}{column}"
                        profile = raster.profile | {"height": height, "width": width, "transform": raster.window_transform(window)}
                        with rasterio.open(folder / f"images/{identity}.tif", "w", **profile) as part:
                            part.write(bands[:, rows, columns])
                        cv2.imwrite(str(folder / f"labels/{identity}.png"), label.astype(np.uint8) * 255)
                        about = {"questions": QUESTIONS, "concept": "water", "relation": "all"}
                        (folder / f"QAs/{identity}.json").write_text(json.dumps(about, indent=1) + "\n")
                        written["with target" if label.any() else "without target"] += 1
    return written
