"""Open country drawn from relief: lakes fill its hollows, parcels, woods and tracks lie on what is dry.

The flat shapes of `places` have one lake with a smooth outline; here shores wind, ponds are many, and what surrounds them may be as
dark or as green as the water. Lengths are shares of the side of the picture, unless a name says pixels.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from .scene_objects import GREENS, ROOFS, SOILS, WATERS, pick
from .scenes import Scene
from .sensor import draw_conditions, photograph, through_the_air

LAKES = [
    *WATERS,
    *[(22, 24, 28), (38, 36, 34), (58, 52, 40), (70, 85, 55), (85, 125, 75), (120, 150, 110), (105, 100, 55), (150, 140, 110)],
    *[(28, 48, 75), (75, 140, 150), (110, 125, 130), (95, 65, 55)],
]
CROPS = [*GREENS, *SOILS, (40, 85, 75), (35, 70, 50), (55, 105, 60), (205, 175, 105), (95, 100, 60), (75, 65, 55), (150, 165, 90)]
MEADOWS = [*GREENS, (125, 125, 80), (105, 110, 70), (150, 140, 105), (85, 95, 65)]
LEAVES = [(40, 60, 38), (52, 78, 45), (35, 52, 40), (70, 88, 50), (62, 70, 42)]
SHORES = [(205, 195, 180), (175, 160, 135), (150, 140, 120), (120, 125, 80), (60, 75, 45), (95, 85, 65)]
MOST_LABELS = 250
SMALLEST_WOOD = 0.002
"""Share of the picture below which a wood is a group of trees, which is nothing to ask for."""


@dataclass
class Land:
    """`colour` [n,n,3] f32 0..255, `labels` [n,n] u8 with `kinds[label]`, `sun` [2] unit vector from the sun."""

    random: np.random.Generator
    side: int
    colour: np.ndarray
    labels: np.ndarray
    sun: np.ndarray
    kinds: list[str] = field(default_factory=lambda: ["background"])

    def label(self, kind: str, mask: np.ndarray) -> None:
        """What is there already is covered."""
        if len(self.kinds) < MOST_LABELS:
            self.labels[mask] = len(self.kinds)
            self.kinds.append(kind)

    def tint(self, mask: np.ndarray, colour: np.ndarray, share: np.ndarray | float = 1.0) -> None:
        """Mixes `colour` ([3] or [k,3]) into the k pixels of a mask."""
        weight = np.asarray(share, np.float32)
        weight = weight[:, None] if weight.ndim else weight
        self.colour[mask] += (colour - self.colour[mask]) * weight


def relief(random: np.random.Generator, side: int, coarsest: int, rough: float) -> np.ndarray:
    """[side,side] f32, unit variance: octaves from `coarsest` cells a side, each `rough` times as strong as the one before."""
    total, amplitude, cells = np.zeros((side, side), np.float32), 1.0, coarsest
    while cells <= side:
        grid = random.standard_normal((cells + 2, cells + 2), np.float32)
        total += amplitude * cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC)
        amplitude *= rough
        cells *= 2
    return (total - total.mean()) / total.std()


def shade(random: np.random.Generator, options: list, spread: float = 12) -> np.ndarray:
    """[3] f32: one of the colours, lighter or darker and a little off."""
    drawn = np.array(pick(random, options)) + random.normal(0, spread) + random.normal(0, spread * 0.5, 3)
    return np.clip(drawn, 6, 245).astype(np.float32)


def parcels(random: np.random.Generator, side: int, largest: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Numbers of parcels [n,n], places along (`u`) and across (`v`) their borders (both [n,n], pixels), and how many there are."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) - side / 2
    angle = random.choice([0.0, random.normal(0, 0.06), random.uniform(0, math.pi)])
    wind = random.choice([0.0, 0.0, 0.012]) * side
    u = x * math.cos(angle) + y * math.sin(angle) + wind * relief(random, side, 3, 0.4)
    v = y * math.cos(angle) - x * math.sin(angle) + wind * relief(random, side, 3, 0.4)
    number, count = np.zeros((side, side), np.int32), 0
    open_parcels = [(-0.75 * side, -0.75 * side, 1.5 * side, 1.5 * side)]
    while open_parcels:
        left, top, width, height = open_parcels.pop()
        longer = max(width, height)
        if longer > largest * side * random.uniform(0.6, 1.6):
            cut = longer * random.uniform(0.35, 0.65)
            if width >= height:
                open_parcels += [(left, top, cut, height), (left + cut, top, width - cut, height)]
            else:
                open_parcels += [(left, top, width, cut), (left, top + cut, width, height - cut)]
            continue
        inside = (u >= left) & (u < left + width) & (v >= top) & (v < top + height)
        if inside.any():
            number[inside] = count
            count += 1
    return number, u, v, count


def wild_ground(land: Land) -> None:
    """Grass, scrub and bare soil that grade into each other."""
    random, side = land.random, land.side
    land.colour[:] = shade(random, [*MEADOWS, *SOILS])
    for _ in range(int(random.integers(1, 4))):
        patch = relief(random, side, int(random.integers(2, 10)), random.uniform(0.5, 0.8))
        weight = np.clip((patch - random.uniform(-0.4, 1)) * random.uniform(0.6, 4), 0, 1)[..., None]
        land.colour += (shade(random, [*MEADOWS, *SOILS]) - land.colour) * weight
    land.colour += relief(random, side, int(random.integers(12, 60)), random.uniform(0.6, 0.95))[..., None] * random.uniform(2, 12)


def tilled_ground(land: Land, wet: np.ndarray) -> None:
    """Parcels with crops or grass; `wet` [n,n] 0..1 darkens and mottles them, tracks run along their borders."""
    random, side = land.random, land.side
    number, u, v, count = parcels(random, side, np.exp(random.uniform(np.log(0.12), np.log(0.6))))
    tilled = random.uniform(0.2, 0.95)
    mottles = relief(random, side, int(random.integers(3, 16)), random.uniform(0.5, 0.85))
    grain = relief(random, side, int(random.integers(20, 80)), 0.9)
    alike = shade(random, CROPS)  # neighbours often grow the same
    for k in range(count):
        here = number == k
        crop = random.random() < tilled
        base = alike + random.normal(0, 8, 3) if crop and random.random() < 0.35 else shade(random, CROPS if crop else MEADOWS)
        along = u if random.random() < 0.5 else v
        rows = np.sin(along[here] * (2 * math.pi / random.uniform(2.2, 9))) * random.uniform(0, 7) * (random.random() < 0.5)
        texture = mottles[here] * random.uniform(1, 14) + grain[here] * random.uniform(1, 6 if crop else 12) + rows * crop
        land.colour[here] = base + texture[:, None] - wet[here][:, None] * random.uniform(-10, 28)
        if crop:
            land.label("field", here)
    border = cv2.morphologyEx(number.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3))) > 0
    if random.random() < 0.6:
        land.tint(border, shade(random, [*SOILS, *GREENS]), random.uniform(0.2, 0.8))
    for _ in range(int(random.integers(0, 3))):
        along, at = (u, v)[int(random.integers(2))], random.uniform(-0.4, 0.4) * side
        way = np.abs(along - at) < side * random.uniform(0.002, 0.009)
        land.tint(way, shade(random, [*SOILS, (150, 148, 145), (200, 195, 185)]), 0.9)
        land.labels[way] = 0


def fill(land: Land, mask: np.ndarray, kind: str, water: np.ndarray, colours: list) -> None:
    """Water in a mask: its own colour, lighter or greener shallows, a shore of mud, sand or reeds where no other `water` [n,n] is."""
    random, side = land.random, land.side
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)[mask] / side
    deep, shallow = shade(random, colours), shade(random, [*LAKES, *SHORES])
    if random.random() < 0.7:
        reach = np.exp(random.uniform(np.log(0.002), np.log(0.03)))
        shares = np.exp(-inside / reach) * random.uniform(0.1, 0.9)
    else:
        shares = np.zeros_like(inside)
    wide = random.uniform(0, 0.022) * np.clip(relief(random, side, int(random.integers(3, 12)), 0.6) + random.uniform(0, 1.2), 0, 2)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3) / side
    shore = ~water & (outside < wide)
    land.tint(shore, shade(random, SHORES), random.uniform(0.4, 1))
    land.labels[shore] = 0
    calm = relief(random, side, int(random.integers(2, 7)), 0.5)[mask] * random.uniform(0, 7)
    if random.random() < 0.3:  # waves or algae in the direction of the wind
        streaks = cv2.resize(relief(random, side, 16, 0.9)[: max(8, side // 8)], (side, side), interpolation=cv2.INTER_LINEAR)
        turn = cv2.getRotationMatrix2D((side / 2, side / 2), random.uniform(0, 180), 1.5)
        calm = calm + cv2.warpAffine(streaks, turn, (side, side), borderMode=cv2.BORDER_REFLECT)[mask] * random.uniform(1, 8)
    land.colour[mask] = deep + (shallow - deep) * shares[:, None] + calm[:, None]
    land.label(kind, mask)


def parts(mask: np.ndarray, smallest: float) -> list[np.ndarray]:
    """The connected parts of a mask, largest first, at least `smallest` of the picture."""
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])
    return [numbers == k for k in order[:60] if stats[k, cv2.CC_STAT_AREA] >= smallest * mask.size]


def river_mask(random: np.random.Generator, side: int) -> np.ndarray:
    """[n,n] bool: a band of uneven width that winds across the picture."""
    along = np.linspace(-0.2, 1.2, 90)
    bend = random.uniform(0.02, 0.16)
    aside = sum(bend / k * np.sin(along * random.uniform(3, 9) * k + random.uniform(0, 6.3)) for k in (1, 2, 3))
    angle = random.uniform(0, 2 * math.pi)
    middle = np.stack([along - 0.5, aside + random.uniform(-0.25, 0.25)], 1)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    points = (middle @ turn + 0.5) * side
    width = np.exp(random.uniform(np.log(0.02), np.log(0.14))) * side * (1 + 0.25 * np.sin(along * random.uniform(5, 25)))
    drawn = np.zeros((side, side), np.uint8)
    for k in range(len(points) - 1):
        a, b = (tuple(int(v) for v in points[j]) for j in (k, k + 1))
        cv2.line(drawn, a, b, 1, max(2, round(width[k])))
    rough = relief(random, side, 12, 0.7) * random.uniform(0, 2.5)
    return cv2.distanceTransform(1 - drawn, cv2.DIST_L2, 3) < 1 + np.clip(rough, 0, None) if random.random() < 0.6 else drawn > 0


def wood(land: Land, mask: np.ndarray) -> None:
    """Crowns under the sun, dark between, with a shadow where the wood ends."""
    random, side = land.random, land.side
    height = random.uniform(0.004, 0.02) * side
    move = np.float64([[1, 0, land.sun[0] * height], [0, 1, land.sun[1] * height]])
    cast = (cv2.warpAffine(mask.astype(np.uint8), move, (side, side)) > 0) & ~mask
    land.colour[cast] *= random.uniform(0.35, 0.7)
    canopy = relief(random, side, int(side / random.uniform(3, 16)), 0.75)
    down, across = np.gradient(canopy)
    lit = (across * land.sun[0] + down * land.sun[1])[mask] * random.uniform(10, 30) + canopy[mask] * random.uniform(2, 12)
    land.colour[mask] = shade(random, LEAVES, 10) + lit[:, None]
    land.label("forest" if np.count_nonzero(mask) >= SMALLEST_WOOD * mask.size else "trees", mask)


def farmstead(land: Land, centre: np.ndarray) -> None:
    """A few roofs with their shadows and trees about them."""
    random, side = land.random, land.side
    angle, scale = random.uniform(0, math.pi), np.exp(random.uniform(np.log(0.02), np.log(0.07))) * side
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])

    def area(at: np.ndarray, length: float, width: float) -> np.ndarray:
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [length / 2, width / 2] @ turn + at
        drawn = np.zeros((side, side), np.uint8)
        cv2.fillPoly(drawn, [np.round(corners * 16).astype(np.int32)], 1, shift=4)
        return drawn > 0

    for _ in range(int(random.integers(1, 6))):
        at = centre + random.normal(0, scale * 1.4, 2)
        length, width = scale * random.uniform(0.5, 1.4), scale * random.uniform(0.35, 0.7)
        land.colour[area(at + land.sun * width * random.uniform(0.2, 0.5), length, width)] *= random.uniform(0.3, 0.6)
        roof, mask = shade(random, ROOFS), area(at, length, width)
        land.colour[mask] = roof + random.normal(0, 3, (int(mask.sum()), 1))
        land.colour[area(at + np.array([0, width / 4]) @ turn, length, width / 2)] *= random.uniform(0.7, 1)
        land.label("building", mask)
    for _ in range(int(random.integers(0, 6))):
        drawn = np.zeros((side, side), np.uint8)
        at = centre + random.normal(0, scale * 2, 2)
        cv2.circle(drawn, tuple(int(v) for v in at), max(2, int(scale * random.uniform(0.15, 0.4))), 1, -1)
        wood(land, drawn > 0)


def landscape(seed: int, side: int) -> Scene:
    """A picture of open country; equal arguments give equal pixels."""
    random = np.random.default_rng([seed, 78])
    turn = random.uniform(0, 2 * math.pi)
    sun = np.array([math.cos(turn), math.sin(turn)])
    land = Land(random, side, np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.uint8), sun)
    height = relief(random, side, int(random.integers(2, 9)), random.uniform(0.35, 0.62))
    share = np.exp(random.uniform(np.log(0.01), np.log(0.4))) if random.random() < 0.85 else 0.0
    level = float(np.quantile(height, share))
    if random.random() < 0.6:
        tilled_ground(land, np.clip(1 - (height - level) / 0.8, 0, 1))
    else:
        wild_ground(land)
    if random.random() < 0.6:
        canopy = relief(random, side, int(random.integers(3, 14)), random.uniform(0.4, 0.7))
        for part in parts(canopy > np.quantile(canopy, random.uniform(0.8, 0.98)), 0.0003):
            wood(land, part)
    for _ in range(int(random.choice([0, 0, 1, 2, 3]))):
        farmstead(land, random.uniform(0.05, 0.95, 2) * side)
    lakes = height < level
    if random.random() < 0.3:
        hollows = relief(random, side, int(random.integers(9, 24)), 0.5)
        lakes |= hollows < np.quantile(hollows, random.uniform(0.005, 0.04))
    colours = LAKES if random.random() < 0.5 else [pick(random, LAKES)]
    if random.random() < 0.25:
        river = river_mask(random, side)
        lakes &= cv2.dilate(river.astype(np.uint8), np.ones((9, 9))) == 0
        fill(land, river, "river", river | lakes, colours)
    for part in parts(lakes, 0.0002):
        fill(land, part, "water", lakes, colours)
    conditions = draw_conditions(random)
    image = photograph(random, through_the_air(random, land.colour, conditions), conditions.grey)
    return Scene(image, land.labels, land.kinds, {}, conditions=conditions)
