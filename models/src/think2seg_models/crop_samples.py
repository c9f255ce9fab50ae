"""Training samples of the segmenter: one instance, prompts as people and prompters give them, light as cameras see it.

All pictures and outlines lie on the device that trains, and all samples of a batch are cut at once. Prompts are in pixels of the
INPUT_PX square input, as the segmenter gets them.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from . import photo_variety as variety
from .instance_bank import Bank
from .nano_segmenter import CROP, INPUT_PX, MARGIN, MARGIN_PX, MEAN, STD, planes
from .picture_store import PictureStore

MAX_POINTS = 4
IGNORED = -1
"""Label of the points that fill a prompt up to MAX_POINTS."""
CLOSE_UP_SHARE = {"crown": 0.13, "clump": 0.12, "roof": 0.16, "lane": 0.04}
"""Shares of all samples; the kinds of the scenes share the rest, each by the square root of its number."""
BOX_JITTERS = (0.0, 0.02, 0.02, 0.05, 0.1)
POINTS_ONLY = 0.2
POSITIVES, POSITIVES_ALONE = (0, 0, 1, 2, 2, 2, 2, 3), (1, 2, 2, 3)
"""How many points on the object, drawn evenly: beside a box, and without one."""
POINT_JITTER = 0.015
SPARE = 1.1
"""So many times the samples are drawn: those whose crop shows nothing of their object are left out."""


@dataclass
class Prompts:
    """`frame` [B,4] (left, top, width, height of the crop), `box` [B,4], `known` [B]: 1 where the box was given, `points`
    [B,MAX_POINTS,2] with `labels` [B,MAX_POINTS]."""

    frame: torch.Tensor
    box: torch.Tensor
    known: torch.Tensor
    points: torch.Tensor
    labels: torch.Tensor

    def planes(self) -> torch.Tensor:
        return planes(self.frame, self.box, self.known, self.points, self.labels)


@dataclass
class Drawn:
    """Drawn instances: `number` [B] in their gallery, `picture` [B], `box` [B,4] in picture pixels."""

    number: torch.Tensor
    picture: torch.Tensor
    box: torch.Tensor


COLUMNS = ("picture", "box", "start", "bits", "places", "depth", "area")
"""Of a bank, what is put on the device."""


class Gallery:
    """Instances in pictures of one size, on one device. More can be hung up."""

    def __init__(self, side: int, device: torch.device):
        self.side, self.device = side, device
        self.pictures = PictureStore(side, device)
        self.kinds: list[str] = []
        self.bytes = 0
        self.added: dict[str, list[torch.Tensor]] = {name: [] for name in COLUMNS}

    def add(self, bank: Bank) -> None:
        """`finish` is to be called before anything is drawn."""
        first = {"picture": self.pictures.count, "start": self.bytes}
        for name in COLUMNS:
            values = np.asarray(getattr(bank, name))
            self.added[name].append(torch.from_numpy(values + first[name] if name in first else values.copy()).to(self.device))
        self.kinds += bank.kinds
        self.bytes += len(bank.bits)
        self.pictures.append(bank.images)

    def finish(self) -> None:
        columns = {name: torch.cat(parts) for name, parts in self.added.items()}
        self.added = {name: [column] for name, column in columns.items()}
        self.picture, self.box, self.start, self.bits, self.places, self.depth, self.area = (columns[name] for name in COLUMNS)
        members: dict[str, list[int]] = {}
        for number, kind in enumerate(self.kinds):
            members.setdefault(kind, []).append(number)
        self.members = {kind: torch.tensor(numbers, device=self.device) for kind, numbers in members.items()}

    @property
    def to_input(self) -> float:
        """Input pixels per picture pixel."""
        return INPUT_PX / self.side

    def drawn(self, number: torch.Tensor) -> Drawn:
        return Drawn(number, self.picture[number], self.box[number].float())

    def covered(self, drawn: Drawn, place: torch.Tensor) -> torch.Tensor:
        """How much of the masks of instances is at places [B,n,2] (x, y in picture pixels), between pixel centres: [B,n]."""
        low = (place - 0.5).floor()
        part = place - 0.5 - low
        total = torch.zeros(place.shape[:2], device=self.device)
        for right in (0, 1):
            for below in (0, 1):
                pixel = low + torch.tensor([right, below], device=self.device)
                share = (part[..., 0] if right else 1 - part[..., 0]) * (part[..., 1] if below else 1 - part[..., 1])
                total += share * self._bit(drawn, pixel.long())
        return total

    def _bit(self, drawn: Drawn, pixel: torch.Tensor) -> torch.Tensor:
        """Whether pixels [B,n,2] belong to instances, 0 or 1: [B,n]."""
        box = drawn.box.long()
        at, size = pixel - box[:, None, :2], (box[:, 2:] - box[:, :2])[:, None]
        within = ((at >= 0) & (at < size)).all(2)
        bit = at[..., 1] * size[..., 0] + at[..., 0]
        byte = self.start[drawn.number][:, None] + bit // 8
        values = self.bits[byte.clamp(0, len(self.bits) - 1)].long()
        return ((values >> (7 - bit % 8)) & 1) * within

    def prompts(self, drawn: Drawn) -> Prompts:
        count, device = len(drawn.number), self.device
        chance = lambda *shape: torch.rand(count, *shape, device=device)  # noqa: E731
        pick = lambda values: torch.tensor(values, device=device)[torch.randint(len(values), (count,), device=device)]  # noqa: E731
        corner, size = drawn.box[:, :2], drawn.box[:, 2:] - drawn.box[:, :2]
        known = chance() >= POINTS_ONLY
        positives = torch.where(known, pick(POSITIVES), pick(POSITIVES_ALONE))
        deep_enough = self.depth[drawn.number] >= 0.2 + 0.5 * chance(1)
        chosen = (chance(MAX_POINTS, deep_enough.shape[1]) + deep_enough[:, None].float()).argmax(2)
        points = self.places[drawn.number].gather(1, chosen[..., None].expand(-1, -1, 2))
        points = corner[:, None] + points + torch.randn(count, MAX_POINTS, 2, device=device) * POINT_JITTER * size[:, None]
        slot = torch.arange(MAX_POINTS, device=device)
        labels = torch.where(slot < positives[:, None], 1, IGNORED)
        beside = corner + (chance(2) * 1.3 - 0.15) * size
        off = (self._bit(drawn, beside[:, None].long())[:, 0] == 0) & (chance() < 0.2)
        negative = (slot == positives[:, None]) & off[:, None]
        points, labels = torch.where(negative[..., None], beside[:, None], points), torch.where(negative, 0, labels)
        edges = (drawn.box + torch.randn(count, 4, device=device) * pick(BOX_JITTERS)[:, None] * size.repeat(1, 2)) * self.to_input
        points = points * self.to_input
        extent = (edges[:, 2:] - edges[:, :2]).clamp(min=2) * MARGIN + MARGIN_PX
        around_box = torch.cat([(edges[:, :2] + edges[:, 2:] - extent) / 2, extent], 1)
        side = (size.amax(1) * self.to_input * 0.9 * (5 / 0.9) ** chance()).clamp(24, 640)[:, None]
        positive = (labels == 1).float()[..., None]
        middle = (points * positive).sum(1) / positive.sum(1).clamp(min=1)
        around_points = torch.cat([middle - side / 2, side, side], 1)
        return Prompts(torch.where(known[:, None], around_box, around_points), edges, known.float(), points, labels)

    def _places_of(self, frame: torch.Tensor, cells: int) -> torch.Tensor:
        """Picture pixels of the middles of the cells of crops: [B,cells,cells,2]."""
        cell = (torch.arange(cells, device=self.device) + 0.5) / cells
        x, y = frame[:, 0:1] + frame[:, 2:3] * cell, frame[:, 1:2] + frame[:, 3:4] * cell
        return torch.stack([x[:, None].expand(-1, cells, -1), y[:, :, None].expand(-1, -1, cells)], -1) / self.to_input

    def colours(self, drawn: Drawn, frame: torch.Tensor) -> torch.Tensor:
        """[B,3,96,96] in 0..255; what is far larger than the crop is averaged, not skipped."""
        pictures = self.pictures.images[drawn.picture].permute(0, 3, 1, 2).float()
        cut = lambda cells: F.grid_sample(  # noqa: E731
            pictures, self._places_of(frame, cells) * (2 / pictures.shape[3]) - 1, padding_mode="border", align_corners=False
        )
        large = (frame[:, 2:].amax(1) / CROP > 2.5)[:, None, None, None]
        return torch.where(large, F.avg_pool2d(cut(2 * CROP), 2), cut(CROP))

    def truth(self, drawn: Drawn, frame: torch.Tensor) -> torch.Tensor:
        """[B,96,96] in 0..1."""
        return self.covered(drawn, self._places_of(frame, CROP).flatten(1, 2)).unflatten(1, (CROP, CROP))

    def shown(self, drawn: Drawn, frame: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """The share of each object that its crop shows, [B]."""
        whole = self.area[drawn.number]
        return (truth.sum((1, 2)) * frame[:, 2:].prod(1) / (CROP * self.to_input) ** 2 / whole).clamp(max=1)


def vary(crop: torch.Tensor) -> torch.Tensor:
    """Other light, other sensors: grey, gamma, contrast up to clipping, colour casts, coarse pixels, blur, noise, JPEG."""
    share = lambda low, high: low + (high - low) * float(torch.rand(()))  # noqa: E731
    coarser = variety.in_groups(crop, 8, lambda part: variety.coarser(part, int(CROP * share(0.12, 0.8)), "bilinear"))
    crop = variety.sometimes(0.5, crop, coarser)
    toned = variety.sometimes(0.5, crop, variety.mix_channels(crop, 0.12))
    crop = variety.sometimes(0.25, toned, variety.grey(crop))
    crop = variety.sometimes(0.5, crop, variety.gamma(crop, torch.exp(variety.normal(crop, 0.35))))
    level = variety.uniform(crop, 50, 190) + variety.normal(crop, 10, 3)
    mean = crop.mean((1, 2, 3), keepdim=True)
    crop = variety.sometimes(0.6, crop, (crop - mean) * torch.exp(variety.uniform(crop, -0.7, 0.9)) + level)
    ramp = torch.linspace(-1, 1, CROP, device=crop.device)
    slope = ramp[None, :] * variety.normal(crop, 14) + ramp[:, None] * variety.normal(crop, 14)
    crop = variety.sometimes(0.25, crop, crop + slope)
    crop = variety.sometimes(0.25, crop, variety.in_groups(crop, 8, lambda part: variety.blur(part, share(0.5, 1.8))))
    crop = variety.sometimes(0.5, crop, variety.noisy(crop, variety.uniform(crop, 1, 12))).clamp(0, 255)
    return variety.sometimes(0.12, crop, variety.block_compressed(crop, 25, 80)).clamp(0, 255)


def mirror_and_turn(crops: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Each eighth of a batch in another way. A turn by 90 degrees changes the sign of the aspect."""
    turned, turned_truth = [], []
    for way, (some, true) in enumerate(zip(crops.chunk(8), truth.chunk(8), strict=True)):
        mirrored, turns = way % 2, way // 2
        if mirrored:
            some, true = some.flip(3), true.flip(2)
        some = torch.rot90(some, turns, (2, 3))
        if turns % 2:
            some = torch.cat([some[:, :6], -some[:, 6:]], 1)
        turned.append(some)
        turned_truth.append(torch.rot90(true, turns, (1, 2)))
    return torch.cat(turned), torch.cat(turned_truth)


