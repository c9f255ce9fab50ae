"""SAM 2.1 checkpoints as transformers' `Sam2Model`: a Hugging Face folder, or a `.pt` file as its authors publish it."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from torch import Tensor
from transformers import Sam2Config, Sam2Model
from transformers.models.sam2.configuration_sam2 import Sam2HieraDetConfig, Sam2VisionConfig
from transformers.utils.logging import disable_progress_bar

from .checkpoint import INDEX, SINGLE, architecture_of, read_json, shards_of
from .errors import ToolError

# Width of the first stage, blocks a stage, blocks with global attention, windows a stage, side of the positional embedding.
SHAPES = {
    "tiny": (96, (1, 2, 7, 2), (5, 7, 9), (8, 4, 14, 7), 7),
    "small": (96, (1, 2, 11, 2), (7, 10, 13), (8, 4, 14, 7), 7),
    "base-plus": (112, (2, 3, 16, 3), (12, 16, 20), (8, 4, 14, 7), 14),
    "large": (144, (2, 6, 36, 4), (23, 33, 43), (8, 4, 16, 8), 7),
}
# From the names of the authors to those of transformers; the first pattern that fits a name rewrites it.
RENAMED = (
    (r"image_encoder\.trunk\.", "vision_encoder.backbone."),
    (r"image_encoder\.neck\.convs\.(\d+)\.conv\.", r"vision_encoder.neck.convs.\1."),
    (r"sam_prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix", "prompt_encoder.shared_embedding.positional_embedding"),
    (r"sam_prompt_encoder\.mask_downscaling\.0\.", "prompt_encoder.mask_embed.conv1."),
    (r"sam_prompt_encoder\.mask_downscaling\.1\.", "prompt_encoder.mask_embed.layer_norm1."),
    (r"sam_prompt_encoder\.mask_downscaling\.3\.", "prompt_encoder.mask_embed.conv2."),
    (r"sam_prompt_encoder\.mask_downscaling\.4\.", "prompt_encoder.mask_embed.layer_norm2."),
    (r"sam_prompt_encoder\.mask_downscaling\.6\.", "prompt_encoder.mask_embed.conv3."),
    (r"sam_prompt_encoder\.", "prompt_encoder."),
    (r"sam_mask_decoder\.output_upscaling\.0\.", "mask_decoder.upscale_conv1."),
    (r"sam_mask_decoder\.output_upscaling\.1\.", "mask_decoder.upscale_layer_norm."),
    (r"sam_mask_decoder\.output_upscaling\.3\.", "mask_decoder.upscale_conv2."),
    (r"sam_mask_decoder\.", "mask_decoder."),
    (r"no_mem_embed$", "no_memory_embedding"),
)
# Inside both halves of the model.
INNER = (
    (r"patch_embed\.proj\.", "patch_embed.projection."),
    (r"\.norm_final_attn\.", ".layer_norm_final_attn."),
    (r"\.norm(\d)\.", r".layer_norm\1."),
    (r"\.out_proj\.", ".o_proj."),
    (r"\.mlp\.layers\.0\.", ".mlp.proj_in."),
    (r"\.mlp\.layers\.1\.", ".mlp.proj_out."),
    (r"(output_hypernetworks_mlps\.\d+|iou_prediction_head|pred_obj_score_head)\.layers\.0\.", r"\1.proj_in."),
    (r"(output_hypernetworks_mlps\.\d+|iou_prediction_head|pred_obj_score_head)\.layers\.1\.", r"\1.layers.0."),
    (r"(output_hypernetworks_mlps\.\d+|iou_prediction_head|pred_obj_score_head)\.layers\.2\.", r"\1.proj_out."),
)
VIDEO_ONLY = r"memory_|maskmem_|no_mem_pos_enc|no_obj_|obj_ptr_|mask_downsample\."


def published_config(size: str) -> Sam2Config:
    """The configuration of one of SHAPES; input 1024 x 1024."""
    width, blocks, global_blocks, windows, positions = SHAPES[size]
    heads = 1 if width == 96 else 2
    widths = [width * 2**stage for stage in range(4)]
    backbone = Sam2HieraDetConfig(
        hidden_size=width,
        num_attention_heads=heads,
        blocks_per_stage=list(blocks),
        embed_dim_per_stage=widths,
        num_attention_heads_per_stage=[heads * 2**stage for stage in range(4)],
        window_size_per_stage=list(windows),
        window_positional_embedding_background_size=[positions, positions],
        global_attention_blocks=list(global_blocks),
    )
    return Sam2Config(vision_config=Sam2VisionConfig(backbone_config=backbone, backbone_channel_list=widths[::-1]))


def rename(name: str) -> str | None:
    """The name that transformers gives a tensor of the authors' checkpoint; None for what only video needs.

    Raises CHECKPOINT_UNSUPPORTED for a name that belongs to no SAM 2.
    """
    if re.match(VIDEO_ONLY, name):
        return None
    for pattern, replacement in RENAMED:
        if re.match(pattern, name):
            renamed = re.sub(pattern, replacement, name, count=1)
            for inner, by in INNER:
                renamed = re.sub(inner, by, renamed)
            return renamed
    raise ToolError("CHECKPOINT_UNSUPPORTED", f"the checkpoint has a tensor {name}, expected those of SAM 2 or 2.1; use such a checkpoint")


def from_original(state: Mapping[str, Tensor]) -> tuple[str, dict[str, Tensor]]:
    """Size of the model and its tensors under the names of transformers."""
    tensors: dict[str, Tensor] = {}
    points: dict[int, Tensor] = {}
    for name, tensor in state.items():
        corner = re.fullmatch(r"sam_prompt_encoder\.point_embeddings\.(\d)\.weight", name)
        if corner:
            points[int(corner[1])] = tensor
        elif (renamed := rename(name)) is not None:
            tensors[renamed] = tensor
    positions = "prompt_encoder.shared_embedding.positional_embedding"
    if len(points) != 4 or positions not in tensors:
        raise ToolError("CHECKPOINT_INCOMPLETE", "the checkpoint has no complete prompt encoder; get the file again")
    tensors["prompt_encoder.point_embed.weight"] = torch.cat([points[kind] for kind in range(4)])
    tensors["shared_image_embedding.positional_embedding"] = tensors[positions].clone()
    return size_of(tensors), tensors


def size_of(tensors: Mapping[str, Tensor]) -> str:
    """Raises CHECKPOINT_UNSUPPORTED for a width and depth that no published size has."""
    first = tensors.get("vision_encoder.backbone.patch_embed.projection.bias")
    width = 0 if first is None else len(first)
    blocks = {int(found[1]) for name in tensors if (found := re.match(r"vision_encoder\.backbone\.blocks\.(\d+)\.", name))}
    for size, (known_width, known_blocks, *_) in SHAPES.items():
        if (width, len(blocks)) == (known_width, sum(known_blocks)):
            return size
    raise ToolError(
        "CHECKPOINT_UNSUPPORTED",
        f"the image encoder is {width} wide and has {len(blocks)} blocks, expected one of {', '.join(SHAPES)}; use a published size",
    )


def load_segmenter(path: Path) -> Sam2Model:
    """The model for inference, in single precision.

    Raises ToolError: INPUT_NOT_FOUND, INPUT_CORRUPT, CHECKPOINT_UNSUPPORTED, CHECKPOINT_INCOMPLETE, CHECKPOINT_MISMATCH.
    """
    if path.is_dir():
        return _load_folder(path)
    if not path.is_file():
        raise ToolError("INPUT_NOT_FOUND", f"{path} is missing, expected a Hugging Face folder or a .pt file; check the path")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises what its zip and pickle readers raise
        raise ToolError(
            "INPUT_CORRUPT", f"{path} is no checkpoint of PyTorch ({str(error).splitlines()[0]}); get the file again"
        ) from error
    named = state.get("model", state) if isinstance(state, Mapping) else state
    if not isinstance(named, Mapping) or not all(isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in named.items()):
        raise ToolError(
            "CHECKPOINT_UNSUPPORTED",
            f"{path} holds a {type(named).__name__}, expected the named tensors of SAM 2 or 2.1; use such a checkpoint",
        )
    size, tensors = from_original(named)
    with torch.device("meta"):
        model = Sam2Model(published_config(size))
    return _fill(model, tensors, path)


def _load_folder(folder: Path) -> Sam2Model:
    raw = read_json(folder / "config.json")
    # The published folders are those of the video model, of which the image model is a part.
    if raw.get("model_type") not in ("sam2", "sam2_video"):
        raise ToolError("CHECKPOINT_UNSUPPORTED", f"{folder} is a {architecture_of(raw)}, expected a SAM 2 or 2.1; use such a checkpoint")
    if not (folder / SINGLE).is_file() and (folder / INDEX).is_file():
        shards_of(folder)
    disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model, report = Sam2Model.from_pretrained(folder, local_files_only=True, dtype=torch.float32, output_loading_info=True)
    except (StrictDataclassError, KeyError) as error:
        raise ToolError(
            "INPUT_CORRUPT", f"{folder}: config.json or {INDEX} is wrong ({' '.join(str(error).split())}); get them again"
        ) from error
    except OSError as error:
        raise ToolError(
            "CHECKPOINT_INCOMPLETE", f"{folder} has no complete weights ({str(error).splitlines()[0]}); get the files"
        ) from error
    except SafetensorError as error:
        raise ToolError("INPUT_CORRUPT", f"{folder} has safetensors that cannot be read ({error}); get them again") from error
    except RuntimeError as error:
        raise ToolError(
            "CHECKPOINT_MISMATCH", f"{folder}: weights and config.json are of two models ({str(error).splitlines()[0]}); use those of one"
        ) from error
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise ToolError("CHECKPOINT_INCOMPLETE", f"{folder} lacks {missing[0]} and {len(missing) - 1} more tensors; get the files again")
    return model.eval()


def _fill(model: Sam2Model, tensors: dict[str, Tensor], path: Path) -> Sam2Model:
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    missing = sorted(expected.keys() - tensors.keys())
    if missing:
        raise ToolError("CHECKPOINT_INCOMPLETE", f"{path} lacks {missing[0]} and {len(missing) - 1} more tensors; get the file again")
    for name, shape in expected.items():
        if tuple(tensors[name].shape) != shape:
            got = list(tensors[name].shape)
            raise ToolError("CHECKPOINT_MISMATCH", f"{path}: {name} is {got}, a model of this size has {list(shape)}; use a published one")
    model.load_state_dict({name: tensors[name].float() for name in expected}, assign=True)
    return model.eval()
