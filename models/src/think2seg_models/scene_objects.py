"""The things that scenes are made of, each painted on a `Canvas` at a centre, an angle (radians) and a size (units)."""

import math

import numpy as np

from .drawing import SIDE, Canvas, blob, ellipse, offset_by, rectangle, stadium, turned

ROOFS = [
    (150, 70, 60),
    (170, 95, 75),
    (120, 120, 125),
    (190, 190, 190),
    (225, 225, 220),
    (90, 95, 110),
    (100, 80, 70),
    (70, 110, 150),
    (160, 150, 130),
    (60, 60, 65),
]
GREENS = [(90, 120, 60), (70, 100, 55), (120, 140, 80), (60, 85, 45), (140, 150, 95)]
SOILS = [(150, 130, 100), (170, 150, 115), (130, 105, 80), (190, 175, 140), (110, 90, 70)]
WATERS = [(40, 70, 90), (60, 95, 100), (30, 50, 60), (70, 110, 120), (45, 85, 110), (85, 105, 85)]
WHITE_LINE = (235, 235, 235)


def pick(random: np.random.Generator, options: list):
    return options[int(random.integers(len(options)))]


def _outline(canvas: Canvas, corners: np.ndarray, colour, width: float = 1) -> None:
    for k in range(len(corners)):
        canvas.line(corners[k], corners[(k + 1) % len(corners)], colour, width)


def building(canvas: Canvas, centre, angle: float, width: float, height: float) -> None:
    random, label = canvas.random, canvas.new_object("building")
    if label is None:
        return
    w, h = width / 2, height / 2
    form = random.random()
    if form < 0.55:
        plan = rectangle(width, height)
    elif form < 0.8:
        plan = np.array([[-w, -h], [w, -h], [w, 0], [0, 0], [0, h], [-w, h]])
    elif form < 0.9:
        plan = np.array([[-w, -h], [w, -h], [w, h], [w / 2, h], [w / 2, 0], [-w / 2, 0], [-w / 2, h], [-w, h]])
    else:
        plan = ellipse(w, h)
    roof = canvas.colour(pick(random, ROOFS))
    shadow = random.uniform(0.08, 0.35) * min(width, height) + 1 if random.random() < 0.85 else 0
    canvas.paint(
        [turned(plan, angle, centre)],
        roof,
        random.uniform(1, 6),
        label,
        shadow=shadow,
        striped=random.random() < 0.2,
        stripe_degrees=-math.degrees(angle),
    )
    if form < 0.55 and random.random() < 0.5:  # the shaded half of a gable roof
        half = np.array([[-w, -h], [w, -h], [w, 0], [-w, 0]])
        canvas.paint([turned(half, angle, centre)], roof * random.uniform(0.7, 0.92), 2, label)
    for _ in range(random.integers(0, 5)):
        at = centre + offset_by([random.uniform(-0.35, 0.35) * width, random.uniform(-0.4, -0.1) * height], angle)
        box = rectangle(width * random.uniform(0.05, 0.15), height * random.uniform(0.05, 0.15))
        canvas.paint([turned(box, angle, at)], canvas.colour((150, 150, 150), 50), 1)


def trees(canvas: Canvas, centre, radius: float, count: int | None = None) -> None:
    random, label = canvas.random, canvas.new_object("trees")
    if label is None:
        return
    count = count or int(random.integers(1, 14))
    base = canvas.colour(pick(random, [(50, 75, 40), (40, 65, 35), (65, 90, 50), (80, 100, 55)]), 14)
    for _ in range(count):
        at = centre + random.normal(0, radius * 0.5 * (count > 1), 2)
        crown = blob(random, radius * (random.uniform(0.25, 0.5) if count > 1 else 0.8))
        canvas.paint([crown + at], base * random.uniform(0.8, 1.2), random.uniform(6, 18), label, shadow=radius * 0.12 + 1)


def car(canvas: Canvas, centre, angle: float, length: float, parent: int | None = None) -> None:
    label = canvas.new_object("vehicle", parent)
    if label is None:
        return
    paints = [(230, 230, 230), (40, 40, 45), (170, 40, 40), (60, 80, 140), (150, 150, 155), (200, 190, 160)]
    canvas.paint([turned(rectangle(length, length * 0.45), angle, centre)], canvas.colour(pick(canvas.random, paints)), 2, label, shadow=1)
    if length > 7:
        glass = rectangle(length * 0.3, length * 0.36) + [length * 0.08, 0]
        canvas.paint([turned(glass, angle, centre)], (40, 45, 55), 1)


