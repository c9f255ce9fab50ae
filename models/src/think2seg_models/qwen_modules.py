"""Qwen2.5-VL in modules that export to ONNX: the vision tower, the embedding, and the decoder with its cache."""

import warnings

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoModelForImageTextToText, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration


def without_weights(config: Qwen2_5_VLConfig, dtype: torch.dtype = torch.float32) -> Qwen2_5_VLForConditionalGeneration:
    """The model with tensors that have a shape and no memory."""
    with FakeTensorMode(allow_non_fake_inputs=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return AutoModelForImageTextToText.from_config(config, dtype=dtype).eval()


def masked_value(dtype: torch.dtype) -> float:
    """Large enough to vanish in a softmax, small enough to survive the sum with a score."""
    return torch.finfo(dtype).min / 4


def rotary_frequencies(size: int, base: float) -> Tensor:
    """Frequencies [size / 2] in radians a position. No buffer of a module, so that they stay in single precision when it does not:
    a position times a frequency loses whole radians in half precision."""
    return 1.0 / base ** (torch.arange(0, size, 2).float() / size)


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
        self.inverse_frequencies = rotary_frequencies(self.head_size // 2, 10_000.0)

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
        self.inverse_frequencies = rotary_frequencies(self.head_size, config.rope_parameters["rope_theta"])

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
