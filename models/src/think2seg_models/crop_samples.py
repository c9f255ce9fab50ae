"""Training samples of the segmenter: one instance, prompts as people and prompters give them, light as cameras see it."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset

from .instance_bank import Bank
from .nano_segmenter import CROP, INPUT_PX, MARGIN, MARGIN_PX, MEAN, STD, planes

BATCH = 32
MAX_POINTS = 4
IGNORED = -1
"""Label of the points that fill a prompt up to MAX_POINTS."""
CLOSE_UP_SHARE = {"crown": 0.13, "clump": 0.12, "roof": 0.16, "lane": 0.04}
"""Shares of all samples; the kinds of the scenes share the rest, each by the square root of its number."""
BOX_JITTERS = (0.0, 0.02, 0.02, 0.05, 0.1)
POINTS_ONLY = 0.2


@dataclass
class Prompt:
    """`box` [4], `frame` [4], `points` [MAX_POINTS,2], all INPUT_PX pixels; `known`: whether the box was given."""

    frame: np.ndarray
    box: np.ndarray
    known: float
    points: np.ndarray
    labels: np.ndarray


def inside_points(random: np.random.Generator, mask: np.ndarray, count: int) -> np.ndarray:
    """[count,2] x, y well inside a mask [h,w]."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    rows, columns = np.nonzero(depth >= depth.max() * random.uniform(0.2, 0.7))
    chosen = random.integers(0, len(rows), count)
    return np.stack([columns[chosen] + 0.5, rows[chosen] + 0.5], 1)


def draw_prompt(random: np.random.Generator, box: np.ndarray, mask: np.ndarray, to_input: float) -> Prompt:
    """A prompt for a mask [h,w] inside its box (picture pixels); `to_input` is input pixels per picture pixel."""
    corner, size = box[:2].astype(np.float64), (box[2:] - box[:2]).astype(np.float64)
    known = random.random() >= POINTS_ONLY
    positives = int(random.choice([0, 0, 1, 2, 2, 2, 2, 3])) if known else int(random.choice([1, 2, 2, 3]))
    points, labels = np.zeros((MAX_POINTS, 2)), np.full(MAX_POINTS, IGNORED, np.int64)
    points[:positives] = inside_points(random, mask, positives) + random.normal(0, 0.015, (positives, 2)) * size
    labels[:positives] = 1
    if positives < MAX_POINTS and random.random() < 0.2:
        at = random.uniform(-0.15, 1.15, 2) * size
        x, y = at.astype(int)
        if not (0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and mask[y, x]):
            points[positives], labels[positives] = at, 0
    points += corner
    jitter = random.choice(BOX_JITTERS)
    edges = np.concatenate([corner, corner + size]) + random.normal(0, 1, 4) * jitter * np.tile(size, 2)
    edges *= to_input
    points *= to_input
    if known:
        extent = np.maximum(edges[2:] - edges[:2], 2) * MARGIN + MARGIN_PX
        frame = np.concatenate([(edges[:2] + edges[2:] - extent) / 2, extent])
    else:
        side = size.max() * to_input * np.exp(random.uniform(np.log(0.9), np.log(5)))
        side = np.clip(side, 24, 640)
        frame = np.concatenate([points[:positives].mean(0) - side / 2, [side, side]])
    return Prompt(frame.astype(np.float32), edges.astype(np.float32), float(known), points.astype(np.float32), labels)


def _matrix(frame: np.ndarray, to_input: float, cells: int, corner=(0.0, 0.0)) -> np.ndarray:
    """Crop pixel -> picture pixel, for cv2 (pixel centres at whole numbers)."""
    left, top, width, height = frame / to_input
    sx, sy = width / cells, height / cells
    return np.array([[sx, 0, left + 0.5 * sx - 0.5 - corner[0]], [0, sy, top + 0.5 * sy - 0.5 - corner[1]]], np.float64)


