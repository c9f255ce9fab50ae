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


def is_pair(relation: int) -> bool:
    """Whether a relation is one between two concepts."""
    return relation >= len(RELATIONS)


def is_superlative(relation: int) -> bool:
    """Whether a relation picks one of a concept by what the image tokens say of it."""
    return ALL < relation < len(RELATIONS)


def select(category: np.ndarray, valid: np.ndarray, ranks: np.ndarray, concept: int, relation: int) -> list[int]:
    """Slots that answer (concept, relation of one concept), in the order of the answer: the rule that the decoder learns to follow.

    `category` [K], `valid` [K], `ranks` [K,6]. All: largest first, at most MAX_INSTANCES. Otherwise the extreme one.
    """
    slots = np.flatnonzero(valid & (category == concept))
    if len(slots) == 0:
        return []
    if not is_superlative(relation):
        return [int(s) for s in slots[np.argsort(ranks[slots, 0])][:MAX_INSTANCES]]
    return [int(slots[np.argmin(ranks[slots, relation - 1])])]


@dataclass(frozen=True)
class Pair:
    """The token of a question's two classes: its slot, and `members` [8,10] bool by relation and area rank."""

    slot: int
    members: np.ndarray


@dataclass
class Answer:
    """`tokens` ends with the end token. The lists pair a position in `tokens` (the input that predicts the next token)
    with what it should attend to: slots for `look_slots`, earlier positions for the others."""

    tokens: list[int] = field(default_factory=list)
    look_slots: list[tuple[int, list[int]]] = field(default_factory=list)
    look_concept: list[tuple[int, int]] = field(default_factory=list)
    look_relation: list[tuple[int, int]] = field(default_factory=list)
    look_opener: list[tuple[int, int]] = field(default_factory=list)
    look_anchor: list[tuple[int, int]] = field(default_factory=list)
    still_due: list[tuple[int, np.ndarray]] = field(default_factory=list)
    """Where a relation between two concepts decides: which instances, [10] bool by area rank, are still to be listed."""

    def say(self, text: str) -> int:
        self.tokens.append(answer_index(text))
        return len(self.tokens) - 1


def compose(
    question: Question,
    category: np.ndarray,
    valid: np.ndarray,
    ranks: np.ndarray,
    bins: np.ndarray,
    places: np.ndarray,
    thoughts_only: bool = False,
    pair: Pair | None = None,
) -> Answer:
    """The full answer for one picture. `bins` [K,8], `places` [K]. `thoughts_only` stops where it has said what it takes.

    `pair` belongs to a question that relates two concepts; None where the second is not in view.
    """
    answer = Answer()
    answer.say(V.THINK)
    answer.say(V.ASKS_FOR)
    concept_at = answer.say(V.CONCEPT_TOKENS[question.concept])
    answer.look_concept.append((concept_at, concept_at))
    slots = np.flatnonzero(valid & (category == question.concept))
    answer.look_slots.append((concept_at, [int(s) for s in slots] or [SINK]))
    if len(slots) == 0:
        answer.say(V.NOTHING if question.concept == UNKNOWN else V.NONE_HERE)
        return answer if thoughts_only else _end(answer)
    see_at = answer.say(V.I_SEE)
    answer.look_concept.append((see_at, concept_at))
    answer.look_slots.append((see_at, [int(s) for s in slots]))
    answer.say(V.COUNT_TOKENS[min(len(slots), len(V.COUNT_TOKENS)) - 1])
    answer.say(V.OF_THEM)
    said = _Said(concept_at, answer.say(V.RELATION_TOKENS[question.relation]))
    if is_pair(question.relation):
        chosen, said = _relate(answer, said, question, slots, ranks, pair)
    else:
        chosen = select(category, valid, ranks, question.concept, question.relation)
    if thoughts_only:
        return answer
    if is_superlative(question.relation):
        in_the_at = answer.say(V.IN_THE)
        answer.look_concept.append((in_the_at, said.concept_at))
        answer.look_relation.append((in_the_at, said.relation_at))
        answer.look_slots.append((in_the_at, chosen))
        answer.say(V.PLACE_TOKENS[places[chosen[0]]])
    answer.say(V.END_THINK)
    start_at = answer.say(V.START_LIST)
    due = _ranks_due(ranks, chosen)
    _look_for_next(answer, start_at, said, due)
    for number, slot in enumerate(chosen):
        if is_superlative(question.relation):
            opener = V.OPENER_SINGLE
        else:
            rank = int(ranks[slot, 0])
            opener = V.NEXT_OPENERS[rank - 1] if number else V.FIRST_OPENERS[rank]
        opener_at = answer.say(opener)
        at = opener_at
        for j in range(8):
            _look_at_instance(answer, at, slot, said, opener_at)
            answer.say(str(int(bins[slot, j]) * V.BIN_PX))
            at = answer.say(V.SEPARATORS[j] if j < 7 else V.CLOSE)
        answer.look_opener.append((at, opener_at))
        due[: ranks[slot, 0] + 1] = False
        _look_for_next(answer, at, said, due)
        if said.pair_slot is None:
            answer.look_slots.append((at, [slot]))
    return _end(answer, listed=True)


