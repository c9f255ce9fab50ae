"""The hands of the nano pack: a small U-Net that outlines one object in a 96 x 96 crop around its box.

Behind the SAM 2 file contract the image encoder only hands the picture on; the mask decoder cuts the crop of each
prompt, runs the U-Net and pastes the mask back. Points without a box first look for one, through windows of several sizes.
Coordinates are pixels of the INPUT_PX square input; a frame is the left, top, width and height of a crop.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .detector import ConvNormRelu, Residual

INPUT_PX, MASK_PX, CROP = 512, 256, 96
MARGIN, MARGIN_PX = 1.4, 8.0
"""The crop is the box times MARGIN plus MARGIN_PX."""
WINDOWS_PX = (40.0, 80.0, 160.0, 320.0, 560.0)
"""Sides of the windows in which points look for their box."""
POINT_SPREAD = 4.0
"""Standard deviation of a point's heat, crop pixels."""
OUTSIDE = -10.0
"""Logit outside the crop."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CHANNELS = 7
"""Normalised RGB, box, heat of positive points, heat of negative points, aspect."""
LIFTED = 16 - CHANNELS
"""Channels of the U-Net that meet the crop at full size: ONNX Runtime 1.30 on WebGPU computes convolutions over 15 channels wrong
(`build_conv3` in probe_model.py shows it), over 16 right."""


class CropNet(nn.Module):
    """[P,7,96,96] -> mask logits [P,96,96] and predicted IoU [P]. Sees contrast, not brightness: each crop is normalised."""

    def __init__(self, widths: tuple[int, int, int, int] = (32, 64, 128, 160)):
        super().__init__()
        a, b, c, d = widths
        self.stage1 = nn.Sequential(ConvNormRelu(CHANNELS, a, 5, 2), Residual(a))
        self.stage2 = nn.Sequential(ConvNormRelu(a, b, 3, 2), Residual(b))
        self.stage3 = nn.Sequential(ConvNormRelu(b, c, 3, 2), Residual(c), Residual(c))
        self.stage4 = nn.Sequential(ConvNormRelu(c, d, 3, 2), Residual(d), Residual(d))
        self.context = nn.Linear(d, d)
        self.lift3, self.merge3 = ConvNormRelu(d, c, 1), Residual(c)
        self.lift2, self.merge2 = ConvNormRelu(c, b, 1), Residual(b)
        self.lift1, self.merge1 = ConvNormRelu(b, a, 1), Residual(a)
        self.spread = nn.Conv2d(a, 4 * LIFTED, 1)
        self.refine = nn.Sequential(ConvNormRelu(LIFTED + CHANNELS, 16), nn.Conv2d(16, 1, 3, 1, 1))
        self.quality = nn.Linear(d, 1)

    def forward(self, crop: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        colour = crop[:, :3]
        colour = colour - colour.mean((1, 2, 3), keepdim=True)
        contrast = (colour * colour).mean((1, 2, 3), keepdim=True).sqrt()
        x = torch.cat([colour / (contrast + 0.1), crop[:, 3:]], 1)
        first = self.stage1(x)
        second = self.stage2(first)
        third = self.stage3(second)
        fourth = self.stage4(third)
        summary = fourth.mean((2, 3))
        fourth = fourth + self.context(summary)[:, :, None, None]
        y = self.merge3(twice(self.lift3(fourth)) + third)
        y = self.merge2(twice(self.lift2(y)) + second)
        y = self.merge1(twice(self.lift1(y)) + first)
        y = F.pixel_shuffle(self.spread(y), 2)
        return self.refine(torch.cat([y, x], 1))[:, 0], torch.sigmoid(self.quality(summary))[:, 0]


def twice(x: torch.Tensor) -> torch.Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def frame_around(box: torch.Tensor) -> torch.Tensor:
    """Frames [P,4] of the crops of boxes [P,4]."""
    size = (box[:, 2:] - box[:, :2]).clamp(min=2) * MARGIN + MARGIN_PX
    return torch.cat([(box[:, :2] + box[:, 2:] - size) / 2, size], 1)


def heat(points_x: torch.Tensor, points_y: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Gaussians around the chosen points (crop pixels, [P,N]); the zero map in front keeps N = 0 legal. [P,96,96]."""
    pixel = torch.arange(CROP, device=points_x.device).float()
    spread = 2 * POINT_SPREAD**2
    down = torch.exp(-((pixel - points_y[..., None]) ** 2) / spread)[..., :, None]
    across = torch.exp(-((pixel - points_x[..., None]) ** 2) / spread)[..., None, :]
    maps = down * across * chosen.float()[..., None, None]
    nothing = torch.zeros_like(points_x.sum(1))[:, None, None, None].expand(-1, 1, CROP, CROP)
    return torch.cat([nothing, maps], 1).amax(1)


