"""A tiny SAM 2.1 with random weights, its export, and what transformers answers for every kind of prompt.

The TypeScript tests compare the product's segmenter with these answers. Layout of ``--out``::

    segmenter/        config.json preprocessor_config.json onnx/{vision_encoder,prompt_encoder_mask_decoder}[_fp16].onnx
    public/           the same without single_mask and single_iou, as public conversions are
    reference.json    what lies where in reference.bin
    reference.bin     little-endian arrays
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import Sam2Config, Sam2Model
from transformers.models.sam2.configuration_sam2 import (
    Sam2HieraDetConfig,
    Sam2MaskDecoderConfig,
    Sam2PromptEncoderConfig,
    Sam2VisionConfig,
)

from think2seg_models.export_segmenter import export_segmenter, largest_difference
from think2seg_models.sam_checkpoint import published_config

IMAGE_SIZE = 128
TOKEN_0_GAIN = 3
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def tiny_config() -> Sam2Config:
    """Every kind of block of SAM 2.1 (windowed, global, query pooling, FPN), as narrow as it works."""
    side = IMAGE_SIZE // 4
    backbone = Sam2HieraDetConfig(
        hidden_size=16,
        image_size=[IMAGE_SIZE, IMAGE_SIZE],
        blocks_per_stage=[1, 2, 3, 1],
        embed_dim_per_stage=[16, 32, 64, 128],
        num_attention_heads_per_stage=[1, 2, 4, 8],
        window_size_per_stage=[8, 4, 8, 4],
        global_attention_blocks=[4],
    )
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[128, 64, 32, 16],
        backbone_feature_sizes=[[side, side], [side // 2, side // 2], [side // 4, side // 4]],
        fpn_hidden_size=64,
    )
    prompts = Sam2PromptEncoderConfig(hidden_size=64, image_size=IMAGE_SIZE, patch_size=16)
    decoder = Sam2MaskDecoderConfig(hidden_size=64, mlp_dim=64, num_attention_heads=4, iou_head_hidden_dim=64)
    return Sam2Config(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder)


def random_model(config: Sam2Config, seed: int = 0) -> Sam2Model:
    """A model whose answers depend on every weight: nothing is left at zero, and signals keep their size through the net."""
    torch.manual_seed(seed)
    model = Sam2Model(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.abs().max() == 0:
                parameter.normal_(0, 0.02)
            elif "embed" in name or "token" in name:
                parameter.normal_(0, 0.5)
            elif parameter.dim() > 1:
                # Sharp random attention would amplify rounding; trained attention is softer.
                gain = 0.35 if "q_proj" in name or "k_proj" in name or "qkv" in name else 1.0
                parameter.normal_(0, gain * parameter[0].numel() ** -0.5)
        # The checkpoints share one positional embedding between image and prompts.
        shared = model.prompt_encoder.shared_embedding.positional_embedding
        model.shared_image_embedding.positional_embedding.copy_(shared)
        # Logits of a few units: the stability rule then keeps token 0 for some prompts and not for others.
        model.mask_decoder.upscale_conv2.weight.mul_(3)
        model.mask_decoder.output_hypernetworks_mlps[0].proj_out.weight.mul_(TOKEN_0_GAIN)
        model.mask_decoder.iou_prediction_head.proj_out.weight.mul_(4)
    return model


def synthetic_image(width: int, height: int, seed: int) -> np.ndarray:
    """Smooth coloured fields with rectangles and some noise, uint8 [height, width, 3]."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / random.uniform(8, 30) + random.uniform(0, 6)) * np.cos(y / random.uniform(8, 30)) for _ in range(3)]
    image = 128 + 70 * np.stack(waves, axis=2)
    for _ in range(6):
        left, top = random.integers(0, width - 20), random.integers(0, height - 20)
        image[top : top + random.integers(8, 40), left : left + random.integers(8, 40)] = random.integers(0, 256, 3)
    return np.clip(image + random.normal(0, 6, image.shape), 0, 255).astype(np.uint8)


def resize_as_torchvision(image: np.ndarray, size: int) -> np.ndarray:
    """Exactly what ``Sam2ImageProcessor`` does on a CPU: torchvision resizes uint8 with torch's antialiased kernel."""
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)
    pixels = F.interpolate(pixels, size=[size, size], mode="bilinear", align_corners=False, antialias=True)
    return pixels[0].permute(1, 2, 0).contiguous().numpy()


def resize_as_pillow(image: np.ndarray, size: int) -> np.ndarray:
    """What the product does: one grey level beside torchvision's in less than one sample of a hundred."""
    return np.array(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))


def pixel_values(image: np.ndarray) -> torch.Tensor:
    """Samples [S, S, 3] to the encoder's input [1, 3, S, S]."""
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None]
    mean, std = torch.from_numpy(MEAN)[:, None, None], torch.from_numpy(STD)[:, None, None]
    return (pixels[0].float() / 255 - mean)[None] / std


