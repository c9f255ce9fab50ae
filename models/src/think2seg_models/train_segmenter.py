"""Training of the crop U-Net on the instances of cached scenes, all kinds of object, concept or not."""

import copy
import json
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .nano_segmenter import CROP, MEAN, STD, CropNet, crop_frame, crops, paste
from .scene_cache import SCENE_PX, finished_shards, read_shard
from .scenes import Instance, instances
from .train_detector import follow

BATCH = 16
SMALLEST_PX = 60


def prompt_for(random: np.random.Generator, instance: Instance, jitter: float, positives: int, negatives: int = 0):
    """A jittered box [4], points [N,2], labels [N] for an instance; positives lie well inside, negatives near but off it."""
    height, width = instance.mask.shape
    x0, y0, x1, y1 = instance.box
    size = np.array([x1 - x0, y1 - y0, x1 - x0, y1 - y0])
    box = np.clip(np.array([x0, y0, x1, y1]) + random.normal(0, 1, 4) * jitter * size, 0, [width, height, width, height])
    points, labels = np.zeros((positives + negatives, 2), np.float32), np.ones(positives + negatives, np.int64)
    if positives:
        part = np.pad(instance.mask[y0:y1, x0:x1], 1).astype(np.uint8)
        depth = cv2.distanceTransform(part, cv2.DIST_L2, 3)[1:-1, 1:-1]
        rows, columns = np.nonzero(depth >= depth.max() * random.uniform(0.2, 0.7))
        chosen = random.integers(0, len(rows), positives)
        points[:positives] = np.stack([columns[chosen] + x0 + 0.5, rows[chosen] + y0 + 0.5], 1)
    if negatives:
        rows, columns = np.nonzero(~instance.mask[y0:y1, x0:x1])
        if len(rows):
            chosen = random.integers(0, len(rows), negatives)
            points[positives:] = np.stack([columns[chosen] + x0 + 0.5, rows[chosen] + y0 + 0.5], 1)
            labels[positives:] = 0
        else:
            points, labels = points[:positives], labels[:positives]
    return box.astype(np.float32), points, labels


def normalise(image: np.ndarray) -> torch.Tensor:
    """[n,n,3] in 0..255 -> [1,3,n,n]."""
    scaled = (image.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)))[None]


def _vary(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    image = image.astype(np.float32)
    if random.random() < 0.2:
        image = np.repeat(image.mean(2, keepdims=True), 3, 2)
    if random.random() < 0.6:
        image = (image - 128) * random.uniform(0.6, 1.6) + 128 + random.normal(0, 14) + random.normal(0, 8, 3)
    if random.random() < 0.35:  # the model frame is coarser than the scene
        small = int(SCENE_PX * random.uniform(0.45, 0.95))
        image = cv2.resize(
            cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA), (SCENE_PX, SCENE_PX), interpolation=cv2.INTER_LINEAR
        )
    return np.clip(image, 0, 255)


