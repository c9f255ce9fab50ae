"""Other light and other sensors: what training does to pictures on the device where it trains.

Pictures are [B,3,h,w] f32 in 0..255. Each variation meets a random part of the pictures; sizes, which a batch must share, are
drawn once a group.
"""

import math

import torch
import torch.nn.functional as F

GREY_WEIGHTS = (4.0, 4.0, 2.0)
"""Of a Dirichlet distribution: by how much red, green and blue enter a grey picture."""
JPEG_BLOCK = 8
LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""Quantisation of brightness at quality 50 (ITU-T T.81, table K.1)."""


def uniform(like: torch.Tensor, low: float, high: float, channels: int = 1) -> torch.Tensor:
    """[B,channels,1,1]."""
    return torch.rand(len(like), channels, 1, 1, device=like.device) * (high - low) + low


def normal(like: torch.Tensor, spread: float, channels: int = 1) -> torch.Tensor:
    """[B,channels,1,1]."""
    return torch.randn(len(like), channels, 1, 1, device=like.device) * spread


def sometimes(share: float, picture: torch.Tensor, changed: torch.Tensor) -> torch.Tensor:
    """Each picture is the changed one with probability `share`."""
    return torch.where(torch.rand(len(picture), 1, 1, 1, device=picture.device) < share, changed, picture)


def mix_channels(picture: torch.Tensor, spread: float) -> torch.Tensor:
    """A little of each channel in the others."""
    mix = torch.eye(3, device=picture.device) + torch.randn(len(picture), 3, 3, device=picture.device) * spread
    return torch.einsum("bihw,bio->bohw", picture, mix / mix.sum(1, keepdim=True))


def grey(picture: torch.Tensor) -> torch.Tensor:
    weights = torch.distributions.Dirichlet(torch.tensor(GREY_WEIGHTS, device=picture.device)).sample((len(picture),))
    return (picture * weights[:, :, None, None]).sum(1, keepdim=True).expand_as(picture)


def gamma(picture: torch.Tensor, exponent: torch.Tensor) -> torch.Tensor:
    return 255 * (picture.clamp(0, 255) / 255).clamp(min=1e-6) ** exponent


def stretched(picture: torch.Tensor, most: float) -> torch.Tensor:
    """Contrast raised until up to a share `most` of the values is cut off at either end, as viewers show 16-bit scenes."""
    values = picture[..., ::4, ::4].flatten(1).sort(1).values
    last = values.shape[1] - 1
    low, high = (
        values.gather(1, (uniform(picture, *between)[:, 0, 0] * last).long())[:, :, None, None] for between in ((0, most), (1 - most, 1))
    )
    return (picture - low) * (255 / (high - low).clamp(min=16))


def uneven(picture: torch.Tensor, cells: int, channels: int) -> torch.Tensor:
    """Ground that is unevenly light, or unevenly coloured."""
    field = 1 + torch.randn(len(picture), channels, cells, cells, device=picture.device) * uniform(picture, 0.03, 0.16)
    return picture * F.interpolate(field, picture.shape[2:], mode="bicubic")


def coarser(picture: torch.Tensor, small: int, mode: str) -> torch.Tensor:
    """As if it had been `small` pixels wide, brought back with `mode`."""
    return F.interpolate(F.interpolate(picture, (small, small), mode="area"), picture.shape[2:], mode=mode)


def blur(picture: torch.Tensor, spread: float) -> torch.Tensor:
    """A Gaussian of `spread` pixels."""
    reach = max(1, math.ceil(2.5 * spread))
    weights = torch.exp(-((torch.arange(-reach, reach + 1, device=picture.device) / spread) ** 2) / 2)
    weights = (weights / weights.sum()).expand(picture.shape[1], 1, -1)
    padded = F.pad(picture, (reach,) * 4, mode="replicate")
    across = F.conv2d(padded, weights[:, :, None, :], groups=picture.shape[1])
    return F.conv2d(across, weights[:, :, :, None], groups=picture.shape[1])


def noisy(picture: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    return picture + torch.randn_like(picture) * spread


def block_compressed(picture: torch.Tensor, low: int, high: int) -> torch.Tensor:
    """What JPEG of qualities `low` to `high` does to each channel. Height and width are multiples of JPEG_BLOCK."""
    device, (batch, channels, height, width) = picture.device, picture.shape
    at = torch.arange(JPEG_BLOCK, device=device).float()
    waves = torch.cos((2 * at[None] + 1) * at[:, None] * math.pi / (2 * JPEG_BLOCK)) * math.sqrt(2 / JPEG_BLOCK)
    waves[0] /= math.sqrt(2)
    quality = uniform(picture, low, high)
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    table = (torch.tensor(LUMINANCE, device=device) * scale).clamp(min=1)[:, None, None]
    blocks = (picture - 128).reshape(batch, channels, height // JPEG_BLOCK, JPEG_BLOCK, width // JPEG_BLOCK, JPEG_BLOCK).transpose(3, 4)
    table = table.reshape(batch, 1, 1, 1, JPEG_BLOCK, JPEG_BLOCK)
    kept = torch.round(waves @ blocks @ waves.T / table) * table
    return (waves.T @ kept @ waves).transpose(3, 4).reshape(picture.shape) + 128


def in_groups(picture: torch.Tensor, groups: int, change) -> torch.Tensor:
    """`change(part)` of each of some groups of the batch: so that what a batch must share differs between them."""
    return torch.cat([change(part) for part in picture.chunk(groups)])
