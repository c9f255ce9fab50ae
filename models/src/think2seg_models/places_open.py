"""Kinds of place seen from farther away, or out of town: each paints a whole canvas."""

import numpy as np

from .drawing import SIDE, Canvas, offset_by, rectangle, turned
from .objects_open import bridge, center_pivot, forest, greenhouse, lake, river, roundabout, solar_farm, wind_turbine
from .scene_objects import GREENS, SOILS, building, car, field, parking_lot, pick, road, road_across, trees, water


def _scattered_fields(canvas: Canvas, angle: float, count: int) -> None:
    random = canvas.random
    for _ in range(count):
        plot = rectangle(random.uniform(30, 90), random.uniform(30, 90)) + random.normal(0, 3, (4, 2))
        field(canvas, turned(plot, angle, random.uniform(0, SIDE, 2)), angle)


def river_valley(canvas: Canvas) -> None:
    """A river with bridges between meadows, fields, woods and farms."""
    random = canvas.random
    canvas.ground(pick(random, [*GREENS, *SOILS[:2]]), random.uniform(4, 12))
    angle, width = random.uniform(0, np.pi), np.exp(random.uniform(np.log(9), np.log(48)))
    _scattered_fields(canvas, angle, int(random.integers(0, 6)))
    through = np.full(2, SIDE / 2) + random.normal(0, 35, 2)
    middle, direction = river(canvas, through, angle, width, random.uniform(4, 38))
    inside = np.flatnonzero((middle > 25).all(1) & (middle < SIDE - 25).all(1))
    places = random.permutation(inside)[: int(random.integers(0, 4))]
    chosen = [k for n, k in enumerate(places) if all(abs(int(k) - int(other)) > 5 for other in places[:n])]
    for k in chosen:
        across, deck = direction[k] + np.pi / 2 + random.normal(0, 0.12), random.uniform(6, 15)
        road(canvas, middle[k] - offset_by([width * 0.6, 0], across), middle[k] - offset_by([300, 0], across), deck * 0.85)
        road(canvas, middle[k] + offset_by([width * 0.6, 0], across), middle[k] + offset_by([300, 0], across), deck * 0.85)
        bridge(canvas, middle[k], across, width * random.uniform(1.35, 1.7) + 6, deck)
    aside = lambda k, gap: middle[k] + offset_by([0, random.choice([-1, 1]) * (width * 0.8 + gap)], direction[k])  # noqa: E731
    for _ in range(random.integers(0, 4)):
        radius = random.uniform(22, 50)
        forest(canvas, aside(int(random.integers(12, 48)), radius * 1.3), radius)
    for _ in range(random.integers(0, 7)):
        size = random.uniform(9, 34)
        building(canvas, aside(int(random.integers(12, 48)), size + random.uniform(2, 40)), angle, size, size * random.uniform(0.4, 0.9))
    for _ in range(random.integers(0, 5)):
        trees(canvas, aside(int(random.integers(12, 48)), random.uniform(8, 60)), random.uniform(4, 12), int(random.integers(1, 5)))


def plains(canvas: Canvas) -> None:
    """Dry farmland from far away: circles under irrigation, a few lakes and woods."""
    random = canvas.random
    canvas.ground(pick(random, [*SOILS, *GREENS[2:]]), random.uniform(4, 12))
    step = np.exp(random.uniform(np.log(50), np.log(130)))
    corner, angle = random.uniform(-step, step * 0.3, 2), random.choice([0.0, random.uniform(0, np.pi)])
    for _ in range(random.integers(0, 3)):
        road_across(canvas, random.uniform(0, SIDE, 2), angle + random.choice([0, np.pi / 2]), random.uniform(2, 5))
    reach = int(SIDE * 1.5 / step) + 1
    for i in range(-reach, reach):
        for j in range(-reach, reach):
            at = turned([[corner[0] + (i + 0.5) * step, corner[1] + (j + 0.5) * step]], angle, [0, 0])[0]
            if at.min() < -step * 0.3 or at.max() > SIDE + step * 0.3:
                continue
            use = random.random()
            if use < 0.5:
                center_pivot(canvas, at, step * random.uniform(0.36, 0.48))
            elif use < 0.62:
                field(canvas, turned(rectangle(step * 0.9, step * random.uniform(0.5, 0.9)), angle, at), angle)
            elif use < 0.7:
                water(canvas, at, step * random.uniform(0.15, 0.4))
            elif use < 0.77:
                forest(canvas, at, step * random.uniform(0.22, 0.4))


def lakeland(canvas: Canvas) -> None:
    """A patchwork of fields full of lakes and ponds, cut by straight roads."""
    random = canvas.random
    canvas.ground(pick(random, [*GREENS, *SOILS]), random.uniform(4, 12))
    angle, step = random.normal(0, 0.05) + random.choice([0.0, random.uniform(0, np.pi)]), random.uniform(45, 140)
    corner, reach = random.uniform(-step, 0, 2), int(SIDE * 1.6 / step) + 1
    for i in range(-reach, reach):
        for j in range(-reach, reach):
            at = turned([[corner[0] + (i + 0.5) * step, corner[1] + (j + 0.5) * step]], angle, [0, 0])[0]
            if random.random() < 0.6 and -step < at.min() and at.max() < SIDE + step:
                field(canvas, turned(rectangle(step * random.uniform(0.85, 1), step * random.uniform(0.45, 1)), angle, at), angle)
    for _ in range(random.integers(0, 4)):
        at = turned([[corner[0] + int(random.integers(reach)) * step, corner[1] + int(random.integers(reach)) * step]], angle, [0, 0])[0]
        road_across(canvas, at, angle + random.choice([0, np.pi / 2]), random.uniform(1.5, 4))
    for _ in range(random.integers(0, 3)):
        forest(canvas, random.uniform(0, SIDE, 2), random.uniform(12, 32))
    largest = np.exp(random.uniform(np.log(14), np.log(85)))
    for k in range(random.integers(1, 13)):
        lake(canvas, random.uniform(0, SIDE, 2), largest if k == 0 else largest * random.uniform(0.15, 0.8))


