"""The eyes of the nano pack: a dense detector (CenterNet / FCOS style) on the 280 x 280 model frame.

Each cell of a stride-8 grid carries class heat, a box and a coarse 8 x 8 mask inside the box, from which two interior
points are read. Everything after the convolutions is plain tensor arithmetic, so that it exports.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .detections import N_CLASSES, Detections
from .scene_cache import COARSE
from .vocabulary import FRAME_PX

STRIDE = 8
WIDTHS = (16, 32, 64, 128)


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
    """[B,3,H,W] in -1..1 -> class logits [B,C,h,w], box logits [B,4,h,w], mask logits [B,64,h,w]; h = H / 8."""

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
        self.box_tower, self.box_head = ConvNormRelu(2 * c, 2 * c), nn.Conv2d(2 * c, 4, 1)
        self.mask_head = nn.Conv2d(2 * c, COARSE * COARSE, 1)
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
        return self.class_head(self.class_tower(merged)), self.box_head(regression), self.mask_head(regression)


def boxes_px(box_logits: torch.Tensor) -> torch.Tensor:
    """Distances to the four sides, as logarithms of strides -> x0 y0 x1 y1 in frame pixels, [B,4,h,w]."""
    height, width = box_logits.shape[2:]
    reach = torch.exp(box_logits.clamp(-3, 5)) * STRIDE
    x = ((torch.arange(width) + 0.5) * STRIDE)[None, None, :]
    y = ((torch.arange(height) + 0.5) * STRIDE)[None, :, None]
    return torch.stack([x - reach[:, 0], y - reach[:, 1], x + reach[:, 2], y + reach[:, 3]], 1)


def interior_points(mask_logits: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
    """The safest cell of the coarse mask, and a second one away from it: [...,64], [...,4] -> [...,4] as x y x y."""
    cell = torch.arange(COARSE).float()
    cell_y, cell_x = cell.repeat_interleave(COARSE), cell.repeat(COARSE)
    inside = mask_logits.sigmoid()
    around = F.avg_pool2d(inside.reshape(-1, 1, COARSE, COARSE), 3, 1, 1).reshape(inside.shape)
    safety = around * 0.6 + inside * 0.4
    first = safety.argmax(-1)
    away = ((cell_x - cell_x[first][..., None]) ** 2 + (cell_y - cell_y[first][..., None]) ** 2).sqrt()
    second = (safety * (0.4 + 0.6 * (away / 4).clamp(max=1)) * (away > 0).float()).argmax(-1)
    width, height = (box[..., 2] - box[..., 0]) / COARSE, (box[..., 3] - box[..., 1]) / COARSE
    point = lambda at: (box[..., 0] + (cell_x[at] + 0.5) * width, box[..., 1] + (cell_y[at] + 0.5) * height)  # noqa: E731
    return torch.stack([*point(first), *point(second)], -1)


def detect(
    class_logits: torch.Tensor, box_logits: torch.Tensor, mask_logits: torch.Tensor, slots: int, thresholds: torch.Tensor
) -> tuple[Detections, torch.Tensor]:
    """The `slots` strongest peaks, weaker duplicates and those below their class threshold marked invalid; and scores."""
    probability = class_logits.sigmoid()
    best = probability.amax(1, keepdim=True)
    peaks = (best * (best >= F.max_pool2d(best, 3, 1, 1)).float()).flatten(1)
    score, cell = peaks.topk(slots, 1)
    gather = lambda t: t.flatten(2).transpose(1, 2).gather(1, cell[..., None].expand(-1, -1, t.shape[1]))  # noqa: E731
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