def crop_truth(mask: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The mask in the crop frame of the box, [80,80] in 0..1."""
    left, top, width, height = (float(v[0]) for v in crop_frame(torch.from_numpy(box)[None], float(mask.shape[0])))
    sx, sy = width / CROP, height / CROP
    matrix = np.array([[sx, 0, left + 0.5 * sx - 0.5], [0, sy, top + 0.5 * sy - 0.5]])
    return cv2.warpAffine(mask.astype(np.float32), matrix, (CROP, CROP), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


class CropPool:
    """Batches of crops from a rolling set of scenes, so that finding instances is not repeated for every crop."""

    def __init__(self, folder: Path, random: np.random.Generator, keep: int = 500):
        self.folder, self.random, self.keep = folder, random, keep
        self.shards = {n: read_shard(folder, n) for n in finished_shards(folder)}
        self.scenes: list[tuple[np.ndarray, list[tuple[tuple[int, int, int, int], np.ndarray]]]] = []

    def _scene(self):
        if len(self.scenes) >= 40 and self.random.random() > 0.35:
            return self.scenes[int(self.random.integers(len(self.scenes)))]
        shard = self.shards[int(self.random.choice(list(self.shards)))]
        i = int(self.random.integers(len(shard.images)))
        found = instances(shard.scene(i), SMALLEST_PX, concepts_only=False)
        self.random.shuffle(found)
        entry = (np.array(shard.images[i]), [(f.box, np.packbits(f.mask)) for f in found[:16]])
        if len(self.scenes) < self.keep:
            self.scenes.append(entry)
        else:
            self.scenes[int(self.random.integers(self.keep))] = entry
        return entry

    def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        random, inputs, truths = self.random, [], []
        while len(inputs) < BATCH:
            image, found = self._scene()
            if not found:
                continue
            image = _vary(random, image)
            mirrored, turns = bool(random.integers(2)), int(random.integers(4))
            move = lambda a: np.ascontiguousarray(np.rot90(a[:, ::-1] if mirrored else a, turns))  # noqa: E731, B023
            tensor = normalise(move(image))
            for k in random.permutation(len(found))[: min(4, BATCH - len(inputs))]:
                mask = move(np.unpackbits(found[k][1], count=SCENE_PX**2).reshape(SCENE_PX, SCENE_PX).astype(bool))
                x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
                instance = Instance("", mask, (x, y, x + width, y + height))
                positives = int(random.choice([0, 1, 2, 2, 2, 3]))
                box, points, labels = prompt_for(random, instance, random.choice([0.02, 0.06]), positives, int(random.random() < 0.2))
                as_tensor = lambda a: torch.from_numpy(a)[None]  # noqa: E731
                inputs.append(crops(tensor, as_tensor(box), as_tensor(points), as_tensor(labels))[0])
                truths.append(crop_truth(mask, box))
        return torch.stack(inputs), torch.from_numpy(np.stack(truths))


@torch.no_grad()
def check_segmenter(net: CropNet, folder: Path, scenes: int) -> dict:
    """Mean IoU on concept instances with box + two points, and of filling the box, at scene size."""
    net.eval()
    random = np.random.default_rng(5)
    ours, filled = [], []
    seen = 0
    for number in finished_shards(folder):
        shard = read_shard(folder, number)
        for i in range(len(shard.images)):
            if seen == scenes:
                break
            seen += 1
            tensor = normalise(shard.images[i])
            for instance in instances(shard.scene(i), SMALLEST_PX)[:6]:
                box, points, labels = prompt_for(random, instance, 0.02, 2)
                one = torch.from_numpy(box)[None]
                logits, _ = net(crops(tensor, one, torch.from_numpy(points)[None], torch.from_numpy(labels)[None]))
                mask = paste(logits, one, float(SCENE_PX), SCENE_PX)[0].numpy() > 0
                ours.append((mask & instance.mask).sum() / max(1, (mask | instance.mask).sum()))
                fill = np.zeros_like(mask)
                x0, y0, x1, y1 = np.round(box).astype(int)
                fill[y0:y1, x0:x1] = True
                filled.append((fill & instance.mask).sum() / max(1, (fill | instance.mask).sum()))
    return {"instances": len(ours), "miou": round(float(np.mean(ours)), 3), "fill_box": round(float(np.mean(filled)), 3)}


def train_segmenter(scenes: Path, check: Path, out: Path, cpu_seconds: float, seed: int = 0) -> None:
    """Writes averaged weights to `out` and a log beside it."""
    torch.manual_seed(seed)
    net = CropNet()
    average = copy.deepcopy(net)
    pool = CropPool(scenes, np.random.default_rng(seed))
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
    log = out.with_suffix(".log.jsonl").open("w")
    began, step, next_log, next_check = time.process_time(), 0, 20.0, 200.0
    recent: list[tuple[float, float]] = []
    while True:
        spent = time.process_time() - began
        part = spent / cpu_seconds
        if part >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 30) * (0.5 * (1 + np.cos(np.pi * part)) * 0.98 + 0.02)
        inputs, truth = pool.batch()
        logits, quality = net(inputs)
        probability = logits.sigmoid()
        overlap = 2 * (probability * truth).sum((1, 2)) + 1
        dice = 1 - overlap / (probability.sum((1, 2)) + truth.sum((1, 2)) + 1)
        with torch.no_grad():
            hit, true = logits > 0, truth > 0.5
            iou = (hit & true).sum((1, 2)) / (hit | true).sum((1, 2)).clamp(min=1)
        loss = F.binary_cross_entropy_with_logits(logits, truth) + dice.mean() + 0.5 * F.mse_loss(quality, iou)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        step += 1
        follow(average, net, min(0.998, step / (step + 20)))
        recent.append((float(loss.detach()), float(iou.mean())))
        if spent > next_log:
            next_log = spent + 60
            loss_mean, iou_mean = np.mean(recent[-60:], 0).round(3).tolist()
            line = {"cpu_s": round(spent), "steps": step, "crops": step * BATCH, "loss": loss_mean, "crop_iou": iou_mean}
            if spent > next_check:
                next_check = spent + 200
                line["check"] = check_segmenter(average, check, 60)
            log.write(json.dumps(line) + "\n")
            log.flush()
            torch.save(average.state_dict(), out)
    torch.save(average.state_dict(), out)
    line = {"cpu_s": round(time.process_time() - began), "crops": step * BATCH, "check": check_segmenter(average, check, 200)}
    log.write(json.dumps(line) + "\n")
    log.close()
