"""Weights and training states as files that are whole or not there."""

from pathlib import Path

import torch
from torch import nn


def on_cpu(model: nn.Module) -> dict[str, torch.Tensor]:
    """The state of a model wherever it is trained, as a CPU loads it."""
    return {name: value.cpu() for name, value in model.state_dict().items()}


def save_whole(path: Path, value: object) -> None:
    part = path.with_suffix(".part")
    torch.save(value, part)
    part.replace(path)
