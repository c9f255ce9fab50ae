"""The hands of the nano pack: a small U-Net that outlines one object in an 80 x 80 crop around its box.

Behind the SAM 2 file contract the image encoder only hands the picture on; the mask decoder cuts the crop of each
prompt, runs the U-Net and pastes the mask back. Coordinates are pixels of the INPUT_PX square input.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .detector import ConvNormRelu, Residual

INPUT_PX, MASK_PX, CROP = 512, 256, 80
MARGIN, MARGIN_PX = 1.35, 4.0 / 256
"""The crop is the box times MARGIN plus MARGIN_PX (share of the image side)."""
POINT_SPREAD = 3.0
"""Standard deviation of a point's heat, crop pixels."""
OUTSIDE = -10.0
"""Logit outside the crop."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CHANNELS = 7


class CropNet(nn.Module):
    """[P,7,80,80] (normalised RGB, box, positive heat, negative heat, size) -> mask logits [P,80,80], predicted IoU [P]."""

    def __init__(self, widths: tuple[int, int, int, int] = (24, 48, 96, 128)):
        super().__init__()
        a, b, c, d = widths
        self.stage1 = nn.Sequential(ConvNormRelu(CHANNELS, a, 5, 2), Residual(a))
        self.stage2 = nn.Sequential(ConvNormRelu(a, b, 3, 2), Residual(b))
        self.stage3 = nn.Sequential(ConvNormRelu(b, c, 3, 2), Residual(c), Residual(c))
        self.stage4 = nn.Sequential(ConvNormRelu(c, d, 3, 2), Residual(d))
        self.context = nn.Linear(d, d)
        self.lift3, self.merge3 = ConvNormRelu(d, c, 1), Residual(c)
        self.lift2, self.merge2 = ConvNormRelu(c, b, 1), Residual(b)
        self.lift1, self.merge1 = ConvNormRelu(b, a, 1), Residual(a)
        self.spread = nn.Conv2d(a, 32, 1)
        self.refine = nn.Sequential(ConvNormRelu(8 + CHANNELS, 16), nn.Conv2d(16, 1, 3, 1, 1))
        self.quality = nn.Linear(d, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        first = self.stage1(x)
        second = self.stage2(first)
        third = self.stage3(second)
        fourth = self.stage4(third)
        summary = fourth.mean((2, 3))
        fourth = fourth + self.context(summary)[:, :, None, None]
        twice = lambda t: F.interpolate(t, scale_factor=2.0, mode="nearest")  # noqa: E731
        y = self.merge3(twice(self.lift3(fourth)) + third)
        y = self.merge2(twice(self.lift2(y)) + second)
        y = self.merge1(twice(self.lift1(y)) + first)
        y = F.pixel_shuffle(self.spread(y), 2)
        return self.refine(torch.cat([y, x], 1))[:, 0], torch.sigmoid(self.quality(summary))[:, 0]


def crop_frame(box: torch.Tensor, side: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Left, top, width, height [P] of the crops of boxes [P,4], in the pixels of an image of `side` pixels."""
    width = (box[:, 2] - box[:, 0]).clamp(min=2) * MARGIN + MARGIN_PX * side
    height = (box[:, 3] - box[:, 1]).clamp(min=2) * MARGIN + MARGIN_PX * side
    return (box[:, 0] + box[:, 2]) / 2 - width / 2, (box[:, 1] + box[:, 3]) / 2 - height / 2, width, height


