"""Scenes written as files: a question-answer data set in the EarthReason layout, and the sample scene of the app."""

import json
from pathlib import Path

import cv2
import numpy as np
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import from_origin

from .drawing import SIDE, TextureBank
from .questions import UNKNOWN, ask
from .scenes import HELD_OUT_SEEDS, HELD_OUT_STYLE, SEEN_STYLE, Scene, render
from .truth import answer_mask, concept_instances, tasks_of
from .vocabulary import CONCEPT_TOKENS
from .wordings import CONCEPTS, RELATIONS

METRES_PER_UNIT = 1.0
EPSG = 32633
"""UTM zone 33 north; scenes lie side by side on a made-up plain."""
PHRASINGS = 3


def near_infrared(scene: Scene) -> np.ndarray:
    """A plausible fourth band [n,n] u8: plants bright, water dark, everything else like its grey value."""
    red, green, blue = scene.image.astype(np.float32).transpose(2, 0, 1)
    grey = 0.4 * red + 0.4 * green + 0.2 * blue
    greenness = np.clip(green - (red + blue) / 2, 0, None)
    kinds = np.array(scene.kinds)[scene.labels]
    wet = np.isin(kinds, ["water", "pool"])
    plants = np.isin(kinds, ["trees", "sports_field", "field", "background"])
    band = np.where(wet, 0.3 * grey, np.where(plants, grey + 20 + 1.2 * greenness, 0.95 * grey))
    return np.clip(band, 0, 255).astype(np.uint8)


def write_geotiff(path: Path, bands: np.ndarray, west: float, north: float, pixel_m: float, overviews: bool = False) -> None:
    """bands [c,n,m] u8 -> tiled Deflate GeoTIFF in EPSG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = bands.shape
    profile = {
        "driver": "GTiff",
        "dtype": "uint8",
        "count": count,
        "height": height,
        "width": width,
        "crs": f"EPSG:{EPSG}",
        "transform": from_origin(west, north, pixel_m, pixel_m),
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "zlevel": 9,
        "predictor": 2,
        "photometric": "RGB",
        "interleave": "pixel",
    }
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(bands)
        raster.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, *[ColorInterp.undefined] * (count - 3)]
        if count == 4:
            raster.set_band_description(4, "near infrared")
    if overviews:
        with rasterio.open(path, "r+", COMPRESS_OVERVIEW="DEFLATE", PREDICTOR_OVERVIEW="2") as raster:
            raster.build_overviews([2, 4], Resampling.average)


def write_scenes(out: Path, split: str, count: int, seed: int, held_out: bool, pixels: int = 512) -> dict[str, int]:
    """`out/split/{images,labels,QAs}`; one target a scene, three wordings of it. About one scene in seven has no target.

    `held_out` draws another visual style, scene seeds that never train anything, and wordings that training never uses.
    """
    folder = out / split
    for name in ("images", "labels", "QAs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    bank = TextureBank(HELD_OUT_STYLE if held_out else SEEN_STYLE)
    first = (HELD_OUT_SEEDS if held_out else 0) + seed * 100_000
    random = np.random.default_rng([seed, int(held_out)])
    written = {"with target": 0, "without target": 0}
    number = 0
    while sum(written.values()) < count:
        scene_seed = first + number
        number += 1
        scene = render(scene_seed, bank, pixels)
        found = concept_instances(scene)
        empty = random.random() < 0.15
        tasks = [t for t in tasks_of(random, found) if bool(t.answer) != empty]
        if not tasks:
            continue
        task = tasks[int(random.integers(len(tasks)))]
        questions: list[str] = []
        while len(questions) < PHRASINGS:
            text = ask(random, task.concept, task.relation, held_out).text
            if text not in questions:
                questions.append(text)
        identity = f"{split}_{scene_seed:09d}"
        pixel_m = SIDE * METRES_PER_UNIT / pixels
        write_geotiff(folder / f"images/{identity}.tif", scene.image.transpose(2, 0, 1), 400_000 + 300 * number, 5_500_000, pixel_m)
        cv2.imwrite(str(folder / f"labels/{identity}.png"), answer_mask(found, task, pixels).astype(np.uint8) * 255)
        about = {
            "questions": questions,
            "answer": CONCEPT_TOKENS[task.concept].strip(" .") if task.answer else "no target",
            "concept": "unknown" if task.concept == UNKNOWN else CONCEPTS[task.concept].key,
            "relation": RELATIONS[task.relation],
            "instances": len(task.answer),
        }
        (folder / f"QAs/{identity}.json").write_text(json.dumps(about, indent=1) + "\n")
        written["with target" if task.answer else "without target"] += 1
    return written


def write_sample_scene(path: Path, seed: int, kind: str, pixels: int = 1024) -> None:
    """One held-out scene as red, green, blue, near infrared at quarter-metre pixels, with overviews."""
    scene = render(seed, TextureBank(HELD_OUT_STYLE), pixels, kind, photograph=False)
    random = np.random.default_rng(seed)
    noisy = scene.image + random.normal(0, 2.0, scene.image.shape)
    scene.image = np.clip(cv2.GaussianBlur(noisy.astype(np.float32), (0, 0), 0.8), 0, 255).astype(np.uint8)
    bands = np.concatenate([scene.image.transpose(2, 0, 1), near_infrared(scene)[None]])
    write_geotiff(path, bands, 392_000.0, 5_820_000.0, SIDE * METRES_PER_UNIT / pixels, overviews=True)
