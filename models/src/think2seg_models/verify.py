"""Compare a pack with the checkpoints it was exported from, on images of the user: transformers and ONNX Runtime side by side.

For every precision of the language model: leading tokens that greedy decoding shares, and the logits' differences given the same
tokens. For every precision of the segmenter: IoU of the masks of the same prompts. Nothing is downloaded.
"""

import argparse
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from .checkpoint import Checkpoint, read_config
from .errors import ToolError, writing
from .lvlm_prompt import PackPrompts
from .pack_files import MANIFEST, PARTS, files_of, precisions_in, write_json
from .sam_checkpoint import load_segmenter
from .tokenizer_files import check_tokenizer
from .verify_lvlm import compare_lvlm, reference_answers
from .verify_segmenter import MaskPrompt, OnnxSegmenter, compare_masks, read_prompts, read_settings, reference_masks, seeded_prompts


def read_images(paths: Sequence[Path]) -> list[Image.Image]:
    images = []
    for path in paths:
        try:
            images.append(Image.open(path).convert("RGB"))
        except FileNotFoundError as error:
            raise ToolError("INPUT_NOT_FOUND", f"{path} is missing, expected an image; check the path") from error
        except (UnidentifiedImageError, OSError) as error:
            raise ToolError("INPUT_CORRUPT", f"{path} is no image that can be read ({error}); give PNG, JPEG or 8-bit TIFF") from error
    return images


def open_pack(pack: Path) -> tuple[str, PackPrompts]:
    """Its id and what makes its prompts.

    Raises ToolError: PACK_INVALID for no pack, PACK_INCOMPLETE for a missing file, INPUT_CORRUPT and CHECKPOINT_MISMATCH for a file
    that cannot be what it should.
    """
    if not (pack / MANIFEST).is_file():
        raise ToolError("PACK_INVALID", f"{pack} has no {MANIFEST}, expected a pack; make one with assemble")
    for role in PARTS:
        files_of(pack / role, role)
    check_tokenizer(pack / "lvlm")
    try:
        return json.loads((pack / MANIFEST).read_text(encoding="utf-8"))["id"], PackPrompts(pack)
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError("PACK_INVALID", f"{pack / MANIFEST} is no manifest of a pack ({error!r}); assemble the pack again") from error


def shared_precisions(pack: Path, role: str) -> list[str]:
    """Raises PACK_INCOMPLETE when there is nothing to compare."""
    precisions = precisions_in(pack / role, role)
    if not precisions:
        raise ToolError("PACK_INCOMPLETE", f"{pack / role} has {', '.join(PARTS[role])} in no common precision; export one that all have")
    return precisions


def check_sizes(pack: Path, sizes: dict[str, tuple[int, int]], checkpoint: Path) -> None:
    """`sizes`: those of pack and checkpoint by name. Raises CHECKPOINT_MISMATCH where they differ."""
    for name, (packed, expected) in sizes.items():
        if packed != expected:
            raise ToolError(
                "CHECKPOINT_MISMATCH",
                f"{pack} has {name} {packed}, {checkpoint} has {expected}; give the checkpoint that the pack was exported from",
            )


