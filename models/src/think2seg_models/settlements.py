"""Streets of houses, works and car parks among gardens and trees, drawn from heights: how roofs look where people live.

Lengths and heights are pixels of the picture.
"""

import math

import numpy as np

from .close_ups import LEAVES, PAVED, Ground, bare_ground, crown, lit, place, roof, shade_of, window
from .landscapes import parts
from .scene_objects import SOILS, pick
from .scenes import Scene
from .sensor import draw_conditions, photograph, through_the_air

ASPHALT = [(120, 118, 118), (150, 148, 145), (95, 95, 98), (175, 170, 162), (200, 195, 188)]
POOLS = [(80, 170, 200), (110, 200, 215), (60, 140, 180), (150, 205, 210)]
CARS = [(230, 230, 232), (40, 40, 45), (150, 150, 155), (150, 40, 40), (50, 70, 130), (200, 200, 195)]
MOST_THINGS = 250
SMALLEST_WOOD = 0.02
"""Share of the picture from which on joined crowns are a forest and not the trees of a garden."""
CROWNS_OF_A_WOOD = 6
WOODED = 0.15
"""Share of settlements that are a few houses in a wood."""
SMALLEST_IN_A_WOOD = 0.045
"""Radius of the crowns there at least, as a share of the side: smaller ones would be too many to fill it."""
MOST_HIDDEN = 0.5


