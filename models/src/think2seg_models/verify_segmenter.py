"""The segmenter of a pack beside its checkpoint: the same prompts, and how much their masks overlap."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import Sam2Model

from .checkpoint import read_json
from .errors import ToolError
from .export_segmenter import EMBEDDING_NAMES
from .pack_files import PARTS, model_name


@dataclass(frozen=True)
class MaskPrompt:
    """A box and positive points in pixels of the model frame."""

    box: list[float]
    points: list[list[float]]


def read_prompts(path: Path) -> list[MaskPrompt]:
    """From a JSON list as a language model writes it: `bbox_2d` and `positive_points`.

    Raises ToolError: INPUT_NOT_FOUND, INPUT_CORRUPT.
    """
    if not path.is_file():
        raise ToolError("INPUT_NOT_FOUND", f"{path} is missing, expected a JSON list of prompts; check the path")
    try:
        return [MaskPrompt(item["bbox_2d"], item["positive_points"]) for item in json.loads(path.read_text())]
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError(
            "INPUT_CORRUPT", f'{path} holds no prompts ({error!r}), expected [{{"bbox_2d": [x0, y0, x1, y1], "positive_points": [[x, y]]}}]'
        ) from error


def seeded_prompts(frame_px: tuple[int, int], count: int = 4) -> list[MaskPrompt]:
    """Boxes of a tenth to a half of the frame with two points inside, always the same."""
    random = np.random.default_rng(0)
    size = np.array(frame_px, float)
    prompts = []
    for _ in range(count):
        extent = size * random.uniform(0.1, 0.5, 2)
        corner = random.uniform(0, size - extent)
        points = corner + extent * random.uniform(0.3, 0.7, (2, 2))
        prompts.append(MaskPrompt([*corner, *(corner + extent)], points.tolist()))
    return prompts


def read_settings(folder: Path) -> dict:
    """`preprocessor_config.json` of an exported segmenter. Raises as `read_json`, PACK_INVALID when it lacks something."""
    settings = read_json(folder / "preprocessor_config.json")
    lacking = {"size", "image_mean", "image_std", "rescale_factor"} - settings.keys()
    if lacking:
        raise ToolError("PACK_INVALID", f"{folder}/preprocessor_config.json lacks {', '.join(sorted(lacking))}; export the segmenter again")
    return settings


def encoder_input(frame: Image.Image, settings: dict) -> np.ndarray:
    """As the application: a bilinear resize of 8-bit samples to the square of the encoder, f32 [1, 3, S, S]."""
    size = settings["size"]["width"]
    samples = np.asarray(frame.resize((size, size), Image.Resampling.BILINEAR), np.float32)
    mean, std = (np.array(settings[name], np.float32) for name in ("image_mean", "image_std"))
    return np.ascontiguousarray(((samples * np.float32(settings["rescale_factor"]) - mean) / std).transpose(2, 0, 1)[None])


def decoder_inputs(prompt: MaskPrompt, scale: np.ndarray) -> dict[str, np.ndarray]:
    points = (np.array(prompt.points) * scale).astype(np.float32)[None, None]
    box = (np.array(prompt.box).reshape(2, 2) * scale).astype(np.float32).reshape(1, 1, 4)
    return {"input_points": points, "input_labels": np.ones(points.shape[:3], np.int64), "input_boxes": box}


def mask_of(logits: np.ndarray, frame: Image.Image) -> np.ndarray:
    """Logits [h, w] to a mask of the size of the frame."""
    full = F.interpolate(torch.from_numpy(logits.astype(np.float32))[None, None], frame.size[::-1], mode="bilinear", align_corners=False)
    return full[0, 0].numpy() > 0


@torch.no_grad()
def reference_masks(model: Sam2Model, settings: dict, frame: Image.Image, prompts: list[MaskPrompt], single: bool) -> list[np.ndarray]:
    """Masks of transformers, one a prompt: its single mask, or the best of three."""
    embeddings = model.get_image_embeddings(torch.from_numpy(encoder_input(frame, settings)))
    scale = settings["size"]["width"] / np.array(frame.size)
    masks = []
    for prompt in prompts:
        inputs = {name: torch.from_numpy(value) for name, value in decoder_inputs(prompt, scale).items()}
        output = model(image_embeddings=list(embeddings), multimask_output=not single, **inputs)
        masks.append(mask_of(output.pred_masks[0, 0, output.iou_scores[0, 0].argmax()].numpy(), frame))
    return masks


class OnnxSegmenter:
    """The exported files in one precision. `single`: the decoder answers a single mask, which public conversions leave out.

    Raises PACK_INVALID for a decoder without masks.
    """

    def __init__(self, folder: Path, precision: str) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.encoder, self.decoder = (
            onnxruntime.InferenceSession(folder / "onnx" / model_name(part, precision), options, providers=["CPUExecutionProvider"])
            for part in PARTS["segmenter"]
        )
        self.settings = read_settings(folder)
        outputs = {output.name for output in self.decoder.get_outputs()}
        self.single = outputs >= {"single_mask", "single_iou"}
        if not self.single and not outputs >= {"pred_masks", "iou_scores"}:
            raise ToolError(
                "PACK_INVALID",
                f"the mask decoder of {folder} has the outputs {', '.join(sorted(outputs))}; "
                "expected pred_masks and iou_scores, or single_mask and single_iou; export the segmenter again",
            )

    def outline(self, prompts: dict[str, np.ndarray], embeddings: dict[str, np.ndarray]) -> np.ndarray:
        """Logits [P, h, w] of P prompts, the best of three by score where there is no single mask: as the application."""
        if self.single:
            return self.decoder.run(["single_mask"], prompts | embeddings)[0][0, :, 0]
        best = []
        # Foreign decoders were traced for one box at a time when points come with it.
        for at in range(prompts["input_points"].shape[1]):
            one = {name: value[:, at : at + 1] for name, value in prompts.items()}
            masks, scores = self.decoder.run(["pred_masks", "iou_scores"], one | embeddings)
            best.append(masks[0, 0, scores[0, 0].argmax()])
        return np.stack(best)

    def masks(self, frame: Image.Image, prompts: list[MaskPrompt]) -> list[np.ndarray]:
        embeddings = self.encode(frame)
        scale = self.settings["size"]["width"] / np.array(frame.size)
        return [mask_of(self.outline(decoder_inputs(prompt, scale), embeddings)[0], frame) for prompt in prompts]

    def encode(self, frame: Image.Image) -> dict[str, np.ndarray]:
        outputs = self.encoder.run(EMBEDDING_NAMES, {"pixel_values": encoder_input(frame, self.settings)})
        return dict(zip(EMBEDDING_NAMES, outputs, strict=True))


@dataclass(frozen=True)
class MaskAgreement:
    """Over all images and prompts; two empty masks have an IoU of 1."""

    masks: int
    mean_iou: float
    least_iou: float
    different_pixels: int
    pixels: int


def compare_masks(got: list[np.ndarray], expected: list[np.ndarray]) -> dict[str, float]:
    """`MaskAgreement` as a dictionary."""
    ious = []
    for a, b in zip(got, expected, strict=True):
        union = int((a | b).sum())
        ious.append(1.0 if union == 0 else int((a & b).sum()) / union)
    different = sum(int((a ^ b).sum()) for a, b in zip(got, expected, strict=True))
    return asdict(MaskAgreement(len(ious), float(np.mean(ious)), min(ious), different, sum(mask.size for mask in expected)))
