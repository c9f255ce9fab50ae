"""A canvas on which procedural aerial scenes are painted, with an instance label for every pixel.

All positions and lengths are in scene units: the scene is SIDE units wide whatever its size in pixels, so the same seed
gives the same place at any resolution. x runs east, y south.
"""

import math

import cv2
import numpy as np

SIDE = 256.0
"""Width and height of a scene in scene units."""
MAX_OBJECTS = 250

cv2.setNumThreads(1)


class TextureBank:
    """Tileable noise patches: 10 of fractal noise, 4 striped like crop rows. Another seed is another visual style.

    `tint` [3,3] and `cast` [3] shift every colour: colour @ tint + cast.
    """

    SIZE = 512
    N_NOISE, N_STRIPED = 10, 4

    def __init__(self, seed: int):
        random = np.random.default_rng(seed)
        self.tint, self.cast = np.eye(3, dtype=np.float32), np.zeros(3, np.float32)
        if seed:  # the first style has the colours as they are written in the code
            shift = np.random.default_rng([seed, 1])
            mix = shift.normal(0, 0.06, (3, 3))
            # Columns that sum to one keep grey things nearly grey, as they are in any aerial picture.
            self.tint = (self.tint + mix - mix.mean(0)).astype(np.float32)
            self.cast = shift.normal(0, 5, 3).astype(np.float32)
        self.patches: list[np.ndarray] = []
        for _ in range(self.N_NOISE):
            patch = np.zeros((self.SIZE, self.SIZE), np.float32)
            amplitude, first_octave = 1.0, int(random.integers(2, 7))
            for octave in range(first_octave, 9):
                grid = random.normal(size=(2**octave, 2**octave)).astype(np.float32)
                patch += amplitude * cv2.resize(grid, (self.SIZE, self.SIZE), interpolation=cv2.INTER_CUBIC)
                amplitude *= random.uniform(0.5, 0.95)
            self.patches.append((patch - patch.mean()) / patch.std())
        rows = np.arange(self.SIZE, dtype=np.float32)[:, None]
        for k in range(self.N_STRIPED):
            period = random.uniform(3, 10)
            patch = np.sin(2 * np.pi * (rows / period + 0.15 * self.patches[k]))
            patch = (patch + 0.5 * random.normal(size=(self.SIZE, self.SIZE))).astype(np.float32)
            self.patches.append(patch / patch.std())

    def crop(self, random: np.random.Generator, height: int, width: int, pixels_per_unit: float, striped: bool = False) -> np.ndarray:
        """[height, width] float32, unit variance; the grain keeps its size in scene units."""
        first, last = (self.N_NOISE, self.N_NOISE + self.N_STRIPED) if striped else (0, self.N_NOISE)
        patch = self.patches[int(random.integers(first, last))]
        zoom = random.uniform(0.5, 1.6) / pixels_per_unit
        rows, columns = (min(self.SIZE, max(4, int(n * zoom))) for n in (height, width))
        y = int(random.integers(0, self.SIZE - rows + 1))
        x = int(random.integers(0, self.SIZE - columns + 1))
        return cv2.resize(patch[y : y + rows, x : x + columns], (width, height), interpolation=cv2.INTER_LINEAR)


