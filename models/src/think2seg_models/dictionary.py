"""Definitions of English words, from WordNet."""

from collections.abc import Iterable
from pathlib import Path

from .errors import ToolError

PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")
ENDINGS = {
    "noun": (("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y")),
    "verb": (("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")),
    "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "adv": (),
}
"""Rules of WordNet's morphology: an ending, and what the base form has in its place."""


class Dictionary:
    """Reads the database files of WordNet in a folder, `index.noun` and so on. Raises INPUT_NOT_FOUND."""

    def __init__(self, folder: Path):
        self._data: dict[str, bytes] = {}
        self._offsets: dict[str, dict[str, list[int]]] = {}
        for part in PARTS_OF_SPEECH:
            for path in (folder / f"data.{part}", folder / f"index.{part}"):
                if not path.is_file():
                    raise ToolError("INPUT_NOT_FOUND", f"{path}: got no file, expected the database files of WordNet")
            self._data[part] = (folder / f"data.{part}").read_bytes()
            self._offsets[part] = dict(_entries((folder / f"index.{part}").read_text(encoding="utf-8").splitlines()))

    def definitions(self, word: str, part: str) -> list[str]:
        """Of the senses that a word, or its base form where it has none, has as a part of speech, commonest first."""
        offsets = self._offsets[part]
        bases = [word.removesuffix(ending) + put for ending, put in ENDINGS[part] if word.endswith(ending)]
        base = next((form for form in [word, *bases] if form in offsets), None)
        return [] if base is None else [self._definition(part, offset) for offset in offsets[base]]

    def _definition(self, part: str, offset: int) -> str:
        """The gloss of the synset that starts at a byte of the data, without its examples."""
        data = self._data[part]
        gloss = data[offset : data.index(b"\n", offset)].decode().split(" | ", 1)[1]
        return gloss.split('; "')[0].strip()


def _entries(lines: Iterable[str]) -> Iterable[tuple[str, list[int]]]:
    """(word, offsets of its synsets) of the lines of an index; lines that start with a blank are the licence."""
    for line in lines:
        if not line.startswith(" "):
            fields = line.split()
            yield fields[0], [int(offset) for offset in fields[-int(fields[2]) :]]
