"""The language model of a pack beside its checkpoint: the same answers, and how far the logits lie apart."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from .lvlm_prompt import LvlmPrompt
from .pack_files import PARTS, model_name


@dataclass(frozen=True)
class ReferenceAnswer:
    """Greedy tokens of transformers, the end token included; logits f32 [tokens, vocabulary] that chose each; prompt positions."""

    tokens: list[int]
    logits: np.ndarray
    positions: np.ndarray


@torch.no_grad()
def reference_answers(checkpoint: Path, prompts: list[LvlmPrompt], new_tokens: int, dtype: torch.dtype) -> list[ReferenceAnswer]:
    """The model is loaded for this call only."""
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(checkpoint, dtype=dtype, local_files_only=True).eval()
    answers = []
    for prompt in prompts:
        inputs = prompt.inputs()
        inputs["pixel_values"] = inputs["pixel_values"].to(dtype)
        result = model.generate(
            **inputs, max_new_tokens=new_tokens, do_sample=False, return_dict_in_generate=True, output_logits=True, repetition_penalty=1.0
        )
        logits = torch.cat(result.logits).float().numpy()
        answers.append(ReferenceAnswer(result.sequences[0, len(prompt.ids) :].tolist(), logits, prompt.positions(model)))
    return answers


class OnnxLvlm:
    """The exported files in one precision, run by ONNX Runtime on the CPU."""

    def __init__(self, folder: Path, precision: str) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.vision, self.embed, self.decoder = (
            onnxruntime.InferenceSession(folder / "onnx" / model_name(part, precision), options, providers=["CPUExecutionProvider"])
            for part in PARTS["lvlm"]
        )
        self.real = np.float16 if "float16" in self.decoder.get_inputs()[0].type else np.float32

    def logits(self, prompt: LvlmPrompt, answer: ReferenceAnswer) -> np.ndarray:
        """Logits f32 [tokens, vocabulary] with which it chooses each token of the reference, given those before."""
        features = self.vision.run(None, {"pixel_values": prompt.pixels.astype(self.real), "image_grid_thw": prompt.grid})[0]
        ids = prompt.ids + answer.tokens[:-1]
        embeds = self.embed.run(None, {"input_ids": np.array([ids], np.int64)})[0].copy()
        embeds[0, np.array(ids) == prompt.image_token] = features
        after = np.arange(len(answer.tokens) - 1) + answer.positions.max() + 1
        positions = np.concatenate([answer.positions, np.broadcast_to(after, (3, 1, len(after)))], 2)
        feeds = {
            "inputs_embeds": embeds,
            "attention_mask": np.ones((1, len(ids)), np.int64),
            "position_ids": positions.astype(np.int64),
            "num_logits_to_keep": np.array(len(answer.tokens), np.int64),
        }
        for value in self.decoder.get_inputs():
            if value.name.startswith("past_key_values."):
                feeds[value.name] = np.zeros((1, value.shape[1], 0, value.shape[3]), self.real)
        return self.decoder.run(["logits"], feeds)[0][0].astype(np.float32)


@dataclass(frozen=True)
class LvlmAgreement:
    """Over all images. `same_tokens`: leading tokens that greedy decoding shares with the reference."""

    same_tokens: int
    tokens: int
    same_answers: int
    answers: int
    largest_logit_difference: float
    mean_logit_difference: float


def compare_lvlm(folder: Path, precision: str, prompts: list[LvlmPrompt], answers: list[ReferenceAnswer]) -> dict[str, float]:
    """`LvlmAgreement` of one precision as a dictionary. Greedy decoding parts from the reference where its choice first differs."""
    lvlm = OnnxLvlm(folder, precision)
    same_tokens = same_answers = 0
    largest = total = 0.0
    count = 0
    for prompt, answer in zip(prompts, answers, strict=True):
        logits = lvlm.logits(prompt, answer)
        differs = np.flatnonzero(logits.argmax(1) != np.array(answer.tokens))
        same = int(differs[0]) if len(differs) else len(answer.tokens)
        same_tokens += same
        same_answers += same == len(answer.tokens)
        difference = np.abs(logits - answer.logits)
        largest = max(largest, float(difference.max()))
        total += float(difference.sum(dtype=np.float64))
        count += difference.size
    tokens = sum(len(answer.tokens) for answer in answers)
    return asdict(LvlmAgreement(same_tokens, tokens, same_answers, len(answers), largest, total / count))
