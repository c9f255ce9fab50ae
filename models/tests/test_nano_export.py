"""Weights in few bytes: what the files keep, and that ONNX Runtime computes with what is kept."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, numpy_helper

from think2seg_models import nano_export, vocabulary
from think2seg_models.detections import N_CLASSES
from think2seg_models.detector import Detector
from think2seg_models.nano_export import CONVOLUTION_RANK, VisionEncoder, as_stored, byte_codes
from think2seg_models.prompter import Prompter

PICTURE = (1, 3, 64, 96)


@pytest.fixture
def detector(monkeypatch) -> Detector:
    """A narrow one, with statistics as training leaves them."""
    torch.set_num_threads(1)
    monkeypatch.setattr("think2seg_models.detector.WIDTHS", (8, 16, 16, 24))
    torch.manual_seed(2)
    model = Detector().eval()
    torch.nn.init.normal_(model.box_head.weight, 0, 0.1)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    return model


def export(model: torch.nn.Module, path: Path, convolutions_as_bytes: bool) -> Path:
    outputs = ["classes", "boxes", "masks"]
    nano_export._export(model, (torch.randn(PICTURE),), path, ["picture"], outputs, {}, convolutions_as_bytes)
    return path


def test_codes_are_within_half_a_step_of_the_weight():
    random = np.random.default_rng(0)
    weight = random.normal(size=(6, 4, 3, 3)).astype(np.float32) * np.array([1e-4, 0.1, 1, 5, 40, 0], np.float32).reshape(-1, 1, 1, 1)
    codes, scale = byte_codes(weight)
    assert codes.dtype == np.int8
    assert scale.shape == (6, 1, 1, 1)
    assert (np.abs(codes * scale - weight) <= scale * 0.5001).all()
    assert np.abs(codes[:5]).max((1, 2, 3)).tolist() == [127] * 5
    assert not codes[5].any()
    again, _ = byte_codes(codes * scale)
    assert np.array_equal(again, codes)


def test_the_file_computes_what_the_stored_weights_do(tmp_path, detector):
    stored = as_stored(detector)
    path = export(stored, tmp_path / "bytes.onnx", True)
    picture = torch.rand(PICTURE) * 2 - 1
    found = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"picture": picture.numpy()})
    with torch.no_grad():
        expected, exact = stored(picture), detector(picture)
    for ours, rounded, original in zip(found, expected, exact, strict=True):
        assert np.allclose(ours, rounded, rtol=1e-4, atol=1e-4 * rounded.abs().max().item())
        assert 0 < (rounded - original).abs().max() < 0.05 * original.abs().max()


def test_bytes_take_little_more_than_half_of_what_half_precision_takes(tmp_path, detector):
    sizes = [export(as_stored(detector), tmp_path / f"{as_bytes}.onnx", as_bytes).stat().st_size for as_bytes in (True, False)]
    saved = sum(weight.numel() for weight in detector.parameters() if weight.ndim == CONVOLUTION_RANK)
    assert sizes[1] - sizes[0] > 0.8 * saved


def test_only_convolutions_of_the_tower_are_bytes(tmp_path, detector):
    tokens = vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS
    prompter = Prompter(vocabulary.Vocabulary(tokens, np.zeros((len(tokens), vocabulary.VECTOR_SIZE), np.float32))).eval()
    path = tmp_path / "tower.onnx"
    nano_export._export(
        VisionEncoder(as_stored(detector), prompter, torch.full((N_CLASSES,), 0.3)),
        (torch.randn(400, 1176), torch.tensor([[1, 20, 20]])),
        path,
        ["pixel_values", "image_grid_thw"],
        ["image_features"],
        {"pixel_values": {0: "patches"}, "image_features": {0: "tokens"}},
        convolutions_as_bytes=True,
    )
    graph = onnx.load(path).graph
    codes = {t.name.removesuffix("_codes"): numpy_helper.to_array(t) for t in graph.initializer if t.data_type == TensorProto.INT8}
    convolved = [node.input[1] for node in graph.node if node.op_type == "Conv"]
    used_elsewhere = {name for node in graph.node if node.op_type != "Conv" for name in node.input}
    assert set(codes) == set(convolved)
    assert not set(codes) & used_elsewhere
    assert sum(c.size for c in codes.values()) == sum(w.numel() for w in detector.parameters() if w.ndim == CONVOLUTION_RANK)