def colours(picture: torch.Tensor, quarter: torch.Tensor, frame: torch.Tensor) -> torch.Tensor:
    """The crops [P,3,96,96] of a picture [1,3,512,512]; large ones from its quarter-size copy, so that nothing is skipped."""
    cell = (torch.arange(CROP, device=frame.device).float() + 0.5) / CROP
    x = (frame[:, 0:1] + frame[:, 2:3] * cell) / INPUT_PX * 2 - 1
    y = (frame[:, 1:2] + frame[:, 3:4] * cell) / INPUT_PX * 2 - 1
    grid = torch.stack([x[:, None, :].expand(-1, CROP, -1), y[:, :, None].expand(-1, -1, CROP)], -1)
    # One tall sampling grid instead of P copies of the image.
    grid = grid.reshape(1, -1, CROP, 2)
    coarse = ((frame[:, 2:].amax(1) / CROP - 2).clamp(0, 1))[:, None, None, None]
    fine, wide = (
        F.grid_sample(level, grid, mode="bilinear", padding_mode="border", align_corners=False).reshape(3, -1, CROP, CROP).transpose(0, 1)
        for level in (picture, quarter)
    )
    return fine * (1 - coarse) + wide * coarse


def planes(frame: torch.Tensor, box: torch.Tensor, known: torch.Tensor, points: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The prompt as planes [P,4,96,96]: box [P,4] where `known` [P] is 1 (else 0 all over), points [P,N,2] with labels [P,N]
    (1 on it, 0 off it, anything else ignored), aspect of the frame."""
    pixel = torch.arange(CROP, device=frame.device).float()
    per_px = CROP / frame[:, 2:]
    low, high = (box[:, :2] - frame[:, :2]) * per_px, (box[:, 2:] - frame[:, :2]) * per_px
    inside_x = torch.minimum(pixel - low[:, 0:1], high[:, 0:1] - pixel)
    inside_y = torch.minimum(pixel - low[:, 1:2], high[:, 1:2] - pixel)
    inside = (torch.minimum(inside_x[:, None, :], inside_y[:, :, None]) * 0.5).clamp(-1, 1) * known[:, None, None]
    at = (points - frame[:, None, :2]) * per_px[:, None] - 0.5
    aspect = torch.log(frame[:, 2] / frame[:, 3])[:, None, None].expand(-1, CROP, CROP)
    return torch.stack([inside, heat(at[..., 0], at[..., 1], labels == 1), heat(at[..., 0], at[..., 1], labels == 0), aspect], 1)


def paste(logits: torch.Tensor, frame: torch.Tensor, mask_px: int) -> torch.Tensor:
    """Crop logits [P,96,96] -> image logits [P,mask_px,mask_px], OUTSIDE where the crop does not reach."""
    cell = (torch.arange(mask_px).float() + 0.5) * (INPUT_PX / mask_px)
    u = (cell[None] - frame[:, 0:1]) / frame[:, 2:3] * 2 - 1
    v = (cell[None] - frame[:, 1:2]) / frame[:, 3:4] * 2 - 1
    grid = torch.stack([u[:, None, :].expand(-1, mask_px, -1), v[:, :, None].expand(-1, -1, mask_px)], -1)
    moved = F.grid_sample(logits[:, None] - OUTSIDE, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return moved[:, 0] + OUTSIDE


def _ends(line: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """First and one past the last cell above zero of each line [P,96]; 0 and 96 where there is none."""
    hit, pixel = line > 0, torch.arange(line.shape[1]).float()
    first = torch.where(hit, pixel, torch.full_like(line, float(line.shape[1]))).amin(1)
    last = torch.where(hit, pixel + 1, torch.zeros_like(line)).amax(1)
    empty = last <= first
    return first.masked_fill(empty, 0.0), last.masked_fill(empty, float(line.shape[1]))


def extent(logits: torch.Tensor, frame: torch.Tensor) -> torch.Tensor:
    """Boxes [P,4] around what is above zero in crops [P,96,96]; the whole frame where nothing is."""
    left, right = _ends(logits.amax(1))
    top, bottom = _ends(logits.amax(2))
    cells = torch.stack([left, top, right, bottom], 1) / logits.shape[2]
    return frame[:, :2].repeat(1, 2) + cells * frame[:, 2:].repeat(1, 2)


class Segmenter(nn.Module):
    """Prompts on an encoded picture -> crop logits [P,96,96], predicted IoU [P], frames [P,4]."""

    def __init__(self, net: CropNet):
        super().__init__()
        self.net = net

    def find_boxes(self, picture: torch.Tensor, quarter: torch.Tensor, points: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Boxes [P,4] around what points [P,N,2] mean: the mask of the window that the net thinks it outlined best."""
        positive = (labels == 1).float()[..., None]
        centre = (points * positive).sum(1) / positive.sum(1).clamp(min=1)
        tries = len(WINDOWS_PX)
        frame = torch.cat([torch.cat([centre - side / 2, torch.full_like(centre, side)], 1) for side in WINDOWS_PX])
        prompt = planes(frame, frame, torch.zeros_like(frame[:, 0]), torch.cat([points] * tries), torch.cat([labels] * tries))
        logits, quality = self.net(torch.cat([colours(picture, quarter, frame), prompt], 1))
        best = quality.reshape(tries, -1).argmax(0)
        chosen = (torch.arange(tries)[:, None] == best[None]).float()
        mask = (logits.reshape(tries, -1, CROP, CROP) * chosen[:, :, None, None]).sum(0)
        return extent(mask, (frame.reshape(tries, -1, 4) * chosen[:, :, None]).sum(0))

    def forward(self, picture: torch.Tensor, quarter: torch.Tensor, box: torch.Tensor, points: torch.Tensor, labels: torch.Tensor):
        """`box` [P,4], or [0,4] where points must do."""
        if box.shape[0] == 0:
            box = self.find_boxes(picture, quarter, points, labels)
        frame = frame_around(box)
        crop = torch.cat([colours(picture, quarter, frame), planes(frame, box, torch.ones_like(box[:, 0]), points, labels)], 1)
        logits, quality = self.net(crop)
        return logits, quality, frame


class EncoderContract(nn.Module):
    """pixel_values [1,3,512,512] -> image_embeddings.0 (the picture), .1 and .2 (smaller copies)."""

    def forward(self, pixel_values: torch.Tensor):
        return pixel_values * 1.0, F.avg_pool2d(pixel_values, 4), F.avg_pool2d(pixel_values, 8)


class FinderContract(nn.Module):
    """SAM 2 prompts without boxes and the encoded picture -> boxes [1,P,4]."""

    def __init__(self, net: CropNet):
        super().__init__()
        self.segmenter = Segmenter(net)

    def forward(self, input_points, input_labels, embeddings_0, embeddings_1):
        return self.segmenter.find_boxes(embeddings_0, embeddings_1, input_points[0], input_labels[0])[None]


class DecoderContract(nn.Module):
    """SAM 2 decoder inputs and outputs; the three masks of `pred_masks` are the same mask. Boxes: one a prompt, or none at all."""

    def __init__(self, net: CropNet):
        super().__init__()
        self.segmenter = Segmenter(net)

    def forward(self, input_points, input_labels, input_boxes, embeddings_0, embeddings_1, embeddings_2):
        logits, quality, frame = self.segmenter(embeddings_0, embeddings_1, input_boxes[0], input_points[0], input_labels[0])
        mask = paste(logits, frame, MASK_PX)[None, :, None]
        # The smallest copy takes part with weight zero: an input that nothing uses would vanish from the file.
        iou = quality[None, :, None] + 0.0 * embeddings_2.mean()
        object_score = torch.full_like(iou, 10.0)
        return iou.expand(-1, -1, 3), mask.expand(-1, -1, 3, -1, -1), object_score, iou, mask
