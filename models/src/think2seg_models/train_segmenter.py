"""Training of the crop U-Net on instances of procedural scenes and close-ups. Resumable, the same steps for the same seed."""

import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

from .crop_samples import BATCH, CropBatches
from .instance_bank import close_up_banks, scene_banks
from .nano_segmenter import CropNet
from .segmenter_check import check_segmenter
from .train_detector import follow
from .weight_files import save_whole

PEAK_RATE, WARM_UP = 2e-3, 200
LOG_EVERY, SAVE_EVERY, CHECK_EVERY = 50, 250, 1000
CLOSE_UPS = 2500


def segmentation_loss(logits: torch.Tensor, quality: torch.Tensor, truth: torch.Tensor, shown: torch.Tensor):
    """Loss and IoU [B] of crops [B,n,n]: cross-entropy (edges count more), soft IoU, and how well the net knows its IoU.

    What a crop does not show of its object counts as missed in the IoU that the net should predict.
    """
    edge = (F.avg_pool2d(truth[:, None], 5, 1, 2, count_include_pad=False)[:, 0] - truth).abs()
    weight = 1 + 4 * edge
    entropy = (F.binary_cross_entropy_with_logits(logits, truth, reduction="none") * weight).sum() / weight.sum()
    probability = logits.sigmoid()
    shared = (probability * truth).sum((1, 2))
    overlap = (shared + 1) / (probability.sum((1, 2)) + truth.sum((1, 2)) - shared + 1)
    with torch.no_grad():
        hit, true = logits > 0, truth > 0.5
        iou = (hit & true).sum((1, 2)) / (hit | true).sum((1, 2)).clamp(min=1)
    return entropy + (1 - overlap).mean() + F.mse_loss(quality, iou * shown), iou


def learning_rate(step: int, steps: int) -> float:
    fall = 0.5 * (1 + math.cos(math.pi * min(1, step / steps)))
    return PEAK_RATE * min(1, (step + 1) / WARM_UP) * (0.99 * fall + 0.01)


def train_segmenter(scenes: Path, check: Path, work: Path, out: Path, steps: int, seed: int = 0) -> None:
    """Writes averaged weights to `out`, a log and the state to resume from beside it.

    `scenes` and `check` are caches of scenes; outlines and close-ups are kept under `work`. Run again after an interruption, it
    goes on from the last saved step.
    """
    torch.manual_seed(seed)
    net = CropNet().to(memory_format=torch.channels_last)
    average = copy.deepcopy(net).eval()
    optimiser = torch.optim.AdamW(net.parameters(), lr=PEAK_RATE, weight_decay=0.02)
    state_path, log_path = out.with_suffix(".state"), out.with_suffix(".log.jsonl")
    first, spent = 0, 0.0
    if state_path.exists():
        state = torch.load(state_path)
        first, spent = state["step"], state["cpu_s"]
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
    banks = scene_banks(scenes, work / "outlines") + close_up_banks(CLOSE_UPS, work / "outlines")
    held_out = scene_banks(check, work / "outlines-check")
    began, recent = time.process_time(), []
    loader = DataLoader(CropBatches(banks, seed + first), batch_size=None, num_workers=1, prefetch_factor=4)
    with log_path.open("a") as log:
        for step, (crops, truth, shown) in zip(range(first, steps), loader, strict=False):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(step, steps)
            with torch.autocast("cpu", torch.bfloat16):
                logits, quality = net(crops.contiguous(memory_format=torch.channels_last))
            loss, iou = segmentation_loss(logits.float(), quality.float(), truth, shown)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            follow(average, net, min(0.999, (step + 1) / (step + 20)))
            recent.append((float(loss.detach()), float(iou.mean())))
            done = step + 1
            cpu_s = spent + time.process_time() - began
            if done % LOG_EVERY == 0 or done == steps:
                loss_mean, iou_mean = np.mean(recent, 0).round(4).tolist()
                recent = []
                line = {"step": done, "crops": done * BATCH, "cpu_s": round(cpu_s), "loss": loss_mean, "crop_iou": iou_mean}
                if done % CHECK_EVERY == 0 or done == steps:
                    line["check"] = check_segmenter(average, held_out, 150)
                log.write(json.dumps(line) + "\n")
                log.flush()
            if done % SAVE_EVERY == 0 or done == steps:
                parts = {"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
                save_whole(state_path, parts | {"step": done, "cpu_s": cpu_s})
                save_whole(out, average.state_dict())