def verify(
    pack: Path,
    images: Sequence[Path],
    question: str,
    *,
    lvlm: Path | None,
    segmenter: Path | None,
    prompts: list[MaskPrompt] | None = None,
    new_tokens: int = 64,
    dtype: torch.dtype = torch.float32,
) -> dict:
    """The report: `lvlm` and `segmenter`, by precision. `dtype` is that of the reference.

    Raises ToolError: those of `open_pack`, `Checkpoint` and `load_segmenter`, CHECKPOINT_MISMATCH for models of another size,
    INPUT_NOT_FOUND and INPUT_CORRUPT for images.
    """
    pack_id, builder = open_pack(pack)
    given = {"lvlm": lvlm, "segmenter": segmenter}
    precisions = {role: shared_precisions(pack, role) for role, checkpoint in given.items() if checkpoint is not None}
    report: dict = {"schema": 1, "pack": pack_id, "images": [str(path) for path in images]}
    frames = [builder.frame(image) for image in read_images(images)]
    if lvlm is not None:
        checkpoint = Checkpoint(lvlm)
        checkpoint.places()
        texts = read_config(pack / "lvlm").text_config, checkpoint.config.text_config
        names = ("vocab_size", "hidden_size", "num_hidden_layers")
        check_sizes(pack / "lvlm", {name: tuple(getattr(text, name) for text in texts) for name in names}, lvlm)
        asked = [builder.prompt(frame, question) for frame in frames]
        answers = reference_answers(lvlm, asked, new_tokens, dtype)
        report["question"] = question
        report["lvlm"] = {p: compare_lvlm(pack / "lvlm", p, asked, answers) for p in precisions["lvlm"]}
    if segmenter is not None:
        model = load_segmenter(segmenter)
        chosen = prompts or seeded_prompts(builder.frame_px)
        settings = read_settings(pack / "segmenter")
        check_sizes(
            pack / "segmenter", {"image_size": (settings["size"]["width"], model.config.prompt_encoder_config.image_size)}, segmenter
        )

        @cache
        def expected(single: bool) -> list[np.ndarray]:
            return [mask for frame in frames for mask in reference_masks(model, settings, frame, chosen, single)]

        report["segmenter"] = {}
        for precision in precisions["segmenter"]:
            onnx = OnnxSegmenter(pack / "segmenter", precision)
            report["segmenter"][precision] = compare_masks(
                [mask for frame in frames for mask in onnx.masks(frame, chosen)], expected(onnx.single)
            )
    return report


def tables(report: dict) -> str:
    """The report as Markdown."""
    lines = []
    if "lvlm" in report:
        lines += ["| language model | same tokens | same answers | largest logit difference | mean |", "| --- | --: | --: | --: | --: |"]
        for precision, row in report["lvlm"].items():
            lines.append(
                f"| {precision} | {row['same_tokens']} of {row['tokens']} | {row['same_answers']} of {row['answers']} | "
                f"{row['largest_logit_difference']:.2g} | {row['mean_logit_difference']:.2g} |"
            )
        lines.append("")
    if "segmenter" in report:
        lines += ["| segmenter | mean IoU | least IoU | different pixels |", "| --- | --: | --: | --: |"]
        for precision, row in report["segmenter"].items():
            lines.append(f"| {precision} | {row['mean_iou']:.4f} | {row['least_iou']:.4f} | {row['different_pixels']} of {row['pixels']} |")
    return "\n".join(lines)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m think2seg_models verify", description=__doc__.split("\n")[0])
    parser.add_argument("pack", type=Path)
    parser.add_argument("--lvlm", type=Path, help="checkpoint of the language model")
    parser.add_argument("--segmenter", type=Path, help="checkpoint of the segmenter")
    parser.add_argument("--image", type=Path, nargs="+", required=True, help="PNG, JPEG or 8-bit TIFF")
    parser.add_argument("--question", default="Where are the buildings?")
    parser.add_argument("--prompts", type=Path, help="JSON list with bbox_2d and positive_points in pixels of the model frame")
    parser.add_argument("--new-tokens", type=int, default=64, help="longest answer (default 64)")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the reference (default float32)")
    parser.add_argument("--out", type=Path, help="JSON file for the report")
    options = parser.parse_args(argv)
    if options.lvlm is None and options.segmenter is None:
        raise ToolError("USAGE", "no checkpoint to compare with, expected --lvlm, --segmenter or both; give one")
    report = verify(
        options.pack,
        options.image,
        options.question,
        lvlm=options.lvlm,
        segmenter=options.segmenter,
        prompts=None if options.prompts is None else read_prompts(options.prompts),
        new_tokens=options.new_tokens,
        dtype=getattr(torch, options.dtype),
    )
    print(tables(report))
    if options.out is not None:
        with writing(options.out):
            write_json(options.out, report)
    return 0
