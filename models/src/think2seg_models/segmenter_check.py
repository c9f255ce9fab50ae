"""How well a segmenter outlines single instances, with each kind of prompt."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from .instance_bank import Bank, inside_points
from .nano_segmenter import INPUT_PX, MEAN, STD, CropNet, DecoderContract, EncoderContract

BOX_JITTER = 0.02
"""Standard deviation of the edges of a box, share of its size."""
PROMPTS = ("box", "points", "box + points")


@dataclass
class Case:
    """A picture [h,w,3] u8, the whole mask [h,w] bool of one instance, a box [4] and two points [2,2] (picture pixels)."""

    kind: str
    image: np.ndarray
    mask: np.ndarray
    box: np.ndarray
    points: np.ndarray


def make_case(random: np.random.Generator, kind: str, image: np.ndarray, box: np.ndarray, inside: np.ndarray) -> Case:
    """`inside` is the mask inside `box`."""
    x0, y0, x1, y1 = (int(v) for v in box)
    mask = np.zeros(image.shape[:2], bool)
    mask[y0:y1, x0:x1] = inside
    size = np.array([x1 - x0, y1 - y0] * 2)
    height, width = mask.shape
    given = np.clip(np.array([x0, y0, x1, y1]) + random.normal(0, 1, 4) * BOX_JITTER * size, 0, [width, height, width, height])
    return Case(kind, image, mask, given.astype(np.float32), (inside_points(random, inside, 2) + [x0, y0]).astype(np.float32))


def cases(banks: list[Bank], count: int, kinds: set[str] | None = None, seed: int = 5) -> Iterator[Case]:
    """`count` instances spread evenly over banks, at most so many as there are; only these kinds, if given."""
    random = np.random.default_rng(seed)
    all_of = [(b, i) for b, bank in enumerate(banks) for i, kind in enumerate(bank.kinds) if kinds is None or kind in kinds]
    for at in random.permutation(len(all_of))[:count]:
        number, index = all_of[at]
        bank = banks[number]
        yield make_case(random, bank.kinds[index], np.array(bank.images[bank.picture[index]]), bank.box[index], bank.mask(index))


def iou(a: np.ndarray, b: np.ndarray) -> float:
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 0.0


def normalise(image: np.ndarray) -> torch.Tensor:
    """[n,n,3] in 0..255 -> [1,3,INPUT_PX,INPUT_PX]."""
    scaled = (image.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    tensor = torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)))[None]
    return torch.nn.functional.interpolate(tensor, (INPUT_PX, INPUT_PX), mode="bilinear", antialias=True)


def mask_of_logits(logits: torch.Tensor, shape: tuple[int, int]) -> np.ndarray:
    return (torch.nn.functional.interpolate(logits[None, None], shape, mode="bilinear")[0, 0] > 0).numpy()


@torch.no_grad()
def check_segmenter(net: CropNet, banks: list[Bank], count: int) -> dict[str, float]:
    """Mean IoU of each kind of prompt over `count` instances."""
    encoder, decoder = EncoderContract(), DecoderContract(net).eval()
    scores: dict[str, list[float]] = {prompt: [] for prompt in PROMPTS}
    for case in cases(banks, count):
        embeddings = encoder(normalise(case.image))
        to_input = INPUT_PX / case.image.shape[0]
        box = torch.from_numpy(case.box)[None, None] * to_input
        points = torch.from_numpy(case.points)[None, None] * to_input
        for prompt in PROMPTS:
            boxes = box if "box" in prompt else box[:, :0]
            some = points if "points" in prompt else points[:, :, :0]
            labels = torch.ones(some.shape[:3], dtype=torch.long)
            mask = decoder(some, labels, boxes, *embeddings)[4]
            scores[prompt].append(iou(mask_of_logits(mask[0, 0, 0], case.mask.shape), case.mask))
    return {prompt: round(float(np.mean(values)), 4) for prompt, values in scores.items()}
