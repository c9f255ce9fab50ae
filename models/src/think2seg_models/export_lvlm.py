"""Export a Qwen2.5-VL checkpoint to three ONNX files in the layout that transformers.js and public conversions use.

    vision_encoder        pixel_values f32 [patches, 3*2*14*14], image_grid_thw i64 [1, 3] -> image_features [patches/4, hidden]
    embed_tokens          input_ids i64 [batch, tokens] -> inputs_embeds [batch, tokens, hidden]
    decoder_model_merged  inputs_embeds, attention_mask i64 [batch, past+tokens], position_ids i64 [3, batch, tokens],
                          past_key_values.N.{key,value} [batch, kv_heads, past, head_size], num_logits_to_keep i64 []
                          -> logits [batch, num_logits, vocabulary], present.N.{key,value}

`num_logits_to_keep` spares the logits of a long prompt, of which only the last row is ever looked at. In fp16 the inputs, outputs
and caches are in half precision too.

The model is never in memory: graphs are traced from the configuration, and weights go from the shards to `<model>.onnx_data` in
pieces. The files grow in a hidden folder beside the target, which appears when all are complete; the same command goes on where an
interrupted one stopped.
"""

import argparse
import shutil
import time
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import torch
from transformers import Qwen2_5_VLConfig

from .checkpoint import Checkpoint, Place, fingerprint, read_json
from .data_file import write_data_file
from .errors import ToolError, require_space, writing
from .lvlm_graphs import PARTS, Graph, trace
from .pack_files import PRECISIONS, model_name, write_json
from .tokenizer_files import check_tokenizer, copy_settings
from .weight_formats import CHUNK_VALUES, StoredWeight
from .weight_graph import QUANTISED, attach_data, store_weights

FORMAT = 1
"""Of the files written; another one makes a half-finished export start anew."""
BYTES_PER_VALUE = {"fp32": 4.0, "fp16": 2.0, "int8": 1.125, "q4": 0.625}
SECONDS_PER_LAYER_TRACED = 1.0
"""Measured on two shared cores."""


def estimate(config: Qwen2_5_VLConfig, places: dict[str, Place], precisions: Sequence[str]) -> tuple[int, float]:
    """Bytes on disk and seconds that the export will take, about. The time is that of one piece converted here, times their number."""
    largest = max((place for place in places.values() if len(place.shape) == 2), key=lambda place: prod(place.shape))
    values = sum(prod(place.shape) for place in places.values())
    if config.tie_word_embeddings:
        values += prod(places["text.embed_tokens.weight"].shape)
    needed_bytes, seconds = 0, 0.0
    for precision in precisions:
        needed_bytes += int(values * BYTES_PER_VALUE[precision])
        dtype = np.dtype(np.float16 if precision == "fp16" else np.float32)
        began = time.perf_counter()
        next(StoredWeight("probe", largest, QUANTISED.get(precision, "plain"), dtype).chunks())
        seconds += (time.perf_counter() - began) * values / min(CHUNK_VALUES, prod(largest.shape))
    traces = len({precision == "fp16" for precision in precisions})
    seconds += traces * SECONDS_PER_LAYER_TRACED * (config.text_config.num_hidden_layers + config.vision_config.depth)
    return needed_bytes, seconds


