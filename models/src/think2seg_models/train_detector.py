"""Training of the detector on cached scenes, with an exponential average of the weights as the result."""

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from .detections import N_CLASSES
from .detector import STRIDE, Detector, boxes_px, detect
from .questions import CONCEPT_KEYS
from .scene_cache import COARSE, SCENE_PX, Shard, finished_shards, read_shard
from .vocabulary import FRAME_PX

GRID = FRAME_PX // STRIDE
BATCH = 8
BALANCED = 0.6
SAMPLES_BETWEEN_LOOKS = 2000
"""After so many samples the folder is looked through for scenes that were finished meanwhile."""
Sample = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Image [3,280,280] float32 in -1..1, category [m], box [m,4] frame pixels, coarse mask [m,8,8]."""


def as_input(image: np.ndarray) -> np.ndarray:
    """[280,280,3] in 0..255 -> [3,280,280] in -1..1."""
    return np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32) / 127.5 - 1


def vary_photo(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Colour, contrast, grey, haze, blur, resolution and noise: sensors that the generator does not imitate."""
    image = image.astype(np.float32)
    if random.random() < 0.5:  # another light on another sensor: a little of each channel in the others
        mix = np.eye(3, dtype=np.float32) + random.normal(0, 0.16, (3, 3)).astype(np.float32)
        image = image @ (mix / mix.sum(0, keepdims=True))
    if random.random() < 0.3:
        image = 255 * (np.clip(image, 0, 255) / 255) ** random.uniform(0.65, 1.5, 3).astype(np.float32)
    if random.random() < 0.3:  # ground that is unevenly light, or unevenly coloured
        cells, channels = int(random.integers(2, 24)), 1 if random.random() < 0.6 else 3
        field = random.normal(1, random.uniform(0.03, 0.16), (cells, cells, channels)).astype(np.float32)
        field = cv2.resize(field, (FRAME_PX, FRAME_PX), interpolation=cv2.INTER_CUBIC)
        image = image * field.reshape(FRAME_PX, FRAME_PX, channels)
    if random.random() < 0.15:
        image = np.repeat(image @ np.array([0.3, 0.6, 0.1], np.float32)[:, None], 3, 2)
    if random.random() < 0.6:
        image = (image - 128) * random.uniform(0.6, 1.5) + 128 + random.normal(0, 14) + random.normal(0, 9, 3)
    if random.random() < 0.25:
        small = int(FRAME_PX * random.uniform(0.4, 0.9))
        image = cv2.resize(
            cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA), (FRAME_PX, FRAME_PX), interpolation=cv2.INTER_CUBIC
        )
    if random.random() < 0.2:
        image = image + random.normal(0, random.uniform(2, 10), image.shape)
    if random.random() < 0.15:
        image = 255 * (np.clip(image, 0, 255) / 255) ** random.uniform(0.6, 1.6)
    return np.clip(image, 0, 255)


