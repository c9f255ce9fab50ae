"""Export a SAM 2.1 model to the two ONNX files that a pack's ``segmenter/`` folder holds.

``vision_encoder.onnx``: ``pixel_values`` f32 [1, 3, S, S] -> ``image_embeddings.0`` [1, D/8, S/4, S/4],
``image_embeddings.1`` [1, D/4, S/8, S/8], ``image_embeddings.2`` [1, D, S/16, S/16].

``prompt_encoder_mask_decoder.onnx``: ``input_points`` f32 [1, P, N, 2] (x, y in model pixels), ``input_labels`` i64
[1, P, N] (1 on the target, 0 off it), ``input_boxes`` f32 [1, P or 0, 4] (x0, y0, x1, y1) and the three embeddings ->
``iou_scores`` [1, P, 3], ``pred_masks`` [1, P, 3, S/4, S/4] (logits), ``object_score_logits`` [1, P, 1].

These names and shapes are those of the public conversions. Ours add ``single_mask`` [1, P, 1, S/4, S/4] and
``single_iou`` [1, P, 1]: the answer of ``multimask_output=False``, which the three multimask outputs do not contain.
"""

import argparse
import json
import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn
from transformers import Sam2Model

from .errors import ToolError, require_space, writing
from .pack_files import PARTS
from .sam_checkpoint import load_segmenter

EMBEDDING_NAMES = [f"image_embeddings.{level}" for level in range(3)]
OPSET = 17


