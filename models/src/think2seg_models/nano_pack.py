"""Assembles the embedded pack: configuration, tokenizer, ONNX files, model card, sums."""

import hashlib
import json
from pathlib import Path

import torch

from .detector import Detector
from .nano_export import CLIP_MEAN, CLIP_STD, MERGE, PATCH, TEMPORAL, export_lvlm, export_segmenter
from .nano_segmenter import INPUT_PX, MASK_PX, MEAN, STD, CropNet
from .prompter import Prompter, Shape
from .questions import CONCEPT_KEYS
from .vocabulary import FRAME_PX, SPECIALS, Vocabulary, build_tokenizer

VERSION = "0.5.2"
TITLE = "Nano: 21 kinds of place from aerial scenes, trained on procedural images"
MAX_POSITIONS = 2048

CHAT_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% if message.content is string -%}
{{ message.content }}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' -%}
<|vision_start|><|image_pad|><|vision_end|>
{%- elif part.type == 'text' -%}
{{ part.text }}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% endif -%}
"""


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def lvlm_config(shape: Shape, vocabulary_size: int) -> dict:
    """A Qwen2.5-VL configuration; only the text part has the shape of a Hugging Face module, the tower is our own."""
    special = SPECIALS.index
    ids = {
        "bos_token_id": special("<|endoftext|>"),
        "eos_token_id": special("<|im_end|>"),
        "pad_token_id": special("<|endoftext|>"),
    }
    return {
        "architectures": ["Qwen2_5_VLForConditionalGeneration"],
        "model_type": "qwen2_5_vl",
        "image_token_id": special("<|image_pad|>"),
        "video_token_id": special("<|video_pad|>"),
        "vision_start_token_id": special("<|vision_start|>"),
        "vision_end_token_id": special("<|vision_end|>"),
        "tie_word_embeddings": True,
        **ids,
        "text_config": {
            "model_type": "qwen2_5_vl_text",
            "vocab_size": vocabulary_size,
            "hidden_size": shape.hidden,
            "intermediate_size": shape.feed_forward,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.heads,
            "max_position_embeddings": MAX_POSITIONS,
            "hidden_act": "silu",
            "rms_norm_eps": shape.norm_epsilon,
            "rope_parameters": {"rope_type": "default", "mrope_section": list(shape.mrope_section), "rope_theta": shape.rope_theta},
            "tie_word_embeddings": True,
            "use_sliding_window": False,
            "dtype": "float32",
            **ids,
        },
        "vision_config": {
            "model_type": "qwen2_5_vl_vision",
            "patch_size": PATCH,
            "spatial_patch_size": PATCH,
            "spatial_merge_size": MERGE,
            "temporal_patch_size": TEMPORAL,
            "in_channels": 3,
            "out_hidden_size": shape.hidden,
            "tokens_per_second": 2,
        },
    }


def write_lvlm_settings(folder: Path, vocabulary: Vocabulary, shape: Shape) -> None:
    write_json(folder / "config.json", lvlm_config(shape, len(vocabulary.tokens)))
    ends = [SPECIALS.index("<|im_end|>"), SPECIALS.index("<|endoftext|>")]
    write_json(
        folder / "generation_config.json", {"do_sample": False, "eos_token_id": ends, "pad_token_id": SPECIALS.index("<|endoftext|>")}
    )
    tokenizer = build_tokenizer(vocabulary)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": MAX_POSITIONS,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": "<unk>",
        "clean_up_tokenization_spaces": False,
    }
    write_json(folder / "tokenizer_config.json", settings)
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    preprocessing = {
        "image_processor_type": "Qwen2VLImageProcessor",
        "patch_size": PATCH,
        "merge_size": MERGE,
        "temporal_patch_size": TEMPORAL,
        "min_pixels": FRAME_PX * FRAME_PX,
        "max_pixels": FRAME_PX * FRAME_PX,
        "do_resize": True,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "do_convert_rgb": True,
        "image_mean": list(CLIP_MEAN),
        "image_std": list(CLIP_STD),
    }
    write_json(folder / "preprocessor_config.json", preprocessing)


def write_segmenter_settings(folder: Path) -> None:
    write_json(folder / "config.json", {"model_type": "nano_crop_unet", "image_size": INPUT_PX, "mask_size": MASK_PX})
    preprocessing = {
        "size": {"height": INPUT_PX, "width": INPUT_PX},
        "do_resize": True,
        "resample": 2,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(MEAN),
        "image_std": list(STD),
    }
    write_json(folder / "preprocessor_config.json", preprocessing)


def write_manifest(pack: Path) -> None:
    """`pack.json` with the size and SHA-256 of every other file, in the order of their paths."""
    files = []
    for path in sorted(p for p in pack.rglob("*") if p.is_file() and p != pack / "pack.json"):
        content = path.read_bytes()
        files.append({"path": path.relative_to(pack).as_posix(), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    manifest = {
        "schema": 1,
        "id": "nano",
        "version": VERSION,
        "title": TITLE,
        "licence": {"id": "Apache-2.0", "file": "LICENSE"},
        "modelCard": "MODEL_CARD.md",
        "frame": {"width": FRAME_PX, "height": FRAME_PX},
        "coordinates": "model-frame-px",
        "prompt": {"template": "{question}"},
        "promptSchema": {"box": True, "positivePoints": 2, "negativePoints": 0},
        "generation": {"maxNewTokens": 512},
        "files": files,
    }
    write_json(pack / "pack.json", manifest)


def assemble_nano(weights: Path, pack: Path, licence: Path, model_card: Path) -> None:
    """`weights` holds vocabulary/, prompter.pt, detector.pt, thresholds.json and segmenter.pt."""
    vocabulary = Vocabulary.load(weights / "vocabulary")
    prompter = Prompter(vocabulary).eval()
    prompter.load_state_dict(torch.load(weights / "prompter.pt"))
    detector = Detector().eval()
    detector.load_state_dict(torch.load(weights / "detector.pt"))
    net = CropNet().eval()
    net.load_state_dict(torch.load(weights / "segmenter.pt"))
    by_class = json.loads((weights / "thresholds.json").read_text())
    thresholds = torch.tensor([by_class[key] for key in CONCEPT_KEYS])
    export_lvlm(detector, prompter, thresholds, len(vocabulary.tokens), pack / "lvlm/onnx")
    write_lvlm_settings(pack / "lvlm", vocabulary, prompter.shape)
    export_segmenter(net, pack / "segmenter/onnx")
    write_segmenter_settings(pack / "segmenter")
    (pack / "LICENSE").write_text(licence.read_text())
    (pack / "MODEL_CARD.md").write_text(model_card.read_text())
    write_manifest(pack)
