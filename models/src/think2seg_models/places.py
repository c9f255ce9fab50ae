"""Kinds of place that are built or farmed close up: each paints a whole canvas."""

from itertools import pairwise

import numpy as np

from .drawing import SIDE, Canvas, offset_by, rectangle, turned
from .objects_open import BRIGHT_WATERS, baseball_diamond, forest, pier
from .scene_objects import (
    GREENS,
    SOILS,
    WATERS,
    building,
    car,
    field,
    parking_lot,
    pick,
    plane,
    pool,
    road,
    road_across,
    running_track,
    shapes_without_meaning,
    ship,
    sports_field,
    storage_tank,
    tennis_court,
    trees,
    water,
)


def farmland(canvas: Canvas) -> None:
    random = canvas.random
    canvas.ground(pick(random, GREENS + SOILS), random.uniform(4, 12))
    angle, size = random.uniform(0, np.pi), np.exp(random.uniform(np.log(35), np.log(130)))
    middle = np.array([SIDE / 2, SIDE / 2])
    edges = [-220.0]
    while edges[-1] < 220:
        edges.append(edges[-1] + size * random.uniform(0.5, 1.6))
    for left, right in pairwise(edges):
        top = -220.0
        while top < 220:
            height, gap = size * random.uniform(0.5, 2), random.uniform(0, 3)
            skew = random.normal(0, size * 0.06, (4, 2))
            if random.random() < 0.85:
                plot = np.array(
                    [[left + gap, top + gap], [right - gap, top + gap], [right - gap, top + height - gap], [left + gap, top + height - gap]]
                )
                field(canvas, turned(plot + skew, angle, middle), angle)
            top += height
    for _ in range(random.integers(0, 3)):
        road_across(canvas, random.uniform(40, SIDE - 40, 2), random.uniform(0, np.pi), random.uniform(3, 16), random.normal(0, 25))
    for _ in range(random.integers(0, 3)):
        water(canvas, random.uniform(0, SIDE, 2), random.uniform(10, 60))
    for _ in range(random.integers(0, 3)):
        forest(canvas, random.uniform(0, SIDE, 2), random.uniform(18, 50))
    for _ in range(random.integers(0, 5)):
        trees(canvas, random.uniform(0, SIDE, 2), random.uniform(6, 14), int(random.integers(1, 5)))
    for _ in range(random.integers(0, 6)):
        width = random.uniform(8, 40)
        building(canvas, random.uniform(10, SIDE - 10, 2), angle + random.choice([0, np.pi / 2]), width, width * random.uniform(0.4, 0.9))


def town(canvas: Canvas) -> None:
    random = canvas.random
    canvas.ground(pick(random, [(130, 128, 122), (115, 125, 95), (150, 145, 135), (100, 115, 75)]), random.uniform(4, 12))
    angle, size = random.uniform(0, np.pi), np.exp(random.uniform(np.log(28), np.log(110)))
    middle = np.array([SIDE / 2, SIDE / 2]) + random.normal(0, 20, 2)
    street, step, reach = size * random.uniform(0.12, 0.25), size * 1.2, int(240 / size) + 1
    for i in range(-reach, reach + 1):
        if random.random() < 0.55:
            road(canvas, *turned([[i * step, -260], [i * step, 260]], angle, middle), street)
    for j in range(-reach, reach + 1):
        if random.random() < 0.35:
            road(canvas, *turned([[-260, j * step], [260, j * step]], angle, middle), street)
    plot = step - street
    for i in range(-reach, reach):
        for j in range(-reach, reach):
            centre = turned([[(i + 0.5) * step, (j + 0.5) * step]], angle, middle)[0]
            if centre.min() < -size or centre.max() > SIDE + size:
                continue
            use = random.random()
            if use < 0.6:
                building(
                    canvas,
                    centre + random.normal(0, size * 0.05, 2),
                    angle + random.choice([0, np.pi / 2]),
                    plot * random.uniform(0.45, 0.85),
                    plot * random.uniform(0.35, 0.8),
                )
            elif use < 0.7:
                parking_lot(canvas, centre, angle, plot * 0.95, plot * 0.9, max(3.5, size * random.uniform(0.09, 0.16)))
            elif use < 0.82:
                trees(canvas, centre, plot * 0.4, int(random.integers(1, 5)))
            elif use < 0.86:
                pool(canvas, centre, angle, plot * random.uniform(0.2, 0.5))
            elif use < 0.9:
                tennis_court(canvas, centre, angle, plot * 0.9)
            if random.random() < 0.3:
                trees(canvas, centre + random.uniform(-0.5, 0.5, 2) * size, size * random.uniform(0.06, 0.2), 1)
            if random.random() < 0.15:
                car(
                    canvas,
                    centre + offset_by([plot * 0.55, random.uniform(-0.5, 0.5) * plot], angle),
                    angle + np.pi / 2,
                    max(4, size * 0.12),
                )


