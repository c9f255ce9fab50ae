"""The nano prompter as a Qwen2.5-VL that transformers and TRL can load, generate with and train, and back.

Its vision tower is the frozen detector and the two maps that turn detections into tokens. The embedding and the output matrix are the
tables that the prompter computes from its words and numbers; they stay as they are, so that what was trained goes back exactly. The output
matrix has a row for each token of an answer, not for each of the 22,000 words: they come first in the vocabulary.
"""

import hashlib
import json
from collections import OrderedDict
from pathlib import Path
from typing import ClassVar

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPast, BaseModelOutputWithPooling
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLModel, Qwen2_5_VLPreTrainedModel

from . import detections as D
from .class_pairs import DETECTION_SLOTS, compact, see
from .detector import Detector, detect
from .nano_export import CLIP_MEAN, CLIP_STD, MERGE, picture_of_patches
from .nano_pack import lvlm_config, write_lvlm_settings
from .prompter import Prompter
from .questions import CONCEPT_KEYS
from .vocabulary import Vocabulary

MODEL_TYPE = "think2seg_nano"
TRAINED = {
    "layers.": "model.language_model.layers.",
    "norm.": "model.language_model.norm.",
    "detection.": "model.visual.detection.",
    "coordinates.": "model.visual.coordinates.",
}
"""What is trained: names of the prompter and of the checkpoint."""
ANSWER_PREFIX = 3
"""Tokens from the end of the question to the answer: `<|im_end|> <|im_start|> assistant`."""
KEPT_PICTURES = 1024
"""Pictures whose detections are remembered, 60 kB each: training asks again and again about the same ones."""


class NanoConfig(Qwen2_5_VLConfig):
    model_type = MODEL_TYPE
    auto_map: ClassVar[dict] = {}  # TRL looks into it
    answer_size: int = 0


class NanoTower(nn.Module):
    """pixel_values [n * patches, 1176], grid_thw [n, 3], all of one size -> a token [hidden] for each of the strongest detections."""

    spatial_merge_size = MERGE
    dtype = torch.float32

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.detector = Detector()
        self.detection = nn.Linear(D.FEATURES, hidden)
        self.coordinates = nn.Linear(D.COORDINATES * D.PHASES, hidden, bias=False)
        self.register_buffer("thresholds", torch.zeros(D.N_CLASSES))
        self.seen: OrderedDict[bytes, D.Described] = OrderedDict()

    def train(self, mode: bool = True) -> "NanoTower":
        super().train(mode)
        self.detector.eval()  # its statistics belong to its own training
        return self

    @torch.no_grad()
    def look(self, pixel_values: torch.Tensor, grid: torch.Tensor) -> D.Described:
        mean, std = (torch.tensor(values)[None, :, None, None] for values in (CLIP_MEAN, CLIP_STD))
        picture = picture_of_patches(pixel_values, grid[None]) * std + mean
        slots = len(pixel_values) // MERGE**2
        found, _ = detect(*self.detector(picture * 2 - 1), slots, self.thresholds)
        described, _ = see(compact(found, DETECTION_SLOTS), slots - DETECTION_SLOTS)
        return described

    def remembered(self, pixel_values: torch.Tensor, grid: torch.Tensor) -> D.Described:
        """As `look`, which never changes: the detector is frozen."""
        key = _digest(pixel_values)
        if key not in self.seen:
            self.seen[key] = self.look(pixel_values, grid)
            if len(self.seen) > KEPT_PICTURES:
                self.seen.popitem(last=False)
        return self.seen[key]

    def forward(self, pixel_values: torch.Tensor, grid_thw: torch.Tensor, **_: object) -> BaseModelOutputWithPooling:
        pictures = zip(pixel_values.chunk(len(grid_thw)), grid_thw, strict=True)
        seen = [self.remembered(picture, grid) for picture, grid in pictures]
        features, waves = (torch.cat([getattr(one, name) for one in seen]) for name in ("features", "waves"))
        return BaseModelOutputWithPooling(pooler_output=(self.detection(features) + self.coordinates(waves)).flatten(0, 1))


def _digest(values: torch.Tensor) -> bytes:
    return hashlib.sha1(values.detach().contiguous().numpy(), usedforsecurity=False).digest()


