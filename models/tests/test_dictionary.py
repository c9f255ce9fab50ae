"""What WordNet says of a word, and the vectors that definitions give."""

import numpy as np
import pytest

from think2seg_models import build_vocabulary as building
from think2seg_models.dictionary import PARTS_OF_SPEECH, Dictionary
from think2seg_models.errors import ToolError

LICENCE = "  1 This software and database is being provided to you  \n"
SYNSETS = {
    "noun": [
        ("land", "14 n 02 land 0 ground 1 000 | solid part of the earth's surface  "),
        ("tillage", '08 n 02 tilled_land 0 tillage 0 002 @ {land} n 0000 + 00000000 v 0201 | arable land; worked; "rich tillage"  '),
        ("north", "15 n 01 north 0 000 | a cardinal compass point  "),
        ("south", "15 n 01 south 0 000 | a cardinal compass point  "),
        ("craft", "06 n 01 craft 0 000 | a vehicle  "),
        ("craft", "09 n 01 craft 0 000 | skill in an occupation  "),
    ],
    "verb": [("till", "30 v 01 till 0 000 01 + 08 00 | work land  ")],
    "adj": [("near", "00 a 01 near(p) 0 000 | not far distant  ")],
    "adv": [],
}


@pytest.fixture
def folder(tmp_path):
    for part in PARTS_OF_SPEECH:
        text, offsets = LICENCE, {}
        for word, line in SYNSETS[part]:
            offsets.setdefault(word, []).append(len(text))
            text += f"{len(text):08} {line.replace('{land}', f'{len(LICENCE):08}')}\n"
        (tmp_path / f"data.{part}").write_text(text)
        rows = [f"{word} {part[0]} {len(at)} 1 @ {len(at)} 0 {' '.join(f'{x:08}' for x in at)}  \n" for word, at in offsets.items()]
        (tmp_path / f"index.{part}").write_text(LICENCE + "".join(rows))
    return tmp_path


@pytest.mark.parametrize(
    ("word", "part", "expected"),
    [
        ("tillage", "noun", ["arable land; worked"]),
        ("tillages", "noun", ["arable land; worked"]),
        ("craft", "noun", ["a vehicle", "skill in an occupation"]),
        ("craft", "verb", []),
        ("tilling", "verb", ["work land"]),
        ("nearest", "adj", ["not far distant"]),
        ("as", "noun", []),
    ],
)
def test_definitions_are_those_of_the_base_form_without_examples(folder, word, part, expected):
    assert Dictionary(folder).definitions(word, part) == expected


def test_a_missing_file_is_named(folder):
    (folder / "data.verb").unlink()
    with pytest.raises(ToolError, match=r"INPUT_NOT_FOUND.*data\.verb.*WordNet"):
        Dictionary(folder)


def test_definitions_are_averaged_and_a_word_without_any_is_read_off_its_own_vector(folder, monkeypatch):
    texts = {"a vehicle": [1.0, 0.0], "skill in an occupation": [0.0, 1.0], "arable land; worked": [0.0, 3.0]}
    monkeypatch.setattr(building, "sentence_vectors", lambda asked, _: np.array([texts[text] for text in asked], np.float32))
    monkeypatch.setattr(building, "RIDGE", 1e-6)
    own = np.array([[1, 0], [0, 1], [0.5, 0.5]], np.float32)
    vectors = building.definition_vectors(["craft", "tillage", "lidar"], own, Dictionary(folder), folder)
    craft, tillage = np.array([1.0, 0.6]) / 1.6, np.array([0.0, 3.0])
    np.testing.assert_allclose(vectors, [craft, tillage, (craft + tillage) / 2], atol=1e-3)


def test_opposites_stay_apart(folder, monkeypatch):
    monkeypatch.setattr(building, "sentence_vectors", lambda asked, _: np.eye(len(asked), 2, dtype=np.float32))
    monkeypatch.setattr(building, "RIDGE", 1e-6)
    own = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], np.float32)
    _, _, north, south = building.definition_vectors(["craft", "tillage", "north", "south"], own, Dictionary(folder), folder)
    assert np.abs(north - south).max() > 0.2
