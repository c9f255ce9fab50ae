"""Other light and other sensors: each variation does what it is called, and nothing to the shape of a batch."""

import cv2
import pytest
import torch

from think2seg_models import photo_variety as variety

SIDE = 48


def photos(count: int = 5) -> torch.Tensor:
    """Smooth colours with some detail."""
    random = torch.Generator().manual_seed(4)
    coarse = torch.rand(count, 3, 6, 6, generator=random) * 200 + 20
    smooth = torch.nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bilinear")
    return (smooth + torch.randn(count, 3, SIDE, SIDE, generator=random) * 8).clamp(0, 255)


def detail(picture: torch.Tensor) -> float:
    return (picture[..., 1:] - picture[..., :-1]).abs().mean().item()


@pytest.mark.parametrize(
    "change",
    [
        lambda p: variety.mix_channels(p, 0.16),
        variety.grey,
        lambda p: variety.gamma(p, variety.uniform(p, 0.6, 1.6)),
        lambda p: variety.gamma(p, variety.uniform(p, 0.6, 1.6, 3)),
        lambda p: variety.stretched(p, 0.1),
        lambda p: variety.uneven(p, 5, 1),
        lambda p: variety.uneven(p, 2, 3),
        lambda p: variety.coarser(p, 17, "bicubic"),
        lambda p: variety.blur(p, 1.3),
        lambda p: variety.noisy(p, variety.uniform(p, 1, 9)),
        lambda p: variety.block_compressed(p, 25, 80),
        lambda p: variety.in_groups(p, 8, lambda part: variety.blur(part, 0.7)),
        lambda p: variety.sometimes(0.5, p, p + 1),
    ],
)
def test_the_shape_stays_and_every_value_is_a_number(change):
    torch.manual_seed(0)
    before = photos()
    changed = change(before)
    assert changed.shape == before.shape
    assert changed.isfinite().all()
    assert not torch.equal(changed, before)
    assert torch.equal(before, photos())


def test_what_is_drawn_differs_between_the_pictures_of_a_batch():
    drawn = variety.uniform(photos(40), 2, 5, 3)
    assert drawn.shape == (40, 3, 1, 1)
    assert ((drawn >= 2) & (drawn <= 5)).all()
    assert len(drawn.unique()) > 100
    assert variety.normal(photos(40), 7).shape == (40, 1, 1, 1)


def test_sometimes_is_never_always_or_for_some():
    picture = photos(200)[:, :, :2, :2]
    assert torch.equal(variety.sometimes(0, picture, picture + 1), picture)
    assert torch.equal(variety.sometimes(1, picture, picture + 1), picture + 1)
    torch.manual_seed(0)
    changed = (variety.sometimes(0.3, picture, picture + 1) > picture).flatten(1)
    assert torch.equal(changed.all(1), changed.any(1))
    assert 30 < changed.all(1).sum() < 90


def test_grey_pictures_have_equal_channels_and_stay_as_bright_as_what_is_grey():
    grey = variety.grey(photos())
    assert torch.equal(grey[:, 0], grey[:, 1])
    assert torch.equal(grey[:, 0], grey[:, 2])
    flat = torch.full((5, 3, 4, 4), 90.0)
    assert torch.allclose(variety.grey(flat), flat, atol=1e-3)


def test_mixed_channels_leave_grey_as_it_is():
    flat = torch.full((5, 3, 4, 4), 90.0)
    assert torch.allclose(variety.mix_channels(flat, 0.1), flat, atol=1e-2)


def test_gamma_keeps_black_and_white():
    ends = torch.tensor([0.0, 255.0]).reshape(1, 1, 1, 2).expand(1, 3, 1, 2)
    assert torch.allclose(variety.gamma(ends, torch.full((1, 1, 1, 1), 0.7)), ends, atol=0.05)
    assert (variety.gamma(photos(), torch.full((5, 1, 1, 1), 2.0)) <= photos() + 1e-3).all()


def test_stretched_pictures_reach_black_and_white_and_keep_their_order():
    before = photos()
    after = variety.stretched(before, 0.1)
    for picture, changed in zip(before, after, strict=True):
        assert 0 <= (changed < 0).float().mean() <= 0.13
        assert 0 <= (changed > 255).float().mean() <= 0.13
        order = picture.flatten().argsort()
        assert (changed.flatten()[order].diff() >= -1e-3).all()
    even = torch.full((2, 3, 20, 24), 77.0)
    assert variety.stretched(even, 0.1).isfinite().all()


def test_blur_takes_detail_and_keeps_what_is_even():
    even = torch.full((2, 3, 20, 24), 77.0)
    assert torch.allclose(variety.blur(even, 1.8), even, atol=1e-3)
    assert detail(variety.blur(photos(), 1.5)) < 0.6 * detail(photos())


def test_coarser_pictures_have_less_detail_and_the_same_light():
    coarse = variety.coarser(photos(), 8, "bilinear")
    assert detail(coarse) < 0.6 * detail(photos())
    assert abs(coarse.mean() - photos().mean()) < 2


def test_compression_is_invisible_at_high_quality_and_takes_detail_at_low():
    fine, poor = variety.block_compressed(photos(), 99.9, 100), variety.block_compressed(photos(), 5, 6)
    assert (fine - photos()).abs().max() < 4
    assert (poor - photos()).abs().mean() > 5
    assert detail(poor) < 0.7 * detail(photos())
    assert (poor.mean((2, 3)) - photos().mean((2, 3))).abs().max() < 8


def test_compression_does_what_jpeg_does_to_a_grey_picture():
    grey = photos(1)[0, 0].round()
    for quality in (20, 75):
        stored = cv2.imencode(".jpg", grey.byte().numpy(), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        expected = torch.from_numpy(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE)).float()
        found = variety.block_compressed(grey.expand(1, 1, -1, -1), quality, quality)[0, 0]
        assert (found - expected).abs().mean() < 0.2 * (grey - expected).abs().mean()


def test_groups_are_changed_apart():
    seen = []
    variety.in_groups(photos(8), 4, lambda part: seen.append(len(part)) or part)
    assert seen == [2, 2, 2, 2]