def prompts_by_kind(width: int, height: int, seed: int) -> list[dict[str, object]]:
    """Prompts in image pixels, several of each kind: what a language model writes and what a user may draw."""
    random = np.random.default_rng(seed)
    kinds = {
        "box, 2 points": (True, 2, 0),
        "box only": (True, 0, 0),
        "2 points": (False, 2, 0),
        "1 point": (False, 1, 0),
        "box, positive, negative": (True, 2, 1),
        "positive, negative": (False, 1, 2),
    }
    prompts = []
    for kind, (with_box, positive, negative) in kinds.items():
        for _ in range(4):
            x0, y0 = random.uniform(0, width * 0.6), random.uniform(0, height * 0.6)
            x1, y1 = x0 + random.uniform(6, width * 0.4), y0 + random.uniform(6, height * 0.4)
            inside = random.uniform([x0, y0], [x1, y1], (positive, 2))
            prompts.append(
                {
                    "kind": kind,
                    "box": [x0, y0, x1, y1] if with_box else None,
                    "positive": inside.tolist(),
                    "negative": random.uniform([0, 0], [width, height], (negative, 2)).tolist(),
                }
            )
    return prompts


class ArrayFile:
    """Collects arrays into one binary file and tells where each lies."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.bytes = 0

    def add(self, array: np.ndarray | torch.Tensor) -> dict[str, object]:
        array = np.ascontiguousarray(array.numpy() if isinstance(array, torch.Tensor) else array)
        data = array.tobytes()
        entry = {"type": str(array.dtype), "shape": list(array.shape), "offset": self.bytes}
        # Eight-byte steps, so that typed arrays can be laid over the file.
        data += bytes(-len(data) % 8)
        self.chunks.append(data)
        self.bytes += len(data)
        return entry

    def write(self, path: Path) -> None:
        path.write_bytes(b"".join(self.chunks))


def answer(model: Sam2Model, embeddings: list[torch.Tensor], prompt: dict, scale: tuple[float, float]) -> dict:
    """Both answers of transformers for one prompt."""
    factors = torch.tensor(scale)
    points = torch.tensor([*prompt["positive"], *prompt["negative"]], dtype=torch.float64).reshape(1, 1, -1, 2)
    labels = torch.tensor([1] * len(prompt["positive"]) + [0] * len(prompt["negative"]))[None, None]
    inputs = {}
    if points.shape[2]:
        inputs |= {"input_points": (points * factors).float(), "input_labels": labels}
    if prompt["box"] is not None:
        box = torch.tensor(prompt["box"], dtype=torch.float64).reshape(1, 1, 2, 2) * factors
        inputs["input_boxes"] = box.float().reshape(1, 1, 4)
    with torch.no_grad():
        three = model(image_embeddings=list(embeddings), multimask_output=True, **inputs)
        one = model(image_embeddings=list(embeddings), multimask_output=False, **inputs)
    return {"three": three, "one": one}


def write_references(model: Sam2Model, out: Path) -> None:
    """Images (one of the model's own size, one that must be resized), prompts and answers."""
    size = model.config.prompt_encoder_config.image_size
    arrays = ArrayFile()
    images = []
    for seed, (width, height) in enumerate([(size, size), (211, 157)]):
        image = synthetic_image(width, height, seed)
        # A random model is not smooth: a single grey level may move a mask, so the answers are those to the product's
        # resize, and the resize of transformers is compared on its own.
        embeddings = model.get_image_embeddings(pixel_values(resize_as_pillow(image, size)))
        cases = []
        for prompt in prompts_by_kind(width, height, seed + 10):
            both = answer(model, embeddings, prompt, (size / width, size / height))
            one, three = both["one"], both["three"]
            full = F.interpolate(one.pred_masks[0], (height, width), mode="bilinear", align_corners=False)[0, 0]
            from_token_0 = not any(torch.equal(one.pred_masks[0, 0, 0], mask) for mask in three.pred_masks[0, 0])
            cases.append(
                {
                    **prompt,
                    "fromTokenZero": from_token_0,
                    "singleIou": float(one.iou_scores[0, 0, 0]),
                    "singleMask": arrays.add(one.pred_masks[0, 0, 0]),
                    "imageMask": arrays.add((full > 0).to(torch.uint8)),
                    "ious": three.iou_scores[0, 0].tolist(),
                    "masks": arrays.add(three.pred_masks[0, 0]),
                }
            )
        images.append(
            {
                "width": width,
                "height": height,
                "rgb": arrays.add(image),
                "pixelValues": arrays.add(pixel_values(resize_as_torchvision(image, size))[0]),
                "cases": cases,
            }
        )
    arrays.write(out / "reference.bin")
    (out / "reference.json").write_text(json.dumps({"imageSize": size, "images": images}, indent=1) + "\n")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="think2seg_models tiny-sam", description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--real-shape", action="store_true", help="only export the published tiny shape with random weights, for timings")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    if arguments.real_shape:
        export_segmenter(random_model(published_config("tiny")), arguments.out / "segmenter")
        return 0
    model = random_model(tiny_config())
    export_segmenter(model, arguments.out / "segmenter", fp16=True, fp16_io=True)
    export_segmenter(model, arguments.out / "public", single=False)
    write_references(model, arguments.out)
    for name, difference in largest_difference(model, arguments.out / "segmenter").items():
        print(f"{name}: largest relative difference from the model {difference:.2e}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
