"""Rendered scenes on disk for training, in shards: pixels, labels and the boxes and coarse masks of the instances."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .errors import ToolError
from .landscapes import landscape
from .questions import CONCEPT_KEYS
from .scenes import TRAINING_STYLES, Scene, instances, render, texture_bank
from .settlements import settlement

SCENE_PX = 320
SMALLEST_PX = 94
"""Visible pixels below which an object does not count (about 8 m x 8 m at 0.8 m, 9.7 x 9.7 pixels)."""
RENDERED_PX = (SCENE_PX, 512)
"""Sides at which shards are drawn in turn. The larger ones are then reduced, as pictures of a finer sensor are when they are looked at."""
COARSE = 16
"""Side of the coarse mask inside each box."""


@dataclass
class Shard:
    """`images` [n,P,P,3] u8, `labels` [n,P,P] u8; per scene: `category` [m], `box` [m,4] pixels, `coarse` [m,16,16] 0..1."""

    images: np.ndarray
    labels: np.ndarray
    kinds: list[list[str]]
    parents: list[dict[int, int]]
    category: list[np.ndarray]
    box: list[np.ndarray]
    coarse: list[np.ndarray]

    def scene(self, index: int) -> Scene:
        return Scene(self.images[index], self.labels[index], self.kinds[index], self.parents[index])


def coarse_mask(mask: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """The share of each of 16 x 16 cells of the box that the object covers."""
    x0, y0, x1, y1 = box
    large = min(x1 - x0, y1 - y0) >= COARSE
    interpolation = cv2.INTER_AREA if large else cv2.INTER_LINEAR
    return cv2.resize(mask[y0:y1, x0:x1].astype(np.float32), (COARSE, COARSE), interpolation=interpolation)


def reduced(scene: Scene) -> Scene:
    """The scene at SCENE_PX."""
    if len(scene.image) == SCENE_PX:
        return scene
    size = (SCENE_PX, SCENE_PX)
    image = np.asarray(Image.fromarray(scene.image).resize(size, Image.Resampling.LANCZOS))
    return replace(scene, image=image, labels=cv2.resize(scene.labels, size, interpolation=cv2.INTER_NEAREST))


Draw = Callable[[int, int], Scene]
"""The scene of a seed at so many pixels a side."""


def draw_in_styles(styles: tuple[int, ...], seed: int, pixels: int) -> Scene:
    return render(seed, texture_bank(styles[seed % len(styles)]), pixels)


def draw_lifelike(seed: int, pixels: int) -> Scene:
    """Open country and settlements in turn."""
    return (landscape if seed % 2 else settlement)(seed, pixels)


def write_shard(folder: Path, number: int, count: int, first_seed: int, draw: Draw) -> None:
    images = np.zeros((count, SCENE_PX, SCENE_PX, 3), np.uint8)
    labels = np.zeros((count, SCENE_PX, SCENE_PX), np.uint8)
    kinds, parents, category, box, coarse = [], [], [], [], []
    for i in range(count):
        scene = reduced(draw(first_seed + i, RENDERED_PX[number % len(RENDERED_PX)]))
        found = instances(scene, SMALLEST_PX)
        images[i], labels[i] = scene.image, scene.labels
        kinds.append(scene.kinds)
        parents.append(scene.parents)
        category.append([CONCEPT_KEYS.index(f.kind) for f in found])
        box.append([f.box for f in found])
        coarse.append(np.array([coarse_mask(f.mask, f.box) for f in found], np.float16).reshape(-1, COARSE, COARSE))
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{number:03d}.images.npy", images)
    np.save(folder / f"{number:03d}.labels.npy", labels)
    np.save(folder / f"{number:03d}.coarse.npy", np.concatenate(coarse))
    objects = {"kinds": kinds, "parents": [{str(k): v for k, v in p.items()} for p in parents], "category": category, "box": box}
    # The list of objects appears last and whole: a shard without it is unfinished and is not read.
    part = folder / f"{number:03d}.part"
    part.write_text(json.dumps(objects))
    part.rename(folder / f"{number:03d}.objects.json")


def apart_from_tracks(category: np.ndarray, box: np.ndarray) -> np.ndarray:
    """[m] bool: false for sports fields that share their centre with a running track, for caches that still list them."""
    field, track = CONCEPT_KEYS.index("sports_field"), CONCEPT_KEYS.index("running_track")
    centre, size = (box[:, :2] + box[:, 2:]) / 2, (box[:, 2:] - box[:, :2]).max(1, initial=1)
    near = np.abs(centre[:, None] - centre[None]).max(2) < 0.15 * size[:, None]
    return ~((category == field) & (near & (category == track)[None]).any(1))


def read_shard(folder: Path, number: int) -> Shard:
    objects = json.loads((folder / f"{number:03d}.objects.json").read_text())
    sizes = [len(c) for c in objects["category"]]
    coarse = np.split(np.load(folder / f"{number:03d}.coarse.npy"), np.cumsum(sizes)[:-1])
    category = [np.array(c, np.int64) for c in objects["category"]]
    box = [np.array(b, np.float32).reshape(-1, 4) for b in objects["box"]]
    keep = [apart_from_tracks(c, b) for c, b in zip(category, box, strict=True)]
    return Shard(
        np.load(folder / f"{number:03d}.images.npy", mmap_mode="r"),
        np.load(folder / f"{number:03d}.labels.npy", mmap_mode="r"),
        objects["kinds"],
        [{int(k): v for k, v in p.items()} for p in objects["parents"]],
        *([values[k] for values, k in zip(column, keep, strict=True)] for column in (category, box, coarse)),
    )


def finished_shards(folder: Path) -> list[int]:
    return sorted(int(p.name.split(".")[0]) for p in folder.glob("*.objects.json"))


def require_scenes(folder: Path) -> None:
    """Raises INPUT_NOT_FOUND while there is none."""
    if not finished_shards(folder):
        raise ToolError(
            "INPUT_NOT_FOUND", f"{folder}: got no finished shard of scenes, expected at least one; run cache-scenes and cache-lifelike"
        )


STYLES_A_SHARD = 5


def _styles_of_shard(styles: tuple[int, ...], number: int) -> tuple[int, ...]:
    return tuple(styles[(number * STYLES_A_SHARD + k) % len(styles)] for k in range(min(STYLES_A_SHARD, len(styles))))


def _shard_then(then: Callable[[Path, int], object] | None, folder: Path, number: int, *rest) -> None:
    write_shard(folder, number, *rest)
    if then:
        then(folder, number)


def write_cache(
    folder: Path,
    scenes: int,
    first_seed: int = 1_000_000,
    styles: tuple[int, ...] | None = TRAINING_STYLES,
    shard_size: int = 250,
    processes: int = 1,
    then: Callable[[Path, int], object] | None = None,
) -> None:
    """Resumable: finished shards are kept. What a shard holds does not depend on the number of processes.

    Without styles the scenes are lifelike. `then(folder, number)` is called after each shard, in the process that drew it.
    """
    done = set(finished_shards(folder))
    with ProcessPoolExecutor(processes) as pool:
        jobs = []
        for number in range(-(-scenes // shard_size)):
            if number not in done:
                draw = partial(draw_in_styles, _styles_of_shard(styles, number)) if styles else draw_lifelike
                jobs.append(pool.submit(_shard_then, then, folder, number, shard_size, first_seed + number * shard_size, draw))
        for job in jobs:
            job.result()
