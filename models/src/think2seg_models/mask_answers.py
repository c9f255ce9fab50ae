"""Answers derived from masks, to teach a model the form before rewards teach it the rest: a box and two points inside for each region."""

import json

import cv2
import numpy as np

SMALLEST_PX = 16
"""Regions of fewer pixels of the model frame are left out."""
MOST_REGIONS = 10
"""The largest ones are kept."""


def interior_points(region: np.ndarray) -> list[list[int]]:
    """The pixel [x, y] of a bool [h, w] region farthest from its edge, and one that is far from both the edge and the first."""
    depth = cv2.distanceTransform(np.pad(region, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y0, x0 = np.unravel_index(depth.argmax(), depth.shape)
    rows, columns = np.indices(depth.shape)
    y1, x1 = np.unravel_index((depth * np.hypot(rows - y0, columns - x0)).argmax(), depth.shape)
    return [[int(x0), int(y0)], [int(x1), int(y1)]]


def prompts_of(target: np.ndarray) -> list[dict]:
    """`bbox_2d` (right and bottom edges just outside) and `positive_points` of every connected region, the largest first."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(target.astype(np.uint8))
    regions = [(area, label, x, y, w, h) for label, (x, y, w, h, area) in enumerate(stats.tolist()) if label > 0 and area >= SMALLEST_PX]
    return [
        {"bbox_2d": [x, y, x + w, y + h], "positive_points": interior_points(parts == label)}
        for _, label, x, y, w, h in sorted(regions, key=lambda region: -region[0])[:MOST_REGIONS]
    ]


def answer_of(target: np.ndarray) -> str:
    """The whole completion for a mask of the model frame, bool [h, w]."""
    prompts = prompts_of(target)
    thought = f"The question is about {len(prompts)} region{'s' * (len(prompts) != 1)} of the image." if prompts else "Nothing here fits."
    return f"<think>{thought}</think>\n<answer>```json\n{json.dumps(prompts)}\n```</answer>"
