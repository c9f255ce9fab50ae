"""Compare a pack with the checkpoints it was exported from, on images of the user: transformers and ONNX Runtime side by side.

For every precision of the language model: leading tokens that greedy decoding shares, and the logits' differences given the same
tokens. For every precision of the segmenter: IoU of the masks of the same prompts. Nothing is downloaded.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image, UnidentifiedImageError

from .checkpoint import Checkpoint
from .errors import ToolError, writing
from .lvlm_prompt import PackPrompts
from .pack_files import MANIFEST, precisions_in, write_json
from .sam_checkpoint import load_segmenter
from .verify_lvlm import compare_lvlm, reference_answers
from .verify_segmenter import MaskPrompt, OnnxSegmenter, compare_masks, read_prompts, reference_masks, seeded_prompts


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

    Raises ToolError: PACK_INVALID for no pack, those of `Checkpoint` and `load_segmenter`, INPUT_NOT_FOUND and INPUT_CORRUPT for images.
    """
    if not (pack / MANIFEST).is_file():
        raise ToolError("PACK_INVALID", f"{pack} has no {MANIFEST}, expected a pack; make one with assemble")
    report: dict = {"schema": 1, "pack": json.loads((pack / MANIFEST).read_text())["id"], "images": [str(path) for path in images]}
    builder = PackPrompts(pack)
    frames = [builder.frame(image) for image in read_images(images)]
    if lvlm is not None:
        Checkpoint(lvlm).places()
        asked = [builder.prompt(frame, question) for frame in frames]
        answers = reference_answers(lvlm, asked, new_tokens, dtype)
        report["question"] = question
        report["lvlm"] = {p: compare_lvlm(pack / "lvlm", p, asked, answers) for p in precisions_in(pack / "lvlm", "lvlm")}
    if segmenter is not None:
        model = load_segmenter(segmenter)
        chosen = prompts or seeded_prompts(builder.frame_px)
        settings = json.loads((pack / "segmenter/preprocessor_config.json").read_text())
        expected = [mask for frame in frames for mask in reference_masks(model, settings, frame, chosen)]
        report["segmenter"] = {}
        for precision in precisions_in(pack / "segmenter", "segmenter"):
            onnx = OnnxSegmenter(pack / "segmenter", precision)
            report["segmenter"][precision] = compare_masks([m for frame in frames for m in onnx.masks(frame, chosen)], expected)
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