@dataclass(frozen=True)
class _Said:
    """Where an answer has said what it takes. `anchor_at` and `pair_slot` only where two classes are related."""

    concept_at: int
    relation_at: int
    anchor_at: int | None = None
    pair_slot: int | None = None


def _relate(
    answer: Answer, said: _Said, question: Question, slots: np.ndarray, ranks: np.ndarray, pair: Pair | None
) -> tuple[list[int], _Said]:
    """Names the second concept and says what follows; returns the chosen slots, largest first."""
    by_rank = [int(s) for s in slots[np.argsort(ranks[slots, 0])][:MAX_INSTANCES]]
    anchor_at = answer.say(V.ANCHOR_TOKENS[UNKNOWN if question.anchor is None else question.anchor])
    answer.look_concept.append((anchor_at, said.concept_at))
    answer.look_relation.append((anchor_at, said.relation_at))
    answer.look_anchor.append((anchor_at, anchor_at))
    answer.look_slots.append((anchor_at, [SINK if pair is None else pair.slot]))
    if pair is None:
        # From here on it is as if all had been asked for.
        return by_rank, _Said(said.concept_at, answer.say(V.NO_ANCHOR))
    applies = pair.members[question.relation - len(RELATIONS)]
    chosen = [slot for rank, slot in enumerate(by_rank) if applies[rank]]
    answer.still_due.append((anchor_at, _ranks_due(ranks, chosen)))
    answer.say(V.RELATED if chosen else V.NONE_RELATED)
    return chosen, _Said(said.concept_at, said.relation_at, anchor_at, pair.slot)


def _ranks_due(ranks: np.ndarray, chosen: list[int]) -> np.ndarray:
    due = np.zeros(MAX_INSTANCES, bool)
    due[[rank for rank in ranks[chosen, 0] if rank < MAX_INSTANCES]] = True
    return due


def _look_for_next(answer: Answer, at: int, said: _Said, due: np.ndarray) -> None:
    """Where the next instance, or the end of the list, is decided."""
    answer.look_concept.append((at, said.concept_at))
    answer.look_relation.append((at, said.relation_at))
    answer.look_anchor.append((at, SINK if said.anchor_at is None else said.anchor_at))
    if said.pair_slot is not None:
        answer.look_slots.append((at, [said.pair_slot]))
        answer.still_due.append((at, due.copy()))


def _look_at_instance(answer: Answer, at: int, slot: int, said: _Said, opener_at: int) -> None:
    answer.look_slots.append((at, [slot]))
    answer.look_concept.append((at, said.concept_at))
    answer.look_relation.append((at, said.relation_at))
    answer.look_anchor.append((at, SINK))
    answer.look_opener.append((at, opener_at))


def _end(answer: Answer, listed: bool = False) -> Answer:
    if not listed:
        answer.say(V.END_THINK)
        answer.say(V.START_LIST)
    answer.say(V.END_LIST)
    answer.tokens.append(V.SPECIALS.index(V.END))
    return answer


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
