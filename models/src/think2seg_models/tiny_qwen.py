"""Build a tiny random Qwen2.5-VL, export it, and write what Hugging Face and ONNX Runtime make of it.

The architecture is the real one: windowed vision attention with a full-attention block, M-RoPE, grouped query heads,
tied embeddings, byte-level BPE. Tests of the application compare themselves with `reference.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from PIL import Image
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from think2seg_models.export_lvlm import export_lvlm
from think2seg_models.pack_files import PRECISIONS

SPECIAL_TOKENS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
# How Qwen2 cuts text before byte pairs are merged.
PRE_TOKENIZER_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system\n"
    "You are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CORPUS = [
    "How many planes are in the image? Describe the harbor and the ships along the quay.",
    "Which open area could take an emergency helicopter landing? The largest building in the north.",
    '<think>Two bright round roofs sit beside a rail spur.</think>\n<answer>```json\n[{"bbox_2d": [12, 34, 56, 78], '
    '"positive_points": [[20, 40], [30, 50]]}]\n```</answer>',
    "遥感图像中的建筑物、道路和水体在哪里？请指出最大的停车场。",
]
# Width, height (multiples of 28, square and not, some no multiple of a window) and what is asked.
CASES = [
    (84, 84, "How many planes are in the image?"),
    (280, 168, "Which open area could take an emergency helicopter landing?\nAnswer with <answer>."),
    (448, 560, "遥感图像中的建筑物在哪里？"),
]
NEW_TOKENS = 32


def make_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE(byte_fallback=False))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRE_TOKENIZER_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=[], show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS * 20, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL_TOKENS,
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def make_model(tokenizer: PreTrainedTokenizerFast, seed: int = 0) -> Qwen2_5_VLForConditionalGeneration:
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL_TOKENS}
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": (len(tokenizer) + 127) // 128 * 128,
            "hidden_size": 128,
            "intermediate_size": 256,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 4096,
            "tie_word_embeddings": True,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [4, 6, 6]},
            "bos_token_id": ids["<|endoftext|>"],
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
            "use_sliding_window": False,
        },
        vision_config={
            "depth": 3,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 4,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "out_hidden_size": 128,
            "window_size": 112,
            "fullatt_block_indexes": [2],
            "tokens_per_second": 2,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )
    torch.manual_seed(seed)
    model = Qwen2_5_VLForConditionalGeneration(config).eval()
    with torch.no_grad():
        # Larger than a usual initialisation: logits must differ clearly, so that equal tokens mean equal mathematics.
        for name, parameter in model.named_parameters():
            if parameter.ndim >= 2:
                scale = 0.2 if "embed_tokens" in name else 1.6 / parameter[0].numel() ** 0.5
                parameter.normal_(0, scale)
            elif name.endswith("bias"):
                parameter.normal_(0, 0.1)
            else:
                parameter.copy_(1 + 0.1 * torch.randn_like(parameter))
    model.generation_config = GenerationConfig(
        eos_token_id=[ids["<|im_end|>"], ids["<|endoftext|>"]], pad_token_id=ids["<|endoftext|>"], do_sample=False
    )
    return model


def preprocessor_config() -> dict[str, object]:
    return {
        "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": "Qwen2_5_VLProcessor",
        "min_pixels": 3136,
        "max_pixels": 12845056,
        "patch_size": 14,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "do_resize": True,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "do_convert_rgb": True,
        "resample": 3,
    }


def test_image(width: int, height: int, seed: int) -> np.ndarray:
    """uint8 [height, width, 3]: coloured blocks with noise."""
    random = np.random.default_rng(seed)
    blocks = random.integers(0, 256, (height // 28, width // 28, 3), dtype=np.uint8)
    image = np.kron(blocks, np.ones((28, 28, 1), np.uint8)).astype(np.int16)
    image += random.integers(-20, 21, image.shape, dtype=np.int16)
    return image.clip(0, 255).astype(np.uint8)


def onnx_greedy(
    folder: Path,
    suffix: str,
    model: Qwen2_5_VLForConditionalGeneration,
    ids: list[int],
    pixels: np.ndarray,
    grid: np.ndarray,
    positions: np.ndarray,
) -> list[int]:
    """Greedy tokens of the exported files, run by ONNX Runtime in Python: the oracle for reduced precisions.

    End tokens end it and are left out.
    """

    def load(name: str) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(folder / f"{name}{suffix}.onnx", options, providers=["CPUExecutionProvider"])

    vision, embed, decoder = load("vision_encoder"), load("embed_tokens"), load("decoder_model_merged")
    real = np.float16 if "float16" in decoder.get_inputs()[0].type else np.float32
    features = vision.run(None, {"pixel_values": pixels.astype(real), "image_grid_thw": grid})[0]
    embeds = embed.run(None, {"input_ids": np.array([ids], np.int64)})[0].copy()
    embeds[0, np.array(ids) == model.config.image_token_id] = features
    caches = {
        value.name: np.zeros((1, value.shape[1], 0, value.shape[3]), real)
        for value in decoder.get_inputs()
        if value.name.startswith("past_key_values.")
    }
    names = [output.name for output in decoder.get_outputs()]
    tokens: list[int] = []
    total = len(ids)
    next_position = int(positions.max()) + 1
    while True:
        feeds = {
            "inputs_embeds": embeds,
            "attention_mask": np.ones((1, total), np.int64),
            "position_ids": positions,
            "num_logits_to_keep": np.array(1, np.int64),
        }
        outputs = dict(zip(names, decoder.run(names, feeds | caches), strict=True))
        token = int(outputs["logits"][0, -1].astype(np.float32).argmax())
        if token in model.generation_config.eos_token_id:
            return tokens
        tokens.append(token)
        if len(tokens) == NEW_TOKENS:
            return tokens
        caches = {name: outputs[name.replace("past_key_values", "present")] for name in caches}
        embeds = embed.run(None, {"input_ids": np.array([[tokens[-1]]], np.int64)})[0]
        positions = np.full((3, 1, 1), next_position, np.int64)
        next_position += 1
        total += 1


@torch.no_grad()
def reference_case(
    model: Qwen2_5_VLForConditionalGeneration,
    tokenizer: PreTrainedTokenizerFast,
    processor: Qwen2VLImageProcessorPil,
    out: Path,
    index: int,
    suffixes: Sequence[str],
) -> dict[str, object]:
    width, height, question = CASES[index]
    image = test_image(width, height, seed=index)
    (out / f"image_{index}.rgb").write_bytes(image.tobytes())
    processed = processor(images=[Image.fromarray(image)], return_tensors="pt")
    pixels, grid = processed["pixel_values"], processed["image_grid_thw"]
    message = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
    text = tokenizer.apply_chat_template([message], add_generation_prompt=True, tokenize=False)
    count = int(grid.prod()) // 4
    ids = tokenizer(text.replace("<|image_pad|>", "<|image_pad|>" * count), return_tensors="pt").input_ids
    shared = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "pixel_values": pixels,
        "image_grid_thw": grid,
        "mm_token_type_ids": (ids == model.config.image_token_id).int(),
    }
    logits = model(**shared).logits[0, -1]
    positions, delta = model.model.get_rope_index(
        ids, shared["mm_token_type_ids"], image_grid_thw=grid, attention_mask=shared["attention_mask"]
    )
    # Without end tokens: every case then compares the same number of tokens.
    generated = model.generate(**shared, max_new_tokens=NEW_TOKENS, do_sample=False, eos_token_id=-1)
    tokens = generated[0, ids.shape[1] :].tolist()
    ids_list = ids[0].tolist()
    return {
        "image": {"file": f"image_{index}.rgb", "width": width, "height": height},
        "question": question,
        "prompt": text,
        "promptIds": ids_list,
        "grid": grid[0].tolist(),
        "positions": positions[:, 0].tolist(),
        "ropeDelta": int(delta),
        "pixelValuesMean": float(pixels.double().mean()),
        "pixelValuesHead": pixels[:2, :64].double().flatten().tolist(),
        "lastLogits": logits.double().tolist(),
        "tokens": tokens,
        "text": tokenizer.decode(tokens, skip_special_tokens=True),
        "onnxTokens": {
            suffix or "fp32": onnx_greedy(out / "onnx", suffix, model, ids_list, pixels.numpy(), grid.numpy(), positions.numpy())
            for suffix in suffixes
        },
    }


def write_checkpoint(folder: Path) -> Qwen2_5_VLForConditionalGeneration:
    """The tiny model as a folder in the Hugging Face layout."""
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # The class name that real checkpoints carry; readers choose the byte-level rules by it.
    config_path = folder / "tokenizer_config.json"
    config = json.loads(config_path.read_text())
    config["tokenizer_class"] = "Qwen2Tokenizer"
    config_path.write_text(json.dumps(config, indent=1, ensure_ascii=False))
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor_config(), indent=1))
    return model


def without_logits_input(source: Path, target: Path) -> None:
    """The decoder as conversions without `num_logits_to_keep` have it: it always returns the logits of all tokens."""
    model = onnx.load(source)
    inputs = [value for value in model.graph.input if value.name != "num_logits_to_keep"]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.graph.initializer.append(numpy_helper.from_array(np.array(2**31, np.int64), "num_logits_to_keep"))
    onnx.save(model, target)


def build(out: Path) -> None:
    """Write model folder, exports in all precisions, test images and `reference.json`."""
    # Written last, removed first: its presence says that the folder is complete.
    (out / "reference.json").unlink(missing_ok=True)
    with TemporaryDirectory() as checkpoint:
        model = write_checkpoint(Path(checkpoint))
        # Rounded activations turn the last bit of a pixel into another token of a random model: no oracle could hold.
        export_lvlm(Path(checkpoint), out, PRECISIONS, int8_activations=False, overwrite=True)
    without_logits_input(out / "onnx/decoder_model_merged.onnx", out / "onnx/decoder_full_logits.onnx")
    processor = Qwen2VLImageProcessorPil.from_pretrained(out)
    tokenizer = make_tokenizer()
    suffixes = ["", "_fp16", "_q4"]
    cases = [reference_case(model, tokenizer, processor, out, index, suffixes) for index in range(len(CASES))]
    (out / "reference.json").write_text(json.dumps({"schema": 1, "newTokens": NEW_TOKENS, "cases": cases}))


def build_real_shape(out: Path) -> None:
    """Write `out/onnx` for timings: a model of the shape of Qwen2.5-VL-3B with one layer and 16,000 words, in 4 bits."""
    from .random_checkpoint import published_config, write_random_checkpoint

    tokenizer = make_tokenizer()
    with TemporaryDirectory() as checkpoint:
        write_random_checkpoint(Path(checkpoint), published_config("3B", tokenizer, layers=1, vocabulary=16_000), tokenizer)
        export_lvlm(Path(checkpoint), out, ["q4"], overwrite=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tiny-qwen", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--real-shape", action="store_true", help="only a model with the layer shapes of Qwen2.5-VL-3B, for timings")
    arguments = parser.parse_args(argv)
    # Matrices this small only lose by being shared out.
    torch.set_num_threads(1)
    if arguments.real_shape:
        build_real_shape(arguments.out)
    else:
        build(arguments.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