def sports_park(canvas: Canvas) -> None:
    random = canvas.random
    canvas.ground(pick(random, [*GREENS, (140, 135, 125)]), random.uniform(4, 10))
    angle = random.uniform(0, np.pi)
    if random.random() < 0.7:
        running_track(canvas, random.uniform(60, SIDE - 60, 2), random.uniform(0, np.pi), random.uniform(35, 120))
    corner, length = random.uniform(30, SIDE - 30, 2), random.uniform(20, 80)
    for i in range(random.integers(0, 5)):
        tennis_court(canvas, corner + offset_by([0, i * length * 0.58], angle), angle, length)
    for _ in range(random.integers(0, 3)):
        sports_field(canvas, random.uniform(20, SIDE - 20, 2), angle, random.uniform(35, 130))
    if random.random() < 0.45:
        baseball_diamond(canvas, random.uniform(30, SIDE - 30, 2), random.uniform(0, 2 * np.pi), random.uniform(40, 100))
    for _ in range(random.integers(0, 4)):
        width = random.uniform(12, 60)
        building(canvas, random.uniform(10, SIDE - 10, 2), angle, width, width * random.uniform(0.4, 0.9))
    for _ in range(random.integers(0, 8)):
        trees(canvas, random.uniform(0, SIDE, 2), random.uniform(5, 18), int(random.integers(1, 6)))
    if random.random() < 0.5:
        road_across(canvas, random.uniform(0, SIDE, 2), angle, random.uniform(6, 18))
    if random.random() < 0.4:
        parking_lot(canvas, random.uniform(30, SIDE - 30, 2), angle, random.uniform(40, 110), random.uniform(25, 70), random.uniform(5, 11))
    if random.random() < 0.3:
        pool(canvas, random.uniform(20, SIDE - 20, 2), angle, random.uniform(10, 50))


def industry(canvas: Canvas) -> None:
    random = canvas.random
    canvas.ground(pick(random, [(140, 135, 125), (120, 118, 115), (160, 150, 135), (110, 115, 90)]), random.uniform(4, 10))
    angle, radius = random.uniform(0, np.pi), np.exp(random.uniform(np.log(6), np.log(45)))
    corner = random.uniform(40, SIDE - 40, 2) - radius * 2
    for _ in range(random.integers(0, 3)):
        road_across(canvas, random.uniform(0, SIDE, 2), angle + random.choice([0, np.pi / 2]), random.uniform(5, 18))
    for i in range(random.integers(1, 5)):
        for j in range(random.integers(1, 5)):
            if random.random() < 0.85:
                storage_tank(canvas, corner + offset_by([i * radius * 2.7, j * radius * 2.7], angle), radius * random.uniform(0.6, 1.1))
    for _ in range(random.integers(0, 5)):
        width = random.uniform(20, 90)
        building(canvas, random.uniform(10, SIDE - 10, 2), angle, width, width * random.uniform(0.3, 0.8))
    for _ in range(random.integers(0, 3)):
        parking_lot(canvas, random.uniform(30, SIDE - 30, 2), angle, random.uniform(30, 80), random.uniform(20, 50), random.uniform(4, 9))
    if random.random() < 0.35:
        water(canvas, random.uniform(0, SIDE, 2), random.uniform(12, 50))
    for _ in range(random.integers(0, 5)):
        trees(canvas, random.uniform(0, SIDE, 2), random.uniform(5, 18), int(random.integers(1, 6)))