class VisionEncoder(nn.Module):
    """Image to the three feature maps the mask decoder reads, all that does not depend on a prompt included."""

    def __init__(self, model: Sam2Model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        model = self.model
        fine, middle, coarse = model.vision_encoder(pixel_values, return_dict=True).fpn_hidden_states
        return (
            model.mask_decoder.conv_s0(fine),
            model.mask_decoder.conv_s1(middle),
            coarse + model.no_memory_embedding.reshape(1, -1, 1, 1),
        )


class PromptEncoderMaskDecoder(nn.Module):
    """Prompts of one image to masks. Any number of prompts, each with the same number of points, with or without boxes.

    The image's features are broadcast over the prompts instead of being repeated, which keeps memory flat.
    """

    def __init__(self, model: Sam2Model, single: bool):
        super().__init__()
        self.model = model
        self.single = single
        self.register_buffer("image_positions", model.get_image_wide_positional_embeddings().detach())

    def sparse_embeddings(self, input_points: Tensor, input_labels: Tensor, input_boxes: Tensor) -> Tensor:
        """Point and corner tokens and the one "not a point" token that SAM was trained with: [1, P, tokens, D]."""
        encoder = self.model.prompt_encoder
        size = (encoder.input_image_size, encoder.input_image_size)
        width = encoder.hidden_size
        prompts = input_labels.shape[1]
        points = encoder._embed_points(input_points, input_labels, pad=False)
        corners = torch.stack([input_boxes[..., :2], input_boxes[..., 2:]], dim=2) + 0.5
        corners = encoder.shared_embedding(corners, size) + encoder.point_embed.weight[2:4]
        # Two tokens per prompt when there are boxes, none when there are none.
        corners = corners.reshape(1, prompts, -1, width)
        padding = encoder.not_a_point_embed.weight.reshape(1, 1, 1, width).expand(1, prompts, 1, width)
        return torch.cat([corners, points, padding], dim=2)

    def all_masks(self, sparse: Tensor, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits [1, P, 4, h, w], IoU estimates [1, P, 4] and object score [1, P, 1] of all four mask tokens."""
        encoder, decoder = self.model.prompt_encoder, self.model.mask_decoder
        prompts, width = sparse.shape[1], encoder.hidden_size
        side = encoder.image_embedding_size[0]
        outputs = torch.cat([decoder.obj_score_token.weight, decoder.iou_token.weight, decoder.mask_tokens.weight])
        outputs = outputs.reshape(1, 1, -1, width).expand(1, prompts, -1, width)
        queries, keys = decoder.transformer(
            point_embeddings=torch.cat([outputs, sparse], dim=2),
            image_embeddings=(coarse + encoder.no_mask_embed.weight.reshape(1, -1, 1, 1)).expand(prompts, -1, -1, -1),
            image_positional_embeddings=self.image_positions.expand(prompts, -1, -1, -1),
            attention_similarity=None,
        )
        tokens = decoder.num_mask_tokens
        features = keys.transpose(2, 3).reshape(prompts, width, side, side)
        features = decoder.activation(decoder.upscale_layer_norm(decoder.upscale_conv1(features) + middle))
        features = decoder.activation(decoder.upscale_conv2(features) + fine)
        kernels = [mlp(queries[:, :, 2 + i]) for i, mlp in enumerate(decoder.output_hypernetworks_mlps)]
        masks = torch.stack(kernels, dim=2) @ features.reshape(1, prompts, width // 8, 16 * side * side)
        masks = masks.reshape(1, prompts, tokens, 4 * side, 4 * side)
        return masks, decoder.iou_prediction_head(queries[:, :, 1]), decoder.pred_obj_score_head(queries[:, :, 0])

    def forward(
        self,
        input_points: Tensor,
        input_labels: Tensor,
        input_boxes: Tensor,
        fine: Tensor,
        middle: Tensor,
        coarse: Tensor,
    ) -> tuple[Tensor, ...]:
        sparse = self.sparse_embeddings(input_points, input_labels, input_boxes)
        masks, scores, object_score = self.all_masks(sparse, fine, middle, coarse)
        result = (scores[:, :, 1:], masks[:, :, 1:], object_score)
        if self.single:
            single_mask, single_score = self.model.mask_decoder._dynamic_multimask_via_stability(masks, scores)
            result += (single_score, single_mask)
        return result


def example_prompts(image_size: int, prompts: int = 3, points: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """Points, labels and boxes of some prompts inside the image, to trace the decoder with."""
    corner = torch.rand(1, prompts, 2) * image_size * 0.5
    extent = 1 + torch.rand(1, prompts, 2) * image_size * 0.4
    input_points = corner[:, :, None] + torch.rand(1, prompts, points, 2) * extent[:, :, None]
    return input_points, torch.ones(1, prompts, points, dtype=torch.int64), torch.cat([corner, corner + extent], dim=2)


def export_encoder(model: Sam2Model, path: Path) -> None:
    size = model.config.prompt_encoder_config.image_size
    torch.onnx.export(
        VisionEncoder(model).eval(),
        (torch.rand(1, 3, size, size),),
        str(path),
        input_names=["pixel_values"],
        output_names=EMBEDDING_NAMES,
        dynamo=False,
        opset_version=OPSET,
    )


def export_decoder(model: Sam2Model, path: Path, single: bool) -> None:
    # In training mode the stability rule is silently off, and the export would freeze that.
    model.eval()
    size = model.config.prompt_encoder_config.image_size
    width = model.config.prompt_encoder_config.hidden_size
    features = [
        torch.rand(1, width // 8, size // 4, size // 4),
        torch.rand(1, width // 4, size // 8, size // 8),
        torch.rand(1, width, size // 16, size // 16),
    ]
    outputs = ["iou_scores", "pred_masks", "object_score_logits"] + (["single_iou", "single_mask"] if single else [])
    torch.onnx.export(
        PromptEncoderMaskDecoder(model, single).eval(),
        (*example_prompts(size), *features),
        str(path),
        input_names=["input_points", "input_labels", "input_boxes", *EMBEDDING_NAMES],
        output_names=outputs,
        dynamo=False,
        opset_version=OPSET,
        dynamic_axes={
            "input_points": {1: "points_prompts", 2: "num_points"},
            "input_labels": {1: "num_prompts", 2: "num_points"},
            "input_boxes": {1: "num_boxes"},
            **{name: {1: "num_prompts"} for name in outputs},
        },
    )
    allow_zero_boxes(path)


def allow_zero_boxes(path: Path) -> None:
    """Let every Reshape take a computed zero as zero: with no box, ONNX would otherwise copy the input's dimension."""
    graph = onnx.load(str(path))
    constants = {tensor.name for tensor in graph.graph.initializer}
    constants |= {node.output[0] for node in graph.graph.node if node.op_type == "Constant"}
    for node in graph.graph.node:
        if node.op_type == "Reshape" and node.input[1] not in constants:
            kept = [attribute for attribute in node.attribute if attribute.name != "allowzero"]
            del node.attribute[:]
            node.attribute.extend([*kept, onnx.helper.make_attribute("allowzero", 1)])
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))


