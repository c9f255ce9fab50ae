"""Pictures and the outlines of what is in them, laid out so that one instance can be drawn without reading the others."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .close_ups import close_up
from .scene_cache import finished_shards, read_shard
from .scenes import Instance, instances

SMALLEST_PX = 50
CLOSE_UP_SEEDS = 30_000_000
SHARD = 250


@dataclass
class Bank:
    """`images` [n,P,P,3] u8; per instance: its `kind`, picture, box [4] (x0 y0 x1 y1) and packed mask inside that box."""

    images: np.ndarray
    kinds: list[str]
    picture: np.ndarray
    box: np.ndarray
    start: np.ndarray
    bits: np.ndarray

    def mask(self, index: int) -> np.ndarray:
        """[h,w] bool, the mask inside the box of an instance."""
        x0, y0, x1, y1 = self.box[index]
        count = int((x1 - x0) * (y1 - y0))
        packed = self.bits[self.start[index] : self.start[index] + -(-count // 8)]
        return np.unpackbits(packed, count=count).reshape(y1 - y0, x1 - x0).astype(bool)


def write_outlines(path: Path, found: Iterable[list[Instance]]) -> None:
    """The outlines of the instances of each picture, in the order of the pictures."""
    kinds, picture, box, start, bits = [], [], [], [], []
    at = 0
    for number, there in enumerate(found):
        for instance in there:
            x0, y0, x1, y1 = instance.box
            packed = np.packbits(instance.mask[y0:y1, x0:x1])
            kinds.append(instance.kind)
            picture.append(number)
            box.append(instance.box)
            start.append(at)
            bits.append(packed)
            at += len(packed)
    part = path.with_suffix(".part.npz")
    np.savez(part, kinds=json.dumps(kinds), picture=picture, box=np.array(box, np.int32), start=start, bits=np.concatenate(bits))
    part.rename(path)


def _load(images: np.ndarray, outlines: Path) -> Bank:
    with np.load(outlines) as stored:
        columns = [stored[name] for name in ("picture", "box", "start", "bits")]
        return Bank(images, json.loads(str(stored["kinds"])), *columns)


def scene_banks(scenes: Path, folder: Path) -> list[Bank]:
    """Banks of the shards in `scenes`, which are read in place; outlines are written to `folder` once."""
    folder.mkdir(parents=True, exist_ok=True)
    banks = []
    for number in finished_shards(scenes):
        shard, outlines = read_shard(scenes, number), folder / f"scenes-{number:03d}.npz"
        if not outlines.exists():
            write_outlines(outlines, (instances(shard.scene(i), SMALLEST_PX, concepts_only=False) for i in range(len(shard.images))))
        banks.append(_load(shard.images, outlines))
    return banks


def close_up_banks(count: int, folder: Path) -> list[Bank]:
    """Banks of `count` close-ups, drawn once."""
    folder.mkdir(parents=True, exist_ok=True)
    banks = []
    for number in range(-(-count // SHARD)):
        images, outlines = folder / f"close-ups-{number:03d}.images.npy", folder / f"close-ups-{number:03d}.npz"
        if not outlines.exists():
            drawn = [close_up(CLOSE_UP_SEEDS + number * SHARD + i) for i in range(SHARD)]
            np.save(images, np.stack([image for image, _ in drawn]))
            write_outlines(outlines, (found for _, found in drawn))
        banks.append(_load(np.load(images, mmap_mode="r"), outlines))
    return banks
