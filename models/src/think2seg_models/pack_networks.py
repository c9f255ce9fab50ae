"""The detector and the segmenter of a nano pack back from its files, to go on training where only the pack is left.

The pack holds convolutions with their normalisation folded in, those of the detector as bytes, the rest in half precision. They come back
before a normalisation that changes nothing, so packed again they are as they were.
"""

import json
import re
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import GraphProto, numpy_helper
from torch import nn

from .detector import Detector
from .errors import ToolError
from .nano_segmenter import CropNet
from .questions import CONCEPT_KEYS
from .weight_files import save_whole

LINEAR = ("Conv", "Gemm")
"""Operators that have a weight and a bias; both networks have no others."""


def _stored(graph: GraphProto) -> dict[str, np.ndarray]:
    """The weights of a graph in single precision, by the names under which its operators use them."""
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    halves = {name.removesuffix("_half"): array.astype(np.float32) for name, array in arrays.items() if name.endswith("_half")}
    coded = [name.removesuffix("_codes") for name in arrays if name.endswith("_codes")]
    return arrays | halves | {name: arrays[f"{name}_codes"] * arrays[f"{name}_scale"] for name in coded}


def _module_of(node_name: str, prefix: str) -> str | None:
    """`/prefix/stage1/stage1.1/first/first.0/Conv` is the module stage1.1.first.0: a level that goes on from the one before holds it."""
    path = re.fullmatch(rf"/{prefix}/(.+)/(?:{'|'.join(LINEAR)})", node_name)
    if path is None:
        return None
    parts: list[str] = []
    for level in path[1].split("/"):
        if parts and level.startswith(f"{parts[-1]}."):
            parts.pop()
        parts.append(level)
    return ".".join(parts)


def _fill(network: nn.Module, model: Path, prefix: str) -> None:
    """Raises INPUT_CORRUPT for a file that holds another network."""
    graph = onnx.load(model).graph
    weights = _stored(graph)
    modules = dict(network.named_modules())
    missing = {name for name, module in modules.items() if isinstance(module, nn.Conv2d | nn.Linear)}
    for node in graph.node:
        name = _module_of(node.name, prefix)
        if name is None:
            continue
        module, (weight, bias) = modules.get(name), (weights.get(of) for of in node.input[1:3])
        if weight is None or bias is None or module is None or tuple(module.weight.shape) != weight.shape:
            raise ToolError("INPUT_CORRUPT", f"{model}: got another network at {node.name}, expected a pack of this version's shape")
        module.weight.data = torch.from_numpy(weight.copy())
        _set_bias(modules, name, torch.from_numpy(bias.copy()))
        missing.discard(name)
    if missing:
        raise ToolError("INPUT_CORRUPT", f"{model}: got no {min(missing)}, expected a pack of this version's shape")


def _set_bias(modules: dict[str, nn.Module], name: str, bias: torch.Tensor) -> None:
    """In the layer itself, or in the normalisation that follows it and else changes nothing."""
    if modules[name].bias is not None:
        modules[name].bias.data = bias
        return
    block, _, place = name.rpartition(".")
    norm = modules[f"{block}.{int(place) + 1}"]
    norm.bias.data = bias
    norm.weight.data = torch.ones_like(bias)
    norm.running_mean, norm.running_var = torch.zeros_like(bias), torch.full_like(bias, 1 - norm.eps)


def detector_of(pack: Path) -> Detector:
    detector = Detector().eval()
    _fill(detector, pack / "lvlm/onnx/vision_encoder.onnx", "detector")
    return detector


def segmenter_of(pack: Path) -> CropNet:
    net = CropNet().eval()
    _fill(net, pack / "segmenter/onnx/prompt_encoder_mask_decoder.onnx", "segmenter/net")
    return net


def thresholds_of(pack: Path) -> dict[str, float]:
    """By concept, in the thousandths that they are chosen in."""
    values = _stored(onnx.load(pack / "lvlm/onnx/vision_encoder.onnx").graph)["thresholds"]
    return {key: round(value, 3) for key, value in zip(CONCEPT_KEYS, values.tolist(), strict=True)}


def write_networks(pack: Path, work: Path) -> None:
    """`detector.pt`, `segmenter.pt` and `thresholds.json` into `work`."""
    detector, segmenter, thresholds = detector_of(pack), segmenter_of(pack), thresholds_of(pack)
    work.mkdir(parents=True, exist_ok=True)
    save_whole(work / "detector.pt", detector.state_dict())
    save_whole(work / "segmenter.pt", segmenter.state_dict())
    (work / "thresholds.json").write_text(json.dumps(thresholds, indent=1) + "\n")
