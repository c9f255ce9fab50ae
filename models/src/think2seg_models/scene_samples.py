"""Training samples of the detector: cached scenes seen from other places, by other sensors, and what is to be found in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from .detections import N_CLASSES
from .detector import LAYER_OF, LAYERS, STRIDE
from .scene_cache import COARSE, SCENE_PX, Shard, finished_shards, read_shard
from .vocabulary import FRAME_PX

GRID = FRAME_PX // STRIDE
BALANCED = 0.6
SAMPLES_BETWEEN_LOOKS = 2000
"""After so many samples the folder is looked through for scenes that were finished meanwhile."""
Sample = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Image [280,280,3] in 0..255, category [m], box [m,4] frame pixels, coarse mask [m,16,16]."""


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
    """Class heat [C,35,35] with a peak of exactly 1 at each centre, and by layer the owning object of each cell or -1, [2,35,35]."""
    heat = np.zeros((N_CLASSES, GRID, GRID), np.float32)
    owner = np.full((LAYERS, GRID, GRID), -1, np.int64)
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
        layer = owner[int(LAYER_OF[category[i]])]
        layer[inside & (bump > 0.5)] = i
        layer[centre_y, centre_x] = i
    heat[peak] = 1
    return heat, owner


@dataclass
class SceneBatch:
    """`image` [B,3,280,280] u8, `heat` [B,C,35,35]; of each of n cells that belong to an object its place `at` [4,n] (sample,
    layer, y, x), the `box` [n,4] in frame pixels and the coarse mask [n,COARSE**2] of that object."""

    image: torch.Tensor
    heat: torch.Tensor
    at: torch.Tensor
    box: torch.Tensor
    coarse: torch.Tensor

    def to(self, device: torch.device) -> "SceneBatch":
        moved = (t.to(device, non_blocking=True) for t in (self.image, self.heat, self.at, self.box, self.coarse))
        return SceneBatch(*moved)

    def pin_memory(self) -> "SceneBatch":
        return SceneBatch(*(t.pin_memory() for t in (self.image, self.heat, self.at, self.box, self.coarse)))


def collate(samples: list[Sample]) -> SceneBatch:
    images = np.stack([np.rint(image).astype(np.uint8).transpose(2, 0, 1) for image, _, _, _ in samples])
    heats, places, boxes, masks = [], [], [], []
    for number, (_, category, box, coarse) in enumerate(samples):
        heat, owner = targets(category, box)
        layer, y, x = np.nonzero(owner >= 0)
        heats.append(heat)
        places.append(np.stack([np.full(len(y), number), layer, y, x]))
        boxes.append(box[owner[layer, y, x]].reshape(-1, 4))
        masks.append(coarse[owner[layer, y, x]].reshape(-1, COARSE * COARSE))
    return SceneBatch(
        torch.from_numpy(images),
        torch.from_numpy(np.stack(heats)),
        torch.from_numpy(np.concatenate(places, 1)),
        torch.from_numpy(np.concatenate(boxes).astype(np.float32)),
        torch.from_numpy(np.concatenate(masks).astype(np.float32)),
    )


class ScenePool:
    """Draws training samples from all shards finished so far (the cache may still be growing)."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.order: list[Shard] = []
        self.known: set[int] = set()
        self.with_class: list[list[tuple[int, int]]] = [[] for _ in range(N_CLASSES)]
        self.refresh()

    def refresh(self) -> None:
        for number in finished_shards(self.folder):
            if number in self.known:
                continue
            self.known.add(number)
            shard = read_shard(self.folder, number)
            for i, present in enumerate(shard.category):
                for c in np.unique(present):
                    self.with_class[c].append((len(self.order), i))
            self.order.append(shard)

    def draw(self, random: np.random.Generator) -> Sample:
        number = int(random.integers(len(self.order)))
        i = int(random.integers(len(self.order[number].images)))
        if random.random() < BALANCED:  # a scene that shows a class drawn evenly, so that rare ones are not rare in training
            choices = self.with_class[int(random.integers(N_CLASSES))]
            if choices:
                number, i = choices[int(random.integers(len(choices)))]
        shard = self.order[number]
        image, category, box, coarse = vary_view(random, shard.images[i], shard.category[i], shard.box[i], shard.coarse[i])
        return vary_photo(random, image), category, box, coarse


class SceneStream(IterableDataset):
    """Samples without end, drawn by the workers of a DataLoader, so that drawing does not wait for training."""

    def __init__(self, folder: Path, seed: int):
        self.folder, self.seed = folder, seed

    def __iter__(self) -> Iterator[Sample]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        random, pool = np.random.default_rng([self.seed, worker.id if worker else 0]), ScenePool(self.folder)
        while True:
            for _ in range(SAMPLES_BETWEEN_LOOKS):
                yield pool.draw(random)
            pool.refresh()
