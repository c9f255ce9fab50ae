"""Which instances stand in a relation to another concept.

An instance answers only when a person would not hesitate: scenes in which a distance or a direction is close to the limit are
not asked about.
"""

import cv2
import numpy as np

from .pair_words import OF_ANY, OF_ONE
from .scenes import Instance

BESIDE, APART = 0.03, 0.06
"""Gaps in sides of the scene: beside up to the first, not beside from the second."""
CLEAR_LEAD = 0.05
"""How much nearer (or farther) than all others the chosen one must be, and how far off an axis a centre must lie."""


def gaps_to(found: list[Instance], members: list[int], others: list[int]) -> np.ndarray:
    """[len(members)] distance from each member's mask to the nearest mask of `others`, in sides of the scene."""
    target = np.zeros(found[members[0]].mask.shape, np.uint8)
    for other in others:
        target |= found[other].mask
    distance_px = cv2.distanceTransform(1 - target, cv2.DIST_L2, 3)
    return np.array([distance_px[found[i].mask].min() for i in members]) / target.shape[0]


def _centre(instance: Instance) -> np.ndarray:
    x0, y0, x1, y1 = instance.box
    return np.array([x0 + x1, y0 + y1]) / 2 / instance.mask.shape[0]


def related(found: list[Instance], members: list[int], others: list[int], relation: str) -> list[int] | None:
    """Members in the relation to `others`; None when the scene leaves it open, or when all or none of several are."""
    if len(members) < 2 or not others or (relation not in OF_ANY and len(others) != 1):
        return None
    if relation in OF_ONE:
        gaps = gaps_to(found, members, others)
        order = np.argsort(gaps if relation == "nearest_to" else -gaps)
        lead = abs(gaps[order[1]] - gaps[order[0]])
        return [members[int(order[0])]] if lead >= CLEAR_LEAD else None
    if relation in OF_ANY:
        gaps = gaps_to(found, members, others)
        if ((gaps > BESIDE) & (gaps < APART)).any():
            return None
        chosen = gaps <= BESIDE if relation == "beside" else gaps >= APART
    else:
        axis, sign = {"north_of": (1, -1), "south_of": (1, 1), "west_of": (0, -1), "east_of": (0, 1)}[relation]
        offset = np.array([sign * (_centre(found[i]) - _centre(found[others[0]]))[axis] for i in members])
        if (np.abs(offset) < CLEAR_LEAD).any():
            return None
        chosen = offset > 0
    picked = [member for member, yes in zip(members, chosen, strict=True) if yes]
    return picked if 0 < len(picked) < len(members) else None
