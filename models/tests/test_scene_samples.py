"""Training samples of the detector: views of scenes, what is to be found in them, and a cache that grows meanwhile."""

import functools
import json
from functools import partial

import cv2
import numpy as np
import pytest
import torch

from think2seg_models.__main__ import main
from think2seg_models.detections import N_CLASSES
from think2seg_models.detector import LAYER_OF, STRIDE, Detector
from think2seg_models.errors import ToolError
from think2seg_models.instance_bank import outline_scenes, outlined_shards
from think2seg_models.landscapes import landscape
from think2seg_models.questions import CONCEPT_KEYS
from think2seg_models.scene_cache import (
    COARSE,
    RENDERED_PX,
    SCENE_PX,
    draw_in_styles,
    finished_shards,
    read_shard,
    reduced,
    write_cache,
    write_shard,
)
from think2seg_models.scene_samples import (
    GRID,
    SMALLEST_SHARE,
    SceneBatch,
    SceneStore,
    View,
    cut_objects,
    look,
    random_views,
    targets,
    turns,
    vary_photo,
)
from think2seg_models.scenes import SEEN_STYLES, render, texture_bank
from think2seg_models.settlements import settlement
from think2seg_models.train_detector import losses, train_detector
from think2seg_models.vocabulary import FRAME_PX

CPU = torch.device("cpu")
BOX = (140, 100, 204, 180)


def lopsided() -> torch.Tensor:
    """[16,16]: a shape that reaches every side and that no mirroring or turning leaves as it is."""
    mask = torch.zeros(COARSE, COARSE)
    mask[:, :3] = mask[9:, :] = mask[:4, :7] = 1
    return mask


