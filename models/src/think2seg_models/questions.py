"""Questions in words, drawn from the phrase lists in `wordings`."""

from dataclasses import dataclass

import numpy as np

from .wordings import (
    CONCEPTS,
    FRAMES_ALL,
    FRAMES_SUPERLATIVE,
    RELATION_WORDS,
    RELATIONS,
    UNKNOWN_NAMES,
    UNKNOWN_PURPOSES,
    Phrases,
)

CONCEPT_KEYS = [concept.key for concept in CONCEPTS]
UNKNOWN = len(CONCEPTS)
"""Concept number of things outside the list."""
ALL = RELATIONS.index("all")


@dataclass(frozen=True)
class Question:
    """`concept` indexes CONCEPTS (or UNKNOWN), `relation` indexes RELATIONS."""

    text: str
    concept: int
    relation: int


def _draw(random: np.random.Generator, phrases: Phrases, held_out: bool) -> str:
    choices = phrases[1 if held_out else 0]
    return choices[int(random.integers(len(choices)))]


def _unknown_slots(random: np.random.Generator, held_out: bool) -> dict[str, str]:
    singular, plural = _draw(random, UNKNOWN_NAMES, held_out).split("/")
    agents = ["people", "someone", "visitors", "workers"][int(random.integers(4))]
    return {"n": singular, "ns": plural, "p": _draw(random, UNKNOWN_PURPOSES, held_out), "a": agents, "d": singular}


def ask(random: np.random.Generator, concept: int, relation: int, held_out: bool = False) -> Question:
    """A question for a concept and a relation; `held_out` draws frames *and* words that training never uses."""
    if concept == UNKNOWN:
        slots = _unknown_slots(random, held_out)
    else:
        words = CONCEPTS[concept]
        singular, plural = _draw(random, words.names, held_out).split("/")
        slots = {
            "n": singular,
            "ns": plural,
            "a": _draw(random, words.agents, held_out),
            "p": _draw(random, words.purposes, held_out),
            "d": _draw(random, words.descriptions, held_out),
        }
    if relation == ALL:
        frame = _draw(random, FRAMES_ALL, held_out)
    else:
        frame = _draw(random, FRAMES_SUPERLATIVE, held_out)
        slots["r"] = _draw(random, RELATION_WORDS[relation], held_out)
    text = frame.format(**slots).replace(" ?", "?").replace(" .", ".").replace(" ,", ",").replace(" ;", ";")
    return Question(text, concept, relation)


def seen_phrases() -> list[str]:
    """Every phrase and frame that training may use (the words of the vocabulary)."""
    phrases = [*FRAMES_ALL[0], *FRAMES_SUPERLATIVE[0], *UNKNOWN_NAMES[0], *UNKNOWN_PURPOSES[0]]
    phrases += ["people someone visitors workers user assistant"]
    for concept in CONCEPTS:
        phrases += concept.names[0] + concept.agents[0] + concept.purposes[0] + concept.descriptions[0]
    for words in RELATION_WORDS:
        phrases += words[0]
    return phrases