def energy(canvas: Canvas) -> None:
    """Wind turbines and solar farms in open country."""
    random = canvas.random
    canvas.ground(pick(random, [*GREENS, *SOILS]), random.uniform(4, 12))
    angle = random.uniform(0, np.pi)
    _scattered_fields(canvas, angle, int(random.integers(0, 5)))
    for _ in range(random.integers(0, 3)):
        road_across(canvas, random.uniform(0, SIDE, 2), angle + random.choice([0, np.pi / 2]), random.uniform(3, 8))
    if random.random() < 0.65:
        start = random.uniform(50, SIDE - 50, 2)
        width, height = random.uniform(35, 95), random.uniform(30, 75)
        for i in range(random.integers(1, 4)):
            solar_farm(canvas, start + offset_by([i * width * 1.12, 0], angle), angle, width, height * random.uniform(0.8, 1.1))
    for _ in range(random.integers(0, 3)):
        forest(canvas, random.uniform(0, SIDE, 2), random.uniform(20, 45))
    for _ in range(random.integers(0, 3)):
        size = random.uniform(8, 26)
        building(canvas, random.uniform(10, SIDE - 10, 2), angle, size, size * random.uniform(0.4, 0.9))
    if random.random() < 0.7:
        blade, lean = random.uniform(20, 42), turned([[random.uniform(8, 30), 0]], random.uniform(0, 6.3), [0, 0])[0]
        start, row = random.uniform(30, SIDE - 30, 2), random.uniform(0, np.pi)
        for i in range(random.integers(1, 5)):
            wind_turbine(canvas, start + offset_by([i * blade * 2.6, random.normal(0, 6)], row), lean, blade)


def horticulture(canvas: Canvas) -> None:
    """Greenhouses in rows, with fields and ponds."""
    random = canvas.random
    canvas.ground(pick(random, [*GREENS, *SOILS, (140, 135, 125)]), random.uniform(4, 10))
    angle, length = random.uniform(0, np.pi), np.exp(random.uniform(np.log(26), np.log(95)))
    _scattered_fields(canvas, angle, int(random.integers(1, 5)))
    road_across(canvas, random.uniform(40, SIDE - 40, 2), angle, random.uniform(4, 9))
    corner = random.uniform(20, SIDE - 60, 2)
    for i in range(random.integers(1, 4)):
        for j in range(random.integers(1, 4)):
            if random.random() < 0.8:
                at = corner + offset_by([i * length * 1.15, j * length * 0.75], angle)
                greenhouse(canvas, at, angle, length, length * random.uniform(0.4, 0.62))
    for _ in range(random.integers(0, 3)):
        water(canvas, random.uniform(0, SIDE, 2), random.uniform(9, 26))
    for _ in range(random.integers(0, 3)):
        forest(canvas, random.uniform(0, SIDE, 2), random.uniform(18, 40))


def junction(canvas: Canvas) -> None:
    """Roads that meet in a roundabout, with shops and their parking."""
    random = canvas.random
    canvas.ground(pick(random, [*GREENS, (130, 128, 122), (150, 145, 135)]), random.uniform(4, 10))
    centre, radius = random.uniform(70, SIDE - 70, 2), random.uniform(15, 42)
    angle, arms = random.uniform(0, np.pi), int(random.integers(3, 6))
    width = radius * random.uniform(0.3, 0.5)
    for k in range(arms):
        way = angle + k * 2 * np.pi / arms + random.normal(0, 0.12)
        road(canvas, centre, centre + offset_by([300, 0], way), width, random.normal(0, 14))
    roundabout(canvas, centre, radius)
    if random.random() < 0.3:
        far = centre + offset_by([radius * random.uniform(4, 5.5), 0], angle)
        roundabout(canvas, far, radius * random.uniform(0.6, 1))
    for k in range(arms):
        between = angle + (k + 0.5) * 2 * np.pi / arms
        spot = centre + offset_by([radius * random.uniform(2, 2.6) + 18, 0], between)
        use, size = random.random(), random.uniform(20, 55)
        if use < 0.4:
            building(canvas, spot, between, size, size * random.uniform(0.4, 0.9))
        elif use < 0.65:
            parking_lot(canvas, spot, between, size * 1.2, size, random.uniform(4, 8))
        elif use < 0.8:
            forest(canvas, spot, size * 0.6)
        else:
            trees(canvas, spot, size * 0.4, int(random.integers(1, 5)))
    for _ in range(random.integers(0, 6)):
        way = angle + int(random.integers(arms)) * 2 * np.pi / arms
        car(canvas, centre + offset_by([radius + random.uniform(10, 90), width * 0.22], way), way, random.uniform(4, 8))
