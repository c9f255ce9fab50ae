"""Questions about images with masks, in the folder layout of EarthReason, at the size of the model frame.

`ROOT/SPLIT/images/ID.*`, `labels/ID.png` (target where the value is above 0; nowhere for "no target"), `QAs/ID.json` with `questions`.
"""

import json
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from .errors import ToolError
from .evaluate_real import stretched

IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".webp", ".jp2")
"""World files, previews and the like may lie beside images."""
LISTED = 20
"""Faulty samples that an error names one by one; the others are counted."""


@dataclass(frozen=True)
class Sample:
    """An image, its mask of the same size, the file about them, and its questions, which all ask for the target of the mask."""

    image: Path
    label: Path
    about: Path
    questions: tuple[str, ...]


def read_samples(root: Path, split: str) -> list[Sample]:
    """All samples of a split in the order of their names.

    Raises INPUT_NOT_FOUND for a missing or empty folder, INPUT_CORRUPT when a sample is incomplete or its mask does not fit the image:
    every fault is counted, and nothing is left out silently.
    """
    folder = root / split
    if not (folder / "images").is_dir():
        raise ToolError(
            "INPUT_NOT_FOUND", f"{folder} has no folder images, expected the layout of EarthReason; check the path and the split"
        )
    images: dict[str, list[Path]] = {}
    for path in sorted((folder / "images").iterdir()):
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith("."):
            images.setdefault(path.stem, []).append(path)
    labelled = {path.stem for path in (folder / "labels").glob("*.png")} | {path.stem for path in (folder / "QAs").glob("*.json")}
    samples, faults = [], []
    for identity in sorted(images.keys() | labelled):
        if identity not in images:
            faults.append(f"{identity}: no image")
            continue
        if len(images[identity]) > 1:
            faults.append(f"{identity}: several images ({', '.join(path.name for path in images[identity])})")
            continue
        try:
            samples.append(_sample(folder, identity, images[identity][0]))
        except ValueError as fault:
            faults.append(f"{identity}: {fault}")
    if faults:
        listed = "\n  ".join(faults[:LISTED] + ([f"and {len(faults) - LISTED} more"] if len(faults) > LISTED else []))
        raise ToolError(
            "INPUT_CORRUPT",
            f"{len(faults)} of {len(faults) + len(samples)} samples in {folder} cannot be used, expected an image, a mask of its size and "
            f"questions for each; repair or remove them:\n  {listed}",
        )
    if not samples:
        raise ToolError("INPUT_NOT_FOUND", f"{folder}/images is empty, expected at least one sample; check the path")
    return samples


def _sample(folder: Path, identity: str, image: Path) -> Sample:
    """Raises ValueError with what is wrong."""
    label, about = folder / f"labels/{identity}.png", folder / f"QAs/{identity}.json"
    if not label.is_file():
        raise ValueError("no mask")
    if not about.is_file():
        raise ValueError("no questions")
    (height, width), (mask_height, mask_width) = _decoded_size(image), _decoded_size(label)
    if (height, width) != (mask_height, mask_width):
        raise ValueError(f"the mask has {mask_width} x {mask_height} pixels, the image {width} x {height}")
    try:
        questions = json.loads(about.read_text(encoding="utf-8"))["questions"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{about.name} has no list of questions") from error
    if not isinstance(questions, list) or not questions or not all(isinstance(text, str) and text.strip() for text in questions):
        raise ValueError(f"{about.name} has no list of questions")
    return Sample(image, label, about, tuple(questions))


def _open(path: Path) -> rasterio.DatasetReader:
    """Raises ValueError for a file that is no image."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return rasterio.open(path)
    except RasterioError as error:
        raise ValueError(f"{path.name} cannot be read as an image") from error


def _decoded_size(path: Path) -> tuple[int, int]:
    """Height and width, once every pixel could be decoded. Raises ValueError for files that are cut off or damaged."""
    try:
        if path.suffix.lower() == ".png":
            # GDAL takes what a PNG was cut down to for the whole of it.
            with Image.open(path) as picture:
                picture.load()
                return picture.height, picture.width
        with _open(path) as raster:
            raster.read()
            return raster.shape
    except (OSError, Image.DecompressionBombError, RasterioError) as error:
        raise ValueError(f"{path.name} cannot be read whole ({error})") from error


@lru_cache(maxsize=64)
def frame_of(image: Path, frame_px: int) -> Image.Image:
    """The image as the model sees it: RGB, Lanczos, aspect discarded. Bands that are not 8 bits wide are stretched from percentile 2 to 98,
    as the application does."""
    with _open(image) as raster:
        pixels = stretched(raster.read())
    return Image.fromarray(pixels).resize((frame_px, frame_px), Image.Resampling.LANCZOS)


@lru_cache(maxsize=64)
def target_of(label: Path, frame_px: int) -> np.ndarray:
    """The mask in the model frame, bool [frame_px, frame_px]; nearest neighbour."""
    with _open(label) as raster:
        target = Image.fromarray((raster.read(1) > 0).astype(np.uint8))
    return np.asarray(target.resize((frame_px, frame_px), Image.Resampling.NEAREST)) > 0
