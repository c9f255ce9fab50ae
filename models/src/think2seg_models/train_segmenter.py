"""Training of the crop U-Net on instances of procedural scenes and close-ups. Resumable, the same steps for the same seed."""

import copy
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from .crop_samples import CropSamples
from .errors import ToolError
from .instance_bank import close_up_banks, outlined_shards, scene_bank, scene_banks
from .nano_segmenter import CropNet
from .scene_cache import finished_shards
from .segmenter_check import check_segmenter
from .train_detector import follow
from .training_state import TrainingState
from .weight_files import computes_half

PEAK_RATE, WARM_UP = 2e-3, 200
BATCH = 32
LOG_EVERY, SAVE_EVERY = 50, 250
LOOK_EVERY_S = 20.0
"""How often scenes are looked for that were finished meanwhile."""
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


def learning_rate(peak: float, step: int, part: float) -> float:
    """`part` of the training is over, 0..1."""
    fall = 0.5 * (1 + math.cos(math.pi * min(1, part)))
    return peak * min(1, (step + 1) / WARM_UP) * (0.99 * fall + 0.01)


def train_segmenter(
    scenes: Sequence[Path],
    check: Path,
    work: Path,
    out: Path,
    steps: int,
    seed: int = 0,
    start: Path | None = None,
    seconds: float | None = None,
    device: str = "cpu",
    batch_size: int = BATCH,
    peak_rate: float = PEAK_RATE,
) -> None:
    """Writes averaged weights to `out`, a log and the state to resume from beside it.

    `scenes` and `check` are caches of scenes; outlines and close-ups are kept under `work`. `start` begins with weights. Run again
    after an interruption, it goes on from the last saved step. It ends after `steps`, or after `seconds` of the clock, if they are
    given: then scenes that are finished meanwhile are taken in. Raises INPUT_NOT_FOUND while there are none.
    """
    torch.manual_seed(seed)
    torch.backends.cudnn.benchmark = device != "cpu"  # all batches have one shape
    net = CropNet()
    if start:
        net.load_state_dict(torch.load(start))
    net = net.to(device, memory_format=torch.channels_last)
    average = copy.deepcopy(net).eval()
    optimiser = torch.optim.AdamW(net.parameters(), lr=peak_rate, weight_decay=0.02)
    settings = {"seed": seed, "peak_rate": peak_rate, "batch_size": batch_size}
    state = TrainingState(out, settings, start, net, average, optimiser)
    state.restore(device)
    done, spent = state.step, state.spent_s
    if done >= steps if seconds is None else spent >= seconds:
        state.say_finished()
        return
    samples, outlines = CropSamples(device), work / "outlines"
    ready = lambda folder: finished_shards(folder) if seconds is None else outlined_shards(folder, outlines)  # noqa: E731
    hung = {(folder, number) for folder in scenes for number in ready(folder)}
    if not hung:
        raise ToolError("INPUT_NOT_FOUND", f"{scenes[0]}: got no finished shard of scenes, expected at least one; run cache-scenes")
    samples.add([scene_bank(folder, outlines, number) for folder, number in sorted(hung)] + close_up_banks(CLOSE_UPS, outlines))
    clock = time.process_time if device == "cpu" else time.perf_counter
    before, next_look = spent - clock(), LOOK_EVERY_S
    recent: list[torch.Tensor] = []
    saved = done
    with out.with_suffix(".log.jsonl").open("a") as log:
        while True:
            spent = before + clock()
            part = done / steps if seconds is None else spent / seconds
            if part >= 1:
                break
            if seconds is not None and spent > next_look:
                next_look = spent + LOOK_EVERY_S
                new = {(folder, number) for folder in scenes for number in outlined_shards(folder, outlines)} - hung
                samples.add([scene_bank(folder, outlines, number) for folder, number in sorted(new)])
                hung.update(new)
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(peak_rate, done, part)
            crops, truth, shown = samples.batch(batch_size)
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=computes_half(device)):
                logits, quality = net(crops.contiguous(memory_format=torch.channels_last))
            loss, iou = segmentation_loss(logits.float(), quality.float(), truth, shown)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            done += 1
            follow(average, net, min(0.999, done / (done + 19)))
            recent.append(torch.stack([loss.detach(), iou.mean()]))
            last = seconds is None and done == steps
            if done % LOG_EVERY == 0 or last:
                loss_mean, iou_mean = (round(mean, 4) for mean in torch.stack(recent).mean(0).tolist())
                recent = []
                line = {"step": done, "crops": done * batch_size, "seconds": round(spent), "loss": loss_mean, "crop_iou": iou_mean}
                log.write(json.dumps(line) + "\n")
                log.flush()
            if done % SAVE_EVERY == 0 or last:
                state.save(average, done, done * batch_size, spent)
                saved = done
        if done > saved or not state.path.exists():
            state.save(average, done, done * batch_size, spent)
        if finished_shards(check):
            line = {"step": done, "check": check_segmenter(average.cpu(), scene_banks(check, work / "outlines-check"), 150)}
            log.write(json.dumps(line) + "\n")
