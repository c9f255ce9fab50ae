"""A Qwen2.5-VL checkpoint folder, read a piece at a time.

Nothing but the pieces asked for is in memory: a shard is opened for one piece and closed again, because pages of a mapped file
count as memory of the process for as long as it is mapped.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from transformers import Qwen2_5_VLConfig

from .errors import ToolError
from .file_state import state_of
from .qwen_modules import without_weights

ARCHITECTURE = "Qwen2_5_VLForConditionalGeneration"
INDEX, SINGLE = "model.safetensors.index.json", "model.safetensors"
# Names that versions of transformers have given the same part, newest first.
PREFIXES = {
    "visual.": ("model.visual.", "visual."),
    "text.": ("model.language_model.", "model.", "language_model.model."),
    "lm_head.": ("lm_head.", "language_model.lm_head."),
}


def read_json(path: Path) -> dict:
    """A JSON object. Raises CHECKPOINT_INCOMPLETE when the file is missing, INPUT_CORRUPT when it is not one."""
    if not path.is_file():
        raise ToolError("CHECKPOINT_INCOMPLETE", f"{path} is missing, expected every file of the checkpoint; get it completely")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ToolError("INPUT_CORRUPT", f"{path} is no JSON ({error}); get the checkpoint again") from error
    if not isinstance(value, dict):
        raise ToolError("INPUT_CORRUPT", f"{path} is no JSON object; get the checkpoint again")
    return value


def architecture_of(config: dict) -> str:
    """What `config.json` calls itself, for messages."""
    named = config.get("architectures")
    return str(named[0] if isinstance(named, list) and named else config.get("model_type", "none"))


def shards_of(folder: Path) -> list[Path]:
    """The shards that the index names. Raises INPUT_CORRUPT when it names none."""
    files = read_json(folder / INDEX).get("weight_map")
    if not isinstance(files, dict) or not all(isinstance(file, str) for file in files.values()):
        raise ToolError("INPUT_CORRUPT", f"{folder / INDEX} has no weight_map of tensors to files; get this file again")
    return [folder / file for file in sorted(set(files.values()))]


def read_config(folder: Path) -> Qwen2_5_VLConfig:
    """Raises CHECKPOINT_UNSUPPORTED for another architecture or a variant that the export does not know, INPUT_CORRUPT for a value of
    a wrong type."""
    if not folder.is_dir():
        raise ToolError("INPUT_NOT_FOUND", f"{folder} is no folder, expected a checkpoint in the Hugging Face layout; check the path")
    raw = read_json(folder / "config.json")
    if raw.get("model_type") != "qwen2_5_vl":
        raise ToolError(
            "CHECKPOINT_UNSUPPORTED",
            f"{folder} is a {architecture_of(raw)}, expected a {ARCHITECTURE}; no other architecture can be exported",
        )
    try:
        config = Qwen2_5_VLConfig.from_pretrained(folder)
    except StrictDataclassError as error:
        raise ToolError("INPUT_CORRUPT", f"{folder}/config.json: {' '.join(str(error).split())}; get the file again") from error
    text = config.text_config
    rope = text.rope_parameters
    if rope.get("rope_type", "default") not in ("default", "mrope") or "mrope_section" not in rope:
        raise ToolError("CHECKPOINT_UNSUPPORTED", f"{folder} turns positions by {rope}, expected plain M-RoPE; use another one")
    if text.use_sliding_window:
        raise ToolError("CHECKPOINT_UNSUPPORTED", f"{folder} has a sliding window, expected full attention; use another one")
    return config


@dataclass(frozen=True)
class Place:
    """Where a tensor lies: shard, its name there, its shape."""

    shard: Path
    name: str
    shape: tuple[int, ...]


class Checkpoint:
    """Tensors by the names of the exported modules: `visual.`, `text.` and `lm_head.` and what follows in the checkpoint.

    Raises ToolError: INPUT_NOT_FOUND, CHECKPOINT_UNSUPPORTED, CHECKPOINT_INCOMPLETE (a shard or an index is missing),
    INPUT_CORRUPT (a shard is cut off).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = read_config(folder)
        self._places: dict[str, Place] = {}
        for shard in self._shards():
            try:
                with safe_open(shard, "pt") as tensors:
                    for name in tensors.keys():
                        self._places[name] = Place(shard, name, tuple(tensors.get_slice(name).get_shape()))
            except (SafetensorError, OSError) as error:
                raise ToolError("INPUT_CORRUPT", f"{shard} cannot be read ({error}); get this file again") from error

    def _shards(self) -> list[Path]:
        if (self.folder / INDEX).is_file():
            shards = shards_of(self.folder)
        elif (self.folder / SINGLE).is_file():
            return [self.folder / SINGLE]
        else:
            raise ToolError("CHECKPOINT_INCOMPLETE", f"{self.folder} has neither {SINGLE} nor {INDEX}; get its safetensors")
        missing = [shard.name for shard in shards if not shard.is_file()]
        if missing:
            raise ToolError(
                "CHECKPOINT_INCOMPLETE", f"{self.folder} lacks {', '.join(missing)} of {len(shards)} shards; get the missing files"
            )
        return shards

    def place(self, name: str, shape: tuple[int, ...]) -> Place:
        """Finds a tensor. Raises CHECKPOINT_INCOMPLETE when it is missing, CHECKPOINT_MISMATCH when `config.json` says another shape."""
        prefix = next(known for known in PREFIXES if name.startswith(known))
        found = [self._places.get(other + name.removeprefix(prefix)) for other in PREFIXES[prefix]]
        place = next((candidate for candidate in found if candidate is not None), None)
        if place is None:
            raise ToolError("CHECKPOINT_INCOMPLETE", f"{self.folder} has no tensor {name}; get the checkpoint completely")
        if place.shape != shape:
            raise ToolError(
                "CHECKPOINT_MISMATCH",
                f"{place.shard.name}: {place.name} is {list(place.shape)}, config.json says {list(shape)}; "
                "use the config.json and weights of one checkpoint",
            )
        return place

    def places(self) -> dict[str, Place]:
        """Every tensor that `config.json` promises, the tied output matrix left out. Raises as `place`."""
        model = without_weights(self.config)
        places = {}
        for name, parameter in model.named_parameters():
            known = name.replace("model.visual.", "visual.").replace("model.language_model.", "text.")
            places[known] = self.place(known, tuple(parameter.shape))
        return places


def fingerprint(folder: Path) -> str:
    """Changes with any file of a checkpoint."""
    return state_of(sorted(path for path in folder.iterdir() if path.suffix in (".json", ".jinja", ".safetensors")))


def read_rows(place: Place, start: int, stop: int) -> torch.Tensor:
    """Rows of a tensor in single precision; scalars and vectors in the same way along their only axis."""
    with safe_open(place.shard, "pt") as tensors:
        return tensors.get_slice(place.name)[start:stop].float()


def read_columns(place: Place, start: int, stop: int) -> torch.Tensor:
    """Columns of a matrix in single precision: [rows, stop - start]."""
    with safe_open(place.shard, "pt") as tensors:
        return tensors.get_slice(place.name)[:, start:stop].float()
