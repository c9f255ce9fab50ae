"""From trained weights to the ONNX files of the pack, with exactly the inputs and outputs of the pack contract."""

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from .class_pairs import DETECTION_SLOTS, compact, see
from .detector import Detector, detect
from .find_boxes_graph import join
from .nano_segmenter import INPUT_PX, CropNet, DecoderContract, EncoderContract, FinderContract
from .prompter import Prompter
from .vocabulary import coded

OPSET = 17
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
PATCH, MERGE, TEMPORAL = 14, 2, 2
HALVED_FROM = 256
"""Numbers from which a weight is kept in half precision."""
CONVOLUTION_RANK = 4
NEVER = -10000.0
"""Logit of tokens that an answer cannot contain."""


@torch.jit.script
def picture_of_patches(pixel_values: torch.Tensor, image_grid_thw: torch.Tensor) -> torch.Tensor:
    """Qwen2.5-VL patches [P,1176] back to the picture [1,3,H,W] (both temporal halves are the same picture)."""
    rows = int(image_grid_thw[0, 1])
    columns = int(image_grid_thw[0, 2])
    x = pixel_values.reshape(rows // 2, columns // 2, 2, 2, 3, 2, 14, 14)[:, :, :, :, :, 0]
    return x.permute(4, 0, 2, 5, 1, 3, 6).reshape(1, 3, rows * 14, columns * 14)


class VisionEncoder(nn.Module):
    """pixel_values [P,1176], image_grid_thw [1,3] -> image_features [P/4, hidden]: detections, strongest first, then pairs of classes."""

    def __init__(self, detector: Detector, prompter: Prompter, thresholds: torch.Tensor):
        super().__init__()
        self.detector = detector
        self.prompter_features, self.prompter_coordinates = prompter.detection, prompter.coordinates
        self.register_buffer("thresholds", thresholds)
        self.register_buffer("mean", torch.tensor(CLIP_MEAN)[None, :, None, None])
        self.register_buffer("std", torch.tensor(CLIP_STD)[None, :, None, None])

    def forward(self, pixel_values: torch.Tensor, image_grid_thw: torch.Tensor) -> torch.Tensor:
        picture = picture_of_patches(pixel_values, image_grid_thw)
        slots = pixel_values.shape[0] // 4
        found, _ = detect(*self.detector((picture * self.std + self.mean) * 2 - 1), slots, self.thresholds)
        described, _ = see(compact(found, DETECTION_SLOTS), slots - DETECTION_SLOTS)
        return (self.prompter_features(described.features) + self.prompter_coordinates(described.waves))[0]


class EmbedTokens(nn.Module):
    """input_ids [1,n] -> [1,n,hidden]. Words stay coded vectors and a matrix, which take a quarter of the room of their product."""

    def __init__(self, prompter: Prompter):
        super().__init__()
        self.answer_size = prompter.answer_size
        self.register_buffer("known", prompter.answer_table().detach())
        codes, scale = (torch.from_numpy(part) for part in coded(prompter.vectors.numpy()))
        self.register_buffer("codes", codes)
        self.register_buffer("scale", scale)
        self.register_buffer("word", prompter.word.weight.detach().T.contiguous())

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        known = F.embedding(input_ids.clamp(max=self.answer_size - 1), self.known)
        number = (input_ids - self.answer_size).clamp(min=0)
        words = (self.codes[number].float() * self.scale[number]) @ self.word
        return torch.where((input_ids >= self.answer_size)[..., None], words, known)


class DecoderModel(nn.Module):
    """The decoder with its key/value cache as plain inputs and outputs."""

    def __init__(self, prompter: Prompter, vocabulary_size: int):
        super().__init__()
        self.prompter = prompter
        # The logit scale goes into the table, which then is an ordinary output projection.
        self.register_buffer("output", (prompter.answer_table() * prompter.logit_scale).detach().T.contiguous())
        self.padding = vocabulary_size - self.output.shape[1]

    def forward(self, inputs_embeds, attention_mask, position_ids, num_logits_to_keep, *past):
        pairs = [(past[2 * i], past[2 * i + 1]) for i in range(len(past) // 2)]
        hidden, _, caches = self.prompter.decode(inputs_embeds, position_ids, attention_mask, pairs)
        length = torch.tensor(hidden.shape[1])
        # 0 keeps all positions, as in Hugging Face transformers.
        first = torch.where(num_logits_to_keep > 0, (length - num_logits_to_keep).clamp(min=0), torch.zeros_like(length))
        kept = torch.index_select(hidden, 1, torch.arange(hidden.shape[1])[first:])
        logits = F.pad(kept @ self.output, (0, self.padding), value=NEVER)
        return logits, *[tensor for cache in caches for tensor in cache]


def byte_codes(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A convolution [O,I,h,w] -> codes i8 and scales f32 [O,1,1,1] whose product is close to it: a byte a weight in the pack."""
    scale = np.maximum(np.abs(weight).max((1, 2, 3), keepdims=True), 1e-12).astype(np.float32) / 127
    return np.rint(weight / scale).astype(np.int8), scale


def _in_bytes(shape: Sequence[int]) -> bool:
    """Whether a weight of the vision tower is kept as bytes: kernels are, means of colours and such are not."""
    return len(shape) == CONVOLUTION_RANK and shape[0] > 1


def as_stored(detector: Detector) -> Detector:
    """A copy with the weights that the pack holds: normalisation folded into the convolutions, then these in bytes, the rest in half
    precision."""
    stored = copy.deepcopy(detector).eval()
    for module in stored.modules():
        if isinstance(module, nn.Sequential) and isinstance(module[0], nn.Conv2d) and isinstance(module[1], nn.BatchNorm2d):
            module[0], module[1] = fuse_conv_bn_eval(module[0], module[1]), nn.Identity()
    for parameter in stored.parameters():
        if _in_bytes(parameter.shape):
            codes, scale = byte_codes(parameter.detach().numpy())
            parameter.data = torch.from_numpy(codes * scale)
        elif parameter.numel() >= HALVED_FROM:
            parameter.data = parameter.data.half().float()
    return stored


def _as_bytes(tensor: TensorProto) -> tuple[list[TensorProto], list[NodeProto]]:
    """What to keep of a tensor, and the nodes that make it again."""
    codes, scale = byte_codes(numpy_helper.to_array(tensor))
    kept = [numpy_helper.from_array(codes, f"{tensor.name}_codes"), numpy_helper.from_array(scale, f"{tensor.name}_scale")]
    wide = f"{tensor.name}_wide"
    widen = helper.make_node("Cast", [kept[0].name], [wide], to=TensorProto.FLOAT, name=f"widen_{tensor.name}")
    return kept, [widen, helper.make_node("Mul", [wide, kept[1].name], [tensor.name], name=f"scale_{tensor.name}")]


def _as_half(tensor: TensorProto) -> tuple[list[TensorProto], list[NodeProto]]:
    half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{tensor.name}_half")
    return [half], [helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT, name=f"widen_{tensor.name}")]


def store_small(path: Path, convolutions_as_bytes: bool) -> None:
    """Keep large weights as float16 or bytes in the file; what is in front of their use restores float32 arithmetic."""
    model = onnx.load(path)
    graph = model.graph
    kept, restoring = [], []
    for tensor in graph.initializer:
        parts: tuple[list[TensorProto], list[NodeProto]] = ([tensor], [])
        if tensor.data_type == TensorProto.FLOAT and convolutions_as_bytes and _in_bytes(tensor.dims):
            parts = _as_bytes(tensor)
        elif tensor.data_type == TensorProto.FLOAT and int(np.prod(tensor.dims)) >= HALVED_FROM:
            parts = _as_half(tensor)
        kept += parts[0]
        restoring += parts[1]
    nodes = [*restoring, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _export(
    model: nn.Module, arguments: tuple, path: Path, inputs: list[str], outputs: list[str], axes: dict, convolutions_as_bytes: bool = False
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model.eval(), arguments, str(path), input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=OPSET, dynamo=False
    )
    store_small(path, convolutions_as_bytes)
    made = onnx.load(path)
    got = [value.name for value in made.graph.input]
    if got != inputs:
        raise RuntimeError(f"{path.name}: inputs are {got}, expected {inputs}")


def export_lvlm(detector: Detector, prompter: Prompter, thresholds: torch.Tensor, vocabulary_size: int, folder: Path) -> None:
    shape = prompter.shape
    patches = torch.randn(400, 1176)
    grid = torch.tensor([[1, 20, 20]])
    _export(
        VisionEncoder(as_stored(detector), prompter, thresholds),
        (patches, grid),
        folder / "vision_encoder.onnx",
        ["pixel_values", "image_grid_thw"],
        ["image_features"],
        {"pixel_values": {0: "patches"}, "image_features": {0: "tokens"}},
        convolutions_as_bytes=True,
    )
    text = {0: "batch_size", 1: "sequence_length"}
    _export(
        EmbedTokens(prompter),
        (torch.zeros(1, 5, dtype=torch.long),),
        folder / "embed_tokens.onnx",
        ["input_ids"],
        ["inputs_embeds"],
        {"input_ids": text, "inputs_embeds": text},
    )
    length, before = 5, 3
    names = [f"{i}.{part}" for i in range(shape.layers) for part in ("key", "value")]
    past = [torch.randn(1, shape.heads, before, shape.head_size) for _ in names]
    arguments = (
        torch.randn(1, length, shape.hidden),
        torch.ones(1, length + before, dtype=torch.long),
        torch.arange(before, before + length).expand(3, 1, length).contiguous(),
        torch.tensor(1),
        *past,
    )
    axes = {
        "inputs_embeds": text,
        "attention_mask": {0: "batch_size", 1: "total_sequence_length"},
        "position_ids": {1: "batch_size", 2: "sequence_length"},
        "logits": {0: "batch_size", 1: "num_logits"},
    }
    axes |= {f"past_key_values.{name}": {0: "batch_size", 2: "past_sequence_length"} for name in names}
    axes |= {f"present.{name}": {0: "batch_size", 2: "total_sequence_length"} for name in names}
    _export(
        DecoderModel(prompter, vocabulary_size),
        arguments,
        folder / "decoder_model_merged.onnx",
        ["inputs_embeds", "attention_mask", "position_ids", "num_logits_to_keep", *[f"past_key_values.{n}" for n in names]],
        ["logits", *[f"present.{n}" for n in names]],
        axes,
    )


def export_segmenter(net: CropNet, folder: Path) -> None:
    """The two files of the SAM 2 contract. `input_boxes` is [1,P,4], or [1,0,4] where points must do."""
    embeddings = [f"image_embeddings.{i}" for i in range(3)]
    picture = torch.randn(1, 3, INPUT_PX, INPUT_PX)
    _export(EncoderContract(), (picture,), folder / "vision_encoder.onnx", ["pixel_values"], embeddings, {})
    prompts, points = 3, 2
    corners = torch.sort(torch.rand(1, prompts, 2, 2) * INPUT_PX, 2)[0].reshape(1, prompts, 4)
    where, labels = torch.rand(1, prompts, points, 2) * INPUT_PX, torch.ones(1, prompts, points, dtype=torch.long)
    encoded = EncoderContract()(picture)
    outputs = ["iou_scores", "pred_masks", "object_score_logits", "single_iou", "single_mask"]
    axes = {"input_points": {1: "prompts", 2: "points"}, "input_labels": {1: "prompts", 2: "points"}}
    decoder, finder = folder / "prompt_encoder_mask_decoder.onnx", folder / "find_boxes.onnx"
    _export(
        DecoderContract(net),
        (where, labels, corners, *encoded),
        decoder,
        ["input_points", "input_labels", "input_boxes", *embeddings],
        outputs,
        axes | {"input_boxes": {1: "boxes"}} | {name: {1: "prompts"} for name in outputs},
    )
    _export(
        FinderContract(net),
        (where, labels, *encoded[:2]),
        finder,
        ["input_points", "input_labels", *embeddings[:2]],
        ["boxes"],
        axes | {"boxes": {1: "prompts"}},
    )
    join(decoder, finder)
    finder.unlink()
