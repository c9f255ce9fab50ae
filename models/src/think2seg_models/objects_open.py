"""Things of the open country and the shore, each painted on a `Canvas` at a centre, an angle (radians) and a size (units)."""

import math
from itertools import pairwise

import numpy as np

from .drawing import Canvas, blob, ellipse, offset_by, rectangle, turned
from .scene_objects import GREENS, SOILS, WATERS, pick

BRIGHT_WATERS = [(95, 140, 150), (70, 125, 145), (120, 160, 160), (85, 120, 135), (60, 100, 125), (130, 140, 120), (25, 35, 45)]
WOODS = [(48, 72, 40), (40, 65, 35), (60, 85, 48), (70, 88, 50), (38, 58, 44)]


def wedge(radius: float, first: float, last: float, corners: int = 24) -> np.ndarray:
    """A slice of a disc between two angles (radians), its tip at the origin."""
    t = np.linspace(first, last, corners)
    return np.concatenate([[[0.0, 0.0]], np.stack([radius * np.cos(t), radius * np.sin(t)], 1)])


def forest(canvas: Canvas, centre, radius: float) -> None:
    """A closed stand: an outline filled with crowns, so that the mask has no holes."""
    random, label = canvas.random, canvas.new_object("forest")
    if label is None:
        return
    base = canvas.colour(pick(random, WOODS), 14)
    stand = blob(random, radius)
    canvas.paint([stand + centre], base * 0.75, random.uniform(8, 16), label, shadow=random.uniform(1, 4))
    crown_radius = radius * random.uniform(0.07, 0.16)
    for _ in range(int(random.integers(25, 50))):
        a, b = stand[int(random.integers(len(stand)))], stand[int(random.integers(len(stand)))]
        at = (a * random.uniform(0, 0.9) + b * random.uniform(0, 0.9)) / 1.8
        crown = blob(random, crown_radius * random.uniform(0.7, 1.3), 12)
        canvas.paint([crown + at + centre], base * random.uniform(0.8, 1.25), random.uniform(4, 12), shadow=crown_radius * 0.3)


def lake(canvas: Canvas, centre, radius: float) -> None:
    """Standing water as in glacial country: several bays that join, a pale or reedy rim, sometimes shallows of another colour."""
    random, label = canvas.random, canvas.new_object("water")
    if label is None:
        return
    bays = [
        blob(random, radius * random.uniform(0.45, 0.8)) + random.normal(0, radius * 0.45, 2) for _ in range(int(random.integers(1, 5)))
    ]
    bays = [turned(bay, random.uniform(0, 6.3), centre) for bay in bays]
    if random.random() < 0.6:
        rim = canvas.colour(pick(random, [(195, 188, 165), (175, 165, 135), (60, 72, 48), (85, 90, 55)]), 14)
        width = radius * random.uniform(0.04, 0.16) + 1
        for bay in bays:
            middle = bay.mean(0)
            outward = (bay - middle) / np.maximum(np.linalg.norm(bay - middle, axis=1, keepdims=True), 1e-6)
            canvas.paint([bay + outward * width], rim, 8)
    colour, grain = canvas.colour(pick(random, [*WATERS, *BRIGHT_WATERS]), 14), random.uniform(1, 4)
    for bay in bays:
        canvas.paint([bay], colour, grain, label)
    if random.random() < 0.35:
        deep = colour * random.uniform(0.75, 1.2)
        for bay in bays:
            canvas.paint([(bay - bay.mean(0)) * random.uniform(0.5, 0.8) + bay.mean(0)], deep, grain, label, alpha=0.8)


def river(canvas: Canvas, through, angle: float, width: float, bend: float) -> tuple[np.ndarray, np.ndarray]:
    """A river across the whole scene. Returns points along its middle [n,2] and the direction of flow at each [n] (radians)."""
    random, label = canvas.random, canvas.new_object("river")
    x = np.linspace(-300, 300, 60)
    phase, wave = random.uniform(0, 6.3, 2), random.uniform(90, 260, 2)
    y = bend * np.sin(2 * np.pi * x / wave[0] + phase[0]) + bend * 0.4 * np.sin(2 * np.pi * x / wave[1] + phase[1])
    middle = turned(np.stack([x, y], 1), angle, through)
    flow = np.gradient(middle, axis=0)
    direction = np.arctan2(flow[:, 1], flow[:, 0])
    normal = np.stack([-np.sin(direction), np.cos(direction)], 1)
    half = (width / 2 * (1 + 0.12 * random.normal(0, 1, 60).cumsum() / 6).clip(0.6, 1.5))[:, None]
    bank = canvas.colour(pick(random, [*SOILS, *GREENS]), 14)
    strip = lambda h: np.concatenate([middle + normal * h, (middle - normal * h)[::-1]])  # noqa: E731
    canvas.paint([strip(half * random.uniform(1.15, 1.6))], bank, 6)
    canvas.paint([strip(half)], canvas.colour(pick(random, [*WATERS, *BRIGHT_WATERS]), 14), random.uniform(1, 4), label, graded=True)
    return middle, direction