class Town:
    """A ground with a grid of streets, turned by `angle`; things are put at (along, across) from its middle."""

    def __init__(self, random: np.random.Generator, side: int):
        self.random, self.side = random, side
        self.ground: Ground = bare_ground(random, side)
        self.angle = random.choice([0.0, random.uniform(0, math.pi)])
        self.house = np.exp(random.uniform(np.log(0.035), np.log(0.26))) * side
        self.leaf = shade_of(random, pick(random, LEAVES))
        self.turn = np.array([[math.cos(self.angle), math.sin(self.angle)], [-math.sin(self.angle), math.cos(self.angle)]])

    def at(self, along: float, across: float) -> np.ndarray:
        return np.array([along, across]) @ self.turn + self.side / 2

    def full(self) -> bool:
        return len(self.ground.wholes) >= MOST_THINGS

    def seen(self, spot: np.ndarray, reach: float) -> bool:
        return bool((spot > -reach).all() and (spot < self.side + reach).all())

    def window(self, spot: np.ndarray, reach: float) -> tuple[slice, slice, np.ndarray, np.ndarray]:
        """Rows and columns around a spot, and how far along and across from it each of their pixels lies."""
        rows, columns, x, y = window(spot, reach, self.side)
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return rows, columns, x * cos + y * sin, y * cos - x * sin

    def slab(self, kind: str, spot: np.ndarray, length: float, width: float, colour: np.ndarray, height: float = 0.01) -> None:
        """A flat rectangle."""
        rows, columns, u, v = self.window(spot, 0.75 * (length + width))
        if u.size == 0:
            return
        top = np.where((np.abs(u) < length / 2) & (np.abs(v) < width / 2), height, 0).astype(np.float32)
        place(self.ground, kind, rows, columns, top, colour + self.random.normal(0, 4, (*u.shape, 1)).astype(np.float32))

    def streets(self, kind_of_block) -> None:
        """Blocks as long as several houses and two rows deep, between streets; `kind_of_block(spot, length, depth)` fills each."""
        random, house = self.random, self.house
        way, length, depth = house * random.uniform(0.4, 0.9), house * random.uniform(3, 8), house * random.uniform(2.6, 4.5)
        paving = shade_of(random, pick(random, ASPHALT))
        reach_along, reach_across = (int(0.75 * self.side / step) + 1 for step in (length + way, depth + way))
        shift = random.uniform(-0.5, 0.5, 2) * [length, depth]
        for i in range(-reach_along, reach_along + 1):
            along = i * (length + way) + shift[0]
            self.slab("street", self.at(along - (length + way) / 2, 0), way, 1.6 * self.side, paving)
        for j in range(-reach_across, reach_across + 1):
            across = j * (depth + way) + shift[1]
            self.slab("street", self.at(0, across - (depth + way) / 2), 1.6 * self.side, way, paving)
            for i in range(-reach_along, reach_along + 1):
                along = i * (length + way) + shift[0]
                if self.seen(self.at(along, across), 0.6 * max(length, depth)) and not self.full():
                    kind_of_block(along, across, length, depth)

    def houses(self, along: float, across: float, length: float, depth: float) -> None:
        """Two rows of roofs that are alike, now and then with a shed, a drive or a pool."""
        random, house = self.random, self.house
        step, setback, terraced = house * random.uniform(1.05, 1.9), house * random.uniform(0.1, 0.5), random.random() < 0.15
        deep = house * random.uniform(0.55, 0.9)
        for row in (-1, 1):
            at = along - length / 2 + step / 2
            while at < along + length / 2 - house * 0.4:
                spot = self.at(at + random.normal(0, 0.06 * house), across + row * (depth / 2 - setback - deep / 2))
                long = step if terraced else house * random.uniform(0.7, 1.1)
                across_the_row = random.random() < 0.2 and not terraced
                angle = self.angle + (math.pi / 2 if across_the_row else random.normal(0, 0.02))
                roof(self.ground, spot, angle, long, deep * random.uniform(0.85, 1.1))
                if random.random() < 0.35:
                    drive = self.at(at + house * 0.45, across + row * (depth / 2 - setback / 2))
                    self.slab("drive", drive, house * 0.18, setback + house * 0.3, shade_of(random, pick(random, PAVED)))
                if random.random() < 0.25:
                    size = house * random.uniform(0.15, 0.32)
                    shed = self.at(at + random.uniform(-0.4, 0.4) * house, across + row * depth * 0.1)
                    roof(self.ground, shed, self.angle, size, size * 0.8)
                if random.random() < 0.12:
                    size = house * random.uniform(0.25, 0.45)
                    water = shade_of(random, pick(random, POOLS), 8)
                    pool = self.at(at + random.uniform(-0.3, 0.3) * house, across + row * depth * 0.12)
                    self.slab("paving", pool, size * 1.4, size * 0.9, shade_of(random, pick(random, PAVED)))
                    self.slab("pool", pool, size, size * 0.5, water, 0.02)
                at += step

    def works(self, along: float, across: float, length: float, depth: float) -> None:
        """Large roofs, mostly flat, on paved ground."""
        random = self.random
        self.slab("yard", self.at(along, across), length, depth, shade_of(random, pick(random, [*PAVED, *SOILS])))
        for _ in range(int(random.integers(1, 4))):
            spot = self.at(along + random.uniform(-0.3, 0.3) * length, across + random.uniform(-0.25, 0.25) * depth)
            roof(self.ground, spot, self.angle, length * random.uniform(0.25, 0.6), depth * random.uniform(0.3, 0.6))

    def car_park(self, along: float, across: float, length: float, depth: float) -> None:
        random = self.random
        self.slab("parking_lot", self.at(along, across), length * 0.9, depth * 0.9, shade_of(random, pick(random, ASPHALT)))
        lot = len(self.ground.wholes)
        car = self.house * random.uniform(0.16, 0.26)
        bay, taken = car * 0.62, random.uniform(0.2, 0.9)
        for row in np.arange(-depth * 0.42 + car / 2, depth * 0.42, car * 1.7):
            for bay_at in np.arange(-length * 0.42, length * 0.42, bay):
                if random.random() < taken and not self.full():
                    self.car(self.at(along + bay_at, across + row), car, lot)

    def car(self, spot: np.ndarray, length: float, lot: int) -> None:
        """Belongs to its lot, as in all scenes."""
        random = self.random
        rows, columns, u, v = self.window(spot, length)
        if u.size == 0:
            return
        body = (np.abs(u) < length * 0.2) & (np.abs(v) < length * 0.46) & (self.ground.owner[rows, columns] == lot)
        self.ground.colour[rows, columns][body] = shade_of(random, pick(random, CARS), 12)
        self.ground.height[rows, columns][body] = length * 0.3

    def park(self, along: float, across: float, length: float, depth: float) -> None:
        """A grove."""
        radius = self.house * self.random.uniform(0.2, 0.5)
        for _ in range(int(min(60, self.random.uniform(0.2, 1.6) * length * depth / (math.pi * radius**2)))):
            if not self.full():
                spot = self.at(along + self.random.uniform(-0.5, 0.5) * length, across + self.random.uniform(-0.5, 0.5) * depth)
                self.tree(spot, radius)

    def tree(self, spot: np.ndarray, radius: float) -> None:
        random = self.random
        crown(self.ground, spot, radius * random.uniform(0.5, 1.4), self.leaf + random.normal(0, 8) + random.normal(0, 4, 3))

    def grow(self, green: float, radius: float, most: int) -> None:
        """Trees everywhere but on roofs, by chance in rows along the streets too; `green` is the share of the ground they cover."""
        random = self.random
        for _ in range(int(min(most, green * self.side**2 / (math.pi * radius**2)))):
            spot = random.uniform(0, self.side, 2)
            x, y = (int(v) for v in spot)
            below = int(self.ground.owner[y, x])
            on_roof = below and self.ground.wholes[below][0] in ("roof", "pool", "parking_lot")
            if not self.full() and (not on_roof or random.random() < 0.1):
                self.tree(spot, radius)