def export_lvlm(
    source: Path,
    out: Path,
    precisions: Sequence[str] = ("fp32",),
    *,
    int8_activations: bool = True,
    overwrite: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Write the folder `out`: settings of the checkpoint `source` and `onnx/` in every precision asked for.

    Raises ToolError: those of `Checkpoint`, `Checkpoint.place` and `check_tokenizer` before anything is written; OUTPUT_EXISTS
    without `overwrite`, OUTPUT_FULL, OUTPUT_NOT_WRITABLE.
    """
    unknown = sorted(set(precisions) - set(PRECISIONS))
    if unknown:
        raise ToolError("USAGE", f"unknown precision {unknown[0]!r}, expected some of {', '.join(PRECISIONS)}")
    checkpoint = Checkpoint(source)
    places = checkpoint.places()
    check_tokenizer(source)
    if out.exists() and not overwrite:
        raise ToolError("OUTPUT_EXISTS", f"{out} exists; choose another folder or say --overwrite")
    needed_bytes, seconds = estimate(checkpoint.config, places, precisions)
    with writing(out):
        staging, there_bytes = open_staging(checkpoint, out, precisions, int8_activations)
        say(f"about {needed_bytes / 1e9:.2f} GB on disk and {seconds / 60:.1f} minutes; {there_bytes / 1e9:.2f} GB of it are there already")
        require_space(out, needed_bytes - there_bytes)
        for part in PARTS:
            export_part(checkpoint, part, precisions, staging / "onnx", int8_activations, say)
        copy_settings(source, staging)
        (staging / "plan.json").unlink()
        if out.exists():
            shutil.rmtree(out)
        staging.rename(out)


def open_staging(checkpoint: Checkpoint, out: Path, precisions: Sequence[str], int8_activations: bool) -> tuple[Path, int]:
    """The hidden folder in which the export grows, and the bytes of an earlier run of the same export in it."""
    staging = out.with_name(f".{out.name}.exporting")
    plan = {
        "format": FORMAT,
        "checkpoint": fingerprint(checkpoint.folder),
        "precisions": list(precisions),
        "int8Activations": int8_activations,
    }
    if not (staging / "plan.json").is_file() or read_json(staging / "plan.json") != plan:
        shutil.rmtree(staging, ignore_errors=True)
        (staging / "onnx").mkdir(parents=True)
        write_json(staging / "plan.json", plan)
    return staging, sum(path.stat().st_size for path in staging.rglob("*") if path.is_file())


def export_part(
    checkpoint: Checkpoint, part: str, precisions: Sequence[str], folder: Path, int8_activations: bool, say: Callable[[str], None]
) -> None:
    """One part of the model in every precision that `folder` has not got yet."""
    graphs: dict[torch.dtype, Graph] = {}
    for precision in precisions:
        path = folder / model_name(part, precision)
        if path.exists():
            say(f"{path.name} is there")
            continue
        dtype = torch.float16 if precision == "fp16" else torch.float32
        if dtype not in graphs:
            graphs[dtype] = trace(part, checkpoint.config, dtype)
        graph = graphs[dtype].copy()
        stored = store_weights(graph, checkpoint, precision, int8_activations=int8_activations)
        data_file = path.with_name(f"{path.name}_data")
        progress = Progress(path.name, stored, say)
        extents = write_data_file(data_file, stored, progress.one_more)
        attach_data(graph.model, stored, extents, data_file)
        # The model comes last: its presence says that its weights are complete.
        unfinished = path.with_name(f".{path.name}")
        ir.save(graph.model, unfinished)
        onnx.checker.check_model(unfinished)
        unfinished.rename(path)
        data_file.with_name(f"{data_file.name}.done").unlink()


class Progress:
    """Says every tenth part of a model's weights."""

    def __init__(self, name: str, weights: Sequence[StoredWeight], say: Callable[[str], None]) -> None:
        self.name, self.say = name, say
        self.total = sum(tensor.nbytes for weight in weights for tensor in weight.tensors)
        self.bytes = 0
        self.tenths = 0

    def one_more(self, weight: StoredWeight) -> None:
        self.bytes += sum(tensor.nbytes for tensor in weight.tensors)
        tenths = self.bytes * 10 // self.total
        if tenths > self.tenths:
            self.tenths = tenths
            self.say(f"{self.name}: {tenths * 10} % of {self.total / 1e6:.0f} MB")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m think2seg_models export-lvlm", description="Export a Qwen2.5-VL checkpoint to ONNX.")
    parser.add_argument("checkpoint", type=Path, help="folder in the Hugging Face layout, with safetensors")
    parser.add_argument("--out", type=Path, required=True, help="folder to write (the lvlm folder of a pack)")
    names = {"int4": "q4", **{name: name for name in PRECISIONS if name != "q4"}}
    parser.add_argument("--precision", nargs="+", default=["int4"], choices=names, help="number formats of the weights (default int4)")
    parser.add_argument("--overwrite", action="store_true")
    options = parser.parse_args(argv)
    began = time.monotonic()
    precisions = [names[name] for name in options.precision]
    export_lvlm(options.checkpoint, options.out, precisions, overwrite=options.overwrite, say=lambda line: print(line, flush=True))
    total = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{options.out}: {total / 1e9:.2f} GB in {(time.monotonic() - began) / 60:.1f} minutes")
    return 0