def bridge(canvas: Canvas, centre, angle: float, length: float, width: float) -> None:
    random, label = canvas.random, canvas.new_object("bridge")
    if label is None:
        return
    deck = canvas.colour(pick(random, [(150, 148, 145), (120, 118, 116), (175, 168, 155), (135, 110, 90)]), 12)
    canvas.paint([turned(rectangle(length, width), angle, centre)], deck, 3, label, shadow=width * random.uniform(0.3, 0.8))
    for side in (-1, 1):
        rail = turned([[-length / 2, side * width * 0.45], [length / 2, side * width * 0.45]], angle, centre)
        canvas.line(rail[0], rail[1], deck * 1.25, 1)
    ends = turned([[-length / 2, 0], [length / 2, 0]], angle, centre)
    canvas.line(ends[0], ends[1], (220, 220, 215), 1)


def pier(canvas: Canvas, outline: np.ndarray) -> None:
    """`outline` [4,2] in units: piers are laid out by the harbour that they belong to."""
    random, label = canvas.random, canvas.new_object("pier")
    if label is not None:
        deck = canvas.colour(pick(random, [(160, 155, 145), (140, 120, 95), (185, 180, 172)]), 12)
        canvas.paint([outline], deck, 4, label, shadow=2)


def center_pivot(canvas: Canvas, centre, radius: float) -> None:
    """A field that an arm on wheels waters in circles: slices of different crops, faint rings, sometimes one slice missing."""
    random, label = canvas.random, canvas.new_object("center_pivot")
    if label is None:
        return
    crops = [*GREENS, *SOILS, (175, 165, 90)]
    first, sweep = random.uniform(0, 2 * np.pi), 2 * np.pi * (1 if random.random() < 0.75 else random.uniform(0.6, 0.85))
    edges = np.linspace(first, first + sweep, int(random.integers(2, 5)))
    for start, end in pairwise(edges):
        canvas.paint([wedge(radius, start, end) + centre], canvas.colour(pick(random, crops)), random.uniform(3, 8), label)
    rim = lambda share: ellipse(radius * share, radius * share, 30) + centre  # noqa: E731
    ring = canvas.colour((150, 140, 110))
    if sweep > 6:
        for share in (0.35, 0.6, 0.85):
            points = rim(share)
            for k in range(len(points)):
                canvas.line(points[k], points[(k + 1) % len(points)], ring, 1)
    arm = first + sweep * random.uniform(0.1, 0.9)
    canvas.line(centre, np.asarray(centre) + offset_by([radius * 0.98, 0], arm), (225, 225, 220), 1)


def greenhouse(canvas: Canvas, centre, angle: float, width: float, height: float) -> None:
    """A block of glass or film bays under one roof."""
    random, label = canvas.random, canvas.new_object("greenhouse")
    if label is None:
        return
    glass = canvas.colour(pick(random, [(215, 222, 222), (195, 208, 205), (225, 225, 215), (180, 200, 190)]), 12)
    canvas.paint([turned(rectangle(width, height), angle, centre)], glass, 3, label, shadow=random.uniform(1, 3))
    for share in np.linspace(-0.5, 0.5, max(3, int(height / random.uniform(4, 8))) + 1)[1:-1]:
        gutter = turned([[-width / 2, share * height], [width / 2, share * height]], angle, centre)
        canvas.line(gutter[0], gutter[1], glass * 0.72, 1)


