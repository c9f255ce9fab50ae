"""Settings of a training, from a TOML file: those of this package by name (`grpo-3b.toml`), or a file of the user's."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path

from .errors import ToolError
from .rewards import WEIGHTS


@dataclass(frozen=True)
class TrainingConfig:
    """`trainer` goes to TRL's configuration as it is. `weights`: number format of the trained weights, as torch names it. `template`: what
    the model is asked, around `{question}`; without it the user gives one."""

    frame_px: int
    trainer: dict
    weights: str = "float32"
    train_vision: bool = True
    questions_per_image: int = 1
    rewards: tuple[str, ...] = tuple(WEIGHTS)
    template: str | None = None


KEYS = {field.name for field in fields(TrainingConfig)}


def read_config(name: str, changes: Sequence[str] = ()) -> TrainingConfig:
    """`changes` are lines of TOML, such as `learning_rate = 1e-6`: of the file's own keys, or of its `[trainer]`.

    Raises INPUT_NOT_FOUND for no such file, USAGE for what is no TOML or has other keys than TrainingConfig.
    """
    shipped = resources.files(__package__) / "configs"
    path = Path(name) if Path(name).is_file() else shipped / name
    if not path.is_file():
        known = ", ".join(sorted(file.name for file in shipped.iterdir()))
        raise ToolError("INPUT_NOT_FOUND", f"{name} is no file, expected a TOML file or one of {known}; check --config")
    values = _parse(path.read_text(encoding="utf-8"), name)
    for change in changes:
        for key, value in _parse(change, "--set").items():
            (values if key in KEYS else values.setdefault("trainer", {}))[key] = value
    for key in values.keys() - KEYS:
        raise ToolError("USAGE", f"{name} has the key {key}, expected some of {', '.join(sorted(KEYS))}; correct it")
    for key in {"frame_px", "trainer"} - values.keys():
        raise ToolError("USAGE", f"{name} lacks {key}; add it")
    rewards = tuple(values.get("rewards", WEIGHTS))
    if not rewards or not set(rewards) <= WEIGHTS.keys():
        raise ToolError("USAGE", f"{name} has the rewards {', '.join(rewards)}, expected some of {', '.join(WEIGHTS)}; correct it")
    return TrainingConfig(**values | {"rewards": rewards})


def _parse(text: str, name: str) -> dict:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ToolError("USAGE", f"{name} is no TOML ({error}); correct it") from error
