"""Files of a pack: which there must be, and their sums."""

import hashlib
import json
import re
from pathlib import Path

import onnx

from .errors import ToolError

MANIFEST = "pack.json"
REQUIRED = {
    "lvlm": ("config.json", "tokenizer.json", "chat_template.jinja", "preprocessor_config.json"),
    "segmenter": ("config.json", "preprocessor_config.json"),
}
SETTINGS = {
    "lvlm": (*REQUIRED["lvlm"], "generation_config.json", "tokenizer_config.json"),
    "segmenter": REQUIRED["segmenter"],
}
PARTS = {
    "lvlm": ("vision_encoder", "embed_tokens", "decoder_model_merged"),
    "segmenter": ("vision_encoder", "prompt_encoder_mask_decoder"),
}
PRECISIONS = ("fp32", "fp16", "int8", "q4")
"""Number formats a model file may have; all but fp32 are a suffix of its name."""


def model_name(part: str, precision: str) -> str:
    return f"{part}.onnx" if precision == "fp32" else f"{part}_{precision}.onnx"


def precisions_in(folder: Path, role: str) -> list[str]:
    """Precisions that every part of the model exists in."""
    return [p for p in PRECISIONS if all((folder / "onnx" / model_name(part, p)).is_file() for part in PARTS[role])]


def external_data_of(model: Path) -> set[str]:
    """Names of the files beside `model` that hold its weights. Raises INPUT_CORRUPT when it is no ONNX model."""
    try:
        graph = onnx.load(model, load_external_data=False).graph
    except Exception as error:  # protobuf's DecodeError has no public base class of its own
        raise ToolError("INPUT_CORRUPT", f"{model} is no readable ONNX model ({error}); export it again") from error
    names = set()
    for tensor in graph.initializer:
        names |= {entry.value for entry in tensor.external_data if entry.key == "location"}
    for name in names:
        if not re.fullmatch(r"[\w.-]+", name):
            raise ToolError("PACK_INVALID", f"{model} keeps weights in {name!r}, expected a file beside it; export it again")
    return names


def files_of(folder: Path, role: str) -> list[str]:
    """Paths below a `lvlm` or `segmenter` folder that belong into a pack: settings, licences, models and their external data.

    Raises INPUT_NOT_FOUND for a missing folder and PACK_INCOMPLETE for a missing file.
    """
    if not folder.is_dir():
        raise ToolError("INPUT_NOT_FOUND", f"{folder} is no folder, expected the exported {role}; make it with export-{role}")
    missing = [name for name in REQUIRED[role] if not (folder / name).is_file()]
    paths = [name for name in SETTINGS[role] if (folder / name).is_file()]
    paths += sorted(path.name for path in folder.iterdir() if path.is_file() and re.match(r"(?i)licen[cs]e|notice", path.name))
    for part in PARTS[role]:
        models = [model_name(part, p) for p in PRECISIONS if (folder / "onnx" / model_name(part, p)).is_file()]
        if not models:
            missing.append(f"onnx/{part}[_fp16|_int8|_q4].onnx")
        for name in models:
            data = sorted(external_data_of(folder / "onnx" / name))
            missing += [f"onnx/{other}" for other in data if not (folder / "onnx" / other).is_file()]
            paths += [f"onnx/{other}" for other in (name, *data)]
    if missing:
        raise ToolError("PACK_INCOMPLETE", f"{folder} lacks {', '.join(missing)}; export the checkpoint again")
    return paths


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def file_entries(pack: Path) -> list[dict[str, object]]:
    """Path, bytes and SHA-256 of every file of a pack but its manifest, in the order of their paths."""
    entries = []
    for path in sorted(p for p in pack.rglob("*") if p.is_file() and p != pack / MANIFEST):
        with path.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        entries.append({"path": path.relative_to(pack).as_posix(), "bytes": path.stat().st_size, "sha256": sha256})
    return entries
