"""Questions, vocabulary, detections, answers."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from think2seg_models import answers, detections, vocabulary
from think2seg_models.questions import ALL, RELATION_NAMES, UNKNOWN, Question, ask
from think2seg_models.wordings import CONCEPTS, RELATIONS

PACK = Path(__file__).parents[1] / "nano"


def three_tanks() -> detections.Detections:
    """Slots 0, 1, 3 are tanks (small north-west, large centre, middle-sized south-east); slot 2 is a pool; slot 4 is empty."""
    box = torch.tensor([[10, 10, 30, 30], [100, 100, 180, 180], [0, 200, 20, 220], [230, 230, 270, 270], [0, 0, 9, 9]])
    points = torch.cat([(box[:, :2] + box[:, 2:]) / 2, (box[:, :2] + box[:, 2:]) / 2 + 2], 1)
    tank, pool = (next(i for i, c in enumerate(CONCEPTS) if c.key == key) for key in ("storage_tank", "pool"))
    category = torch.tensor([tank, tank, pool, tank, tank])
    valid = torch.tensor([True, True, True, True, False])
    return detections.Detections(category[None], valid[None], box[None].float(), points[None].float())


def test_every_concept_has_enough_seen_phrases_and_separate_held_out_ones():
    for concept in CONCEPTS:
        lists = [concept.names, concept.agents, concept.purposes, concept.descriptions]
        assert sum(len(seen) for seen, _ in lists) >= 25, concept.key
        for seen, held_out in lists:
            assert held_out
            assert not set(seen) & set(held_out), concept.key


@pytest.mark.parametrize("held_out", [False, True])
def test_questions_fill_every_slot(held_out):
    random = np.random.default_rng(0)
    for concept in range(UNKNOWN + 1):
        for relation in range(len(RELATIONS)):
            for _ in range(20):
                text = ask(random, concept, relation, held_out).text
                assert "{" not in text
                assert text


def test_answer_tokens_are_unique_and_decode_to_themselves():
    tokens = vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS
    assert len(set(tokens)) == len(tokens)
    tokenizer = vocabulary.build_tokenizer(vocabulary.Vocabulary(tokens, np.zeros((len(tokens), vocabulary.VECTOR_SIZE))))
    ids = list(range(len(vocabulary.SPECIALS), len(tokens)))
    assert tokenizer.decode(ids) == "".join(vocabulary.ANSWER_TOKENS)


@pytest.mark.parametrize("held_out", [False, True])
def test_questions_that_relate_two_concepts(held_out):
    random = np.random.default_rng(0)
    for relation in range(len(RELATIONS), len(RELATION_NAMES)):
        for anchor in range(UNKNOWN):
            text = ask(random, 0, relation, held_out, anchor).text
            assert "{" not in text
            assert any(name.split("/")[0] in text for name in CONCEPTS[anchor].names[held_out])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Où est la piscine ?",
        "北京的机场在哪里",
        "😀 tank 😀",
        "a\tb\nc",
        "x" * 500,
        "the 2 largest, 281 of 1000!",
        "İstanbul ßtraße",
    ],
)
def test_any_text_encodes(text):
    tokenizer = Tokenizer.from_file(str(PACK / "lvlm/tokenizer.json"))
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert all(0 <= i < tokenizer.get_vocab_size() for i in ids)


def test_case_and_inflection_do_not_matter():
    tokenizer = Tokenizer.from_file(str(PACK / "lvlm/tokenizer.json"))
    assert tokenizer.encode("SWIMMING Pools").ids == tokenizer.encode("swimming pools").ids
    assert tokenizer.encode("kayaking").tokens[0] == "kayak"


def test_openers_spell_their_number_in_white_space_and_stay_json():
    openers = [*vocabulary.OPENERS, vocabulary.OPENER_SINGLE]
    assert len(set(openers)) == len(openers)
    for opener in openers:
        assert json.loads(f"[{opener.lstrip(',')}1,2,3,4]}}]")


def test_ranks_and_flags():
    described = detections.describe(three_tanks())
    features = described.features[0]
    assert described.ranks[0, :, 0].tolist()[:4] == [2, 0, 0, 1]  # by area, largest first, within the class
    flags = features[:, detections.FLAGS].bool().tolist()
    assert flags[1] == [True, False, False, False, False, False]
    assert flags[0] == [False, True, True, False, True, False]
    assert flags[3] == [False, False, False, True, False, True]
    assert features[1, detections.COUNT].argmax() == 2  # three of them
    assert features[4].abs().sum() == 0
    assert described.waves[0, 4].abs().sum() == 0


@pytest.mark.parametrize(
    ("relation", "slots"),
    [("all", [1, 3, 0]), ("largest", [1]), ("smallest", [0]), ("northernmost", [0]), ("easternmost", [3])],
)
def test_selection_follows_the_relation(relation, slots):
    found = three_tanks()
    described = detections.describe(found)
    tank = int(found.category[0, 0])
    chosen = answers.select(found.category[0].numpy(), found.valid[0].numpy(), described.ranks[0].numpy(), tank, RELATIONS.index(relation))
    assert chosen == slots


def compose(concept: int, relation: int) -> str:
    found = three_tanks()
    described = detections.describe(found)
    answer = answers.compose(
        Question("", concept, relation),
        found.category[0].numpy(),
        found.valid[0].numpy(),
        described.ranks[0].numpy(),
        described.bins[0].numpy(),
        np.array([0, 4, 6, 8, 0]),
    )
    tokens = vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS
    return "".join(tokens[t] for t in answer.tokens)


def test_composed_answers_parse():
    found = three_tanks()
    tank = int(found.category[0, 0])
    every = compose(tank, ALL)
    assert "I see three of them. I mark each of them" in every
    assert [item["bbox_2d"] for item in answers.parse(every)] == [[100, 100, 180, 180], [230, 230, 270, 270], [10, 10, 30, 30]]
    single = compose(tank, RELATIONS.index("largest"))
    assert "I take the largest one, in the centre." in single
    assert len(answers.parse(single)) == 1
    assert answers.parse(compose(0, ALL)) == []
    assert answers.parse(compose(UNKNOWN, ALL)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "<answer>```json[```</answer>",
        "<answer>```json{}```</answer>",
        '<answer>```json[{"bbox_2d":[1,2,3]}]```</answer>',
        '<answer>```json[{"bbox_2d":[5,2,3,9],"positive_points":[[1,1],[2,2]]}]```</answer>',
        '<answer>```json[{"bbox_2d":[1,2,3,9],"positive_points":[[1,1]]}]```</answer>',
    ],
)
def test_malformed_answers_are_refused(text):
    assert answers.parse(text) is None


def test_a_question_about_two_concepts_marks_all_of_the_first_and_says_so():
    found = three_tanks()
    described = detections.describe(found)
    question = Question("", int(found.category[0, 0]), RELATION_NAMES.index("nearest_to"), int(found.category[0, 2]))
    fields = (found.category[0], found.valid[0], described.ranks[0], described.bins[0], torch.zeros(5, dtype=torch.long))
    composed = answers.compose(question, *(field.numpy() for field in fields))
    text = "".join((vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS)[t] for t in composed.tokens[:-1])
    assert "I cannot relate them to other things, so I mark each of them" in text
    assert [item["bbox_2d"][0] for item in answers.parse(text)] == [100, 230, 10]
