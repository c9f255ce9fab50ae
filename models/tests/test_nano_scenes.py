"""Scenes, their instances and tasks, and the files made of them."""

import json

import cv2
import numpy as np
import pytest
import rasterio

from think2seg_models.dataset import DatasetRequest, write_scenes
from think2seg_models.drawing import Canvas, TextureBank
from think2seg_models.errors import ToolError
from think2seg_models.landscapes import Land, fill, landscape, parcels, parts, relief
from think2seg_models.questions import ALL, CONCEPT_KEYS, RELATION_NAMES
from think2seg_models.real_questions import water_mask, write_buildings, write_water
from think2seg_models.relations import related
from think2seg_models.sample_scene import write_sample_scene
from think2seg_models.scenes import KINDS, Instance, instances, render, texture_bank
from think2seg_models.sensor import apply_season
from think2seg_models.settlements import settlement
from think2seg_models.truth import concept_instances, extreme, tasks_of, visible_kinds
from think2seg_models.wordings import RELATIONS


@pytest.fixture(scope="module")
def bank() -> TextureBank:
    return TextureBank(0)


def test_a_seed_is_a_scene(bank):
    first, second = (render(3, bank, 160) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.labels, second.labels)
    assert not np.array_equal(first.image, render(4, bank, 160).image)


@pytest.mark.parametrize("kind", list(KINDS))
def test_instances_lie_inside_their_boxes(bank, kind):
    scene = render(12, bank, 200, kind)
    for found in instances(scene, 40, concepts_only=False):
        x0, y0, x1, y1 = found.box
        outside = found.mask.copy()
        outside[y0:y1, x0:x1] = False
        assert found.mask.sum() >= 40
        assert not outside.any()


def test_the_same_place_at_another_size(bank):
    small, large = render(7, bank, 128, "industry", False), render(7, bank, 256, "industry", False)
    shrunk = cv2.resize(large.labels, (128, 128), interpolation=cv2.INTER_NEAREST)
    assert np.mean((small.labels > 0) == (shrunk > 0)) > 0.97


LIFELIKE = {
    landscape: {"water", "river", "field", "forest", "building"},
    settlement: {"building", "parking_lot", "pool", "forest"},
}


@pytest.mark.parametrize("draw", list(LIFELIKE))
def test_lifelike_scenes_are_repeatable_and_label_what_they_show(draw):
    first, second = (draw(3, 160) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.labels, second.labels)
    assert not np.array_equal(first.image, draw(4, 160).image)
    scenes = [draw(seed, 160) for seed in range(30)]
    assert {found.kind for scene in scenes for found in instances(scene, 40)} == LIFELIKE[draw]
    for scene in scenes:
        assert scene.image.shape == (160, 160, 3)
        assert scene.labels.max() < len(scene.kinds) <= 256


def test_lakes_are_filled_with_their_own_colour_and_have_no_parcel_left_in_them():
    random = np.random.default_rng(1)
    n = 120
    land = Land(random, n, np.full((n, n, 3), 128, np.float32), np.ones((n, n), np.uint8), np.array([1.0, 0]), ["background", "field"])
    hollow = relief(random, n, 3, 0.5) < -0.5
    for part in parts(hollow, 0.0):
        fill(land, part, "water", hollow, [(40, 70, 90)])
    kinds = np.array(land.kinds)[land.labels]
    assert (kinds[hollow] == "water").all()
    assert (kinds[~hollow] != "water").all()
    assert np.abs(land.colour[hollow].mean(0) - 128).max() > 10


def test_parcels_cover_the_picture_once_and_keep_their_size():
    random = np.random.default_rng(2)
    number, _, _, count = parcels(random, 200, 0.2)
    sizes = np.bincount(number.ravel(), minlength=count)
    assert (number >= 0).all()
    assert (sizes > 0).all()
    assert sizes.max() < (0.2 * 1.6 * 200) ** 2 * 1.2


def test_parts_are_connected_and_large_enough():
    mask = np.zeros((50, 50), bool)
    mask[2:12, 2:12] = mask[30:32, 30:32] = mask[20:40, 5:10] = True
    assert [int(part.sum()) for part in parts(mask, 0.01)] == [100, 100]
    assert [int(part.sum()) for part in parts(mask, 0.001)] == [100, 100, 4]


def rectangle_instance(x0: int, y0: int, x1: int, y1: int) -> Instance:
    mask = np.zeros((100, 100), bool)
    mask[y0:y1, x0:x1] = True
    return Instance("pool", mask, (x0, y0, x1, y1))


