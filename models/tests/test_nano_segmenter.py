"""The crop U-Net: its geometry, its export against PyTorch, its samples and the resumption of its training."""

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from think2seg_models import nano_export, train_segmenter
from think2seg_models.close_ups import CLOSE_UP_PX, close_up
from think2seg_models.crop_samples import CropBatches, crop_mask, crop_picture, draw_prompt
from think2seg_models.instance_bank import close_up_banks, scene_banks
from think2seg_models.nano_segmenter import (
    CHANNELS,
    CROP,
    INPUT_PX,
    LIFTED,
    OUTSIDE,
    WINDOWS_PX,
    CropNet,
    DecoderContract,
    EncoderContract,
    Segmenter,
    colours,
    extent,
    frame_around,
    paste,
    planes,
)
from think2seg_models.scene_cache import write_cache
from think2seg_models.scenes import SEEN_STYLES
from think2seg_models.segmenter_check import cases, check_segmenter


def some_net() -> CropNet:
    torch.manual_seed(5)
    return CropNet().eval()


def some_prompts(prompts: int, points: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    corner = torch.rand(1, prompts, 2) * 300
    box = torch.cat([corner, corner + 40 + torch.rand(1, prompts, 2) * 100], 2)
    labels = torch.randint(0, 2, (1, prompts, points))
    labels[..., :1] = 1
    return torch.rand(1, prompts, points, 2) * INPUT_PX, labels, box


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("segmenter")
    nano_export.export_segmenter(some_net(), folder)
    return folder


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("prompts", "points", "boxed"), [(3, 2, True), (4, 0, True), (1, 1, True), (3, 2, False), (1, 1, False)])
def test_the_export_answers_as_pytorch(exported, prompts, points, boxed):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    encoder, decoder = (
        ort.InferenceSession(str(exported / name), options, providers=["CPUExecutionProvider"])
        for name in ("vision_encoder.onnx", "prompt_encoder_mask_decoder.onnx")
    )
    torch.manual_seed(prompts)
    picture = torch.nn.functional.interpolate(torch.randn(1, 3, 32, 32), (INPUT_PX, INPUT_PX), mode="bilinear")
    embeddings = encoder.run(None, {"pixel_values": picture.numpy()})
    assert [e.shape for e in embeddings] == [(1, 3, 512, 512), (1, 3, 128, 128), (1, 3, 64, 64)]
    point, label, box = some_prompts(prompts, points)
    box = box if boxed else box[:, :0]
    feeds = {"input_points": point.numpy(), "input_labels": label.numpy(), "input_boxes": box.numpy()}
    feeds |= {f"image_embeddings.{i}": e for i, e in enumerate(embeddings)}
    iou, masks, score, single_iou, single = decoder.run(None, feeds)
    assert iou.shape == (1, prompts, 3)
    assert masks.shape == (1, prompts, 3, 256, 256)
    assert score.shape == single_iou.shape == (1, prompts, 1)
    with torch.no_grad():
        expected = DecoderContract(some_net())(point, label, box, *EncoderContract()(picture))[4].numpy()
    # Weights are stored as float16.
    assert np.abs(single - expected).max() < 0.02 * np.abs(expected[expected > OUTSIDE]).max()


def test_weights_of_the_search_for_boxes_are_stored_once(exported):
    graph = onnx.load(exported / "prompt_encoder_mask_decoder.onnx").graph
    weights = sum(int(np.prod(t.dims)) for t in graph.initializer)
    assert weights < 1.02 * sum(p.numel() for p in some_net().parameters())
    assert not (exported / "find_boxes.onnx").exists()


def test_no_convolution_reads_fifteen_channels():
    read = {module.in_channels for module in some_net().modules() if isinstance(module, torch.nn.Conv2d)}
    assert 15 not in read
    assert LIFTED + CHANNELS == 16


def test_brightness_and_contrast_do_not_matter():
    net, crop = some_net(), torch.rand(2, CHANNELS, CROP, CROP) * 30
    other = crop.clone()
    other[:, :3] = other[:, :3] * 3 + 0.7
    with torch.no_grad():
        assert torch.allclose(net(other)[0], net(crop)[0], atol=0.2 * net(crop)[0].std().item())
        crop[:, :3] = crop[:, :3].flip(3)
        assert not torch.allclose(net(other)[0], net(crop)[0], atol=0.2 * net(crop)[0].std().item())


