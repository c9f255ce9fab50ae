"""Training questions composed more freely than from the frames of `wordings`: other names, needs, relations and frames."""

import re

import numpy as np

from . import free_phrases as F
from .pair_words import PAIR_FRAMES_ONE, PAIR_FRAMES_SEVERAL, PAIR_RELATIONS, PAIR_WORDS
from .phrases import Phrases, pick, with_a
from .wordings import CONCEPTS, FRAMES_ALL, FRAMES_SUPERLATIVE, RELATION_WORDS, RELATIONS, UNKNOWN_NAMES, UNKNOWN_PURPOSES

UNKNOWN = len(CONCEPTS)
"""Concept number of things outside the list."""
RELATION_NAMES = [*RELATIONS, *PAIR_RELATIONS]
"""Relations of one concept, then those between two: a relation's number is its place here."""
NEEDED = 0.4
"""Share of free questions about all of a concept that describe a need and do not name the concept."""


def base_phrases() -> list[Phrases]:
    """All lists of words and frames of which one part is held out."""
    lists = [FRAMES_ALL, FRAMES_SUPERLATIVE, UNKNOWN_NAMES, UNKNOWN_PURPOSES, PAIR_FRAMES_ONE, PAIR_FRAMES_SEVERAL]
    for concept in CONCEPTS:
        lists += [concept.names, concept.agents, concept.purposes, concept.descriptions]
    return [*lists, *RELATION_WORDS, *PAIR_WORDS.values()]


def words_of(phrases: list[str]) -> set[str]:
    return {word for phrase in phrases for word in re.findall(r"[a-z]+", phrase.lower())}


_HELD_OUT = [phrase for _, held_out in base_phrases() for phrase in held_out]
UNSEEN_WORDS = words_of(_HELD_OUT) - words_of([phrase for seen, _ in base_phrases() for phrase in seen])
"""Words that only held-out phrases use: training must not meet them by chance either."""


def _plain(phrase: str) -> str:
    return " ".join(re.findall(r"[a-z]+", re.sub(r"\{\w+\}", " ", phrase.lower())))


_HELD_OUT_PLAIN = {_plain(part) for phrase in _HELD_OUT for part in phrase.split("/")}


def allowed(phrases: list) -> list:
    """Those phrases, or tuples of phrases, that contain no held-out word and are no held-out phrase."""
    kept = []
    for phrase in phrases:
        parts = [phrase] if isinstance(phrase, str) else list(phrase)
        core = {_plain(re.sub(r"\b(that is|that are|the|which is|which are)\b", " ", part.lower())) for part in parts}
        if not words_of(parts) & UNSEEN_WORDS and not (core | {_plain(part) for part in parts}) & _HELD_OUT_PLAIN:
            kept.append(phrase)
    return kept


NAMES = [allowed(F.NAMES[concept.key]) for concept in CONCEPTS] + [allowed(F.UNKNOWN)]
"""(singular, plural) by concept; the last list is of things outside the list."""
NEEDS = [allowed(F.NEEDS[concept.key]) for concept in CONCEPTS]
PATTERNS = {"all": allowed(F.ALL)} | {name: allowed(patterns) for name, patterns in (F.SUPERLATIVES | F.PAIRS).items()}
FRAMES = allowed(F.FRAMES)


def free_words() -> set[str]:
    """All words of free questions."""
    phrases = [part for names in NAMES for name in names for part in name] + [need for needs in NEEDS for need in needs]
    return words_of([*phrases, *(pattern for patterns in PATTERNS.values() for pattern in patterns), *FRAMES])


def free_name(random: np.random.Generator, concept: int) -> tuple[str, str]:
    """A (singular, plural) name of a concept, or of something outside the list."""
    if random.random() < 0.3:
        listed = pick(random, (UNKNOWN_NAMES if concept == UNKNOWN else CONCEPTS[concept].names)[0])
        return tuple(listed.split("/"))
    return pick(random, NAMES[concept])


def free_text(random: np.random.Generator, concept: int, relation: int, anchor: int | None) -> str:
    """A question's text; `relation` numbers RELATION_NAMES."""
    name = RELATION_NAMES[relation]
    if name == "all" and concept != UNKNOWN and random.random() < NEEDED:
        what = pick(random, NEEDS[concept])
    else:
        one, many = free_name(random, concept)
        what = pick(random, PATTERNS[name])
        what = what.replace("{one}", one).replace("{many}", many)
    if anchor is not None:
        noun = free_name(random, anchor)[0]
        what = what.replace("{anchor}", f"the {noun}" if random.random() < 0.5 else with_a(noun))
    return pick(random, FRAMES).replace("{what}", what)