def heat(points_x: torch.Tensor, points_y: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Gaussians around the chosen points (crop pixels, [P,N]); the zero map in front keeps N = 0 legal. [P,80,80]."""
    pixel = torch.arange(CROP).float()
    spread = 2 * POINT_SPREAD**2
    down = torch.exp(-((pixel - points_y[..., None]) ** 2) / spread)[..., :, None]
    across = torch.exp(-((pixel - points_x[..., None]) ** 2) / spread)[..., None, :]
    maps = down * across * chosen.float()[..., None, None]
    nothing = torch.zeros_like(points_x.sum(1))[:, None, None, None].expand(-1, 1, CROP, CROP)
    return torch.cat([nothing, maps], 1).amax(1)


def crops(image: torch.Tensor, box: torch.Tensor, points: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """image [1,3,n,n] normalised, box [P,4], points [P,N,2], labels [P,N] (1 on it, 0 off it) -> [P,7,80,80]."""
    side = image.shape[3]
    count = box.shape[0]
    left, top, width, height = crop_frame(box, float(side))
    cell = (torch.arange(CROP).float() + 0.5) / CROP
    x = (left[:, None] + width[:, None] * cell) / side * 2 - 1
    y = (top[:, None] + height[:, None] * cell) / side * 2 - 1
    grid = torch.stack([x[:, None, :].expand(-1, CROP, -1), y[:, :, None].expand(-1, -1, CROP)], -1)
    # One tall sampling grid instead of P copies of the image.
    colour = F.grid_sample(image, grid.reshape(1, count * CROP, CROP, 2), mode="bilinear", padding_mode="border", align_corners=False)
    colour = colour.reshape(3, count, CROP, CROP).transpose(0, 1)
    pixel = torch.arange(CROP).float()
    per_x, per_y = CROP / width[:, None], CROP / height[:, None]
    inside_x = torch.minimum(pixel - (box[:, 0:1] - left[:, None]) * per_x, (box[:, 2:3] - left[:, None]) * per_x - pixel)
    inside_y = torch.minimum(pixel - (box[:, 1:2] - top[:, None]) * per_y, (box[:, 3:4] - top[:, None]) * per_y - pixel)
    inside = (torch.minimum(inside_x[:, None, :], inside_y[:, :, None]) * 0.5).clamp(-1, 1)
    at_x = (points[..., 0] - left[:, None]) * per_x - 0.5
    at_y = (points[..., 1] - top[:, None]) * per_y - 0.5
    size = (torch.log(torch.maximum(width, height) / side * 4) * 0.5)[:, None, None].expand(-1, CROP, CROP)
    extra = [inside, heat(at_x, at_y, labels == 1), heat(at_x, at_y, labels == 0), size]
    return torch.cat([colour, torch.stack(extra, 1)], 1)


def paste(logits: torch.Tensor, box: torch.Tensor, side: float, mask_px: int) -> torch.Tensor:
    """Crop logits [P,80,80] -> image logits [P,mask_px,mask_px], OUTSIDE where the crop does not reach."""
    left, top, width, height = crop_frame(box, side)
    cell = (torch.arange(mask_px).float() + 0.5) * (side / mask_px)
    u = (cell[None] - left[:, None]) / width[:, None] * 2 - 1
    v = (cell[None] - top[:, None]) / height[:, None] * 2 - 1
    grid = torch.stack([u[:, None, :].expand(-1, mask_px, -1), v[:, :, None].expand(-1, -1, mask_px)], -1)
    moved = F.grid_sample(logits[:, None] - OUTSIDE, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return moved[:, 0] + OUTSIDE


class EncoderContract(nn.Module):
    """pixel_values [1,3,512,512] -> image_embeddings.0 (the picture), .1 and .2 (smaller copies, for the contract)."""

    def forward(self, pixel_values: torch.Tensor):
        return pixel_values * 1.0, F.avg_pool2d(pixel_values, 4), F.avg_pool2d(pixel_values, 8)


class DecoderContract(nn.Module):
    """SAM 2 decoder inputs and outputs; the three masks of `pred_masks` are the same mask."""

    def __init__(self, net: CropNet):
        super().__init__()
        self.net = net

    def forward(self, input_points, input_labels, input_boxes, embeddings_0, embeddings_1, embeddings_2):
        box, points, labels = input_boxes[0], input_points[0], input_labels[0]
        logits, quality = self.net(crops(embeddings_0, box, points, labels))
        mask = paste(logits, box, float(INPUT_PX), MASK_PX)[None, :, None]
        # The smaller copies take part with weight zero: an input that nothing uses would vanish from the file.
        iou = quality[None, :, None] + 0.0 * (embeddings_1.mean() + embeddings_2.mean())
        object_score = torch.full_like(iou, 10.0)
        return iou.expand(-1, -1, 3), mask.expand(-1, -1, 3, -1, -1), object_score, iou, mask
