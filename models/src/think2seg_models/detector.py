"""The eyes of the nano pack: a dense detector (CenterNet / FCOS style) on the 280 x 280 model frame.

Each cell of a stride-8 grid carries class heat and, for each of two layers of objects, a box and a coarse mask inside the box, from
which two interior points are read. A bridge often has the centre of its river: what lies on the ground and what stands or floats on it
are layers of their own, so that both can be found. Everything after the convolutions is plain tensor arithmetic, so that it exports.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .detections import N_CLASSES, Detections
from .questions import CONCEPT_KEYS
from .scene_cache import COARSE
from .vocabulary import FRAME_PX

STRIDE = 8
WIDTHS = (24, 64, 112, 224)
GROUND = {"water", "running_track", "parking_lot", "river", "field", "center_pivot", "forest", "solar_farm"}
LAYERS = 2
CENTRAL = 1e-3
"""How much less safe a cell of a coarse mask counts for each squared cell between it and MIDDLE. Cells that are surely inside differ by
less than this, often by what sums differ between machines, so that the most central of them is taken on all."""
MIDDLE = (7.47, 7.75)
"""Column and row in the middle of a coarse mask; no two cells are equally far from it."""
LAYER_OF = torch.tensor([0 if key in GROUND else 1 for key in CONCEPT_KEYS])
"""[N_CLASSES]: 0 lies on the ground, 1 stands or floats on it."""


class ConvNormRelu(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1):
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


class Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.first = ConvNormRelu(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.second(self.first(x)))


def enlarge(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return F.interpolate(x, size=like.shape[2:], mode="nearest")


class Detector(nn.Module):
    """[B,3,H,W] in -1..1 -> class logits [B,C,h,w], box logits [B,2,4,h,w], mask logits [B,2,COARSE**2,h,w]; h = H / 8."""

    def __init__(self):
        super().__init__()
        a, b, c, d = WIDTHS
        self.stem, self.quarter = ConvNormRelu(3, a, 5, 2), nn.Sequential(ConvNormRelu(a, b, 3, 2), Residual(b))
        self.eighth = nn.Sequential(ConvNormRelu(b, c, 3, 2), Residual(c), Residual(c))
        self.sixteenth = nn.Sequential(ConvNormRelu(c, d, 3, 2), Residual(d), Residual(d))
        self.thirtysecond = nn.Sequential(ConvNormRelu(d, d, 3, 2), Residual(d))
        self.scene = nn.Linear(d, d)
        self.from_32, self.from_16, self.from_8 = ConvNormRelu(d, d, 1), ConvNormRelu(d, 2 * c, 1), ConvNormRelu(c, 2 * c, 1)
        self.merge = Residual(2 * c)
        self.class_tower, self.class_head = ConvNormRelu(2 * c, 2 * c), nn.Conv2d(2 * c, N_CLASSES, 1)
        self.box_tower, self.box_head = ConvNormRelu(2 * c, 2 * c), nn.Conv2d(2 * c, LAYERS * 4, 1)
        self.mask_head = nn.Conv2d(2 * c, LAYERS * COARSE * COARSE, 1)
        nn.init.constant_(self.class_head.bias, -4.6)
        nn.init.constant_(self.box_head.bias, 0.7)
        nn.init.zeros_(self.box_head.weight)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        eighth = self.eighth(self.quarter(self.stem(x)))
        sixteenth = self.sixteenth(eighth)
        deepest = self.thirtysecond(sixteenth)
        deepest = deepest + self.scene(deepest.mean((2, 3)))[:, :, None, None]
        sixteenth = sixteenth + enlarge(self.from_32(deepest), sixteenth)
        merged = self.merge(self.from_8(eighth) + enlarge(self.from_16(sixteenth), eighth))
        regression = self.box_tower(merged)
        split = lambda t: t.unflatten(1, (LAYERS, -1))  # noqa: E731
        return self.class_head(self.class_tower(merged)), split(self.box_head(regression)), split(self.mask_head(regression))


def boxes_px(box_logits: torch.Tensor) -> torch.Tensor:
    """Distances to the four sides, as logarithms of strides -> x0 y0 x1 y1 in frame pixels, [...,4,h,w]."""
    height, width = box_logits.shape[-2:]
    left, top, right, bottom = (torch.exp(box_logits.clamp(-3, 5)) * STRIDE).unbind(-3)
    x = (torch.arange(width, device=left.device).float() + 0.5) * STRIDE
    y = ((torch.arange(height, device=left.device).float() + 0.5) * STRIDE)[:, None]
    return torch.stack([x - left, y - top, x + right, y + bottom], -3)


def interior_points(mask_logits: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
    """The safest cell of the coarse mask, and a second one away from it: [...,COARSE**2], [...,4] -> [...,4] as x y x y."""
    cell = torch.arange(COARSE).float()
    cell_y, cell_x = cell.repeat_interleave(COARSE), cell.repeat(COARSE)
    inside = mask_logits.sigmoid()
    around = F.avg_pool2d(inside.reshape(-1, 1, COARSE, COARSE), 3, 1, 1).reshape(inside.shape)
    aside = (cell_x - MIDDLE[0]) ** 2 + (cell_y - MIDDLE[1]) ** 2
    safety = around * 0.6 + inside * 0.4 - CENTRAL * aside
    first = safety.argmax(-1)
    away = ((cell_x - cell_x[first][..., None]) ** 2 + (cell_y - cell_y[first][..., None]) ** 2).sqrt()
    second = (safety * (0.4 + 0.6 * (away / (COARSE / 2)).clamp(max=1)) * (away > 0).float()).argmax(-1)
    width, height = (box[..., 2] - box[..., 0]) / COARSE, (box[..., 3] - box[..., 1]) / COARSE
    point = lambda at: (box[..., 0] + (cell_x[at] + 0.5) * width, box[..., 1] + (cell_y[at] + 0.5) * height)  # noqa: E731
    return torch.stack([*point(first), *point(second)], -1)


def detect(
    class_logits: torch.Tensor, box_logits: torch.Tensor, mask_logits: torch.Tensor, slots: int, thresholds: torch.Tensor
) -> tuple[Detections, torch.Tensor]:
    """The `slots` strongest peaks, weaker duplicates and those below their class threshold marked invalid; and scores."""
    in_layer = (LAYER_OF == torch.arange(LAYERS)[:, None]).float()[:, :, None, None]
    probability = class_logits.sigmoid()[:, None] * in_layer  # [B,2,C,h,w]
    best = probability.amax(2)
    peaks = (best * (best >= F.max_pool2d(best, 3, 1, 1)).float()).flatten(1)
    score, cell = peaks.topk(slots, 1)

    def gather(t: torch.Tensor) -> torch.Tensor:
        """[B,2,K,h,w] -> [B,slots,K]."""
        by_cell = t.permute(0, 1, 3, 4, 2).flatten(1, 3)
        return by_cell.gather(1, cell[..., None].expand(-1, -1, t.shape[2]))

    box = gather(boxes_px(box_logits)).clamp(0, FRAME_PX)
    category = gather(probability).argmax(-1)
    points = interior_points(gather(mask_logits), box)
    width = (torch.min(box[:, :, None, 2], box[:, None, :, 2]) - torch.max(box[:, :, None, 0], box[:, None, :, 0])).clamp(min=0)
    height = (torch.min(box[:, :, None, 3], box[:, None, :, 3]) - torch.max(box[:, :, None, 1], box[:, None, :, 1])).clamp(min=0)
    area = (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])
    shared = width * height
    overlap = shared / (area[:, :, None] + area[:, None] - shared + 1e-6)
    stronger = torch.tril(torch.ones(slots, slots), -1) > 0
    duplicate = ((overlap > 0.45) & (category[:, :, None] == category[:, None, :]) & stronger).any(-1)
    valid = (score > thresholds[category]) & ~duplicate & (box[..., 2] - box[..., 0] >= 3) & (box[..., 3] - box[..., 1] >= 3)
    return Detections(category, valid, box, points), score
