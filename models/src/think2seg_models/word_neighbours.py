"""Words that may stand for another in training: close in meaning, but of no other concept and no other relation."""

from bisect import bisect_left
from collections import defaultdict

import numpy as np

from .free_wording import NAMES, PATTERNS, RELATION_NAMES, UNSEEN_WORDS, words_of
from .pair_words import PAIR_WORDS
from .questions import base_names
from .vocabulary import Vocabulary
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
"""Words whose neighbours are often their opposites: neither replaced, but for those of DENYING, nor put in the place of others."""
COMPASS = ("north", "south", "east", "west")
DENYING = words_of(
    [
        "no without sans minus lacking lacks lack wanting missing absent devoid bereft deprived free clear bare",
        "excluding exclude excluded barring omit skip ignore avoid shun",
        "apart away aloof alone lone isolated remote detached separate withdrawn sequestered independent elsewhere disjoint",
        "unaccompanied unattended unattached untouched undisturbed untroubled unflanked unbordered treeless houseless",
    ]
)
"""Words that deny by themselves. Their vectors share a direction, in which many words lie that no question of training has: of those any
may take their place."""
DENIES = 0.5
"""A word denies whose vector is so far in that direction: 1 is the place of DENYING, -1 that of all other words of the phrases."""
RIDGE = 0.007
"""Of that regression, as a share of the number of words."""


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
    """Neighbours of the words of a vocabulary, by token number; no held-out word is one."""

    def __init__(self, vocabulary: Vocabulary):
        self.unit = vocabulary.vectors.astype(np.float32) / np.maximum(np.linalg.norm(vocabulary.vectors, axis=1, keepdims=True), 1e-6)
        index = vocabulary.index
        self.unseen = {index[word] for word in UNSEEN_WORDS if word in index}
        self.relations = {index[word]: relations for word, relations in words_of_relations().items() if word in index}
        self.concepts = {index[word]: concepts for word, concepts in words_of_concepts().items() if word in index}
        self.kept = {number for word, number in index.items() if has_opposite(word)}
        self.telling = np.array(sorted(word for word, relations in self.relations.items() if len(relations) <= TELLING))
        self.denying = self._denying(index)
        self.known: dict[int, list[int]] = {}

    def _denying(self, index: dict[str, int]) -> list[int]:
        """DENYING and words far in its direction, which a ridge regression tells from those of the other words of the phrases."""
        seeds = sorted(index[word] for word in DENYING if word in index and index[word] not in self.unseen)
        others = sorted((self.relations.keys() | self.concepts.keys()) - set(seeds))
        x = np.c_[self.unit, np.ones(len(self.unit))][[*seeds, *others]]
        y = np.repeat([1.0, -1.0], [len(seeds), len(others)])
        weight = len(x) / 2 / np.where(y > 0, len(seeds), len(others))
        direction = np.linalg.solve(x.T @ (x * weight[:, None]) + RIDGE * len(x) * np.eye(x.shape[1]), x.T @ (weight * y))
        far = np.flatnonzero(self.unit @ direction[:-1] + direction[-1] > DENIES)
        known = self.unit.any(1)
        barred = self.unseen | self.kept | set(others)
        return sorted({*seeds, *(int(word) for word in far if known[word] and word not in barred)})

    def denies(self, word: int) -> bool:
        at = bisect_left(self.denying, word)
        return at < len(self.denying) and self.denying[at] == word

    def tells(self, word: int) -> bool:
        """Whether a word helps to tell which relation is meant."""
        return word in self.kept or self.denies(word) or (word in self.relations and len(self.relations[word]) <= TELLING)

    def of(self, word: int) -> list[int]:
        if self.denies(word):
            return self.denying
        if word in self.kept:
            return []
        if word not in self.known:
            close = self.unit @ self.unit[word]
            most = np.argpartition(-close, NEAREST)[: NEAREST + 1]
            nearest = [int(near) for near in most if close[near] > CLOSE and near != word]
            self.known[word] = [near for near in nearest if self._may_replace(near, word)]
        return self.known[word]

    def _may_replace(self, near: int, word: int) -> bool:
        if near in self.unseen or near in self.kept or self.denies(near):
            return False
        if near in self.concepts and not self.concepts[near] & self.concepts.get(word, set()):
            return False
        if near in self.relations:
            return _alike(self.relations[near], self.relations.get(word, set()))
        if self.tells(word):
            closest = int(self.telling[np.argmax(self.unit[self.telling] @ self.unit[near])])
            return _alike(self.relations[closest], self.relations[word])
        return True