def road(canvas: Canvas, start, end, width: float, bend: float = 0) -> None:
    random, label = canvas.random, canvas.new_object("road")
    if label is None:
        return
    start, end = np.array(start, float), np.array(end, float)
    along = np.linspace(0, 1, 14)[:, None]
    normal = np.array([-(end - start)[1], (end - start)[0]])
    normal /= np.linalg.norm(normal) + 1e-6
    middle = start + (end - start) * along + normal * bend * np.sin(np.pi * along)
    strip = np.concatenate([middle + normal * width / 2, (middle - normal * width / 2)[::-1]])
    asphalt = pick(random, [(110, 110, 112), (135, 132, 128), (80, 80, 84), (165, 155, 140)])
    canvas.paint([strip], canvas.colour(asphalt, 12), random.uniform(2, 6), label)
    if width > 7:
        for i in range(0, 13, 2 if random.random() < 0.5 else 1):
            canvas.line(middle[i], middle[i + 1], (215, 215, 210), 1)


def road_across(canvas: Canvas, through, angle: float, width: float, bend: float = 0) -> None:
    """A road that crosses the whole scene."""
    reach = np.array([math.cos(angle), math.sin(angle)]) * 300
    road(canvas, through - reach, through + reach, width, bend)


def plane(canvas: Canvas, centre, angle: float, length: float) -> None:
    random, label = canvas.random, canvas.new_object("plane")
    if label is None:
        return
    sweep, nose, body = length * random.uniform(0.1, 0.35), length / 2, length * random.uniform(0.07, 0.11)
    fuselage = np.array(
        [
            [nose, 0],
            [nose * 0.85, body * 0.6],
            [-nose * 0.7, body * 0.6],
            [-nose, body * 0.2],
            [-nose, -body * 0.2],
            [-nose * 0.7, -body * 0.6],
            [nose * 0.85, -body * 0.6],
        ]
    )
    wings = np.array(
        [
            [nose * 0.25, 0],
            [nose * 0.25 - sweep, nose * 0.95],
            [nose * 0.08 - sweep, nose * 0.95],
            [-nose * 0.12, 0],
            [nose * 0.08 - sweep, -nose * 0.95],
            [nose * 0.25 - sweep, -nose * 0.95],
        ]
    )
    tail = np.array([[-0.7, 0], [-0.95, 0.33], [-1.02, 0.33], [-0.92, 0], [-1.02, -0.33], [-0.95, -0.33]]) * nose
    canvas.paint([turned(wings, angle, centre)], canvas.colour((225, 225, 228), 12), 2, label, shadow=length * 0.06)
    canvas.paint([turned(tail, angle, centre)], canvas.colour((215, 215, 220), 16), 2, label)
    canvas.paint([turned(fuselage, angle, centre)], canvas.colour((235, 235, 236), 12), 2, label)


def ship(canvas: Canvas, centre, angle: float, length: float) -> None:
    random, label = canvas.random, canvas.new_object("ship")
    if label is None:
        return
    beam = length * random.uniform(0.16, 0.3)
    hull = np.array(
        [
            [length / 2, 0],
            [length * 0.32, beam / 2],
            [-length * 0.45, beam / 2],
            [-length / 2, beam * 0.3],
            [-length / 2, -beam * 0.3],
            [-length * 0.45, -beam / 2],
            [length * 0.32, -beam / 2],
        ]
    )
    if random.random() < 0.5:
        tail = length * random.uniform(0.5, 2)
        wake = np.array(
            [[-length * 0.4, beam * 0.3], [-length * 0.4 - tail, beam * 0.8], [-length * 1.4, -beam * 0.8], [-length * 0.4, -beam * 0.3]]
        )
        canvas.paint([turned(wake, angle, centre)], (200, 210, 215), 12, alpha=0.45)
    paints = [(225, 225, 225), (140, 60, 50), (70, 75, 85), (120, 120, 115), (60, 90, 120)]
    canvas.paint([turned(hull, angle, centre)], canvas.colour(pick(random, paints)), 3, label, shadow=length * 0.03)
    for _ in range(random.integers(1, 6)):
        cargo = rectangle(length * random.uniform(0.06, 0.2), beam * random.uniform(0.4, 0.8))
        cargo = cargo + [random.uniform(-0.35, 0.25) * length, 0]
        canvas.paint([turned(cargo, angle, centre)], canvas.colour(pick(random, ROOFS), 30), 2)


