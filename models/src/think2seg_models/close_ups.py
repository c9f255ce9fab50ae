"""Close-ups of gardens, groves and roofs, drawn from heights: what the flat shapes of `scenes` do not teach a segmenter.

Crowns are domes of many lobes that stand in a canopy of their own kind; roofs are pitched; light falls from one side and
everything casts its shadow. Lengths are pixels of the picture, heights too.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from .objects_open import WOODS
from .scene_objects import GREENS, ROOFS, SOILS, pick
from .scenes import Instance
from .sensor import photograph

CLOSE_UP_PX = 256
PAVED = [(205, 200, 190), (180, 172, 160), (150, 148, 145), (120, 118, 118), (225, 222, 215)]
LEAVES = [*WOODS, (85, 105, 50), (105, 125, 60), (70, 95, 80), (120, 110, 60), (95, 75, 50)]
SMALLEST_PX = 50
HIDDEN_AT_MOST = 0.5
"""A roof of which trees hide more than this share is not asked for; what they hide of others belongs to the roof."""


@dataclass
class Ground:
    """`colour` [n,n,3] f32 0..255, `height` [n,n] f32, `owner` [n,n] i16: 0 or the number of the thing on top."""

    random: np.random.Generator
    colour: np.ndarray
    height: np.ndarray
    owner: np.ndarray
    wholes: dict[int, tuple[str, np.ndarray]] = field(default_factory=dict)
    """Kind and whole outline, hidden parts included, of each thing by its number."""


def noise(random: np.random.Generator, side: int, coarsest: int) -> np.ndarray:
    """[side,side] f32, unit variance: octaves from `coarsest` cells a side down to single pixels."""
    total, amplitude, cells = np.zeros((side, side), np.float32), 1.0, coarsest
    while cells <= side:
        grid = random.standard_normal((cells, cells), np.float32)
        total += amplitude * cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC)
        amplitude *= random.uniform(0.55, 0.95)
        cells *= 2
    return (total - total.mean()) / total.std()


def shade_of(random: np.random.Generator, base, spread: float = 16) -> np.ndarray:
    return np.clip(np.array(base) + random.normal(0, spread) + random.normal(0, spread * 0.4, 3), 4, 250).astype(np.float32)


def bare_ground(random: np.random.Generator, side: int) -> Ground:
    """Two or three surfaces in patches, some grain."""
    colour = np.empty((side, side, 3), np.float32)
    colour[:] = shade_of(random, pick(random, [*GREENS, *SOILS, *PAVED[:4], *WOODS[:2]]))
    for _ in range(int(random.integers(1, 4))):
        patch = noise(random, side, int(random.integers(2, 12))) > random.uniform(-0.5, 1.2)
        colour[patch] = shade_of(random, pick(random, [*GREENS, *SOILS, *PAVED]))
    colour += noise(random, side, int(random.integers(4, 40)))[..., None] * random.uniform(3, 18)
    return Ground(random, colour, np.zeros((side, side), np.float32), np.zeros((side, side), np.int16))


def window(centre, reach: float, side: int) -> tuple[slice, slice, np.ndarray, np.ndarray]:
    """Rows and columns around a centre and the coordinates there relative to it."""
    x0, y0 = (max(0, int(c - reach)) for c in centre)
    x1, y1 = (min(side, int(c + reach) + 1) for c in centre)
    y, x = np.mgrid[y0 : max(y0, y1), x0 : max(x0, x1)].astype(np.float32)
    return slice(y0, max(y0, y1)), slice(x0, max(x0, x1)), x - centre[0], y - centre[1]


def place(ground: Ground, kind: str, rows: slice, columns: slice, top: np.ndarray, colour: np.ndarray) -> int | None:
    """Puts a thing of height `top` (<= 0 where it is not) with its colours into the picture."""
    shape = top > 0
    if not shape.any():
        return None
    number = len(ground.wholes) + 1
    wins = shape & (top > ground.height[rows, columns])
    ground.height[rows, columns][wins] = top[wins]
    ground.owner[rows, columns][wins] = number
    ground.colour[rows, columns][wins] = colour[wins]
    whole = np.zeros(ground.height.shape, bool)
    whole[rows, columns] = shape
    ground.wholes[number] = (kind, whole)
    return number


def crown(ground: Ground, centre, radius: float, leaf: np.ndarray) -> None:
    """A tree from above: one dome or a heap of lobes, narrow cones among them."""
    random, side = ground.random, ground.height.shape[0]
    rows, columns, x, y = window(centre, radius * 1.7, side)
    if x.size == 0:
        return
    stretch, turn = random.uniform(1, 1.35), random.uniform(0, np.pi)
    u, v = (x * math.cos(turn) + y * math.sin(turn)) / stretch, (y * math.cos(turn) - x * math.sin(turn)) * stretch**0.5
    dome = np.zeros_like(x)
    lobes = int(random.integers(1, 12))
    for k in range(lobes):
        reach = radius if k == 0 and random.random() < 0.6 else radius * random.uniform(0.35, 0.65)
        at = np.zeros(2) if k == 0 else turned_by(random.uniform(0, 2 * np.pi)) * radius * random.uniform(0.2, 0.75)
        squared = reach**2 - (u - at[0]) ** 2 - (v - at[1]) ** 2
        dome = np.maximum(dome, np.sqrt(np.maximum(squared, 0)) + (squared > 0) * radius * 0.05)
    if random.random() < 0.15:
        dome = np.maximum(radius - np.hypot(u, v), 0) * 1.6
    rough = noise(random, 64, int(random.integers(8, 33)))
    rough = cv2.resize(rough, dome.shape[::-1], interpolation=cv2.INTER_LINEAR)
    top = dome * random.uniform(0.6, 1.4) + rough * radius * random.uniform(0.02, 0.14)
    top = np.where(dome > 0, np.maximum(top, 0.1) + radius * random.uniform(0.2, 1.2), 0)
    colour = leaf + (rough * random.uniform(2, 14))[..., None] + np.zeros((*dome.shape, 3), np.float32)
    place(ground, "crown", rows, columns, top.astype(np.float32), colour.astype(np.float32))


def turned_by(angle: float) -> np.ndarray:
    return np.array([math.cos(angle), math.sin(angle)])


def roof(ground: Ground, centre, angle: float, length: float, width: float) -> None:
    """A gable, hip, pent or flat roof over one or two rectangles, with chimneys and patches."""
    random, side = ground.random, ground.height.shape[0]
    rows, columns, x, y = window(centre, 0.75 * (length + width), side)
    if x.size == 0:
        return
    u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    eaves, pitch, form = random.uniform(0.15, 0.5) * width, random.uniform(0.25, 0.9), random.random()
    wings = [(u, v, length / 2, width / 2)]
    if random.random() < 0.4:  # a wing at right angles
        along, deep = random.uniform(-0.4, 0.4) * length, random.uniform(0.35, 0.6) * width
        wings.append((v - random.choice([-1, 1]) * width * 0.5, u - along, width * random.uniform(0.4, 0.8), deep))
    top = np.zeros_like(x)
    for a, b, half_length, half_width in wings:
        within = np.minimum(half_length - np.abs(a), half_width - np.abs(b)) > 0
        if form < 0.4:
            slope = half_width - np.abs(b)
        elif form < 0.65:
            slope = np.minimum(half_length - np.abs(a), half_width - np.abs(b))
        elif form < 0.75:
            slope = (half_width - b) * 0.5
        else:
            slope = np.zeros_like(b)
        top = np.maximum(top, np.where(within, eaves + pitch * slope, 0))
    colour = np.empty((*x.shape, 3), np.float32)
    colour[:] = shade_of(random, pick(random, ROOFS), 22)
    tiles = np.sin(v * random.uniform(0.6, 2.2)) * random.uniform(0, 6) * (random.random() < 0.5)
    colour += (tiles + random.normal(0, random.uniform(1, 7), x.shape))[..., None]
    for _ in range(int(random.integers(0, 7))):
        at = random.uniform(-0.45, 0.45, 2) * [length, width]
        size = random.uniform(0.03, 0.14, 2) * [length, width] + 1
        box = (np.abs(u - at[0]) < size[0]) & (np.abs(v - at[1]) < size[1]) & (top > 0)
        colour[box] = shade_of(random, pick(random, [*PAVED, (60, 60, 65)]), 25)
        top[box] += random.uniform(0, 0.15) * width
    place(ground, "roof", rows, columns, top.astype(np.float32), colour)


def lane(ground: Ground, width: float, bend: float) -> None:
    """A road or path that winds across the whole picture; things stand on it, not it on them."""
    random, side = ground.random, ground.height.shape[0]
    along = np.linspace(-0.2, 1.2, 60) * side
    offset = sum(bend / k * np.sin(along / side * random.uniform(2, 7) * k + random.uniform(0, 6.3)) for k in (1, 2))
    angle = random.uniform(0, 2 * np.pi)
    middle = np.stack([along - side / 2, offset + random.uniform(-0.35, 0.35) * side], 1)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    points = np.round((middle @ turn + side / 2) * 16).astype(np.int32)
    drawn = np.zeros((side, side), np.uint8)
    cv2.polylines(drawn, [points], False, 255, max(1, round(width)), cv2.LINE_8, 4)
    shape = drawn > 0
    ground.colour[shape] = shade_of(random, pick(random, [*PAVED, *SOILS])) + random.normal(0, 5, (int(shape.sum()), 1))
    number = len(ground.wholes) + 1
    ground.owner[shape] = number
    ground.wholes[number] = ("lane", shape)


def lit(ground: Ground) -> np.ndarray:
    """The picture under a low or a high sun, [n,n,3] f32: slopes, cast shadows, light of the sky."""
    random, height = ground.random, ground.height
    direction, elevation = turned_by(random.uniform(0, 2 * np.pi)), random.uniform(0.45, 1.2)
    down, across = np.gradient(height)
    steep = random.uniform(0.35, 1.0)
    normal = np.stack([-across * steep, -down * steep, np.ones_like(height)], 2)
    sun = np.array([*(direction * math.cos(elevation)), math.sin(elevation)])
    slope = np.clip((normal @ sun) / np.linalg.norm(normal, axis=2) / sun[2], 0, 1.6)
    shadow = np.zeros_like(height)
    for step in np.arange(1, 34, 1.5):
        # Toward the sun: is anything there high enough to stand in the light?
        move = np.array([[1, 0, -direction[0] * step], [0, 1, -direction[1] * step]], np.float64)
        neighbour = cv2.warpAffine(height, move, height.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        shadow = np.maximum(shadow, (neighbour - step * math.tan(elevation) > height + 0.6).astype(np.float32))
    shadow = cv2.GaussianBlur(shadow, (0, 0), 0.7)
    sky = random.uniform(0.15, 0.5)
    light = sky + (1 - sky) * slope * (1 - shadow)
    blue = np.array([1, 1, 1 + random.uniform(0, 0.5)]) ** shadow[..., None]
    return ground.colour * light[..., None] * blue


def _largest_part(mask: np.ndarray) -> np.ndarray:
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()) if count > 1 else mask


def _instances(ground: Ground) -> list[Instance]:
    random, found = ground.random, []

    def add(kind: str, mask: np.ndarray) -> None:
        x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
        if SMALLEST_PX <= np.count_nonzero(mask) <= 0.7 * mask.size and min(width, height) >= 5:
            found.append(Instance(kind, mask, (x, y, x + width, y + height)))

    # Footprints are drawn on other pictures than the one they are shown on: they lie some pixels aside.
    lean = random.normal(0, 2.5, 2).round().astype(int) if random.random() < 0.4 else np.zeros(2, int)
    for number, (kind, whole) in ground.wholes.items():
        visible = ground.owner == number
        if visible.sum() < (1 - HIDDEN_AT_MOST) * whole.sum():
            continue
        if kind == "roof":
            move = np.float64([[1, 0, lean[0]], [0, 1, lean[1]]])
            add(kind, cv2.warpAffine(whole.astype(np.uint8), move, whole.shape[::-1]) > 0)
        else:
            add(kind, _largest_part(visible))
    crowns = [number for number, (kind, _) in ground.wholes.items() if kind == "crown"]
    _, parts, stats, _ = cv2.connectedComponentsWithStats(np.isin(ground.owner, crowns).astype(np.uint8))
    for part in 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:6]:
        mask = parts == part
        if len(np.unique(ground.owner[mask])) > 1:
            add("clump", mask)
    return found


def close_up(seed: int, side: int = CLOSE_UP_PX) -> tuple[np.ndarray, list[Instance]]:
    """Picture [n,n,3] u8 and what is in it; equal seeds give equal pixels."""
    random = np.random.default_rng([seed, 77])
    ground = bare_ground(random, side)
    for _ in range(int(random.integers(0, 4))):
        lane(ground, np.exp(random.uniform(np.log(3), np.log(22))), random.uniform(2, 60))
    angle, scale = random.uniform(0, np.pi), np.exp(random.uniform(np.log(14), np.log(80)))
    for _ in range(int(random.integers(0, 12))):
        length = scale * random.uniform(0.6, 1.5)
        turn = angle + random.choice([0, np.pi / 2]) + random.normal(0, 0.05)
        roof(ground, random.uniform(0, side, 2), turn, length, length * random.uniform(0.4, 0.9))
    radius = np.exp(random.uniform(np.log(5), np.log(36)))
    leaf = shade_of(random, pick(random, LEAVES))
    alike = random.uniform(2, 20)
    crowded = random.random() < 0.5
    middles = random.uniform(0, side, (int(random.integers(1, 6)), 2))
    number = int(min(110, (0.7 if crowded else 0.18) * random.uniform(0.3, 1.6) * side**2 / (np.pi * radius**2))) + 2
    for _ in range(number):
        grouped = random.random() < 0.6
        at = pick(random, middles) + random.normal(0, radius * 3, 2) if grouped else random.uniform(0, side, 2)
        own = shade_of(random, pick(random, LEAVES)) if random.random() < 0.12 else leaf
        crown(ground, at, radius * random.uniform(0.5, 1.4), own + random.normal(0, alike) + random.normal(0, alike * 0.4, 3))
    return photograph(random, lit(ground).astype(np.float32), grey=False), _instances(ground)
