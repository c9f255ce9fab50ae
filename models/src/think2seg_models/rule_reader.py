"""Answers by rule from the detections of the tower, told what a question means: what a perfect reader of them could reach."""

import json
from pathlib import Path

import cv2
import numpy as np
import torch

from .answers import select
from .detections import Detections, describe
from .detector import Detector
from .evaluate_real import read, stretched
from .nano_runtime import NanoRuntime
from .questions import CONCEPT_KEYS, RELATION_NAMES
from .relations import related
from .scenes import Instance
from .train_detector import detections_of
from .vocabulary import BIN_PX, FRAME_PX, MAX_INSTANCES


class RuleReader:
    """`weights` holds detector.pt and thresholds.json."""

    def __init__(self, weights: Path):
        self.detector = Detector().eval()
        self.detector.load_state_dict(torch.load(weights / "detector.pt"))
        by_class = json.loads((weights / "thresholds.json").read_text())
        self.thresholds = torch.tensor([by_class[key] for key in CONCEPT_KEYS])

    def prompts(self, frame: np.ndarray, concept: int, relation: int, anchor: int | None = None) -> list[dict]:
        """`frame` [280,280,3] u8; prompts in its pixels."""
        found, _ = detections_of(self.detector, [frame], self.thresholds)
        described = describe(found)
        category, valid, ranks = found.category[0].numpy(), found.valid[0].numpy(), described.ranks[0].numpy()
        if anchor is None:
            chosen = select(category, valid, ranks, concept, relation)
        else:
            chosen = _related_slots(found, concept, relation, anchor)
        bins = described.bins[0].numpy() * BIN_PX
        return [{"bbox_2d": bins[s, :4].tolist(), "positive_points": bins[s, 4:].reshape(2, 2).tolist()} for s in chosen]


def _related_slots(found: Detections, concept: int, relation: int, anchor: int) -> list[int]:
    """Boxes stand for masks. Where the detections leave it open, all of the concept."""
    slots = np.flatnonzero(found.valid[0].numpy())
    boxes = found.box[0].numpy()[slots].round().astype(int)
    things = [_filled(box) for box in boxes]
    category = found.category[0].numpy()[slots]
    members, others = (np.flatnonzero(category == c).tolist() for c in (concept, anchor))
    chosen = related(things, members, others, RELATION_NAMES[relation]) if members else []
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    by_size = sorted(members if chosen is None else chosen, key=lambda i: -area[i])
    return [int(slots[i]) for i in by_size[:MAX_INSTANCES]]


def _filled(box: np.ndarray) -> Instance:
    x0, y0, x1, y1 = box.tolist()
    mask = np.zeros((FRAME_PX, FRAME_PX), bool)
    mask[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)] = True
    return Instance("", mask, (x0, y0, x1, y1))


def evaluate_rule(root: Path, split: str, pack: Path, weights: Path) -> dict:
    """Over the data set that `dataset.write_scenes` wrote, masks compared in the model frame as `think2seg evaluate` does."""
    runtime, reader = NanoRuntime(pack), RuleReader(weights)
    rows = []
    for about_path in sorted((root / split / "QAs").glob("*.json")):
        about = json.loads(about_path.read_text())
        label = cv2.imread(str(root / split / "labels" / f"{about_path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        truth = cv2.resize(label, (FRAME_PX, FRAME_PX), interpolation=cv2.INTER_NEAREST) > 0
        frame = runtime.frame(stretched(read(root / split / "images" / f"{about_path.stem}.tif")))
        known = about["concept"] in CONCEPT_KEYS
        relation = RELATION_NAMES.index(about["relation"])
        anchor = None if about["anchor"] is None else CONCEPT_KEYS.index(about["anchor"])
        prompts = reader.prompts(frame, CONCEPT_KEYS.index(about["concept"]), relation, anchor) if known else []
        mask = runtime.outline(runtime.encode(frame), prompts, (FRAME_PX, FRAME_PX)) if prompts else np.zeros_like(truth)
        shared, union = int((mask & truth).sum()), int((mask | truth).sum())
        rows.append({"relation": about["relation"], "target": bool(truth.any()), "shared": shared, "union": union})
    return _summary(rows)


def _summary(rows: list[dict]) -> dict:
    score = lambda row: row["shared"] / row["union"] if row["union"] else 1.0  # noqa: E731
    mean = lambda chosen: round(float(np.mean([score(r) for r in chosen])), 4) if chosen else None  # noqa: E731
    target = [r for r in rows if r["target"]]
    return {
        "questions": len(rows),
        "target_gIoU": mean(target),
        "target_cIoU": round(sum(r["shared"] for r in target) / max(1, sum(r["union"] for r in target)), 4),
        "no_target_accuracy": mean([r for r in rows if not r["target"]]),
        "by_relation": {name: mean([r for r in target if r["relation"] == name]) for name in sorted({r["relation"] for r in target})},
    }
