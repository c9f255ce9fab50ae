"""What single English words can say in a question, written down word by word: `lexicon.txt`, lines of a word and its meanings."""

from functools import cache
from pathlib import Path

from .errors import ToolError
from .wordings import CONCEPTS

DENY = "deny"
DEGREES = ["near", "nearest", "far", "large", "small", "north", "south", "west", "east", "each"]
"""What a word tells of a relation; DENY turns one round."""
MEANINGS = [*(concept.key for concept in CONCEPTS), DENY, *DEGREES]
LEXICON = Path(__file__).with_name("lexicon.txt")


def read_lexicon(path: Path) -> dict[str, frozenset[str]]:
    """Meanings by word. Raises INPUT_CORRUPT for a line that is not a word and some of MEANINGS, or repeats a word."""
    lexicon: dict[str, frozenset[str]] = {}
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        word, _, listed = text.partition(" ")
        meanings = frozenset(listed.split(","))
        if word in lexicon or not word or not meanings <= set(MEANINGS):
            expected = f"expected a new word and meanings out of {', '.join(MEANINGS)}"
            raise ToolError("INPUT_CORRUPT", f"{path}, line {line}: got {text!r}, {expected}")
        lexicon[word] = meanings
    return lexicon


@cache
def lexicon() -> dict[str, frozenset[str]]:
    """That of this package."""
    return read_lexicon(LEXICON)
