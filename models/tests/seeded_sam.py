"""Weights, a picture and prompts that two programs can make alike, to compare their answers."""

import math

import numpy as np
import torch

SIDE = 1024
# Points, labels (1 = inside), box; pixels of the picture.
PROMPTS = {
    "box": (None, None, np.array([200.0, 300.0, 620.0, 700.0])),
    "points": (np.array([[400.0, 500.0], [100.0, 900.0]]), np.array([1, 0]), None),
    "box and points": (np.array([[400.0, 500.0], [500.0, 600.0]]), np.array([1, 1]), np.array([200.0, 300.0, 620.0, 700.0])),
}


def seeded_state(shapes: dict[str, list[int]]) -> dict[str, torch.Tensor]:
    """Weights of a scale at which signals neither vanish nor explode: norms near one, matrices by their number of inputs."""
    generator = torch.Generator().manual_seed(7)
    state = {}
    for name, shape in sorted(shapes.items()):
        noise = torch.randn(shape, generator=generator)
        if len(shape) > 1:
            state[name] = noise / math.sqrt(math.prod(shape[1:]))
        else:
            state[name] = 0.1 * noise + (1.0 if name.endswith("weight") else 0.0)
    return state


def seeded_image() -> np.ndarray:
    """[1024,1024,3] u8: large soft shapes and fine noise."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    waves = [np.sin(2 * np.pi * (a * x + b * y) + c) for a, b, c in random.uniform(-3, 3, (3, 3))]
    return np.clip(128 + 70 * np.stack(waves, 2) + random.normal(0, 12, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
