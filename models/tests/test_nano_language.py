"""Questions, vocabulary, detections, answers."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from think2seg_models import answers, class_pairs, detections, free_wording, vocabulary
from think2seg_models.pair_words import PAIR_WORDS
from think2seg_models.prompter_data import QuestionEncoder, pair_of
from think2seg_models.questions import ALL, RELATION_NAMES, UNKNOWN, Question, ask, seen_words
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
            names = [name.split("/")[0] for name in CONCEPTS[anchor].names[held_out]]
            assert any(name in text for name in names + ([] if held_out else [one for one, _ in free_wording.NAMES[anchor]]))


def test_free_wording_fills_every_pattern_and_never_uses_a_held_out_word():
    forbidden = free_wording.UNSEEN_WORDS
    random = np.random.default_rng(0)
    for relation in range(len(RELATION_NAMES)):
        for concept in range(UNKNOWN + 1):
            anchor = (concept + 1) % UNKNOWN if relation >= len(RELATIONS) else None
            text = free_wording.free_text(random, concept, relation, anchor)
            assert "{" not in text
            assert not free_wording.words_of([text]) & forbidden


def test_phrases_with_a_held_out_word_and_held_out_phrases_are_dropped():
    held_out = CONCEPTS[0].names[1][0].split("/")[0]
    assert free_wording.allowed([f"a tall {held_out}", "a tall house", ("home", held_out)]) == ["a tall house"]
    lower = "lower in the picture than"
    assert lower in PAIR_WORDS["south_of"][1]
    patterns = [f"the {{one}} that is {lower} {{anchor}}", "the {one} under {anchor}"]
    assert free_wording.allowed(patterns) == patterns[1:]


def test_coded_vectors_keep_their_direction():
    vectors = np.random.default_rng(0).normal(size=(50, vocabulary.VECTOR_SIZE)).astype(np.float32)
    codes, scale = vocabulary.coded(vectors)
    again = codes * scale
    cosine = (vectors * again).sum(1) / np.linalg.norm(vectors, axis=1) / np.linalg.norm(again, axis=1)
    assert codes.dtype == np.int8
    assert cosine.min() > 0.9995
    assert (vocabulary.coded(again)[0] == codes).all()


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
    openers = [*vocabulary.FIRST_OPENERS, *vocabulary.NEXT_OPENERS, vocabulary.OPENER_SINGLE]
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


def related(relation: str, anchor: int | None = None, slots: int = 6) -> tuple[str, list[dict]]:
    """The answer about tanks in `relation` to the pool (or to the class `anchor`)."""
    found = three_tanks()
    described, pairs = class_pairs.see(found, slots)
    tank, pool = int(found.category[0, 0]), int(found.category[0, 2])
    question = Question("", tank, RELATION_NAMES.index(relation), pool if anchor is None else anchor)
    fields = (found.category[0], found.valid[0], described.ranks[0], described.bins[0], torch.zeros(5, dtype=torch.long))
    composed = answers.compose(question, *(field.numpy() for field in fields), pair=pair_of(pairs, 5, 0, question))
    text = "".join((vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS)[t] for t in composed.tokens[:-1])
    return text, answers.parse(text)


@pytest.mark.parametrize(
    ("relation", "lefts"),
    [
        ("nearest_to", [100]),  # the small one is 170 px above the pool, the large one 80 px beside and 20 px above it
        ("farthest_from", [230]),
        ("north_of", [100, 10]),
        ("south_of", [230]),
        ("west_of", []),
        ("east_of", [100, 230, 10]),
        ("beside", []),
        ("not_beside", [100, 230, 10]),
    ],
)
def test_relations_to_another_concept_are_worked_out(relation, lefts):
    text, items = related(relation)
    assert [item["bbox_2d"][0] for item in items] == lefts
    assert (" a swimming pool in view." in text) == bool(lefts)
    assert (" but none is, so I mark nothing." in text) == (not lefts)


@pytest.mark.parametrize("anchor", [0, UNKNOWN])
def test_a_relation_to_what_is_not_in_view_marks_all_and_says_so(anchor):
    text, items = related("nearest_to", anchor)
    assert "but I see no such thing, so I mark each of them" in text
    assert [item["bbox_2d"][0] for item in items] == [100, 230, 10]


def test_pairs_of_classes_have_tokens_behind_the_detections():
    found = three_tanks()
    described, pairs = class_pairs.see(found, 6)
    assert described.features.shape == (1, 11, detections.FEATURES)
    assert pairs.valid[0].tolist() == [True, True, False, False, False, False]
    assert described.waves[0, 7:].abs().sum() == 0
    assert described.features[0, 7:].abs().sum() == 0
    tank, pool = int(found.category[0, 0]), int(found.category[0, 2])
    slot = pairs.find(0, tank, pool)
    waves = described.waves[0, 5 + slot].reshape(8, 10)
    assert waves[RELATION_NAMES.index("south_of") - len(RELATIONS)].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert pairs.find(0, tank, tank) is None


def test_compact_keeps_valid_detections_in_order():
    found = three_tanks()
    found.valid[0, 1] = False
    kept = class_pairs.compact(found, 3)
    assert kept.valid[0].tolist() == [True, True, True]
    assert kept.box[0, :, 0].tolist() == [10, 0, 230]


def test_codes_of_anchors_differ_in_four_places_at_least():
    codes = detections.ANCHOR_CODES
    differ = (codes[:, None] != codes[None]).sum(-1)
    assert codes.shape == (detections.N_CLASSES, detections.ANCHOR_CODE)
    assert differ[~torch.eye(len(codes), dtype=torch.bool)].min() >= 4


def test_training_never_meets_held_out_words():
    unseen = free_wording.UNSEEN_WORDS
    assert len(unseen) > 240
    tokens = (
        vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS + sorted(seen_words() - set(vocabulary.ANSWER_TOKENS)) + sorted(unseen) + ["##a"]
    )
    # All words mean the same, so that every word is a neighbour of every other one.
    words = vocabulary.Vocabulary(tokens, np.ones((len(tokens), vocabulary.VECTOR_SIZE)))
    encoder = QuestionEncoder(words, vocabulary.build_tokenizer(words))
    random = np.random.default_rng(0)
    ids = encoder.encode("where could people swim in the garden?")
    met = {tokens[i] for _ in range(3000) for i in encoder.disturb(random, ids, frozenset(["pool"]))}
    assert len(met) > 100
    assert not met & unseen