def test_a_crop_returns_to_its_place():
    box = torch.tensor([[160.0, 96.0, 320.0, 224.0]])
    frame = frame_around(box)[0]
    mask = paste(torch.full((1, CROP, CROP), 5.0), frame[None], 512)[0] > 0
    rows, columns = torch.nonzero(mask, as_tuple=True)
    assert abs(columns.min().item() - frame[0].item()) <= 1.5
    assert abs(rows.max().item() + 1 - (frame[1] + frame[3]).item()) <= 1.5


def test_extent_finds_the_box_of_a_mask():
    logits = torch.full((2, CROP, CROP), -1.0)
    logits[0, 24:48, 48:72] = 1
    frame = torch.tensor([[100.0, 200.0, 192.0, 96.0], [10.0, 20.0, 30.0, 40.0]])
    boxes = extent(logits, frame)
    assert boxes[0].tolist() == [196.0, 224.0, 244.0, 248.0]
    assert boxes[1].tolist() == [10.0, 20.0, 40.0, 60.0]  # nothing found: all that was looked at


def test_crops_see_box_and_points():
    picture = torch.zeros(1, 3, INPUT_PX, INPUT_PX)
    picture[:, :, 96:224, 160:320] = 1
    box = torch.tensor([[160.0, 96.0, 320.0, 224.0]])
    points, labels = torch.tensor([[[240.0, 160.0], [166.0, 102.0]]]), torch.tensor([[1, 0]])
    frame = frame_around(box)
    colour = colours(picture, torch.nn.functional.avg_pool2d(picture, 4), frame)[0]
    inside, positive, negative, _ = planes(frame, box, torch.ones(1), points, labels)[0]
    assert ((inside > 0) == (colour[0] > 0.5)).float().mean() > 0.95
    middle = (CROP // 2 - 1, CROP // 2)
    assert all(at in middle for at in divmod(positive.argmax().item(), CROP))
    assert all(at < 20 for at in divmod(negative.argmax().item(), CROP))
    assert not planes(frame, box, torch.zeros(1), points, labels)[0, 0].any()


def test_points_alone_take_the_window_that_the_net_trusts():
    class TrustsOneWindow(torch.nn.Module):
        def forward(self, crop):
            # A disc around the point in each window; the third window is the one to trust.
            quality = torch.tensor([0.1, 0.2, 0.9, 0.3, 0.4])
            return crop[:, 4] - 0.5, quality

    picture = torch.zeros(1, 3, INPUT_PX, INPUT_PX)
    points, labels = torch.tensor([[[200.0, 300.0]]]), torch.tensor([[1]])
    found = Segmenter(TrustsOneWindow()).find_boxes(picture, torch.nn.functional.avg_pool2d(picture, 4), points, labels)[0]
    width = (found[2] - found[0]).item()
    assert abs((found[0] + found[2]).item() / 2 - 200) < 2
    assert abs((found[1] + found[3]).item() / 2 - 300) < 2
    disc = 2 * 4 * (2 * np.log(2)) ** 0.5  # cells where the heat is above one half
    assert abs(width / WINDOWS_PX[2] * CROP - disc) <= 2


def test_close_ups_are_repeatable_and_label_what_they_show():
    image, found = close_up(3)
    again, _ = close_up(3)
    assert (image == again).all()
    assert image.shape == (CLOSE_UP_PX, CLOSE_UP_PX, 3)
    kinds = {instance.kind for seed in range(6) for instance in close_up(seed)[1]}
    assert kinds == {"crown", "clump", "roof", "lane"}
    for instance in found:
        assert cv2.boundingRect(instance.mask.astype(np.uint8)) == (
            *instance.box[:2],
            instance.box[2] - instance.box[0],
            instance.box[3] - instance.box[1],
        )


def test_training_crops_are_what_the_segmenter_cuts():
    random = np.random.default_rng(2)
    image = cv2.resize(random.integers(0, 255, (40, 40, 3), np.uint8), (320, 320), interpolation=cv2.INTER_CUBIC)
    box = np.array([100, 60, 180, 160])
    mask = np.ones((100, 80), bool)
    to_input = INPUT_PX / 320
    prompt = next(p for p in (draw_prompt(random, box, mask, to_input) for _ in range(50)) if p.known)
    ours = crop_picture(image, prompt.frame, to_input)
    large = torch.from_numpy(cv2.resize(image, (INPUT_PX, INPUT_PX)).transpose(2, 0, 1).astype(np.float32))[None]
    cut = colours(large, torch.nn.functional.avg_pool2d(large, 4), torch.from_numpy(prompt.frame)[None])[0].numpy().transpose(1, 2, 0)
    assert np.abs(ours - cut).mean() < 4
    truth = crop_mask(mask, box, prompt.frame, to_input)
    cells = prompt.frame[2] * prompt.frame[3] / CROP**2
    assert abs(truth.sum() * cells - mask.sum() * to_input**2) < 0.05 * mask.sum() * to_input**2


@pytest.fixture(scope="module")
def caches(tmp_path_factory) -> Path:
    work = tmp_path_factory.mktemp("work")
    write_cache(work / "scenes", 6, styles=SEEN_STYLES, shard_size=6)
    write_cache(work / "scenes-check", 3, 15_000_000, (555,), shard_size=3)
    return work


def test_the_bank_gives_back_the_outlines(caches):
    (bank,) = scene_banks(caches / "scenes", caches / "outlines")
    for case in cases([bank], 20):
        x0, y0, x1, y1 = cv2.boundingRect(case.mask.astype(np.uint8))
        assert case.mask.sum() >= 50
        assert case.mask[(case.points[:, 1]).astype(int), (case.points[:, 0]).astype(int)].all()
        assert np.abs(case.box - [x0, y0, x0 + x1, y0 + y1]).max() < 0.15 * 320
    batches = CropBatches([bank], 0)
    crops, truth, shown = next(iter(batches))
    assert crops.shape[1:] == (CHANNELS, CROP, CROP)
    assert truth.max() <= 1
    assert ((shown > 0) & (shown <= 1)).all()


def test_training_goes_on_where_it_stopped(caches, monkeypatch):
    monkeypatch.setattr(train_segmenter, "CLOSE_UPS", 0)
    monkeypatch.setattr(train_segmenter, "LOG_EVERY", 2)
    monkeypatch.setattr(train_segmenter, "SAVE_EVERY", 2)
    monkeypatch.setattr(train_segmenter, "CHECK_EVERY", 1000)
    monkeypatch.setattr(train_segmenter, "check_segmenter", lambda net, banks, count: check_segmenter(net, banks, 3))
    out = caches / "segmenter.pt"
    train = lambda steps: train_segmenter.train_segmenter(caches / "scenes", caches / "scenes-check", caches, out, steps)  # noqa: E731
    train(2)
    before = torch.load(out)["stage1.0.0.weight"].clone()
    train(4)
    lines = [json.loads(line) for line in out.with_suffix(".log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4]
    assert lines[1]["cpu_s"] >= lines[0]["cpu_s"]
    assert set(lines[1]["check"]) == {"box", "points", "box + points"}
    assert not torch.equal(torch.load(out)["stage1.0.0.weight"], before)
    train(4)
    assert len(out.with_suffix(".log.jsonl").read_text().splitlines()) == 2


def test_the_loss_asks_for_the_iou_of_the_whole_object():
    truth = torch.zeros(1, CROP, CROP)
    truth[:, 20:60, 20:60] = 1
    logits = (truth - 0.5) * 40
    right, iou = train_segmenter.segmentation_loss(logits, torch.tensor([0.5]), truth, torch.tensor([0.5]))
    wrong, _ = train_segmenter.segmentation_loss(logits, torch.tensor([1.0]), truth, torch.tensor([0.5]))
    assert iou.item() == 1
    assert right.item() < 0.01
    assert wrong.item() - right.item() == pytest.approx(0.25, abs=1e-3)


def test_no_close_ups_are_no_bank(tmp_path):
    assert close_up_banks(0, tmp_path) == []
