"""How well a prompter reads questions: concept, relation and second concept, each with what comes before it given."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from . import detections as D
from . import vocabulary as V
from .answers import is_pair
from .prompter import Prompter
from .prompter_data import Batch, QuestionEncoder, make_batch, recast
from .questions import RELATION_NAMES, UNKNOWN, Question
from .train_prompter import forward
from .vocabulary import answer_index

SLOTS = 12
AT_ONCE = 100


@dataclass(frozen=True)
class Reading:
    """Whether each part of a question was read rightly; None where the question has no such part."""

    question: Question
    concept: bool
    relation: bool | None
    anchor: bool | None

    @property
    def whole(self) -> bool:
        return self.concept and self.relation is not False and self.anchor is not False


def picture_of(random: np.random.Generator, questions: list[Question]) -> D.Detections:
    """Simulated detections in which everything is in view that the questions ask for, one picture each."""
    found = D.simulate(random, len(questions), SLOTS)
    for row, question in enumerate(questions):
        recast(random, found, row, question)
    return found


@torch.no_grad()
def readings(model: Prompter, encoder: QuestionEncoder, questions: list[Question], seed: int = 5) -> Iterator[Reading]:
    """One for each question, in their order."""
    random = np.random.default_rng(seed)
    model.eval()
    for start in range(0, len(questions), AT_ONCE):
        asked = questions[start : start + AT_ONCE]
        batch = make_batch(random, encoder, picture_of(random, asked), thoughts_only=True, noise=False, questions=asked)
        hidden, _ = forward(model, batch)
        said = model.logits(hidden).argmax(-1)
        for row, question in enumerate(asked):
            yield _reading(batch, said, row, question)


def _reading(batch: Batch, said: torch.Tensor, row: int, question: Question) -> Reading:
    def right(token: str) -> bool:
        at = (batch.labels[row] == answer_index(token)).nonzero()
        return bool(said[row, at[0, 0] - 1] == answer_index(token))

    concept = right(V.CONCEPT_TOKENS[question.concept])
    if question.concept == UNKNOWN:
        return Reading(question, concept, None, None)
    anchor = None
    if is_pair(question.relation):
        anchor = right(V.ANCHOR_TOKENS[UNKNOWN if question.anchor is None else question.anchor])
    return Reading(question, concept, right(V.RELATION_TOKENS[question.relation]), anchor)


def summary(read: list[Reading]) -> dict:
    """Shares of what was read rightly."""

    def share(values: list[bool | None]) -> float:
        return round(float(np.mean([value for value in values if value is not None])), 4)

    known = [reading for reading in read if reading.question.concept != UNKNOWN]
    outside = [reading for reading in read if reading.question.concept == UNKNOWN]
    parts = {part: share([getattr(reading, part) for reading in known]) for part in ("whole", "concept", "relation", "anchor")}
    by_relation = {
        name: share([reading.whole for reading in known if reading.question.relation == number])
        for number, name in enumerate(RELATION_NAMES)
        if any(reading.question.relation == number for reading in known)
    }
    return {"questions": len(read), **parts, "outside": share([reading.concept for reading in outside]), "by_relation": by_relation}
