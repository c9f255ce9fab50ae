"""Export a Qwen2.5-VL checkpoint to three ONNX files in the layout that transformers.js and public conversions use.

    vision_encoder        pixel_values f32 [patches, 3*2*14*14], image_grid_thw i64 [1, 3] -> image_features [patches/4, hidden]
    embed_tokens          input_ids i64 [batch, tokens] -> inputs_embeds [batch, tokens, hidden]
    decoder_model_merged  inputs_embeds, attention_mask i64 [batch, past+tokens], position_ids i64 [3, batch, tokens],
                          past_key_values.N.{key,value} [batch, kv_heads, past, head_size], num_logits_to_keep i64 []
                          -> logits [batch, num_logits, vocabulary], present.N.{key,value}

`num_logits_to_keep` spares the logits of a long prompt, of which only the last row is ever looked at.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from transformers import Qwen2_5_VLForConditionalGeneration

OPSET = 18
# Files of a checkpoint that the application reads beside the models.
SIDE_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "preprocessor_config.json",
)
PRECISIONS = ("fp32", "fp16", "q4", "int8")


def masked_value(dtype: torch.dtype) -> float:
    """Large enough to vanish in a softmax, small enough to survive the sum with a score."""
    return torch.finfo(dtype).min / 4


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding of the last axis, halves paired as in Llama and Qwen."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class VisionEncoder(nn.Module):
    """The vision tower for one still image, with a dynamic grid.

    The original permutes patches into windows with data-dependent sizes, which does not export. Here the grid of merged
    cells is padded to whole windows, attention masks the padding, and the natural order of patches is kept throughout.
    """

    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.tower = tower
        config = tower.config
        self.merge = config.spatial_merge_size
        self.window = config.window_size // self.merge // config.patch_size
        self.heads = config.num_heads
        self.head_size = config.hidden_size // config.num_heads
        self.full_blocks = set(config.fullatt_block_indexes)
        # No buffer, so that it stays in single precision when the module does not: a position times a frequency
        # loses whole radians in half precision.
        self.inverse_frequencies = tower.rotary_pos_emb.inv_freq.detach().clone()

    def forward(self, pixel_values: Tensor, image_grid_thw: Tensor) -> Tensor:
        grid_height = image_grid_thw[0, 1].item()
        grid_width = image_grid_thw[0, 2].item()
        for size in (grid_height, grid_width):
            torch._check(size >= 2)
            torch._check(size <= 1024)
        rows, columns = grid_height // self.merge, grid_width // self.merge
        cell = self.merge * self.merge

        x = self.tower.patch_embed(pixel_values)
        channels = x.shape[-1]
        # The leading axis makes every projection a MatMul, which quantisers know, instead of a Gemm.
        x = x.reshape(1, rows * columns * cell, channels)
        cos, sin = (t.to(x.dtype) for t in self._rotary(rows, columns))
        bias = self._window_bias(rows, columns).to(x.dtype)
        for index, block in enumerate(self.tower.blocks):
            qkv = block.attn.qkv(block.norm1(x)).reshape(rows * columns * cell, 3, self.heads, self.head_size)
            q, k, v = rotate(qkv[:, 0], cos, sin), rotate(qkv[:, 1], cos, sin), qkv[:, 2]
            if index in self.full_blocks:
                q, k, v = (t.transpose(0, 1) for t in (q, k, v))
                scores = q @ k.transpose(1, 2) * block.attn.scaling
                attended = (torch.softmax(scores, -1) @ v).transpose(0, 1)
            else:
                q, k, v = (self._to_windows(t, rows, columns) for t in (q, k, v))
                scores = q @ k.transpose(2, 3) * block.attn.scaling + bias
                attended = self._from_windows(torch.softmax(scores, -1) @ v, rows, columns)
            x = x + block.attn.proj(attended.reshape(1, rows * columns * cell, channels))
            x = x + block.mlp(block.norm2(x))
        merged = self.tower.merger.ln_q(x).reshape(1, rows * columns, channels * cell)
        return self.tower.merger.mlp(merged)[0]

    def _rotary(self, rows: int, columns: int) -> tuple[Tensor, Tensor]:
        """cos and sin [patches, 1, head_size]; patches are ordered cell by cell, then inside each cell."""
        m = self.merge
        shape = (rows, columns, m, m)
        y = torch.arange(rows)[:, None, None, None] * m + torch.arange(m)[None, None, :, None]
        x = torch.arange(columns)[None, :, None, None] * m + torch.arange(m)[None, None, None, :]
        yx = torch.stack((y.expand(shape), x.expand(shape)), -1).reshape(rows * columns * m * m, 2, 1).float()
        angles = (yx * self.inverse_frequencies).reshape(rows * columns * m * m, 2 * len(self.inverse_frequencies))
        angles = torch.cat((angles, angles), -1)[:, None]
        return angles.cos(), angles.sin()

    def _windows(self, rows: int, columns: int) -> tuple[int, int]:
        return (rows + self.window - 1) // self.window, (columns + self.window - 1) // self.window

    def _window_bias(self, rows: int, columns: int) -> Tensor:
        """[windows, 1, 1, keys]: zero for real patches, a large negative number for padding."""
        down, across = self._windows(rows, columns)
        w, cell = self.window, self.merge * self.merge
        valid = (torch.arange(down * w) < rows)[:, None] & (torch.arange(across * w) < columns)[None]
        valid = valid.reshape(down, w, across, w).permute(0, 2, 1, 3).reshape(down * across, w * w, 1)
        valid = valid.expand(down * across, w * w, cell).reshape(down * across, 1, 1, w * w * cell)
        return torch.where(valid, 0.0, masked_value(self.tower.dtype))

    def _to_windows(self, t: Tensor, rows: int, columns: int) -> Tensor:
        """[patches, heads, size] -> [windows, heads, patches of a window, size]."""
        down, across = self._windows(rows, columns)
        w, cell = self.window, self.merge * self.merge
        t = t.reshape(rows, columns, cell * self.heads * self.head_size)
        t = F.pad(t, (0, 0, 0, across * w - columns, 0, down * w - rows))
        t = t.reshape(down, w, across, w, cell, self.heads, self.head_size).permute(0, 2, 5, 1, 3, 4, 6)
        return t.reshape(down * across, self.heads, w * w * cell, self.head_size)

    def _from_windows(self, t: Tensor, rows: int, columns: int) -> Tensor:
        """Inverse of `_to_windows`, heads joined: [patches, heads * size]."""
        down, across = self._windows(rows, columns)
        w, cell = self.window, self.merge * self.merge
        t = t.reshape(down, across, self.heads, w, w, cell, self.head_size).permute(0, 3, 1, 4, 5, 2, 6)
        t = t.reshape(down * w, across * w, cell * self.heads * self.head_size)[:rows, :columns]
        return t.reshape(rows * columns * cell, self.heads * self.head_size)


class TokenEmbedding(nn.Module):
    def __init__(self, embedding: nn.Module) -> None:
        super().__init__()
        self.embedding = embedding

    def forward(self, input_ids: Tensor) -> Tensor:
        return self.embedding(input_ids)


class Decoder(nn.Module):
    """The language model on embeddings, with M-RoPE and a cache that is concatenated, in plain ONNX operators."""

    def __init__(self, model: Qwen2_5_VLForConditionalGeneration) -> None:
        super().__init__()
        self.text = model.model.language_model
        self.lm_head = model.lm_head
        config = model.config.text_config
        self.heads = config.num_attention_heads
        self.kv_heads = config.num_key_value_heads
        self.head_size = config.hidden_size // config.num_attention_heads
        self.sections = list(config.rope_parameters["mrope_section"])
        # No buffer, for the reason given in VisionEncoder.
        self.inverse_frequencies = self.text.rotary_emb.inv_freq.detach().clone()

    def forward(
        self, inputs_embeds: Tensor, attention_mask: Tensor, position_ids: Tensor, past: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        batch, tokens, _ = inputs_embeds.shape
        total = attention_mask.shape[1]
        cos, sin = (t.to(inputs_embeds.dtype) for t in self._rotary(position_ids))
        queries = torch.arange(total)[total - tokens :]
        visible = (torch.arange(total)[None] <= queries[:, None])[None, None] & (attention_mask[:, None, None] > 0)
        bias = torch.where(visible, 0.0, masked_value(inputs_embeds.dtype)).to(inputs_embeds.dtype)

        x = inputs_embeds
        present: list[Tensor] = []
        group = self.heads // self.kv_heads
        for index, layer in enumerate(self.text.layers):
            attention = layer.self_attn
            h = layer.input_layernorm(x)
            q = rotate(self._split(attention.q_proj(h), batch, tokens, self.heads), cos, sin)
            k = rotate(self._split(attention.k_proj(h), batch, tokens, self.kv_heads), cos, sin)
            v = self._split(attention.v_proj(h), batch, tokens, self.kv_heads)
            k = torch.cat((past[2 * index], k), 2)
            v = torch.cat((past[2 * index + 1], v), 2)
            present += [k, v]
            # Query heads of one key head are laid along the token axis, so that keys need not be repeated.
            q = q.reshape(batch, self.kv_heads, group * tokens, self.head_size)
            scores = (q @ k.transpose(2, 3) * attention.scaling).reshape(batch, self.heads, tokens, total) + bias
            weights = torch.softmax(scores, -1).reshape(batch, self.kv_heads, group * tokens, total)
            attended = (weights @ v).reshape(batch, self.heads, tokens, self.head_size).transpose(1, 2)
            x = x + attention.o_proj(attended.reshape(batch, tokens, self.heads * self.head_size))
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        return self.lm_head(self.text.norm(x)), present

    def _rotary(self, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        """cos and sin [batch, 1, tokens, head_size]; each section of frequencies follows one of time, row, column."""
        angles = position_ids[..., None].float() * self.inverse_frequencies
        parts = angles.split(self.sections, -1)
        angles = torch.cat([part[axis % 3] for axis, part in enumerate(parts)], -1)
        angles = torch.cat((angles, angles), -1)[:, None]
        return angles.cos(), angles.sin()

    def _split(self, t: Tensor, batch: int, tokens: int, heads: int) -> Tensor:
        return t.reshape(batch, tokens, heads, self.head_size).transpose(1, 2)


def export_vision_encoder(model: Qwen2_5_VLForConditionalGeneration, path: Path, dtype: torch.dtype = torch.float32) -> None:
    config = model.config.vision_config
    features = config.in_channels * config.temporal_patch_size * config.patch_size**2
    torch.onnx.export(
        VisionEncoder(model.model.visual).to(dtype).eval(),
        (torch.zeros(6 * 10, features, dtype=dtype), torch.tensor([[1, 6, 10]])),
        path,
        input_names=["pixel_values", "image_grid_thw"],
        output_names=["image_features"],
        dynamic_shapes=({0: "patches"}, None),
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def export_embed_tokens(model: Qwen2_5_VLForConditionalGeneration, path: Path, dtype: torch.dtype = torch.float32) -> None:
    torch.onnx.export(
        TokenEmbedding(model.model.language_model.embed_tokens).to(dtype).eval(),
        (torch.zeros(2, 5, dtype=torch.long),),
        path,
        input_names=["input_ids"],
        output_names=["inputs_embeds"],
        dynamic_shapes=[{0: "batch_size", 1: "sequence_length"}],
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def export_decoder(
    model: Qwen2_5_VLForConditionalGeneration,
    path: Path,
    dtype: torch.dtype = torch.float32,
    *,
    num_logits_to_keep: bool = True,
) -> None:
    config = model.config.text_config
    head_size = config.hidden_size // config.num_attention_heads
    names = [f"{layer}.{kind}" for layer in range(config.num_hidden_layers) for kind in ("key", "value")]
    batch, past_length, tokens = 2, 3, 5
    past = [torch.zeros(batch, config.num_key_value_heads, past_length, head_size, dtype=dtype) for _ in names]
    torch.onnx.export(
        Decoder(model).to(dtype).eval(),
        (
            torch.zeros(batch, tokens, config.hidden_size, dtype=dtype),
            torch.ones(batch, past_length + tokens, dtype=torch.long),
            torch.arange(past_length, past_length + tokens).expand(3, batch, tokens).contiguous(),
            past,
        ),
        path,
        input_names=["inputs_embeds", "attention_mask", "position_ids", *(f"past_key_values.{n}" for n in names)],
        output_names=["logits", *(f"present.{n}" for n in names)],
        dynamic_shapes={
            "inputs_embeds": {0: "batch_size", 1: "sequence_length"},
            "attention_mask": {0: "batch_size", 1: "total_sequence_length"},
            "position_ids": {1: "batch_size", 2: "sequence_length"},
            "past": [{0: "batch_size", 2: "past_sequence_length"}] * len(names),
        },
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    if num_logits_to_keep:
        graph = onnx.load(path)
        keep_last_logits(graph)
        onnx.checker.check_model(graph)
        onnx.save(graph, path)


def keep_last_logits(model: onnx.ModelProto) -> None:
    """Add the scalar input `num_logits_to_keep`: only so many last positions reach the vocabulary projection."""
    graph = model.graph
    projection = next(node for node in graph.node if "logits" in node.output)
    graph.input.append(helper.make_tensor_value_info("num_logits_to_keep", TensorProto.INT64, []))
    constants = {"keep_shape": [1], "keep_end": [2**63 - 1], "keep_axis": [1]}
    for name, value in constants.items():
        graph.initializer.append(numpy_helper.from_array(np.array(value, np.int64), name))
    nodes = [
        helper.make_node("Neg", ["num_logits_to_keep"], ["keep_negative"]),
        helper.make_node("Reshape", ["keep_negative", "keep_shape"], ["keep_start"]),
        helper.make_node("Slice", [projection.input[0], "keep_start", "keep_end", "keep_axis"], ["kept_hidden"]),
    ]
    at = list(graph.node).index(projection)
    projection.input[0] = "kept_hidden"
    for offset, node in enumerate(nodes):
        graph.node.insert(at + offset, node)
    logits = next(output for output in graph.output if output.name == "logits")
    logits.type.tensor_type.shape.dim[1].dim_param = "num_logits"


def to_int4(source: Path, target: Path, *, block_size: int = 32, int8_activations: bool = True) -> None:
    """Weights of matrix products in 4 bits (MatMulNBits), everything else as it was.

    With `int8_activations` the CPU kernel rounds activations to 8 bits, which is several times faster.
    """
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    accuracy_level = 4 if int8_activations else 1
    quantizer = MatMulNBitsQuantizer(onnx.load(source), bits=4, block_size=block_size, is_symmetric=True, accuracy_level=accuracy_level)
    quantizer.process()
    onnx.save(quantizer.model.model, target)


def to_int8(source: Path, target: Path) -> None:
    """Weights of matrix products in 8 bits, activations quantised at run time."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, weight_type=QuantType.QUInt8, op_types_to_quantize=["MatMul"])


