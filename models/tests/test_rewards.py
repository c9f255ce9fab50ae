"""Rewards as tables, and the strict parser against the published one."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from think2seg_models.rewards import mask_iou, mask_reward, prompt_format_reward, think_format_reward
from think2seg_models.strict_answer import InvalidAnswerError, drop_overlaps, parse_strict

SHARED = Path(os.environ.get("T2S_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CASES = SHARED / "reference/parse_cases.json"


@pytest.mark.skipif(not CASES.is_file(), reason=f"needs {CASES} (T2S_SHARED)")
def test_the_parser_agrees_with_the_published_one_in_every_case():
    cases = json.loads(CASES.read_text())
    assert len(cases) > 100
    for case in cases:
        try:
            got = parse_strict(case["completion"])
        except InvalidAnswerError:
            got = None
        assert got == case["reward"], (case["kind"], case["completion"])


GOOD = '{"bbox_2d": [1, 1, 5, 5], "positive_points": [[2, 2], [3, 3]]}'


def answer(items: str) -> str:
    return f"<think>t</think>\n<answer>```json\n[{items}]\n```</answer>"


@pytest.mark.parametrize(
    ("completion", "reward"),
    [
        (answer(GOOD), 1.0),
        (answer(""), 1.0),  # "no target" is an answer
        (f"```json[{GOOD}]```", 1.0),  # the tags are another reward's matter
        (answer(GOOD).replace("```", ""), 0.0),  # no fence
        (answer('{"bbox_2d": [1, 1, 5], "positive_points": [[2, 2], [3, 3]]}'), 0.0),
        (answer('{"bbox_2d": [1, 1, 5, true], "positive_points": [[2, 2], [3, 3]]}'), 0.0),
        (answer('{"bbox_2d": [1, 1, 5, 5], "positive_points": [[2, 2]]}'), 0.0),  # one point
        (answer('{"bbox_2d": [1, 1, 5, 5]}'), 0.0),  # no points
        (answer('{"positive_points": [[2, 2], [3, 3]]}'), 1.0),  # points alone will do
        (answer(GOOD[:-1] + ', "negative_points": [[4, 4]]}'), 0.0),
        (answer(GOOD) + answer("{}"), 1.0),  # the first block counts
        ("", 0.0),
    ],
)
def test_prompt_format(completion, reward):
    assert prompt_format_reward(completion) == reward


@pytest.mark.parametrize(
    ("completion", "reward"),
    [
        ("<think>a</think><answer>b</answer>", 1.0),
        ("<think>a\nb</think>\n <answer>\n</answer>", 1.0),
        ("<think>a</think> so <answer>b</answer>", 0.0),  # words between
        ("Sure! <think>a</think><answer>b</answer>", 0.0),
        ("<think>a</think><answer>b</answer>\n", 0.0),
        ("<answer>b</answer>", 0.0),
        ("<think>a</think><answer>b", 0.0),  # cut off
        ("<answer>b</answer><think>a</think>", 0.0),
    ],
)
def test_think_format(completion, reward):
    assert think_format_reward(completion) == reward


def box_mask(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((10, 10), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def fill_boxes(prompts: list[dict]) -> np.ndarray:
    """A segmenter whose mask is the box."""
    return np.any([box_mask(*prompt["bbox_2d"]) for prompt in prompts], axis=0)


NOTHING = np.zeros((10, 10), bool)


@pytest.mark.parametrize(
    ("completion", "target", "reward"),
    [
        (answer(GOOD), box_mask(1, 1, 5, 5), 1.0),
        (answer(GOOD), box_mask(1, 1, 5, 3), 0.5),
        (answer(GOOD), box_mask(6, 6, 9, 9), 0.0),
        # Two instances: their union counts.
        (answer(GOOD + ", " + GOOD.replace("[1, 1, 5, 5]", "[5, 5, 9, 9]")), box_mask(1, 1, 5, 5) | box_mask(5, 5, 9, 9), 1.0),
        (answer(""), NOTHING, 1.0),
        (answer(""), box_mask(1, 1, 5, 5), 0.0),
        (answer(GOOD), NOTHING, 0.0),
        ("no answer", NOTHING, 0.0),  # silence is not "no target"
        (answer(GOOD).replace("```", ""), box_mask(1, 1, 5, 5), 0.0),
    ],
)
def test_mask_reward(completion, target, reward):
    assert mask_reward(completion, target, fill_boxes) == pytest.approx(reward)


def test_masks_of_two_shapes_are_an_error():
    with pytest.raises(ValueError, match="expected equal shapes"):
        mask_iou(np.zeros((2, 2), bool), np.zeros((2, 3), bool))


def test_the_larger_of_two_overlapping_boxes_stays():
    small, large, apart = ({"bbox_2d": box} for box in ([0, 0, 10, 8], [0, 0, 10, 10], [20, 20, 30, 30]))
    points = {"positive_points": [[0, 0], [1, 1]]}
    assert drop_overlaps([small, apart, points, large]) == [apart, points, large]
    assert drop_overlaps([large, dict(large)]) == [large]
