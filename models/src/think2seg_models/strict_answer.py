"""What a completion must look like during training: stricter than what the application accepts, so that a model learns the form."""

import json
import math
import re

from json_repair import repair_json

OVERLAP = 0.5
POSITIVE_POINTS = 2


class InvalidAnswerError(ValueError):
    """The completion holds no list of prompts in the form of the training."""


def parse_strict(completion: str) -> list[dict]:
    """The prompts of a completion: `bbox_2d` and `positive_points` in pixels of the model frame, overlaps removed.

    The list stands in the first fenced block of JSON, from its first `[` to its last `]`; small faults of the JSON are repaired. Every
    instance has exactly two positive points, no negative ones, and four numbers if it has a box. An empty list means "no target".

    Raises InvalidAnswerError.
    """
    block = re.search(r"```json(.*?)```", completion, re.DOTALL)
    if block is None:
        raise InvalidAnswerError("no fenced block of JSON, expected ```json ... ```")
    text = block[1]
    first, last = text.find("["), text.rfind("]")
    if first < 0 or last < first:
        raise InvalidAnswerError(f"no list in {text[:60]!r}, expected [...]")
    instances = _load(text[first : last + 1])
    if not isinstance(instances, list):
        raise InvalidAnswerError(f"{text[:60]!r} is no list")
    for number, instance in enumerate(instances, 1):
        _check(instance, number)
    return drop_overlaps(instances)


def _load(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return repair_json(text, return_objects=True)


def _check(instance: object, number: int) -> None:
    if not isinstance(instance, dict):
        raise InvalidAnswerError(f"instance {number} is {str(instance)[:60]}, expected an object")
    if "bbox_2d" in instance and not _are_numbers(instance["bbox_2d"], 4):
        raise InvalidAnswerError(f"instance {number} has bbox_2d {instance['bbox_2d']}, expected four numbers")
    points = instance.get("positive_points")
    if not isinstance(points, list) or len(points) != POSITIVE_POINTS or not all(_is_point(point) for point in points):
        raise InvalidAnswerError(f"instance {number} has positive_points {points}, expected {POSITIVE_POINTS} points [x, y]")
    if "negative_points" in instance:
        raise InvalidAnswerError(f"instance {number} has negative_points, expected none")


def _are_numbers(value: object, length: int) -> bool:
    return isinstance(value, list) and len(value) == length and all(type(item) in (int, float) for item in value)


def _is_point(value: object) -> bool:
    """Two numbers; a number in quotation marks counts, because the published parser lets it through."""
    return isinstance(value, list) and len(value) == 2 and all(_is_numeric(item) for item in value)


def _is_numeric(item: object) -> bool:
    if isinstance(item, str):
        try:
            return math.isfinite(float(item))
        except ValueError:
            return False
    return type(item) in (int, float)


def _area(box: list[float]) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def box_iou(a: list[float], b: list[float]) -> float:
    """Of boxes [x0, y0, x1, y1]; 0 where both have no area."""
    shared = _area([max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])])
    union = _area(a) + _area(b) - shared
    return shared / union if union > 0 else 0.0


def drop_overlaps(instances: list[dict]) -> list[dict]:
    """Without those whose box has an IoU above OVERLAP with a larger one that is kept (or an equal, earlier one)."""
    boxed = sorted((index for index, item in enumerate(instances) if "bbox_2d" in item), key=lambda i: -_area(instances[i]["bbox_2d"]))
    kept: list[int] = []
    for index in boxed:
        if all(box_iou(instances[other]["bbox_2d"], instances[index]["bbox_2d"]) <= OVERLAP for other in kept):
            kept.append(index)
    dropped = set(boxed) - set(kept)
    return [item for index, item in enumerate(instances) if index not in dropped]
