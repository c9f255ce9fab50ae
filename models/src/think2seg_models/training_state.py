"""What lies beside the weights of a training so that the same command goes on after an interruption."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from .errors import ToolError
from .file_state import files_at, state_of
from .weight_files import on_cpu, save_whole


class TrainingState:
    """`NAME.state` beside the weights `NAME.pt`: networks and optimiser, steps done, seconds spent.

    `settings`, the seed among them, must stay the same on the way; how long the training takes may change. `average` is what the weights
    are taken from.
    """

    def __init__(
        self,
        out: Path,
        settings: Mapping[str, object],
        start: Path | None,
        net: nn.Module,
        average: nn.Module,
        optimiser: torch.optim.Optimizer,
    ) -> None:
        self.out, self.path = out, out.with_suffix(".state")
        self.settings = dict(settings) | {"start": None if start is None else state_of(files_at(start))}
        self.parts = {"net": net, "average": average, "optimiser": optimiser}
        self.step, self.samples, self.spent_s = 0, 0, 0.0

    def restore(self, device: str) -> bool:
        """Whether there was a state; what is drawn from here on was then not drawn before. Raises OUTPUT_EXISTS for other settings."""
        if not self.path.exists():
            return False
        state = torch.load(self.path, map_location=device)
        if state.get("settings") != self.settings:
            raise ToolError(
                "OUTPUT_EXISTS",
                f"{self.path} is of a training with {state.get('settings')}, expected {self.settings}; remove it to begin anew, "
                "or choose another --work",
            )
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        self.step, self.samples, self.spent_s = state["step"], state["samples"], state["spent_s"]
        torch.manual_seed(self.settings["seed"] + self.step)
        return True

    def say_finished(self) -> None:
        print(f"{self.out} has been trained for so long already; a longer training goes on, without {self.path} it begins anew")

    def save(self, weights: nn.Module, step: int, samples: int, spent_s: float) -> None:
        """The state, and `weights` as the result so far."""
        self.step, self.samples, self.spent_s = step, samples, spent_s
        counts = {"settings": self.settings, "step": self.step, "samples": self.samples, "spent_s": self.spent_s}
        save_whole(self.path, {name: part.state_dict() for name, part in self.parts.items()} | counts)
        save_whole(self.out, on_cpu(weights))
