"""The lexicon of word meanings: its file, and what it adds to the vectors of a vocabulary."""

import pytest

from think2seg_models.build_vocabulary import told
from think2seg_models.errors import ToolError
from think2seg_models.free_wording import NAMES
from think2seg_models.lexicon import DENY, MEANINGS, lexicon, read_lexicon
from think2seg_models.vocabulary import TOLD
from think2seg_models.wordings import CONCEPTS


def test_a_word_has_one_line_of_meanings(tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_text("bereft deny\nmast ship,pier\n")
    assert read_lexicon(path) == {"bereft": {"deny"}, "mast": {"ship", "pier"}}


@pytest.mark.parametrize("line", ["mast", "mast volcano", "mast ship volcano", "bereft deny", "", " deny"])
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "lexicon.txt"
    path.write_text(f"bereft deny\n{line}\n")
    with pytest.raises(ToolError, match=r"INPUT_CORRUPT.*line 2.*meanings out of building"):
        read_lexicon(path)


def test_vectors_tell_what_the_lexicon_says():
    numbers = told(["lake", "the", "granary"])
    assert {MEANINGS[place] for place in numbers[0].nonzero()[0]} == lexicon()["lake"] == {"water"}
    assert not numbers[1].any()
    assert set(numbers[2].tolist()) == {0.0, TOLD}


@pytest.mark.parametrize("concept", range(len(CONCEPTS)))
def test_it_knows_most_names_that_training_uses(concept):
    """It was written without them, so this says how complete it is."""
    names = {name for pair in NAMES[concept] for name in pair if name.isalpha() and name in lexicon()}
    assert names
    assert sum(CONCEPTS[concept].key in lexicon()[name] for name in names) > 0.7 * len(names)


def test_words_that_deny_are_no_closeness():
    deny = {word for word, meanings in lexicon().items() if DENY in meanings}
    assert {"without", "devoid", "unaccompanied", "lacking"} <= deny
    assert not {"beside", "adjacent", "nearest", "lake"} & deny
