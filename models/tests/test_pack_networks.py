"""Detector and segmenter back from a pack: packed again they are the same files."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from think2seg_models import detections, nano_export, vocabulary
from think2seg_models.__main__ import main
from think2seg_models.detector import Detector
from think2seg_models.errors import ToolError
from think2seg_models.nano_segmenter import CropNet
from think2seg_models.pack_networks import detector_of, segmenter_of, thresholds_of
from think2seg_models.prompter import Prompter
from think2seg_models.questions import CONCEPT_KEYS
from think2seg_models.vocabulary import Vocabulary

pytestmark = pytest.mark.filterwarnings("ignore:Constant folding", "ignore:To copy construct")
WIDTHS = (8, 8, 8, 8)
FILES = ("lvlm/onnx/vision_encoder.onnx", "segmenter/onnx/prompt_encoder_mask_decoder.onnx")
THRESHOLDS = [round(0.3 + 0.007 * number, 3) for number in range(detections.N_CLASSES)]


def _shaken(network: nn.Module) -> nn.Module:
    """With normalisations that change something, as training leaves them."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values, low, high in (
                (module.weight, 0.5, 2),
                (module.bias, -1, 1),
                (module.running_mean, -1, 1),
                (module.running_var, 0.3, 3),
            ):
                nn.init.uniform_(values, low, high)
    return network.eval()


@pytest.fixture(scope="module")
def prompter() -> Prompter:
    tokens = [*vocabulary.SPECIALS, *vocabulary.ANSWER_TOKENS, "tank"]
    return Prompter(Vocabulary(tokens, np.ones((len(tokens), vocabulary.VECTOR_SIZE), np.float32))).eval()


def _pack(detector: Detector, net: CropNet, prompter: Prompter, folder):
    size = len(prompter.answer_table()) + len(prompter.vectors)
    nano_export.export_lvlm(detector, prompter, torch.tensor(THRESHOLDS), size, folder / "lvlm/onnx")
    nano_export.export_segmenter(net, folder / "segmenter/onnx")
    return folder


@pytest.fixture(scope="module", autouse=True)
def narrow():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("think2seg_models.detector.WIDTHS", WIDTHS)
        patch.setattr(CropNet.__init__, "__defaults__", (WIDTHS,))
        yield


@pytest.fixture(scope="module")
def pack(prompter, narrow, tmp_path_factory):
    torch.set_num_threads(1)
    torch.manual_seed(3)
    return _pack(_shaken(Detector()), _shaken(CropNet()), prompter, tmp_path_factory.mktemp("pack"))


def test_packed_again_they_are_the_same_files(pack, prompter, tmp_path):
    again = _pack(detector_of(pack), segmenter_of(pack), prompter, tmp_path)
    for file in FILES:
        assert (again / file).read_bytes() == (pack / file).read_bytes(), file


def test_they_load_as_weights_of_a_training(pack, tmp_path):
    work = tmp_path / "work"
    assert main(["networks-of-pack", "--pack", str(pack), "--work", str(work)]) == 0
    detector, net = Detector(), CropNet()
    detector.load_state_dict(torch.load(work / "detector.pt"))
    net.load_state_dict(torch.load(work / "segmenter.pt"))
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        for ours, theirs in zip(detector.eval()(picture), detector_of(pack)(picture), strict=True):
            assert torch.equal(ours, theirs)
    assert json.loads((work / "thresholds.json").read_text()) == dict(zip(CONCEPT_KEYS, THRESHOLDS, strict=True)) == thresholds_of(pack)


@pytest.mark.parametrize("widths", [(8, 8, 8, 16), (8, 16, 8, 8)])
def test_another_shape_is_refused(pack, monkeypatch, widths):
    monkeypatch.setattr("think2seg_models.detector.WIDTHS", widths)
    with pytest.raises(ToolError, match=r"INPUT_CORRUPT.*vision_encoder\.onnx.*/detector/"):
        detector_of(pack)
