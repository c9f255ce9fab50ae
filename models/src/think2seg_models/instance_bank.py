"""Pictures and the outlines of what is in them, laid out so that one instance can be drawn without reading the others."""

import json
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np

from .close_ups import close_up
from .scene_cache import finished_shards, read_shard
from .scenes import Instance, instances

SMALLEST_PX = 50
CLOSE_UP_SEEDS = 30_000_000
SHARD = 250
PLACES = 32
"""Places kept of each instance, of which prompts take their points."""


@dataclass
class Bank:
    """`images` [n,P,P,3] u8; per instance: its `kind`, picture, box [4] (x0 y0 x1 y1), packed mask inside that box, and `places`
    [PLACES,2] (x, y from the corner of the box, deepest first) with their `depth` [PLACES] below the outline, as a share of the deepest."""

    images: np.ndarray
    kinds: list[str]
    picture: np.ndarray
    box: np.ndarray
    start: np.ndarray
    bits: np.ndarray
    places: np.ndarray
    depth: np.ndarray

    @property
    def area(self) -> np.ndarray:
        """Pixels of each instance, [instances]."""
        return np.add.reduceat(np.bitwise_count(self.bits), self.start, dtype=np.int64)

    def mask(self, index: int) -> np.ndarray:
        """[h,w] bool, the mask inside the box of an instance."""
        x0, y0, x1, y1 = self.box[index]
        count = int((x1 - x0) * (y1 - y0))
        packed = self.bits[self.start[index] : self.start[index] + -(-count // 8)]
        return np.unpackbits(packed, count=count).reshape(y1 - y0, x1 - x0).astype(bool)


def depth_of(mask: np.ndarray) -> np.ndarray:
    """[h,w] f32: distance of each pixel of a mask to what is outside, 0 outside."""
    return cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]


def inside_points(random: np.random.Generator, mask: np.ndarray, count: int) -> np.ndarray:
    """[count,2] x, y well inside a mask [h,w]."""
    depth = depth_of(mask)
    rows, columns = np.nonzero(depth >= depth.max() * random.uniform(0.2, 0.7))
    chosen = random.integers(0, len(rows), count)
    return np.stack([columns[chosen] + 0.5, rows[chosen] + 0.5], 1)


def _places(random: np.random.Generator, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The deepest pixel of a mask and others at all depths: [PLACES,2], [PLACES]."""
    depth = depth_of(mask)
    rows, columns = np.nonzero(mask)
    chosen = np.concatenate([[depth[rows, columns].argmax()], random.integers(0, len(rows), PLACES - 1)])
    rows, columns = rows[chosen], columns[chosen]
    return np.stack([columns + 0.5, rows + 0.5], 1), depth[rows, columns] / depth.max()


def write_outlines(path: Path, found: Iterable[list[Instance]]) -> None:
    """The outlines of the instances of each picture, in the order of the pictures."""
    kinds, picture, box, start, bits, places, depth = [], [], [], [], [], [], []
    random = np.random.default_rng(0)
    at = 0
    for number, there in enumerate(found):
        for instance in there:
            x0, y0, x1, y1 = instance.box
            mask = instance.mask[y0:y1, x0:x1]
            packed = np.packbits(mask)
            where, how_deep = _places(random, mask)
            for column, value in zip(
                (kinds, picture, box, start, bits, places, depth),
                (instance.kind, number, instance.box, at, packed, where, how_deep),
                strict=True,
            ):
                column.append(value)
            at += len(packed)
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        kinds=json.dumps(kinds),
        picture=picture,
        box=np.array(box, np.int32),
        start=start,
        bits=np.concatenate(bits),
        places=np.array(places, np.float32),
        depth=np.array(depth, np.float32),
    )
    part.rename(path)


def _load(images: np.ndarray, outlines: Path) -> Bank:
    with np.load(outlines) as stored:
        columns = [stored[name] for name in ("picture", "box", "start", "bits", "places", "depth")]
        return Bank(images, json.loads(str(stored["kinds"])), *columns)


def _outlines_of(folder: Path, scenes: Path, number: int) -> Path:
    return folder / f"{scenes.name}-{number:03d}.npz"


def outline_scenes(folder: Path, scenes: Path, number: int) -> Path:
    """Writes the outlines of a shard in `scenes` to `folder` once; returns their path."""
    folder.mkdir(parents=True, exist_ok=True)
    outlines = _outlines_of(folder, scenes, number)
    if not outlines.exists():
        shard = read_shard(scenes, number)
        write_outlines(outlines, (instances(shard.scene(i), SMALLEST_PX, concepts_only=False) for i in range(len(shard.images))))
    return outlines


def outlined_shards(scenes: Path, folder: Path) -> list[int]:
    """Numbers of the finished shards in `scenes` whose outlines are in `folder`."""
    return [number for number in finished_shards(scenes) if _outlines_of(folder, scenes, number).exists()]


def scene_bank(scenes: Path, folder: Path, number: int) -> Bank:
    """The bank of a shard in `scenes`, which is read in place."""
    return _load(read_shard(scenes, number).images, outline_scenes(folder, scenes, number))


def scene_banks(scenes: Path, folder: Path) -> list[Bank]:
    return [scene_bank(scenes, folder, number) for number in finished_shards(scenes)]


def _outline_close_ups(folder: Path, number: int) -> tuple[Path, Path]:
    images, outlines = folder / f"close-ups-{number:03d}.images.npy", folder / f"close-ups-{number:03d}.npz"
    if not outlines.exists():
        drawn = [close_up(CLOSE_UP_SEEDS + number * SHARD + i) for i in range(SHARD)]
        np.save(images, np.stack([image for image, _ in drawn]))
        write_outlines(outlines, (found for _, found in drawn))
    return images, outlines


def close_up_banks(count: int, folder: Path, processes: int = 1) -> list[Bank]:
    """Banks of `count` close-ups, drawn once."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = (repeat(folder), range(-(-count // SHARD)))
    if processes == 1:
        paths = list(map(_outline_close_ups, *jobs))
    else:
        with ProcessPoolExecutor(processes) as pool:
            paths = list(pool.map(_outline_close_ups, *jobs))
    return [_load(np.load(images, mmap_mode="r"), outlines) for images, outlines in paths]
