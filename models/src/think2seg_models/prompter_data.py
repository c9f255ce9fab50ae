"""Batches for the prompter: question words with augmentation, detections, answers, attention targets."""

import re
from dataclasses import dataclass

import numpy as np
import torch

from . import detections as D
from . import vocabulary as V
from .answers import SINK, Answer, compose
from .pair_words import PAIR_WORDS
from .questions import ALL, RELATION_NAMES, UNKNOWN, Question, ask
from .vocabulary import Vocabulary
from .wordings import RELATION_WORDS, RELATIONS

LEAD = 3
"""Tokens before the first detection: `<|im_start|> user <|vision_start|>`."""
SINK_AT = LEAD - 1
PAIRS = 0.12
"""Share of questions that relate two concepts."""


class QuestionEncoder:
    """Question text to token numbers, with word noise for training: neighbours in meaning, unknown, dropped, added."""

    def __init__(self, vocabulary: Vocabulary, tokenizer):
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.unknown = vocabulary.index["<unk>"]
        self.first_word = vocabulary.answer_size
        self.last_word = next(i for i, t in enumerate(vocabulary.tokens) if t.startswith("##"))
        self.head = [vocabulary.index[t] for t in ("<|im_start|>", "user", "<|vision_start|>")]
        self.after_image = vocabulary.index["<|vision_end|>"]
        self.tail = [vocabulary.index[t] for t in ("<|im_end|>", "<|im_start|>", "assistant")]
        self.image = vocabulary.index["<|image_pad|>"]
        fixed = {w for words in [*RELATION_WORDS, *PAIR_WORDS.values()] for phrase in words[0] for w in re.findall("[a-z]+", phrase)}
        fixed |= {"north", "south", "east", "west", "only", "one", "each", "every", "all"}
        self.fixed = {vocabulary.index[w] for w in fixed if w in vocabulary.index}
        unit = vocabulary.vectors / np.maximum(np.linalg.norm(vocabulary.vectors, axis=1, keepdims=True), 1e-6)
        self.unit = unit
        self.neighbours: dict[int, np.ndarray] = {}

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def _neighbour(self, random: np.random.Generator, word: int) -> int:
        near = self.neighbours.get(word)
        if near is None:
            close = self.unit @ self.unit[word]
            near = np.argsort(-close)[1:9]
            near = np.array([n for n in near if close[n] > 0.5 and int(n) not in self.fixed], np.int64)
            self.neighbours[word] = near
        return int(random.choice(near)) if len(near) else word

    def disturb(self, random: np.random.Generator, ids: list[int]) -> list[int]:
        out = []
        for word in ids:
            draw = random.random()
            if word in self.fixed or draw > 0.26:
                out.append(word)
            elif draw < 0.05:
                out.append(self.unknown)
            elif draw < 0.09:
                continue
            elif draw < 0.11:
                out += [word, int(random.integers(self.first_word, self.last_word))]
            elif draw < 0.12:
                out += [word, self.vocabulary.first_number + int(random.integers(V.N_BINS))]
            else:
                out.append(self._neighbour(random, word) if self.first_word <= word < self.last_word else word)
        return out or ids

    def prompt(self, ids: list[int], slots: int) -> list[int]:
        return [*self.head, *[self.image] * slots, self.after_image, *ids, *self.tail]


@dataclass
class Batch:
    """`ids`, `mask` [B,L]; `labels` [B,L], -100 where the token is not part of the answer.
    `look` per kind: rows (sample, query position, keys as a list of positions)."""

    ids: torch.Tensor
    labels: torch.Tensor
    mask: torch.Tensor
    slots: int
    described: D.Described
    look_slots: list[tuple[int, int, list[int]]]
    look_text: list[list[tuple[int, int, int]]]
    answers: list[Answer]
    prompts: list[list[int]]
    questions: list[Question]


def choose_question(random: np.random.Generator, category: np.ndarray, valid: np.ndarray, held_out: bool = False) -> Question:
    """Three quarters about something present; the rest about an absent class or something outside the list. Some relate two classes."""
    counts = np.bincount(category[valid], minlength=D.N_CLASSES)
    present, absent = np.flatnonzero(counts), np.flatnonzero(counts == 0)
    relation = ALL if random.random() < 0.5 else int(random.integers(1, len(RELATIONS)))
    draw = random.random()
    if random.random() < PAIRS and len(present) > 1:
        anchor = int(random.choice(present))
        others = absent if draw < 0.25 and len(absent) else present[present != anchor]
        relation = int(random.integers(len(RELATIONS), len(RELATION_NAMES)))
        return ask(random, int(random.choice(others)), relation, held_out, anchor)
    if draw < 0.07:
        return ask(random, UNKNOWN, relation, held_out)
    if (draw < 0.25 or len(present) == 0) and len(absent):
        return ask(random, int(random.choice(absent)), relation, held_out)
    return ask(random, int(random.choice(present)), relation, held_out)


def place_numbers(found: D.Detections) -> np.ndarray:
    """[B,K] ninth of the frame, computed exactly as `describe` does."""
    column = ((found.box[..., 0] + found.box[..., 2]) / 2 * 3 / V.FRAME_PX).floor().long().clamp(0, 2)
    row = ((found.box[..., 1] + found.box[..., 3]) / 2 * 3 / V.FRAME_PX).floor().long().clamp(0, 2)
    return (row * 3 + column).numpy()


def make_batch(
    random: np.random.Generator,
    encoder: QuestionEncoder,
    found: D.Detections,
    thoughts_only: bool = False,
    held_out: bool = False,
    noise: bool = True,
    questions: list[Question] | None = None,
) -> Batch:
    described = D.describe(found)
    category, valid = found.category.numpy(), found.valid.numpy()
    ranks, bins, places = described.ranks.numpy(), described.bins.numpy(), place_numbers(found)
    size, slots = category.shape
    prompts, answers, asked = [], [], []
    for b in range(size):
        question = questions[b] if questions else choose_question(random, category[b], valid[b], held_out)
        ids = encoder.encode(question.text)
        if noise:
            ids = encoder.disturb(random, ids)
        prompts.append(encoder.prompt(ids, slots))
        answers.append(compose(question, category[b], valid[b], ranks[b], bins[b], places[b], thoughts_only))
        asked.append(question)
    length = max(len(p) + len(a.tokens) for p, a in zip(prompts, answers, strict=True))
    ids = np.zeros((size, length), np.int64)
    labels = np.full((size, length), -100)
    mask = np.zeros((size, length), np.int64)
    look_slots: list[tuple[int, int, list[int]]] = []
    look_text: list[list[tuple[int, int, int]]] = [[], [], []]
    for b, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        start, stop = len(prompt), len(prompt) + len(answer.tokens)
        ids[b, :start], ids[b, start:stop], labels[b, start:stop], mask[b, :stop] = prompt, answer.tokens, answer.tokens, 1
        for at, targets in answer.look_slots:
            look_slots.append((b, start + at, [SINK_AT if t == SINK else LEAD + t for t in targets]))
        for head, looks in enumerate((answer.look_concept, answer.look_relation, answer.look_opener)):
            look_text[head] += [(b, start + at, start + target) for at, target in looks]
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(labels),
        torch.from_numpy(mask),
        slots,
        described,
        look_slots,
        look_text,
        answers,
        prompts,
        asked,
    )