CONVERSIONS = {"q4": to_int4, "int8": to_int8}


def use_external_data(path: Path) -> None:
    """Move the weights of a model to `<model>.onnx_data`, as files above 2 GB need."""
    data = path.with_name(f"{path.name}_data")
    data.unlink(missing_ok=True)
    onnx.save(onnx.load(path), path, save_as_external_data=True, location=data.name, size_threshold=1024)


def export_lvlm(
    model: Qwen2_5_VLForConditionalGeneration,
    out: Path,
    precisions: Iterable[str] = ("fp32",),
    *,
    external_data: bool = False,
) -> list[Path]:
    """Write `out/onnx/*.onnx` in every precision asked for; precisions but fp32 are named by a suffix (`_fp16`).

    In fp16 the inputs, outputs and caches are in half precision too, and the model itself is left in it.
    """
    wanted = list(precisions)
    unknown = sorted(set(wanted) - set(PRECISIONS))
    if unknown:
        raise ValueError(f"unknown precision {unknown[0]!r}, expected one of {', '.join(PRECISIONS)}")
    folder = out / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    exporters = {
        "vision_encoder": export_vision_encoder,
        "embed_tokens": export_embed_tokens,
        "decoder_model_merged": export_decoder,
    }
    written: list[Path] = []
    quantised = [precision for precision in wanted if precision in CONVERSIONS]
    model = model.float().eval()
    with torch.no_grad():
        for name, exporter in exporters.items():
            path = folder / f"{name}.onnx"
            if quantised or "fp32" in wanted:
                exporter(model, path)
            for precision in quantised:
                written.append(folder / f"{name}_{precision}.onnx")
                CONVERSIONS[precision](path, written[-1])
            if "fp32" in wanted:
                written.append(path)
            else:
                path.unlink(missing_ok=True)
        if "fp16" in wanted:
            for name, exporter in exporters.items():
                written.append(folder / f"{name}_fp16.onnx")
                exporter(model, written[-1], torch.float16)
    if external_data:
        for path in written:
            use_external_data(path)
    return written


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="export-lvlm", description="Export a Qwen2.5-VL checkpoint to ONNX.")
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder in the Hugging Face layout")
    parser.add_argument("--out", type=Path, required=True, help="folder to write: config, tokenizer, onnx/")
    parser.add_argument("--precision", nargs="+", default=["fp32"], choices=PRECISIONS)
    parser.add_argument("--external-data", action="store_true", help="weights beside the model, in <model>.onnx_data")
    arguments = parser.parse_args(argv)
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(arguments.checkpoint, dtype=torch.float32)
    written = export_lvlm(model, arguments.out, arguments.precision, external_data=arguments.external_data)
    for name in SIDE_FILES:
        source = arguments.checkpoint / name
        if source.exists():
            shutil.copyfile(source, arguments.out / name)
    for path in written:
        print(path)
    return 0
