"""Weights and training states: where and how precisely they are computed, as files that are whole or not there."""

import io
from pathlib import Path

import torch
from torch import nn

from .errors import writing


def on_cpu(model: nn.Module) -> dict[str, torch.Tensor]:
    """The state of a model wherever it is trained, as a CPU loads it."""
    return {name: value.cpu() for name, value in model.state_dict().items()}


def computes_half(device: str | torch.device) -> bool:
    """Whether bfloat16 is fast: on processors without AVX-512 it is imitated, thirty times slower than float32."""
    return torch.device(device).type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def save_whole(path: Path, value: object) -> None:
    """Raises OUTPUT_FULL and OUTPUT_NOT_WRITABLE; what was there before is then still there."""
    # PyTorch's own writing hides what the disk says, and keeps a file open that it could not finish.
    written = io.BytesIO()
    torch.save(value, written)
    part = path.with_suffix(path.suffix + ".part")
    with writing(path.parent):
        try:
            part.write_bytes(written.getbuffer())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
