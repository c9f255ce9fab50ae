"""A task that a tiny random Qwen2.5-VL can learn in a minute: say in which quarter of the picture a square lies. Each has its colour.

Its tokenizer knows each quarter's JSON as one token, so that an answer is four tokens long.
"""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import AddedToken
from transformers import Qwen2_5_VLForConditionalGeneration

from think2seg_models import tiny_qwen
from think2seg_models.mask_answers import answer_of

FRAME_PX = 56
HALF_PX = FRAME_PX // 2
MARGIN_PX = 4
COLOURS = ((220, 30, 30), (30, 220, 30), (30, 30, 220), (220, 220, 220))
QUESTION = "Where?"
# Without a system message.
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def square(quarter: int) -> tuple[slice, slice]:
    """Rows and columns of the target in a quarter of the frame."""
    y, x = HALF_PX * (quarter // 2) + MARGIN_PX, HALF_PX * (quarter % 2) + MARGIN_PX
    side = HALF_PX - 2 * MARGIN_PX
    return slice(y, y + side), slice(x, x + side)


def target(quarter: int) -> np.ndarray:
    mask = np.zeros((FRAME_PX, FRAME_PX), bool)
    mask[square(quarter)] = True
    return mask


def answer_pieces() -> list[str]:
    """What comes before, each quarter's JSON, what comes after."""
    answers = [answer_of(target(quarter)) for quarter in range(4)]
    start, end = answers[0].index("[{") + 1, answers[0].rindex("]")
    return [answers[0][:start], *[answer[start : answer.rindex("]\n")] for answer in answers], answers[0][end:]]


def fill_boxes(frame: Image.Image, prompts: list[dict]) -> np.ndarray:
    """A segmenter that believes the boxes."""
    mask = np.zeros(frame.size[::-1], bool)
    for prompt in prompts:
        x0, y0, x1, y1 = prompt["bbox_2d"]
        mask[y0:y1, x0:x1] = True
    return mask


def write_scenes(root: Path, count: int, seed: int, shuffled: bool = False) -> None:
    """`root/train` in the layout of EarthReason, as many targets in each quarter. `shuffled`: what a picture shows says nothing about its
    mask, as when answers are judged by the masks of other scenes."""
    random = np.random.default_rng(seed)
    for name in ("images", "labels", "QAs"):
        (root / "train" / name).mkdir(parents=True)
    for number in range(count):
        shown = number % 4
        judged = (shown + number // 4) % 4 if shuffled else shown
        picture = random.integers(60, 100, (FRAME_PX, FRAME_PX, 3), dtype=np.uint8)
        picture[square(shown)] = COLOURS[shown]
        Image.fromarray(picture).save(root / f"train/images/{number:03}.png")
        Image.fromarray(target(judged).astype(np.uint8) * 255).save(root / f"train/labels/{number:03}.png")
        (root / f"train/QAs/{number:03}.json").write_text(json.dumps({"questions": [QUESTION]}))


def write_checkpoint(folder: Path, seed: int = 0) -> None:
    """A random Qwen2.5-VL whose matrices keep the size of what passes through them, and a token for each piece of an answer."""
    tokenizer = tiny_qwen.make_tokenizer()
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in answer_pieces()])
    like = tiny_qwen.make_model(tokenizer)
    torch.manual_seed(seed)
    model = Qwen2_5_VLForConditionalGeneration(like.config)
    model.generation_config = like.generation_config
    with torch.no_grad():
        for part, gain in ((model.model.visual, 1.6), (model.model.language_model.layers, 1.0)):
            for weight in part.parameters():
                if weight.ndim > 1:
                    weight.normal_(0, gain / weight[0].numel() ** 0.5)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(tiny_qwen.preprocessor_config()))
