"""The crop U-Net: its geometry, its export against PyTorch, its samples and the resumption of its training."""

import json
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from think2seg_models import crop_samples, instance_bank, nano_export, train_segmenter
from think2seg_models.close_ups import CLOSE_UP_PX, close_up
from think2seg_models.crop_samples import CropSamples, Gallery, mirror_and_turn, vary
from think2seg_models.instance_bank import PLACES, Bank, close_up_banks, outline_scenes, scene_banks, write_outlines
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
from think2seg_models.scenes import SEEN_STYLES, Instance
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


def bank_of(folder: Path, image: np.ndarray, kinds: list[str], boxes: list[tuple[int, int, int, int]], masks: list[np.ndarray]) -> Bank:
    """One picture and the masks inside the boxes in it."""
    found = []
    for kind, (x0, y0, x1, y1), mask in zip(kinds, boxes, masks, strict=True):
        whole = np.zeros(image.shape[:2], bool)
        whole[y0:y1, x0:x1] = mask
        found.append(Instance(kind, whole, (x0, y0, x1, y1)))
    write_outlines(folder / "outlines.npz", [found])
    return instance_bank._load(image[None], folder / "outlines.npz")


def gallery_of(*banks: Bank) -> Gallery:
    gallery = Gallery(banks[0].images.shape[1], torch.device("cpu"))
    for bank in banks:
        gallery.add(bank)
    gallery.finish()
    return gallery


def some_image(seed: int) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 255, (40, 40, 3), np.uint8)
    return cv2.resize(small, (320, 320), interpolation=cv2.INTER_CUBIC)


def some_masks(seed: int, boxes: list[tuple[int, int, int, int]]) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.random((y1 - y0, x1 - x0)) < 0.6 for x0, y0, x1, y1 in boxes]


def bean() -> np.ndarray:
    """[100,80] bool, with a hollow on one side."""
    mask = np.ones((100, 80), np.uint8)
    cv2.circle(mask, (70, 40), 32, 0, -1)
    return mask.astype(bool)


@pytest.fixture
def one_bean(tmp_path) -> Gallery:
    return gallery_of(bank_of(tmp_path, some_image(2), ["pool"], [(100, 60, 180, 160)], [bean()]))


BOXES = [(10, 20, 17, 25), (40, 50, 53, 59), (100, 90, 108, 98), (0, 300, 31, 320)]