@pytest.mark.parametrize(
    ("relation", "expected"),
    [("largest", 1), ("smallest", 0), ("northernmost", 0), ("southernmost", 2), ("westernmost", 2), ("easternmost", 1)],
)
def test_extremes(relation, expected):
    found = [rectangle_instance(40, 0, 45, 5), rectangle_instance(60, 20, 95, 60), rectangle_instance(0, 70, 20, 90)]
    assert extreme(found, [0, 1, 2], RELATIONS.index(relation)) == expected


def test_tasks_have_the_answers_they_claim(bank):
    random = np.random.default_rng(0)
    for seed in range(6):
        found = instances(render(seed, bank, 160), 40)
        for task in tasks_of(random, found):
            members = [i for i, f in enumerate(found) if task.concept < len(CONCEPT_KEYS) and f.kind == CONCEPT_KEYS[task.concept]]
            if not task.answer:
                assert members == []
            elif task.relation == ALL:
                assert list(task.answer) == members
            else:
                assert len(task.answer) == 1
                assert task.answer[0] in members


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("nearest_to", [0]),
        ("farthest_from", [2]),
        ("north_of", [0]),
        ("south_of", [1, 2]),
        ("west_of", [0, 1]),
        ("east_of", [2]),
        ("beside", [0]),
        ("not_beside", [1, 2]),
    ],
)
def test_relations_between_two(relation, expected):
    """The anchor, last, has its centre at (45, 35); number 0 ends two pixels from it."""
    found = [rectangle_instance(*box) for box in [(20, 20, 38, 34), (10, 80, 20, 95), (80, 85, 95, 95), (40, 25, 50, 45)]]
    assert related(found, [0, 1, 2], [3], relation) == expected


@pytest.mark.parametrize(
    ("relation", "boxes"),
    [
        ("nearest_to", [(10, 40, 20, 50), (80, 42, 90, 52)]),  # 20 and 20 away
        ("north_of", [(10, 41, 20, 51), (10, 80, 20, 90)]),  # one at the height of the anchor
        ("beside", [(30, 40, 36, 50), (10, 80, 20, 90)]),  # one 4.5 % away: neither near nor far
        ("beside", [(10, 80, 20, 90), (80, 80, 90, 90)]),  # none is
        ("south_of", [(10, 80, 20, 90), (80, 80, 90, 90)]),  # all are
    ],
)
def test_doubtful_relations_are_not_asked_about(relation, boxes):
    found = [rectangle_instance(*box) for box in [*boxes, (40, 40, 60, 50)]]
    assert related(found, [0, 1], [2], relation) is None


def test_every_concept_is_drawn_and_asked_about():
    random = np.random.default_rng(0)
    asked, relations = set(), set()
    for seed in range(260):
        scene = render(seed, texture_bank(0), 160)
        found = concept_instances(scene)
        visible = visible_kinds(scene)
        for task in tasks_of(random, found, visible, pairs=True):
            if task.answer:
                asked.add(CONCEPT_KEYS[task.concept])
                relations.add(RELATION_NAMES[task.relation])
            elif task.concept < len(CONCEPT_KEYS):
                assert CONCEPT_KEYS[task.concept] not in visible
    assert len(CONCEPT_KEYS) >= 18
    assert asked == set(CONCEPT_KEYS)
    assert relations == set(RELATION_NAMES)


def test_snow_covers_the_ground_and_not_the_river(bank):
    canvas = Canvas(np.random.default_rng(3), bank, 96)
    KINDS["river_valley"].paint(canvas)
    river = np.isin(canvas.labels, [i for i, kind in enumerate(canvas.kinds) if kind == "river"])
    before = canvas.image.copy()
    lighter = (apply_season(np.random.default_rng(0), canvas, "snow") - before).mean(2)
    assert river.any()
    assert np.abs(lighter[river]).max() < 1e-3
    assert lighter[canvas.labels == 0].min() > 5


