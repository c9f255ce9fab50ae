"""What the vision tower tells the decoder about each detection, and simulated detections to train the decoder on.

Boxes and points are in model-frame pixels (FRAME_PX square). K detections a picture, invalid ones are empty slots.
"""

from dataclasses import dataclass

import numpy as np
import torch

from .questions import CONCEPT_KEYS
from .vocabulary import BIN_PX, FRAME_PX, MAX_INSTANCES, N_BINS

N_CLASSES = len(CONCEPT_KEYS)
N_FLAGS = 6  # largest, smallest, northernmost, southernmost, westernmost, easternmost of its class
N_COUNTS = 11  # one .. ten, more
N_PLACES = 9
COORDINATES = 8  # x0 y0 x1 y1, two points
WAVES = (3.0, 8.0, 20.0, 70.0, 300.0)  # periods in bins
PHASES = 2 * len(WAVES)

CLASS = slice(0, N_CLASSES)
FLAGS = slice(CLASS.stop, CLASS.stop + N_FLAGS)
AREA_RANK = slice(FLAGS.stop, FLAGS.stop + MAX_INSTANCES)
COUNT = slice(AREA_RANK.stop, AREA_RANK.stop + N_COUNTS)
PLACE = slice(COUNT.stop, COUNT.stop + N_PLACES)
VALID = slice(PLACE.stop, PLACE.stop + 1)
ANCHOR_CODE = 12
ANCHOR = slice(VALID.stop, VALID.stop + ANCHOR_CODE)
"""The second class of a pair (`class_pairs`), in a code, because attention has too few slow rotary dimensions for one each."""
FEATURES = ANCHOR.stop


def _anchor_codes() -> torch.Tensor:
    """[N_CLASSES, ANCHOR_CODE] of -1 and 1; any two differ in at least four places."""
    codes: list[int] = []
    for candidate in range(2**ANCHOR_CODE):
        if all((candidate ^ code).bit_count() >= 4 for code in codes):
            codes.append(candidate)
    picked = codes[:: len(codes) // N_CLASSES][:N_CLASSES]
    return torch.tensor([[1.0 if code >> bit & 1 else -1.0 for bit in range(ANCHOR_CODE)] for code in picked])


ANCHOR_CODES = _anchor_codes()


@dataclass
class Detections:
    """`category` [B,K] i64, `valid` [B,K] bool, `box` [B,K,4] x0 y0 x1 y1, `points` [B,K,4] x y x y."""

    category: torch.Tensor
    valid: torch.Tensor
    box: torch.Tensor
    points: torch.Tensor

    def rows(self, index) -> "Detections":
        return Detections(self.category[index], self.valid[index], self.box[index], self.points[index])


@dataclass
class Described:
    """`features` [B,T,FEATURES], `waves` [B,T,COORDINATES*PHASES], `bins` [B,K,8] i64, `ranks` [B,K,6] i64; T tokens, of which the
    first K are detections."""

    features: torch.Tensor
    waves: torch.Tensor
    bins: torch.Tensor
    ranks: torch.Tensor

    def rows(self, index) -> "Described":
        return Described(self.features[index], self.waves[index], self.bins[index], self.ranks[index])


def bin_waves(bins: torch.Tensor) -> torch.Tensor:
    """Sine and cosine of a coordinate in bins at five periods: [...] -> [..., PHASES]."""
    angle = bins.float()[..., None] * (2 * np.pi / torch.tensor(WAVES))
    return torch.cat([angle.sin(), angle.cos()], -1)


def one_hot(number: torch.Tensor, size: int) -> torch.Tensor:
    """[...] i64 -> [..., size] f32; all zero for numbers outside 0..size-1."""
    return (number[..., None] == torch.arange(size)).float()


def describe(found: Detections) -> Described:
    """Plain tensor operations only: this is exported as the end of the vision encoder."""
    category, valid, box = found.category, found.valid, found.box
    slots = category.shape[1]
    both_valid = valid[:, :, None] & valid[:, None, :]
    same = ((category[:, :, None] == category[:, None, :]) & both_valid).float()
    area = (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])
    centre_x = (box[..., 0] + box[..., 2]) / 2
    centre_y = (box[..., 1] + box[..., 3]) / 2
    tie_break = torch.arange(slots) * 1e-3
    ranks = []
    for key in (-area, area, centre_y, -centre_y, centre_x, -centre_x):
        key = key + tie_break
        before = (key[:, None, :] < key[:, :, None]).float()
        ranks.append((same * before).sum(-1))
    rank = torch.stack(ranks, -1).long()
    count = same.sum(-1).long().clamp(1, N_COUNTS) - 1
    column = (centre_x * 3 / FRAME_PX).floor().long().clamp(0, 2)
    row = (centre_y * 3 / FRAME_PX).floor().long().clamp(0, 2)
    features = torch.cat(
        [
            one_hot(category, N_CLASSES),
            (rank == 0).float(),
            one_hot(rank[..., 0], MAX_INSTANCES),
            one_hot(count, N_COUNTS),
            one_hot(row * 3 + column, N_PLACES),
            torch.ones_like(area)[..., None],
            torch.zeros_like(area)[..., None].expand(-1, -1, ANCHOR_CODE),
        ],
        -1,
    )
    mask = valid[..., None].float()
    bins = torch.round(torch.cat([box, found.points], -1) / BIN_PX).clamp(0, N_BINS - 1)
    waves = bin_waves(bins).flatten(2) * mask
    return Described(features * mask, waves, bins.long(), rank)


def simulate(random: np.random.Generator, batch: int, slots: int) -> Detections:
    """Detections as a tower could report them, without rendering: a few classes a picture, up to 14 of one class."""
    category = random.integers(0, N_CLASSES, (batch, slots))
    valid = np.zeros((batch, slots), bool)
    for b in range(batch):
        chosen = random.permutation(N_CLASSES)[: random.integers(1, 6)]
        present = np.concatenate([np.full(min(14, random.geometric(0.33)), c) for c in chosen])
        random.shuffle(present)
        present = present[: max(1, slots - 2)][:slots]
        where = np.arange(len(present)) if random.random() < 0.5 else np.sort(random.permutation(slots)[: len(present)])
        category[b, where] = present
        valid[b, where] = True
    width = np.exp(random.uniform(np.log(6), np.log(200), (batch, slots)))
    height = np.clip(width * np.exp(random.normal(0, 0.5, (batch, slots))), 5, 270)
    x = random.uniform(2, FRAME_PX - 2, (batch, slots))
    y = random.uniform(2, FRAME_PX - 2, (batch, slots))
    box = np.clip(np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], -1), 0, FRAME_PX)
    span = box[..., 2:] - box[..., :2]
    first = box[..., :2] + span * (np.floor(random.uniform(0.1, 0.9, (batch, slots, 2)) * 8) + 0.5) / 8
    second = box[..., :2] + span * (np.floor(random.uniform(0, 1, (batch, slots, 2)) * 8) + 0.5) / 8
    points = np.concatenate([first, second], -1)
    return Detections(
        torch.from_numpy(category),
        torch.from_numpy(valid),
        torch.from_numpy(box.astype(np.float32)),
        torch.from_numpy(points.astype(np.float32)),
    )
