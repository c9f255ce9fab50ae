"""Training logs (`*.log.jsonl`) as one small picture."""

import json
from pathlib import Path

from PIL import Image, ImageDraw

PANEL = (420, 280)
MARGIN = 36
LEGEND_LINE = 14
SHOWN = {
    "detector": [("class_box_mask", 0, "class loss"), ("class_box_mask", 1, "box loss")],
    "prompter": [("loss", None, "token loss"), ("coordinates", None, "coordinates exact")],
    "segmenter": [("loss", None, "loss"), ("crop_iou", None, "IoU in the crop")],
}
COLOURS = [(32, 90, 160), (190, 80, 40), (60, 130, 60), (130, 70, 150)]
GRPO_STEPS = 20
"""Steps of GRPO whose rewards are averaged: each is about other questions."""


def _series(lines: list[dict], key: str, part: int | None) -> list[tuple[float, float]]:
    points = [(_spent(line), line[key] if part is None else line[key][part]) for line in lines if key in line]
    return [(x, y) for x, y in points if y == y]


def _spent(line: dict) -> float:
    """Seconds of training: CPU time, on a GPU real time."""
    return line["seconds"] if "seconds" in line else line["cpu_s"]


def _panel(draw: ImageDraw.ImageDraw, left: int, title: str, unit: str, curves: list[tuple[str, list[tuple[float, float]]]]) -> None:
    width, height = PANEL
    right, bottom = left + width - 12, height - MARGIN - 3 * LEGEND_LINE
    draw.text((left + MARGIN, 6), title, fill=(0, 0, 0))
    longest = max(x for _, points in curves for x, _ in points) or 1
    draw.line([(left + MARGIN, 24), (left + MARGIN, bottom), (right, bottom)], fill=(120, 120, 120))
    draw.text((right - 90, bottom + 6), f"{longest:.0f} {unit}", fill=(80, 80, 80))
    for number, (name, points) in enumerate(curves):
        top = max(y for _, y in points) or 1
        path = [(left + MARGIN + (right - left - MARGIN) * x / longest, bottom - (bottom - 28) * y / top) for x, y in points]
        colour = COLOURS[number % len(COLOURS)]
        draw.line(path, fill=colour, width=2)
        legend = f"{name} (top of axis {top:.3g}, last {points[-1][1]:.3g})"
        draw.text((left + MARGIN, bottom + 24 + LEGEND_LINE * number), legend, fill=colour)


def _seeds(logs: Path) -> list[tuple[str, list[tuple[float, float]]]]:
    """The mask reward of each run of GRPO over its steps."""
    curves = []
    for path in sorted(logs.glob("grpo-*.log.jsonl")):
        rewards = [json.loads(text)["mask_reward"] for text in path.read_text().splitlines()]
        means = [sum(rewards[n - GRPO_STEPS : n]) / GRPO_STEPS for n in range(GRPO_STEPS, len(rewards) + 1)]
        curves.append((f"mask reward, {path.name.split('.')[0]}", [(n, mean) for n, mean in enumerate(means, GRPO_STEPS)]))
    return curves


def draw_curves(logs: Path, out: Path) -> None:
    seeds = _seeds(logs)
    image = Image.new("RGB", (PANEL[0] * (len(SHOWN) + bool(seeds)), PANEL[1]), "white")
    draw = ImageDraw.Draw(image)
    for number, (name, wanted) in enumerate(SHOWN.items()):
        lines, offset = [], 0
        for path in sorted(logs.glob(f"{name}*.log.jsonl")):  # stages of one training, in order of their names
            stage = [json.loads(text) for text in path.read_text().splitlines()]
            lines += [line | {"seconds": _spent(line) + offset} for line in stage]
            offset += _spent(stage[-1])
        _panel(draw, number * PANEL[0], name, "s", [(label, _series(lines, key, part)) for key, part, label in wanted])
    if seeds:
        _panel(draw, PANEL[0] * len(SHOWN), "grpo", "steps", seeds)
    out.parent.mkdir(parents=True, exist_ok=True)
    image.save(out, optimize=True)