def test_data_set_layout(tmp_path):
    request = DatasetRequest("val", 24, seed=1, held_out_scenes=True, held_out_words=True, pixels=128)
    written = write_scenes(tmp_path, request)
    assert sum(written.values()) == 24
    kinds = set()
    for name in sorted(p.stem for p in (tmp_path / "val/images").glob("*.tif")):
        about = json.loads((tmp_path / f"val/QAs/{name}.json").read_text())
        label = cv2.imread(str(tmp_path / f"val/labels/{name}.png"), cv2.IMREAD_UNCHANGED)
        assert len(set(about["questions"])) == 3
        assert (label > 0).any() == (about["instances"] > 0)
        with rasterio.open(tmp_path / f"val/images/{name}.tif") as raster:
            assert raster.crs.to_epsg() == 32633
            assert raster.shape == label.shape
            assert raster.transform.a == -raster.transform.e == pytest.approx(about["sensor"]["pixel_m"], abs=1e-4)
            assert raster.count == (1 if about["sensor"]["grey"] else 3)
            assert raster.read().std() > 0
            kinds.add((raster.count, raster.dtypes[0]))
    assert len(kinds) >= 3


def test_words_change_and_scenes_stay(tmp_path):
    for folder, held_out in (("seen", False), ("unseen", True)):
        write_scenes(tmp_path / folder, DatasetRequest("test", 4, 3, True, held_out, 96, ("building", "water"), pairs=False))
    names = sorted(p.name for p in (tmp_path / "seen/test/labels").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "unseen/test/labels").iterdir())
    for name in names:
        assert (tmp_path / f"seen/test/labels/{name}").read_bytes() == (tmp_path / f"unseen/test/labels/{name}").read_bytes()
        seen, unseen = (json.loads((tmp_path / f"{f}/test/QAs/{name[:-4]}.json").read_text()) for f in ("seen", "unseen"))
        assert seen["concept"] == unseen["concept"]
        assert seen["concept"] in {"building", "water", "unknown"}
        assert not set(seen["questions"]) & set(unseen["questions"])


def test_sample_scene_is_a_tiled_pyramid(tmp_path):
    path = tmp_path / "sample.tif"
    write_sample_scene(path, 20_500_055, "industry", 256)
    with rasterio.open(path) as raster:
        assert raster.count == 4
        assert raster.overviews(1) == [2, 4]
        assert raster.compression.value == "DEFLATE"
        red, _, _, infrared = raster.read().astype(float)
    assert infrared.std() > 5
    assert red.std() > 5


def test_water_is_dark_in_the_near_infrared():
    bands = np.full((4, 60, 60), 90, np.uint8)
    bands[3] = 140
    bands[3, 10:30, 10:30] = 20
    bands[3, 50, 50] = 20  # one pixel is no water body
    assert water_mask(bands).sum() == 400


def _write(path, bands: np.ndarray) -> None:
    profile = {"driver": "GTiff", "dtype": bands.dtype, "count": len(bands), "height": bands.shape[1], "width": bands.shape[2]}
    with rasterio.open(
        path, "w", **profile, crs="EPSG:32614", transform=rasterio.transform.from_origin(500_000, 5_000_000, 5, 5)
    ) as raster:
        raster.write(bands)


def test_real_scenes_are_asked_about_whole_and_in_parts(tmp_path):
    bands = np.full((4, 60, 90), 90, np.uint8)
    bands[3] = 140
    bands[3, 22:48, 40:55] = 20
    _write(tmp_path / "lakes.tif", bands)
    assert write_water([tmp_path / "lakes.tif"], tmp_path / "water") == {"with target": 7, "without target": 7}
    with rasterio.open(tmp_path / "water/test/images/lakes_3x3_11.tif") as part:
        assert part.shape == (20, 30)
        assert part.transform == rasterio.transform.from_origin(500_150, 4_999_900, 5, 5)
        assert np.array_equal(part.read(), bands[:, 20:40, 30:60])
    label = cv2.imread(str(tmp_path / "water/test/labels/lakes_3x3_11.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(label > 0, bands[3, 20:40, 30:60] == 20)
    assert json.loads((tmp_path / "water/test/QAs/lakes_3x3_11.json").read_text())["concept"] == "water"


def test_a_label_of_buildings_has_the_size_of_its_scene(tmp_path):
    _write(tmp_path / "town.tif", np.full((1, 60, 60), 500, np.uint16))
    drawn = np.zeros((1, 60, 60), np.uint8)
    drawn[0, 5:15, 5:15] = 255
    _write(tmp_path / "label.tif", drawn)
    _write(tmp_path / "other.tif", drawn[:, :50])
    assert write_buildings(tmp_path / "town.tif", tmp_path / "label.tif", tmp_path / "out") == {"with target": 3, "without target": 11}
    with pytest.raises(ToolError, match=r"INPUT_CORRUPT: .*other.tif has \(50, 60\) pixels"):
        write_buildings(tmp_path / "town.tif", tmp_path / "other.tif", tmp_path / "no")
    assert not (tmp_path / "no").exists()