class Canvas:
    """`image` [n,n,3] float32 in 0..255, `labels` [n,n] uint8 (0 = background, i = object i)."""

    def __init__(self, random: np.random.Generator, bank: TextureBank, pixels: int):
        self.random, self.bank, self.pixels = random, bank, pixels
        self.scale = pixels / SIDE
        self.image = np.zeros((pixels, pixels, 3), np.float32)
        self.labels = np.zeros((pixels, pixels), np.uint8)
        self.kinds: list[str] = ["background"]
        self.parents: dict[int, int] = {}
        angle = random.uniform(0, 2 * np.pi)
        self.sun = np.array([math.cos(angle), math.sin(angle)])
        self.shadow_strength = random.uniform(0.35, 0.75)

    def colour(self, base, jitter: float = 22) -> np.ndarray:
        random = self.random
        drawn = np.array(base) + random.normal(0, jitter * 0.6) + random.normal(0, jitter * 0.5, 3)
        return np.clip(drawn @ self.bank.tint + self.bank.cast, 0, 255).astype(np.float32)

    def ground(self, base, grain: float) -> None:
        texture = lambda: self.bank.crop(self.random, self.pixels, self.pixels, self.scale)[..., None]  # noqa: E731
        self.image[:] = self.colour(base)
        self.image += texture() * grain
        self.image += texture() * self.random.normal(0, 6, 3).astype(np.float32)

    def new_object(self, kind: str, parent: int | None = None) -> int | None:
        """The label of a new object, or None when the scene is full."""
        if len(self.kinds) >= MAX_OBJECTS:
            return None
        self.kinds.append(kind)
        label = len(self.kinds) - 1
        if parent is not None:
            self.parents[label] = parent
        return label

    def _bounds(self, points: np.ndarray) -> tuple[int, int, int, int]:
        x0, y0 = np.floor(points.min(0)).astype(int) - 2
        x1, y1 = np.ceil(points.max(0)).astype(int) + 3
        return max(int(x0), 0), max(int(y0), 0), min(int(x1), self.pixels), min(int(y1), self.pixels)

    def _cast_shadow(self, shapes_px: list[np.ndarray], length: float) -> None:
        offset = self.sun * length * self.scale
        hulls = [cv2.convexHull(np.concatenate([p, p + offset]).astype(np.float32))[:, 0] for p in shapes_px]
        x0, y0, x1, y1 = self._bounds(np.concatenate(hulls))
        if x1 <= x0 or y1 <= y0:
            return
        shade = np.zeros((y1 - y0, x1 - x0), np.uint8)
        for hull in hulls:
            cv2.fillPoly(shade, [np.round((hull - [x0, y0]) * 16).astype(np.int32)], 255, shift=4)
        alpha = cv2.GaussianBlur(shade, (3, 3), 0).astype(np.float32) / 255 * self.shadow_strength
        self.image[y0:y1, x0:x1] *= (1 - alpha)[..., None]

    def paint(
        self,
        shapes: list[np.ndarray],
        colour,
        grain: float = 4,
        label: int | None = None,
        striped: bool = False,
        shadow: float = 0,
        stripe_degrees: float = 0,
        alpha: float = 1.0,
        graded: bool = False,
    ) -> None:
        """Fill polygons ([n,2] units each). Pixels take `label` if one is given; without, the object below shows on."""
        random = self.random
        shapes_px = [p * self.scale for p in shapes]
        if shadow:
            self._cast_shadow(shapes_px, shadow)
        x0, y0, x1, y1 = self._bounds(np.concatenate(shapes_px))
        if x1 - x0 < 2 or y1 - y0 < 2:
            return
        height, width = y1 - y0, x1 - x0
        filled = np.zeros((height, width), np.uint8)
        cv2.fillPoly(filled, [np.round((p - [x0, y0]) * 16).astype(np.int32) for p in shapes_px], 255, shift=4)
        soft = cv2.GaussianBlur(filled, (3, 3), 0.6).astype(np.float32) / 255 * alpha
        texture = self.bank.crop(random, height, width, self.scale, striped) * grain
        if striped:
            turn = cv2.getRotationMatrix2D((width / 2, height / 2), stripe_degrees, 1.5)
            texture = cv2.warpAffine(texture, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
        fill = np.broadcast_to(np.asarray(colour, np.float32), (height, width, 3)) + texture[..., None]
        if graded:
            strength = random.normal(0, 14)
            across = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None] * strength * random.normal()
            down = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None] * strength * random.normal()
            fill = fill + across + down
        region = self.image[y0:y1, x0:x1]
        region += (fill - region) * soft[..., None]
        if label is not None:
            self.labels[y0:y1, x0:x1][filled > 127] = label

    def line(self, start, end, colour, width: float) -> None:
        """A painted line; it never changes labels."""
        thick = max(1, round(width * self.scale))
        to_px = lambda p: tuple(int(v * self.scale * 16) for v in p)  # noqa: E731
        style = cv2.LINE_AA if thick <= 2 else cv2.LINE_8
        cv2.line(self.image, to_px(start), to_px(end), [float(v) for v in colour], thick, style, 4)


def turned(points, angle: float, centre) -> np.ndarray:
    """Points turned by `angle` (radians) and moved to `centre`."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray(points, float) @ np.array([[cos, -sin], [sin, cos]]).T + centre


def offset_by(vector, angle: float) -> np.ndarray:
    """A vector turned by `angle`."""
    return turned([vector], angle, [0, 0])[0]


def rectangle(width: float, height: float) -> np.ndarray:
    return np.array([[-width / 2, -height / 2], [width / 2, -height / 2], [width / 2, height / 2], [-width / 2, height / 2]])


def ellipse(a: float, b: float, corners: int = 36) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([a * np.cos(t), b * np.sin(t)], 1)


def blob(random: np.random.Generator, radius: float, corners: int = 40) -> np.ndarray:
    """An irregular closed outline, like a pond or a tree crown."""
    t = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    wobble = 1 + sum(random.normal(0, 0.28 / i**0.8) * np.cos(i * t + random.uniform(0, 6.3)) for i in range(1, 6))
    wobble = np.clip(wobble, 0.25, 2)
    return np.stack([radius * wobble * np.cos(t) * random.uniform(0.6, 1.2), radius * wobble * np.sin(t)], 1)


def stadium(length: float, width: float, corners: int = 14) -> np.ndarray:
    """Two half circles joined by straights, as a running track."""
    t = np.linspace(-np.pi / 2, np.pi / 2, corners)
    half = np.stack([length / 2 + width / 2 * np.cos(t), width / 2 * np.sin(t)], 1)
    return np.concatenate([half, -half])
