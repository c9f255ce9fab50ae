"""A question about an image as the numbers a Qwen2.5-VL takes, built from the files of a pack."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from transformers import Qwen2_5_VLForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from .chat_template import ChatTemplate, image_place
from .tokenizer_files import IMAGE_TOKEN


@dataclass(frozen=True)
class LvlmPrompt:
    """`ids` [tokens], the image token repeated for every cell; `pixels` f32 [patches, values]; `grid` i64 [1, 3]."""

    ids: list[int]
    pixels: np.ndarray
    grid: np.ndarray
    image_token: int

    def inputs(self) -> dict[str, torch.Tensor]:
        """What transformers' model takes."""
        ids = torch.tensor([self.ids])
        return {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "pixel_values": torch.from_numpy(self.pixels),
            "image_grid_thw": torch.from_numpy(self.grid),
            "mm_token_type_ids": (ids == self.image_token).int(),
        }

    def positions(self, model: Qwen2_5_VLForConditionalGeneration) -> np.ndarray:
        """Of transformers: i64 [3, 1, tokens] along time, row and column."""
        inputs = self.inputs()
        positions, _ = model.model.get_rope_index(
            inputs["input_ids"],
            inputs["mm_token_type_ids"],
            image_grid_thw=inputs["image_grid_thw"],
            attention_mask=inputs["attention_mask"],
        )
        return positions.numpy()


class PackPrompts:
    """Makes prompts as the application does: the image at the size of the frame, the question in the words of the template."""

    def __init__(self, pack: Path) -> None:
        manifest = json.loads((pack / "pack.json").read_text())
        self.frame_px = (manifest["frame"]["width"], manifest["frame"]["height"])
        self.words = manifest["prompt"]
        self.tokenizer = Tokenizer.from_file(str(pack / "lvlm/tokenizer.json"))
        self.template = ChatTemplate(pack / "lvlm/chat_template.jinja")
        self.processor = Qwen2VLImageProcessorPil.from_pretrained(pack / "lvlm")
        self.image_token = self.tokenizer.token_to_id(IMAGE_TOKEN)

    def frame(self, image: Image.Image) -> Image.Image:
        return image.convert("RGB").resize(self.frame_px, Image.Resampling.LANCZOS)

    def prompt(self, frame: Image.Image, question: str) -> LvlmPrompt:
        processed = self.processor(images=[frame], return_tensors="np")
        grid = processed["image_grid_thw"]
        text = self.words["template"].replace("{question}", question)
        messages: list[dict] = [{"role": "system", "content": self.words["system"]}] if "system" in self.words else []
        messages.append({"role": "user", "content": [{"type": "image"}, {"type": "text", "text": text}]})
        ids = self.tokenizer.encode(self.template.render(messages), add_special_tokens=False).ids
        at = image_place(ids, self.image_token, self.template)
        cells = int(grid.prod()) // self.processor.merge_size**2
        return LvlmPrompt(ids[:at] + [self.image_token] * cells + ids[at + 1 :], processed["pixel_values"], grid, self.image_token)
