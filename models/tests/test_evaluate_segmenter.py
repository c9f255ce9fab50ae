"""The measurement of a segmenter: its baselines, and what it asks of a pack."""

from pathlib import Path

import numpy as np
import pytest

from think2seg_models.evaluate_segmenter import filled, grab_cut, held_out_cases, means, outlines, score
from think2seg_models.nano_runtime import NanoRuntime
from think2seg_models.segmenter_check import Case, iou

PACK = Path(__file__).parents[1] / "nano"


def disc(colour: int) -> Case:
    """A disc of radius 30 around (60, 50) on a dark ground with some noise."""
    y, x = np.mgrid[0:100, 0:140]
    mask = (x - 60) ** 2 + (y - 50) ** 2 <= 900
    image = np.where(mask, colour, 40)[..., None] + np.random.default_rng(0).normal(0, 4, (100, 140, 3))
    box, points = np.array([30, 20, 91, 81], np.float32), np.array([[60.5, 50.5], [66.5, 44.5]], np.float32)
    return Case("disc", image.clip(0, 255).astype(np.uint8), mask, box, points)


def test_filling_the_box_is_the_area_of_the_disc_in_its_square():
    case = disc(200)
    assert iou(filled(case), case.mask) == pytest.approx(np.pi * 30**2 / 61**2, abs=0.01)


def test_grabcut_finds_what_stands_out():
    case = disc(200)
    assert iou(grab_cut(case), case.mask) > 0.95


def test_grabcut_without_ground_around_is_the_box():
    case = disc(200)
    whole = Case(case.kind, case.image, case.mask, np.array([0, 0, 140, 100], np.float32), case.points)
    assert grab_cut(whole).all()


def test_the_shipped_segmenter_takes_every_kind_of_prompt_it_claims():
    runtime, case = NanoRuntime(PACK), disc(200)
    found = outlines(runtime, runtime.encode(case.image), case)
    assert ("points" in found) != runtime.needs_boxes
    assert all(iou(mask, case.mask) > 0.8 for mask in found.values()), {name: iou(mask, case.mask) for name, mask in found.items()}


def test_means_stand_beside_each_other():
    rows = score(NanoRuntime(PACK), [disc(200), disc(180)])
    table = means(rows)
    assert table["instances"] == 2
    assert {"box", "box + points", "fill the box", "GrabCut"} <= set(table)
    assert table["box + points"] > table["fill the box"]


def test_held_out_cases_are_the_same_each_time():
    first, second = list(held_out_cases(1)), list(held_out_cases(1))
    assert first
    assert all((a.box == b.box).all() and a.kind == b.kind for a, b in zip(first, second, strict=True))
