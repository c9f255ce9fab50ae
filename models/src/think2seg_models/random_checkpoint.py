"""Checkpoints with random weights and the shape of published ones: they prove exports without a download.

A Qwen2.5-VL is written shard by shard; a SAM 2.1 is a folder in the Hugging Face layout.

python -m think2seg_models.random_checkpoint --size 3B --out FOLDER
python -m think2seg_models.random_checkpoint --size sam2.1-small --out FOLDER

The sizes `toy` and `sam2.1-toy` are not published ones: they export in seconds.
"""

import argparse
import json
from collections.abc import Sequence
from math import prod
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen2_5_VLConfig

from .checkpoint import ARCHITECTURE, INDEX
from .pack_files import write_json
from .qwen_modules import without_weights
from .sam_checkpoint import SHAPES
from .sam_checkpoint import published_config as published_sam
from .tiny_qwen import SPECIAL_TOKENS, make_tokenizer, preprocessor_config, write_checkpoint
from .tiny_sam import random_model, tiny_config

SHARD_BYTES = 2_000_000_000
TEXT = {
    "3B": {"hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36, "num_attention_heads": 16, "vocab_size": 151936},
    "7B": {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "vocab_size": 152064},
}
KEY_VALUE_HEADS = {"3B": 2, "7B": 4}
SAM = "sam2.1-"
TOY = "toy"


def published_config(
    size: str, tokenizer: PreTrainedTokenizerFast, layers: int | None = None, vocabulary: int | None = None
) -> Qwen2_5_VLConfig:
    """The configuration of Qwen2.5-VL-3B or -7B, with the special tokens of `tokenizer`; `layers` of the decoder if not all."""
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL_TOKENS}
    text = TEXT[size] | {
        "num_key_value_heads": KEY_VALUE_HEADS[size],
        "max_position_embeddings": 128_000,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": size == "3B",
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
        "bos_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|im_end|>"],
        "use_sliding_window": False,
    }
    if layers is not None:
        text["num_hidden_layers"] = layers
    if vocabulary is not None:
        text["vocab_size"] = vocabulary
    vision = {
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": text["hidden_size"],
        "window_size": 112,
        "fullatt_block_indexes": [7, 15, 23, 31],
        "tokens_per_second": 2,
    }
    return Qwen2_5_VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=size == "3B",
        architectures=[ARCHITECTURE],
    )


def write_random_checkpoint(folder: Path, config: Qwen2_5_VLConfig, tokenizer: PreTrainedTokenizerFast, seed: int = 0) -> None:
    """Weights in bfloat16 under the names of the published checkpoints, in shards of at most SHARD_BYTES."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    shapes = {}
    for name, parameter in without_weights(config).named_parameters():
        shapes[name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")] = tuple(parameter.shape)
    groups: list[list[str]] = [[]]
    size = 0
    for name, shape in shapes.items():
        if size + 2 * prod(shape) > SHARD_BYTES and groups[-1]:
            groups.append([])
            size = 0
        groups[-1].append(name)
        size += 2 * prod(shape)
    index = {}
    for number, names in enumerate(groups, 1):
        shard = f"model-{number:05}-of-{len(groups):05}.safetensors"
        save_file({name: _random(shapes[name], name, generator) for name in names}, folder / shard, {"format": "pt"})
        index |= dict.fromkeys(names, shard)
    write_json(folder / INDEX, {"metadata": {"total_size": 2 * sum(map(prod, shapes.values()))}, "weight_map": index})
    config.save_pretrained(folder)
    GenerationConfig(eos_token_id=[config.text_config.eos_token_id], do_sample=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor_config(), indent=1))


def _random(shape: tuple[int, ...], name: str, generator: torch.Generator) -> torch.Tensor:
    """Matrices that keep the size of what passes through them, biases near zero, gains near one."""
    values = torch.empty(shape, dtype=torch.bfloat16)
    if len(shape) > 1:
        return values.normal_(0, 0.02 if "embed_tokens" in name else (1 / prod(shape[1:])) ** 0.5, generator=generator)
    return values.normal_(0 if name.endswith("bias") else 1, 0.05, generator=generator)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="random-checkpoint", description=__doc__.split("\n")[0])
    parser.add_argument("--size", choices=[*TEXT, TOY, *(SAM + size for size in (*SHAPES, TOY))], required=True)
    parser.add_argument("--layers", type=int, help="decoder layers of a Qwen2.5-VL, if not all")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    if options.size.startswith(SAM):
        size = options.size.removeprefix(SAM)
        random_model(tiny_config() if size == TOY else published_sam(size)).save_pretrained(options.out)
        return 0
    if options.size == TOY:
        write_checkpoint(options.out)
        return 0
    tokenizer = make_tokenizer()
    write_random_checkpoint(options.out, published_config(options.size, tokenizer, options.layers), tokenizer)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