def harbour(canvas: Canvas) -> None:
    random = canvas.random
    canvas.ground(pick(random, [(140, 135, 125), (120, 125, 100), (165, 155, 135)]), random.uniform(4, 10))
    angle, shore = random.uniform(0, 2 * np.pi), random.uniform(-110, 60)
    middle = np.array([SIDE / 2, SIDE / 2])
    at = lambda x, y: turned([[x, y]], angle, middle)[0]  # noqa: E731
    x = np.linspace(-260, 260, 30)
    ragged = random.normal(0, 1, 30).cumsum() * random.uniform(0, 3)
    sea = np.concatenate([np.stack([x, shore + ragged], 1), [[260, 400], [-260, 400]]])
    canvas.paint(
        [turned(sea, angle, middle)],
        canvas.colour(pick(random, [*WATERS, *BRIGHT_WATERS]), 14),
        random.uniform(1, 6),
        canvas.new_object("water"),
        graded=True,
    )
    length = np.exp(random.uniform(np.log(20), np.log(100)))
    for _ in range(random.integers(0, 4)):
        along = random.uniform(-110, 110)
        deck = rectangle(max(6.0, length * random.uniform(0.12, 0.22)), length * 1.6 + 5) + [along, shore + (length * 1.6 - 5) / 2]
        pier(canvas, turned(deck, angle, middle))
        for _ in range(random.integers(0, 4)):
            berth = at(along + random.choice([-1, 1]) * (length * 0.2 + 6), shore + length * random.uniform(0.2, 1.5))
            ship(canvas, berth, angle + np.pi / 2 * random.choice([1, -1]), length * random.uniform(0.6, 1))
    for _ in range(random.integers(1, 7)):
        ship(
            canvas,
            at(random.uniform(-120, 120), shore + random.uniform(20, 170)),
            random.uniform(0, 6.3),
            length * random.uniform(0.5, 1.3),
        )
    for _ in range(random.integers(0, 6)):
        width = random.uniform(10, 50)
        building(canvas, at(random.uniform(-120, 120), shore - random.uniform(20, 90)), angle, width, width * random.uniform(0.4, 0.9))
    for _ in range(random.integers(0, 4)):
        trees(canvas, at(random.uniform(-120, 120), shore - random.uniform(20, 90)), random.uniform(5, 16), int(random.integers(1, 6)))


def airport(canvas: Canvas) -> None:
    random = canvas.random
    canvas.ground(pick(random, GREENS + SOILS), random.uniform(3, 9))
    angle, middle = random.uniform(0, np.pi), random.uniform(70, SIDE - 70, 2)
    apron = turned(rectangle(random.uniform(120, 300), random.uniform(60, 160)), angle, middle)
    canvas.paint([apron], canvas.colour((150, 150, 150), 14), 4, canvas.new_object("road"))
    road_across(canvas, random.uniform(0, SIDE, 2), angle, random.uniform(12, 30))
    length, count = np.exp(random.uniform(np.log(16), np.log(90))), int(random.integers(1, 7))
    for i in range(count):
        stand = middle + offset_by([(i - count / 2) * length * 1.15, random.normal(0, length * 0.1)], angle)
        plane(canvas, stand, angle + np.pi / 2 + random.normal(0, 0.15), length * random.uniform(0.7, 1.1))
    width = random.uniform(50, 140)
    building(canvas, middle + offset_by([0, length * 1.2], angle), angle, width, width * random.uniform(0.15, 0.3))
    for _ in range(random.integers(0, 4)):
        storage_tank(canvas, random.uniform(0, SIDE, 2), random.uniform(5, 16))
    for _ in range(random.integers(0, 6)):
        car(canvas, middle + random.normal(0, 50, 2), angle, random.uniform(4, 9))


def shapes(canvas: Canvas) -> None:
    random = canvas.random
    canvas.ground(random.uniform(30, 220, 3), random.uniform(2, 20))
    shapes_without_meaning(canvas)