def test_a_gallery_knows_which_pixels_belong_to_what(tmp_path):
    """Of two banks, whose packed masks do not end at bytes; the margin around each box is empty."""
    banks = []
    for seed in (0, 1):
        (tmp_path / str(seed)).mkdir()
        banks.append(bank_of(tmp_path / str(seed), some_image(seed), ["pool"] * len(BOXES), BOXES, some_masks(seed, BOXES)))
    gallery, margin = gallery_of(*banks), 3
    assert gallery.picture.tolist() == [0] * len(BOXES) + [1] * len(BOXES)
    for number in range(2 * len(BOXES)):
        bank, index = banks[number // len(BOXES)], number % len(BOXES)
        x0, y0, x1, y1 = BOXES[index]
        x, y = np.meshgrid(np.arange(x0 - margin, x1 + margin), np.arange(y0 - margin, y1 + margin))
        pixels = torch.from_numpy(np.stack([x.ravel(), y.ravel()], 1))[None]
        drawn = gallery.drawn(torch.tensor([number]))
        expected = np.pad(bank.mask(index), margin).ravel()
        assert np.array_equal(gallery._bit(drawn, pixels)[0], expected)
        assert np.allclose(gallery.covered(drawn, pixels + 0.5)[0], expected)
        assert gallery.area[number] == bank.mask(index).sum()


def test_between_pixels_a_mask_is_covered_in_part(tmp_path):
    mask = np.zeros((4, 4), bool)
    mask[:, :2] = True
    gallery = gallery_of(bank_of(tmp_path, some_image(0), ["pool"], [(10, 10, 14, 14)], [mask]))
    places = torch.tensor([[[11.5, 12.0], [11.75, 12.0], [12.0, 12.0], [12.5, 12.0], [10.0, 12.0], [10.0, 10.0]]])
    assert gallery.covered(gallery.drawn(torch.tensor([0])), places)[0].tolist() == [1, 0.75, 0.5, 0, 0.5, 0.25]


def test_training_crops_are_what_the_segmenter_cuts(one_bean):
    torch.manual_seed(2)
    drawn = one_bean.drawn(torch.zeros(60, dtype=torch.long))
    prompts = one_bean.prompts(drawn)
    assert 0 < prompts.known.mean() < 1
    large = torch.from_numpy(cv2.resize(some_image(2), (INPUT_PX, INPUT_PX)).transpose(2, 0, 1).astype(np.float32))[None]
    cut = colours(large, torch.nn.functional.avg_pool2d(large, 4), prompts.frame)
    ours = one_bean.colours(drawn, prompts.frame)
    assert (ours - cut)[prompts.known > 0].abs().mean((1, 2, 3)).max() < 4
    # The segmenter cuts the largest frames from a quarter of the picture, which is coarser.
    assert (ours - cut).abs().mean((1, 2, 3)).max() < 16
    truth, whole = one_bean.truth(drawn, prompts.frame), bean().sum() * (INPUT_PX / 320) ** 2
    area = truth.sum((1, 2)) * prompts.frame[:, 2:].prod(1) / CROP**2
    assert np.allclose(area[prompts.known > 0], whole, rtol=0.05)
    assert torch.allclose(one_bean.shown(drawn, prompts.frame, truth), (area / whole).clamp(max=1), atol=1e-3)
    assert torch.equal(prompts.frame[prompts.known > 0], frame_around(prompts.box[prompts.known > 0]))


def test_a_crop_shows_the_mask_where_it_lies(one_bean):
    to_input = INPUT_PX / 320
    frame = torch.tensor([[100.0, 60.0, 80.0, 100.0]]) * to_input
    truth = one_bean.truth(one_bean.drawn(torch.tensor([0])), frame)[0]
    expected = cv2.resize(bean().astype(np.float32), (CROP, CROP), interpolation=cv2.INTER_LINEAR)
    assert np.abs(truth.numpy() - expected).mean() < 0.03


def test_what_a_crop_leaves_out_of_its_object_is_not_shown(one_bean):
    frames = torch.tensor([[90.0, 50.0, 120.0, 120.0], [100.0, 60.0, 40.0, 100.0], [200.0, 200.0, 50.0, 50.0]]) * (INPUT_PX / 320)
    drawn = one_bean.drawn(torch.zeros(3, dtype=torch.long))
    shown = one_bean.shown(drawn, frames, one_bean.truth(drawn, frames))
    left = bean()[:, :40].sum() / bean().sum()
    assert np.allclose(shown, [1, left, 0], atol=0.02)


def test_points_lie_on_their_object_or_off_it_as_they_say(tmp_path, monkeypatch):
    monkeypatch.setattr(crop_samples, "POINT_JITTER", 0)
    monkeypatch.setattr(crop_samples, "BOX_JITTERS", (0.0,))
    torch.manual_seed(4)
    masks = [cv2.blur(mask.astype(np.float32), (3, 3)) > 0.5 for mask in some_masks(3, BOXES)]
    gallery = gallery_of(bank_of(tmp_path, some_image(3), ["pool"] * len(BOXES), BOXES, masks))
    drawn = gallery.drawn(torch.arange(4).repeat(100))
    prompts = gallery.prompts(drawn)
    on = gallery._bit(drawn, (prompts.points / gallery.to_input).floor().long())
    assert set(prompts.labels.unique().tolist()) == {-1, 0, 1}
    assert (on[prompts.labels == 1] == 1).all()
    assert (on[prompts.labels == 0] == 0).all()
    positives, negatives = (prompts.labels == 1).sum(1), (prompts.labels == 0).sum(1)
    assert positives[prompts.known == 0].min() == 1
    assert set(positives[prompts.known > 0].tolist()) == {0, 1, 2, 3}
    assert negatives.max() == 1
    assert torch.allclose(prompts.box, drawn.box * gallery.to_input)
    alone = prompts.known == 0
    corner, size = prompts.frame[alone, None, :2], prompts.frame[alone, None, 2:]
    within = ((prompts.points[alone] >= corner) & (prompts.points[alone] <= corner + size)).all(2)
    assert (size[..., 0] == size[..., 1]).all()
    assert within[prompts.labels[alone] == 1].float().mean() > 0.9


def test_places_are_the_deepest_first_and_on_the_mask(tmp_path):
    bank = bank_of(tmp_path, some_image(2), ["pool"], [(100, 60, 180, 160)], [bean()])
    depth = instance_bank.depth_of(bean())
    columns, rows = np.floor(bank.places[0]).astype(int).T
    assert bank.places.shape == (1, PLACES, 2)
    assert np.allclose(bank.depth[0], depth[rows, columns] / depth.max(), atol=1e-6)
    assert bank.depth[0, 0] == 1
    assert bank.depth.min() > 0


def test_varied_crops_keep_shape_and_range():
    torch.manual_seed(0)
    before = torch.rand(24, 3, CROP, CROP) * 255
    after = vary(before)
    assert after.shape == before.shape
    assert 0 <= after.min() < after.max() <= 255
    assert sum(not torch.equal(*pair) for pair in zip(after, before, strict=True)) > 12


def test_crops_and_truth_are_mirrored_and_turned_together_in_eight_ways():
    """The aspect, in the last plane, changes its sign where width and height change places."""
    truth = torch.rand(1, CROP, CROP).expand(16, -1, -1)
    crops = torch.cat([truth[:, None].expand(-1, 6, -1, -1), torch.full((16, 1, CROP, CROP), 0.3)], 1)
    turned, turned_truth = mirror_and_turn(crops, truth)
    assert turned.shape == crops.shape
    for plane in range(6):
        assert torch.equal(turned[:, plane], turned_truth)
    assert len({tuple(one[:2, :2].flatten().tolist()) for one in turned_truth}) == 8
    upright = truth[0].sum(0).sort()[0]
    for one, aspect in zip(turned_truth, turned[:, 6], strict=True):
        kept = torch.allclose(one.sum(0).sort()[0], upright, atol=1e-3)
        assert (aspect == (0.3 if kept else -0.3)).all()


def test_samples_mix_pictures_of_two_sizes_and_take_more(tmp_path, monkeypatch):
    monkeypatch.setattr(crop_samples, "POINT_JITTER", 0)
    monkeypatch.setattr(instance_bank, "SHARD", 2)
    torch.manual_seed(1)
    bank = bank_of(tmp_path, some_image(1), ["pool", "crown"], [(20, 30, 80, 90), (100, 60, 180, 160)], [np.ones((60, 60), bool), bean()])
    samples = CropSamples()
    samples.add([bank])
    assert set(samples._numbers(50)) == {320}
    samples.add(close_up_banks(2, tmp_path))
    samples.add([])
    assert set(samples._numbers(200)) == {320, CLOSE_UP_PX}
    assert samples.galleries[CLOSE_UP_PX].pictures.count == 2
    crops, truth, shown = samples.batch(40)
    assert crops.shape == (40, CHANNELS, CROP, CROP)
    assert truth.shape == (40, CROP, CROP)
    assert shown.shape == (40,)
    assert (truth.amax((1, 2)) > 0.5).all()
    # Points follow their objects through mirroring and turning.
    positive = crops[:, 4].flatten(1)
    pointed = positive.amax(1) > 0.5
    assert pointed.sum() > 10
    assert (truth.flatten(1).gather(1, positive.argmax(1, keepdim=True))[pointed] > 0.4).float().mean() > 0.85


def test_close_ups_do_not_depend_on_the_number_of_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(instance_bank, "SHARD", 1)
    alone, together = (close_up_banks(2, tmp_path / str(processes), processes) for processes in (1, 2))
    assert len(alone) == len(together) == 2
    for a, b in zip(alone, together, strict=True):
        assert a.kinds == b.kinds
        for name in ("images", "box", "bits", "places"):
            assert np.array_equal(getattr(a, name), getattr(b, name))


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
    samples = CropSamples()
    samples.add([bank])
    crops, truth, shown = samples.batch(32)
    assert crops.shape == (32, CHANNELS, CROP, CROP)
    assert truth.shape == (32, CROP, CROP)
    assert 0 <= truth.min() < truth.max() <= 1
    assert ((shown > 0) & (shown <= 1)).all()


def test_training_goes_on_where_it_stopped(caches, monkeypatch):
    monkeypatch.setattr(train_segmenter, "CLOSE_UPS", 0)
    monkeypatch.setattr(train_segmenter, "LOG_EVERY", 2)
    monkeypatch.setattr(train_segmenter, "SAVE_EVERY", 2)
    monkeypatch.setattr(train_segmenter, "check_segmenter", lambda net, banks, count: check_segmenter(net, banks, 3))
    out = caches / "segmenter.pt"
    train = lambda steps: train_segmenter.train_segmenter(  # noqa: E731
        [caches / "scenes"], caches / "scenes-check", caches, out, steps, batch_size=8
    )
    train(2)
    before = torch.load(out)["stage1.0.0.weight"].clone()
    train(4)
    lines = lines_of(out)
    assert [line["step"] for line in lines] == [2, 2, 4, 4]
    assert [set(line) for line in lines] == [{"step", "crops", "seconds", "loss", "crop_iou"}, {"step", "check"}] * 2
    assert [line["crops"] for line in lines[::2]] == [16, 32]
    assert lines[2]["seconds"] >= lines[0]["seconds"]
    assert set(lines[3]["check"]) == {"box", "points", "box + points"}
    after = torch.load(out)["stage1.0.0.weight"]
    assert not torch.equal(after, before)
    train(4)
    assert [line["step"] for line in lines_of(out) if "loss" in line] == [2, 4]
    assert torch.equal(torch.load(out)["stage1.0.0.weight"], after)


def lines_of(out: Path) -> list[dict]:
    return [json.loads(line) for line in out.with_suffix(".log.jsonl").read_text().splitlines()]


def test_training_by_the_clock_takes_in_new_scenes_and_keeps_its_last_step(caches, tmp_path, monkeypatch):
    """The second shard is outlined when the training has begun; those of another folder are taken too."""
    monkeypatch.setattr(train_segmenter, "CLOSE_UPS", 0)
    monkeypatch.setattr(train_segmenter, "LOG_EVERY", 1)
    monkeypatch.setattr(train_segmenter, "LOOK_EVERY_S", 0)
    scenes = tmp_path / "scenes"
    write_cache(scenes, 2, 1_000_020, SEEN_STYLES, shard_size=1)
    lifelike = tmp_path / "lifelike"
    write_cache(lifelike, 1, 40_000_000, None, shard_size=1)
    for folder in (scenes, lifelike):
        outline_scenes(tmp_path / "outlines", folder, 0)
    hung = []

    def scene_bank(*where):
        if not hung:
            outline_scenes(tmp_path / "outlines", scenes, 1)
        hung.append((where[0].name, where[2]))
        return instance_bank.scene_bank(*where)

    monkeypatch.setattr(train_segmenter, "scene_bank", scene_bank)
    out = tmp_path / "segmenter.pt"
    folders = [scenes, lifelike]
    for seconds in (0.4, 1.2):
        train_segmenter.train_segmenter(folders, tmp_path / "no-check", tmp_path, out, 10**6, seconds=seconds, batch_size=2)
        assert torch.load(out.with_suffix(".state"))["step"] == lines_of(out)[-1]["step"]
    assert hung[:3] == [("lifelike", 0), ("scenes", 0), ("scenes", 1)]


def test_training_begins_with_weights_that_are_given(caches, monkeypatch):
    monkeypatch.setattr(train_segmenter, "CLOSE_UPS", 0)
    monkeypatch.setattr(train_segmenter, "check_segmenter", lambda net, banks, count: {})
    torch.manual_seed(7)
    start, out = caches / "start.pt", caches / "from-start.pt"
    torch.save(CropNet().state_dict(), start)
    train = partial(train_segmenter.train_segmenter, [caches / "scenes"], caches / "scenes-check", caches, out, 1, batch_size=2)
    train(start=start, peak_rate=1e-6)
    given, trained = torch.load(start), torch.load(out)
    assert torch.allclose(trained["stage1.0.0.weight"], given["stage1.0.0.weight"], atol=1e-5)


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