def vary_view(random: np.random.Generator, image: np.ndarray, category: np.ndarray, box: np.ndarray, coarse: np.ndarray) -> Sample:
    """A random part of the scene (at least three quarters of its side), mirrored and turned."""
    side = SCENE_PX if random.random() < 0.35 else int(random.uniform(0.75, 1.0) * SCENE_PX)
    x, y = (int(random.integers(0, SCENE_PX - side + 1)) for _ in range(2))
    cut = np.clip(box - [x, y, x, y], 0, side)
    whole = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    kept_share = (cut[:, 2] - cut[:, 0]) * (cut[:, 3] - cut[:, 1]) / np.maximum(whole, 1)
    keep = (kept_share > 0.35) & (np.minimum(cut[:, 2] - cut[:, 0], cut[:, 3] - cut[:, 1]) > 4)
    moved = [
        _part_of_coarse(c, b, k) if share < 0.99 else c
        for c, b, k, share in zip(coarse[keep], box[keep] - [x, y, x, y], cut[keep], kept_share[keep], strict=True)
    ]
    coarse = np.array(moved, np.float32).reshape(-1, COARSE, COARSE)
    category, box = category[keep], cut[keep] * (FRAME_PX / side)
    interpolation = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4)[int(random.integers(3))]
    image = cv2.resize(np.ascontiguousarray(image[y : y + side, x : x + side]), (FRAME_PX, FRAME_PX), interpolation=interpolation)
    if random.random() < 0.5:
        image, coarse = image[:, ::-1], coarse[:, :, ::-1]
        box = box[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [FRAME_PX, 0, FRAME_PX, 0]
    for _ in range(random.integers(4)):
        image, coarse = np.rot90(image), np.rot90(coarse, 1, (1, 2))
        box = np.stack([box[:, 1], FRAME_PX - box[:, 2], box[:, 3], FRAME_PX - box[:, 0]], 1)
    return image, category, box.astype(np.float32), np.ascontiguousarray(coarse)


def _part_of_coarse(coarse: np.ndarray, box: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """The coarse mask of the part `cut` of `box` (both x0 y0 x1 y1 in one frame)."""
    width, height = box[2] - box[0], box[3] - box[1]
    step_x, step_y = (cut[2] - cut[0]) / width, (cut[3] - cut[1]) / height
    shift_x, shift_y = (cut[0] - box[0]) / width * COARSE, (cut[1] - box[1]) / height * COARSE
    matrix = np.array([[step_x, 0, shift_x + 0.5 * step_x - 0.5], [0, step_y, shift_y + 0.5 * step_y - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(coarse.astype(np.float32), matrix, (COARSE, COARSE), flags=flags, borderMode=cv2.BORDER_REPLICATE)


CELL_Y, CELL_X = np.mgrid[0:GRID, 0:GRID].astype(np.float32)


def targets(category: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Class heat [C,35,35] with a peak of exactly 1 at each centre, and the owning object of each cell or -1."""
    heat = np.zeros((N_CLASSES, GRID, GRID), np.float32)
    owner = np.full((GRID, GRID), -1, np.int64)
    peak = np.zeros((N_CLASSES, GRID, GRID), bool)
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    for i in np.argsort(-area):
        x0, y0, x1, y1 = box[i] / STRIDE
        centre_x = int(np.clip(round((x0 + x1) / 2 - 0.5), 0, GRID - 1))
        centre_y = int(np.clip(round((y0 + y1) / 2 - 0.5), 0, GRID - 1))
        spread_x, spread_y = max(0.55, 0.11 * (x1 - x0)), max(0.55, 0.11 * (y1 - y0))
        bump = np.exp(-(((CELL_X - centre_x) / spread_x) ** 2) / 2 - ((CELL_Y - centre_y) / spread_y) ** 2 / 2)
        heat[category[i]] = np.maximum(heat[category[i]], bump)
        peak[category[i], centre_y, centre_x] = True
        inside = (CELL_X + 0.5 > x0) & (CELL_X + 0.5 < x1) & (CELL_Y + 0.5 > y0) & (CELL_Y + 0.5 < y1)
        owner[inside & (bump > 0.5)] = i
        owner[centre_y, centre_x] = i
    heat[peak] = 1
    return heat, owner


def generalised_iou(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    shared = (torch.min(a[:, 2:], b[:, 2:]) - torch.max(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - shared
    hull = (torch.max(a[:, 2:], b[:, 2:]) - torch.min(a[:, :2], b[:, :2])).prod(1)
    return shared / union - (hull - union) / hull


def losses(model: Detector, samples: list[Sample]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    image = torch.from_numpy(np.stack([s[0] for s in samples])).contiguous(memory_format=torch.channels_last)
    goals = [targets(s[1], s[2]) for s in samples]
    heat = torch.from_numpy(np.stack([g[0] for g in goals]))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = model(image)
    class_logits, box_logits, mask_logits = (output.float() for output in outputs)
    probability, peak = class_logits.sigmoid(), heat == 1
    hit = ((1 - probability) ** 2 * F.logsigmoid(class_logits))[peak].sum()
    miss = (probability**2 * F.logsigmoid(-class_logits) * (1 - heat) ** 4)[~peak].sum()
    class_loss = -(hit + miss) / max(1, int(peak.sum()))
    rows, boxes, masks = [], [], []
    for number, ((_, owner), sample) in enumerate(zip(goals, samples, strict=True)):
        y, x = np.nonzero(owner >= 0)
        rows.append(np.stack([np.full(len(y), number), y, x], 1))
        boxes.append(sample[2][owner[y, x]].reshape(-1, 4))
        masks.append(sample[3][owner[y, x]].reshape(-1, COARSE * COARSE))
    sample_at, y, x = torch.from_numpy(np.concatenate(rows)).T
    if len(y) == 0:
        return class_loss, class_loss * 0, class_loss * 0
    weight = heat.amax(1)[sample_at, y, x] + 0.2
    expected = torch.from_numpy(np.concatenate(boxes)).float()
    found = boxes_px(box_logits)[sample_at, :, y, x]
    box_loss = ((1 - generalised_iou(found, expected)) * weight).sum() / weight.sum()
    coarse = torch.from_numpy(np.concatenate(masks).astype(np.float32))
    return class_loss, box_loss, F.binary_cross_entropy_with_logits(mask_logits[sample_at, :, y, x], coarse)


class ScenePool:
    """Draws training samples from all shards finished so far (the cache may still be growing)."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.shards: dict[int, Shard] = {}
        self.refresh()

    def refresh(self) -> None:
        for number in finished_shards(self.folder):
            if number not in self.shards:
                self.shards[number] = read_shard(self.folder, number)
        self.order = list(self.shards.values())
        self.with_class = [
            [(number, i) for number, shard in enumerate(self.order) for i, present in enumerate(shard.category) if c in present]
            for c in range(N_CLASSES)
        ]

    def draw(self, random: np.random.Generator) -> Sample:
        number = int(random.integers(len(self.order)))
        i = int(random.integers(len(self.order[number].images)))
        if random.random() < BALANCED:  # a scene that shows a class drawn evenly, so that rare ones are not rare in training
            choices = self.with_class[int(random.integers(N_CLASSES))]
            if choices:
                number, i = choices[int(random.integers(len(choices)))]
        shard = self.order[number]
        image, category, box, coarse = vary_view(random, shard.images[i], shard.category[i], shard.box[i], shard.coarse[i])
        return as_input(vary_photo(random, image)), category, box, coarse


class SampleStream(IterableDataset):
    """Samples without end. Made for one worker of a DataLoader, so that drawing does not wait for training."""

    def __init__(self, folder: Path, seed: int):
        self.folder, self.seed = folder, seed

    def __iter__(self) -> Iterator[Sample]:
        cv2.setNumThreads(1)
        random, pool = np.random.default_rng(self.seed), ScenePool(self.folder)
        while True:
            for _ in range(SAMPLES_BETWEEN_LOOKS):
                yield pool.draw(random)
            pool.refresh()


def train_detector(
    scenes: Path,
    check: Path,
    out: Path,
    cpu_seconds: float,
    seed: int = 0,
    start: Path | None = None,
    learning_rate: float = 2.5e-3,
    wall_seconds: float = float("inf"),
) -> None:
    """Writes averaged weights to `out` every minute, and `out.log.jsonl`; `check` is a cache of other scenes.

    The learning rate falls over the CPU budget or the wall clock, whichever is spent first. `start` goes on from weights.
    """
    torch.manual_seed(seed)
    batches = iter(DataLoader(SampleStream(scenes, seed), BATCH, num_workers=1, prefetch_factor=4, collate_fn=list))
    model = Detector()
    if start:
        model.load_state_dict(torch.load(start))
    model = model.to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.02)
    log = out.with_suffix(".log.jsonl").open("w")
    wall_began = time.time()
    began, step, next_log, next_check = time.process_time(), 0, 20.0, 300.0
    recent: list[list[float]] = []
    while True:
        spent = time.process_time() - began
        part = max(spent / cpu_seconds, (time.time() - wall_began) / wall_seconds)
        if part >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * min(1, (step + 1) / 60) * (0.5 * (1 + np.cos(np.pi * part)) * 0.98 + 0.02)
        parts = losses(model, next(batches))
        optimiser.zero_grad()
        (parts[0] + 2 * parts[1] + 0.5 * parts[2]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        step += 1
        follow(average, model, min(0.998, step / (step + 20)))
        recent.append([float(p.detach()) for p in parts])
        if spent > next_log:
            next_log = spent + 60
            means = np.mean(recent[-80:], 0).round(3).tolist()
            line = {"cpu_s": round(spent), "steps": step, "images": step * BATCH, "class_box_mask": means}
            if spent > next_check and finished_shards(check):
                next_check = spent + 300
                line["check"] = check_detector(average, check, 200)["mean"]
            log.write(json.dumps(line) + "\n")
            log.flush()
            torch.save(average.state_dict(), out)
    torch.save(average.state_dict(), out)
    line = {"cpu_s": round(time.process_time() - began), "images": step * BATCH, "check": check_detector(average, check, 500)}
    log.write(json.dumps(line) + "\n")
    log.close()


def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - decay)
            else:
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


def match_detections(model: Detector, check: Path, count: int):
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
    """Average precision at IoU 0.5 of each class and their mean, the threshold of best F1 of each class."""
    results, expected = match_detections(model, check, count)
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
