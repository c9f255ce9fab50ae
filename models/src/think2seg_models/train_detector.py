"""Training of the detector on cached scenes, with an exponential average of the weights as the result."""

import copy
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .detections import N_CLASSES
from .detector import Detector, boxes_px, detect
from .questions import CONCEPT_KEYS
from .scene_cache import SCENE_PX, finished_shards, read_shard
from .scene_samples import SceneBatch, SceneStore
from .training_state import TrainingState
from .vocabulary import FRAME_PX
from .weight_files import computes_half

BATCH = 8
AVERAGED_OVER = 0.999
"""What is kept are weights averaged over the last steps: decay a step."""
LOOK_EVERY_S = 20.0
"""How often scenes are looked for that were finished meanwhile."""


def as_input(image: np.ndarray) -> np.ndarray:
    """[280,280,3] in 0..255 -> [3,280,280] in -1..1."""
    return np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32) / 127.5 - 1


def generalised_iou(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    shared = (torch.min(a[:, 2:], b[:, 2:]) - torch.max(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - shared
    hull = (torch.max(a[:, 2:], b[:, 2:]) - torch.min(a[:, :2], b[:, :2])).prod(1)
    return shared / union - (hull - union) / hull


def losses(model: Detector, batch: SceneBatch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    image = (batch.image / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    with torch.autocast(image.device.type, dtype=torch.bfloat16, enabled=computes_half(image.device)):
        outputs = model(image)
    class_logits, box_logits, mask_logits = (output.float() for output in outputs)
    heat = batch.heat
    probability, peak = class_logits.sigmoid(), (heat == 1).float()
    hit = ((1 - probability) ** 2 * F.logsigmoid(class_logits) * peak).sum()
    miss = (probability**2 * F.logsigmoid(-class_logits) * (1 - heat) ** 4 * (1 - peak)).sum()
    class_loss = -(hit + miss) / peak.sum().clamp(min=1)
    if len(batch.box) == 0:
        return class_loss, class_loss * 0, class_loss * 0
    sample_at, layer, y, x = batch.at
    weight = heat.amax(1)[sample_at, y, x] + 0.2
    found = boxes_px(box_logits)[sample_at, layer, :, y, x]
    box_loss = ((1 - generalised_iou(found, batch.box)) * weight).sum() / weight.sum()
    return class_loss, box_loss, F.binary_cross_entropy_with_logits(mask_logits[sample_at, layer, :, y, x], batch.coarse)


def train_detector(
    scenes: Sequence[Path],
    check: Path,
    out: Path,
    seconds: float,
    seed: int = 0,
    start: Path | None = None,
    learning_rate: float = 2.5e-3,
    device: str = "cpu",
    batch_size: int = BATCH,
    keep_statistics: bool = False,
) -> None:
    """Writes averaged weights to `out` and the state to resume from beside it every minute, and `out.log.jsonl`; `check` is a cache of
    other scenes. Run again after an interruption, it goes on from the last state.

    The learning rate falls over `seconds`: CPU time of this process, or on a GPU what the clock says. `start` goes on from weights.
    Scenes that are finished meanwhile are taken in. `keep_statistics` leaves those of the normalisations as `start` has them, which
    small batches would blur.
    """
    torch.manual_seed(seed)
    torch.backends.cudnn.benchmark = device != "cpu"  # all batches have one shape
    settings = {"seed": seed, "learning_rate": learning_rate, "batch_size": batch_size, "keep_statistics": keep_statistics}
    model = Detector().to(device)
    if start:
        model.load_state_dict(torch.load(start))
    model = model.to(memory_format=torch.channels_last).train(not keep_statistics)
    average = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.02)
    state = TrainingState(out, settings, start, model, average, optimiser)
    resumed = state.restore(device)
    if state.spent_s >= seconds:
        state.say_finished()
        return
    store = SceneStore(scenes, device)
    log = out.with_suffix(".log.jsonl").open("a" if resumed else "w")
    clock = time.process_time if device == "cpu" else time.perf_counter
    began, step = clock() - state.spent_s, state.step
    next_log, next_check, next_look = state.spent_s + 20.0, state.spent_s + 300.0, state.spent_s + LOOK_EVERY_S
    recent: list[torch.Tensor] = []
    while True:
        spent = clock() - began
        part = spent / seconds
        if part >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * min(1, (step + 1) / 60) * (0.5 * (1 + math.cos(math.pi * part)) * 0.98 + 0.02)
        if spent > next_look:
            next_look = spent + LOOK_EVERY_S
            store.refresh()
        parts = losses(model, store.draw(batch_size))
        optimiser.zero_grad()
        (parts[0] + 2 * parts[1] + 0.5 * parts[2]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        step += 1
        follow(average, model, min(AVERAGED_OVER, step / (step + 20)))
        recent.append(torch.stack([p.detach() for p in parts]))
        if spent > next_log:
            next_log = spent + 60
            means = [round(mean, 3) for mean in torch.stack(recent).mean(0).tolist()]
            recent.clear()
            line = {
                "seconds": round(spent),
                "steps": step,
                "images": step * batch_size,
                "scenes": store.pictures.count,
                "class_box_mask": means,
            }
            if spent > next_check and finished_shards(check):
                next_check = spent + 300
                line["check"] = check_detector(copy.deepcopy(average).cpu(), check, 200)["mean"]
            log.write(json.dumps(line) + "\n")
            log.flush()
            state.save(average, step, step * batch_size, spent)
    state.save(average, step, step * batch_size, seconds)
    line = {"seconds": round(clock() - began), "images": step * batch_size}
    if finished_shards(check):
        line["check"] = check_detector(average.cpu(), check, 500)
    log.write(json.dumps(line) + "\n")
    log.close()


def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    pairs = list(zip(average.state_dict().values(), model.state_dict().values(), strict=True))
    floating = [pair for pair in pairs if pair[0].dtype.is_floating_point]
    with torch.no_grad():
        torch._foreach_lerp_([kept for kept, _ in floating], [new for _, new in floating], 1 - decay)
        for kept, new in pairs:
            if not kept.dtype.is_floating_point:
                kept.copy_(new)


def frame_of(image: np.ndarray) -> np.ndarray:
    return cv2.resize(np.ascontiguousarray(image), (FRAME_PX, FRAME_PX), interpolation=cv2.INTER_AREA)


@torch.no_grad()
def detections_of(model: Detector, images: list[np.ndarray], thresholds: torch.Tensor, slots: int = 100):
    """Frames [280,280,3] 0..255 -> (Detections, scores) of all of them."""
    model.eval()
    parts = []
    for start in range(0, len(images), 16):
        x = torch.from_numpy(np.stack([as_input(i) for i in images[start : start + 16]]))
        parts.append(detect(*model(x), slots, thresholds))
    fields = ("category", "valid", "box", "points")
    joined = [torch.cat([getattr(found, name) for found, _ in parts]) for name in fields]
    return type(parts[0][0])(*joined), torch.cat([score for _, score in parts])


def box_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[n,4], [m,4] -> [n,m]."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(2)
    area = lambda t: (t[:, 2] - t[:, 0]) * (t[:, 3] - t[:, 1])  # noqa: E731
    return shared / np.maximum(area(a)[:, None] + area(b)[None] - shared, 1e-6)


def match_detections(model: Detector, check: Path, count: int) -> tuple[list[list[tuple[float, bool]]], np.ndarray]:
    """Per class: list of (score, hit at IoU 0.5), and the number of true objects, over `count` scenes of `check`."""
    images, truth = [], []
    for number in finished_shards(check):
        shard = read_shard(check, number)
        for i in range(len(shard.images)):
            if len(images) < count:
                images.append(frame_of(shard.images[i]))
                truth.append((shard.category[i], shard.box[i] * (FRAME_PX / SCENE_PX)))
    found, score = detections_of(model, images, torch.full((N_CLASSES,), 0.03))
    results: list[list[tuple[float, bool]]] = [[] for _ in range(N_CLASSES)]
    expected = np.zeros(N_CLASSES, int)
    for s, (category, box) in enumerate(truth):
        for c in range(N_CLASSES):
            goal = box[category == c]
            expected[c] += len(goal)
            mine = np.flatnonzero((found.valid[s] & (found.category[s] == c)).numpy())
            overlap = box_iou(found.box[s].numpy()[mine], goal) if len(goal) and len(mine) else np.zeros((len(mine), len(goal)))
            for row, slot in enumerate(mine):
                hit = bool(len(goal)) and overlap[row].max() >= 0.5
                if hit:
                    overlap[:, overlap[row].argmax()] = 0
                results[c].append((float(score[s, slot]), hit))
    return results, expected


def check_detector(model: Detector, check: Path, count: int) -> dict:
    return judged(*match_detections(model, check, count))


def judged(results: list[list[tuple[float, bool]]], expected: np.ndarray) -> dict:
    """Of matched detections the average precision at IoU 0.5 of each class and their mean, the threshold of best F1 of each class."""
    precision_of, thresholds = {}, {}
    for c, key in enumerate(CONCEPT_KEYS):
        ranked = sorted(results[c], reverse=True)
        hits = np.cumsum([hit for _, hit in ranked]) if ranked else np.zeros(0)
        precision = hits / np.arange(1, len(ranked) + 1)
        recall = hits / max(1, expected[c])
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        precision_of[key] = round(float(np.sum(np.diff(np.concatenate([[0], recall])) * envelope)), 3)
        f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + max(1, expected[c]))
        thresholds[key] = round(float(np.clip(ranked[int(np.argmax(f1))][0] - 1e-3, 0.12, 0.6)), 3) if len(ranked) else 0.3
    return {"mean": round(float(np.mean(list(precision_of.values()))), 3), "ap50": precision_of, "thresholds": thresholds}
