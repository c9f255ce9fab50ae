"""Segmenters that turn prompts into a mask during training, and learn nothing themselves."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .errors import ToolError
from .export_segmenter import preprocessor_config
from .pack_files import precisions_in
from .sam_checkpoint import load_segmenter
from .verify_segmenter import OnnxSegmenter, encoder_input, mask_of

SegmentFrame = Callable[[Image.Image, list[dict]], np.ndarray]
"""A frame and prompts (`positive_points`, perhaps `bbox_2d`, in its pixels) to the union of their masks, bool [height, width]."""

KEPT_FRAMES = 8
"""Frames whose embeddings and masks are kept: completions about one image are judged together, and many agree on a prompt."""


def open_segmenter(path: Path) -> SegmentFrame:
    """A folder or `.pt` file of SAM 2, or the segmenter of a pack (or the pack itself).

    Raises ToolError: those of `load_segmenter` and `OnnxSegmenter`, PACK_INCOMPLETE for a pack without a complete segmenter.
    """
    folder = path / "segmenter" if (path / "segmenter").is_dir() else path
    if not (folder / "onnx").is_dir():
        return _remembering(Sam2Segmenter(path))
    precisions = precisions_in(folder, "segmenter")
    if not precisions:
        raise ToolError("PACK_INCOMPLETE", f"{folder}/onnx has no complete segmenter, expected an encoder and a decoder; export it again")
    return _remembering(OnnxPackSegmenter(folder, precisions[0]))


def _remembering(segmenter: "Sam2Segmenter | OnnxPackSegmenter") -> SegmentFrame:
    """Encodes a frame once and outlines a prompt once, prompts that can run together in one call."""
    masks_and_embeddings = lru_cache(KEPT_FRAMES)(lambda pixels, size: ({}, segmenter.encode(Image.frombytes("RGB", size, pixels))))

    def segment(frame: Image.Image, prompts: list[dict]) -> np.ndarray:
        union = np.zeros(frame.size[::-1], bool)
        if not prompts:
            return union
        masks, embeddings = masks_and_embeddings(frame.tobytes(), frame.size)
        asked = {json.dumps(prompt): prompt for prompt in prompts}
        for boxed in (True, False):
            new = {key: prompt for key, prompt in asked.items() if ("bbox_2d" in prompt) == boxed and key not in masks}
            if new:
                found = segmenter.decode(embeddings, *_inputs(list(new.values()), boxed, frame, segmenter.settings["size"]["width"]))
                masks |= {key: mask_of(logits, frame) for key, logits in zip(new, found, strict=True)}
        for key in asked:
            union |= masks[key]
        return union

    return segment


def _inputs(prompts: list[dict], boxed: bool, frame: Image.Image, encoder_px: int) -> tuple[np.ndarray, np.ndarray]:
    """points f32 [1, P, N, 2] and boxes f32 [1, P or 0, 4] in pixels of the encoder; all prompts have a box or none has."""
    scale = encoder_px / np.array(frame.size)
    points = np.array([prompt["positive_points"] for prompt in prompts], np.float64) * scale
    boxes = np.array([prompt["bbox_2d"] if boxed else [] for prompt in prompts], np.float64).reshape(-1, 2, 2) * scale
    return points.astype(np.float32)[None], boxes.astype(np.float32).reshape(1, -1, 4)


class Sam2Segmenter:
    """transformers' model, on a GPU where there is one."""

    def __init__(self, checkpoint: Path) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = load_segmenter(checkpoint).to(self.device).requires_grad_(False)
        self.settings = preprocessor_config(self.model.config.prompt_encoder_config.image_size)

    @torch.no_grad()
    def encode(self, frame: Image.Image) -> list[torch.Tensor]:
        return list(self.model.get_image_embeddings(torch.from_numpy(encoder_input(frame, self.settings)).to(self.device)))

    @torch.no_grad()
    def decode(self, embeddings: list[torch.Tensor], points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Logits f32 [P, h, w]."""
        inputs = {"input_points": torch.from_numpy(points), "input_labels": torch.ones(points.shape[:3], dtype=torch.int64)}
        if boxes.size:
            inputs["input_boxes"] = torch.from_numpy(boxes)
        moved = {name: value.to(self.device) for name, value in inputs.items()}
        masks = self.model(image_embeddings=list(embeddings), multimask_output=False, **moved).pred_masks
        return masks[0, :, 0].float().cpu().numpy()


class OnnxPackSegmenter(OnnxSegmenter):
    """The exported files, on the CPU. A decoder that counts boxes with prompts sees nothing in a prompt without a box."""

    def __init__(self, folder: Path, precision: str) -> None:
        super().__init__(folder, precision)
        count = {value.name: value.shape[1] for value in self.decoder.get_inputs()}
        self.needs_boxes = isinstance(count["input_boxes"], str) and count["input_boxes"] == count["input_labels"]

    def decode(self, embeddings: dict[str, np.ndarray], points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Logits f32 [P, h, w]."""
        if self.needs_boxes and not boxes.size:
            return np.zeros((points.shape[1], 1, 1), np.float32)
        prompts = {"input_points": points, "input_labels": np.ones(points.shape[:3], np.int64), "input_boxes": boxes}
        return self.outline(prompts, embeddings)
