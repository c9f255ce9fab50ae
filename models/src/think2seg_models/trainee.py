"""The model that is trained, and the processor that makes its inputs."""

from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer, BatchFeature, PreTrainedModel, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from .checkpoint import Checkpoint, read_config, read_json
from .nano_checkpoint import MODEL_TYPE, NanoForConditionalGeneration
from .tokenizer_files import chat_template, check_tokenizer, image_preprocessing
from .training_config import TrainingConfig


class StillsImages(Qwen2VLImageProcessorPil):
    """Works on a picture once where it stands several times in a row, as for the completions of a group."""

    def _preprocess(self, images: list[np.ndarray], return_tensors: str | None = None, **settings: object) -> BatchFeature:
        new = [not n or not np.array_equal(image, images[n - 1]) for n, image in enumerate(images)]
        once = super()._preprocess([image for image, first in zip(images, new, strict=True) if first], return_tensors=None, **settings)
        which = np.cumsum(new) - 1
        grids = once["image_grid_thw"]
        patches = np.split(once["pixel_values"], np.cumsum(grids.prod(1))[:-1])
        repeated = {"pixel_values": np.concatenate([patches[n] for n in which]), "image_grid_thw": grids[which]}
        return BatchFeature(repeated, tensor_type=return_tensors)


class StillsProcessor(Qwen2_5_VLProcessor):
    """Qwen2.5-VL's processor without the one for videos, which would need torchvision."""

    def __init__(self, image_processor=None, tokenizer=None, chat_template=None, **kwargs):
        super().__init__(image_processor, tokenizer, None, chat_template=chat_template, **kwargs)


def load_processor(folder: Path) -> StillsProcessor:
    """Raises CHECKPOINT_INCOMPLETE for missing settings, CHECKPOINT_MISMATCH for a tokenizer of another model."""
    check_tokenizer(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, padding_side="left")
    images = StillsImages.from_dict(image_preprocessing(folder))
    return StillsProcessor(images, tokenizer, chat_template(folder))


def is_nano(folder: Path) -> bool:
    return folder.is_dir() and read_json(folder / "config.json").get("model_type") == MODEL_TYPE


def check_architecture(folder: Path) -> None:
    """Raises INPUT_NOT_FOUND, and CHECKPOINT_UNSUPPORTED for anything but a Qwen2.5-VL or a nano prompter."""
    if not is_nano(folder):
        read_config(folder)


def load_model(folder: Path, config: TrainingConfig) -> PreTrainedModel:
    """A Qwen2.5-VL or a nano prompter, ready to be trained; the vision tower is frozen where the settings say so.

    Raises ToolError: INPUT_NOT_FOUND, CHECKPOINT_UNSUPPORTED for another architecture, CHECKPOINT_INCOMPLETE, CHECKPOINT_MISMATCH.
    """
    if is_nano(folder):
        kind = NanoForConditionalGeneration
    else:
        Checkpoint(folder).places()
        kind = Qwen2_5_VLForConditionalGeneration
    model = kind.from_pretrained(folder, dtype=getattr(torch, config.weights), local_files_only=True)
    model.model.visual.requires_grad_(config.train_vision)
    if kind is NanoForConditionalGeneration:
        model.freeze_tables()
    return model
