"""Whole questions that were written one by one, not composed.

A file holds JSON lines of `text`, `concept`, `relation` and `anchor` (null without a second concept).
"""

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from .errors import ToolError
from .free_wording import NAMES, RELATION_NAMES, UNKNOWN, allowed, free_name
from .questions import CONCEPT_KEYS, Question, base_names

UNKNOWN_KEY = "unknown"


def read_written(path: Path) -> list[Question]:
    """All questions of a file. Raises INPUT_CORRUPT for a line that is none."""
    numbers = {key: number for number, key in enumerate(CONCEPT_KEYS)} | {UNKNOWN_KEY: UNKNOWN}
    questions = []
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            item = json.loads(text)
            anchor = None if item["anchor"] is None else numbers[item["anchor"]]
            questions.append(Question(item["text"], numbers[item["concept"]], RELATION_NAMES.index(item["relation"]), anchor))
        except (KeyError, TypeError, ValueError) as error:
            raise ToolError("INPUT_CORRUPT", f"{path}, line {line}: got {text!r}, expected text, concept, relation and anchor") from error
    return questions


def for_training(questions: list[Question]) -> list[Question]:
    """Those without a held-out word."""
    kept = set(allowed([question.text for question in questions]))
    return [question for question in questions if question.text in kept]


@dataclass(frozen=True)
class WrittenQuestions:
    """Draws questions of a list; where they name what they ask for, often with other names: `renamed` is the share of those."""

    questions: list[Question]
    renamed: float = 0.6

    def draw(self, random: np.random.Generator) -> Question:
        question = self.questions[int(random.integers(len(self.questions)))]
        if random.random() < self.renamed:
            question = self._rename(random, question)
        return question

    @staticmethod
    def _rename(random: np.random.Generator, question: Question) -> Question:
        """The question about other concepts, where its names are known; otherwise as it is."""
        sought, related = named(question)
        if sought is None or (question.anchor is not None and related is None):
            return question
        concept = int(random.integers(UNKNOWN))
        spans = {sought: concept}
        anchor = None
        if related is not None:
            anchor = (concept + 1 + int(random.integers(UNKNOWN - 1))) % UNKNOWN
            spans[related] = anchor
        text = question.text
        for (start, stop, plural), number in sorted(spans.items(), reverse=True):
            name = free_name(random, number)[plural]
            text = text[:start] + _agreeing(text[:start], name) + text[stop:]
        return replace(question, text=_with_right_articles(text), concept=concept, anchor=anchor)


@cache
def _spellings(concept: int) -> tuple[re.Pattern, dict[str, bool]]:
    """What finds the longest name of a concept in a text, and whether a name is a plural."""
    plural: dict[str, bool] = {}
    for one, many in [*NAMES[concept], *base_names(concept)]:
        plural.setdefault(many.lower(), True)
        plural[one.lower()] = False
    longest_first = sorted(plural, key=len, reverse=True)
    return re.compile(r"\b(" + "|".join(map(re.escape, longest_first)) + r")\b", re.IGNORECASE), plural


Span = tuple[int, int, bool]
"""Start and end of a name in a text, and whether it is a plural."""


@cache
def named(question: Question) -> tuple[Span | None, Span | None]:
    """Where a question names its concept and its anchor; None where it does not do so exactly once."""
    spans: list[Span | None] = []
    for concept in (question.concept, question.anchor):
        if concept in (None, UNKNOWN):
            spans.append(None)
            continue
        pattern, plural = _spellings(concept)
        found = list(pattern.finditer(question.text))
        spans.append((found[0].start(), found[0].end(), plural[found[0].group().lower()]) if len(found) == 1 else None)
    first, second = spans
    if first and second and first[0] < second[1] and second[0] < first[1]:
        return None, None
    return first, second


def _agreeing(before: str, name: str) -> str:
    return name[0].upper() + name[1:] if not before.strip() else name


def _with_right_articles(text: str) -> str:
    text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
    return re.sub(r"\b([Aa])n (?=[^aeiouAEIOU\W])", r"\1 ", text)
