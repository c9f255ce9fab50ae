"""Measures the segmenter of a pack, from its files, on single instances: every kind of prompt, beside filling the box and GrabCut."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from .nano_runtime import NanoRuntime
from .scenes import HELD_OUT_SEEDS, HELD_OUT_STYLES, instances, render, texture_bank
from .segmenter_check import PROMPTS, Case, iou, make_case

SCENE_PX = 320
SMALLEST_PX = 60
PER_SCENE = 6
GRABCUT_ROUNDS = 5


def filled(case: Case) -> np.ndarray:
    x0, y0, x1, y1 = np.round(case.box).astype(int)
    mask = np.zeros_like(case.mask)
    mask[y0:y1, x0:x1] = True
    return mask


def grab_cut(case: Case) -> np.ndarray:
    """OpenCV's GrabCut started from the same box, on the box and as much again around it.

    Where the box is the whole picture, or GrabCut finds nothing in it, the box is the answer.
    """
    x0, y0, x1, y1 = np.round(case.box).astype(int)
    height, width = case.mask.shape
    margin_x, margin_y = (x1 - x0) // 2 + 4, (y1 - y0) // 2 + 4
    left, top = max(0, x0 - margin_x), max(0, y0 - margin_y)
    part = np.ascontiguousarray(case.image[top : min(height, y1 + margin_y), left : min(width, x1 + margin_x)])
    labels = np.zeros(part.shape[:2], np.uint8)
    rectangle = (int(x0 - left), int(y0 - top), int(x1 - x0), int(y1 - y0))
    if rectangle[2] * rectangle[3] == labels.size:
        return filled(case)
    cv2.setRNGSeed(0)
    cv2.grabCut(part, labels, rectangle, np.zeros((1, 65)), np.zeros((1, 65)), GRABCUT_ROUNDS, cv2.GC_INIT_WITH_RECT)
    found = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    mask = np.zeros_like(case.mask)
    mask[top : top + part.shape[0], left : left + part.shape[1]] = found
    return mask if found.any() else filled(case)


def outlines(runtime: NanoRuntime, embeddings: list[np.ndarray], case: Case) -> dict[str, np.ndarray]:
    """The segmenter's mask for each kind of prompt that it takes."""
    height, width = case.mask.shape
    scale = np.array([runtime.frame_px / width, runtime.frame_px / height], np.float32)
    box, points = {"bbox_2d": (case.box * np.tile(scale, 2)).tolist()}, {"positive_points": (case.points * scale).tolist()}
    prompts = dict(zip(PROMPTS, (box, points, box | points), strict=True))
    if runtime.needs_boxes:
        del prompts["points"]
    return {name: runtime.outline(embeddings, [prompt], (width, height)) for name, prompt in prompts.items()}


def score(runtime: NanoRuntime, cases: Iterable[Case]) -> list[dict]:
    """A row for each case: its kind and the IoU of each method."""
    rows, encoded, embeddings = [], None, []
    for case in cases:
        if case.image is not encoded:
            encoded, embeddings = case.image, runtime.encode(case.image)
        masks = outlines(runtime, embeddings, case) | {"fill the box": filled(case), "GrabCut": grab_cut(case)}
        rows.append({"kind": case.kind} | {name: iou(mask, case.mask) for name, mask in masks.items()})
    return rows


def means(rows: list[dict]) -> dict[str, float | int]:
    """How many rows there are and the mean of each method."""
    names = [name for name in rows[0] if name != "kind"]
    return {"instances": len(rows)} | {name: round(float(np.mean([row[name] for row in rows])), 3) for name in names}


def held_out_cases(scenes: int, seed: int = 5) -> Iterator[Case]:
    """Instances of the concepts in scenes of styles and seeds that never trained anything, at most PER_SCENE of each scene."""
    random = np.random.default_rng(seed)
    for number in range(scenes):
        scene = render(HELD_OUT_SEEDS + number, texture_bank(HELD_OUT_STYLES[number % len(HELD_OUT_STYLES)]), SCENE_PX)
        found = instances(scene, SMALLEST_PX)
        for k in random.permutation(len(found))[:PER_SCENE]:
            x0, y0, x1, y1 = found[k].box
            yield make_case(random, found[k].kind, scene.image, np.array(found[k].box), found[k].mask[y0:y1, x0:x1])


def evaluate_segmenter(pack: Path, scenes: int, out: Path) -> dict:
    """Writes and returns the report: all instances, and each kind."""
    rows = score(NanoRuntime(pack), held_out_cases(scenes))
    kinds = sorted({row["kind"] for row in rows})
    report = {"all": means(rows), "by_kind": {kind: means([row for row in rows if row["kind"] == kind]) for kind in kinds}}
    out.write_text(json.dumps(report, indent=1) + "\n")
    return report
