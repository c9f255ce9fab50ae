"""Averages of weights. Those of a fine-tuning and of its start, averaged, often read unmet wordings as well and forget less."""

from pathlib import Path

import torch

from .errors import ToolError
from .weight_files import save_whole


def mix_weights(first: Path, second: Path, share: float, out: Path) -> None:
    """Writes (1 - share) * first + share * second. Raises CHECKPOINT_MISMATCH unless names and shapes are the same."""
    one, other = torch.load(first), torch.load(second)
    shapes = [{name: tuple(weight.shape) for name, weight in weights.items()} for weights in (one, other)]
    if shapes[0] != shapes[1]:
        differing = sorted(name for name, _ in shapes[0].items() ^ shapes[1].items())
        raise ToolError("CHECKPOINT_MISMATCH", f"{second}: got {differing[0]} unlike {first}, expected weights of one model")
    save_whole(out, {name: torch.lerp(weight, other[name], share) for name, weight in one.items()})