def storage_tank(canvas: Canvas, centre, radius: float) -> None:
    random, label = canvas.random, canvas.new_object("storage_tank")
    if label is None:
        return
    steel = canvas.colour(pick(random, [(235, 235, 232), (215, 210, 200), (180, 180, 180), (150, 120, 100)]), 12)
    canvas.paint([ellipse(radius, radius) + centre], steel, 2, label, shadow=radius * random.uniform(0.2, 0.7))
    canvas.paint([ellipse(radius * 0.86, radius * 0.86) + centre + canvas.sun * radius * 0.05], steel * random.uniform(0.75, 1.02), 2)
    if random.random() < 0.5:
        canvas.line(centre, centre + offset_by([radius * 0.85, 0], random.uniform(0, 6)), steel * 0.6, 1)


def tennis_court(canvas: Canvas, centre, angle: float, length: float) -> None:
    random, label = canvas.random, canvas.new_object("tennis_court")
    if label is None:
        return
    width = length * 0.5
    outside = canvas.colour(pick(random, [(60, 110, 80), (150, 80, 60), (70, 110, 90), (60, 90, 130)]))
    inside = canvas.colour(pick(random, [(60, 90, 150), (70, 120, 80), (160, 85, 60), (90, 130, 100)]))
    canvas.paint([turned(rectangle(length, width), angle, centre)], outside, 2, label)
    court = turned(rectangle(length * 0.7, width * 0.62), angle, centre)
    canvas.paint([court], inside, 2)
    _outline(canvas, court, WHITE_LINE)
    marks = np.array([[0, -0.33], [0, 0.33], [-0.19, 0], [0.19, 0], [-0.19, -0.23], [-0.19, 0.23], [0.19, -0.23], [0.19, 0.23]])
    marks = turned(marks * [length, width], angle, centre)
    for k in range(0, 8, 2):
        canvas.line(marks[k], marks[k + 1], WHITE_LINE, 1)


def running_track(canvas: Canvas, centre, angle: float, width: float) -> None:
    """The ring is the track; the grass inside is a sports field of its own."""
    random, label = canvas.random, canvas.new_object("running_track")
    inside = canvas.new_object("sports_field", label)
    if label is None or inside is None:
        return
    length = width * random.uniform(0.9, 1.4)
    rubber = canvas.colour(pick(random, [(160, 80, 60), (170, 95, 80), (140, 70, 65), (70, 90, 140), (130, 120, 110)]), 12)
    canvas.paint([turned(stadium(length, width), angle, centre)], rubber, 3, label)
    inner = random.uniform(0.68, 0.8)
    for lane in np.linspace(inner, 1, 4)[1:-1]:
        _outline(canvas, turned(stadium(length, width * lane), angle, centre), rubber * 1.25)
    canvas.paint([turned(stadium(length, width * inner), angle, centre)], canvas.colour(pick(random, GREENS), 12), 4, inside)
    pitch = rectangle(length * 0.95, width * inner * 0.8)
    canvas.paint(
        [turned(pitch, angle, centre)], canvas.colour((95, 140, 70), 12), 4, inside, striped=True, stripe_degrees=90 - math.degrees(angle)
    )


def sports_field(canvas: Canvas, centre, angle: float, length: float) -> None:
    label = canvas.new_object("sports_field")
    if label is None:
        return
    width = length * canvas.random.uniform(0.55, 0.7)
    grass = canvas.colour(pick(canvas.random, [(85, 135, 65), (70, 120, 60), (110, 150, 80)]), 12)
    canvas.paint(
        [turned(rectangle(length, width), angle, centre)],
        grass,
        5,
        label,
        striped=canvas.random.random() < 0.6,
        stripe_degrees=90 - math.degrees(angle),
    )
    chalk = (225, 230, 220)
    _outline(canvas, turned(rectangle(length * 0.92, width * 0.9), angle, centre), chalk)
    halfway = turned([[0, -width * 0.45], [0, width * 0.45]], angle, centre)
    canvas.line(halfway[0], halfway[1], chalk, 1)
    _outline(canvas, turned(ellipse(width * 0.13, width * 0.13, 20), angle, centre), chalk)