def convert_fp16(source: Path, target: Path, keep_io_types: bool) -> None:
    """The same model with half-precision weights; inputs and outputs stay float32 when ``keep_io_types``."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reports every weight that becomes a subnormal
        converted = convert_float_to_float16(onnx.load(str(source)), keep_io_types=keep_io_types)
    onnx.save(converted, str(target))


def preprocessor_config(image_size: int) -> dict[str, object]:
    """What ``Sam2ImageProcessor`` would save for this model: a square bilinear resize and ImageNet statistics."""
    return {
        "image_processor_type": "Sam2ImageProcessor",
        "do_convert_rgb": True,
        "do_resize": True,
        "size": {"height": image_size, "width": image_size},
        "resample": 2,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
        "mask_size": {"height": image_size // 4, "width": image_size // 4},
    }


def export_segmenter(
    model: Sam2Model,
    out: Path,
    *,
    single: bool = True,
    fp16: bool = False,
    fp16_io: bool = False,
) -> None:
    """Write ``config.json``, ``preprocessor_config.json`` and ``onnx/`` below ``out``.

    ``single=False`` leaves out ``single_mask`` and ``single_iou`` as the public conversions do. ``fp16`` adds the
    ``_fp16`` files; ``fp16_io`` makes their inputs and outputs half precision too.
    """
    model = model.eval()
    folder = out / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    encoder, decoder = folder / "vision_encoder.onnx", folder / "prompt_encoder_mask_decoder.onnx"
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns about every shape that is constant by design
        export_encoder(model, encoder)
        export_decoder(model, decoder, single)
    if fp16:
        for path in (encoder, decoder):
            convert_fp16(path, path.with_name(f"{path.stem}_fp16.onnx"), keep_io_types=not fp16_io)
    model.config.to_json_file(out / "config.json", use_diff=False)
    size = model.config.prompt_encoder_config.image_size
    (out / "preprocessor_config.json").write_text(json.dumps(preprocessor_config(size), indent=2) + "\n")


def largest_difference(model: Sam2Model, out: Path) -> dict[str, float]:
    """Largest difference between the exported files and the model over all prompt kinds, per output.

    Relative to the largest magnitude of that output: logits have no scale of their own.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    encoder = onnxruntime.InferenceSession(str(out / "onnx/vision_encoder.onnx"), options)
    decoder = onnxruntime.InferenceSession(str(out / "onnx/prompt_encoder_mask_decoder.onnx"), options)
    size = model.config.prompt_encoder_config.image_size
    pixels = torch.randn(1, 3, size, size)
    embeddings = model.get_image_embeddings(pixels)
    features = encoder.run(None, {"pixel_values": pixels.numpy()})
    worst = {
        "image_embeddings": max(
            float((a - torch.from_numpy(b)).abs().max() / a.abs().max()) for a, b in zip(embeddings, features, strict=True)
        )
    }
    names = [output.name for output in decoder.get_outputs()]
    for prompts, points, with_box in [(3, 2, True), (1, 1, False), (4, 2, False), (2, 0, True), (1, 0, True), (2, 5, True)]:
        input_points, input_labels, input_boxes = example_prompts(size, prompts, points)
        input_labels = torch.randint(0, 2, input_labels.shape)
        if not with_box:
            input_boxes = input_boxes[:, :0]
        feeds = {
            "input_points": input_points.numpy(),
            "input_labels": input_labels.numpy(),
            "input_boxes": input_boxes.numpy(),
            **dict(zip(EMBEDDING_NAMES, features, strict=True)),
        }
        got = dict(zip(names, decoder.run(None, feeds), strict=True))
        prompt = {
            **({"input_points": input_points, "input_labels": input_labels} if points else {}),
            **({"input_boxes": input_boxes} if with_box else {}),
        }
        with torch.no_grad():
            three = model(image_embeddings=list(embeddings), multimask_output=True, **prompt)
            one = model(image_embeddings=list(embeddings), multimask_output=False, **prompt)
        expected = {
            "iou_scores": three.iou_scores,
            "pred_masks": three.pred_masks,
            "object_score_logits": three.object_score_logits,
            "single_iou": one.iou_scores,
            "single_mask": one.pred_masks,
        }
        for name in names:
            if got[name].shape != tuple(expected[name].shape):
                raise ValueError(f"{name}: shape {got[name].shape}, the model answers {tuple(expected[name].shape)}")
            wanted = expected[name].numpy()
            difference = float(np.abs(got[name] - wanted).max() / np.abs(wanted).max())
            worst[name] = max(worst.get(name, 0.0), difference)
    return worst