def solar_farm(canvas: Canvas, centre, angle: float, width: float, height: float) -> None:
    """Rows of dark panels; the ground between the rows belongs to the farm."""
    random, label = canvas.random, canvas.new_object("solar_farm")
    if label is None:
        return
    ground = canvas.colour(pick(random, [*SOILS, (120, 130, 90), (140, 140, 130)]), 12)
    canvas.paint([turned(rectangle(width, height), angle, centre)], ground, 5, label)
    panel = canvas.colour(pick(random, [(38, 48, 80), (45, 55, 70), (30, 36, 58), (58, 66, 95)]), 10)
    row, gap = random.uniform(3.5, 6), random.uniform(1.5, 3)
    y = -height / 2 + gap
    while y + row < height / 2:
        strip = rectangle(width * 0.95, row) + [0, y + row / 2]
        canvas.paint([turned(strip, angle, centre)], panel, 2)
        y += row + gap


def wind_turbine(canvas: Canvas, base, lean: np.ndarray, blade: float) -> None:
    """Tower and three blades, seen slightly from the side (`lean`, units) with a long shadow on the ground."""
    random, label = canvas.random, canvas.new_object("wind_turbine")
    if label is None:
        return
    hub, turn, thick = base + lean, random.uniform(0, 2 * np.pi), max(2.0, blade * 0.085)
    wing = np.array([[0, -thick * 0.4], [blade * 0.25, -thick * 0.55], [blade, -thick * 0.15], [blade, thick * 0.15], [0, thick * 0.4]])
    wings = [turned(wing, turn + k * 2 * np.pi / 3, hub) for k in range(3)]
    along = math.atan2(lean[1], lean[0])
    tower = turned(rectangle(np.hypot(*lean) + 1, thick), along, base + lean / 2)
    cast = canvas.sun * blade * random.uniform(0.8, 1.8)
    shadow = [w + cast - lean for w in wings] + [turned(rectangle(np.hypot(*cast), thick), math.atan2(*cast[::-1]), base + cast / 2)]
    canvas.paint([ellipse(thick * 2.2, thick * 2.2) + base], canvas.colour((165, 155, 135)), 3)
    for part in shadow:
        canvas.paint([part], (25, 30, 30), 1, alpha=canvas.shadow_strength)
    white = canvas.colour((232, 234, 235), 8)
    for part in [tower, *wings, ellipse(thick, thick) + hub]:
        canvas.paint([part], white, 1, label)


def roundabout(canvas: Canvas, centre, radius: float) -> None:
    """A ring road around an island; the roads that lead to it are painted before."""
    random, label = canvas.random, canvas.new_object("roundabout")
    if label is None:
        return
    asphalt = canvas.colour(pick(random, [(110, 110, 112), (90, 90, 94), (135, 132, 128)]), 12)
    canvas.paint([ellipse(radius, radius) + centre], asphalt, 4, label)
    island = radius * random.uniform(0.4, 0.6)
    canvas.paint([ellipse(island * 1.08, island * 1.08) + centre], (205, 205, 200), 2, label)
    canvas.paint([ellipse(island, island) + centre], canvas.colour(pick(random, [*GREENS, (150, 140, 125)]), 14), 6, label)
    if random.random() < 0.5:
        canvas.paint([blob(random, island * 0.5) + centre], canvas.colour((55, 80, 45)), 12, label, shadow=1)


def baseball_diamond(canvas: Canvas, home, angle: float, radius: float) -> None:
    """Outfield grass as a quarter disc, the infield of earth with its square of grass, chalk lines."""
    random, label = canvas.random, canvas.new_object("baseball_diamond")
    if label is None:
        return
    lawn = canvas.colour(pick(random, [(85, 135, 65), (70, 120, 60), (110, 150, 80)]), 12)
    earth = canvas.colour(pick(random, [(175, 125, 85), (190, 150, 110), (160, 110, 80)]), 12)
    quarter = lambda r: turned(wedge(r, -np.pi / 4, np.pi / 4), angle, home)  # noqa: E731
    canvas.paint([quarter(radius)], lawn, 5, label, striped=random.random() < 0.4, stripe_degrees=-math.degrees(angle))
    canvas.paint([quarter(radius * 0.5)], earth, 4, label)
    base = radius * 0.26
    square = turned(rectangle(base, base), np.pi / 4, [base * 0.85, 0])
    canvas.paint([turned(square, angle, home)], lawn, 4, label)
    canvas.paint([ellipse(radius * 0.07, radius * 0.07) + home], earth, 3, label)
    for side in (-1, 1):
        canvas.line(home, home + offset_by([radius, 0], angle + side * np.pi / 4), (230, 230, 225), 1)
