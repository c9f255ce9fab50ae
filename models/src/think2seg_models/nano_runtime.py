"""The pack run in Python with onnxruntime, from its files alone: the reference for evaluation and parity tests."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from PIL import Image
from tokenizers import Tokenizer

from .answers import parse
from .chat_template import ChatTemplate, image_place


@dataclass
class Reply:
    """`text` is the whole answer, `prompts` None if it is not valid JSON; CPU seconds of each part."""

    text: str
    prompts: list[dict] | None
    seconds: dict[str, float] = field(default_factory=dict)


def open_session(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def patches_of(frame: np.ndarray, mean: list[float], std: list[float]) -> np.ndarray:
    """RGB frame [280,280,3] u8 -> pixel_values [400,1176] in the patch order of Qwen2.5-VL."""
    side = frame.shape[0] // 28
    x = (frame.astype(np.float32) / 255 - np.array(mean, np.float32)) / np.array(std, np.float32)
    x = np.repeat(x.transpose(2, 0, 1)[None], 2, 0)
    x = x.reshape(1, 2, 3, side, 2, 14, side, 2, 14).transpose(0, 3, 6, 4, 7, 2, 1, 5, 8)
    return np.ascontiguousarray(x.reshape(side * side * 4, 1176))


class NanoRuntime:
    def __init__(self, pack: Path, threads: int = 1):
        self.manifest = json.loads((pack / "pack.json").read_text())
        self.frame_px = self.manifest["frame"]["width"]
        lvlm, segmenter = pack / "lvlm", pack / "segmenter"
        config = json.loads((lvlm / "config.json").read_text())
        text = config["text_config"]
        self.image_token = config["image_token_id"]
        self.ends = set(json.loads((lvlm / "generation_config.json").read_text())["eos_token_id"])
        self.cache_shape = (1, text["num_key_value_heads"], 0, text["hidden_size"] // text["num_attention_heads"])
        self.cache_names = [f"{i}.{part}" for i in range(text["num_hidden_layers"]) for part in ("key", "value")]
        self.tokenizer = Tokenizer.from_file(str(lvlm / "tokenizer.json"))
        self.template = ChatTemplate(lvlm / "chat_template.jinja")
        self.image_settings = json.loads((lvlm / "preprocessor_config.json").read_text())
        self.vision = open_session(lvlm / "onnx/vision_encoder.onnx", threads)
        self.embed = open_session(lvlm / "onnx/embed_tokens.onnx", threads)
        self.decoder = open_session(lvlm / "onnx/decoder_model_merged.onnx", threads)
        self.segmenter_settings = json.loads((segmenter / "preprocessor_config.json").read_text())
        self.encoder = open_session(segmenter / "onnx/vision_encoder.onnx", threads)
        self.masks = open_session(segmenter / "onnx/prompt_encoder_mask_decoder.onnx", threads)

    def frame(self, image: np.ndarray) -> np.ndarray:
        """Any RGB image [h,w,3] u8 -> the model frame, Lanczos, aspect discarded."""
        return np.asarray(Image.fromarray(image).resize((self.frame_px, self.frame_px), Image.Resampling.LANCZOS))

    def look(self, frame: np.ndarray) -> np.ndarray:
        """image_features [100, hidden]."""
        patches = patches_of(frame, self.image_settings["image_mean"], self.image_settings["image_std"])
        grid = np.array([[1, self.frame_px // 14, self.frame_px // 14]], np.int64)
        return self.vision.run(None, {"pixel_values": patches, "image_grid_thw": grid})[0]

    def prompt_ids(self, question: str, image_tokens: int) -> list[int]:
        words = self.manifest["prompt"]["template"].replace("{question}", question)
        messages = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": words}]}]
        ids = self.tokenizer.encode(self.template.render(messages), add_special_tokens=False).ids
        at = image_place(ids, self.image_token, self.template)
        return ids[:at] + [self.image_token] * image_tokens + ids[at + 1 :]

    def positions(self, ids: list[int]) -> tuple[np.ndarray, int]:
        """[3,1,n] M-RoPE positions and the position of the next token."""
        side = self.frame_px // 28
        count, at = ids.count(self.image_token), ids.index(self.image_token)
        out = np.zeros((3, 1, len(ids)), np.int64)
        out[:, 0, :at] = np.arange(at)
        cell = np.arange(count)
        out[0, 0, at : at + count], out[1, 0, at : at + count], out[2, 0, at : at + count] = at, at + cell // side, at + cell % side
        rest = len(ids) - at - count
        out[:, 0, at + count :] = at + side + np.arange(rest)
        return out, at + side + rest

    def answer_ids(self, features: np.ndarray, question: str) -> list[int]:
        """Greedy tokens, without the end token."""
        ids = self.prompt_ids(question, len(features))
        at = ids.index(self.image_token)
        x = self.embed.run(None, {"input_ids": np.array([ids], np.int64)})[0]
        x[0, at : at + len(features)] = features
        where, next_position = self.positions(ids)
        cache = {f"past_key_values.{n}": np.zeros(self.cache_shape, np.float32) for n in self.cache_names}
        total, out = len(ids), []
        while len(out) < self.manifest["generation"]["maxNewTokens"]:
            feeds = {
                "inputs_embeds": x,
                "attention_mask": np.ones((1, total), np.int64),
                "position_ids": where,
                "num_logits_to_keep": np.array(1, np.int64),
            }
            logits, *present = self.decoder.run(None, feeds | cache)
            token = int(logits[0, -1].argmax())
            if token in self.ends:
                break
            out.append(token)
            cache = {f"past_key_values.{n}": tensor for n, tensor in zip(self.cache_names, present, strict=True)}
            x = self.embed.run(None, {"input_ids": np.array([[token]], np.int64)})[0]
            where = np.full((3, 1, 1), next_position, np.int64)
            next_position += 1
            total += 1
        return out

    def ask(self, frame: np.ndarray, question: str, features: np.ndarray | None = None) -> Reply:
        began = time.process_time()
        if features is None:
            features = self.look(frame)
        looked = time.process_time()
        ids = self.answer_ids(features, question)
        text = self.tokenizer.decode(ids, skip_special_tokens=True)
        return Reply(text, parse(text), {"look": looked - began, "answer": time.process_time() - looked})

    def encode(self, frame: np.ndarray) -> list[np.ndarray]:
        size = self.segmenter_settings["size"]["width"]
        resized = np.asarray(Image.fromarray(frame).resize((size, size), Image.Resampling.BILINEAR), np.float32) / 255
        mean, std = (np.array(self.segmenter_settings[k], np.float32) for k in ("image_mean", "image_std"))
        x = ((resized - mean) / std).transpose(2, 0, 1)[None]
        return self.encoder.run(None, {"pixel_values": np.ascontiguousarray(x)})

    @property
    def needs_boxes(self) -> bool:
        """Whether the segmenter cannot do with points alone."""
        by_name = {value.name: value.shape[1] for value in self.masks.get_inputs() if len(value.shape) > 1}
        return by_name["input_boxes"] == by_name["input_labels"]

    def logits(self, embeddings: list[np.ndarray], prompts: list[dict]) -> np.ndarray:
        """Mask logits [P,m,m] of prompts in frame pixels. All have a box or none has; all have as many points (perhaps none)."""
        scale = self.segmenter_settings["size"]["width"] / self.frame_px
        points = np.array([p.get("positive_points", []) for p in prompts], np.float32).reshape(1, len(prompts), -1, 2) * scale
        boxes = np.array([p["bbox_2d"] for p in prompts if "bbox_2d" in p], np.float32).reshape(1, -1, 4) * scale
        feeds = {"input_points": points, "input_labels": np.ones(points.shape[:3], np.int64), "input_boxes": boxes}
        feeds |= {f"image_embeddings.{i}": e for i, e in enumerate(embeddings)}
        return self.masks.run(["single_mask"], feeds)[0][0, :, 0]

    def outline(self, embeddings: list[np.ndarray], prompts: list[dict], size: tuple[int, int]) -> np.ndarray:
        """Union of the masks of the prompts (frame pixels), bool [height, width] of `size` = (width, height)."""
        union = np.zeros(size[::-1], bool)
        for logits in self.logits(embeddings, prompts) if prompts else []:
            union |= cv2.resize(logits, size, interpolation=cv2.INTER_LINEAR) > 0
        return union
