"""Answers by rule from the detections of the tower, told what a question means: what a perfect reader of them could reach."""

import json
from pathlib import Path

import cv2
import numpy as np
import torch

from .answers import select
from .class_pairs import DETECTION_SLOTS, PAIR_SLOTS, compact, see
from .detector import Detector
from .evaluate_real import read, stretched
from .nano_runtime import NanoRuntime
from .questions import CONCEPT_KEYS, RELATION_NAMES
from .train_detector import detections_of
from .vocabulary import BIN_PX, FRAME_PX
from .wordings import RELATIONS


class RuleReader:
    """`weights` holds detector.pt and thresholds.json."""

    def __init__(self, weights: Path):
        self.detector = Detector().eval()
        self.detector.load_state_dict(torch.load(weights / "detector.pt"))
        by_class = json.loads((weights / "thresholds.json").read_text())
        self.thresholds = torch.tensor([by_class[key] for key in CONCEPT_KEYS])

    def prompts(self, frame: np.ndarray, concept: int, relation: int, anchor: int | None = None) -> list[dict]:
        """`frame` [280,280,3] u8; prompts in its pixels."""
        found = compact(detections_of(self.detector, [frame], self.thresholds)[0], DETECTION_SLOTS)
        described, pairs = see(found, PAIR_SLOTS)
        category, valid, ranks = found.category[0].numpy(), found.valid[0].numpy(), described.ranks[0].numpy()
        chosen = select(category, valid, ranks, concept, relation)
        pair = None if anchor is None else pairs.find(0, concept, anchor)
        if pair is not None:
            applies = pairs.members[0, pair, relation - len(RELATIONS)]
            chosen = [slot for rank, slot in enumerate(chosen) if applies[rank]]
        bins = described.bins[0].numpy() * BIN_PX
        return [{"bbox_2d": bins[s, :4].tolist(), "positive_points": bins[s, 4:].reshape(2, 2).tolist()} for s in chosen]


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