class NanoModel(Qwen2_5_VLModel):
    """Reads a prompt once where a batch holds several answers to it, as those of GRPO do: it is four fifths of their length."""

    def __init__(self, config: NanoConfig) -> None:
        super().__init__(config)
        self.visual = NanoTower(config.text_config.hidden_size)

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool | None = None,
        pixel_values: torch.Tensor | None = None,
        image_grid_thw: torch.Tensor | None = None,
        mm_token_type_ids: torch.Tensor | None = None,
        mm_encoder_outputs: dict[str, BaseModelOutputWithPooling] | None = None,
        **other: object,
    ) -> BaseModelOutputWithPast:
        if pixel_values is not None:
            mm_encoder_outputs = {"image": self.get_image_features(pixel_values, image_grid_thw, return_dict=True)}
        texts = {"attention_mask": attention_mask, "mm_token_type_ids": mm_token_type_ids}
        length = None if mm_encoder_outputs is None else self._prompt_length(input_ids, generating=bool(use_cache))
        if length is None:
            other |= texts | {"image_grid_thw": image_grid_thw, "mm_encoder_outputs": mm_encoder_outputs}
            return super().forward(input_ids, position_ids=position_ids, past_key_values=past_key_values, use_cache=use_cache, **other)
        pictures = mm_encoder_outputs["image"].pooler_output
        keys = [(_digest(picture), _digest(ids)) for picture, ids in zip(pictures, input_ids[:, :length], strict=True)]
        first = {key: row for row, key in reversed(list(enumerate(keys)))}
        distinct = list(first.values())
        group = torch.tensor([list(first).index(key) for key in keys])
        read = super().forward(
            input_ids[distinct, :length],
            position_ids=None if position_ids is None else position_ids[:, distinct],
            past_key_values=past_key_values,
            use_cache=True,
            image_grid_thw=None if image_grid_thw is None else image_grid_thw[distinct],
            mm_encoder_outputs={"image": BaseModelOutputWithPooling(pooler_output=[pictures[row] for row in distinct])},
            **{name: None if given is None else given[distinct, :length] for name, given in texts.items()},
            **other,
        )
        states, cache = read.last_hidden_state[group], read.past_key_values
        cache.batch_select_indices(group)
        if length < input_ids.shape[1]:
            positions = (attention_mask.cumsum(1) - 1)[:, length:] + self.rope_deltas[group]
            said = {"attention_mask": attention_mask, "position_ids": positions.expand(3, -1, -1), "past_key_values": cache}
            states = torch.cat((states, super().forward(input_ids[:, length:], **said, **other).last_hidden_state), 1)
        return BaseModelOutputWithPast(last_hidden_state=states, past_key_values=cache if use_cache else None)

    def _prompt_length(self, input_ids: torch.Tensor, generating: bool) -> int | None:
        """Where the answers of a batch begin, None where they begin at different places or there can be no cache."""
        if generating:
            return input_ids.shape[1]
        if self.training and self.language_model.gradient_checkpointing:
            return None
        ends = (input_ids == self.config.text_config.eos_token_id).int().argmax(1)  # of the question
        return int(ends[0]) + ANSWER_PREFIX if (ends == ends[0]).all() else None


class NanoForConditionalGeneration(Qwen2_5_VLForConditionalGeneration):
    config: NanoConfig
    _tied_weights_keys = None

    def __init__(self, config: NanoConfig) -> None:
        Qwen2_5_VLPreTrainedModel.__init__(self, config)
        self.model = NanoModel(config)
        self.lm_head = nn.Linear(config.text_config.hidden_size, config.answer_size, bias=False)
        self.post_init()

    def freeze_tables(self) -> None:
        for part in (self.model.visual.detector, self.model.language_model.embed_tokens, self.lm_head):
            part.requires_grad_(False)


AutoConfig.register(MODEL_TYPE, NanoConfig)
# TRL loads its reference model by this name.
AutoModelForCausalLM.register(NanoConfig, NanoForConditionalGeneration)


def write_nano_checkpoint(work: Path, folder: Path) -> None:
    """From `vocabulary/`, `prompter.pt`, `detector.pt` and `thresholds.json` of the folder `work`."""
    vocabulary = Vocabulary.load(work / "vocabulary")
    prompter = Prompter(vocabulary)
    prompter.load_state_dict(torch.load(work / "prompter.pt"))
    settings = lvlm_config(prompter.shape, len(vocabulary.tokens)) | {"model_type": MODEL_TYPE, "tie_word_embeddings": False}
    settings["answer_size"] = vocabulary.answer_size
    settings["text_config"]["tie_word_embeddings"] = False
    settings["vision_config"] |= {"depth": 0, "hidden_size": 16, "num_heads": 1}  # transformers' own tower, which ours replaces
    config = NanoConfig.from_dict(settings | {"architectures": [NanoForConditionalGeneration.__name__]})
    model = NanoForConditionalGeneration(config)
    by_class = json.loads((work / "thresholds.json").read_text())
    with torch.no_grad():
        model.model.visual.thresholds.copy_(torch.tensor([by_class[key] for key in CONCEPT_KEYS]))
        model.model.visual.detector.load_state_dict(torch.load(work / "detector.pt"))
        model.model.language_model.embed_tokens.weight.copy_(prompter.table())
        model.lm_head.weight.copy_(prompter.answer_table() * prompter.logit_scale)
        for name, value in prompter.state_dict().items():
            if (place := _place(name)) is not None:
                model.get_parameter(place).copy_(value)
    folder.mkdir(parents=True, exist_ok=True)
    write_lvlm_settings(folder, vocabulary, prompter.shape)
    model.generation_config = GenerationConfig.from_pretrained(folder)
    model.save_pretrained(folder)


def _place(name: str) -> str | None:
    """The name in a checkpoint of a weight of the prompter that is trained."""
    return next((there + name.removeprefix(here) for here, there in TRAINED.items() if name.startswith(here)), None)


def read_prompter(checkpoint: Path, start: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights of the prompter after a training that began with the weights `start`."""
    state = NanoForConditionalGeneration.from_pretrained(checkpoint).state_dict()
    return {name: state[there].clone() if (there := _place(name)) else value for name, value in start.items()}