def crop_picture(image: np.ndarray, frame: np.ndarray, to_input: float) -> np.ndarray:
    """[96,96,3] f32 of a picture [n,n,3] u8; what is far larger than the crop is averaged, not skipped."""
    finer = 1 + int(frame[2:].max() / CROP > 2.5)
    cells = CROP * finer
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(image, _matrix(frame, to_input, cells), (cells, cells), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return (crop if finer == 1 else cv2.resize(crop, (CROP, CROP), interpolation=cv2.INTER_AREA)).astype(np.float32)


def crop_mask(mask: np.ndarray, box: np.ndarray, frame: np.ndarray, to_input: float) -> np.ndarray:
    """[96,96] f32 0..1 of a mask inside its box."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(mask.astype(np.float32), _matrix(frame, to_input, CROP, box[:2]), (CROP, CROP), flags=flags)


def vary(random: np.random.Generator, crop: np.ndarray) -> np.ndarray:
    """Other light, other sensors: grey, gamma, contrast up to clipping, colour casts, coarse pixels, blur, noise, JPEG."""
    if random.random() < 0.5:  # coarser pixels than the crop has
        small = int(CROP * random.uniform(0.12, 0.8))
        crop = cv2.resize(cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA), (CROP, CROP), interpolation=cv2.INTER_LINEAR)
    if random.random() < 0.25:
        weights = random.dirichlet([4, 4, 2])
        crop = np.repeat((crop @ weights)[..., None], 3, 2)
    elif random.random() < 0.5:
        mix = np.eye(3) + random.normal(0, 0.12, (3, 3))
        crop = crop @ (mix / mix.sum(0))
    if random.random() < 0.5:
        crop = 255 * (np.clip(crop, 0, 255) / 255) ** np.exp(random.normal(0, 0.35))
    if random.random() < 0.6:
        crop = (crop - crop.mean()) * np.exp(random.uniform(-0.7, 0.9)) + random.uniform(50, 190) + random.normal(0, 10, 3)
    if random.random() < 0.25:
        y, x = np.mgrid[-1:1:96j, -1:1:96j]
        crop = crop + (x * random.normal(0, 14) + y * random.normal(0, 14))[..., None]
    if random.random() < 0.25:
        crop = cv2.GaussianBlur(crop, (0, 0), random.uniform(0.5, 1.8))
    if random.random() < 0.5:
        crop = crop + random.standard_normal(crop.shape, np.float32) * random.uniform(1, 12)
    crop = np.clip(crop, 0, 255).astype(np.uint8)
    if random.random() < 0.12:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 80))]
        crop = cv2.imdecode(cv2.imencode(".jpg", crop, quality)[1], cv2.IMREAD_COLOR)
    return crop.astype(np.float32)


class CropBatches(IterableDataset):
    """Endless batches: crops [B,7,96,96], truth [B,96,96] in 0..1, share of the object that the crop shows [B]."""

    def __init__(self, banks: list[Bank], seed: int):
        self.banks, self.seed = banks, seed
        members: dict[str, list[tuple[int, int]]] = {}
        for number, bank in enumerate(banks):
            for index, kind in enumerate(bank.kinds):
                members.setdefault(kind, []).append((number, index))
        self.members = {kind: np.array(pairs) for kind, pairs in members.items()}
        self.kinds = list(self.members)
        from_scenes = {kind: len(pairs) ** 0.5 for kind, pairs in self.members.items() if kind not in CLOSE_UP_SHARE}
        rest = 1 - sum(CLOSE_UP_SHARE[kind] for kind in self.kinds if kind in CLOSE_UP_SHARE)
        total = sum(from_scenes.values())
        self.shares = np.array([CLOSE_UP_SHARE[k] if k in CLOSE_UP_SHARE else rest * from_scenes[k] / total for k in self.kinds])

    def __iter__(self):
        random = np.random.default_rng(self.seed)
        while True:
            yield self.batch(random)

    def sample(self, random: np.random.Generator) -> tuple[np.ndarray, Prompt, np.ndarray, float]:
        while True:
            pairs = self.members[self.kinds[int(random.choice(len(self.kinds), p=self.shares))]]
            number, index = pairs[int(random.integers(len(pairs)))]
            bank = self.banks[number]
            image, box, mask = bank.images[bank.picture[index]], bank.box[index], bank.mask(index)
            to_input = INPUT_PX / image.shape[0]
            prompt = draw_prompt(random, box, mask, to_input)
            truth = crop_mask(mask, box, prompt.frame, to_input)
            cell_px = prompt.frame[2] * prompt.frame[3] / (CROP * to_input) ** 2
            shown = float(min(1.0, truth.sum() * cell_px / mask.sum()))
            if truth.max() > 0.5:
                return vary(random, crop_picture(image, prompt.frame, to_input)), prompt, truth, shown

    def batch(self, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        colour, prompts, truths, shown = zip(*(self.sample(random) for _ in range(BATCH)), strict=True)
        columns = zip(*((p.frame, p.box, np.float32(p.known), p.points, p.labels) for p in prompts), strict=True)
        frame, box, known, points, labels = (torch.from_numpy(np.stack(column)) for column in columns)
        pixels = (np.stack(colour) / 255 - np.array(MEAN)) / np.array(STD)
        crops = torch.cat([torch.from_numpy(pixels.transpose(0, 3, 1, 2).astype(np.float32)), planes(frame, box, known, points, labels)], 1)
        truth = torch.from_numpy(np.stack(truths))
        # A mirrored or turned crop is as good a sample; a turn by 90 degrees changes the sign of the aspect.
        for k in range(BATCH):
            mirrored, turns = bool(random.integers(2)), int(random.integers(4))
            if mirrored:
                crops[k], truth[k] = crops[k].flip(2), truth[k].flip(1)
            crops[k], truth[k] = torch.rot90(crops[k], turns, (1, 2)), torch.rot90(truth[k], turns, (0, 1))
            if turns % 2:
                crops[k, 6] *= -1
        return crops, truth, torch.tensor(shown)