def parking_lot(canvas: Canvas, centre, angle: float, width: float, height: float, car_length: float) -> None:
    """Cars are objects of their own whose parent is the lot."""
    random, label = canvas.random, canvas.new_object("parking_lot")
    if label is None:
        return
    canvas.paint([turned(rectangle(width, height), angle, centre)], canvas.colour((100, 100, 104), 14), 4, label)
    bay, row, occupied = car_length * 0.62, car_length * 1.15, random.uniform(0.2, 0.9)
    y, row_number = -height / 2 + row * 0.6, 0
    while y < height / 2 - row * 0.5:
        x = -width / 2 + bay
        while x < width / 2 - bay * 0.6:
            ends = turned([[x - bay / 2, y - car_length * 0.5], [x - bay / 2, y + car_length * 0.5]], angle, centre)
            if car_length > 5:
                canvas.line(ends[0], ends[1], (205, 205, 200), 1)
            if random.random() < occupied:
                car(canvas, offset_by([x, y], angle) + centre, angle + np.pi / 2, car_length * 0.85, label)
            x += bay
        y += row * (1.0 if row_number % 2 == 0 else 1.7)
        row_number += 1


def pool(canvas: Canvas, centre, angle: float, length: float) -> None:
    random, label = canvas.random, canvas.new_object("pool")
    if label is None:
        return
    form = random.random()
    if form < 0.6:
        basin = rectangle(length, length * random.uniform(0.4, 0.7))
    elif form < 0.84:
        basin = blob(random, length * 0.45)
    else:
        basin = ellipse(length / 2, length * 0.35)
    canvas.paint([turned(basin * 1.25, angle, centre)], canvas.colour((205, 200, 190)), 3)
    canvas.paint(
        [turned(basin, angle, centre)], canvas.colour(pick(random, [(70, 170, 200), (60, 150, 190), (110, 195, 215)]), 14), 3, label
    )


def water(canvas: Canvas, centre, radius: float) -> None:
    random, label = canvas.random, canvas.new_object("water")
    if label is not None:
        shore = turned(blob(random, radius), random.uniform(0, 6), centre)
        canvas.paint([shore], canvas.colour(pick(random, WATERS), 14), random.uniform(1, 5), label, graded=True)


def field(canvas: Canvas, corners: np.ndarray, angle: float) -> None:
    random, label = canvas.random, canvas.new_object("field")
    if label is None or corners.max() <= 0 or corners.min() >= SIDE:
        return
    crop = pick(random, GREENS + SOILS + [(175, 165, 90), (200, 190, 130)])
    degrees = random.choice([0, 90]) - math.degrees(angle) + random.normal(0, 3)
    canvas.paint(
        [corners], canvas.colour(crop, 24), random.uniform(2, 9), label, striped=random.random() < 0.6, stripe_degrees=degrees, graded=True
    )


def shapes_without_meaning(canvas: Canvas) -> None:
    """Overlapping random shapes: they teach outlines, and that not everything is something."""
    random = canvas.random
    for _ in range(random.integers(8, 40)):
        label = canvas.new_object("shape")
        radius = float(np.exp(random.uniform(np.log(6), np.log(70))))
        centre, angle = random.uniform(-10, SIDE + 10, 2), random.uniform(0, 6.3)
        form = int(random.integers(5))
        if form == 0:
            outline = rectangle(radius * 2, radius * random.uniform(0.4, 2))
        elif form == 1:
            outline = ellipse(radius, radius * random.uniform(0.4, 1))
        elif form == 3:
            outline = stadium(radius, radius)
        else:
            outline = blob(random, radius, 40 if form == 2 else 7)
        if label is not None:
            colour = random.uniform(20, 235, 3).astype(np.float32)
            canvas.paint(
                [turned(outline, angle, centre)],
                colour,
                random.uniform(1, 22),
                label,
                striped=random.random() < 0.25,
                stripe_degrees=random.uniform(0, 180),
                shadow=radius * 0.15 if random.random() < 0.4 else 0,
                graded=random.random() < 0.5,
            )
