"""What stands between a place and its file: season, haze, clouds' shadows, the sensor's blur, noise and tone."""

from dataclasses import dataclass

import cv2
import numpy as np

from .drawing import Canvas

VEGETATION = {"background", "trees", "forest", "field", "center_pivot", "sports_field", "baseball_diamond"}
WOODS = {"trees", "forest"}
BARE_IN_SNOW = {"water", "river", "pool", "vehicle", "plane", "ship", "storage_tank", "wind_turbine"}
SEASONS = {"summer": 0.62, "autumn": 0.14, "drought": 0.14, "snow": 0.10}


@dataclass(frozen=True)
class Conditions:
    """`haze` is the share of light scattered into the sensor, 0..1."""

    season: str
    haze: float
    cloud_shadow: bool
    grey: bool


CLEAR = Conditions("summer", 0.0, False, False)


def draw_conditions(random: np.random.Generator) -> Conditions:
    season = str(random.choice(list(SEASONS), p=list(SEASONS.values())))
    haze = float(random.uniform(0.1, 0.45)) if random.random() < 0.18 else 0.0
    return Conditions(season, haze, bool(random.random() < 0.08), bool(random.random() < 0.12))


def _weights(canvas: Canvas, kinds: set[str]) -> np.ndarray:
    """[n,n,1] f32: 1 on objects of these kinds."""
    return np.array([kind in kinds for kind in canvas.kinds], np.float32)[canvas.labels][..., None]


def _greenness(image: np.ndarray) -> np.ndarray:
    """[n,n,1] f32 0..1: 1 where green clearly exceeds red and blue."""
    return np.clip((image[..., 1] - (image[..., 0] + image[..., 2]) / 2) / 22, 0, 1)[..., None]


def _toward(image: np.ndarray, colour: tuple[int, int, int], weight: np.ndarray) -> np.ndarray:
    """Shifts to a colour and keeps the light and dark of the texture."""
    light = image.mean(2, keepdims=True) / 100
    return image + (np.array(colour, np.float32) * light - image) * weight


def _soft_field(random: np.random.Generator, pixels: int, cells: int) -> np.ndarray:
    """[n,n,1] f32 0..1 that varies slowly."""
    coarse = random.uniform(0, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (pixels, pixels), interpolation=cv2.INTER_CUBIC).clip(0, 1)[..., None]


def apply_season(random: np.random.Generator, canvas: Canvas, season: str) -> np.ndarray:
    image = canvas.image
    if season == "autumn":
        leaf = (float(random.uniform(115, 150)), float(random.uniform(80, 105)), 45)
        return _toward(image, leaf, _greenness(image) * _weights(canvas, WOODS) * random.uniform(0.5, 0.9))
    if season == "drought":
        return _toward(image, (125, 108, 72), _greenness(image) * _weights(canvas, VEGETATION) * random.uniform(0.4, 0.85))
    if season == "snow":
        cover = random.uniform(0.3, 0.6) * (0.6 + 0.4 * _soft_field(random, canvas.pixels, 9))
        open_ground = 1 - _weights(canvas, BARE_IN_SNOW) - 0.6 * _weights(canvas, WOODS)
        return image + (np.array([236, 240, 246], np.float32) - image) * cover * open_ground
    return image


def through_the_air(random: np.random.Generator, image: np.ndarray, conditions: Conditions) -> np.ndarray:
    if conditions.cloud_shadow:
        dark = np.clip(_soft_field(random, image.shape[0], 4) * 3 - 1.4, 0, 1)
        image = image * (1 - dark * random.uniform(0.25, 0.5))
    if conditions.haze:
        veil = conditions.haze * (0.6 + 0.4 * _soft_field(random, image.shape[0], 6))
        image = image + (np.array([203, 208, 214], np.float32) - image) * veil
    return image


def photograph(random: np.random.Generator, image: np.ndarray, grey: bool) -> np.ndarray:
    """What a sensor does: blur, noise, contrast, colour cast, sometimes JPEG. [n,n,3] f32 -> u8."""
    if random.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.3, 1.1))
    image = image + random.normal(0, random.uniform(0.5, 6), image.shape).astype(np.float32)
    image = (image - 128) * random.uniform(0.6, 1.25) + 128 + random.normal(0, 14)
    image = image * (1 + random.normal(0, 0.05, 3).astype(np.float32))
    if grey:
        image = np.repeat(image @ np.array([[0.35], [0.45], [0.2]], np.float32), 3, 2)
    image = np.clip(image, 0, 255).astype(np.uint8)
    if random.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(40, 90))]
        image = cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
    return image


def as_sixteen_bit(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """[n,n,c] u8 -> u16 as a 12-bit sensor would count: an offset, a gain below full scale, and shot noise."""
    darkest, span = random.uniform(80, 400), random.uniform(900, 3200)
    counts = darkest + image.astype(np.float32) / 255 * span
    return np.clip(counts + random.normal(0, span / 400, image.shape), 0, 4095).astype(np.uint16)
