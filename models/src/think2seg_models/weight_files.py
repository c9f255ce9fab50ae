"""Weights and training states: where and how precisely they are computed, as files that are whole or not there."""

from pathlib import Path

import torch
from torch import nn


def on_cpu(model: nn.Module) -> dict[str, torch.Tensor]:
    """The state of a model wherever it is trained, as a CPU loads it."""
    return {name: value.cpu() for name, value in model.state_dict().items()}


def computes_half(device: str | torch.device) -> bool:
    """Whether bfloat16 is fast: on processors without AVX-512 it is imitated, thirty times slower than float32."""
    return torch.device(device).type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def save_whole(path: Path, value: object) -> None:
    part = path.with_suffix(".part")
    torch.save(value, part)
    part.replace(path)
