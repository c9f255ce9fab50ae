"""Batches for the prompter: question words with augmentation, detections, answers, attention targets."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from . import detections as D
from . import vocabulary as V
from .answers import SINK, Answer, Pair, compose, is_pair, is_superlative
from .class_pairs import DETECTION_SLOTS, PAIR_SLOTS, ClassPairs, see
from .questions import ALL, CONCEPT_KEYS, RELATION_NAMES, UNKNOWN, Question, ask
from .vocabulary import Vocabulary
from .word_neighbours import SAID_WITH, WordNeighbours
from .wordings import RELATIONS
from .written_questions import WrittenQuestions

LEAD = 3
"""Tokens before the first detection: `<|im_start|> user <|vision_start|>`."""
SINK_AT = LEAD - 1
PAIRS = 0.38
"""Share of questions that relate two concepts."""
STRANGE_ANCHOR = 0.04
"""Share of those that relate to something outside the list."""
MOST_REPLACED = 0.5
"""Up to so many of the words of a question are replaced by neighbours in meaning."""
CHATTER = 0.15
"""Share of the questions that begin or end with some words of any meaning."""
FEW_PAIRS = 6
"""Tokens of pairs in pictures that are only thought about; the others are left out, as they are of full pictures."""
WRITTEN = 0.5
"""Share of the questions that were written one by one, where there are such."""
IN_VIEW = 0.9
"""Share of those whose picture shows what they ask for."""


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
        self.neighbours = WordNeighbours(vocabulary)

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def _any_word(self, random: np.random.Generator) -> int:
        while True:
            word = int(random.integers(self.first_word, self.last_word))
            if word not in self.neighbours.unseen and word not in self.neighbours.meanings:
                return word

    def _neighbour(self, random: np.random.Generator, word: int, about: frozenset[str]) -> int:
        return self.neighbours.draw(random, word, about) if self.first_word <= word < self.last_word else word

    def _any_words(self, random: np.random.Generator) -> list[int]:
        return [self._any_word(random) for _ in range(int(random.integers(1, 4)))]

    def disturb(self, random: np.random.Generator, ids: list[int], about: frozenset[str]) -> list[int]:
        """`about`: meanings of the words that say what is asked."""
        out = []
        replaced = random.random() * MOST_REPLACED
        for word in ids:
            draw = random.random()
            if draw < replaced:
                out.append(self._neighbour(random, word, about))
            elif draw < 0.9 or self.neighbours.tells(word):
                out.append(word)
            elif draw < 0.93:
                out.append(self.unknown)
            elif draw < 0.97:
                continue
            elif draw < 0.99:
                out += [word, self._any_word(random)]
            else:
                out += [word, self.vocabulary.first_number + int(random.integers(V.N_BINS))]
        if random.random() < CHATTER:
            words = self._any_words(random)
            out = [*words, *out] if random.random() < 0.5 else [*out, *words]
        return out or ids

    def prompt(self, ids: list[int], slots: int) -> list[int]:
        return [*self.head, *[self.image] * slots, self.after_image, *ids, *self.tail]


def meanings_of(question: Question) -> frozenset[str]:
    """Those of the words that say what a question asks: its concepts and its relation."""
    concepts = {CONCEPT_KEYS[number] for number in (question.concept, question.anchor) if number not in (None, UNKNOWN)}
    return frozenset(concepts | SAID_WITH.get(RELATION_NAMES[question.relation], set()))


@dataclass
class Batch:
    """`ids`, `mask` [B,L]; `labels` [B,L], -100 where the token is not part of the answer.

    `look_slots` [4,n]: look, sample, query position, key position; several columns may belong to one of the `looks`.
    `look_text` of each head [3,n]: sample, query position, key position. `still_due_at` [2,n]: sample, position; `still_due` [n,10].
    """

    ids: torch.Tensor
    labels: torch.Tensor
    mask: torch.Tensor
    slots: int
    described: D.Described
    looks: int
    look_slots: torch.Tensor
    look_text: list[torch.Tensor]
    still_due_at: torch.Tensor
    still_due: torch.Tensor
    answers: list[Answer]
    prompts: list[list[int]]
    questions: list[Question]

    def tensors_on(self, device: torch.device) -> "Batch":
        """What training needs of the batch."""
        move = lambda t: t.to(device, non_blocking=True)  # noqa: E731
        seen = self.described
        described = D.Described(move(seen.features), move(seen.waves), seen.bins, seen.ranks)
        tensors = (self.look_slots, self.still_due_at, self.still_due)
        look_slots, still_due_at, still_due = (move(t) for t in tensors)
        look_text = [move(looks) for looks in self.look_text]
        ids, labels, mask = move(self.ids), move(self.labels), move(self.mask)
        return Batch(ids, labels, mask, self.slots, described, self.looks, look_slots, look_text, still_due_at, still_due, [], [], [])


def choose_question(random: np.random.Generator, category: np.ndarray, valid: np.ndarray, held_out: bool = False) -> Question:
    """Three quarters about something present; the rest about an absent class or something outside the list. Some relate two classes."""
    counts = np.bincount(category[valid], minlength=D.N_CLASSES)
    present, absent = np.flatnonzero(counts), np.flatnonzero(counts == 0)
    relation = ALL if random.random() < 0.5 else int(random.integers(1, len(RELATIONS)))
    draw = random.random()
    if random.random() < PAIRS and len(present) > 1:
        anchor = int(random.choice(absent if draw > 0.93 and len(absent) else present))
        others = absent if draw < 0.12 and len(absent) > 1 else present
        relation = int(random.integers(len(RELATIONS), len(RELATION_NAMES)))
        if random.random() < STRANGE_ANCHOR:
            return ask(random, int(random.choice(present)), relation, held_out, UNKNOWN)
        return ask(random, int(random.choice(others[others != anchor])), relation, held_out, anchor)
    if draw < 0.07:
        return ask(random, UNKNOWN, relation, held_out)
    if (draw < 0.25 or len(present) == 0) and len(absent):
        return ask(random, int(random.choice(absent)), relation, held_out)
    return ask(random, int(random.choice(present)), relation, held_out)


def recast(random: np.random.Generator, found: D.Detections, row: int, question: Question) -> None:
    """Exchanges the classes of a picture so that what a question asks for, and relates to, is in view if it can be."""
    category = found.category[row]
    for wanted in (question.concept, question.anchor):
        if wanted in (None, UNKNOWN):
            continue
        taken = question.concept if wanted == question.anchor else None
        others = [int(c) for c in category[found.valid[row]].unique() if c != taken]
        if wanted in others or not others:
            continue
        given = int(random.choice(others))
        was_given, was_wanted = category == given, category == wanted
        category[was_given], category[was_wanted] = wanted, given


def pair_of(pairs: ClassPairs, first_slot: int, row: int, question: Question) -> Pair | None:
    """The token of the two classes of a question, None where it has none. Pairs begin at `first_slot`."""
    if not is_pair(question.relation) or question.anchor in (None, UNKNOWN):
        return None
    slot = pairs.find(row, question.concept, question.anchor)
    return None if slot is None else Pair(first_slot + slot, pairs.members[row, slot].numpy())


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
    pair_slots: int = 20,
) -> Batch:
    """`pair_slots`: five classes, as many as `simulate` draws, make 20 pairs."""
    described, pairs = see(found, pair_slots)
    category, valid = found.category.numpy(), found.valid.numpy()
    ranks, bins, places = described.ranks.numpy(), described.bins.numpy(), place_numbers(found)
    size, slots = described.features.shape[:2]
    prompts, answers, asked = [], [], []
    for b in range(size):
        question = questions[b] if questions else choose_question(random, category[b], valid[b], held_out)
        ids = encoder.encode(question.text)
        if noise:
            ids = encoder.disturb(random, ids, meanings_of(question))
        prompts.append(encoder.prompt(ids, slots))
        pair = pair_of(pairs, category.shape[1], b, question)
        answers.append(compose(question, category[b], valid[b], ranks[b], bins[b], places[b], thoughts_only, pair))
        asked.append(question)
    length = max(len(p) + len(a.tokens) for p, a in zip(prompts, answers, strict=True))
    ids = np.zeros((size, length), np.int64)
    labels = np.full((size, length), -100)
    mask = np.zeros((size, length), np.int64)
    look_slots: list[tuple[int, int, int, int]] = []
    look_text: list[list[tuple[int, int, int]]] = [[], [], [], []]
    due_at: list[tuple[int, int]] = []
    due: list[np.ndarray] = []
    looks = 0
    for b, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        start, stop = len(prompt), len(prompt) + len(answer.tokens)
        ids[b, :start], ids[b, start:stop], labels[b, start:stop], mask[b, :stop] = prompt, answer.tokens, answer.tokens, 1
        for at, targets in answer.look_slots:
            look_slots += [(looks, b, start + at, SINK_AT if t == SINK else LEAD + t) for t in targets]
            looks += 1
        due_at += [(b, start + at) for at, _ in answer.still_due]
        due += [ranks_due for _, ranks_due in answer.still_due]
        for head, texts in enumerate((answer.look_concept, answer.look_relation, answer.look_opener, answer.look_anchor)):
            look_text[head] += [(b, start + at, SINK_AT if target == SINK else start + target) for at, target in texts]
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(labels),
        torch.from_numpy(mask),
        slots,
        described,
        looks,
        _columns(look_slots, 4),
        [_columns(texts, 3) for texts in look_text],
        _columns(due_at, 2),
        torch.from_numpy(np.array(due, np.float32).reshape(-1, V.MAX_INSTANCES)),
        answers,
        prompts,
        asked,
    )


def _columns(rows: list[tuple[int, ...]], count: int) -> torch.Tensor:
    return torch.from_numpy(np.array(rows, np.int64).reshape(-1, count).T)


class QuestionStream(IterableDataset):
    """Training batches without end, drawn by the workers of a DataLoader: two of whole answers, then `thoughts` of thoughts alone.

    A share of WRITTEN of the questions are of `written`, if there are any.

    `seed` has a second number where a training goes on: what it drew before is not drawn again.
    `progress` is the part of the training that is over, 0..1: pictures grow from few to many detections with it.
    """

    def __init__(
        self,
        encoder: QuestionEncoder,
        size: int,
        seed: tuple[int, ...],
        progress,
        written: WrittenQuestions | None = None,
        thoughts: int = 1,
    ):
        self.encoder, self.size, self.seed, self.progress = encoder, size, seed, progress
        self.written, self.thoughts = written, thoughts

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        worker = get_worker_info()
        first, *more = self.seed
        random = np.random.default_rng([first, worker.id if worker else 0, *more])
        while True:
            batches = self._whole_answers(random)
            for first, second in zip(batches[::2], batches[1::2], strict=True):
                yield from (first, second, *self._thoughts(random))

    def _thoughts(self, random: np.random.Generator) -> list[Batch]:
        """Batches of four times the size, of questions of similar length each, about small pictures."""
        size = 4 * self.size
        found = D.simulate(random, self.thoughts * size, int(random.integers(2, 6)))
        questions = self._questions(random, found)
        order = np.argsort([len(question.text) for question in questions], kind="stable")
        batches = []
        for part in random.permutation(self.thoughts):
            rows = order[part * size : (part + 1) * size]
            pictures, asked = found.rows(torch.from_numpy(rows)), [questions[row] for row in rows]
            batches.append(make_batch(random, self.encoder, pictures, thoughts_only=True, questions=asked, pair_slots=FEW_PAIRS))
        return batches

    def _questions(self, random: np.random.Generator, found: D.Detections) -> list[Question]:
        """One a picture; pictures are changed to show what a written question asks for."""
        questions = []
        for row in range(len(found.category)):
            if self.written and random.random() < WRITTEN:
                question = self.written.draw(random)
                if random.random() < IN_VIEW:
                    recast(random, found, row, question)
            else:
                question = choose_question(random, found.category[row].numpy(), found.valid[row].numpy())
            questions.append(question)
        return questions

    def _whole_answers(self, random: np.random.Generator) -> list[Batch]:
        """Four batches of similar answer length each."""
        part, size = self.progress.value, self.size
        slots = int(random.integers(10, 16 + int(34 * min(1.0, 0.1 + part * 2))))
        if part > 0.6 and random.random() < 0.15:
            slots = DETECTION_SLOTS
        found = D.simulate(random, 4 * size, slots)
        questions = self._questions(random, found)
        category, valid = found.category.numpy(), found.valid.numpy()
        instances = [
            min(int((v & (c == q.concept)).sum()), 1 if is_superlative(q.relation) else V.MAX_INSTANCES)
            for c, v, q in zip(category, valid, questions, strict=True)
        ]
        order = np.argsort(instances, kind="stable")
        batches = []
        for quarter in random.permutation(4):
            rows = order[quarter * size : (quarter + 1) * size]
            asked = [questions[r] for r in rows]
            pair_slots = PAIR_SLOTS if slots >= DETECTION_SLOTS else 20
            batches.append(make_batch(random, self.encoder, found.rows(torch.from_numpy(rows)), questions=asked, pair_slots=pair_slots))
        return batches
