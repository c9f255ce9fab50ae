"""Rewards of the training by reinforcement: how good the mask is that a completion leads to, and whether it has the right form.

All are pure, in [0, 1], and weighted by WEIGHTS. No box and no point of a person is asked: only masks are compared.
"""

import re
from collections.abc import Callable

import numpy as np

from .strict_answer import InvalidAnswerError, parse_strict

WEIGHTS = {"mask": 2.0, "prompt_format": 1.0, "think_format": 1.0}

Segment = Callable[[list[dict]], np.ndarray]
"""Prompts in pixels of the model frame to the union of their masks, bool [height, width]."""


def mask_iou(predicted: np.ndarray, target: np.ndarray) -> float:
    """Intersection over union of two masks of the same shape; 0 where both are empty."""
    if predicted.shape != target.shape:
        raise ValueError(f"masks of {predicted.shape} and {target.shape}, expected equal shapes")
    union = int(np.logical_or(predicted, target).sum())
    return int(np.logical_and(predicted, target).sum()) / union if union else 0.0


def mask_reward(completion: str, target: np.ndarray, segment: Segment) -> float:
    """IoU of the mask that the completion's prompts give with `target`; 1 for an empty list where there is no target, 0 for an
    invalid answer, and for prompts where there is none."""
    try:
        prompts = parse_strict(completion)
    except InvalidAnswerError:
        return 0.0
    if not prompts:
        return float(not target.any())
    return mask_iou(segment(prompts), target)


def prompt_format_reward(completion: str) -> float:
    """1 for a list of prompts in the strict form (see `parse_strict`)."""
    try:
        parse_strict(completion)
    except InvalidAnswerError:
        return 0.0
    return 1.0


def think_format_reward(completion: str) -> float:
    """1 for `<think>..</think> <answer>..</answer>` and nothing else; only white space may stand between the two."""
    return float(re.fullmatch(r"<think>.*?</think>\s*<answer>.*?</answer>", completion, re.DOTALL) is not None)
