"""Questions in words, drawn from the phrase lists in `wordings` and `relations`."""

from dataclasses import dataclass

import numpy as np

from .free_wording import RELATION_NAMES, UNKNOWN, base_phrases, free_text, free_words, words_of
from .pair_words import OF_ANY, OF_ONE, PAIR_FRAMES_ONE, PAIR_FRAMES_SEVERAL, PAIR_WORDS
from .phrases import Phrases, pick, with_a
from .wordings import (
    CONCEPTS,
    FRAMES_ALL,
    FRAMES_SUPERLATIVE,
    RELATION_WORDS,
    RELATIONS,
    UNKNOWN_NAMES,
    UNKNOWN_PURPOSES,
)

FREE = 0.55
"""Share of the questions of training that `free_wording` composes."""
CONCEPT_KEYS = [concept.key for concept in CONCEPTS]
ALL = RELATIONS.index("all")


@dataclass(frozen=True)
class Question:
    """`concept` and `anchor` index CONCEPTS (or are UNKNOWN), `relation` indexes RELATION_NAMES.

    `anchor` is the second concept of a relation between two, otherwise None.
    """

    text: str
    concept: int
    relation: int
    anchor: int | None = None


def draw(random: np.random.Generator, phrases: Phrases, held_out: bool) -> str:
    return pick(random, phrases[1 if held_out else 0])


def _unknown_slots(random: np.random.Generator, held_out: bool) -> dict[str, str]:
    singular, plural = draw(random, UNKNOWN_NAMES, held_out).split("/")
    agents = ["people", "someone", "visitors", "workers"][int(random.integers(4))]
    return {"n": singular, "ns": plural, "p": draw(random, UNKNOWN_PURPOSES, held_out), "a": agents, "d": singular}


def slots_of(random: np.random.Generator, concept: int, held_out: bool) -> dict[str, str]:
    """Words for the slots of a frame: name, names, agents, purpose, description."""
    if concept == UNKNOWN:
        return _unknown_slots(random, held_out)
    words = CONCEPTS[concept]
    singular, plural = draw(random, words.names, held_out).split("/")
    return {
        "n": singular,
        "ns": plural,
        "a": draw(random, words.agents, held_out),
        "p": draw(random, words.purposes, held_out),
        "d": draw(random, words.descriptions, held_out),
    }


def filled(frame: str, slots: dict[str, str]) -> str:
    return frame.format(**slots).replace(" ?", "?").replace(" .", ".").replace(" ,", ",").replace(" ;", ";")


def _with_article(random: np.random.Generator, anchor: int, relation: str, held_out: bool) -> str:
    names = UNKNOWN_NAMES if anchor == UNKNOWN else CONCEPTS[anchor].names
    name = draw(random, names, held_out).split("/")[0]
    return with_a(name) if relation in OF_ANY else f"the {name}"


def ask(random: np.random.Generator, concept: int, relation: int, held_out: bool = False, anchor: int | None = None) -> Question:
    """A question for a concept and a relation; `held_out` draws frames *and* words that training never uses."""
    if not held_out and random.random() < FREE:
        return Question(free_text(random, concept, relation, anchor), concept, relation, anchor)
    slots = slots_of(random, concept, held_out)
    if anchor is not None:
        name = RELATION_NAMES[relation]
        frame = draw(random, PAIR_FRAMES_ONE if name in OF_ONE else PAIR_FRAMES_SEVERAL, held_out)
        slots |= {"w": draw(random, PAIR_WORDS[name], held_out), "o": _with_article(random, anchor, name, held_out)}
    elif relation == ALL:
        frame = draw(random, FRAMES_ALL, held_out)
    else:
        frame = draw(random, FRAMES_SUPERLATIVE, held_out)
        slots["r"] = draw(random, RELATION_WORDS[relation], held_out)
    return Question(filled(frame, slots), concept, relation, anchor)


def base_names(concept: int) -> list[tuple[str, str]]:
    """Names (singular, plural) of a concept in the frames that training may use."""
    return [tuple(name.split("/")) for name in CONCEPTS[concept].names[0]]


def seen_words() -> set[str]:
    """Words that training may use."""
    return (
        words_of([phrase for seen, _ in base_phrases() for phrase in seen] + ["people someone visitors workers user assistant"])
        | free_words()
    )
