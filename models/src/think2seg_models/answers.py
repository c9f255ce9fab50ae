"""The answer to a question given detections: which ones, in which words, and where the decoder should look meanwhile."""

import json
from dataclasses import dataclass, field

import numpy as np

from . import vocabulary as V
from .questions import ALL, UNKNOWN, Question
from .vocabulary import MAX_INSTANCES, answer_index
from .wordings import RELATIONS

SINK = -1
"""Where attention rests when there is nothing to look at: the vision start token."""


def is_superlative(relation: int) -> bool:
    """Whether a relation picks one of a concept by what the image tokens say of it."""
    return ALL < relation < len(RELATIONS)


def relation_token(relation: int) -> str:
    """How an answer names a relation; all relations between two concepts have one name."""
    return V.RELATION_TOKENS[min(relation, len(RELATIONS))]


def select(category: np.ndarray, valid: np.ndarray, ranks: np.ndarray, concept: int, relation: int) -> list[int]:
    """Slots that answer (concept, relation), in the order of the answer: the rule that the decoder learns to follow.

    `category` [K], `valid` [K], `ranks` [K,6]. All, and relations between two concepts, which are not worked out: largest
    first, at most MAX_INSTANCES. Otherwise the extreme one.
    """
    slots = np.flatnonzero(valid & (category == concept))
    if len(slots) == 0:
        return []
    if not is_superlative(relation):
        return [int(s) for s in slots[np.argsort(ranks[slots, 0])][:MAX_INSTANCES]]
    return [int(slots[np.argmin(ranks[slots, relation - 1])])]


@dataclass
class Answer:
    """`tokens` ends with the end token. The lists pair a position in `tokens` (the input that predicts the next token)
    with what it should attend to: slots for `look_slots`, earlier positions for the others."""

    tokens: list[int] = field(default_factory=list)
    look_slots: list[tuple[int, list[int]]] = field(default_factory=list)
    look_concept: list[tuple[int, int]] = field(default_factory=list)
    look_relation: list[tuple[int, int]] = field(default_factory=list)
    look_opener: list[tuple[int, int]] = field(default_factory=list)

    def say(self, text: str) -> int:
        self.tokens.append(answer_index(text))
        return len(self.tokens) - 1


def place_number(bins: np.ndarray) -> int:
    """Ninth of the frame in which a box centre lies (row * 3 + column); `bins` = x0 y0 x1 y1 .. in bins."""
    column = int((bins[0] + bins[2]) * V.BIN_PX / 2 * 3 / V.FRAME_PX)
    row = int((bins[1] + bins[3]) * V.BIN_PX / 2 * 3 / V.FRAME_PX)
    return min(row, 2) * 3 + min(column, 2)


def compose(
    question: Question,
    category: np.ndarray,
    valid: np.ndarray,
    ranks: np.ndarray,
    bins: np.ndarray,
    places: np.ndarray,
    thoughts_only: bool = False,
) -> Answer:
    """The full answer for one picture. `bins` [K,8], `places` [K]. `thoughts_only` stops after the relation."""
    answer = Answer()
    answer.say(V.THINK)
    answer.say(V.ASKS_FOR)
    concept_at = answer.say(V.CONCEPT_TOKENS[question.concept])
    answer.look_concept.append((concept_at, concept_at))
    slots = np.flatnonzero(valid & (category == question.concept))
    answer.look_slots.append((concept_at, [int(s) for s in slots] or [SINK]))
    chosen = select(category, valid, ranks, question.concept, question.relation)
    relation_at = None
    if not chosen:
        answer.say(V.NOTHING if question.concept == UNKNOWN else V.NONE_HERE)
    else:
        see_at = answer.say(V.I_SEE)
        answer.look_concept.append((see_at, concept_at))
        answer.look_slots.append((see_at, [int(s) for s in slots]))
        answer.say(V.COUNT_TOKENS[min(len(slots), len(V.COUNT_TOKENS)) - 1])
        answer.say(V.OF_THEM)
        relation_at = answer.say(relation_token(question.relation))
        if thoughts_only:
            return answer
        if is_superlative(question.relation):
            in_the_at = answer.say(V.IN_THE)
            answer.look_concept.append((in_the_at, concept_at))
            answer.look_relation.append((in_the_at, relation_at))
            answer.look_slots.append((in_the_at, chosen))
            answer.say(V.PLACE_TOKENS[places[chosen[0]]])
    if thoughts_only:
        return answer
    answer.say(V.END_THINK)
    start_at = answer.say(V.START_LIST)
    if relation_at is not None:
        answer.look_relation.append((start_at, relation_at))
    for number, slot in enumerate(chosen):
        opener = V.OPENER_SINGLE if is_superlative(question.relation) else V.OPENERS[number]
        opener_at = answer.say(opener)
        at = opener_at
        for j in range(8):
            _watch(answer, at, slot, concept_at, relation_at, opener_at)
            answer.say(str(int(bins[slot, j]) * V.BIN_PX))
            at = answer.say(V.SEPARATORS[j] if j < 7 else V.CLOSE)
        _watch(answer, at, slot, concept_at, relation_at, opener_at)
    answer.say(V.END_LIST)
    answer.tokens.append(V.SPECIALS.index(V.END))
    return answer


def _watch(answer: Answer, at: int, slot: int, concept_at: int, relation_at: int | None, opener_at: int) -> None:
    answer.look_slots.append((at, [slot]))
    answer.look_concept.append((at, concept_at))
    if relation_at is not None:
        answer.look_relation.append((at, relation_at))
    answer.look_opener.append((at, opener_at))


def parse(text: str) -> list[dict] | None:
    """The prompts of an answer, or None if it is not valid. Strict: a JSON list between the answer tags."""
    start, end = text.find("<answer>```json"), text.find("```</answer>")
    if start < 0 or end < start:
        return None
    try:
        items = json.loads(text[start + len("<answer>```json") : end])
    except json.JSONDecodeError:
        return None
    if not isinstance(items, list):
        return None
    for item in items:
        if not isinstance(item, dict) or len(item.get("bbox_2d", [])) != 4 or len(item.get("positive_points", [])) != 2:
            return None
        x0, y0, x1, y1 = item["bbox_2d"]
        if x1 <= x0 or y1 <= y0:
            return None
    return items
