"""What a concept's words are: lists in pairs `(seen, held_out)`."""

from dataclasses import dataclass

import numpy as np

Phrases = tuple[list[str], list[str]]


def split(seen: str, held_out: str) -> Phrases:
    """Two `|`-separated strings to two lists."""
    return [p.strip() for p in seen.split("|")], [p.strip() for p in held_out.split("|")]


@dataclass(frozen=True)
class Concept:
    """One thing the pack can find.

    `said_as` is how the answer names it, with its article. `names` are `singular/plural` pairs, `agents` are plural
    users, `purposes` are bare infinitives, `descriptions` are noun phrases that avoid the name.
    """

    key: str
    said_as: str
    names: Phrases
    agents: Phrases
    purposes: Phrases
    descriptions: Phrases


def pick(random: np.random.Generator, choices: list):
    return choices[int(random.integers(len(choices)))]


def with_a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