def _labelled(ground: Ground) -> tuple[np.ndarray, list[str]]:
    """Labels [n,n] u8 and kinds of what can be asked for: roofs, lots and pools by what is seen of them, crowns where they join."""
    labels, kinds = np.zeros(ground.owner.shape, np.uint8), ["background"]

    def add(kind: str, mask: np.ndarray) -> None:
        labels[mask] = len(kinds)
        kinds.append(kind)

    names = {"roof": "building", "parking_lot": "parking_lot", "pool": "pool"}
    for number, (kind, whole) in ground.wholes.items():
        visible = ground.owner == number
        if kind in names and visible.sum() >= (1 - MOST_HIDDEN) * whole.sum():
            add(names[kind], visible)
    crowns = [number for number, (kind, _) in ground.wholes.items() if kind == "crown"]
    for part in parts(np.isin(ground.owner, crowns), SMALLEST_WOOD):
        if len(kinds) < MOST_THINGS:
            add("forest" if len(np.unique(ground.owner[part])) >= CROWNS_OF_A_WOOD else "trees", part)
    return labels, kinds


def settlement(seed: int, side: int) -> Scene:
    """A picture of a settlement; equal arguments give equal pixels."""
    random = np.random.default_rng([seed, 79])
    town = Town(random, side)
    wooded = random.random() < WOODED
    uses = [0.3, 0.0, 0.0, 0.0, 0.7] if wooded else random.dirichlet([1.6, 0.5, 0.35, 0.4, 0.25])
    fillers = [town.houses, town.works, town.car_park, town.park, lambda *block: None]
    town.streets(lambda *block: fillers[int(random.choice(5, p=uses))](*block))
    radius = town.house * random.uniform(0.15, 0.45)
    if wooded:
        town.grow(random.uniform(0.6, 1.5), max(radius, SMALLEST_IN_A_WOOD * side), MOST_THINGS)
    else:
        town.grow(random.choice([0.0, random.uniform(0, 0.25), random.uniform(0.1, 0.6)]), radius, 90)
    labels, kinds = _labelled(town.ground)
    conditions = draw_conditions(random)
    image = through_the_air(random, lit(town.ground).astype(np.float32), conditions)
    return Scene(photograph(random, image, conditions.grey), labels, kinds, {}, conditions=conditions)