def export_checkpoint(
    source: Path, out: Path, precisions: Sequence[str], *, single: bool = True, overwrite: bool = False, say: Callable[[str], None]
) -> None:
    """Write the folder `out` from a checkpoint (see `load_segmenter`); it appears complete or not at all.

    Raises ToolError: those of `load_segmenter`; OUTPUT_EXISTS without `overwrite`, OUTPUT_FULL, OUTPUT_NOT_WRITABLE.
    """
    if out.exists() and not overwrite:
        raise ToolError("OUTPUT_EXISTS", f"{out} exists; choose another folder or say --overwrite")
    model = load_segmenter(source)
    values = sum(parameter.numel() for parameter in model.parameters())
    # Half precision is converted from full, which is written first in any case.
    needed_bytes = values * (6 if "fp16" in precisions else 4)
    say(f"{values / 1e6:.0f} million weights: about {needed_bytes / 1e9:.2f} GB on disk and {1 + values / 60e6:.0f} minutes")
    require_space(out, needed_bytes)
    staging = out.with_name(f".{out.name}.exporting")
    with writing(out):
        shutil.rmtree(staging, ignore_errors=True)
        try:
            export_segmenter(model, staging, single=single, fp16="fp16" in precisions)
            for name, difference in largest_difference(model, staging).items():
                say(f"{name}: largest relative difference from the model {difference:.2e}")
            if "fp32" not in precisions:
                for part in PARTS["segmenter"]:
                    (staging / "onnx" / f"{part}.onnx").unlink()
            if out.exists():
                shutil.rmtree(out)
            staging.rename(out)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m think2seg_models export-segmenter", description="Export SAM 2 or 2.1 to ONNX.")
    parser.add_argument("checkpoint", type=Path, help="folder in the Hugging Face layout, or the .pt file of the authors")
    parser.add_argument("--out", type=Path, required=True, help="folder to write (the segmenter folder of a pack)")
    parser.add_argument("--precision", nargs="+", default=["fp32"], choices=("fp32", "fp16"), help="number formats (default fp32)")
    parser.add_argument("--public-layout", action="store_true", help="leave out single_mask and single_iou")
    parser.add_argument("--overwrite", action="store_true")
    options = parser.parse_args(argv)
    began = time.monotonic()
    export_checkpoint(
        options.checkpoint,
        options.out,
        options.precision,
        single=not options.public_layout,
        overwrite=options.overwrite,
        say=lambda line: print(line, flush=True),
    )
    total = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{options.out}: {total / 1e9:.2f} GB in {(time.monotonic() - began) / 60:.1f} minutes")
    return 0
