"""Questions written one by one: their file, the filter of held-out words, other names, and how well they are read."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from think2seg_models import vocabulary, word_neighbours
from think2seg_models import vocabulary as V
from think2seg_models.__main__ import main
from think2seg_models.errors import ToolError
from think2seg_models.free_wording import UNSEEN_WORDS
from think2seg_models.prompter import Prompter
from think2seg_models.prompter_data import WRITTEN as WRITTEN_SHARE
from think2seg_models.prompter_data import QuestionEncoder, QuestionStream, meanings_of
from think2seg_models.questions import CONCEPT_KEYS, RELATION_NAMES, UNKNOWN, Question
from think2seg_models.reading import Reading, picture_of, readings, summary
from think2seg_models.word_neighbours import WordNeighbours
from think2seg_models.written_questions import WrittenQuestions, for_training, named, read_written

WRITTEN = Path(__file__).parents[1] / "nano-training/questions"
TANK, RIVER, POOL = (CONCEPT_KEYS.index(key) for key in ("storage_tank", "river", "pool"))
ALL, BESIDE = RELATION_NAMES.index("all"), RELATION_NAMES.index("beside")


def written_file(folder: Path, *items: object) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def test_a_file_of_questions_is_read(tmp_path):
    path = written_file(
        tmp_path,
        {"text": "tanks on a river", "concept": "storage_tank", "relation": "beside", "anchor": "river"},
        {"text": "where are the lorries?", "concept": "unknown", "relation": "all", "anchor": None},
    )
    assert read_written(path) == [
        Question("tanks on a river", TANK, BESIDE, RIVER),
        Question("where are the lorries?", UNKNOWN, ALL),
    ]


@pytest.mark.parametrize(
    "item",
    [
        "no object",
        {"text": "tanks", "concept": "storage_tank", "relation": "all"},
        {"text": "tanks", "concept": "tank", "relation": "all", "anchor": None},
        {"text": "tanks", "concept": "storage_tank", "relation": "around", "anchor": None},
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path, item):
    good = {"text": "tanks", "concept": "storage_tank", "relation": "all", "anchor": None}
    with pytest.raises(ToolError, match="line 2: got"):
        read_written(written_file(tmp_path, good, item))


def test_questions_with_a_held_out_word_are_not_trained_on():
    word = sorted(UNSEEN_WORDS)[0]
    kept = Question("every tank", TANK, ALL)
    assert for_training([kept, Question(f"every tank, {word}", TANK, ALL)]) == [kept]


def test_questions_are_asked_with_other_names():
    question = Question("Find the storage tanks beside a river, please", TANK, BESIDE, RIVER)
    sought, related = named(question)
    assert (question.text[slice(*sought[:2])], sought[2]) == ("storage tanks", True)
    assert (question.text[slice(*related[:2])], related[2]) == ("river", False)
    random = np.random.default_rng(0)
    drawn = [WrittenQuestions([question], renamed=1.0).draw(random) for _ in range(200)]
    assert all(q.relation == BESIDE and q.concept != q.anchor for q in drawn)
    assert len({q.concept for q in drawn}) == len({q.anchor for q in drawn}) == UNKNOWN
    assert all(q.text.startswith("Find the ") and q.text.endswith(", please") for q in drawn)
    assert not any(" a a" in q.text or " an b" in q.text for q in drawn)


def test_questions_that_do_not_name_what_they_ask_for_stay_as_they_are():
    question = Question("where can I swim beside a river?", POOL, BESIDE, RIVER)
    drawn = WrittenQuestions([question], renamed=1.0).draw(np.random.default_rng(0))
    assert drawn == question


def test_a_picture_shows_what_a_question_asks_for():
    questions = [Question("", concept, BESIDE, (concept + 1) % UNKNOWN) for concept in range(UNKNOWN)] * 10
    found = picture_of(np.random.default_rng(0), questions)
    for category, valid, question in zip(found.category, found.valid, questions, strict=True):
        present = set(category[valid].tolist())
        assert question.concept in present
        assert question.anchor in present or len(present) == 1


def test_training_mixes_written_questions_in():
    tokens = V.SPECIALS + V.ANSWER_TOKENS + ["user", "assistant", "tank", "##s"]
    words = V.Vocabulary(tokens, np.zeros((len(tokens), V.VECTOR_SIZE), np.float32))
    encoder = QuestionEncoder(words, vocabulary.build_tokenizer(words))
    written = Question("somewhere to swim beside a river", POOL, BESIDE, RIVER)
    progress = torch.multiprocessing.Value("d", 0.5)
    stream = iter(QuestionStream(encoder, 6, (0,), progress, WrittenQuestions([written]), thoughts=3))
    batches = [next(stream) for _ in range(5)]
    assert [len(batch.prompts) for batch in batches] == [6, 6, 24, 24, 24]
    listed = [V.answer_index(V.END_LIST) in answer.tokens for batch in batches for answer in batch.answers]
    assert all(listed[:12])
    assert not any(listed[12:])
    share = np.mean([question == written for batch in batches for question in batch.questions])
    assert abs(share - WRITTEN_SHARE) < 0.2


def test_readings_tell_which_part_was_read():
    tokens = V.SPECIALS + V.ANSWER_TOKENS + ["user", "assistant", "tank", "##s"]
    words = V.Vocabulary(tokens, np.random.default_rng(0).normal(size=(len(tokens), V.VECTOR_SIZE)).astype(np.float32))
    torch.manual_seed(0)
    model = Prompter(words)
    with torch.no_grad():  # says the token that it was told to say last
        model.norm.weight.zero_()
    encoder = QuestionEncoder(words, vocabulary.build_tokenizer(words))
    first = next(readings(model, encoder, [Question("tank", TANK, BESIDE, RIVER)]))
    assert (first.concept, first.relation, first.anchor) == (False, False, False)
    assert next(readings(model, encoder, [Question("tank", UNKNOWN, ALL)])).relation is None


def test_the_summary_counts_questions_read_as_a_whole():
    tank, lorry = Question("", TANK, ALL), Question("", UNKNOWN, ALL)
    related = Question("", TANK, BESIDE, RIVER)
    read = [Reading(tank, True, True, None), Reading(related, True, True, False), Reading(lorry, True, None, None)]
    report = summary(read)
    assert report["whole"] == 0.5
    assert (report["concept"], report["relation"], report["anchor"], report["outside"]) == (1.0, 1.0, 0.0, 1.0)
    assert report["by_relation"] == {"all": 1.0, "beside": 0.0}


def test_neighbours_are_of_no_other_relation_or_concept():
    listed = ["nearest", "furthest", "northern", "southern", "adjoining", "river", "pool", "blue", "##s"]
    tokens = V.SPECIALS + V.ANSWER_TOKENS + listed
    neighbours = WordNeighbours(V.Vocabulary(tokens, np.ones((len(tokens), V.VECTOR_SIZE), np.float32)))
    of = {word: {tokens[near] for near in neighbours.of(tokens.index(word))} for word in listed}
    assert of["nearest"] == of["northern"] == set()
    assert "pool" not in of["river"]
    assert not of["blue"] & {"nearest", "furthest", "northern", "southern", "river", "pool"}


def with_meanings(monkeypatch, listed):
    """Neighbours in a vocabulary of words of which a lexicon gives the meanings."""
    entries = {word: frozenset(meanings.split()) for word, meanings in listed.items() if meanings}
    monkeypatch.setattr(word_neighbours, "lexicon", lambda: entries)
    tokens = V.SPECIALS + V.ANSWER_TOKENS + [*listed, "##s"]
    vectors = np.random.default_rng(0).normal(size=(len(tokens), V.VECTOR_SIZE)).astype(np.float32)
    return WordNeighbours(V.Vocabulary(tokens, vectors)), tokens


def test_words_of_one_meaning_stand_for_each_other(monkeypatch):
    deny = {"bereft": "deny", "sundered": "deny", "stowed": "deny near", "not": "deny"}
    neighbours, tokens = with_meanings(monkeypatch, deny | {"tanker": "ship", "barge": "ship", "mast": "ship pier", "blue": ""})

    def stand_ins(word, *about):
        return {tokens[other] for other in neighbours.synonyms(tokens.index(word), frozenset(about))}

    assert stand_ins("bereft", "deny", "near") == {"bereft", "sundered"}
    assert stand_ins("stowed", "deny", "near") == {"stowed"}
    assert stand_ins("tanker", "ship", "pier") == {"tanker", "barge"}
    assert stand_ins("not", "deny") == stand_ins("blue", "deny") == set()


def test_a_word_used_in_another_meaning_keeps_its_place(monkeypatch):
    neighbours, tokens = with_meanings(monkeypatch, {"dock": "pier", "jetty": "pier", "quay": "pier"})
    random = np.random.default_rng(0)
    dock = tokens.index("dock")
    drawn = {about: {tokens[neighbours.draw(random, dock, frozenset([about]))] for _ in range(50)} for about in ("pier", "parking_lot")}
    assert drawn == {"pier": {"dock", "jetty", "quay"}, "parking_lot": {"dock"}}


def test_held_out_words_take_no_place(monkeypatch):
    held_out = sorted(UNSEEN_WORDS)[0]
    neighbours, tokens = with_meanings(monkeypatch, {held_out: "river", "beck": "river"})
    assert {tokens[word] for word in neighbours.synonyms(tokens.index("beck"), frozenset(["river"]))} == {"beck"}


def test_a_question_is_about_its_concepts_and_its_relation():
    assert meanings_of(Question("", TANK, BESIDE, RIVER)) == {"storage_tank", "river", "near"}
    assert meanings_of(Question("", UNKNOWN, ALL)) == set()


@pytest.mark.parametrize("name", ["train", "choose"])
def test_the_files_of_written_questions_are_whole(name):
    questions = read_written(WRITTEN / f"{name}.jsonl")
    assert len({question.text.lower() for question in questions}) == len(questions) >= 600
    assert {question.concept for question in questions} == set(range(UNKNOWN + 1))
    assert {question.relation for question in questions} == set(range(len(RELATION_NAMES)))


def test_what_models_are_chosen_on_is_not_trained_on():
    first, second = ({q.text.lower() for q in read_written(WRITTEN / f"{name}.jsonl")} for name in ("train", "choose"))
    assert not first & second


def test_weights_are_averaged_by_name(tmp_path):
    first, second, out = (tmp_path / f"{name}.pt" for name in ("first", "second", "out"))
    torch.save({"a": torch.tensor([0.0, 4.0])}, first)
    torch.save({"a": torch.tensor([1.0, 0.0])}, second)
    assert main(["mix-weights", str(first), str(second), "--share", "0.25", "--out", str(out)]) == 0
    assert torch.load(out)["a"].tolist() == [0.25, 3.0]


def test_weights_of_another_model_are_refused(tmp_path, capsys):
    first, second = tmp_path / "first.pt", tmp_path / "second.pt"
    torch.save({"a": torch.zeros(2)}, first)
    torch.save({"a": torch.zeros(3)}, second)
    assert main(["mix-weights", str(first), str(second), "--share", "0.5", "--out", str(tmp_path / "out.pt")]) == 3
    assert "CHECKPOINT_MISMATCH" in capsys.readouterr().err
    assert not (tmp_path / "out.pt").exists()