class CropSamples:
    """Batches of crops [B,7,96,96], truth [B,96,96] in 0..1 and the share of the object that the crop shows [B]."""

    def __init__(self, device: str = "cpu"):
        self.device = torch.device(device)
        self.galleries: dict[int, Gallery] = {}

    def add(self, banks: list[Bank]) -> None:
        if not banks:
            return
        for bank in banks:
            side = bank.images.shape[1]
            self.galleries.setdefault(side, Gallery(side, self.device)).add(bank)
        for gallery in self.galleries.values():
            gallery.finish()
        self.kinds = [(side, kind) for side, gallery in self.galleries.items() for kind in gallery.members]
        from_scenes = sum(len(self._members(at)) ** 0.5 for at in self.kinds if at[1] not in CLOSE_UP_SHARE)
        rest = 1 - sum(CLOSE_UP_SHARE[kind] for _, kind in self.kinds if kind in CLOSE_UP_SHARE)
        shares = [CLOSE_UP_SHARE.get(at[1], rest * len(self._members(at)) ** 0.5 / max(from_scenes, 1)) for at in self.kinds]
        self.shares = torch.tensor(shares)

    def _members(self, at: tuple[int, str]) -> torch.Tensor:
        return self.galleries[at[0]].members[at[1]]

    def _numbers(self, count: int) -> dict[int, torch.Tensor]:
        """Of about `count` instances their numbers in each gallery."""
        chosen = torch.multinomial(self.shares, count, replacement=True).bincount(minlength=len(self.kinds)).tolist()
        drawn: dict[int, list[torch.Tensor]] = {}
        for at, wanted in zip(self.kinds, chosen, strict=True):
            members = self._members(at)
            drawn.setdefault(at[0], []).append(members[torch.randint(len(members), (wanted,), device=self.device)])
        return {side: torch.cat(numbers) for side, numbers in drawn.items()}

    def batch(self, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        parts = [self._cut(self.galleries[side], number) for side, number in self._numbers(int(count * SPARE)).items() if len(number)]
        colour, prompt, truth, shown = (torch.cat(column) for column in zip(*parts, strict=True))
        # A random order of those that show something, so that each eighth is turned in its own way; one may come twice.
        keep = torch.nonzero(truth.amax((1, 2)) > 0.5)[:, 0]
        keep = keep[torch.randperm(len(keep), device=self.device)].repeat(-(-count // len(keep)))[:count]
        scale, offset = (torch.tensor(v, device=self.device)[:, None, None] for v in (STD, MEAN))
        pixels = (vary(colour[keep]) / 255 - offset) / scale
        crops, truth = mirror_and_turn(torch.cat([pixels, prompt[keep]], 1), truth[keep])
        return crops, truth, shown[keep]

    @staticmethod
    def _cut(gallery: Gallery, number: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        drawn = gallery.drawn(number)
        prompts = gallery.prompts(drawn)
        truth = gallery.truth(drawn, prompts.frame)
        return gallery.colours(drawn, prompts.frame), prompts.planes(), truth, gallery.shown(drawn, prompts.frame, truth)