def scene_of(mask: torch.Tensor) -> torch.Tensor:
    """[320,320,3] u8: the mask, white in BOX."""
    x0, y0, x1, y1 = BOX
    image = torch.zeros(SCENE_PX, SCENE_PX, 3, dtype=torch.uint8)
    image[y0:y1, x0:x1] = 255 * mask.repeat_interleave((y1 - y0) // COARSE, 0).repeat_interleave((x1 - x0) // COARSE, 1)[..., None]
    return image


def bright_box(picture: torch.Tensor) -> list[int]:
    rows, columns = torch.nonzero(picture[0] > 128, as_tuple=True)
    return [columns.min().item(), rows.min().item(), columns.max().item() + 1, rows.max().item() + 1]


def box_tensor(*box: tuple[float, float, float, float]) -> torch.Tensor:
    return torch.tensor(box, dtype=torch.float32)


def test_the_eight_turns_differ():
    eight = turns(CPU)
    assert len({tuple(turn.flatten().tolist()) for turn in eight}) == 8
    assert torch.allclose(eight @ eight.transpose(1, 2), torch.eye(2).expand(8, 2, 2))


@pytest.mark.parametrize("way", range(8))
def test_box_and_coarse_mask_turn_with_the_picture(way):
    mask = lopsided()
    view = View(torch.tensor([300.0]), torch.tensor([[7.0, 11.0]]), turns(CPU)[way : way + 1])
    picture = look(scene_of(mask)[None], view)[0]
    seen, box, coarse = cut_objects(view, box_tensor(BOX), mask[None])
    assert seen.tolist() == [True]
    assert np.allclose(box[0], bright_box(picture), atol=1.5)
    x0, y0, x1, y1 = box[0].round().int().tolist()
    shown = cv2.resize(picture[0, y0:y1, x0:x1].numpy() / 255, (COARSE, COARSE), interpolation=cv2.INTER_AREA)
    turned = [np.rot90(m, k) for m in (mask.numpy(), mask.numpy().T) for k in range(4)]
    apart = [np.abs(other - shown).mean() for other in turned]
    found = coarse[0].reshape(COARSE, COARSE).numpy()
    assert np.abs(found - shown).mean() < 0.06
    assert np.abs(found - turned[int(np.argmin(apart))]).max() < 1e-3
    assert sorted(apart)[1] > 2 * min(apart)


def test_random_views_lie_in_the_scene_and_keep_boxes_on_their_objects():
    torch.manual_seed(1)
    count = 30
    views = random_views(count, CPU)
    assert (views.side >= 0.75 * SCENE_PX).all()
    assert (views.corner >= 0).all()
    assert (views.corner + views.side[:, None] <= SCENE_PX + 1e-3).all()
    assert 0 < (views.side == SCENE_PX).sum() < count
    pictures = look(scene_of(lopsided()).expand(count, -1, -1, -1), views)
    boxes = views.boxes(box_tensor(*[BOX] * count))
    assert pictures.shape == (count, 3, FRAME_PX, FRAME_PX)
    assert np.allclose(boxes, [bright_box(picture) for picture in pictures], atol=1.5)


def test_an_object_at_the_edge_is_cut_with_its_mask():
    """The view begins at x = 60: half of the first object is in it, a fifth of the second, a strip of 3.5 pixels of the third."""
    right_half = (torch.arange(COARSE) >= COARSE // 2).float().expand(COARSE, COARSE)
    boxes = box_tensor((20, 100, 100, 180), (20, 100, 70, 180), (57, 100, 63.5, 180))
    view = View(torch.tensor([240.0]), torch.tensor([[60.0, 0.0]]), turns(CPU)[:1]).rows(torch.zeros(3, dtype=torch.long))
    seen, box, coarse = cut_objects(view, boxes, right_half.expand(3, -1, -1))
    assert 10 / 50 < SMALLEST_SHARE < 3.5 / 6.5
    assert seen.tolist() == [True, False, False]
    assert torch.allclose(box, box_tensor((0, 100, 40, 180)) * FRAME_PX / 240, atol=1e-3)
    assert coarse.mean() > 0.95


def test_varied_photos_keep_shape_and_range():
    torch.manual_seed(2)
    picture = torch.rand(12, 3, FRAME_PX, FRAME_PX) * 255
    varied = vary_photo(picture)
    assert varied.shape == picture.shape
    assert varied.min() >= 0
    assert varied.max() <= 255
    assert varied.isfinite().all()
    assert 0 < sum(not torch.equal(*pair) for pair in zip(varied, picture, strict=True))


def test_every_object_is_one_peak_in_its_own_picture():
    category, box = torch.tensor([1, 4, 4]), box_tensor((10, 10, 60, 60), (200, 100, 270, 160), (20, 20, 40, 70))
    heat, owner = targets(3, torch.tensor([0, 0, 2]), category, box)
    assert heat.shape == (3, N_CLASSES, GRID, GRID)
    assert owner.shape == (3, 2, GRID, GRID)
    assert [(heat[i] == 1).sum().item() for i in range(3)] == [2, 0, 1]
    assert heat.max() == 1
    assert [set(owner[i].unique().tolist()) for i in range(3)] == [{-1, 0, 1}, {-1}, {-1, 2}]
    for number, c in enumerate(category.tolist()):
        assert set(torch.nonzero(owner == number)[:, 1].tolist()) == {int(LAYER_OF[c])}


def test_pictures_without_objects_have_no_peaks_and_no_owners():
    nothing = torch.empty(0, dtype=torch.long)
    heat, owner = targets(2, nothing, nothing, torch.empty(0, 4))
    assert not heat.any()
    assert (owner == -1).all()


def test_a_bridge_leaves_the_centre_of_its_river_to_the_river():
    river, bridge = CONCEPT_KEYS.index("river"), CONCEPT_KEYS.index("bridge")
    boxes = box_tensor((10, 100, 270, 180), (130, 120, 150, 160))
    _, owner = targets(1, torch.zeros(2, dtype=torch.long), torch.tensor([river, bridge]), boxes)
    assert owner[0, :, 17, 17].tolist() == [0, 1]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_smaller_of_two_objects_owns_what_they_share(order):
    boxes = box_tensor((40, 40, 240, 240), (120, 120, 160, 160))[list(order)]
    small, large = order.index(1), order.index(0)
    _, owner = targets(1, torch.zeros(2, dtype=torch.long), torch.tensor([3, 3]), boxes)
    layer = owner[0, int(LAYER_OF[3])]
    assert layer[17, 17] == small
    assert layer[17, 19] == large


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Four scenes in two shards, outlined as they were drawn."""
    work = tmp_path_factory.mktemp("cache")
    write_cache(work / "scenes", 4, styles=SEEN_STYLES, shard_size=2, then=functools.partial(outline_scenes, work / "outlines"))
    return work


def test_what_is_to_follow_each_shard_follows_it(cache):
    assert finished_shards(cache / "scenes") == outlined_shards(cache / "scenes", cache / "outlines") == [0, 1]


@pytest.mark.parametrize("number", [0, 1])
def test_every_second_shard_is_drawn_larger_and_reduced(tmp_path, number):
    write_shard(tmp_path, number, 1, 1_000_000, functools.partial(draw_in_styles, SEEN_STYLES))
    shard, drawn = read_shard(tmp_path, number), render(1_000_000, texture_bank(SEEN_STYLES[0]), RENDERED_PX[number])
    assert drawn.image.shape[0] == (SCENE_PX, 512)[number]
    assert shard.images.shape[1:] == (SCENE_PX, SCENE_PX, 3)
    assert np.array_equal(shard.images[0], reduced(drawn).image)
    assert set(np.unique(shard.labels)) <= set(np.unique(drawn.labels))
    assert shard.labels.max() < len(shard.kinds[0])
    alike = cv2.resize(drawn.labels, (SCENE_PX, SCENE_PX), interpolation=cv2.INTER_NEAREST)
    assert np.array_equal(shard.labels[0], alike)
    smoothed = cv2.resize(drawn.image, (SCENE_PX, SCENE_PX), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(shard.images[0] - smoothed).mean() < 4


def test_batches_have_their_shapes_and_cells_lie_in_their_objects(cache):
    torch.manual_seed(3)
    batch = SceneStore([cache / "scenes"]).draw(8)
    assert batch.image.shape == (8, 3, FRAME_PX, FRAME_PX)
    assert batch.heat.shape == (8, N_CLASSES, GRID, GRID)
    assert 0 <= batch.image.min() < batch.image.max() <= 255
    cells = batch.at.shape[1]
    assert cells > 0
    assert batch.at.shape == (4, cells)
    assert batch.box.shape == (cells, 4)
    assert batch.coarse.shape == (cells, COARSE * COARSE)
    assert 0 <= batch.coarse.min() < batch.coarse.max() <= 1
    centre = (batch.at[[3, 2]].T + 0.5) * STRIDE
    inside = (centre > batch.box[:, :2]) & (centre < batch.box[:, 2:])
    middle = (centre - (batch.box[:, :2] + batch.box[:, 2:]) / 2).abs() <= STRIDE / 2
    assert (inside.all(1) | middle.all(1)).all()
    assert (batch.heat.amax(1)[batch.at[0], batch.at[2], batch.at[3]] > 0.5).all()


def test_a_growing_cache_is_taken_in(tmp_path):
    grow = functools.partial(write_cache, tmp_path, styles=SEEN_STYLES, shard_size=1)
    grow(1)
    store = SceneStore([tmp_path])
    room = [len(store.pictures.images)]
    for scenes in (2, 3, 4):
        grow(scenes)
        store.refresh()
        store.refresh()
        room.append(len(store.pictures.images))
        shards = [read_shard(tmp_path, number) for number in range(scenes)]
        assert store.pictures.count == scenes
        assert np.array_equal(store.pictures.images[:scenes], np.concatenate([shard.images for shard in shards]))
        for name in ("category", "box", "coarse"):
            assert np.array_equal(getattr(store, name), np.concatenate([getattr(shard, name)[0] for shard in shards])), name
        for scene, shard in enumerate(shards):
            assert store.count[scene] == len(shard.category[0])
            assert np.array_equal(store.category[store.first[scene] :][: store.count[scene]], shard.category[0])
            assert {c for c, of_class in enumerate(store.with_class) if scene in of_class} == set(shard.category[0].tolist())
    assert room == [1, 2, 4, 4]
    assert store._choose(200).unique().tolist() == [0, 1, 2, 3]


def test_scenes_of_several_folders_are_drawn_from(tmp_path):
    write_cache(tmp_path / "scenes", 1, styles=SEEN_STYLES, shard_size=1)
    store = SceneStore([tmp_path / "scenes", tmp_path / "lifelike"])
    write_cache(tmp_path / "lifelike", 2, 40_000_000, None, shard_size=2)
    store.refresh()
    assert store.pictures.count == 3
    shard = read_shard(tmp_path / "lifelike", 0)
    assert np.array_equal(shard.images, [settlement(40_000_000, SCENE_PX).image, landscape(40_000_001, SCENE_PX).image])
    assert np.array_equal(store.pictures.images[1:3], shard.images)
    assert np.array_equal(store.category[store.first[1] :], np.concatenate(shard.category))


def test_without_the_first_folder_nothing_is_trained(tmp_path):
    write_cache(tmp_path / "lifelike", 1, 40_000_000, None, shard_size=1)
    with pytest.raises(ToolError, match="cache-scenes"):
        SceneStore([tmp_path / "scenes", tmp_path / "lifelike"])


def test_kept_statistics_stay_as_they_were(cache, tmp_path, monkeypatch):
    monkeypatch.setattr("think2seg_models.detector.WIDTHS", (8, 8, 8, 8))
    start = tmp_path / "start.pt"
    torch.save(Detector().state_dict(), start)
    for keep in (True, False):
        out = tmp_path / f"{keep}.pt"
        train_detector([cache / "scenes"], tmp_path, out, 0.3, start=start, batch_size=2, keep_statistics=keep)
        before, after = torch.load(start), torch.load(out)
        moved = {name for name in before if not torch.equal(before[name], after[name])}
        assert any(name.endswith("weight") for name in moved)
        assert any("running" in name for name in moved) is not keep


def test_a_batch_without_objects_has_no_loss_but_that_of_the_classes():
    class FindsNothing(torch.nn.Module):
        def forward(self, image):
            return torch.full((1, N_CLASSES, GRID, GRID), -9.0), torch.zeros(1, 2, 4, GRID, GRID), torch.zeros(1, 2, COARSE**2, GRID, GRID)

    nothing = torch.empty(0)
    batch = SceneBatch(
        torch.zeros(1, 3, FRAME_PX, FRAME_PX),
        torch.zeros(1, N_CLASSES, GRID, GRID),
        nothing.long().reshape(4, 0),
        nothing.reshape(0, 4),
        nothing.reshape(0, COARSE**2),
    )
    of_class, of_box, of_mask = (part.item() for part in losses(FindsNothing(), batch))
    assert 0 < of_class < 1e-2
    assert of_box == of_mask == 0


def test_the_detector_trains_for_its_seconds(cache, monkeypatch):
    monkeypatch.setattr("think2seg_models.detector.WIDTHS", (8, 8, 8, 8))
    torch.set_num_threads(1)
    out = cache / "detector.pt"
    train_detector([cache / "scenes"], cache / "scenes", out, 0.5, batch_size=2)
    (last,) = [json.loads(line) for line in out.with_suffix(".log.jsonl").read_text().splitlines()]
    assert last["images"] >= 2
    assert set(last["check"]) == {"mean", "ap50", "thresholds"}
    assert all(weight.isfinite().all() for weight in torch.load(out).values())


def test_the_detector_goes_on_where_it_stopped_and_only_with_its_settings(cache, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("think2seg_models.detector.WIDTHS", (8, 8, 8, 8))
    torch.set_num_threads(1)
    out = tmp_path / "detector.pt"
    train = partial(train_detector, [cache / "scenes"], tmp_path, out, batch_size=2)
    train(0.3)
    first = torch.load(out.with_suffix(".state"))
    train(0.3)
    assert "trained for so long already" in capsys.readouterr().out
    train(0.6)
    second = torch.load(out.with_suffix(".state"))
    assert second["step"] > first["step"]
    assert second["optimiser"]["state"][0]["step"] == second["step"]
    lines = [json.loads(line) for line in out.with_suffix(".log.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines] == [2 * first["step"], 2 * second["step"]]
    with pytest.raises(ToolError, match=r"OUTPUT_EXISTS: .*another --work"):
        train(0.9, seed=1)
    with pytest.raises(ToolError, match="OUTPUT_EXISTS"):
        train(0.9, start=out)


def test_thresholds_are_chosen_on_both_kinds_of_scene(cache, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("think2seg_models.detector.WIDTHS", (8, 8, 8, 8))
    torch.save(Detector().state_dict(), tmp_path / "detector.pt")
    write_cache(tmp_path / "scenes-check", 2, styles=SEEN_STYLES, shard_size=2)
    choose = ["thresholds", "--work", str(tmp_path)]
    assert main(choose) == 3
    assert "lifelike-check: got no finished shard" in capsys.readouterr().err
    write_cache(tmp_path / "lifelike-check", 2, 45_000_000, None, shard_size=2)
    assert main(choose) == 0
    report = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "thresholds.json").read_text()) == report["thresholds"]
    assert (
        report["thresholds"].keys() == report["scenes-check"]["ap50"].keys() == report["lifelike-check"]["ap50"].keys() == set(CONCEPT_KEYS)
    )
