"""Procedural aerial scenes with instance masks: a kind of place, a season, a sensor."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from . import places, places_open
from .drawing import Canvas, TextureBank
from .questions import CONCEPT_KEYS
from .sensor import CLEAR, Conditions, apply_season, draw_conditions, photograph, through_the_air

SEEN_STYLE, HELD_OUT_STYLE = 0, 777
"""Seeds of texture banks: a style is a set of textures and a shift of all colours."""
SEEN_STYLES = (SEEN_STYLE, 1, 2, 3)
TRAINING_STYLES = tuple(range(400))
"""Many, so that training learns what textures have in common and not the textures; SEEN_STYLES are among them."""
HELD_OUT_STYLES = (HELD_OUT_STYLE, 778, 779)
HELD_OUT_SEEDS = 20_000_000
"""Scene seeds from here on never train anything."""
IN_PARTS = {"river"}
"""Kinds whose instances may lie in several parts, because bridges cross them."""


@dataclass
class Instance:
    """`kind` is a concept key or another object kind; `mask` [n,n] bool; `box` x0 y0 x1 y1 in pixels (x1, y1 exclusive)."""

    kind: str
    mask: np.ndarray
    box: tuple[int, int, int, int]


@dataclass
class Scene:
    """`image` [n,n,3] uint8 RGB, `labels` [n,n] uint8, `kinds[label]`, `parents[label]`.

    A scene is `drawing.SIDE` units wide; `metres_per_unit` says how large it is on the ground.
    """

    image: np.ndarray
    labels: np.ndarray
    kinds: list[str]
    parents: dict[int, int]
    metres_per_unit: float = 1.0
    conditions: Conditions = CLEAR


@dataclass(frozen=True)
class Kind:
    """`share` of all scenes (before normalisation), and from which to which size on the ground a unit can have."""

    paint: Callable[[Canvas], None]
    share: float
    metres_per_unit: tuple[float, float]


KINDS = {
    "farmland": Kind(places.farmland, 0.08, (0.8, 3.0)),
    "town": Kind(places.town, 0.13, (0.2, 0.9)),
    "sports_park": Kind(places.sports_park, 0.19, (0.5, 1.6)),
    "industry": Kind(places.industry, 0.09, (0.5, 1.6)),
    "harbour": Kind(places.harbour, 0.13, (0.6, 3.0)),
    "airport": Kind(places.airport, 0.10, (0.6, 2.4)),
    "river_valley": Kind(places_open.river_valley, 0.11, (0.8, 8.0)),
    "lakeland": Kind(places_open.lakeland, 0.09, (1.5, 20.0)),
    "plains": Kind(places_open.plains, 0.07, (4.0, 20.0)),
    "energy": Kind(places_open.energy, 0.09, (0.7, 2.5)),
    "horticulture": Kind(places_open.horticulture, 0.06, (0.6, 2.5)),
    "junction": Kind(places_open.junction, 0.07, (0.5, 1.6)),
    "shapes": Kind(places.shapes, 0.02, (0.2, 20.0)),
}
_SHARES = np.array([kind.share for kind in KINDS.values()]) / sum(kind.share for kind in KINDS.values())


@lru_cache(maxsize=8)
def texture_bank(style: int) -> TextureBank:
    return TextureBank(style)


def render(seed: int, bank: TextureBank, pixels: int, kind: str | None = None, photographed: bool = True) -> Scene:
    """The scene of a seed; equal arguments give equal pixels. Without `photographed` it is summer, clear and noiseless."""
    random = np.random.default_rng(seed)
    drawn = str(random.choice(list(KINDS), p=_SHARES))
    chosen = KINDS[kind or drawn]
    canvas = Canvas(random, bank, pixels)
    chosen.paint(canvas)
    low, high = chosen.metres_per_unit
    metres_per_unit = float(np.exp(random.uniform(np.log(low), np.log(high))))
    if not photographed:
        image = np.clip(canvas.image, 0, 255).astype(np.uint8)
        return Scene(image, canvas.labels, canvas.kinds, canvas.parents, metres_per_unit)
    conditions = draw_conditions(random)
    image = through_the_air(random, apply_season(random, canvas, conditions.season), conditions)
    image = photograph(random, image, conditions.grey)
    return Scene(image, canvas.labels, canvas.kinds, canvas.parents, metres_per_unit, conditions)


def instances(scene: Scene, smallest_px: float, concepts_only: bool = True, largest_share: float = 0.7) -> list[Instance]:
    """Visible objects, the largest connected part of each (all large parts of those `IN_PARTS`). Cars count as their lot.

    The grass inside a running track belongs to neither: it has the same centre as the track, which a dense detector
    cannot tell apart, and is no field of its own.
    """
    children: dict[int, list[int]] = {}
    for child, parent in scene.parents.items():
        children.setdefault(parent, []).append(child)
    present = set(np.unique(scene.labels).tolist()) | set(children)
    found = []
    for label in sorted(present - {0}):
        kind = scene.kinds[label]
        inside_track = scene.kinds[scene.parents.get(label, 0)] == "running_track"
        if concepts_only and (kind not in CONCEPT_KEYS or inside_track):
            continue
        mask = scene.labels == label
        if kind != "running_track":
            for child in children.get(label, []):
                mask |= scene.labels == child
        if mask.sum() < smallest_px:
            continue
        _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        areas = stats[1:, cv2.CC_STAT_AREA]
        kept = 1 + (np.flatnonzero(areas >= smallest_px) if kind in IN_PARTS else np.argmax(areas, keepdims=True))
        mask = np.isin(parts, kept)
        if len(kept) and smallest_px <= mask.sum() <= largest_share * mask.size:
            x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
            found.append(Instance(kind, mask, (x, y, x + width, y + height)))
    return found
