"""The sample scene of the app."""

from pathlib import Path

import cv2
import numpy as np

from .drawing import SIDE, TextureBank
from .geotiff import write_geotiff
from .scenes import HELD_OUT_STYLE, Scene, render
from .sensor import VEGETATION

METRES_PER_UNIT = 1.0


def near_infrared(scene: Scene) -> np.ndarray:
    """A plausible fourth band [n,n] u8: plants bright, water dark, everything else like its grey value."""
    red, green, blue = scene.image.astype(np.float32).transpose(2, 0, 1)
    grey = 0.4 * red + 0.4 * green + 0.2 * blue
    greenness = np.clip(green - (red + blue) / 2, 0, None)
    kinds = np.array(scene.kinds)[scene.labels]
    wet = np.isin(kinds, ["water", "river", "pool"])
    plants = np.isin(kinds, list(VEGETATION))
    band = np.where(wet, 0.3 * grey, np.where(plants, grey + 20 + 1.2 * greenness, 0.95 * grey))
    return np.clip(band, 0, 255).astype(np.uint8)


def write_sample_scene(path: Path, seed: int, kind: str, pixels: int = 1024) -> None:
    """One held-out scene as red, green, blue, near infrared at quarter-metre pixels, with overviews."""
    scene = render(seed, TextureBank(HELD_OUT_STYLE), pixels, kind, photographed=False)
    random = np.random.default_rng(seed)
    noisy = scene.image + random.normal(0, 2.0, scene.image.shape)
    scene.image = np.clip(cv2.GaussianBlur(noisy.astype(np.float32), (0, 0), 0.8), 0, 255).astype(np.uint8)
    bands = np.concatenate([scene.image.transpose(2, 0, 1), near_infrared(scene)[None]])
    write_geotiff(path, bands, 392_000.0, 5_820_000.0, SIDE * METRES_PER_UNIT / pixels, overviews=True)
