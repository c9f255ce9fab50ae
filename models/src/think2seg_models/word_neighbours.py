"""Words that may stand for another in training: close in meaning, but of no other concept and no other relation."""

from collections import defaultdict

import numpy as np

from .free_wording import NAMES, PATTERNS, RELATION_NAMES, UNSEEN_WORDS, words_of
from .lexicon import DEGREES, DENY, lexicon
from .pair_words import PAIR_WORDS
from .questions import base_names
from .vocabulary import PLAIN, Vocabulary
from .wordings import CONCEPTS, RELATION_WORDS, RELATIONS

NEAREST = 14
CLOSE = 0.45
"""Smallest cosine of the vectors of neighbours."""
TELLING = 4
"""A word of at most so many relations helps to tell which one is meant."""
KEPT = words_of(
    [
        "only one each every all not no never none without near nearer nearest close closer closest far farther farthest further furthest",
        "left leftmost right rightmost top topmost bottom bottommost upper lower above below up down highest lowest",
        "large larger largest big bigger biggest great greatest small smaller smallest little least most more less",
    ]
)
"""Words whose neighbours are often their opposites: neither replaced by such nor put in the place of others."""
COMPASS = ("north", "south", "east", "west")
FIXED = words_of(["not never neither nor none near nearer close closer far farther further any each every all", "farthest furthest"])
"""Words of such wide use that no other takes their place, nor they that of another, though it means the same."""
NOTHING: frozenset[str] = frozenset()
OF_RELATIONS = frozenset([DENY, *DEGREES])
SAID_WITH = {
    "largest": {"large"},
    "smallest": {"small"},
    "nearest_to": {"nearest", "near"},
    "farthest_from": {"far"},
    "beside": {"near"},
    "not_beside": {DENY, "near", "far"},
}
SAID_WITH |= {name: {"north", "south"} for name in ("northernmost", "southernmost", "north_of", "south_of")}
SAID_WITH |= {name: {"west", "east"} for name in ("westernmost", "easternmost", "west_of", "east_of")}
"""Meanings of the words that say each relation. With compass words also the opposite: a house with a lake to its north lies south of it."""


def has_opposite(word: str) -> bool:
    """Whether a word is near its opposite in meaning: see KEPT, and all words of the compass."""
    return word in KEPT or any(root in word for root in COMPASS)


def words_of_relations() -> dict[str, set[str]]:
    """Names of the relations that each word of their phrases belongs to."""
    by_word: dict[str, set[str]] = defaultdict(set)
    for relation in RELATION_NAMES:
        base = RELATION_WORDS[RELATIONS.index(relation)] if relation in RELATIONS else PAIR_WORDS[relation]
        patterns = [pattern.replace("{one}", "").replace("{many}", "").replace("{anchor}", "") for pattern in PATTERNS[relation]]
        for word in words_of([*base[0], *patterns]):
            by_word[word].add(relation)
    return by_word


def words_of_concepts() -> dict[str, set[int]]:
    """Numbers of the concepts that each word of their names belongs to."""
    by_word: dict[str, set[int]] = defaultdict(set)
    for concept in range(len(CONCEPTS)):
        for word in words_of([part for name in [*NAMES[concept], *base_names(concept)] for part in name]):
            by_word[word].add(concept)
    return by_word


def _alike(first: set, second: set) -> bool:
    return len(first & second) * 2 >= len(first | second)


class WordNeighbours:
    """What may stand for the words of a vocabulary, by token number; no held-out word may."""

    def __init__(self, vocabulary: Vocabulary):
        plain = vocabulary.vectors[:, :PLAIN].astype(np.float32)
        self.unit = plain / np.maximum(np.linalg.norm(plain, axis=1, keepdims=True), 1e-6)
        index = vocabulary.index
        self.unseen = {index[word] for word in UNSEEN_WORDS if word in index}
        self.relations = {index[word]: relations for word, relations in words_of_relations().items() if word in index}
        self.concepts = {index[word]: concepts for word, concepts in words_of_concepts().items() if word in index}
        self.kept = {number for word, number in index.items() if has_opposite(word)}
        self.telling = np.array(sorted(word for word, relations in self.relations.items() if len(relations) <= TELLING))
        self.meanings = {index[word]: meanings for word, meanings in lexicon().items() if word in index}
        self.fixed = {index[word] for word in FIXED if word in index}
        self.alike: dict[frozenset[str], list[int]] = defaultdict(list)
        for word, meanings in self.meanings.items():
            if word not in self.unseen and word not in self.fixed:
                self.alike[meanings].append(word)
        self.known: dict[int, list[int]] = {}

    def tells(self, word: int) -> bool:
        """Whether a word helps to tell which relation is meant."""
        if word in self.kept or (word in self.relations and len(self.relations[word]) <= TELLING):
            return True
        return not self.meanings.get(word, NOTHING).isdisjoint(OF_RELATIONS)

    def draw(self, random: np.random.Generator, word: int, about: frozenset[str]) -> int:
        """A word in the place of another in a question about some meanings; the word itself where none may be."""
        lists = [words for words in (self.of(word), self.synonyms(word, about)) if words]
        if not lists:
            return word
        words = lists[int(random.integers(len(lists)))]
        return words[int(random.integers(len(words)))]

    def synonyms(self, word: int, about: frozenset[str]) -> list[int]:
        """All words that say the same, if it is what the question is about: in one about parks of cars a dock is no pier."""
        meanings = self.meanings.get(word, NOTHING)
        return self.alike[meanings] if meanings and meanings <= about and word not in self.fixed else []

    def of(self, word: int) -> list[int]:
        """Words of close vectors, but of no other concept, relation or meaning."""
        if word in self.kept:
            return []
        if word not in self.known:
            close = self.unit @ self.unit[word]
            most = np.argpartition(-close, NEAREST)[: NEAREST + 1]
            nearest = [int(near) for near in most if close[near] > CLOSE and near != word]
            self.known[word] = [near for near in nearest if self._may_replace(near, word)]
        return self.known[word]

    def _may_replace(self, near: int, word: int) -> bool:
        if near in self.unseen or near in self.kept:
            return False
        if not self.meanings.get(near, NOTHING) <= self.meanings.get(word, NOTHING):
            return False
        if near in self.concepts and not self.concepts[near] & self.concepts.get(word, set()):
            return False
        if near in self.relations:
            return _alike(self.relations[near], self.relations.get(word, set()))
        if self.tells(word) and word in self.relations:
            closest = int(self.telling[np.argmax(self.unit[self.telling] @ self.unit[near])])
            return _alike(self.relations[closest], self.relations[word])
        return True
